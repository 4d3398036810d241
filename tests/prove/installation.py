"""A whole product in a folder of its own, whose processes are started again when they end, as an init system would."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import redis

from feedback_system.catalogues import compile_catalogues
from feedback_system.embedded import places
from feedback_system.embedded.postgres import Postgres
from feedback_system.embedded.redis_server import Redis
from feedback_system.supervisor import processes
from feedback_system.supervisor.checks import Address
from feedback_system.supervisor.processes import Child

#: The header in which the clients, as the one trusted proxy would, write each customer's address.
ADDRESS_HEADER = "X-Real-IP"
SETTINGS = "feedback_system.settings"
SWITCHED_SETTINGS = "tests.prove.settings"
#: Whatever the caller's own installation is told is not for this one.
_NOT_OURS = (
    "HUIYIN_",
    "DATABASE_",
    "REDIS_",
    "DJANGO_",
    "EMAIL_",
    "LIMIT_",
    "SMS_",
    "SITE_URL",
    "SECRET_KEY",
    "PYTEST_",
)


@dataclass(frozen=True)
class Choices:
    """What one installation is made with.

    Attributes:
        switch: name of a module in tests.prove.switches that removes a protection; "" for the product as it is.
        lease_s: how long a claim lasts; 0 for the product's own two minutes.
        clock_children: how many deliver at the same time.
        limits: LIMIT_... variables of the operator.
    """

    switch: str = ""
    lease_s: int = 0
    clock_children: int = 1
    limits: Mapping[str, str] = field(default_factory=dict)


def choose_environment(folder: Path, port: int, mail_port: int, choices: Choices) -> None:
    """Before anything of Django is imported: settings are read from the environment, once."""
    for name in [name for name in os.environ if name.startswith(_NOT_OURS)]:
        del os.environ[name]
    os.environ.update(
        {
            "HUIYIN_DATA": str(folder),
            "HUIYIN_PROFILE": "run",
            "HUIYIN_PROCESS": "worker",  # this process checks at the end, and some questions take a while
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "DEMO": "0",
            "HUIYIN_CLIENT_IP_HEADER": ADDRESS_HEADER,
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(mail_port),
            "EMAIL_USE_SSL": "0",
            "HUIYIN_PROVE_SWITCH": choices.switch,
            "HUIYIN_PROVE_LEASE_S": str(choices.lease_s or ""),
            "DJANGO_SETTINGS_MODULE": SWITCHED_SETTINGS if choices.switch or choices.lease_s else SETTINGS,
            **choices.limits,
        }
    )


def ask_redis(*commands: str) -> bool:
    """Say something to Redis, each command on a line; True if it agreed to all."""
    try:
        with socket.socket(socket.AF_UNIX) as asked:
            asked.settimeout(2)
            asked.connect(str(places.redis_socket("run")))
            for command in commands:
                asked.sendall(command.encode() + b"\r\n")
                if asked.recv(64).startswith(b"-"):
                    return False
            return True
    except OSError:
        return False


def tasks_waiting(queue: str) -> int:
    """How many tasks wait in Redis; those of a lower priority lie in lists of their own."""
    client = redis.Redis(unix_socket_path=str(places.redis_socket("run")), socket_timeout=5)
    try:
        names = [name for name in client.keys(f"{queue}*") if client.type(name) == b"list"]
        return sum(client.llen(name) for name in names)
    except redis.RedisError:
        return 1
    finally:
        client.close()


class Installation:
    """PostgreSQL, Redis, web with two processes, two workers and beat. Use it from one thread."""

    def __init__(self, port: int, choices: Choices) -> None:
        self.address = Address("127.0.0.1", port)
        self.choices = choices
        self.postgres, self.redis = Postgres("run"), Redis("run")
        self.children: dict[str, Child] = {}
        self.restarts = 0
        #: Servers that stay down although they ended.
        self.held: set[str] = set()

    def start(self) -> None:
        """Returns when the first page is answered and both workers have their child."""
        compile_catalogues()
        self.postgres.start()
        self.redis.start()
        environment, _line = processes.leave_root_if_possible(processes.base_environment(self.address))
        environment["DJANGO_SETTINGS_MODULE"] = os.environ["DJANGO_SETTINGS_MODULE"]
        self._prepare(environment)
        clock = processes.worker("clock", environment)
        clock.command[clock.command.index("-c") + 1] = str(self.choices.clock_children)
        self.children = {
            "web": processes.web(self.address, environment),
            "clock": clock,
            "work": processes.worker("work", environment),
            "beat": processes.beat(environment),
        }
        for child in self.children.values():
            child.start()
        self._wait_until_ready()

    def _prepare(self, environment: Mapping[str, str]) -> None:
        """The database as its owner makes it, then one organisation with its people."""
        owner = {**environment, "HUIYIN_PROCESS": "owner", "DJANGO_SETTINGS_MODULE": SETTINGS}
        subprocess.run([sys.executable, "manage.py", "prepare"], env=owner, cwd=places.PROJECT, check=True)
        import django

        django.setup()
        from django.db import connection

        from tests.world import build_world

        build_world()
        connection.close()

    def _wait_until_ready(self, timeout_s: float = 240) -> None:
        deadline = time.monotonic() + timeout_s
        while not all(self.pids(what) for what in ("web worker", "clock child", "work child")):
            self.revive()
            if time.monotonic() > deadline:
                raise TimeoutError(f"It did not start within {timeout_s} s; the logs lie in {places.log_dir()}.")
            time.sleep(0.1)

    def revive(self) -> None:
        """Start again whatever has ended; called every few hundredths of a second."""
        servers: dict[str, Postgres | Redis] = {"postgres": self.postgres, "redis": self.redis}
        for name, server in servers.items():
            if name not in self.held and server.process is not None and server.process.poll() is not None:
                server.start()
                self.restarts += 1
        for child in self.children.values():
            before = child.process
            child.failed_starts = 0  # an init system does not give up after five
            child.revive()
            self.restarts += child.process is not before

    def pids(self, what: str) -> list[int]:
        """The processes of one sort: "postgres", "redis", "web", "clock", "work", "beat"; "... worker" and "... child"
        are those that the web server or a worker has forked. Empty while there is none.
        """
        name, _space, forked = what.partition(" ")
        servers = {"postgres": self.postgres.process, "redis": self.redis.process}
        process = servers[name] if name in servers else self.children[name].process
        if process is None or process.poll() is not None:
            return []
        if not forked:
            return [process.pid]
        try:
            return [child.pid for child in psutil.Process(process.pid).children() if self._works(child)]
        except psutil.NoSuchProcess:
            return []

    @staticmethod
    def _works(process: psutil.Process) -> bool:
        """Not a zombie, and not multiprocessing's own helper."""
        return process.status() != psutil.STATUS_ZOMBIE and "resource_tracker" not in " ".join(process.cmdline())

    def stop(self) -> None:
        """In the supervisor's order; nothing is left."""
        processes.end_all(list(self.children.values())[::-1])
        self.redis.stop()
        self.postgres.stop()
        places.remove_socket_dir()
