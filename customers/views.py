"""Customers in the order of their sound, and the contact card of one (A-31: the card, not the file)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from audit.actions import record_reading
from audit.actor import Actor
from audit.exceptions import NotAllowed
from customers import queries
from customers.models import Customer
from organization.models import Role, User
from organization.queries import identity_of
from organization.requests import LARGEST_ID, person, words

#: Auditors see no contact data and administrators no content (SEC-08).
_KEPT_OUT = frozenset({Role.AUDITOR, Role.ADMINISTRATOR})
MATCHES = 25
PEOPLE_SHOWN = 50


def may_see_customers(user: User) -> bool:
    """Whether somebody works with customers, or acts for somebody who does."""
    return any(one.role not in _KEPT_OUT for one in identity_of(user).acting)


def _require(user: User) -> None:
    if not may_see_customers(user):
        raise NotAllowed


@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """All customers, or those who fit what is typed: number, tail, e-mail, name, initials."""
    _require(person(request))
    typed = words(request)
    if typed:
        context: dict[str, Any] = {"customers": queries.match(typed, limit=MATCHES), "typed": typed}
    else:
        page = queries.page_of(after=request.GET.get("after", ""), before=request.GET.get("before", ""))
        context = {
            "customers": page.customers,
            "typed": "",
            "before": urlencode({"before": page.before}) if page.before else "",
            "after": urlencode({"after": page.after}) if page.after else "",
        }
    return render(request, "customers/list.html", context)


@require_GET
def card(request: HttpRequest, pk: int) -> HttpResponse:
    """The contact card; the cases are a panel of the room above. Each reading is written down (SEC-02)."""
    user = person(request)
    _require(user)
    rows = queries.with_contacts(Customer.objects.filter(pk=pk)) if pk <= LARGEST_ID else Customer.objects.none()
    customer = rows.first()
    if customer is None:
        raise Http404
    record_reading(f"customer:{customer.pk}", "page", by=Actor.staff(user), at=timezone.now())
    people = list(customer.people.order_by("name_key", "id")[:PEOPLE_SHOWN])
    context = {"card": queries.card(customer), "customer": customer, "people": people}
    return render(request, "customers/card.html", context)
