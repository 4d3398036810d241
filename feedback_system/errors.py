"""One handler that turns domain refusals into answers, for pages and for the API."""

from __future__ import annotations

import logging
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from rest_framework.response import Response
from rest_framework.views import exception_handler

from audit.exceptions import Blocked, DomainError, InvalidInput, InvalidMove, NotAllowed, StaleRecord
from organization.limits import TooMany

logger = logging.getLogger(__name__)

_STATUS: tuple[tuple[type[DomainError], int], ...] = (
    (NotAllowed, 403),
    (StaleRecord, 409),
    (InvalidMove, 409),
    (Blocked, 422),
    (InvalidInput, 422),
    (TooMany, 429),
)


def status_of(error: DomainError) -> int:
    """The HTTP status of a refusal."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 400)


def _reasons(error: DomainError) -> list[str]:
    if isinstance(error, Blocked):
        return [str(reason) for reason in error.reasons]
    return list(error.changed) if isinstance(error, StaleRecord) else []


def domain_error_response(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The page (or, for htmx, the same page as a fragment) that says what was refused and why."""
    status = status_of(error)
    template = {403: "403.html", 409: "409.html", 429: "429.html"}.get(status, "422.html")
    response = render(request, template, {"sentence": error.message, "reasons": _reasons(error)}, status=status)
    if isinstance(error, TooMany):
        response["Retry-After"] = str(error.retry_after)
    return response


def _log_forbidden(error: Blocked, context: dict[str, Any]) -> None:
    """An act that this person must not do at all is an attempt to be seen, as on the pages (RTE-18)."""
    codes = [reason.code for reason in error.reasons if reason.kind == "forbidden"]
    if codes:
        view = context["view"]
        logger.warning(
            "refused: %s on case %s by user %s: %s",
            view.action, view.kwargs.get("number"), context["request"].user.pk, codes,
        )  # fmt: skip


def api_exception_handler(exception: Exception, context: dict[str, Any]) -> Response | None:
    """The same refusals as JSON: ``detail``, and ``reasons`` or ``field`` where there are any."""
    if not isinstance(exception, DomainError):
        return exception_handler(exception, context)
    body: dict[str, Any] = {"detail": exception.message}
    if isinstance(exception, Blocked):
        body["reasons"] = [{"code": r.code, "text": str(r)} for r in exception.reasons]
        _log_forbidden(exception, context)
    if isinstance(exception, StaleRecord):
        body["changed"] = list(exception.changed)
    if isinstance(exception, InvalidInput):
        body["field"] = exception.field
    headers = {"Retry-After": str(exception.retry_after)} if isinstance(exception, TooMany) else {}
    return Response(body, status=status_of(exception), headers=headers)
