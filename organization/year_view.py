"""A year of a working calendar as twelve months of weeks: pure, for the settings' page."""

from __future__ import annotations

from calendar import Calendar as Weeks
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from organization.working_time import WorkingCalendar, is_working_day


@dataclass(frozen=True)
class Cell:
    """One date: "work" and "rest" follow the week, "holiday" and "makeup" are exceptions."""

    day: date
    sort: str
    label: str
    is_today: bool


@dataclass(frozen=True)
class Month:
    """One month, Monday first; None where the week belongs to its neighbour."""

    first: date
    weeks: list[list[Cell | None]]


def months(cal: WorkingCalendar, labels: Mapping[date, str], *, year: int, today: date) -> list[Month]:
    """The twelve months of a year."""
    return [Month(date(year, month, 1), _weeks(cal, labels, year, month, today)) for month in range(1, 13)]


@dataclass(frozen=True)
class Span:
    """Exceptions that follow each other and say the same: a holiday, or a make-up day."""

    first: date
    last: date
    works: bool
    label: str


def spans(days: Iterable[tuple[date, bool, str]]) -> list[Span]:
    """Days (date, worked, label) in order, put together where one follows the other."""
    found: list[Span] = []
    for day, works, label in days:
        last = found[-1] if found else None
        if last and (last.works, last.label) == (works, label) and day == last.last + timedelta(days=1):
            found[-1] = replace(last, last=day)
        else:
            found.append(Span(day, day, works, label))
    return found


def _weeks(
    cal: WorkingCalendar, labels: Mapping[date, str], year: int, month: int, today: date
) -> list[list[Cell | None]]:
    return [
        [_cell(cal, labels, day, today) if day.month == month else None for day in week]
        for week in Weeks().monthdatescalendar(year, month)
    ]


def _cell(cal: WorkingCalendar, labels: Mapping[date, str], day: date, today: date) -> Cell:
    works = is_working_day(cal, day)
    exceptional, ordinary = ("makeup", "work") if works else ("holiday", "rest")
    sort = exceptional if day in cal.days else ordinary
    return Cell(day, sort, labels.get(day, ""), is_today=day == today)
