"""The processes that the supervisor runs, and the account they run under."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from feedback_system.embedded import places
from feedback_system.embedded.children import die_with_parent, open_log

from .checks import Address

# A life shorter than this counts as a failed start; this many in a row and it is given up.
_SHORT_LIFE_S = 5.0
_FAILED_STARTS = 5

_FOLDER_CLOSED = 3
_MAY_LEAVE_ROOT = f"""
import os, sys
if not os.access(sys.argv[1], os.R_OK | os.W_OK | os.X_OK):
    sys.exit({_FOLDER_CLOSED})
import django, psycopg2, feedback_system.settings
"""


@dataclass
class Child:
    """One long-running process with its log, started again when it ends by itself."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    failed_starts: int = 0
    started_at: float = field(default=0.0)

    @property
    def log(self) -> Path:
        return places.log_dir() / f"{self.name}.log"

    def start(self) -> None:
        out = open_log(self.log)
        try:
            self.process = spawn(self.command, self.environment, stdout=out, stderr=out)
        finally:
            os.close(out)
        self.started_at = time.monotonic()

    def revive(self) -> bool:
        """Start it again if it has ended; False when that has failed too often."""
        if self.process is None or self.process.poll() is None:
            return True
        short = time.monotonic() - self.started_at < _SHORT_LIFE_S
        self.failed_starts = self.failed_starts + 1 if short else 0
        if self.failed_starts >= _FAILED_STARTS:
            return False
        self._end_orphans()  # they hold the port, or a task that is about to run again
        self.start()
        return True

    def end_now(self) -> None:
        """The process, if it is still there, and what it left behind."""
        if self.process:
            self._end_orphans()
            self.process.wait()

    def _end_orphans(self) -> None:
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)


def end_all(children: list[Child], patience_s: float = 12.0, insist_s: float = 8.0) -> None:
    """Ask all at once; then SIGQUIT, at which Celery gives its task back to the queue; then no more questions."""
    for ask, wait_s in ((signal.SIGTERM, patience_s), (signal.SIGQUIT, insist_s)):
        running = [child.process for child in children if child.process and child.process.poll() is None]
        for process in running:
            process.send_signal(ask)
        deadline = time.monotonic() + wait_s
        for process in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
    for child in children:
        child.end_now()


def spawn(command: list[str], environment: Mapping[str, str], **how: Any) -> subprocess.Popen[bytes]:
    """In a session of its own, so that Ctrl-C reaches the supervisor alone, who knows the order."""
    return subprocess.Popen(
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_parent(),  # noqa: PLW1509
        **_leave_root(environment) | {"cwd": places.PROJECT},
        **how,
    )


def _leave_root(environment: Mapping[str, str]) -> dict[str, Any]:
    return places.as_account() if environment.get("HUIYIN_LEFT_ROOT") else {}


def base_environment(address: Address) -> dict[str, str]:
    """What every process gets. One form of time in all logs; the data folder by its full path."""
    return os.environ | {
        "HUIYIN_DATA": str(places.data_dir()),
        "HOST": address.host,
        "PORT": str(address.port),
        "DJANGO_SETTINGS_MODULE": "feedback_system.settings",
        "PYTHONUNBUFFERED": "1",
        "XDG_CACHE_HOME": str(places.data_dir() / "cache"),
    }


def leave_root_if_possible(environment: dict[str, str]) -> tuple[dict[str, str], str]:
    """The environment for web, workers and beat, and one line that says under whom they run ("" when not root).

    They leave root when the servers' account can execute the interpreter, read the checkout and write the data folder.
    """
    who = places.account()
    if who is None:
        return environment, ""
    places.give_our_folders_to_account()
    left = environment | {
        "HUIYIN_LEFT_ROOT": "1",
        "HOME": str(places.data_dir()),
        "USER": who.pw_name,
        "LOGNAME": who.pw_name,
    }
    if hindrance := _hindrance(left):
        return environment, (
            f"Web, workers and beat run as root, because the account {who.pw_name} {hindrance}. "
            "Better: start as an ordinary user."
        )
    return left, f"Started as root: web, workers and beat run as {who.pw_name}."


def _hindrance(left: dict[str, str]) -> str:
    """What keeps the servers' account from running the application; "" when nothing does."""
    if not places.can_enter(places.PROJECT):
        return f"cannot walk to {places.PROJECT}"
    try:
        tried = spawn([sys.executable, "-c", _MAY_LEAVE_ROOT, str(places.data_dir())], left, stderr=subprocess.DEVNULL)
    except OSError:
        return f"cannot execute {sys.executable}"
    match tried.wait(60):
        case 0:
            return ""
        case code if code == _FOLDER_CLOSED:
            return f"cannot write {places.data_dir()}"
        case _:
            return f"cannot read all of {places.PROJECT} or of {sys.prefix}"


def web(address: Address, environment: dict[str, str]) -> Child:
    """No access log: addresses of tracking pages hold secrets."""
    shared = ["--worker-tmp-dir", "/dev/shm"] if Path("/dev/shm").is_dir() else []  # noqa: S108
    workers = environment.get("WEB_WORKERS", "2")
    command = [
        *(sys.executable, "-m", "gunicorn", "feedback_system.wsgi", "-b", address.bind),
        *("-k", "gthread", "-w", workers, "--threads", "8", "--graceful-timeout", "10"),
        # Loaded once and then forked: less memory, and a worker that was killed is back at once.
        "--preload",
        # The socket's default place is one path for all projects of a user.
        *("--no-control-socket", *shared),
    ]
    return Child("web", command, environment | {"HUIYIN_PROCESS": "web"})


def worker(queue: str, environment: dict[str, str]) -> Child:
    """One queue, one child: a long job never stands before a sweep."""
    command = [
        *(
            sys.executable,
            "-m",
            "celery",
            "-A",
            "feedback_system.celery",
            "worker",
            "-Q",
            queue,
            "-n",
            f"{queue}@huiyin",
        ),
        *("-c", "1", "--pool", "prefork", "--without-mingle", "--without-gossip", "-l", "INFO"),
    ]
    return Child(queue, command, environment | {"HUIYIN_PROCESS": "worker"})


def beat(environment: dict[str, str]) -> Child:
    """Its file's format depends on the interpreter, hence the name."""
    folder = places.data_dir() / "beat"
    folder.mkdir(exist_ok=True)
    places.give_to_account(folder)
    schedule = folder / f"schedule-{sys.implementation.cache_tag}"
    command = [
        *(sys.executable, "-m", "celery", "-A", "feedback_system.celery", "beat", "-l", "INFO"),
        *("--pidfile=", "-s", str(schedule)),
    ]
    return Child("beat", command, environment | {"HUIYIN_PROCESS": "worker"})
