"""Files of a return: shown as renditions, and handed out as originals to be saved."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit.actions import record_reading
from audit.actor import Actor
from documents.serving import serve_original, serve_rendition
from organization.requests import person
from returns.access import get_file


@require_safe
def original(request: HttpRequest, number: str, pk: int) -> HttpResponseBase:
    """The original bytes, to be saved; who took them is kept (SEC-02)."""
    user = person(request)
    row = get_file(user, number, pk)
    response = serve_original(row.file)
    record_reading(row.slip.thread, "attachment", by=Actor.staff(user), at=timezone.now())
    return response


@require_safe
def thumb(request: HttpRequest, number: str, pk: int) -> HttpResponseBase:
    """The small picture."""
    return serve_rendition(get_file(person(request), number, pk).file, thumb=True)


@require_safe
def picture(request: HttpRequest, number: str, pk: int) -> HttpResponseBase:
    """The picture as a page shows it."""
    return serve_rendition(get_file(person(request), number, pk).file)
