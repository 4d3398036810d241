"""Eight busy clients: they fill in the public form as a browser does, and send it again when no answer comes."""

from __future__ import annotations

import base64
import hashlib
import html
import http.client
import json
import random
import re
import threading
import time
import uuid
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from .attachments import picture
from .installation import ADDRESS_HEADER

_RECEIPT = re.compile(r"/feedback/receipt/(?P<number>\d{4}-\d{6,})\.[\w-]+/")
_HIDDEN = re.compile(r'name="(csrfmiddlewaretoken|submission_key|started|consent_version)" value="([^"]*)"')
#: The form refuses what comes back faster than a person types (settings.PUBLIC_FORM_SECONDS).
FILLING_IN_S = 2.1
PATIENCE_S = 20.0
MOST_TRIES = 80
#: An address may submit twenty times an hour, tries included.
FORMS_PER_ADDRESS = 8
#: A page is loaded for every fifth form; the next four are sent from it with keys of their own, which spares a machine
#: of two cores four minutes of drawing pages.
FORMS_PER_PAGE = 5
#: gunicorn closes an idle connection after two seconds.
IDLE_S = 1.5
#: Contacts by turns: two of four leave a mail address, one a telephone number, one none.
CONTACTS = ("email", "phone", "email", "none")


@dataclass
class Form:
    """One customer's form: what was typed, and what became of it.

    Attributes:
        marker: stands in the text, so that a case is found without trusting the key that is being proven.
        numbers: every number with which the form was acknowledged; all of them must be one.
    """

    marker: str
    contact: str
    file: bytes | None
    impatient: bool
    opened_at: float = 0.0
    cookies: dict[str, str] = field(default_factory=dict)
    hidden: dict[str, str] = field(default_factory=dict)
    proof: str = ""
    address: str = ""
    tries: int = 0
    sent_at: float = 0.0
    answered_s: float = 0.0
    numbers: set[str] = field(default_factory=set)


@dataclass
class Log:
    """What all clients saw, together."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    forms: list[Form] = field(default_factory=list)
    given_up: list[Form] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    odd: list[str] = field(default_factory=list)

    @property
    def ended(self) -> int:
        return len(self.forms) + len(self.given_up)

    def count(self, what: str, odd: str = "") -> None:
        with self.lock:
            self.answers[what] += 1
            if odd:
                self.odd.append(odd[:600])


class Client(threading.Thread):
    """One client: opens forms, lets two seconds pass, sends them; a customer and an address change all the time."""

    def __init__(self, number: int, count: int, port: int, log: Log, *, seed: int, pause_s: float = 0.0) -> None:
        super().__init__(daemon=True, name=f"client {number}")
        self.number, self.count, self.port, self.log, self.pause_s = number, count, port, log, pause_s
        self.random = random.Random(f"{seed}:{number}")
        self.stopped = threading.Event()
        self._addresses = 0
        self._opened: deque[Form] = deque()
        self._connection: http.client.HTTPConnection | None = None
        self._used_at = 0.0
        self._page: dict[str, str] = {}
        self._page_cookies: dict[str, str] = {}

    def run(self) -> None:
        """Until `count` forms are acknowledged, or given up after many tries."""
        begun = 0
        while (begun < self.count or self._opened) and not self.stopped.is_set():
            ready = bool(self._opened) and time.monotonic() - self._opened[0].opened_at >= FILLING_IN_S
            if ready:
                self._finish(self._opened.popleft())
                self.stopped.wait(self.pause_s)
            elif begun < self.count and len(self._opened) < 24:
                self._opened.append(self._open(begun))
                begun += 1
            else:
                time.sleep(0.02)
        self._drop()

    def _finish(self, form: Form) -> None:
        done = self._send_until_acknowledged(form)
        with self.log.lock:
            (self.log.forms if done else self.log.given_up).append(form)

    # --- One form ------------------------------------------------------------------------------------------

    def _open(self, n: int) -> Form:
        """Load the page; the browser solves its puzzle meanwhile."""
        form = Form(
            marker=f"#{self.number}-{n}#",
            contact=CONTACTS[n % len(CONTACTS)],
            file=picture(self.number, n) if n % 10 == 3 else None,
            impatient=self.random.random() < 0.02,
            address=self._address(fresh=n % FORMS_PER_ADDRESS == 0),
        )
        if n % FORMS_PER_PAGE == 0:
            self._load_page(form)
        form.cookies, form.hidden = dict(self._page_cookies), dict(self._page)
        if n % FORMS_PER_PAGE:
            form.hidden["submission_key"] = str(uuid.uuid4())
        form.proof = self._solve(form)
        form.opened_at = time.monotonic()
        return form

    def _load_page(self, form: Form) -> None:
        """The token against forged requests, the signed time, the version of the consent text, a key."""
        while not self.stopped.is_set():
            status, headers, body = self._ask(form, "GET", "/feedback/")
            if status == 200:
                self._page = {name: html.unescape(value) for name, value in _HIDDEN.findall(body.decode())}
                self._page_cookies = form.cookies
                return
            self._pause(status, headers)

    def _solve(self, form: Form) -> str:
        """The proof of work, honestly."""
        while not self.stopped.is_set():
            status, headers, body = self._ask(form, "GET", "/feedback/challenge/")
            if status == 200:
                puzzle = json.loads(body)
                break
            self._pause(status, headers)
        else:
            return ""
        start = puzzle["salt"].encode()
        wanted, sha256 = bytes.fromhex(puzzle["challenge"]), hashlib.sha256
        for number in range(puzzle["maxNumber"] + 1):
            if sha256(start + b"%d" % number).digest() == wanted:
                break
        found = {name: puzzle[name] for name in ("algorithm", "challenge", "salt", "signature")} | {"number": number}
        return base64.b64encode(json.dumps(found).encode()).decode()

    def _send_until_acknowledged(self, form: Form) -> bool:
        form.sent_at = time.monotonic()
        if form.impatient:
            self._send_and_leave(form)
        while form.tries < MOST_TRIES and not self.stopped.is_set():
            began = time.monotonic()
            status, headers, body = self._ask(form, "POST", "/feedback/")
            if status == 302 and (found := _RECEIPT.search(headers.get("location", ""))):
                form.numbers.add(found["number"])
                form.answered_s = time.monotonic() - began
                return True
            if status == 429 and float(headers["retry-after"]) > 10:
                form.address = self._address(fresh=True)  # a telephone that moves to another network
            if status == 422:  # a new proof, as the page says; the key stays
                self.log.count("asked again", "" if b"data-pow" in body else body.decode(errors="replace"))
                form.proof = self._solve(form)
            self._pause(status, headers)
        return False

    def _send_and_leave(self, form: Form) -> None:
        """A double click, a tunnel: the form goes out and nobody reads the answer."""
        body, kind = self._body(form)
        form.tries += 1
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
            connection.request("POST", "/feedback/", body, self._headers(form) | {"Content-Type": kind})
            connection.close()
            self.log.count("left without waiting")
        except OSError:
            self.log.count("no connection")

    # --- HTTP ----------------------------------------------------------------------------------------------

    def _ask(self, form: Form, method: str, path: str) -> tuple[int, dict[str, str], bytes]:
        """Status (0 when there was no answer), cookies and headers, body."""
        body, headers = b"", self._headers(form)
        if method == "POST":
            form.tries += 1
            body, headers["Content-Type"] = self._body(form)
        try:
            if time.monotonic() - self._used_at > IDLE_S:
                self._drop()
            if self._connection is None:
                self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
            self._connection.request(method, path, body or None, headers)
            answer = self._connection.getresponse()
            read = answer.read()
            self._used_at = time.monotonic()
        except (OSError, http.client.HTTPException) as error:
            self._drop()
            self.log.count("no answer in time" if isinstance(error, TimeoutError) else "connection lost")
            return 0, {}, b""
        if answer.will_close:
            self._drop()
        kept = {"location": answer.headers.get("Location", ""), "retry-after": answer.headers.get("Retry-After", "")}
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _equals, value = cookie.partition(";")[0].partition("=")
            form.cookies[name] = value
        odd = answer.status not in {200, 302, 422, 429, 502, 503}
        self.log.count(f"{method} {answer.status}", f"{path} {answer.status} {read[:300]!r}" if odd else "")
        return answer.status, kept, read

    def _headers(self, form: Form) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in form.cookies.items())
        return {ADDRESS_HEADER: form.address, "Cookie": cookies, "Accept-Language": "zh-CN"}

    def _body(self, form: Form) -> tuple[bytes, str]:
        boundary = uuid.uuid4().hex
        values: dict[str, Any] = {
            **form.hidden,
            "kind": "complaint",
            "text": f"电热水器漏水，上月已报修一次。{form.marker}",
            "proof": form.proof,
            "consent": "on",
            "website": "",
            "contact": self._contact(form),
            **({"contact_refused": "on"} if form.contact == "none" else {}),
        }
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in values.items()
        ]
        if form.file:
            head = (
                'Content-Disposition: form-data; name="files"; filename="photo.png"\r\nContent-Type: image/png\r\n\r\n'
            )
            parts.append(f"--{boundary}\r\n{head}".encode() + form.file + b"\r\n")
        return b"".join([*parts, f"--{boundary}--\r\n".encode()]), f"multipart/form-data; boundary={boundary}"

    def _contact(self, form: Form) -> str:
        name = form.marker.strip("#")
        match form.contact:
            case "email":
                return f"customer-{name}@huiyin.example"
            case "phone":
                client, _dash, n = name.partition("-")
                return f"139{int(client):02d}{int(n):06d}"
            case _:
                return ""

    def _address(self, *, fresh: bool) -> str:
        self._addresses += fresh
        return f"10.{self.number}.{self._addresses >> 8}.{self._addresses & 255}"

    def _pause(self, status: int, headers: dict[str, str]) -> None:
        """As long as the server asks, but never patient: between a quarter second and two."""
        asked = headers.get("retry-after", "")
        wait = min(float(asked), 2.0) if asked.isdecimal() else 0.25
        if status not in {200, 302, 422}:
            self.stopped.wait(wait * self.random.uniform(0.6, 1.4))

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
