"""A customer for tests: fills in the public form as a browser does, proof of work included."""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import re
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from cases import challenge
from cases.forms.public import _CLOCK
from cases.models import Case

TEXT = "充电器用了一周就发热严重，外壳有点变形，担心有危险。希望退货。"
_RECEIPT = re.compile(r"/feedback/receipt/(?P<number>\d{4}-\d{6,})\.[\w-]+/")


def solve(puzzle: dict[str, Any]) -> str:
    """What the page's worker does: find the number, and pack it for the form's field."""
    for number in range(puzzle["maxNumber"] + 1):
        if hashlib.sha256(f"{puzzle['salt']}{number}".encode()).hexdigest() == puzzle["challenge"]:
            found = {key: puzzle[key] for key in ("algorithm", "challenge", "salt", "signature")} | {"number": number}
            return base64.b64encode(json.dumps(found).encode()).decode()
    raise AssertionError("This puzzle has no solution.")


def proof() -> str:
    """A proof of work that nobody has used yet."""
    return solve(challenge.new_challenge(now=timezone.now()))


def opened_before(seconds: float = 60) -> str:
    """The hidden field of a form that was opened so long ago."""
    return _CLOCK.sign(str(int((timezone.now() - timedelta(seconds=seconds)).timestamp())))


def filled_in(**values: Any) -> dict[str, Any]:
    """A form as a customer sends it; a value of None leaves the field out."""
    given = {
        "kind": "complaint",
        "text": TEXT,
        "product_text": "65W 快充充电器",
        "contact": "139 1234 5678",
        "name": "周女士",
        "consent": "on",
        "consent_version": "1",
        "website": "",
        "started": opened_before(),
        "submission_key": str(uuid.uuid4()),
        "proof": proof() if "proof" not in values else values["proof"],
    }
    return {name: value for name, value in (given | values).items() if value is not None}


def send(client: Client | None = None, **values: Any) -> Any:
    """Send the public form; ``address`` is where it comes from."""
    extra = {"REMOTE_ADDR": values.pop("address")} if "address" in values else {}
    return (client or Client()).post("/feedback/", filled_in(**values), **extra)


def number_in(response: HttpResponse) -> str:
    """The number of the receipt to which an accepted form leads."""
    assert response.status_code == 302, response.content.decode()[:4000]
    found = _RECEIPT.fullmatch(response["Location"])
    assert found, response["Location"]
    return found["number"]


def submitted(client: Client | None = None, **values: Any) -> Case:
    """The case that an accepted form became."""
    return Case.objects.get(number=number_in(send(client, **values)))


def picture(name: str = "现场.png", *, size: tuple[int, int] = (32, 24)) -> SimpleUploadedFile:
    """A small real picture."""
    import io

    from PIL import Image

    made = io.BytesIO()
    Image.new("RGB", size, "#8a5").save(made, "PNG")
    return SimpleUploadedFile(name, made.getvalue(), content_type="image/png")


def at_once(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Run ``work(0)`` to ``work(count - 1)`` in threads that begin together, each with its own connection.

    One test of the whole run at a time: the server has a hundred connections for all workers.
    """
    start = threading.Barrier(count)

    def run(n: int) -> Any:
        try:
            start.wait(timeout=30)
            return work(n)
        finally:
            connections.close_all()

    with connections_for_many(), ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@contextmanager
def connections_for_many() -> Iterator[None]:
    """Wait until no other worker of this run holds many connections."""
    with (Path(os.environ["HUIYIN_DATA"]) / "many-connections").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
