"""Who sends a request, and what a person may write into its address."""

from __future__ import annotations

import re
from typing import cast

from django.http import HttpRequest

from organization import text
from organization.models import User

#: Larger numbers fit no key of a table.
LARGEST_ID = 2**63 - 1
_DIGITS = re.compile(r"[0-9]{1,19}")


def person(request: HttpRequest) -> User:
    """Who is logged in. Every page that is not public asks for a login first, so there is somebody."""
    return cast(User, request.user)


def words(request: HttpRequest, name: str = "q", *, longest: int = 200) -> str:
    """A text of the address, on one line and shortened; empty where there is none."""
    return text.clean_line(request.GET.get(name, "")[: longest * 2])[:longest]


def number(value: str | None) -> int | None:
    """The key that a text names; None for what can be no key (words, signs, 10 to the 30th)."""
    if value is None or not _DIGITS.fullmatch(value):
        return None
    found = int(value)
    return found if 0 < found <= LARGEST_ID else None
