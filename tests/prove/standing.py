"""One installation, from an empty folder to nothing left."""

from __future__ import annotations

import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .installation import Choices, Installation, choose_environment
from .mailbox import Mailbox


def say(text: str) -> None:
    """Progress, for whoever watches."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


@contextmanager
def standing(
    choices: Choices, *, mail_pause_s: float = 0.0, keep: bool = False
) -> Iterator[tuple[Installation, Mailbox]]:
    """An installation that runs while the block runs, and the mailbox of everybody it writes to.

    Args:
        mail_pause_s: how long the mail server thinks about each mail.
        keep: leave the data folder for somebody who wants to read its logs.
    """
    folder = Path(tempfile.mkdtemp(prefix="huiyin-test-prove-", dir="/tmp"))
    port = _free_port()
    began = time.monotonic()
    try:
        with Mailbox(mail_pause_s) as mailbox:
            choose_environment(folder, port, mailbox.port, choices)
            installation = Installation(port, choices)
            try:
                installation.start()
                say(f"started after {time.monotonic() - began:.0f} s")
                yield installation, mailbox
            finally:
                installation.stop()
    finally:
        if keep:
            say(f"the logs lie in {folder}/log")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
