"""Everything at once: staff browse, customers send the public form, a file is imported, the sweep runs; and the hub
logs calls, which is what is timed.

No limit is switched off: each customer has an address of its own (through the header of the trusted proxy) and does
the proof of work that a browser would do.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import os
import random
import re
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from feedback_system.bench.client import Client, Failed
from feedback_system.bench.figures import Figure, Run
from feedback_system.bench.pages import call
from feedback_system.bench.readers import Reader, sign_in
from feedback_system.bench.stack import stack
from feedback_system.bench.words import search_words
from feedback_system.embedded import places
from organization.models import User

STAFF, SUBMISSIONS_A_SECOND, CALLS_A_SECOND, PROMISE_MS = 20, 5, 1, 300
#: A person reads before clicking on.
THINKING_S = (0.8, 2.5)
_STARTED = re.compile(r'name="started" value="([^"]+)"')
_VERSION = re.compile(r'name="consent_version" value="(\d+)"')
_CASE = re.compile(r'href="(/cases/\d{4}-\d{6,}/)"')
Say = Callable[[str], None]


@dataclass
class Crowd:
    """What everybody did."""

    until: float
    samples: dict[str, list[float]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def going(self) -> bool:
        """Whether there is time left."""
        return time.monotonic() < self.until

    def note(self, what: str, act: Callable[[], float]) -> None:
        """Do it and keep its time, or why it failed."""
        try:
            seconds = act()
        except Failed as failed:
            with self.lock:
                self.errors.append(f"{what}: {failed}")
            return
        with self.lock:
            self.samples.setdefault(what, []).append(seconds)


def measure_pressure(run: Run, agent: Reader, *, seconds: int, texts: Path, say: Say) -> None:
    """So many seconds of a very busy day."""
    words = [word for _, word in search_words()]
    staff = list(User.objects.filter(is_active=True, role__in=["agent", "head", "handler"]).order_by("pk")[:STAFF])
    with stack(background=True) as running:
        port = running.port
        crowd = Crowd(time.monotonic() + seconds)
        threads = [
            threading.Thread(target=_browse, args=(crowd, port, sign_in(user), words, user.pk)) for user in staff
        ]
        threads += [threading.Thread(target=_submit, args=(crowd, port, n)) for n in range(SUBMISSIONS_A_SECOND * 3)]
        threads.append(threading.Thread(target=_log_calls, args=(crowd, port, agent.session)))
        importing = _import(texts)
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        say("  everybody has gone home")
        importing.terminate()
        importing.wait()
        run.facts["memory MB"] = round(running.memory_mb)
    for what, samples in sorted(crowd.samples.items()):
        figure = Figure.of(what, "", samples)
        run.figures.append(figure)
    logged = crowd.samples.get("log a call", [])
    run.facts |= {
        "seconds": seconds,
        "errors": len(crowd.errors),
        "first errors": crowd.errors[:5],
        "submissions a second": round(len(crowd.samples.get("public submission", [])) / seconds, 1),
        "kept": bool(logged) and not crowd.errors and Figure.of("", "", logged).p95_ms <= PROMISE_MS,
    }


def _browse(crowd: Crowd, port: int, session: str, words: list[str], seed: int) -> None:
    """A list, a case of it, a search, the counters: and again."""
    chosen, client = random.Random(seed), Client(port, session=session)  # noqa: S311
    case = ["/"]

    def listing() -> float:
        answer = client.get(chosen.choice(("/cases/", "/cases/?sort=urgent", "/cases/?state=all")))
        case[0] = chosen.choice(_CASE.findall(answer.text) or ["/"])
        return answer.seconds

    acts: list[tuple[str, Callable[[], float]]] = [
        ("list", listing),
        ("case page", lambda: client.get(case[0]).seconds),
        ("counters", lambda: client.get("/counters/").seconds),
        ("search", lambda: client.get(f"/search/?q={quote(chosen.choice(words))}").seconds),
        ("desk", lambda: client.get("/").seconds),
    ]
    time.sleep(chosen.random() * 2)
    for what, act in itertools.cycle(acts):
        if not crowd.going:
            break
        crowd.note(what, act)
        time.sleep(chosen.uniform(*THINKING_S))
    client.close()


def _submit(crowd: Crowd, port: int, number: int) -> None:
    """One of the customers' browsers: open the form, solve the puzzle while typing, send; three seconds for each."""
    time.sleep(number * 3 / (SUBMISSIONS_A_SECOND * 3))
    for n in itertools.count():
        if not crowd.going:
            return
        began = time.monotonic()
        client = Client(port, address=f"10.{number}.{n // 250}.{n % 250 + 1}")
        crowd.note("public submission", lambda: _one_submission(client, number, n))  # noqa: B023 - called at once
        client.close()
        time.sleep(max(0.0, 3 - (time.monotonic() - began)))


def _one_submission(client: Client, number: int, n: int) -> float:
    form = client.get("/feedback/")
    proof = solve(json.loads(client.get("/feedback/challenge/").body))
    version = _VERSION.search(form.text)
    started = _STARTED.search(form.text)
    time.sleep(2.1)  # the form is not sent by somebody who could not have read it
    values = {
        "submission_key": uuid.uuid4(), "started": started[1] if started else "", "proof": proof,
        "kind": "complaint", "text": f"压力测量 {number}-{n}：门店空调漏水，请处理。",
        "name": "测量", "contact": f"13{number % 10}{n:08d}", "consent": "on",
        "consent_version": version[1] if version else "",
    }  # fmt: skip
    return client.post("/feedback/", values).seconds


def solve(challenge: dict[str, object]) -> str:
    """What the page's worker does."""
    salt, wanted = str(challenge["salt"]), str(challenge["challenge"])
    most = int(str(challenge.get("maxnumber") or challenge.get("maxNumber") or 1_000_000))
    number = next(n for n in range(most + 1) if hashlib.sha256(f"{salt}{n}".encode()).hexdigest() == wanted)
    payload = {name: challenge[name] for name in ("algorithm", "challenge", "salt", "signature")} | {"number": number}
    return base64.b64encode(json.dumps(payload).encode()).decode()


def _log_calls(crowd: Crowd, port: int, session: str) -> None:
    client = Client(port, session=session)
    for n in itertools.count(500_000):
        if not crowd.going:
            break
        began = time.monotonic()
        crowd.note("log a call", lambda: client.post("/cases/log/", call(n)).seconds)  # noqa: B023 - called at once
        time.sleep(max(0.0, 1 / CALLS_A_SECOND - (time.monotonic() - began)))
    client.close()


def _import(texts: Path) -> subprocess.Popen[bytes]:
    """The real command, on the real database."""
    command = [
        *(sys.executable, "manage.py", "import_feedback", str(texts), "--map", "text=text", "--channel", "import"),
        *("--kind", "complaint", "--name", f"bench-{uuid.uuid4().hex[:8]}"),
    ]
    return subprocess.Popen(
        command,
        cwd=places.PROJECT,
        env=os.environ | {"HUIYIN_PROCESS": "worker"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
