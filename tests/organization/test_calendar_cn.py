"""The reviewed holidays of China against an independent source."""

from datetime import date, timedelta

import holidays
import pytest

from organization.presets.calendar_cn import (
    COMPLETE_THROUGH,
    HOLIDAYS,
    STANDARD_HOURS,
    china_calendar,
    labelled_days,
)
from organization.working_time import is_working_day

pytestmark = pytest.mark.req("SLA-02")

YEARS = (2024, 2025, 2026)


def test_every_day_of_the_known_years_agrees_with_the_holidays_package() -> None:
    calendar = china_calendar()
    known = holidays.country_holidays("CN", language="zh_CN", years=YEARS)
    first, last = date(YEARS[0], 1, 1), date(YEARS[-1], 12, 31)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    assert [day for day in days if is_working_day(calendar, day) != known.is_working_day(day)] == []


def test_make_up_days_are_weekend_days_and_no_day_is_both_off_and_worked() -> None:
    make_up = [day for holiday in HOLIDAYS for day in holiday.make_up]
    off = [
        holiday.first + timedelta(days=n)
        for holiday in HOLIDAYS
        for n in range((holiday.last - holiday.first).days + 1)
    ]
    assert all(day.weekday() >= 5 for day in make_up)
    assert len(labelled_days()) == len(make_up) + len(off)


def test_every_year_up_to_the_confirmed_date_has_its_seven_holidays_and_no_later_year_has_any() -> None:
    for year in YEARS:
        names = "、".join(holiday.name for holiday in HOLIDAYS if holiday.first.year == year).split("、")
        assert sorted(names) == sorted(["元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节"])
    assert max(labelled_days()) <= COMPLETE_THROUGH == date(YEARS[-1], 12, 31)


def test_exceptions_carry_a_label_and_make_up_days_the_hours_of_the_house() -> None:
    days = labelled_days()
    assert days[date(2026, 2, 17)] == ((), "春节")
    assert days[date(2026, 2, 14)] == (STANDARD_HOURS, "春节调休上班")
    assert list(days) == sorted(days)
