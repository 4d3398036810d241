"""`python -m feedback_system.supervisor`: start, watch, end."""

import contextlib
import http.client
import os
import select
import signal
import subprocess
import sys
import threading
import time
from typing import Any

from feedback_system.catalogues import compile_catalogues
from feedback_system.embedded import EmbeddedError, binaries, places
from feedback_system.embedded.children import die_with_parent
from feedback_system.embedded.postgres import Postgres
from feedback_system.embedded.redis_server import Redis

from . import processes
from .checks import Address, Refused, missing_pdf_packages, note_address, only_one_here, port_is_free, was_killed
from .processes import Child

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LOOK_EVERY_S = 0.3
# How long the web server of a killed supervisor may still answer its last requests.
_ENDING_TAKES_S = 20.0


class Stop(Exception):
    """Somebody asked us to end."""


def say(text: str) -> None:
    """A line for people; the terminal may be gone by now."""
    with contextlib.suppress(OSError):
        print(text, flush=True)


_asked_to_end = threading.Event()


def _on_signal(number: int, frame: Any) -> None:
    """Raise at once, because a start may wait long; but only once, so that nothing disturbs the order of ending."""
    if not _asked_to_end.is_set():
        _asked_to_end.set()
        raise Stop


def stop_if_asked() -> None:
    """For a signal that came inside a destructor, where Python swallows what a handler raises."""
    if _asked_to_end.is_set():
        raise Stop


class Supervisor:
    """Everything that runs for one data folder."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self.environment = processes.base_environment(address)
        self.postgres = None if os.environ.get("DATABASE_URL") else Postgres("run")
        self.redis = None if os.environ.get("REDIS_URL") or not binaries.find_redis() else Redis("run")
        self.children: list[Child] = []
        self.step: subprocess.Popen[bytes] | None = None
        self.terminal = select.poll()
        if sys.stdin and sys.stdin.isatty():
            self.terminal.register(sys.stdin, select.POLLHUP)  # make swallows the signal of a closed terminal

    def start(self) -> None:
        """Servers, database, processes; returns when the first page is answered."""
        self._start_servers()
        self.environment, line = processes.leave_root_if_possible(self.environment)
        if line:
            say(line)
        with contextlib.suppress(OSError):  # a checkout that only root can write was compiled when it was installed
            compile_catalogues()
        self._manage("prepare", owner=True)
        self._add(processes.web(self.address, self.environment))
        self._manage("welcome")  # while the web process loads
        self._wait_for_first_page()
        for child in (
            processes.worker("clock", self.environment),
            processes.worker("work", self.environment),
            processes.beat(self.environment),
        ):
            self._add(child)

    def _add(self, child: Child) -> None:
        self.children.append(child)
        child.start()

    def _start_servers(self) -> None:
        if self.postgres:
            self.postgres.start()
            if places.IS_ROOT:
                who = places.account()
                name = who.pw_name if who else ""
                say(f"Started as root: PostgreSQL runs as {name}, its files lie in {self.postgres.data}")
        if self.redis:
            self.redis.start()
        elif not os.environ.get("REDIS_URL"):
            say("No redis-server was found: tasks travel through files, the cache lies in the database. Enough to try.")

    def _manage(self, command: str, *, owner: bool = False) -> None:
        """One step of manage.py; what it prints is for people."""
        environment = self.environment | ({"HUIYIN_PROCESS": "owner"} if owner else {})
        self.step = processes.spawn([sys.executable, "manage.py", command], environment)
        while (code := self.step.poll()) is None:
            stop_if_asked()
            time.sleep(0.02)
        self.step = None
        if code:
            raise Refused(f"It did not start, because the step '{command}' failed. The reason stands above.")

    def _wait_for_first_page(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            stop_if_asked()
            self._revive()
            with contextlib.suppress(OSError, http.client.HTTPException):
                asked = http.client.HTTPConnection(self.address.nearby, self.address.port, timeout=10)
                asked.request("GET", "/healthz")
                asked.getresponse()  # any answer: behind TLS it is a redirect
                asked.close()
                return
            time.sleep(0.1)
        raise Refused(
            f"The web server gives no answer. The reason stands at the end of {places.log_dir() / 'web.log'}."
        )

    def greet(self) -> None:
        """Where it is."""
        say(f"\n回音 Huiyin: {self.address.url}   customers: {self.address.url}feedback/\n")
        say(f"Data: {places.data_dir()}   Logs: {places.log_dir()}   Ctrl-C ends it; the data stay.")
        if missing := missing_pdf_packages():
            say(f"PDF is missing libraries; everything else works. On Debian: apt-get install {' '.join(missing)}")

    def watch(self) -> None:
        """Until somebody asks us to end, the terminal is closed, or a process cannot be kept alive."""
        while True:
            stop_if_asked()
            self._revive()
            if any(event & (select.POLLHUP | select.POLLERR) for _, event in self.terminal.poll(0)):
                raise Stop
            time.sleep(_LOOK_EVERY_S)

    def _revive(self) -> None:
        servers: list[Postgres | Redis] = [server for server in (self.postgres, self.redis) if server]
        for server in servers:
            if server.process and server.process.poll() is not None:
                say(f"{type(server).__name__} ended by itself; it is started again.")
                server.start()
        for child in self.children:
            before = child.process
            if not child.revive():
                raise Refused(f"'{child.name}' ends again and again. The reason stands at the end of {child.log}.")
            if child.process is not before:
                say(f"'{child.name}' ended by itself; it was started again.")

    def stop(self) -> None:
        """Who asks the servers first, then the servers. Beat first, so that nothing new begins."""
        if self.step and self.step.poll() is None:
            self.step.terminate()
            self.step.wait()
        processes.end_all(self.children[::-1])
        for server in (self.redis, self.postgres):
            if server:
                server.stop()


def main() -> int:
    """The exit code: 0 when asked to end, 1 when something is wrong."""
    if os.environ.get("MAKELEVEL") and (follow := die_with_parent()):
        follow()  # when make is killed

    for number in _SIGNALS:  # explicitly: a background job inherits SIGINT ignored
        signal.signal(number, _on_signal)
    try:
        places.prepare_data_dir()
        address = Address.from_environment()
        with only_one_here() as lock:
            port_is_free(address, _ENDING_TAKES_S if was_killed(lock) else 0.0)
            note_address(lock, address.url)
            code = _run(Supervisor(address))
            note_address(lock, "")
            return code
    except (Refused, EmbeddedError) as problem:
        print(problem, file=sys.stderr, flush=True)
        return 1
    except Stop:
        return 0


def _run(supervisor: Supervisor) -> int:
    try:
        supervisor.start()
        supervisor.greet()
        supervisor.watch()
    except Stop:
        say("\nEnding…")
    except (Refused, EmbeddedError) as problem:
        print(problem, file=sys.stderr, flush=True)
        return 1
    finally:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        supervisor.stop()
    say("Ended. The data stay.")
    return 0


if __name__ == "__main__":
    os.environ["HUIYIN_DATA"] = str(places.data_dir())  # before the working folder changes its meaning
    os.chdir(places.PROJECT)
    sys.exit(main())
