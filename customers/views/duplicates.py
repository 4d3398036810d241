"""Customers that may be one: all pairs, those of one customer, and judging that two are not the same."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from audit.exceptions import DomainError, NotAllowed
from customers import rights
from customers.access import CustomerAccess, get_customer
from customers.actions.duplicates import propose_again, tell_apart
from customers.forms.merging import ApartForm
from customers.queries.card import cards_of
from customers.queries.duplicates import alike, distinctions_of, pairs_of
from customers.queries.search import match
from organization.queries import identity_of
from organization.requests import person, words

FOUND_SHOWN = 8


@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """Every pair of the base that may be one, the strongest first."""
    who = identity_of(person(request))
    if not rights.looks_for_duplicates(who):
        raise NotAllowed
    after = request.GET.get("after", "")
    page = pairs_of(who, after=after)
    return render(request, "customers/duplicates.html", {"page": page, "after": after})


@require_GET
def of_one(request: HttpRequest, pk: int) -> HttpResponse:
    """Who may be the same as this customer, whom somebody told apart from it, and anybody else to compare it with."""
    access = get_customer(person(request), pk)
    access.require(access.finds_duplicates)
    typed = words(request)
    found = match(typed, who=access.who, limit=FOUND_SHOWN, only=access.customer.type) if typed else []
    context = {
        "customer": access.customer,
        "pairs": alike(access.customer, access.who),
        "apart": distinctions_of(access.customer, access.who),
        "typed": typed,
        "found": cards_of([row for row in found if row.pk != pk], access.who),
    }
    return render(request, "customers/duplicates_of.html", context)


@require_POST
def apart(request: HttpRequest, pk: int, other: int) -> HttpResponse:
    """They are not the same."""
    one, two = both(request, pk, other)
    form = ApartForm(request.POST)
    try:
        reason = form.cleaned_data["reason"] if form.is_valid() else ""
        tell_apart(one.customer, two.customer, reason=reason, by=one.user)
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("customer_merge", pk, other)
    messages.success(request, _("Kept: they are not the same. They are not proposed again."))
    return redirect("customer_duplicates_of", pk)


@require_POST
def again(request: HttpRequest, pk: int, other: int) -> HttpResponse:
    """Take that judgement back."""
    one, two = both(request, pk, other)
    try:
        propose_again(one.customer, two.customer, by=one.user)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Taken back. They may be proposed again."))
    return redirect("customer_duplicates_of", pk)


def both(request: HttpRequest, pk: int, other: int) -> tuple[CustomerAccess, CustomerAccess]:
    """Two customers whom this person sees both in the clear."""
    user = person(request)
    one, two = get_customer(user, pk), get_customer(user, other)
    one.require(one.finds_duplicates and two.finds_duplicates)
    return one, two
