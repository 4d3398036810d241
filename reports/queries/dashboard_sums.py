"""Whose cases a reader's dashboard counts, and what they add up to, read from ``Daily`` and ``CaseDay``."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Coalesce

from cases.models import Assignment, Case
from customers.rights import withheld_from
from organization.queries import Identity
from reports import rights
from reports.models import CaseDay, Counting
from reports.models.daily import COUNTED, Span
from reports.periods import month_of

#: Whose a case is: who leads it, else who received it.
UNIT = Coalesce("lead_department_id", "receiving_department_id")
#: Own cases are counted one by one; so many of them, the newest.
MOST_OWN = 1000


@dataclass(frozen=True)
class Scope:
    """Whose cases are counted for a reader.

    Attributes:
        kind: "house", "departments" or "own".
        departments: those it is narrowed to; None for the whole house.
        without: cases in which the reader is barred; they never count (RTE-18).
        only: the reader's own cases, None where sums are read.
        capped: whether there were more of one's own.
    """

    kind: str
    departments: frozenset[int] | None = None
    without: tuple[int, ...] = ()
    only: tuple[int, ...] | None = None
    capped: bool = False

    def narrowed(self, departments: frozenset[int]) -> Scope:
        """The same for some departments only."""
        mine = departments if self.departments is None else departments & self.departments
        return Scope(self.kind, mine, self.without, self.only, self.capped)


def scope_of(who: Identity) -> Scope | None:
    """The house for who sees it, else the departments one heads, else one's own cases; None for who sees none."""
    house = rights.places(who, "see_house")
    if house:
        return Scope("house", without=_barred(who, house))
    heads = rights.places(who, "see_department")
    departments = frozenset[int]().union(*(place.headed for place in heads))
    if departments:
        return Scope("departments", departments, _barred_where_headed(who, heads))
    return _own(who) if rights.has(who, "see_own") else None


def _own(who: Identity) -> Scope:
    """The newest cases that one owns or holds a task of."""
    owned = Case.objects.visible_to(who).filter(owner=who.user_id).order_by("-received_at", "-id")
    held = Assignment.objects.filter(holder=who.user_id).order_by("-id").values_list("case", flat=True)
    owned_ids = list(owned.values_list("pk", flat=True)[: MOST_OWN + 1])
    held_ids = set(held[: MOST_OWN + 1]) - set(owned_ids)
    seen = Case.objects.visible_to(who).filter(pk__in=held_ids).values_list("pk", flat=True)
    found = sorted([*owned_ids, *seen], reverse=True)
    return Scope("own", only=tuple(found[:MOST_OWN]), capped=len(found) > MOST_OWN)


def _barred(who: Identity, places: Sequence[Identity]) -> tuple[int, ...]:
    """Cases in which somebody is barred in all the places from which he or she looks."""
    condition = Q()
    for place in places:
        condition &= Q(barred__overlap=sorted({-who.user_id, -place.user_id} | withheld_from(who)))
    return tuple(Case.objects.filter(condition).values_list("pk", flat=True))


def _barred_where_headed(who: Identity, heads: Sequence[Identity]) -> tuple[int, ...]:
    """Cases in which somebody is barred in every place that heads their department.

    That somebody else's place, of another department, is free of the bar opens nothing (RTE-19, A-38).
    """
    bars = [(place.headed, {-who.user_id, -place.user_id} | withheld_from(who)) for place in heads]
    all_bars = set[int]().union(*(bar for _headed, bar in bars))
    rows = list(
        Case.objects.filter(barred__overlap=sorted(all_bars)).annotate(unit=UNIT).values_list("pk", "barred", "unit")
    )
    counted = _departments_of([pk for pk, _barred_ones, _unit in rows])
    found = []
    for pk, barred, unit in rows:
        own = [bar for headed, bar in bars if unit in headed]
        where = own or [bar for headed, bar in bars if headed & counted[pk]]
        if all(bar & set(barred) for bar in where or [all_bars]):
            found.append(pk)
    return tuple(found)


def _departments_of(cases: Sequence[int]) -> dict[int, set[int]]:
    """The departments for which each case was counted."""
    found: dict[int, set[int]] = defaultdict(set)
    rows = CaseDay.objects.filter(case__in=cases, department__isnull=False)
    for pk, department in rows.values_list("case_id", "department_id"):
        found[pk].add(department)
    return found


@dataclass(frozen=True)
class Window:
    """From day to day, both included."""

    since: date
    until: date

    def pieces(self, *, house: bool = False) -> list[tuple[str, date, date]]:
        """It as rows of sums are read: its whole months, and the days before and behind them."""
        day, month = (Span.HOUSE_DAY, Span.HOUSE_MONTH) if house else (Span.DAY, Span.MONTH)
        first, last = self.since, self.until
        if first.day > 1:
            first = month_of(first).until + timedelta(days=1)
        if last != month_of(last).until:
            last = last.replace(day=1) - timedelta(days=1)
        if first > last:
            return [(day, self.since, self.until)]
        found = [(day, self.since, first - timedelta(days=1)), (month, first, last),
                 (day, last + timedelta(days=1), self.until)]  # fmt: skip
        return [piece for piece in found if piece[1] <= piece[2]]


Sums = Counter[str]
ByDepartment = dict[int | None, Sums]
_SUMS = ", ".join(f"coalesce(sum(d.{name}), 0)" for name in COUNTED)


def sums_of(scope: Scope, windows: Sequence[Window], *, by_department: bool = True) -> list[ByDepartment]:
    """What each window adds up to: by department or, with less to read, all of it under ``None``."""
    unit = "d.department_id" if by_department else "NULL::bigint"
    if scope.only is not None:
        return _of_cases(unit, scope, windows, scope.only)
    house = scope.departments is None and not by_department
    pieces = [(n, *piece) for n, window in enumerate(windows) for piece in window.pieces(house=house)]
    table = f"reports_daily d ON d.span = w.span AND d.day BETWEEN w.since AND w.until{_where(scope)}"
    found = _read(unit, table, pieces, _values(scope), len(windows))
    if scope.without:
        for whole, part in zip(found, _of_cases(unit, scope, windows, scope.without), strict=True):
            for key, counts in part.items():
                whole[key].subtract(counts)
    return found


def _of_cases(unit: str, scope: Scope, windows: Sequence[Window], cases: Sequence[int]) -> list[ByDepartment]:
    """What some cases add to each window."""
    pieces = [(n, "", window.since, window.until) for n, window in enumerate(windows)]
    table = f"reports_caseday d ON d.day BETWEEN w.since AND w.until AND d.case_id = ANY(%(cases)s){_where(scope)}"
    return _read(unit, table, pieces, _values(scope) | {"cases": list(cases)}, len(windows))


Piece = tuple[int, str, date, date]


def _read(unit: str, table: str, pieces: Sequence[Piece], values: dict[str, Any], windows: int) -> list[ByDepartment]:
    found: list[ByDepartment] = [defaultdict(Counter) for _n in range(windows)]
    parts = dict(zip(("n", "span", "since", "until"), map(list, zip(*pieces, strict=True)), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT w.n, {unit}, {_SUMS}"
            "  FROM unnest(%(n)s::int[], %(span)s::text[], %(since)s::date[], %(until)s::date[])"
            f" w(n, span, since, until) JOIN {table} GROUP BY 1, 2",
            values | parts,
        )
        for n, department, *counts in cursor.fetchall():
            found[n][department] = Counter(dict(zip(COUNTED, counts, strict=True)))
    return found


def _where(scope: Scope) -> str:
    return " AND d.department_id = ANY(%(departments)s)" if scope.departments is not None else ""


def _values(scope: Scope) -> dict[str, Any]:
    return {"departments": sorted(scope.departments)} if scope.departments is not None else {}


def together(parts: Mapping[int | None, Sums]) -> Sums:
    """All departments together."""
    found: Sums = Counter()
    for counts in parts.values():
        found.update(counts)
    return found


def cut_of(scope: Scope, window: Window, cut: str) -> Counter[int | None]:
    """How many of the received cases fall to each category, kind, channel or product; ``cut`` is one of ``CUTS``."""
    if scope.only is not None:
        return _cut_of_cases(scope, window, cut, scope.only)
    pieces = zip(*window.pieces(house=scope.departments is None), strict=True)
    parts = dict(zip(("span", "since", "until"), map(list, pieces), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.key, sum(d.received) FROM unnest(%(span)s::text[], %(since)s::date[], %(until)s::date[])"
            " w(span, since, until) JOIN reports_dailycut d ON d.span = w.span AND d.cut = %(cut)s"
            f" AND d.day BETWEEN w.since AND w.until{_where(scope)} GROUP BY 1",
            _values(scope) | parts | {"cut": cut},
        )
        found: Counter[int | None] = Counter({key: int(count) for key, count in cursor.fetchall()})
    if scope.without:
        found.subtract(_cut_of_cases(scope, window, cut, scope.without))
    return Counter({key: count for key, count in found.items() if count > 0})


def _cut_of_cases(scope: Scope, window: Window, cut: str, cases: Sequence[int]) -> Counter[int | None]:
    rows = CaseDay.objects.filter(case__in=cases, day__range=(window.since, window.until), received__gt=0)
    if scope.departments is not None:
        rows = rows.filter(department__in=scope.departments)
    return Counter(rows.values_list(f"{cut}_id", flat=True))


def counting() -> Counting:
    """How far the sums are counted."""
    return Counting.objects.first() or Counting()
