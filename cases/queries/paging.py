"""Paging by keys: page 40 costs what page 1 costs, because nothing is counted or skipped.

A page is asked for by the key of the row it starts after (or ends before). An order is a chain of
segments, each walked along an index: "most urgent" first has what is due, then what is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.models import Case
from cases.models.intake import CaseQuerySet
from organization.paging import Key

PAGE_SIZE = 25


@dataclass(frozen=True)
class Segment:
    """A part of an order: rows with this condition, by one time and the number, along one index."""

    name: str
    column: str
    descending: bool
    condition: Q

    def rows(self, cases: CaseQuerySet, *, backwards: bool, beyond: Key | None) -> CaseQuerySet:
        """The segment's rows in walking order, from behind a key."""
        down = self.descending != backwards
        by = F(self.column)
        found = cases.filter(self.condition).order_by(by.desc() if down else by.asc(), "-id" if down else "id")
        if beyond is None:
            return found
        # One comparison of rows is one index condition; Django writes it as three.
        sign = "<" if down else ">"
        where = f"(cases_case.{self.column}, cases_case.id) {sign} (%s, %s)"
        further = found.extra(where=[where], params=[beyond.at, beyond.pk])  # noqa: S610 - our columns, values apart
        return cast(CaseQuerySet, further)

    def key_of(self, case: Case) -> Key:
        """The key of one of its rows."""
        return Key(self.name, getattr(case, self.column), case.pk)


@dataclass(frozen=True)
class Order:
    """A named way to sort cases."""

    name: str
    label: object
    segments: tuple[Segment, ...]

    def key_of(self, case: Case) -> Key:
        """The key of a row in this order."""
        return next(s for s in self.segments if getattr(case, s.column) is not None).key_of(case)

    def knows(self, key: Key | None) -> bool:
        """Whether the key belongs to this order."""
        return key is not None and any(s.name == key.segment for s in self.segments)


NEWEST = Order("newest", _("Newest first"), (Segment("r", "received_at", True, Q()),))  # noqa: FBT003
URGENT = Order(
    "urgent",
    _("Most urgent first"),
    (
        Segment("d", "next_due_at", False, Q(next_due_at__isnull=False)),  # noqa: FBT003
        Segment("r", "received_at", True, Q(next_due_at__isnull=True)),  # noqa: FBT003
    ),
)
ORDERS = {order.name: order for order in (NEWEST, URGENT)}


@dataclass(frozen=True)
class Page:
    """One page of cases; ``before`` and ``after`` are the keys of the pages beside it, empty at the ends."""

    cases: list[Case]
    before: str = ""
    after: str = ""


def page_of(
    cases: CaseQuerySet, order: Order, *, after: Key | None = None, before: Key | None = None, size: int = PAGE_SIZE
) -> Page:
    """The page behind ``after``, or the one that ends before ``before``; else the first.

    One query for each segment that the page touches, never a count.
    """
    if before is not None and order.knows(before):
        rows = _walk(cases, order, before, size=size + 1, backwards=True)
        if len(rows) > size:
            rows = rows[size - 1 :: -1]
            return Page(rows, before=str(order.key_of(rows[0])), after=str(order.key_of(rows[-1])))
        after = None  # less than a page before it: that is the first page
    start = after if order.knows(after) else None
    rows = _walk(cases, order, start, size=size + 1, backwards=False)
    more, rows = len(rows) > size, rows[:size]
    return Page(
        rows,
        before=str(order.key_of(rows[0])) if rows and start else "",
        after=str(order.key_of(rows[-1])) if rows and more else "",
    )


def _walk(cases: CaseQuerySet, order: Order, start: Key | None, *, size: int, backwards: bool) -> list[Case]:
    segments = order.segments[::-1] if backwards else order.segments
    if start is not None:
        names = [s.name for s in segments]
        segments = segments[names.index(start.segment) :]
    found: list[Case] = []
    for segment in segments:
        beyond = start if start is not None and segment.name == start.segment else None
        found += segment.rows(cases, backwards=backwards, beyond=beyond)[: size - len(found)]
        if len(found) >= size:
            break
    return found
