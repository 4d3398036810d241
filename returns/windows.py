"""Return windows and warranty: sums over recorded dates, with every step of the sum to be shown. Pure.

SLA-24, SLA-25, RET-18, RET-19, A-25. The legal minimum is checked by the administrator who sets the days.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from returns.policy import Window


@dataclass(frozen=True)
class Dates:
    """What is recorded of a line: bought, received by the customer, accepted; when the return was asked for."""

    asked_on: date
    purchased_on: date | None = None
    received_on: date | None = None
    accepted_on: date | None = None


@dataclass(frozen=True)
class Sum:
    """One window or warranty as it was computed.

    Attributes:
        begins: the recorded date that it counts from; None where that is missing, and nothing can be said.
        ends: the last day that is inside.
        day: which day of it the return was asked on; the day of the date itself is day 0.
        holds: inside; None where it cannot be computed.
    """

    label: str
    span: int
    begins: date | None
    ends: date | None
    day: int | None
    holds: bool | None


def windows_of(windows: Iterable[Window], dates: Dates, *, reason: str, unused: bool) -> list[Sum]:
    """The sum of every window that is for this reason and these goods. The start day is not counted."""
    return [
        _sum(window.name, window.days, _since(window, dates), dates.asked_on)
        for window in windows
        if (not window.reasons or reason in window.reasons) and (unused or not window.unused)
    ]


def _since(window: Window, dates: Dates) -> date | None:
    return dates.received_on if window.since == "received" else dates.purchased_on


def _sum(label: str, days: int, begins: date | None, asked_on: date) -> Sum:
    if begins is None:
        return Sum(label, days, None, None, None, None)
    ends = begins + timedelta(days=days)
    return Sum(label, days, begins, ends, (asked_on - begins).days, asked_on <= ends)


def warranty_of(dates: Dates, *, label: str, months: int, ends: date | None = None) -> Sum:
    """The warranty from the acceptance, else the purchase (RET-18); ``ends`` where a contract states its last day."""
    begins = dates.accepted_on or dates.purchased_on
    if ends is None and begins is not None:
        ends = add_months(begins, months)
    if ends is None:
        return Sum(label, months, None, None, None, None)
    day = (dates.asked_on - begins).days if begins else None
    return Sum(label, months, begins, ends, day, dates.asked_on <= ends)


def add_months(day: date, months: int) -> date:
    """The same day so many months later; the last of the month where it has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
