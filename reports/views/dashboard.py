"""The dashboard: its page, its figures alone when the page asks again, and the cases behind a figure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from audit.exceptions import NotAllowed
from organization.models import Department
from organization.requests import person
from reports.access import Here, here
from reports.forms.dashboard import offered, wanted_of
from reports.queries import dashboard as queries
from reports.queries.dashboard_records import records_behind
from reports.queries.dashboard_sums import Scope, counting, scope_of
from reports.queries.dashboard_wanted import CUT_LABELS, Wanted, code_of

#: Older sums than this say so: whoever keeps them does not run.
OLD_SECONDS = 90


@dataclass(frozen=True)
class _Asked:
    """Who asks, whose cases are counted, what the address wants, and the departments to choose from.

    ``whole`` is all that could be counted, where a department was chosen.
    """

    access: Here
    scope: Scope
    wanted: Wanted
    departments: list[Department]
    whole: Scope | None = None


def _asked(request: HttpRequest) -> _Asked:
    access = here(person(request))
    scope = scope_of(access.who)
    if scope is None:
        raise NotAllowed
    departments = _departments(scope)
    wanted = wanted_of(request.GET.dict(), departments, timezone.localdate())
    whole = scope if wanted.department else None
    if wanted.department:
        below = Department.objects.filter(lineage__contains=[wanted.department.pk]).values_list("pk", flat=True)
        scope = scope.narrowed(frozenset({wanted.department.pk, *below}))
    return _Asked(access, scope, wanted, departments, whole)


def _departments(scope: Scope) -> list[Department]:
    """What can be chosen: every department, those one heads, or none where one sees the own cases."""
    if scope.kind == "own":
        return []
    rows = Department.objects.all()
    return list(rows if scope.departments is None else rows.filter(pk__in=scope.departments))


@require_safe
@vary_on_headers("HX-Request")
def dashboard(request: HttpRequest) -> HttpResponse:
    """Numbers, trend, causes, departments, workload of a period (RPT-04, RPT-13, RPT-19)."""
    asked = _asked(request)
    now, mark = timezone.now(), counting()
    today, wanted = timezone.localdate(now), asked.wanted
    age = mark.age(now)
    context = {
        "wanted": wanted,
        "scope": asked.scope,
        "board": queries.dashboard_of(asked.access.who, asked.scope, wanted, now, today, whole=asked.whole),
        "counted_at": mark.counted_at,
        "ready": mark.is_ready,
        "old": age is not None and age > OLD_SECONDS,
        "self": wanted.query(),
        "cuts": [(cut, label, wanted.query(by=cut)) for cut, label in CUT_LABELS.items()],
    }
    if request.headers.get("HX-Request"):
        return render(request, "reports/dashboard_again.html", context)
    days = wanted.period if not code_of(wanted.period) else None
    context |= {
        "offers": offered(wanted.period, today),
        "period_code": code_of(wanted.period),
        "departments": asked.departments,
        "days": days,
        "wall_query": wanted.query(wall="" if wanted.wall else "1"),
        "back_query": _step(wanted, today, back=True),
        "on_query": _step(wanted, today, back=False),
    }
    return render(request, "reports/dashboard.html", context)


def _step(wanted: Wanted, today: date, *, back: bool) -> str:
    """The address of the period before or behind; "" for days to come."""
    period = wanted.period.before() if back else wanted.period.after()
    if not back and period.since > today:
        return ""
    return replace(wanted, period=period, running=False).query()


@require_safe
def records(request: HttpRequest) -> HttpResponse:
    """The cases behind a figure, those that the reader may see."""
    asked = _asked(request)
    found = records_behind(asked.access.who, asked.scope, asked.wanted, request.GET.dict(), timezone.now())
    kept = {name: value for name, value in request.GET.items() if name != "after"}
    context = {
        "wanted": asked.wanted,
        "records": found,
        "label": queries.label_of(request.GET.get("figure", "")),
        "back": asked.wanted.query(),
        "first": not request.GET.get("after"),
        "after": urlencode(kept | {"after": found.after}) if found.after else "",
        "are_limits": request.GET.get("figure", "").startswith(queries.CLOCKS),
        "live": request.GET.get("figure", "") in {"open", "overdue"},
    }
    return render(request, "reports/dashboard_records.html", context)
