"""What is looked up while somebody types: the caller, possible repeats, due times, suggestions, offers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cases.actions import clocks
from cases.forms.drafting import DueForm
from cases.models import Case, CaseClock, Category
from cases.queries import intake as queries
from cases.queries.browse import CaseRow
from cases.queries.intake import Matter, Recognition
from cases.queries.suggestions import proposals_for
from cases.views.rights import may, require
from organization import text
from organization.models import Site
from organization.queries import Identity
from organization.requests import number, person, words
from regulations.profiles import version_for

#: So much of a text is looked at for a suggestion.
SUGGESTED_FROM = 2_000
T = TypeVar("T")


def only_self(who: Identity) -> Identity:
    """Without those deputised for: what is done in the same step is done in one's own right."""
    return Identity(who.user_id, who.role, who.functions, who.departments, who.headed, who.principals)


# What is known beside the form


def known(who: Identity, values: dict[str, Any]) -> dict[str, Any]:
    """The caller's card, the possible repeats, the linked case."""
    chosen = number(str(values.get("customer") or ""))
    term = str(values.get("caller") or "")
    caller = queries.caller_by_id(chosen, who=who) if chosen else None
    found = Recognition("") if caller else queries.recognise(term, who=who) if len(term) > 1 else Recognition("")
    shown = caller or found.caller
    site = Site.objects.filter(code=values.get("site")).first() if values.get("site") else None
    category = Category.objects.filter(code=values.get("category")).first() if values.get("category") else None
    matter = Matter(shown.customer.pk if shown else None, site.pk if site else None, category.pk if category else None)
    repeats = queries.possible_repeats(matter, who=who, version=version_for(site=site, product=None))
    open_cases = shown.open_cases if shown else list(found.by_number)
    addable = queries.addable([*repeats, *open_cases], who=who)
    above = {row.case.pk for row in repeats}
    return {
        "caller": shown,
        "picked": caller is not None,
        "found": found,
        "repeats": [Repeat(row, _why(row.case, matter), row.case.pk in addable) for row in repeats],
        "open_cases": [Repeat(row, "", row.case.pk in addable) for row in open_cases if row.case.pk not in above],
        "linked": _linked(who, str(values.get("repeat_of") or "")),
        "same": same_as(shown.last) if shown and shown.last else {},
    }


def _linked(who: Identity, reference: str) -> Case | None:
    return Case.objects.visible_to(who).filter(number=reference[:20]).first() if reference else None


@dataclass(frozen=True)
class Repeat:
    """An earlier case that may be the same matter, why it may be, and whether a contact can be added to it."""

    row: CaseRow
    why: str
    may_add: bool


def _why(case: Case, matter: Matter) -> str:
    why = []
    if case.customer_id and case.customer_id == matter.customer:
        why.append(_("same customer"))
    if case.site_id and case.site_id == matter.site and case.category_id == matter.category:
        why.append(_("same site and category"))
    return " · ".join(why)


@require_GET
def caller(request: HttpRequest) -> HttpResponse:
    """Who fits what is typed, as options; the last is the new caller with what was typed taken apart."""
    who = require(person(request), "log")
    return render(request, "cases/log_options.html", {"found": queries.recognise(words(request), who=who)})


@require_GET
def card(request: HttpRequest) -> HttpResponse:
    """The column beside the form, for what is typed so far; a page by itself without scripts."""
    who = require(person(request), "log")
    values = {name: words(request, name) for name in ("customer", "caller", "site", "category", "repeat_of")}
    return render(request, "cases/log_side.html", known(who, values))


def same_as(case: Case) -> dict[str, str]:
    """Product and site of an earlier case, for the form."""
    return {
        "product": case.product.code if case.product else "",
        "product_text": str(case.product) if case.product else case.product_text,
        "site": case.site.code if case.site else "",
        "site_text": str(case.site) if case.site else "",
    }


# Due times and suggestions while typing


@dataclass(frozen=True)
class DueChip:
    """When one clock will be due; without a time it ends in the same step."""

    label: str
    at: datetime | None
    provisional: bool = False


def dues_of(case: Case | None, *, acknowledged: bool) -> list[DueChip]:
    """The due times that a registration now would bring; nothing is written."""
    if case is None:
        return []
    calendar = clocks.calendar_of(case)
    chips = []
    if acknowledged:
        case.acknowledged_at = timezone.now()
    for start in clocks.starts_of(case, CaseClock.Kind.ACKNOWLEDGEMENT, CaseClock.Kind.RESOLUTION):
        clock = clocks.build_clock(case, start, calendar)
        if clock is not None:
            at_once = acknowledged and start.kind == CaseClock.Kind.ACKNOWLEDGEMENT
            chips.append(DueChip(clock.label, None if at_once else clock.due_at, clock.provisional))
    return chips


@require_GET
def due(request: HttpRequest) -> HttpResponse:
    """The due times as they would be now."""
    who = require(person(request), "log")
    at_once = bool(request.GET.get("acknowledge")) and may(only_self(who), "acknowledge")
    return render(
        request, "cases/log_dues.html", {"dues": dues_of(DueForm(request.GET).preview(), acknowledged=at_once)}
    )


@require_POST
def suggest(request: HttpRequest) -> HttpResponse:
    """Category and department that the words of the text point to; posted because a text fits no address."""
    require(person(request), "log")
    site = Site.objects.filter(code=request.POST.get("site", "")[:40].replace("\0", "")).first()
    version = version_for(site=site, product=None)
    category, department = proposals_for(text.clean(request.POST.get("text", "")[:SUGGESTED_FROM]), version)
    return render(request, "cases/log_suggest.html", {"category": category, "department": department})


# Offers of the comboboxes


@require_GET
def products(request: HttpRequest) -> HttpResponse:
    """Products that fit what is typed, as options."""
    return _options(request, [(row.code, str(row), row.code) for row in _typed(request, queries.product_offers)])


@require_GET
def sites(request: HttpRequest) -> HttpResponse:
    """Sites that fit what is typed, as options."""
    rows = _typed(request, queries.site_offers)
    return _options(request, [(row.code, str(row), row.address or row.code) for row in rows])


@require_GET
def departments(request: HttpRequest) -> HttpResponse:
    """Departments that fit what is typed, as options."""
    return _options(request, [(row.code, str(row), row.code) for row in _typed(request, queries.department_offers)])


@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """Colleagues who fit what is typed, as options."""
    rows = _typed(request, queries.people_offers)
    return _options(
        request, [(row.username, row.name, "、".join(str(d) for d in row.departments.all())) for row in rows]
    )


def _typed(request: HttpRequest, offers: Callable[[str], list[T]]) -> list[T]:
    typed = words(request)
    return offers(typed) if typed else []


def _options(request: HttpRequest, options: list[tuple[str, str, str]]) -> HttpResponse:
    return render(request, "cases/options.html", {"options": options})
