"""The working-time sums against an independent walk from minute to minute, in bulk and day by day.

Every comparison is also run against an oracle with a mistake in it, and must then find it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

import pytest

from organization.presets.calendar_cn import china_calendar
from organization.working_time import (
    Limit,
    Unit,
    WorkingCalendar,
    due_at,
    is_working_day,
    working_time_between,
)
from tests.organization import oracle as slow
from tests.organization.random_calendars import FIRST_DAY, LAST_DAY, random_calendar, random_minute, weekly_minutes

pytestmark = pytest.mark.req("SLA-01", "SLA-02")

EXAMPLES_PER_CALENDAR = 500


def oracle_of(calendar: WorkingCalendar, fault: str = "") -> slow.Oracle:
    return slow.Oracle(calendar.zone, calendar.weekly, calendar.days, fault)


def random_limit(rng: Random, calendar: WorkingCalendar) -> Limit:
    unit = rng.choice(list(Unit))
    move = rng.random() < 0.7
    if unit.takes_fractions:
        most = min(3000, 4 * weekly_minutes(calendar))
        return Limit(Decimal(rng.randint(1, rng.choice((1, most // 4 + 1, most)))) / 60, unit)
    return Limit(rng.randint(1, 3 if unit is Unit.MONTHS else 15), unit, move)


def walked(oracle: slow.Oracle, start: datetime, limit: Limit) -> datetime:
    """The due time according to the oracle."""
    minute, amount, move = slow.minute_of(start), int(limit.amount), limit.move_off_holidays
    match limit.unit:
        case Unit.CALENDAR_HOURS:
            return slow.moment_of(minute + round(limit.amount * 60))
        case Unit.WORKING_HOURS:
            return slow.moment_of(oracle.working_hours(minute, round(limit.amount * 60)))
        case Unit.WORKING_DAYS:
            return slow.moment_of(oracle.working_days(minute, amount))
        case Unit.CALENDAR_DAYS:
            return slow.moment_of(oracle.calendar_days(minute, amount, move))
        case Unit.MONTHS:
            return slow.moment_of(oracle.months(minute, amount, move))


def random_differences(seed: int, examples: int, fault: str = "") -> Iterator[str]:
    """What code and oracle see differently in so many random examples."""
    rng = Random(seed)
    for n in range(examples):
        if n % EXAMPLES_PER_CALENDAR == 0:
            calendar, base = random_calendar(rng)
            oracle = oracle_of(calendar, fault)
        start = random_minute(rng, base)
        if n % 10:
            limit = random_limit(rng, calendar)
            fast, walk = due_at(calendar, start, limit), walked(oracle, start, limit)
            if fast != walk:
                yield f"seed {seed}, example {n}: {limit} from {start}: {fast}, walked {walk}, {calendar}"
        else:
            end = start + timedelta(minutes=rng.randrange(20 * 1440))
            worked = working_time_between(calendar, start, end)
            minutes = oracle.working_minutes_between(slow.minute_of(start), slow.minute_of(end))
            if worked != timedelta(minutes=minutes):
                yield f"seed {seed}, example {n}: {start} to {end}: {worked}, walked {minutes} minutes, {calendar}"


def daily_differences(fault: str = "") -> Iterator[str]:
    """Every day of China's calendar from 2024 to 2027, 2027 by the weekday alone."""
    calendar = china_calendar()
    oracle = oracle_of(calendar, fault)
    limits = [
        Limit(4, Unit.WORKING_HOURS),
        *(Limit(n, Unit.WORKING_DAYS) for n in (1, 2, 3, 5, 10)),
        *(Limit(n, Unit.CALENDAR_DAYS) for n in (1, 3, 7)),
        Limit(1, Unit.MONTHS),
    ]
    for n in range((LAST_DAY - FIRST_DAY).days + 1):
        day = FIRST_DAY + timedelta(days=n)
        if is_working_day(calendar, day) != (oracle.closing(day) is not None):
            yield f"{day} is a working day for one and not for the other"
        for hour, minute in ((0, 0), (8, 30), (12, 45), (17, 30), (23, 59)):
            start = datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo("Asia/Shanghai"))
            for limit in limits:
                fast, walk = due_at(calendar, start, limit), walked(oracle, start.astimezone(UTC), limit)
                if fast != walk:
                    yield f"{limit} from {start}: {fast}, walked {walk}"


@pytest.mark.parametrize("seed", range(4))
def test_twenty_thousand_random_sums_equal_the_walk(seed: int) -> None:
    assert not list(random_differences(seed, 5_000))


@pytest.mark.prove
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(100, 110))
def test_two_hundred_thousand_random_sums_equal_the_walk(seed: int) -> None:
    assert not list(random_differences(seed, 20_000))


def test_every_day_from_2024_to_2027_equals_the_walk() -> None:
    assert not list(daily_differences())


@pytest.mark.parametrize("fault", slow.FAULTS)
def test_a_mistake_in_the_oracle_is_noticed_by_the_random_comparison(fault: str) -> None:
    assert next(random_differences(7, 5_000, fault), None), f"nobody noticed that {fault}"


@pytest.mark.parametrize("fault", slow.FAULTS)
def test_a_mistake_in_the_oracle_is_noticed_by_the_daily_comparison(fault: str) -> None:
    assert next(daily_differences(fault), None), f"nobody noticed that {fault}"


def test_the_oracle_itself_is_right_about_a_day_counted_by_hand() -> None:
    calendar = china_calendar()
    oracle = oracle_of(calendar)
    day = slow.minute_of(datetime(2026, 11, 23, tzinfo=ZoneInfo("Asia/Shanghai")))
    assert oracle.working_minutes_between(day, day + 1440) == 7 * 60 + 30
    assert oracle.closing(date(2026, 11, 23)) == day + 17 * 60 + 30
    assert oracle.closing(date(2026, 11, 22)) is None
    assert oracle.working_hours(day, 4 * 60) == day + 14 * 60
