"""The real processes, on a port of their own: two web workers, and where asked the sweep's worker and beat."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from feedback_system.bench.client import Client, Failed
from feedback_system.embedded import places
from feedback_system.embedded.postgres import Postgres
from feedback_system.supervisor import processes
from feedback_system.supervisor.checks import Address
from feedback_system.supervisor.processes import Child

_PATIENCE_S = 60


@dataclass(frozen=True)
class Stack:
    """What runs."""

    port: int
    children: Sequence[Child]

    @property
    def memory_mb(self) -> float:
        """What they, PostgreSQL and Redis keep for themselves (proportional set size)."""
        return sum(_memory(pid) for pid in self.processes()) / 1024

    def processes(self) -> list[int]:
        """All of them, with what they started, and the embedded servers of this data folder."""
        roots = [child.process.pid for child in self.children if child.process] + _servers()
        return [pid for root in roots for pid in _family(root)]

    def spent(self) -> float:
        """Seconds of processor time until now, of threads and children that have ended as well; in hundredths."""
        return sum(_spent(pid) for pid in self.processes())

    def meter(self) -> Callable[[], float]:
        """A reading of the seconds that these processes have spent on a processor; those that run now are watched."""
        watched = self.processes()
        return lambda: sum(on_processor(pid) for pid in watched)


@contextlib.contextmanager
def stack(*, background: bool = False) -> Iterator[Stack]:
    """Run it for this data folder's database while the block runs."""
    address = Address("127.0.0.1", _free_port())
    environment = processes.base_environment(address) | {
        "HUIYIN_CLIENT_IP_HEADER": "X-Bench-Address",
        "LOG_LEVEL": "WARNING",
    }
    children = [processes.web(address, environment)]
    if background:
        children += [
            processes.worker("clock", environment),
            processes.worker("work", environment),
            processes.beat(environment),
        ]
    try:
        for child in children:
            child.start()
        _wait(address.port, children)
        yield Stack(address.port, children)
    finally:
        processes.end_all(children)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, children: Sequence[Child]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        for child in children:
            if child.process and child.process.poll() is not None:
                raise Failed(f"'{child.name}' ended by itself; the reason stands at the end of {child.log}")
        with contextlib.suppress(Failed):
            Client(port).get("/healthz")
            return
        time.sleep(0.2)
    raise Failed("The web server gives no answer.")


def _servers() -> list[int]:
    """PostgreSQL and Redis of this data folder; none of them where others were given."""
    found = []
    with contextlib.suppress(OSError, ValueError, IndexError):
        lines = (Postgres("run").data / "postmaster.pid").read_text(encoding="ascii").splitlines()
        found.append(int(lines[0]))
    folder = str(places.data_dir())
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (entry / "cmdline").read_bytes()
            if b"redis-server" in command and (entry / "cwd").readlink().is_relative_to(folder):
                found.append(int(entry.name))
    return found


def _family(pid: int) -> list[int]:
    """A process and all under it."""
    found = [pid]
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text(encoding="ascii").split():
                found += _family(int(child))
    return found


def on_processor(pid: int) -> float:
    """The seconds that a process has spent on a processor, with all its threads; 0 for one that is not here."""
    total = 0
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            total += int((task / "schedstat").read_text(encoding="ascii").split()[0])
    return total / 1e9


def _spent(pid: int) -> float:
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _memory(pid: int) -> float:
    """Kilobytes."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return float(line.split()[1])
    return 0.0
