"""The formulas of satisfaction, pure (SUR-22 to SUR-25, FX-01 to FX-05, A-09 to A-13).

Every answer is counted on five levels: n5 answers of the best, ... n1 of the worst. Blank answers are not counted. An
answer between two levels (points, converted) stands in its total as what it is and is counted with the nearer level.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import ceil

from surveys.document import BEST, Bands

#: From this converted value an answer says "satisfied" (A-11).
SATISFIED_FROM = Decimal(4)
#: Up to this value it says "dissatisfied": each such item is rectified singly (SUR-27).
LOW_UP_TO = Decimal(2)
#: Share of the closed cases of a level that is called back (FX-05); per cent.
QUOTAS = {"P1": 80, "P2": 50, "P3": 20, "P4": 5}
_HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True)
class Score:
    """What some answers add up to.

    ``total`` is the raw total 5 n1 + ... of the regulation, which grows with their number and never compares groups;
    ``satisfied`` is how many say at least ``SATISFIED_FROM``.
    """

    answers: int = 0
    total: Decimal = Decimal(0)
    satisfied: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(self.answers + other.answers, self.total + other.total, self.satisfied + other.satisfied)

    @property
    def mean(self) -> Decimal | None:
        """S / N, from 1 to 5, to the hundredth; None without answers (A-09)."""
        return (self.total / self.answers).quantize(_HUNDREDTH, ROUND_HALF_UP) if self.answers else None

    @property
    def index(self) -> Decimal | None:
        """S / (5 N) in per cent, to the hundredth: what compares (A-09)."""
        return (100 * self.total / (BEST * self.answers)).quantize(_HUNDREDTH, ROUND_HALF_UP) if self.answers else None

    @property
    def rate(self) -> Decimal | None:
        """The satisfaction rate 满意率 in per cent, to the hundredth (FX-03, A-11)."""
        return (
            (100 * Decimal(self.satisfied) / self.answers).quantize(_HUNDREDTH, ROUND_HALF_UP) if self.answers else None
        )


def score_of(values: Iterable[Decimal | None], *, satisfied_from: Decimal = SATISFIED_FROM) -> Score:
    """The score of single answers; None is blank and not counted (A-09)."""
    found = [value for value in values if value is not None]
    return Score(len(found), sum(found, Decimal(0)), sum(value >= satisfied_from for value in found))


def level_of(value: Decimal) -> int:
    """With which of the five levels an answer is counted: the nearer one, the better of two equally near (SUR-22)."""
    return min(BEST, max(1, int(value.quantize(Decimal(1), ROUND_HALF_UP))))


def band_of(points: Decimal, bands: Bands) -> str:
    """The grade of a form: "satisfied", "basic" or "dissatisfied" (SUR-25, A-10, hard gate 20).

    240 is satisfied, 239 basically, 210 basically, 209 not.
    """
    if points >= bands.satisfied:
        return "satisfied"
    return "basic" if points >= bands.basic else "dissatisfied"


def quota(closed: int, percent: int | Decimal) -> int:
    """How many of so many closed cases are called back, rounded up (SUR-14, FX-05, hard gate 18).

    Exact whatever the numbers: 1 case at 5 % is 1, 20 are 1, 21 are 2.
    """
    return ceil(Fraction(closed) * Fraction(percent) / 100)
