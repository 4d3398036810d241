"""From a number in an address to a request, a destruction or a hold, for who may see it."""

from __future__ import annotations

from django.http import Http404

from cases.models import Case
from feedback_system.models import DataRequest, Destruction, LegalHold
from organization.requests import LARGEST_ID


def opened_case(number: str) -> Case:
    """The case that a visitor has opened with its whole code; the caller has asked ``visitors.sees``."""
    return Case.objects.select_related("customer").defer("search", "contact_search").get(number=number)


def get_request(pk: int) -> DataRequest:
    """A request with whom it is about; 404 where there is none. The caller has asked ``rights.officer``."""
    people = ("recorded_by", "checked_by", "answered_by")
    rows = DataRequest.objects.select_related("customer", "case", "approval__asked_by", *people)
    found = rows.filter(pk=pk).first() if pk <= LARGEST_ID else None
    if found is None:
        raise Http404
    return found


def get_destruction(number: str) -> Destruction:
    """A destruction by its number."""
    rows = Destruction.objects.select_related("approval", "listed_by")
    found = rows.filter(number=number).first()
    if found is None:
        raise Http404
    return found


def get_hold(pk: int) -> LegalHold:
    """A hold that is in force or was."""
    found = LegalHold.objects.filter(pk=pk).first() if pk <= LARGEST_ID else None
    if found is None:
        raise Http404
    return found
