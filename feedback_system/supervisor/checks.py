"""What must be right before anything is started, each with one sentence when it is not."""

import ctypes
import errno
import fcntl
import os
import socket
import sys
import time
from dataclasses import dataclass
from typing import TextIO

from feedback_system.embedded import data_dir

PDF_LIBRARIES = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}


class Refused(Exception):
    """Nothing was started; the text says why and what to do."""


@dataclass(frozen=True)
class Address:
    """Where the web server listens."""

    host: str
    port: int

    @classmethod
    def from_environment(cls) -> "Address":
        """HOST and PORT."""
        text = os.environ.get("PORT", "8000")
        if not text.isdecimal() or not 0 < int(text) < 65536:
            raise Refused(
                f"PORT is {text!r}, which is not a port number. Give one from 1024 to 65535, such as PORT=8001."
            )
        return cls(os.environ.get("HOST", "127.0.0.1"), int(text))

    @property
    def bind(self) -> str:
        """As gunicorn writes it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def nearby(self) -> str:
        """The host under which this machine itself reaches it."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(self.host, self.host)  # noqa: S104

    @property
    def url(self) -> str:
        """For people."""
        host = f"[{self.nearby}]" if ":" in self.nearby else self.nearby
        return os.environ.get("SITE_URL", f"http://{host}:{self.port}").rstrip("/") + "/"


def only_one_here() -> TextIO:
    """A lock for as long as the file is open; a killed supervisor cannot leave it behind."""
    lock = (data_dir() / "run.lock").open("a+", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        where = lock.read().strip() or "an address that it has not said yet"
        raise Refused(
            f"It already runs for the data folder {data_dir()}, at {where}. Use that one or end it; "
            "for a second one beside it, give it its own HUIYIN_DATA and PORT."
        ) from None
    return lock


def was_killed(lock: TextIO) -> bool:
    """An address that nobody took back: the one before was killed, and its web server may still be ending."""
    lock.seek(0)
    return bool(lock.read().strip())


def note_address(lock: TextIO, text: str) -> None:
    """So that a second start can say where the first one is; "" at a proper end."""
    lock.seek(0)
    lock.truncate()
    lock.write(text)
    lock.flush()


def port_is_free(address: Address, patience_s: float = 0.0) -> None:
    """Ask before anything is started, not after the database was made."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            return _bind_once(address)
        except Refused:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.2)


def _bind_once(address: Address) -> None:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.host, address.port))
        except OSError as error:
            raise Refused(_why_not(address, error)) from error


def _why_not(address: Address, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"Port {address.port} is in use by another program. Choose another: make run PORT={address.port + 1}"
        case errno.EACCES:
            return f"Port {address.port} needs root. Choose one from 1024 up: make run PORT=8000"
        case _:
            return f"This machine has no address {address.host} ({error.strerror}). Set HOST to one that it has."


def missing_pdf_packages() -> list[str]:
    """Debian packages without which there is no PDF (the third: without which it takes 35 times as long)."""
    if sys.platform != "linux":
        return []
    missing = []
    for library, package in PDF_LIBRARIES.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append(package)
    return missing
