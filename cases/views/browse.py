"""Lists of cases: filters in the address, paging by keys, print, overdue by department."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from audit.actions import record_reading
from audit.actor import Actor
from cases.forms.browse import DUES, STATES, Active, CaseFilter, ViewForm
from cases.forms.bulk import forms_for
from cases.models import Case, Kind, SavedView
from cases.models.intake import Urgency
from cases.queries import browse, overdue
from cases.queries.browse import PRINTED_ROWS, rows_of
from cases.queries.paging import ORDERS, page_of
from cases.views.rights import may, require
from documents.sheets.writing import Stamp
from organization.paging import parse_key
from organization.queries import Identity, identity_of
from organization.requests import number, person


@dataclass(frozen=True)
class Choice:
    """One link of a filter's menu."""

    label: str
    url: str
    on: bool


@dataclass(frozen=True)
class Menu:
    """A filter as a menu of links; ``without`` takes it away again."""

    label: str
    text: str
    choices: list[Choice]
    without: str = ""


def filter_of(request: HttpRequest, who: Identity, now: datetime) -> CaseFilter:
    """The filters of the address over the cases this person may see; nonsense is said and left out."""
    found = CaseFilter(request.GET, Case.objects.visible_to(who), who=who, now=now)
    if ignored := found.ignored():
        messages.warning(
            request,
            _("This part of the address was not understood and is left out: %(names)s.")
            % {"names": "、".join(ignored)},
        )
    return found


@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """The list of cases."""
    user, now = person(request), timezone.now()
    who = identity_of(user)
    chosen = filter_of(request, who, now)
    page = page_of(
        browse.listed(chosen.qs),
        chosen.order,
        after=parse_key(request.GET.get("after")),
        before=parse_key(request.GET.get("before")),
    )
    views = browse.views_of(user.pk)
    context = {
        "rows": rows_of(page.cases, who),
        "first": not (request.GET.get("after") or request.GET.get("before")),
        "before_url": _here(chosen, before=page.before) if page.before else "",
        "after_url": _here(chosen, after=page.after) if page.after else "",
        "orders": [Choice(str(o.label), _here(chosen, sort=o.name), o is chosen.order) for o in ORDERS.values()],
        "menus": _menus(chosen),
        "chips": [(chip, _here(chosen, **{chip.name: ""})) for chip in _chips(chosen)],
        "tabs": _tabs(views, chosen),
        "current": _current(views, chosen, user.pk),
        "query": chosen.query(),
        "may_print": may(who, "print"),
        "may_log": may(who, "log"),
        "bulk": forms_for(partial(may, who)),
        "view_form": ViewForm(),
    }
    return render(request, "cases/list.html", context)


def _here(chosen: CaseFilter, **changes: str) -> str:
    query = chosen.query(**changes)
    return f"{reverse('case_list')}?{query}" if query else reverse("case_list")


#: Filters that have a menu of their own above the list; the others lie in the sheet.
_MENUS = ("state", "kind", "urgency", "due")


def _menus(chosen: CaseFilter) -> list[Menu]:
    kinds = [(kind.code, str(kind)) for kind in Kind.objects.active()]
    offers: dict[str, Any] = {"state": STATES, "kind": kinds, "urgency": Urgency.choices, "due": DUES}
    menus = []
    for name in _MENUS:
        value = chosen.values.get(name, "") or ("open" if name == "state" and chosen.shows_open_by_default else "")
        menus.append(_menu(chosen, name, value, offers[name]))
    return menus


def _menu(chosen: CaseFilter, name: str, value: str, offers: list[tuple[str, str | Promise]]) -> Menu:
    choices = [Choice(str(label), _here(chosen, **{name: code}), code == value) for code, label in offers]
    text = next((choice.label for choice in choices if choice.on), "")
    without = _here(chosen, **{name: "all" if name == "state" and value == "open" else ""}) if value else ""
    return Menu(str(chosen.filters[name].label), text, choices, without)


def _chips(chosen: CaseFilter) -> list[Active]:
    return [chip for chip in chosen.active() if chip.name not in _MENUS]


def _tabs(views: list[SavedView], chosen: CaseFilter) -> list[Choice]:
    """The views as tabs; without any, those that everybody needs."""
    ready = [
        (_("All open"), ""),
        (_("Mine"), "mine=1&sort=urgent"),
        (_("Overdue"), "overdue=1&sort=urgent"),
        (_("Due today"), "due=today&sort=urgent"),
    ]
    tabs = ready + [(view.name, view.query) for view in views]
    here = chosen.query()
    return [
        Choice(name, f"{reverse('case_list')}?{query}" if query else reverse("case_list"), query == here)
        for name, query in tabs
    ]


def _current(views: list[SavedView], chosen: CaseFilter, user_id: int) -> SavedView | None:
    """The reader's own view that is shown now."""
    here = chosen.query()
    return next((view for view in views if view.query == here and view.owner_id == user_id), None)


@require_GET
def conditions(request: HttpRequest) -> HttpResponse:
    """All filters as one form; opens beside the list, or as a page of its own."""
    who = identity_of(person(request))
    chosen = filter_of(request, who, timezone.now())
    return render(request, "cases/conditions.html", {"filter": chosen, "form": chosen.form, "back": _here(chosen)})


@require_GET
def printed(request: HttpRequest) -> HttpResponse:
    """The filtered list on paper, with who printed it, when, and how many rows (SEC-13)."""
    user, now = person(request), timezone.now()
    who = require(user, "print")
    chosen = filter_of(request, who, now)
    page = page_of(browse.listed(chosen.qs), chosen.order, size=PRINTED_ROWS)
    rows = rows_of(page.cases, who)
    record_reading("cases", "print", by=Actor.staff(user), at=now, rows=len(rows))
    context = {
        "rows": rows,
        "more": bool(page.after),
        "chips": list(chosen.active()),
        "stamp": Stamp(user.name, now, _("%(n)d rows") % {"n": len(rows)}),
        "back": _here(chosen),
    }
    return render(request, "cases/list_print.html", context)


@require_GET
def late(request: HttpRequest) -> HttpResponse:
    """What is late, by department (RPT-22)."""
    now = timezone.now()
    who = require(person(request), "see_overdue")
    units = overdue.overdue_by_department(who, now=now)
    context = {
        "units": units,
        "late": sum(unit.late for unit in units),
        "soon": sum(unit.soon for unit in units),
        "open": sum(unit.open for unit in units),
        "now": now,
    }
    return render(request, "cases/overdue.html", context)


@require_GET
def of_communication(request: HttpRequest, pk: int) -> HttpResponse:
    """The cases that came of a visit or talk, as far as this person may see them: a panel of its page."""
    who = identity_of(person(request))
    cases = browse.listed(Case.objects.visible_to(who).filter(origin__communication=number(str(pk)) or 0))
    context = {"rows": rows_of(list(cases.order_by("-received_at", "-id")[:10]), who), "all_url": "", "log_url": ""}
    return render(request, "cases/of_customer.html", context)


@require_GET
def of_customer(request: HttpRequest, pk: int) -> HttpResponse:
    """The open cases of one customer that this person may see, most urgent first: a panel of the customer's page."""
    who = identity_of(person(request))
    cases = browse.listed(Case.objects.visible_to(who).filter(customer__in=browse.of_customer(number(str(pk)) or 0)))
    page = page_of(cases.open(), ORDERS["urgent"], size=10)
    context = {
        "rows": rows_of(page.cases, who),
        "all_url": f"{reverse('case_list')}?customer={pk}&state=all",
        "log_url": f"{reverse('case_log')}?customer={pk}" if may(who, "log") else "",
    }
    return render(request, "cases/of_customer.html", context)
