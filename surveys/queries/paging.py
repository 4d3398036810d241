"""Paging by keys over a day or a time and the number of a row: page 40 costs what page 1 costs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Generic, TypeVar

from django.db.models import DateTimeField, Model, QuerySet

from cases.queries.paging import Key, parse_key

PAGE_SIZE = 25
M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Page(Generic[M]):
    """Rows, and the key of the page behind them; "" at the end."""

    rows: list[M]
    after: str = ""


def page_of(rows: QuerySet[M], column: str, *, descending: bool, after: str = "", size: int = PAGE_SIZE) -> Page[M]:
    """A page of rows in the order of ``column`` and their number, behind a key such as "r1700000000000000-12"."""
    key = parse_key(after)
    table = rows.model._meta.db_table
    if key is not None:
        timed = isinstance(rows.model._meta.get_field(column), DateTimeField)
        sign = "<" if descending else ">"
        # One comparison of rows is one index condition; Django would write three.
        where = f"({table}.{column}, {table}.id) {sign} (%s, %s)"
        beyond = key.at if timed else key.at.date()
        rows = rows.extra(where=[where], params=[beyond, key.pk])  # noqa: S610 - our columns, values apart
    mark = "-" if descending else ""
    found = list(rows.order_by(f"{mark}{column}", f"{mark}id")[: size + 1])
    more, found = len(found) > size, found[:size]
    last = found[-1] if more else None
    return Page(found, str(Key("r", _at(getattr(last, column)), last.pk)) if last is not None else "")


def _at(value: date) -> datetime:
    return value if isinstance(value, datetime) else datetime.combine(value, time(), UTC)
