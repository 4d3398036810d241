"""The rules of due times, each with an example, and what must hold for every calendar."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from organization.presets.calendar_cn import china_calendar
from organization.working_time import (
    Limit,
    NoWorkingTime,
    Periods,
    Unit,
    WorkingCalendar,
    add_calendar_days,
    add_calendar_hours,
    add_months,
    add_working_days,
    add_working_hours,
    due_at,
    dump_periods,
    end_of_day,
    is_provisional,
    is_working_day,
    parse_calendar,
    parse_periods,
    working_time_between,
)
from tests.organization.random_calendars import AROUND_THE_CLOCK, OFFICE, random_calendar, random_periods

SHANGHAI = ZoneInfo("Asia/Shanghai")
CHINA = china_calendar()
EMPTY_WEEK: tuple[Periods, Periods, Periods, Periods, Periods, Periods, Periods] = ((), (), (), (), (), (), ())
NOBODY = WorkingCalendar(SHANGHAI, EMPTY_WEEK)


def local(month: int, day: int, hour: int = 0, minute: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=SHANGHAI)


def every_day(periods: Periods, zone: str = "Asia/Shanghai") -> WorkingCalendar:
    return WorkingCalendar(ZoneInfo(zone), (periods,) * 7)


@st.composite
def situations(draw: st.DrawFn) -> tuple[WorkingCalendar, datetime]:
    """A random calendar and a moment near its exceptions, to the microsecond."""
    calendar, base = random_calendar(draw(st.randoms(use_true_random=False)))
    seconds = draw(st.integers(0, 45 * 86_400 - 1))
    moment = datetime(base.year, base.month, base.day, tzinfo=UTC) + timedelta(seconds=seconds)
    return calendar, moment + timedelta(microseconds=draw(st.integers(0, 999_999)))


amounts = st.decimals(min_value="0.01", max_value=60, places=2)
limits = st.one_of(
    st.builds(Limit, amounts, st.sampled_from([Unit.CALENDAR_HOURS, Unit.WORKING_HOURS])),
    st.builds(Limit, st.integers(1, 20), st.sampled_from([Unit.WORKING_DAYS, Unit.CALENDAR_DAYS]), st.booleans()),
    st.builds(Limit, st.integers(1, 14), st.just(Unit.MONTHS), st.booleans()),
)


# Hours


@pytest.mark.req("SLA-02", "A-02")
@given(situations(), st.sampled_from([24, 48]))
def test_calendar_hours_run_on_whatever_the_calendar_says(
    situation: tuple[WorkingCalendar, datetime], hours: int
) -> None:
    calendar, start = situation
    limit = Limit(hours, Unit.CALENDAR_HOURS)
    assert due_at(calendar, start, limit) - start == timedelta(hours=hours)
    assert due_at(NOBODY, start, limit) == due_at(calendar, start, limit)


@pytest.mark.req("A-44")
def test_a_quarter_of_an_hour_is_a_limit() -> None:
    quarter = Limit(Decimal("0.25"), Unit.CALENDAR_HOURS)
    assert due_at(CHINA, local(11, 23, 12), quarter) == local(11, 23, 12, 15)


@pytest.mark.req("A-44")
@pytest.mark.parametrize(
    ("start", "due"),
    [
        (local(11, 23, 9), local(11, 23, 14, 30)),  # through lunch
        (local(11, 23, 16), local(11, 24, 11)),  # into the next morning
        (local(11, 20, 17, 30), local(11, 23, 14)),  # sent at closing time on a Friday
        (local(11, 21, 3), local(11, 23, 14)),  # sent on a Saturday
        (local(2, 13, 16), local(2, 14, 11)),  # a make-up Saturday is worked
        (local(9, 30, 16), local(10, 8, 11)),  # over the National Day
    ],
)
def test_four_working_hours_run_only_while_somebody_works(start: datetime, due: datetime) -> None:
    assert add_working_hours(CHINA, start, 4) == due


def test_hours_used_up_at_closing_time_are_due_then_and_not_at_the_next_opening() -> None:
    assert add_working_hours(CHINA, local(11, 23, 8, 30), Decimal("3.5")) == local(11, 23, 12)
    assert add_working_hours(CHINA, local(11, 20, 13, 30), 4) == local(11, 20, 17, 30)


def test_no_hours_are_due_at_once_even_at_night() -> None:
    assert add_working_hours(CHINA, local(11, 22, 3), 0) == local(11, 22, 3)


@pytest.mark.req("SLA-02")
@given(situations(), amounts)
def test_working_hours_end_at_the_first_moment_that_has_them(
    situation: tuple[WorkingCalendar, datetime], hours: Decimal
) -> None:
    calendar, start = situation
    due = add_working_hours(calendar, start, hours)
    span = due_at(calendar, start, Limit(hours, Unit.CALENDAR_HOURS)) - start
    assert working_time_between(calendar, start, due) == span
    assert working_time_between(calendar, start, due - timedelta.resolution) < span


@given(situations(), amounts, amounts)
def test_working_hours_add_up(situation: tuple[WorkingCalendar, datetime], a: Decimal, b: Decimal) -> None:
    calendar, start = situation
    assert add_working_hours(calendar, add_working_hours(calendar, start, a), b) == add_working_hours(
        calendar, start, a + b
    )


# Days and months


@pytest.mark.req("SLA-07", "A-02")
@pytest.mark.parametrize(
    ("start", "due"),
    [
        (local(11, 23, 9), local(11, 30, 17, 30)),  # Monday: the start day is not counted
        (local(11, 23, 23, 59), local(11, 30, 17, 30)),  # nor does the hour matter
        (local(11, 21, 9), local(11, 27, 17, 30)),  # Saturday: Monday is the first day
        (local(9, 30, 9), local(10, 13, 17, 30)),  # National Day off, make-up Saturday 10 October counted
        (local(9, 24, 10), local(10, 9, 17, 30)),  # Mid-Autumn and National Day
        (local(2, 13, 15), local(2, 27, 17, 30)),  # Saturday 14 February counted, then Spring Festival
    ],
)
def test_five_working_days_end_with_the_business_of_the_fifth(start: datetime, due: datetime) -> None:
    assert due_at(CHINA, start, Limit(5, Unit.WORKING_DAYS)) == due


@pytest.mark.req("A-02")
@pytest.mark.parametrize(
    ("start", "days", "move", "due"),
    [
        (local(11, 23, 9), 2, True, local(11, 25, 17, 30)),  # a working day ends with its business
        (local(11, 20, 9), 1, True, local(11, 23, 17, 30)),  # Saturday moves to Monday
        (local(11, 20, 9), 1, False, local(11, 22)),  # or ends at 24:00 if the limit does not move
        (local(9, 29, 9), 3, True, local(10, 8, 17, 30)),  # the last day falls into the National Day
        (local(2, 12, 9), 2, True, local(2, 14, 17, 30)),  # a make-up Saturday is no day off
    ],
)
def test_calendar_days_do_not_count_the_start_and_end_on_a_working_day(
    start: datetime, days: int, move: bool, due: datetime
) -> None:
    assert due_at(CHINA, start, Limit(days, Unit.CALENDAR_DAYS, move)) == due


@pytest.mark.req("SLA-01")
@pytest.mark.parametrize(
    ("start", "months", "due"),
    [
        (local(3, 10), 1, local(4, 10, 17, 30)),
        (local(3, 31), 6, local(9, 30, 17, 30)),
        (local(12, 31, year=2023), 2, local(2, 29, 17, 30, year=2024)),  # clamped, leap year
        (local(1, 30), 1, local(2, 28, 17, 30)),  # clamped, a make-up Saturday
        (local(10, 31), 3, local(2, 1, 17, 30, year=2027)),  # a Sunday moves into the next month
    ],
)
def test_months_end_on_the_same_day_or_the_last_of_the_month(start: datetime, months: int, due: datetime) -> None:
    assert due_at(CHINA, start, Limit(months, Unit.MONTHS)) == due


def test_a_date_given_as_a_limit_ends_with_its_business_and_a_day_off_at_midnight() -> None:
    assert end_of_day(CHINA, date(2026, 11, 23)) == local(11, 23, 17, 30)
    assert end_of_day(CHINA, date(2026, 11, 22)) == local(11, 23)


def test_the_start_day_is_the_local_one() -> None:
    late_on_sunday_in_utc = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)  # half past midnight on Monday
    assert add_working_days(CHINA, late_on_sunday_in_utc, 1) == local(11, 24, 17, 30)


# What holds for every calendar


@given(situations(), st.timedeltas(timedelta(0), timedelta(days=40)), limits)
def test_who_starts_later_is_never_due_earlier(
    situation: tuple[WorkingCalendar, datetime], later: timedelta, limit: Limit
) -> None:
    calendar, start = situation
    assert due_at(calendar, start, limit) <= due_at(calendar, start + later, limit)


@given(situations(), limits)
def test_a_longer_limit_is_never_due_earlier(situation: tuple[WorkingCalendar, datetime], limit: Limit) -> None:
    calendar, start = situation
    longer = Limit(limit.amount + 1, limit.unit, limit.move_off_holidays)
    assert start < due_at(calendar, start, limit) <= due_at(calendar, start, longer)


@pytest.mark.req("SLA-02", "A-02")
@given(situations(), limits.filter(lambda limit: limit.unit.needs_calendar and limit.move_off_holidays))
def test_nothing_is_due_on_a_day_off(situation: tuple[WorkingCalendar, datetime], limit: Limit) -> None:
    calendar, start = situation
    due = due_at(calendar, start, limit) - timedelta.resolution
    assert is_working_day(calendar, due.astimezone(calendar.zone).date())
    assert working_time_between(calendar, due, due + timedelta.resolution) == timedelta.resolution


@given(situations(), st.timedeltas(timedelta(-40), timedelta(40)), st.timedeltas(timedelta(-40), timedelta(40)))
def test_working_time_between_adds_up_in_both_directions(
    situation: tuple[WorkingCalendar, datetime], first: timedelta, second: timedelta
) -> None:
    calendar, a = situation
    b, c = a + first, a + first + second
    assert working_time_between(calendar, a, b) == -working_time_between(calendar, b, a)
    assert working_time_between(calendar, a, b) + working_time_between(calendar, b, c) == working_time_between(
        calendar, a, c
    )


# Changes of clocks


def test_a_change_of_clocks_neither_steals_nor_gives_an_hour() -> None:
    berlin = every_day(AROUND_THE_CLOCK, "Europe/Berlin")
    spring, autumn = (datetime(2026, *day, tzinfo=berlin.zone) for day in ((3, 29), (10, 25)))
    for start, hours in ((spring, 23), (autumn, 25)):
        assert working_time_between(berlin, start, start + timedelta(days=1)) == timedelta(hours=hours)
        assert add_working_hours(berlin, start, 24) == add_calendar_hours(start, 24)


def test_a_boundary_in_the_skipped_or_repeated_hour_is_read_with_the_offset_before_the_change() -> None:
    night = every_day(((time(1), time(2, 30)),), "Europe/Berlin")
    spring, autumn = (datetime(2026, *day, tzinfo=night.zone) for day in ((3, 29), (10, 25)))
    for start in (spring, autumn):
        assert add_working_hours(night, start, Decimal("1.5")) == start.astimezone(UTC) + timedelta(hours=2.5)


def test_a_period_that_lies_in_the_skipped_hour_has_no_time_and_none_is_counted_twice() -> None:
    night = every_day(((time(2, 15), time(2, 45)), (time(2, 50), time(3, 10)), (time(3, 10), time(4))), "Europe/Berlin")
    spring = datetime(2026, 3, 29, tzinfo=night.zone)
    worked = working_time_between(night, spring, spring + timedelta(days=1))
    assert worked == timedelta(minutes=45)  # 3:15 to 3:45 by the old offset, then the rest until 4


def test_chinas_own_summer_time_of_1986_is_known() -> None:
    start = datetime(1986, 5, 3, 18, tzinfo=SHANGHAI)
    assert add_calendar_hours(start, 24) == datetime(1986, 5, 4, 19, tzinfo=SHANGHAI)
    assert end_of_day(CHINA, date(1986, 5, 5)) == datetime(1986, 5, 5, 8, 30, tzinfo=UTC)


# What is not known yet


@pytest.mark.req("SLA-02")
@pytest.mark.parametrize(
    ("due", "provisional"),
    [
        (local(12, 31, 17, 30), False),
        (local(1, 1, year=2027), False),  # 24:00 on the last day confirmed
        (local(1, 4, 17, 30, year=2027), True),
    ],
)
def test_a_due_time_beyond_the_confirmed_holidays_is_provisional(due: datetime, provisional: bool) -> None:
    assert is_provisional(CHINA, local(12, 28), due) is provisional


def test_without_any_confirmed_date_every_due_time_is_provisional() -> None:
    assert is_provisional(every_day(OFFICE), local(1, 5), local(1, 6))


def test_without_a_notice_for_the_year_the_weekday_decides() -> None:
    assert is_working_day(CHINA, date(2027, 1, 1))
    assert add_working_days(CHINA, local(12, 28), 5) == local(1, 4, 17, 30, year=2027)


# Refusals


@pytest.mark.req("SLA-02")
def test_a_moment_without_a_time_zone_is_refused() -> None:
    naive, aware = datetime(2026, 11, 23, 9), local(11, 23, 9)  # noqa: DTZ001
    for unit in Unit:
        with pytest.raises(ValueError, match="no time zone"):
            due_at(CHINA, naive, Limit(1, unit))
    for a, b in ((naive, aware), (aware, naive)):
        with pytest.raises(ValueError, match="no time zone"):
            working_time_between(CHINA, a, b)
        with pytest.raises(ValueError, match="no time zone"):
            is_provisional(CHINA, a, b)


@pytest.mark.parametrize("unit", [unit for unit in Unit if unit.needs_calendar])
def test_a_calendar_without_working_time_says_so_and_does_not_search_for_ever(unit: Unit) -> None:
    with pytest.raises(NoWorkingTime, match="Enter weekly working hours"):
        due_at(NOBODY, local(11, 23), Limit(1, unit))
    assert working_time_between(NOBODY, local(11, 23), local(12, 23)) == timedelta(0)


def test_an_empty_week_still_knows_its_single_working_days_and_then_says_so() -> None:
    once = WorkingCalendar(SHANGHAI, EMPTY_WEEK, {date(2026, 11, 28): OFFICE, date(2026, 12, 1): ()})
    assert add_working_days(once, local(11, 23), 1) == local(11, 28, 17, 30)
    assert add_working_hours(once, local(11, 23), Decimal("7.5")) == local(11, 28, 17, 30)
    with pytest.raises(NoWorkingTime, match="from 2026-11-29 on"):
        add_working_days(once, local(11, 23), 2)


def test_days_off_end_at_midnight_even_without_any_working_time_if_they_do_not_move() -> None:
    assert add_calendar_days(NOBODY, local(11, 23), 1, move_off_holidays=False) == local(11, 25)


@pytest.mark.req("A-04")
@pytest.mark.parametrize("unit", Unit)
@pytest.mark.parametrize("amount", [0, -1, Decimal("-0.5")])
def test_a_limit_must_be_more_than_nothing(unit: Unit, amount: int | Decimal) -> None:
    with pytest.raises(ValueError, match="more than nothing"):
        Limit(amount, unit)


@pytest.mark.parametrize("unit", [Unit.CALENDAR_DAYS, Unit.WORKING_DAYS, Unit.MONTHS])
def test_days_and_months_are_whole(unit: Unit) -> None:
    with pytest.raises(ValueError, match="whole number"):
        Limit(Decimal("1.5"), unit)
    assert due_at(CHINA, local(11, 23), Limit(Decimal("1.0"), unit)) == due_at(CHINA, local(11, 23), Limit(1, unit))


def test_counts_below_one_and_negative_hours_are_refused() -> None:
    for add in (add_working_days, add_calendar_days, add_months):
        with pytest.raises(ValueError, match="at least 1"):
            add(CHINA, local(11, 23), 0)
    with pytest.raises(ValueError, match="cannot be negative"):
        add_calendar_hours(local(11, 23), -1)


def test_a_due_time_after_the_last_year_is_refused() -> None:
    with pytest.raises(OverflowError):
        add_months(CHINA, local(11, 23), 12 * 8000)


@pytest.mark.parametrize(
    ("pairs", "why"),
    [
        ([["12:00", "08:30"]], "must end after it begins"),
        ([["08:30", "08:30"]], "must end after it begins"),
        ([["22:00", "06:00"]], "Split a night shift at midnight"),
        ([["08:00", "12:00"], ["11:00", "15:00"]], "overlap at 11:00"),
        ([["08:00", "24:00"], ["09:00", "10:00"]], "overlap at 09:00"),
        ([["00:00", "24:00"], ["00:00", "24:00"]], "overlap at 00:00"),
        ([["08:00", "23:59:59"]], "whole minutes"),
        ([["08:00", "25:00"]], "hour must be in"),
    ],
)
def test_impossible_periods_are_refused_with_the_reason(pairs: list[list[str]], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_periods(pairs)


def test_a_week_has_seven_days() -> None:
    with pytest.raises(ValueError, match="seven days"):
        parse_calendar(zone="Asia/Shanghai", weekly=[[]] * 6, days={}, complete_through=None)
    with pytest.raises(ValueError, match="seven days"):
        WorkingCalendar(SHANGHAI, ((),) * 6)  # type: ignore[arg-type]


# Stored and copied


def test_a_stored_calendar_is_read_as_it_was_written() -> None:
    stored = parse_calendar(
        zone="Asia/Shanghai",
        weekly=[dump_periods(periods) for periods in CHINA.weekly],
        days={day: dump_periods(periods) for day, periods in CHINA.days.items()},
        complete_through=CHINA.complete_through,
    )
    assert stored == CHINA
    assert hash(stored) == hash(CHINA)


@given(st.randoms(use_true_random=False))
def test_periods_survive_being_stored(rng: Random) -> None:
    periods = random_periods(rng)
    assert parse_periods(dump_periods(periods)) == periods


def test_periods_are_kept_in_order() -> None:
    assert parse_periods([["13:30", "24:00"], ["08:30", "12:00"]]) == (
        (time(8, 30), time(12)),
        (time(13, 30), time(0)),
    )


def test_a_calendar_can_be_cached_but_not_changed() -> None:
    due = add_working_days(CHINA, local(11, 23), 5)
    copy = pickle.loads(pickle.dumps(CHINA))  # noqa: S301
    assert copy == CHINA
    assert add_working_days(copy, local(11, 23), 5) == due
    with pytest.raises(TypeError):
        CHINA.days[date(2026, 11, 23)] = ()  # type: ignore[index]
