"""How child processes start and end."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_LOG_LIMIT_BYTES = 10_000_000


def die_with_parent(sig: int = signal.SIGTERM) -> Callable[[], None] | None:
    """For preexec_fn: the kernel sends `sig` when the process that starts the child is gone, also by kill -9.

    Runs after setuid, which would clear it. Linux only; elsewhere the next start cleans up.
    """
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(sig))

    return ask


def plain_environment() -> dict[str, str]:
    """Without language and PG* variables: one that names a locale which was never made stops initdb."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "PG", "LANG"))}
    return kept | {"LC_ALL": "C"}


def open_log(path: Path) -> int:
    """A descriptor that appends. A log above 10 MB starts anew."""
    with contextlib.suppress(OSError):
        if path.stat().st_size > _LOG_LIMIT_BYTES:
            os.truncate(path, 0)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)


def end(process: subprocess.Popen[bytes] | None, first: int, then: int, patience_s: float) -> None:
    """Ask to end, wait, and insist."""
    if process is None or process.poll() is not None:
        return
    process.send_signal(first)
    try:
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        process.send_signal(then)
        process.wait(10)
