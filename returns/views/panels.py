"""The returns of a case and of a customer, beside them."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from cases.access import open_access
from customers.models import Customer
from organization.queries import identity_of
from organization.requests import person
from returns import rights
from returns.queries import panels


@require_safe
def of_case(request: HttpRequest, number: str) -> HttpResponse:
    """Panel on a case's page: its returns, and the way to open one."""
    user = person(request)
    access = open_access(user, number)
    if not access.full:
        raise Http404
    rows = panels.of_case(access.case, access.who)
    may_open = access.case.is_open and bool(rights.places_anywhere(access.who, "register"))
    url = f"{reverse('return_new')}?case={access.case.number}" if may_open else ""
    return _panel(request, {"rows": rows, "new_url": url, "quiet": not rows})


@require_safe
def of_customer(request: HttpRequest, pk: int) -> HttpResponse:
    """Panel on a customer's card."""
    who = identity_of(person(request))
    if not Customer.objects.visible_to(who).filter(pk=pk).exists():
        raise Http404
    rows = panels.of_one(pk, who) if rights.knows_returns(who) else []
    may_open = bool(rights.places_anywhere(who, "register"))
    url = f"{reverse('return_new')}?customer={pk}" if may_open else ""
    return _panel(request, {"rows": rows, "new_url": url, "quiet": not rows})


def _panel(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    in_page = getattr(request, "htmx", False)
    return render(request, "returns/panel.html" if in_page else "returns/panel_page.html", context)
