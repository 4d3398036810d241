"""Random working calendars, as odd as real ones get, from any source of randomness."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from organization.working_time import Periods, WorkingCalendar

#: Most without a change of clocks, some with one, at 2 or 3 in the morning, of an hour or of half.
ZONES = ("Asia/Shanghai",) * 4 + ("Asia/Kolkata", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")

OFFICE: Periods = ((time(8, 30), time(12)), (time(13, 30), time(17, 30)))
AROUND_THE_CLOCK: Periods = ((time(0), time(0)),)
WITHOUT_LUNCH: Periods = ((time(8), time(12)), (time(12), time(18)))

FIRST_DAY, LAST_DAY = date(2024, 1, 1), date(2027, 12, 31)

#: How far exceptions reach and starts are drawn, in days.
SPREAD = 45


def random_periods(rng: Random) -> Periods:
    """Known hours or hours drawn to the minute, from 4:00 on, clear of every change of clocks."""
    if rng.random() < 0.4:
        return rng.choice((OFFICE, OFFICE, AROUND_THE_CLOCK, WITHOUT_LUNCH))
    marks = sorted(rng.sample(range(4 * 60, 24 * 60 + 1), 2 * rng.randint(1, 3)))
    times = [time(minute // 60 % 24, minute % 60) for minute in marks]
    return tuple(zip(times[::2], times[1::2], strict=True))


def random_calendar(rng: Random) -> tuple[WorkingCalendar, date]:
    """A calendar with at least one working weekday, and the first day of its exceptions."""
    ordinary = random_periods(rng)
    week = [() if rng.random() < 0.3 else rng.choice((ordinary, ordinary, random_periods(rng))) for _ in range(7)]
    week[rng.randrange(7)] = ordinary
    base = FIRST_DAY + timedelta(days=rng.randrange((LAST_DAY - FIRST_DAY).days - SPREAD))
    days: dict[date, Periods] = {}
    for _ in range(rng.choice((0, 5, 25))):
        day = base + timedelta(days=rng.randrange(SPREAD))
        days[day] = () if rng.random() < 0.6 else random_periods(rng)
    monday, tuesday, wednesday, thursday, friday, saturday, sunday = week
    calendar = WorkingCalendar(
        ZoneInfo(rng.choice(ZONES)), (monday, tuesday, wednesday, thursday, friday, saturday, sunday), days
    )
    return calendar, base


def random_minute(rng: Random, base: date) -> datetime:
    """A whole minute near the calendar's exceptions."""
    return datetime(base.year, base.month, base.day, tzinfo=UTC) + timedelta(minutes=rng.randrange(SPREAD * 1440))


def weekly_minutes(calendar: WorkingCalendar) -> int:
    """Working minutes of an ordinary week."""
    return sum(
        (closes.hour * 60 + closes.minute or 1440) - opens.hour * 60 - opens.minute
        for periods in calendar.weekly
        for opens, closes in periods
    )
