"""A report's facts as sums: what each flag counts, all together and by each dimension; and back to the facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from reports.models import Fact, Report

#: What a figure may be narrowed to, with the column of the facts.
DIMENSIONS = {
    "department": "department_id",
    "channel": "channel_id",
    "kind": "kind_id",
    "category": "category_id",
    "product": "product_id",
    "salesperson": "salesperson_id",
}
#: The same as conditions; None are those without one.
_OF: Mapping[str, Callable[[int | None], Q]] = MappingProxyType(
    {
        "department": lambda key: Q(department=key),
        "channel": lambda key: Q(channel=key),
        "kind": lambda key: Q(kind=key),
        "category": lambda key: Q(category=key),
        "product": lambda key: Q(product=key),
        "salesperson": lambda key: Q(salesperson=key),
    }
)
_TOO_MANY_DIGITS = 18
#: What is counted by two dimensions at once: each salesperson by kind and channel (RPT-03), common problems (RPT-09).
CROSSED = (("salesperson", "kind"), ("salesperson", "channel"), ("category", "product"))
Counts = dict[str, int]


@dataclass(frozen=True)
class Amounts:
    """What is summed besides being counted."""

    minutes: int = 0
    amount: Decimal = Decimal(0)
    points: Decimal = Decimal(0)
    answers: int = 0
    satisfied: int = 0


@dataclass
class Figures:
    """All sums of one report; a flag is named with its subject: "round.received"."""

    total: Counts = field(default_factory=lambda: defaultdict(int))
    by: dict[str, dict[int | None, Counts]] = field(default_factory=dict)
    amounts: Amounts = field(default_factory=Amounts)
    amounts_by_department: dict[int | None, Amounts] = field(default_factory=dict)
    minutes_by_flag: Counts = field(default_factory=dict)
    #: What was received, by two dimensions at once: the pair of them, then the pair of keys.
    received_by: dict[tuple[str, str], dict[tuple[int | None, int | None], int]] = field(default_factory=dict)


def figures_of(report: Report) -> Figures:
    """Everything the tables of a report are made of, in eleven queries however many facts there are."""
    found = Figures()
    for name, column in DIMENSIONS.items():
        by: dict[int | None, Counts] = defaultdict(lambda: defaultdict(int))
        for key, flag, count in _grouped(report, column):
            by[key][flag] = count
        found.by[name] = by
    for counts in found.by["department"].values():
        for flag, count in counts.items():
            found.total[flag] += count
    found.amounts_by_department = _amounts(report)
    found.amounts = _together(found.amounts_by_department.values())
    found.minutes_by_flag = _minutes(report)
    found.received_by = {pair: _received(report, *pair) for pair in CROSSED}
    return found


def _received(report: Report, first: str, second: str) -> dict[tuple[int | None, int | None], int]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {DIMENSIONS[first]}, {DIMENSIONS[second]}, count(*) FROM reports_fact"
            " WHERE report_id = %s AND subject = 'round' AND flags @> ARRAY['received']::varchar[] GROUP BY 1, 2",
            [report.pk],
        )
        return {(one, other): count for one, other, count in cursor.fetchall()}


def _grouped(report: Report, column: str) -> list[tuple[int | None, str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {column}, subject || '.' || flag, count(*) FROM reports_fact, unnest(flags) flag"
            " WHERE report_id = %s GROUP BY 1, 2",
            [report.pk],
        )
        return cursor.fetchall()


def _amounts(report: Report) -> dict[int | None, Amounts]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT department_id, coalesce(sum(minutes), 0), coalesce(sum(amount), 0), coalesce(sum(points), 0),"
            " coalesce(sum(answers), 0), coalesce(sum(satisfied), 0) FROM reports_fact WHERE report_id = %s GROUP BY 1",
            [report.pk],
        )
        return {
            key: Amounts(int(minutes), amount, points, int(answers), int(satisfied))
            for key, minutes, amount, points, answers, satisfied in cursor.fetchall()
        }


def _together(parts: Any) -> Amounts:
    rows = list(parts)
    return Amounts(
        sum(row.minutes for row in rows),
        sum((row.amount for row in rows), Decimal(0)),
        sum((row.points for row in rows), Decimal(0)),
        sum(row.answers for row in rows),
        sum(row.satisfied for row in rows),
    )


def _minutes(report: Report) -> Counts:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT flag, sum(minutes) FROM reports_fact, unnest(flags) flag"
            " WHERE report_id = %s AND subject = 'work' GROUP BY 1",
            [report.pk],
        )
        return {flag: int(minutes) for flag, minutes in cursor.fetchall()}


def facts_behind(report: Report, wanted: Mapping[str, str]) -> QuerySet[Fact]:
    """Exactly the facts that a figure counted: by its name and dimensions, as ``tables.query`` wrote them.

    What names no figure finds nothing.
    """
    subject, _dot, flag = wanted.get("figure", "").partition(".")
    rows = Fact.objects.filter(report=report, subject=subject, flags__contains=[flag])
    for name, of in _OF.items():
        value = wanted.get(name, "")
        if value == "none":
            rows = rows.filter(of(None))
        elif value.isdecimal() and len(value) < _TOO_MANY_DIGITS:
            rows = rows.filter(of(int(value)))
        elif value:
            return rows.none()
    return rows if flag else rows.none()
