"""The embedded Redis: broker and cache."""

import contextlib
import fcntl
import os
import socket
import subprocess
import time
from signal import SIGKILL, SIGTERM

from . import places
from .binaries import redis_program
from .children import die_with_parent, end, open_log
from .places import EmbeddedError, Profile


class Redis:
    """One server. Use it through `embedded.services`."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.process: subprocess.Popen[bytes] | None = None

    def ready(self) -> bool:
        """Does it answer a PING?"""
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(1)
            probe.connect(str(places.redis_socket(self.profile)))
            probe.sendall(b"PING\r\n")
            return probe.recv(16).startswith(b"+PONG")
        return False

    def start(self, timeout_s: float = 30) -> None:
        """Returns when it answers. Asks first: a second server would silently take over the socket."""
        places.prepare_data_dir()
        places.make_socket_dir()
        with (places.data_dir() / "redis.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self.ready():
                return
            self.process = self._spawn()
            deadline = time.monotonic() + timeout_s
            while time.monotonic() < deadline and self.process.poll() is None:
                if self.ready():
                    return
                time.sleep(0.02)
            self.stop()
            raise EmbeddedError(
                f"Redis did not start. The reason stands at the end of {places.log_dir() / 'redis.log'}."
            )

    def stop(self) -> None:
        """End the server if we started it."""
        if self.process is not None:
            end(self.process, SIGTERM, SIGKILL, 10)
            self.process = None
            places.redis_socket(self.profile).unlink(missing_ok=True)

    def _spawn(self) -> subprocess.Popen[bytes]:
        folder = places.state_dir() / "redis"
        folder.mkdir(exist_ok=True)
        places.give_to_account(folder)
        keep = "yes" if self.profile == "run" else "no"
        command = [
            str(redis_program()),
            *("--port", "0", "--unixsocket", str(places.redis_socket(self.profile)), "--unixsocketperm", "700"),
            *("--save", "", "--appendonly", keep, "--dir", ".", "--daemonize", "no", "--databases", "64"),
            *(
                "--maxmemory-policy",
                "noeviction",
            ),  # it is also the broker: a message is never thrown out for a cache entry
        ]
        out = open_log(places.log_dir() / "redis.log")
        try:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                preexec_fn=die_with_parent(),  # noqa: PLW1509
                **places.as_account() | {"cwd": str(folder)},  # as working folder: nothing to quote
            )
        finally:
            os.close(out)
