"""Samples, what they say, and whether that is what was promised. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

#: Lists and searches: this, or so many times the bare page of the same reader.
LIST_MS, LIST_FACTOR = 40.0, 4.0
CASE_MS, CREATE_MS, COUNTERS_MS = 60.0, 40.0, 40.0
#: The same page with ten times the cases.
GROWTH = 1.5
#: Differences below this are the clock's, not the database's.
NOISE_MS = 2.0


def percentile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that so large a share of them does not exceed (nearest rank)."""
    if not samples:
        raise ValueError("no samples")
    return sorted(samples)[max(0, math.ceil(len(samples) * share) - 1)]


@dataclass
class Figure:
    """One thing measured for one reader.

    Attributes:
        what: "newest 25", "search 质量", "create by form".
        reader: who asked; "" where it does not matter.
        cpu_ms: what the servers spent on a processor for it, median; tells a slow page from a busy machine.
        limit_ms: what the median may be at most; None where nothing was promised.
        note: what a reader of the figures should know.
    """

    what: str
    reader: str
    median_ms: float
    p95_ms: float
    samples: int
    limit_ms: float | None = None
    cpu_ms: float | None = None
    note: str = ""

    @classmethod
    def of(
        cls, what: str, reader: str, samples: Sequence[float], *, cpu: Sequence[float] = (), note: str = ""
    ) -> Figure:
        """From seconds."""
        milliseconds = [sample * 1000 for sample in samples]
        figure = cls(what, reader, statistics.median(milliseconds), percentile(milliseconds, 0.95), len(samples))
        figure.cpu_ms = statistics.median(cpu) * 1000 if cpu else None
        figure.note = note
        return figure

    @property
    def key(self) -> tuple[str, str]:
        """What it is compared under."""
        return self.what, self.reader

    @property
    def holds(self) -> bool | None:
        """Whether the promise was kept; None where there was none."""
        return None if self.limit_ms is None else self.median_ms <= self.limit_ms


@dataclass
class Run:
    """All figures of one database."""

    cases: int
    figures: list[Figure] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def find(self, what: str, reader: str) -> Figure | None:
        """One of them."""
        return next((figure for figure in self.figures if figure.key == (what, reader)), None)

    def as_json(self) -> dict[str, Any]:
        """For the next program."""
        return {"cases": self.cases, "facts": self.facts, "figures": [asdict(figure) for figure in self.figures]}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Run:
        """Back again."""
        return cls(value["cases"], [Figure(**figure) for figure in value["figures"]], value["facts"])


def list_limit(page_ms: float) -> float:
    """What a list or search may take where a bare page takes so long."""
    return max(LIST_MS, LIST_FACTOR * page_ms)


@dataclass(frozen=True)
class Growth:
    """One page in two databases."""

    what: str
    reader: str
    small_ms: float
    large_ms: float

    @property
    def ratio(self) -> float:
        """How many times as long the larger one takes."""
        return self.large_ms / self.small_ms

    @property
    def holds(self) -> bool:
        """Flat enough; a difference within the noise of the clock is none."""
        return self.ratio <= GROWTH or self.large_ms - self.small_ms <= NOISE_MS


def growth(small: Run, large: Run, *, only: Iterable[str]) -> list[Growth]:
    """The lists and searches of both, side by side."""
    wanted = set(only)
    found = []
    for figure in large.figures:
        other = small.find(*figure.key)
        if figure.what in wanted and other:
            found.append(Growth(figure.what, figure.reader, other.median_ms, figure.median_ms))
    return found


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Markdown, so that it goes into docs/benchmarks.md as it is printed."""
    lines = [f"| {' | '.join(header)} |", "|" + "|".join("---" if n < 2 else "--:" for n in range(len(header))) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def verdict(holds: bool | None) -> str:
    """One word for the last column."""
    return "" if holds is None else ("yes" if holds else "**no**")


def report(run: Run) -> str:
    """The figures of one database as a table."""
    rows = [
        (
            figure.what,
            figure.reader,
            f"{figure.median_ms:.1f}",
            f"{figure.p95_ms:.1f}",
            "" if figure.cpu_ms is None else f"{figure.cpu_ms:.1f}",
            "" if figure.limit_ms is None else f"{figure.limit_ms:.0f}",
            verdict(figure.holds),
            figure.note,
        )
        for figure in run.figures
    ]
    return table(("what", "reader", "median ms", "p95 ms", "CPU ms", "limit ms", "holds", "note"), rows)


def growth_report(found: Sequence[Growth]) -> str:
    """Two databases as a table."""
    rows = [
        (g.what, g.reader, f"{g.small_ms:.1f}", f"{g.large_ms:.1f}", f"{g.ratio:.2f}", verdict(g.holds)) for g in found
    ]
    return table(("what", "reader", "small, median ms", "large, median ms", "ratio", "holds"), rows)
