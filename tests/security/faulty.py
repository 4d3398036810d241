"""All addresses of the product, and some that break: what a fault looks like from outside."""

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import path

from audit.exceptions import Blocked, InvalidInput, InvalidMove, NotAllowed, Reason, StaleRecord
from feedback_system.urls import handler500, urlpatterns
from organization.limits import TooMany

__all__ = ["handler500"]

FAULTS: dict[str, tuple[Exception, int]] = {
    "mistake": (ValueError("canary-of-a-traceback"), 500),
    "away": (OperationalError("canary-of-a-traceback"), 503),
    "denied": (PermissionDenied(), 403),
    "not-allowed": (NotAllowed(), 403),
    "damaged": (SuspiciousOperation("canary-of-a-traceback"), 400),
    "stale": (StaleRecord(), 409),
    "moved": (InvalidMove("已办结"), 409),
    "blocked": (Blocked([Reason("no_reply", "尚未答复")]), 422),
    "wrong": (InvalidInput("text", "写错了"), 422),
    "often": (TooMany(30), 429),
}


@login_not_required
def fail(request: HttpRequest, name: str) -> HttpResponse:
    """Break in the named way."""
    raise FAULTS[name][0]


urlpatterns = [*urlpatterns, path("faulty/<str:name>/", fail)]
