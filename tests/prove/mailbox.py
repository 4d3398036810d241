"""A mail server that takes everything and remembers when."""

from __future__ import annotations

import asyncio
import email
import email.policy
import hashlib
import threading
import time
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Mail:
    """One mail that was taken: `at` is time.monotonic() when we said so."""

    at: float
    message_id: str
    to: str
    digest: str


class Mailbox:
    """Speaks enough SMTP on a port of its own, in a thread of its own.

    Attributes:
        mails: what was taken, repetitions included.
        pause_s: how long it thinks about each mail.
    """

    def __init__(self, pause_s: float = 0.0) -> None:
        self.mails: list[Mail] = []
        self.pause_s = pause_s
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._listening.wait(10)
        return self

    def __exit__(self, *args: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._talk, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._listening.set()
        self._loop.run_forever()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError):  # the sender was killed
            pass
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 prove\r\n")
        while line := await reader.readline():
            word = line.split()[0].upper() if line.strip() else b""
            if word == b"DATA":
                writer.write(b"354 go on\r\n")
                text = await reader.readuntil(b"\r\n.\r\n")
                await asyncio.sleep(self.pause_s)
                self._take(text[:-3])
                writer.write(b"250 taken\r\n")
            elif word == b"QUIT":
                writer.write(b"221 bye\r\n")
                return
            else:
                writer.write(b"250 ok\r\n")
            await writer.drain()

    def _take(self, text: bytes) -> None:
        """The digest covers what a person reads; the Date header differs from try to try."""
        mail = email.message_from_bytes(text, policy=email.policy.default)
        read = f"{mail['Subject']}\n{mail.get_content()}"
        digest = hashlib.sha256(read.encode()).hexdigest()
        self.mails.append(Mail(time.monotonic(), str(mail["Message-ID"]), str(mail["To"]), digest))
