"""A browser for measuring: one kept-alive connection, the cookies of one reader, and a clock."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

#: What a page sends back with a form; any value does, as long as cookie and field agree.
CSRF = "b" * 32
#: The server hangs up on a silent connection after two seconds; as a browser would, we come back with a new one.
_KEPT_S = 1.0


class Failed(Exception):
    """An answer that is none: what was asked, and what came."""


@dataclass(frozen=True)
class Answer:
    """What came back, and how long it took from the first byte sent to the last byte read."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    @property
    def text(self) -> str:
        """The page."""
        return self.body.decode("utf-8", "replace")


class Client:
    """One reader's browser; not for several threads."""

    def __init__(self, port: int, *, session: str = "", token: str = "", address: str = "") -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.last_used = time.monotonic()
        self.headers = {"Accept": "text/html,application/json", "Accept-Language": "zh-hans"}
        self.headers["Cookie"] = f"csrftoken={CSRF}" + (f"; sessionid={session}" if session else "")
        if token:
            self.headers["Authorization"] = f"Token {token}"
        if address:
            self.headers["X-Bench-Address"] = address

    def get(self, path: str, *, headers: Mapping[str, str] | None = None) -> Answer:
        """Raises ``Failed`` for anything but a page."""
        return self._ask("GET", path, b"", dict(headers or {}), expected=(200, 204))

    def post(self, path: str, values: Mapping[str, object], *, expected: tuple[int, ...] = (302, 303)) -> Answer:
        """A form."""
        body = urlencode({"csrfmiddlewaretoken": CSRF, **values}, doseq=True).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._ask("POST", path, body, kind, expected=expected)

    def post_json(self, path: str, value: object) -> Answer:
        """To the API."""
        body = json.dumps(value, ensure_ascii=False).encode()
        return self._ask("POST", path, body, {"Content-Type": "application/json"}, expected=(201,))

    def close(self) -> None:
        """Hang up."""
        self.connection.close()

    def _ask(
        self, method: str, path: str, body: bytes, headers: dict[str, str], *, expected: tuple[int, ...]
    ) -> Answer:
        if time.monotonic() - self.last_used > _KEPT_S:
            self.connection.close()
        started = time.perf_counter()
        try:
            self.connection.request(method, path, body or None, self.headers | headers)
            response = self.connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            self.connection.close()
            raise Failed(f"{method} {path}: {error!r}") from error
        self.last_used = time.monotonic()
        answer = Answer(response.status, dict(response.getheaders()), content, time.perf_counter() - started)
        if answer.status not in expected:
            raise Failed(f"{method} {path}: {answer.status} {_start_of(answer.text)}")
        return answer


def _start_of(page: str) -> str:
    """The sentence of a refusal, roughly."""
    import re

    return " ".join(re.sub(r"<style.*?</style>|<script.*?</script>|<[^>]+>", " ", page, flags=re.S).split())[:300]
