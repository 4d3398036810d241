"""Months, quarters and days of one's own, and what each is compared with (RPT-04)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.periods import Period, month_before, month_of, quarter_before, quarter_of

pytestmark = pytest.mark.req("RPT-04")
DAYS = st.dates(date(2001, 1, 1), date(2099, 12, 31))


@pytest.mark.parametrize(
    ("period", "before", "year_before"),
    [
        (month_of(date(2026, 11, 28)), month_of(date(2026, 10, 1)), month_of(date(2025, 11, 1))),
        (month_of(date(2026, 1, 5)), month_of(date(2025, 12, 31)), month_of(date(2025, 1, 1))),
        (month_of(date(2024, 2, 29)), month_of(date(2024, 1, 1)), month_of(date(2023, 2, 1))),
        (quarter_of(date(2026, 2, 1)), quarter_of(date(2025, 12, 1)), quarter_of(date(2025, 3, 1))),
        (
            Period("period", date(2024, 2, 29), date(2024, 3, 9)),
            Period("period", date(2024, 2, 19), date(2024, 2, 28)),
            Period("period", date(2023, 2, 28), date(2023, 3, 9)),
        ),
    ],
)
def test_what_a_period_is_compared_with(period: Period, before: Period, year_before: Period) -> None:
    assert period.before() == before
    assert period.year_before() == year_before


def test_the_last_day_of_a_leap_february_and_of_a_quarter_belong_to_them() -> None:
    assert month_of(date(2024, 2, 1)).until == date(2024, 2, 29)
    assert (quarter_of(date(2026, 5, 5)).since, quarter_of(date(2026, 5, 5)).until) == (
        date(2026, 4, 1), date(2026, 6, 30),
    )  # fmt: skip


@given(DAYS)
def test_months_and_quarters_follow_each_other_without_a_gap(day: date) -> None:
    for of, before in ((month_of, month_before), (quarter_of, quarter_before)):
        period = of(day)
        assert period.since <= day <= period.until
        assert before(day) == period.before()
        assert period.before().until == period.since - timedelta(days=1)
        assert period.before().ends == period.starts
