"""The cases behind a figure of the dashboard: exactly those it counted, as far as the reader may see them (RPT-21)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import F, Q, QuerySet, Sum

from cases.models import Case
from cases.queries.browse import CaseRow, listed, row_of
from organization.paging import Page, page_of
from organization.queries import Identity
from organization.requests import number
from reports.models import CaseDay
from reports.models.daily import COUNTED, CUTS
from reports.queries.dashboard import CLOCKS, open_cases
from reports.queries.dashboard_sums import Scope
from reports.queries.dashboard_wanted import Wanted
from reports.small_groups import smallest_group

OPEN, OVERDUE = "open", "overdue"


@dataclass(frozen=True)
class Records:
    """So many cases stand behind the figure, so many of them the reader may see; a page of these.

    ``facts`` is what the figure counted: one case may hold several limits, returns or answers.
    """

    counted: int
    visible: int
    cases: list[CaseRow]
    after: str = ""
    facts: int = 0

    @property
    def hidden(self) -> int:
        """How many of them the reader may not see."""
        return self.counted - self.visible


def columns_of(figure: str) -> tuple[str, ...]:
    """What is counted in a figure: one sum, or all judged clocks of a limit; nothing for an unknown one."""
    if figure in CLOCKS:
        return tuple(f"{figure}_{state}" for state in ("kept", "recorded_late", "late"))
    return (figure,) if figure in COUNTED else ()


def records_behind(who: Identity, scope: Scope, wanted: Wanted, asked: Mapping[str, str], now: datetime) -> Records:
    """A page of the cases of a figure, the newest first; an address that names no figure finds nothing."""
    figure = asked.get("figure", "")
    narrowed = _of_unit(scope, asked.get("unit", ""))
    if narrowed is None:
        return Records(0, 0, [])
    is_live = figure in {OPEN, OVERDUE}
    days = CaseDay.objects.none() if is_live else _counted(narrowed, wanted, asked)
    ids = _open(who, narrowed, asked, now) if is_live else _cases_of(days)
    rows = Case.objects.visible_to(who).filter(pk__in=ids)
    counted = ids.distinct().count()
    facts = counted if is_live else _facts_of(days, figure)
    page: Page[Case] = page_of(listed(rows), "received_at", descending=True, after=asked.get("after", ""))
    # Who reads every case and is barred in none sees all of them: nothing to be counted twice.
    visible = counted if who.reads_all and not scope.without and scope.only is None else rows.count()
    return Records(counted, visible, [row_of(case, who) for case in page.rows], page.after, facts)


@dataclass(frozen=True)
class _Narrowed:
    """A scope, and the cases of no department at all where these are asked for."""

    scope: Scope
    of_none: bool = False


def _of_unit(scope: Scope, unit: str) -> _Narrowed | None:
    if unit == "none":
        return _Narrowed(replace(scope, departments=None), of_none=True) if scope.departments is None else None
    if not unit:
        return _Narrowed(scope)
    key = number(unit)
    return _Narrowed(scope.narrowed(frozenset({key}))) if key is not None else None


def _open(who: Identity, narrowed: _Narrowed, asked: Mapping[str, str], now: datetime) -> QuerySet[Case, int]:
    rows = open_cases(who, narrowed.scope, of_none=narrowed.of_none)
    if asked.get("figure") == OVERDUE:
        rows = rows.filter(next_due_at__lte=now)
    owner = asked.get("owner", "")
    if owner:
        rows = rows.filter(owner__isnull=True) if owner == "none" else rows.filter(owner=number(owner) or 0)
    return rows.order_by().values_list("pk", flat=True)


def _counted(narrowed: _Narrowed, wanted: Wanted, asked: Mapping[str, str]) -> QuerySet[CaseDay]:
    columns, scope = columns_of(asked.get("figure", "")), narrowed.scope
    any_of = Q(pk__in=[])
    for column in columns:
        any_of |= Q(**{f"{column}__gt": 0})
    rows = CaseDay.objects.filter(day__range=(wanted.period.since, wanted.period.until))
    if scope.departments is not None:
        rows = rows.filter(department__in=scope.departments)
    if narrowed.of_none:
        rows = rows.filter(department__isnull=True)
    if scope.only is not None:
        rows = rows.filter(case__in=scope.only)
    elif scope.without:
        rows = rows.exclude(case__in=scope.without)
    cut, key = asked.get("by", ""), asked.get("key", "")
    if key and cut in CUTS:
        rows = rows.filter(**({f"{cut}__isnull": True} if key == "none" else {cut: number(key) or 0}))
    if "satisfied" in columns and not _is_shown(rows, asked):
        return rows.none()
    return rows.filter(any_of).order_by()


def _is_shown(rows: QuerySet[CaseDay], asked: Mapping[str, str]) -> bool:
    """Whether who was satisfied may be found: of all that is counted, and not of few (SUR-19)."""
    narrower = asked.get("unit", "") or asked.get("key", "")
    return not narrower and (rows.aggregate(n=Sum("responses"))["n"] or 0) >= smallest_group()


def _cases_of(rows: QuerySet[CaseDay]) -> QuerySet[CaseDay, int]:
    return rows.annotate(case_key=F("case_id")).values_list("case_key", flat=True)


def _facts_of(rows: QuerySet[CaseDay], figure: str) -> int:
    """What the rows of a figure add up to."""
    sums = rows.aggregate(*(Sum(column) for column in columns_of(figure)))
    return sum(count or 0 for count in sums.values())
