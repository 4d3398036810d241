"""Walking the pages of returns."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from returns.models import ReturnSlip


def done(answer: Any) -> None:
    """The act went through; else the page says why not."""
    words = re.sub(r"\s+", " ", answer.content.decode())
    assert answer.status_code in {302, 303}, words[words.find("<main") :][:3000]


def page_of(client: Client, slip: ReturnSlip) -> str:
    """The page of a return, for who may see it."""
    answer = client.get(f"/returns/{slip.number}/")
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()
