"""When something is due: pure sums over a working calendar (SLA-01, SLA-02, A-02).

The rules, once:

* A **working day** is a local date with at least one working period. What the calendar says of
  that very date (a holiday: none; a make-up day: its periods) wins over the weekday.
* **Calendar hours** run on without pause and ask no calendar.
* **Working hours** run only inside periods. An empty sum is due at once; a sum that is used up
  exactly at closing time is due at that closing time, not at the next opening.
* **Working days**: the local day of the start is not counted, even when it is a working day. Due
  at the close of business of the n-th working day after it.
* **Calendar days and months**: the start day is not counted; the last day of a number of months
  is the same day of the month, or the month's last where there is none. If that day is not a
  working day, the next working day takes its place, unless the limit says not to move. Due at the
  close of business, and on a day without business (possible only when not moved) at 24:00.
* The **close of business** of a day is the end of its last period.

Sums run in UTC, periods are cut in local time, so that a change of clocks neither steals nor
gives an hour. A period boundary that such a change skips or repeats is read with the offset in
force before the change (the rule of RFC 5545, and what ``fold=0`` means). Every moment given must
be aware, or ``ValueError``; every moment returned is in UTC. A sum that leaves year 9999 raises
``OverflowError``.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import islice
from types import MappingProxyType
from typing import NamedTuple, assert_never
from zoneinfo import ZoneInfo

#: Opening and closing time, local, on one date. ``time(0)`` as closing time is 24:00.
Period = tuple[time, time]
Periods = tuple[Period, ...]

MIDNIGHT = time(0)
_NOTHING = timedelta(0)
_ONE_DAY = timedelta(days=1)
_HOUR_IN_MICROSECONDS = 3_600_000_000


class NoWorkingTime(ValueError):
    """The calendar has no working day left from the one asked for on."""

    def __init__(self, day: date) -> None:
        super().__init__(
            f"The calendar has no working day from {day:%Y-%m-%d} on: its week is empty and no later "
            "date has working periods. Enter weekly working hours before asking it for a due time."
        )


class Day(NamedTuple):
    """One local date in UTC: its windows of work, its end (see ``end_of_day``), the sum of its work."""

    windows: tuple[tuple[datetime, datetime], ...]
    closes: datetime
    worked: timedelta


@dataclass(frozen=True)
class WorkingCalendar:
    """Weekly working periods with exceptions by date; immutable, comparable, picklable.

    ``weekly`` holds the periods of Monday to Sunday, ``days`` those of single dates that differ.
    ``complete_through`` is the last date whose holidays and make-up days a person has confirmed;
    None when nobody has confirmed any.
    """

    zone: ZoneInfo
    weekly: tuple[Periods, Periods, Periods, Periods, Periods, Periods, Periods]
    days: Mapping[date, Periods] = field(default_factory=dict, hash=False)
    complete_through: date | None = None
    _cut: dict[date, Day] = field(default_factory=dict, init=False, repr=False, compare=False)
    _last_working_day: date | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.weekly) != 7:
            raise ValueError(f"A week has seven days, Monday first; {len(self.weekly)} were given.")
        weekly = tuple(_checked(periods) for periods in self.weekly)
        days = {day: _checked(periods) for day, periods in self.days.items()}
        object.__setattr__(self, "weekly", weekly)
        object.__setattr__(self, "days", MappingProxyType(days))
        if not any(weekly):
            last = max((day for day, periods in days.items() if periods), default=date.min)
            object.__setattr__(self, "_last_working_day", last)

    def __reduce__(self) -> tuple[object, ...]:
        # A mapping proxy cannot be pickled, and what was cut need not travel.
        return WorkingCalendar, (self.zone, self.weekly, dict(self.days), self.complete_through)

    def periods(self, day: date) -> Periods:
        """The working periods of a local date, in order; none on a day off."""
        exception = self.days.get(day)
        return self.weekly[day.weekday()] if exception is None else exception

    def cut(self, day: date) -> Day:
        """The date cut into UTC; remembered, because cutting costs more than every sum."""
        cut = self._cut.get(day)
        if cut is None:
            cut = self._cut[day] = _cut(self.zone, day, self.periods(day))
        return cut

    def working_days_from(self, day: date) -> Iterator[date]:
        """The working days from a local date on, that date included; NoWorkingTime after the last."""
        while self._last_working_day is None or day <= self._last_working_day:
            if self.periods(day):
                yield day
            day += _ONE_DAY
        raise NoWorkingTime(day)


class Unit(StrEnum):
    """In what a limit is counted (SLA-01)."""

    CALENDAR_HOURS = "calendar_hours"
    WORKING_HOURS = "working_hours"
    CALENDAR_DAYS = "calendar_days"
    WORKING_DAYS = "working_days"
    MONTHS = "months"

    @property
    def needs_calendar(self) -> bool:
        """Whether holidays can move a due time of this unit, so that it may be provisional."""
        return self is not Unit.CALENDAR_HOURS

    @property
    def takes_fractions(self) -> bool:
        """Hours may be fractions (a quarter of an hour is 0.25), days and months are whole."""
        return self in (Unit.CALENDAR_HOURS, Unit.WORKING_HOURS)


@dataclass(frozen=True, slots=True)
class Limit:
    """How long something may take; ``move_off_holidays`` matters for calendar days and months (A-02)."""

    amount: int | Decimal
    unit: Unit
    move_off_holidays: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "unit", Unit(self.unit))
        if self.amount <= 0:
            raise ValueError(f"A limit must be more than nothing; {self.amount} was given.")
        if not self.unit.takes_fractions and self.amount != int(self.amount):
            raise ValueError(f"A limit in {self.unit} must be a whole number; {self.amount} was given.")


def due_at(cal: WorkingCalendar, start: datetime, limit: Limit) -> datetime:
    """When the limit ends that began at ``start``."""
    match limit.unit:
        case Unit.CALENDAR_HOURS:
            return add_calendar_hours(start, limit.amount)
        case Unit.WORKING_HOURS:
            return add_working_hours(cal, start, limit.amount)
        case Unit.WORKING_DAYS:
            return add_working_days(cal, start, int(limit.amount))
        case Unit.CALENDAR_DAYS:
            return add_calendar_days(cal, start, int(limit.amount), limit.move_off_holidays)
        case Unit.MONTHS:
            return add_months(cal, start, int(limit.amount), limit.move_off_holidays)
        case _:
            assert_never(limit.unit)


def add_calendar_hours(start: datetime, hours: int | Decimal) -> datetime:
    """``start`` and so many hours of real time, whatever the calendar says."""
    return _utc(start) + _span(hours)


def add_working_hours(cal: WorkingCalendar, start: datetime, hours: int | Decimal) -> datetime:
    """The first moment by which so many working hours have passed since ``start``."""
    moment, left = _utc(start), _span(hours)
    if not left:
        return moment
    for day in cal.working_days_from(_local_date(cal, moment)):
        for opens, closes in cal.cut(day).windows:
            begins = max(opens, moment)
            if left <= closes - begins:
                return begins + left
            left -= max(closes - begins, _NOTHING)
    raise AssertionError("unreachable: working days never end, or end by NoWorkingTime")


def add_working_days(cal: WorkingCalendar, start: datetime, n: int) -> datetime:
    """Close of business of the n-th working day after the local day of ``start`` (n at least 1)."""
    _check_count(n)
    tomorrow = _local_date(cal, _utc(start)) + _ONE_DAY
    return end_of_day(cal, next(islice(cal.working_days_from(tomorrow), n - 1, None)))


def add_calendar_days(cal: WorkingCalendar, start: datetime, n: int, move_off_holidays: bool = True) -> datetime:
    """End of the n-th day after the local day of ``start`` (n at least 1; A-02).

    If that day is off and ``move_off_holidays`` says so, the next working day takes its place.
    """
    _check_count(n)
    return _end_of_last_day(cal, _local_date(cal, _utc(start)) + timedelta(days=n), move_off_holidays)


def add_months(cal: WorkingCalendar, start: datetime, n: int, move_off_holidays: bool = True) -> datetime:
    """End of the same day n months later (n at least 1), moved as in ``add_calendar_days``.

    Clamped to the month's end: from 31 January one month leads to 28 or 29 February.
    """
    _check_count(n)
    day = _local_date(cal, _utc(start))
    years, month0 = divmod(day.month - 1 + n, 12)
    year, month = day.year + years, month0 + 1
    if year > date.max.year:
        raise OverflowError(f"{n} months after {day:%Y-%m-%d} is beyond the year {date.max.year}.")
    last = date(year, month, min(day.day, monthrange(year, month)[1]))
    return _end_of_last_day(cal, last, move_off_holidays)


def end_of_day(cal: WorkingCalendar, day: date) -> datetime:
    """Close of business on a working day, 24:00 on a day off: when a date given as a limit ends."""
    return cal.cut(day).closes


def is_working_day(cal: WorkingCalendar, day: date) -> bool:
    """Whether anybody works on that local date."""
    return bool(cal.periods(day))


def working_time_between(cal: WorkingCalendar, a: datetime, b: datetime) -> timedelta:
    """Working time from ``a`` to ``b``; negative when ``b`` is the earlier one."""
    a, b = _utc(a), _utc(b)
    if b < a:
        return -working_time_between(cal, b, a)
    first, last = _local_date(cal, a), _local_date(cal, b)
    total = _worked_within(cal, first, a, b)
    if first == last:
        return total
    for n in range(first.toordinal() + 1, last.toordinal()):
        total += cal.cut(date.fromordinal(n)).worked
    return total + _worked_within(cal, last, a, b)


def is_provisional(cal: WorkingCalendar, start: datetime, due: datetime) -> bool:
    """Whether ``due`` lies beyond the dates that a person has confirmed.

    The next notice of holidays can then still move it. Ask it only of a unit that ``needs_calendar``.
    """
    if cal.complete_through is None:
        return True
    # A day that ends at 24:00 ends as the next one begins; the microsecond keeps it its own.
    end = max(_utc(start), _utc(due) - timedelta.resolution)
    return _local_date(cal, end) > cal.complete_through


def parse_calendar(
    *,
    zone: str,
    weekly: Sequence[Sequence[Sequence[str]]],
    days: Mapping[date, Sequence[Sequence[str]]],
    complete_through: date | None,
) -> WorkingCalendar:
    """A calendar from its stored form: periods as pairs ``["08:30", "12:00"]``, end of day "24:00".

    Raises ``ValueError`` with a sentence that names what is wrong.
    """
    monday, tuesday, wednesday, thursday, friday, saturday, sunday = map(parse_periods, _seven(weekly))
    return WorkingCalendar(
        zone=ZoneInfo(zone),
        weekly=(monday, tuesday, wednesday, thursday, friday, saturday, sunday),
        days={day: parse_periods(periods) for day, periods in days.items()},
        complete_through=complete_through,
    )


def parse_periods(pairs: Sequence[Sequence[str]]) -> Periods:
    """Periods from their stored form, checked: in order, not overlapping, not across midnight."""
    return _checked(tuple((_time(opens), _time(closes)) for opens, closes in pairs))


def dump_periods(periods: Periods) -> list[list[str]]:
    """The stored form of periods; what ``parse_periods`` reads."""
    return [[f"{opens:%H:%M}", f"{closes:%H:%M}" if closes else "24:00"] for opens, closes in periods]


def _seven(weekly: Sequence[Sequence[Sequence[str]]]) -> Sequence[Sequence[Sequence[str]]]:
    if len(weekly) != 7:
        raise ValueError(f"A week has seven days, Monday first; {len(weekly)} were given.")
    return weekly


def _time(text: str) -> time:
    return MIDNIGHT if text == "24:00" else time.fromisoformat(text)


def _checked(periods: Periods) -> Periods:
    """The same periods in order; ValueError if one is empty, crosses midnight or overlaps another."""
    ordered = tuple(sorted(periods))
    free_from = MIDNIGHT
    for n, (opens, closes) in enumerate(ordered):
        if any(at.tzinfo or at.second or at.microsecond for at in (opens, closes)):
            raise ValueError("Working periods are local times in whole minutes; the end of the day is 24:00.")
        if closes != MIDNIGHT and closes <= opens:
            raise ValueError(
                f"A period must end after it begins, on the same day: {opens:%H:%M} to {closes:%H:%M}. "
                "Split a night shift at midnight."
            )
        if n and (opens < free_from or free_from == MIDNIGHT):
            raise ValueError(f"Two periods of one day overlap at {opens:%H:%M}.")
        free_from = closes
    return ordered


def _cut(zone: ZoneInfo, day: date, periods: Periods) -> Day:
    windows: list[tuple[datetime, datetime]] = []
    for opening, closing in periods:
        opens, closes = _instant(zone, day, opening), _closing(zone, day, closing)
        if windows:
            opens = max(opens, windows[-1][1])
        if opens < closes:  # a period that lies in the hour skipped by a change of clocks has no time
            windows.append((opens, closes))
    closes = _closing(zone, day, periods[-1][1] if periods else MIDNIGHT)
    return Day(tuple(windows), closes, sum((b - a for a, b in windows), _NOTHING))


def _instant(zone: ZoneInfo, day: date, at: time) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)


def _closing(zone: ZoneInfo, day: date, at: time) -> datetime:
    return _instant(zone, day, at) if at != MIDNIGHT else _instant(zone, day + _ONE_DAY, at)


def _worked_within(cal: WorkingCalendar, day: date, a: datetime, b: datetime) -> timedelta:
    windows = cal.cut(day).windows
    return sum((max(min(closes, b) - max(opens, a), _NOTHING) for opens, closes in windows), _NOTHING)


def _end_of_last_day(cal: WorkingCalendar, last: date, move_off_holidays: bool) -> datetime:
    return end_of_day(cal, next(cal.working_days_from(last)) if move_off_holidays else last)


def _local_date(cal: WorkingCalendar, moment: datetime) -> date:
    return moment.astimezone(cal.zone).date()


def _utc(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError(f"{moment.isoformat()} has no time zone. Give an aware moment.")
    return moment.astimezone(UTC)


def _span(hours: int | Decimal) -> timedelta:
    if hours < 0:
        raise ValueError(f"Hours to add cannot be negative; {hours} was given.")
    return timedelta(microseconds=round(hours * _HOUR_IN_MICROSECONDS))


def _check_count(n: int) -> None:
    if n < 1:
        raise ValueError(f"A number of days or months must be at least 1; {n} was given.")
