"""Search from every page: cases by anything, and above them the customers who fit."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from cases.queries import search as queries
from cases.queries.browse import row_of
from cases.queries.search import Found, Term, TooSlow
from customers.queries.card import cards_of
from customers.queries.search import match
from customers.rights import works_with_customers
from organization.models import User
from organization.paging import parse_key
from organization.queries import Identity, identity_of
from organization.requests import person, words
from returns.queries import book

SHORTEST = 2
OFFERED, CUSTOMERS_OFFERED, CUSTOMERS_SHOWN = 6, 3, 6


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """Results on a page; ``as=options`` the few that stand under the search box."""
    user = person(request)
    who, term = identity_of(user), queries.term_of(words(request))
    if request.GET.get("as") == "options":
        return _options(request, user, who, term)
    named = queries.by_number(term, who)
    if term.is_number and named:
        return redirect("case", named[0].number)
    if slip := book.by_number(term.typed, who):
        return redirect("return", slip.number)
    after = parse_key(request.GET.get("after"))
    context = _results(request, user, who, term)
    context |= {"term": term, "named": [row_of(case, who) for case in named] if after is None else []}
    return render(request, "desk/search.html", context)


def _results(request: HttpRequest, user: User, who: Identity, term: Term) -> dict[str, Any]:
    after = parse_key(request.GET.get("after"))
    found, slow = _find(term, who, after=after)
    if slow:
        messages.warning(request, _slow())
    shown = {hit.case.pk for hit in found.hits}
    matched = match(term.typed, who=who, limit=CUSTOMERS_SHOWN) if after is None and _asks_people(who, term) else []
    return {
        "hits": [(row_of(hit.case, who), hit.excerpt) for hit in found.hits],
        "customers": cards_of(matched, who),
        "first": after is None,
        "after": found.after,
        "slow": slow,
        "too_short": bool(term.typed) and _is_short(term),
        "shown": len(shown),
    }


def _find(term: Term, who: Identity, **options: Any) -> tuple[Found, bool]:
    """One page of hits, and whether the database gave up."""
    if _is_short(term):
        return Found([]), False
    try:
        return queries.search(term, who, **options), False
    except TooSlow:
        return Found([]), True


def _is_short(term: Term) -> bool:
    """One letter fits everything."""
    return len(term.typed) < SHORTEST and not term.numbers


def _asks_people(who: Identity, term: Term) -> bool:
    return not _is_short(term) and works_with_customers(who)


def _slow() -> str:
    return _("This took too long and was given up. Please add a word, or use the filters of the case list.")


def _options(request: HttpRequest, user: User, who: Identity, term: Term) -> HttpResponse:
    found, _slow_one = _find(term, who, size=OFFERED)
    cases = {case.pk: case for case in [*queries.by_number(term, who), *(hit.case for hit in found.hits)]}
    people = match(term.typed, who=who, limit=CUSTOMERS_OFFERED) if _asks_people(who, term) else []
    slip = book.by_number(term.typed, who)
    context = {
        "slip": slip,
        "rows": [row_of(case, who) for case in list(cases.values())[:OFFERED]],
        "customers": cards_of(people, who),
        "term": term,
        "all_url": f"{reverse('case_search')}",
    }
    return render(request, "desk/search_options.html", context)
