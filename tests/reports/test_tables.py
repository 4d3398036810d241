"""Rates, changes and the way back to the records, pure (RPT-13, RPT-21)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.tables import Cell, Column, Row, Section, Table, as_json, bars_of, change, change_of_rates, from_json, rate

pytestmark = pytest.mark.req("RPT-13")


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [(0, 0, "—"), (0, 5, "0.0 %"), (405, 412, "98.3 %"), (1, 3, "33.3 %"), (2, 3, "66.7 %"), (5, 5, "100.0 %"), (1, 8, "12.5 %")],
)  # fmt: skip
def test_a_rate_is_printed_with_numerator_and_denominator(part: int, whole: int, shown: str) -> None:
    cell = rate(part, whole)
    assert (cell.shown, cell.of) == (shown, (part, whole))


@pytest.mark.parametrize(
    ("now", "before", "shown"),
    [(412, 388, "+6.2 %"), (412, 465, "-11.4 %"), (5, 5, "0.0 %"), (5, 0, "—"), (0, 5, "-100.0 %"), (9999, 10000, "0.0 %")],
)  # fmt: skip
def test_a_change_is_signed_and_there_is_none_from_nothing(now: int, before: int, shown: str) -> None:
    assert change(now, before).shown == shown


def test_a_change_of_rates_is_in_points_and_none_without_both() -> None:
    assert change_of_rates((91, 100), (90, 100)).shown.startswith("+1.0")
    assert change_of_rates((91, 100), (0, 0)).value is None


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_workbook_keeps_a_rate_as_a_part_of_one(part: int, whole: int) -> None:
    number = rate(part, whole).number
    assert isinstance(number, Decimal)
    assert abs(number - Decimal(part) / whole) <= Decimal("0.0005")


def table(**values: object) -> Table:
    rows = [Row("甲", [Cell(3, find="figure=round.received&kind=1")]), Row("乙", [Cell(1)]), Row("合计", [Cell(4)])]
    return Table("by_kind", "按性质", [Column("kind", "性质", "text"), Column("n", "件")], rows, ["注"], "n")


def test_what_is_stored_is_what_is_read() -> None:
    sections = [Section("overview", "总体", ["一句话。"], [table()]), Section("x", "y", [], [])]
    assert from_json(as_json(sections)) == sections


def test_the_picture_shows_the_rows_of_the_table_and_not_its_sum() -> None:
    assert [(bar.label, bar.value, bar.width) for bar in bars_of(table())] == [("甲", 3, 100), ("乙", 1, 33)]
    assert table().cell("乙", "n").value == 1
    with pytest.raises(KeyError):
        table().cell("丙", "n")
