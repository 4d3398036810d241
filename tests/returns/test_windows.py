"""Sums over dates: return windows, warranty, the days of a batch. Pure."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returns.policy import ReturnsPart, Window, batch_days
from returns.windows import Dates, add_months, warranty_of, windows_of

ASKED = date(2026, 11, 27)
POLICY = ReturnsPart()


@pytest.mark.req("SLA-21", "RET-31", "A-53")
@pytest.mark.gate(19)
@pytest.mark.parametrize(
    ("units", "days"), [(1, 1), (9, 1), (10, 1), (11, 2), (20, 2), (21, 3), (30, 3), (31, 4), (100, 10), (101, 11)]
)
def test_a_batch_takes_a_day_for_each_ten_units_begun(units: int, days: int) -> None:
    assert batch_days(units, 10) == days
    assert POLICY.limit("repair", units=units).amount == days


@given(st.integers(1, 100_000), st.integers(1, 500))
def test_a_batch_is_done_in_its_days_and_not_in_one_less(units: int, per_day: int) -> None:
    days = batch_days(units, per_day)
    assert days * per_day >= units
    assert (days - 1) * per_day < units or days == 1


@pytest.mark.req("SLA-24", "SLA-25")
@pytest.mark.parametrize(
    ("received", "purchased", "holds"),
    [
        (ASKED - timedelta(days=7), None, [True, None]),
        (ASKED - timedelta(days=8), None, [False, None]),
        (ASKED, ASKED - timedelta(days=30), [True, True]),
        (None, ASKED - timedelta(days=31), [None, False]),
        (None, None, [None, None]),
    ],
)
def test_seven_days_count_from_receipt_and_thirty_from_purchase(
    received: date | None, purchased: date | None, holds: list[bool | None]
) -> None:
    sums = windows_of(POLICY.windows, Dates(ASKED, purchased, received), reason="quality", unused=False)
    assert [each.holds for each in sums] == holds
    assert [each.span for each in sums] == [7, 30]


def test_goods_that_were_not_used_have_a_window_of_their_own() -> None:
    dates = Dates(ASKED, received_on=ASKED - timedelta(days=2))
    assert windows_of(POLICY.windows, dates, reason="transport", unused=False) == []
    found = windows_of(POLICY.windows, dates, reason="transport", unused=True)
    assert [(each.label, each.ends, each.day, each.holds) for each in found] == [
        ("未使用商品退货", ASKED + timedelta(days=5), 2, True)
    ]


@pytest.mark.req("RET-18")
@pytest.mark.parametrize(
    ("dates", "ends", "last", "holds"),
    [
        (Dates(ASKED, accepted_on=date(2025, 11, 27)), None, date(2026, 11, 27), True),
        (Dates(ASKED, accepted_on=date(2025, 11, 26)), None, date(2026, 11, 26), False),
        (Dates(ASKED, purchased_on=date(2025, 12, 1)), None, date(2026, 12, 1), True),
        (Dates(ASKED, accepted_on=date(2020, 1, 1)), date(2027, 1, 1), date(2027, 1, 1), True),
        (Dates(ASKED), None, None, None),
    ],
)
def test_the_warranty_counts_from_the_acceptance_unless_a_contract_states_its_end(
    dates: Dates, ends: date | None, last: date | None, holds: bool | None
) -> None:
    found = warranty_of(dates, label="x", months=12, ends=ends)
    assert (found.ends, found.holds) == (last, holds)


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2025, 12, 31), 2, date(2026, 2, 28)),
        (date(2025, 6, 15), 24, date(2027, 6, 15)),
    ],
)
def test_a_month_without_that_day_ends_on_its_last(day: date, months: int, then: date) -> None:
    assert add_months(day, months) == then


def test_a_profile_names_its_own_windows_and_reasons() -> None:
    part = ReturnsPart(windows=(Window(code="x", label="十五天", days=15, since="purchased"),), units_per_day=5)
    assert part.limit("repair", units=11).amount == 3
    with pytest.raises(KeyError):
        part.reason("nothing of the sort")
