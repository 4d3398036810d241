"""What somebody reads a file for: asked once for the pages of one piece of work, kept in the session (SEC-02)."""

from __future__ import annotations

import time

from django.http import HttpRequest

#: So long does a purpose hold.
PURPOSE_S = 30 * 60
_PURPOSES = "file_purposes"


def keep(request: HttpRequest, customer: int, purpose: str) -> None:
    """Remember it for this customer; what ran out is forgotten."""
    kept = {key: value for key, value in request.session.get(_PURPOSES, {}).items() if value[1] > time.time()}
    request.session[_PURPOSES] = kept | {str(customer): [purpose, time.time() + PURPOSE_S]}


def held(request: HttpRequest, customer: int) -> str:
    """The purpose that still holds, or ""."""
    purpose, until = request.session.get(_PURPOSES, {}).get(str(customer), ["", 0])
    return str(purpose) if until > time.time() else ""
