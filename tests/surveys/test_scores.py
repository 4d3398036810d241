"""Every formula of satisfaction with its edges, as tables (FX-01 to FX-05, A-09 to A-13)."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys import presets
from surveys.document import Bands
from surveys.scores import QUOTAS, Score, band_of, level_of, quota, score_of

BANDS = Bands(satisfied=240, basic=210)


def _values(*counts: int) -> list[Decimal | None]:
    """n5, n4, ... n1 answers."""
    return [Decimal(5 - level) for level, count in enumerate(counts) for _ in range(count)]


@pytest.mark.req("SUR-23", "SUR-24")
@pytest.mark.parametrize(
    ("counts", "total", "mean", "index", "rate"),
    [
        ((1, 0, 0, 0, 0), "5", "5.00", "100.00", "100.00"),
        ((0, 0, 0, 0, 1), "1", "1.00", "20.00", "0.00"),
        ((0, 1, 0, 0, 0), "4", "4.00", "80.00", "100.00"),
        ((0, 0, 1, 0, 0), "3", "3.00", "60.00", "0.00"),
        ((1, 1, 1, 1, 1), "15", "3.00", "60.00", "40.00"),
        ((10, 5, 3, 1, 1), "82", "4.10", "82.00", "75.00"),
        ((100, 50, 30, 10, 10), "820", "4.10", "82.00", "75.00"),  # ten times the total, the same index
        ((1, 0, 0, 0, 2), "7", "2.33", "46.67", "33.33"),
        ((2, 0, 0, 0, 1), "11", "3.67", "73.33", "66.67"),
        ((0, 1, 7, 0, 0), "25", "3.13", "62.50", "12.50"),  # 3.125: halves go up
    ],
)
def test_raw_total_mean_index_and_rate(counts: tuple[int, ...], total: str, mean: str, index: str, rate: str) -> None:
    score = score_of(_values(*counts))
    assert score.total == Decimal(total)
    assert (str(score.mean), str(score.index), str(score.rate)) == (mean, index, rate)


@pytest.mark.req("SUR-23")
def test_blank_answers_are_not_counted() -> None:
    with_blanks = score_of([None, Decimal(5), None, Decimal(2), None])
    assert with_blanks == score_of([Decimal(5), Decimal(2)])
    assert with_blanks.answers == 2


@pytest.mark.req("SUR-23")
@pytest.mark.parametrize("values", [[], [None], [None, None]])
def test_without_an_answer_there_is_no_mean_no_index_and_no_rate(values: list[Decimal | None]) -> None:
    score = score_of(values)
    assert score == Score()
    assert score.mean is score.index is score.rate is None


@pytest.mark.req("SUR-24", "FX-03", "A-11")
@pytest.mark.parametrize(
    ("value", "threshold", "satisfied"),
    [("4", "4", 1), ("3.99", "4", 0), ("4.01", "4", 1), ("5", "5", 1), ("4.99", "5", 0), ("3", "3", 1)],
)
def test_the_threshold_of_the_rate_counts_as_satisfied(value: str, threshold: str, satisfied: int) -> None:
    assert score_of([Decimal(value)], satisfied_from=Decimal(threshold)).satisfied == satisfied


@pytest.mark.req("SUR-23")
@given(st.lists(st.sampled_from([None, *map(Decimal, range(1, 6))]), max_size=40))
def test_scores_add_up_to_the_score_of_all(values: list[Decimal | None]) -> None:
    half = len(values) // 2
    assert score_of(values[:half]) + score_of(values[half:]) == score_of(values)
    found = [value for value in values if value is not None]
    assert score_of(values).total == sum(n * found.count(Decimal(n)) for n in range(1, 6))


@pytest.mark.req("SUR-22")
@pytest.mark.parametrize(
    ("value", "level"),
    [
        ("0", 1), ("0.17", 1), ("1", 1), ("1.49", 1), ("1.5", 2), ("2", 2), ("2.49", 2), ("2.5", 3), ("3.33", 3),
        ("3.5", 4), ("4.17", 4), ("4.49", 4), ("4.5", 5), ("5", 5),
    ],
)  # fmt: skip
def test_an_answer_between_two_levels_is_counted_with_the_nearer(value: str, level: int) -> None:
    assert level_of(Decimal(value)) == level


@pytest.mark.req("SUR-22")
@pytest.mark.parametrize(
    ("points", "value"), [("30", 5), ("24", 4), ("21", "3.5"), ("18", 3), ("12", 2), ("6", 1), ("3", "0.5"), ("0", 0)]
)
def test_points_are_converted_to_five(points: str, value: str | int) -> None:
    asks = presets.POINTS_300
    assert asks.value_of(asks.items[0], points) == Decimal(value)


@pytest.mark.req("SUR-25", "FX-04", "A-10")
@pytest.mark.system("S53")
@pytest.mark.gate(20)
@pytest.mark.parametrize(
    ("points", "band"),
    [
        ("300", "satisfied"), ("241", "satisfied"), ("240", "satisfied"), ("239.99", "basic"), ("239", "basic"),
        ("211", "basic"), ("210", "basic"), ("209.99", "dissatisfied"), ("209", "dissatisfied"), ("0", "dissatisfied"),
    ],
)  # fmt: skip
def test_the_bands_of_the_form_with_300_points(points: str, band: str) -> None:
    assert band_of(Decimal(points), BANDS) == band


@pytest.mark.req("SUR-14")
@pytest.mark.system("S48")
@pytest.mark.gate(18)
@pytest.mark.parametrize(
    ("level", "closed", "required"),
    [
        ("P4", 0, 0), ("P4", 1, 1), ("P4", 20, 1), ("P4", 21, 2), ("P4", 40, 2), ("P4", 41, 3),
        ("P3", 1, 1), ("P3", 5, 1), ("P3", 6, 2), ("P3", 10, 2),
        ("P2", 1, 1), ("P2", 2, 1), ("P2", 3, 2), ("P2", 100, 50), ("P2", 101, 51),
        ("P1", 1, 1), ("P1", 4, 4), ("P1", 5, 4), ("P1", 6, 5), ("P1", 10, 8), ("P1", 100, 80),
    ],
)  # fmt: skip
def test_the_callback_quota_is_rounded_up(level: str, closed: int, required: int) -> None:
    assert quota(closed, QUOTAS[level]) == required


@pytest.mark.req("SUR-14")
@given(st.integers(0, 10**7), st.integers(0, 100))
def test_a_quota_is_the_least_whole_number_that_reaches_its_share(closed: int, percent: int) -> None:
    found = quota(closed, percent)
    assert Fraction(found) >= Fraction(closed * percent, 100) > Fraction(found - 1)


@pytest.mark.req("SUR-14")
def test_a_quota_with_a_fraction_of_a_per_cent_is_exact() -> None:
    assert quota(1000, Decimal("0.1")) == 1
    assert quota(1001, Decimal("0.1")) == 2
    assert quota(10, Decimal("33.3")) == 4
