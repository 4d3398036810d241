"""Customers in the order of their sound, and the page of one: the card, not the file (A-31)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from audit.actions import record_reading
from audit.exceptions import NotAllowed
from customers import rights
from customers.access import CustomerAccess, get_customer
from customers.fields import CARD
from customers.models import CustomerType, HoldingKind, Tier, VisitClass
from customers.queries import search
from customers.queries.card import cards_of
from customers.queries.duplicates import alike
from customers.queries.file import filled
from customers.queries.holdings import holdings_of
from customers.queries.merging import merges_of
from customers.queries.updates import updates_of
from organization.queries import Identity, identity_of
from organization.requests import person, words

MATCHES = 25
OFFERED = 8
PEOPLE_SHOWN = 50
UPDATES_SHOWN = 10


def _require(who: Identity) -> None:
    if not rights.works_with_customers(who):
        raise NotAllowed


@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """All customers, or those who fit what is typed: number, tail, e-mail, name, initials."""
    who = identity_of(person(request))
    _require(who)
    typed = words(request)
    context: dict[str, Any] = {
        "typed": typed,
        "may_open": rights.collects(who),
        "may_compare": rights.looks_for_duplicates(who),
        "may_import": rights.heads_the_files(who),
        "may_export": rights.exports(who),
    }
    if typed:
        context["here"] = urlencode({"q": typed})
        context["cards"] = cards_of(search.match(typed, who=who, limit=MATCHES), who)
    else:
        kept = {
            name: value
            for name, offered in (("visit_class", VisitClass.values), ("tier", Tier.values))
            if (value := request.GET.get(name, "")) in offered
        }
        after, before = request.GET.get("after", ""), request.GET.get("before", "")
        page = search.page_of(who, wanted=search.Wanted(**kept), after=after, before=before)
        context |= {
            "cards": cards_of(page.customers, who),
            "before": urlencode(kept | {"before": page.before}) if page.before else "",
            "after": urlencode(kept | {"after": page.after}) if page.after else "",
            "filters": _filters(kept),
            "kept": kept,
            "here": urlencode(kept),
        }
    return render(request, "customers/list.html", context)


def _filters(kept: dict[str, str]) -> list[tuple[str, str, bool]]:
    """One chip for each class and tier: label, address, whether it is on; a click on one that is on takes it away."""
    chips = []
    for name, choices in (("visit_class", VisitClass), ("tier", Tier)):
        for choice in choices:
            on = kept.get(name) == choice.value
            rest = {key: value for key, value in kept.items() if key != name}
            label = _("Class %(letter)s") % {"letter": choice.label} if name == "visit_class" else str(choice.label)
            chips.append((label, urlencode(rest if on else rest | {name: choice.value}), on))
    return chips


@require_GET
def offers(request: HttpRequest) -> HttpResponse:
    """Organisations that fit what is typed, for the box in which one is picked."""
    who = identity_of(person(request))
    _require(who)
    found = search.match(words(request), who=who, limit=OFFERED, only=CustomerType.ORGANISATION)
    return render(request, "customers/offers.html", {"customers": found})


@require_GET
def card(request: HttpRequest, pk: int) -> HttpResponse:
    """Card, what the customer has of us, people, updates; the cases are a panel of the room above.

    Each reading is written down (SEC-02).
    """
    access = get_customer(person(request), pk)
    customer, clear = access.customer, access.sees_contacts
    record_reading(customer.thread, "page", by=access.actor, at=access.now)
    shown = cards_of([customer], access.who)[0]
    seen = access.finds_duplicates
    context = {
        "access": access,
        "pairs": alike(customer, access.who) if seen else [],
        "merges": merges_of(customer) if seen else [],
        "today": timezone.localdate(),
        "customer": customer,
        "card": shown,
        "clear": clear,
        "people": list(customer.people.visible_to(access.who).order_by("name_key", "id")[:PEOPLE_SHOWN]),
        "fields": filled(customer, CARD) if clear else [],
        "holdings": holdings_of(customer).on_card(),
        "kinds_of_holding": _kinds_on_card(access),
        "updates": updates_of(customer, access.who, personal=clear, file=False, most=UPDATES_SHOWN),
        "right": access.file_right,
        "rights": clear and (rights.collects(access.who) or rights.heads_the_files(access.who)),
    }
    return render(request, "customers/card.html", context)


def _kinds_on_card(access: CustomerAccess) -> list[tuple[str, Any]]:
    if not access.edits_card:
        return []
    return [(kind.value, kind.label) for kind in (HoldingKind.PRODUCT, HoldingKind.VEHICLE, HoldingKind.PROJECT)]
