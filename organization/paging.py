"""Paging by keys over a day or a time and the number of a row: page 40 costs what page 1 costs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Generic, TypeVar

from django.db.models import DateTimeField, Model, QuerySet

from organization.requests import LARGEST_ID

PAGE_SIZE = 25
M = TypeVar("M", bound=Model)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_KEY = re.compile(r"([a-z])(-?\d{1,17})-(\d{1,19})")


@dataclass(frozen=True)
class Key:
    """Where a row stands in an order: its segment, time and number."""

    segment: str
    at: datetime
    pk: int

    def __str__(self) -> str:
        return f"{self.segment}{(self.at - _EPOCH) // _MICROSECOND}-{self.pk}"


def parse_key(value: str | None) -> Key | None:
    """The key that an address names; None for anything else."""
    found = _KEY.fullmatch(value) if value else None
    if not found or int(found[3]) > LARGEST_ID:
        return None
    try:
        return Key(found[1], _EPOCH + int(found[2]) * _MICROSECOND, int(found[3]))
    except OverflowError:
        return None


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
