"""A mail server that refuses, hangs and breaks off as told."""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from email.message import EmailMessage
from typing import Any, Self

HANG = "hang"
DROP = "drop"


class SmtpServer:
    """Speaks enough SMTP on a port of its own.

    Attributes:
        replies: what to answer to "CONNECT", "EHLO", "AUTH", "MAIL", "RCPT", "DATA" (the word) or "BODY" (the text)
            instead of yes: a reply line, HANG (never answer) or DROP (close the connection).
        mails: what was taken.
        connections: how often somebody connected.
    """

    def __init__(self) -> None:
        self.replies: dict[str, str] = {}
        self.mails: list[EmailMessage] = []
        self.connections = 0
        self.ended = threading.Event()

    def __enter__(self) -> Self:
        server = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                server.talk(self.rfile, self.wfile)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *args: object) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()

    def talk(self, read: Any, write: Any) -> None:
        self.connections += 1
        if not self._answer(write, "CONNECT", "220 test"):
            return
        while line := read.readline().decode().strip():
            word = line.split()[0].upper()
            if word == "QUIT":
                write.write(b"221 bye\r\n")
                return
            if not self._answer(write, word, "354 go on" if word == "DATA" else "250 ok"):
                return
            if word == "DATA" and "DATA" not in self.replies and not self._body(read, write):
                return

    def _body(self, read: Any, write: Any) -> bool:
        lines = []
        while (line := read.readline()) not in (b".\r\n", b""):
            lines.append(line)
        if "BODY" not in self.replies:
            self.mails.append(email.message_from_bytes(b"".join(lines), policy=email.policy.default))
        return self._answer(write, "BODY", "250 taken")

    def _answer(self, write: Any, step: str, usual: str) -> bool:
        reply = self.replies.get(step, usual)
        if reply == HANG:
            self.ended.wait(30)
        if reply in (HANG, DROP):
            return False
        write.write(reply.encode() + b"\r\n")
        write.flush()
        return True
