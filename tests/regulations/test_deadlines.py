"""Which alerts a clock has come to: each rung once, in order, also where the sweep is late (SLA-04)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from regulations import deadlines
from regulations.document import LadderStep, TimesPart

START = datetime(2026, 3, 2, 1, tzinfo=UTC)
DUE = START + timedelta(hours=10)
TIMES = TimesPart(
    calendar="", limits=(), ladder=(LadderStep(to="owner", after_minutes=0), LadderStep(to="head", after_minutes=240))
)


@pytest.mark.req("SLA-04")
@pytest.mark.parametrize(
    ("level", "hours", "told", "next_hours"),
    [
        (0, 8, ["warning"], 10),
        (0, 20, ["warning", "owner", "head"], None),
        (1, 10, ["owner"], 14),
        (2, 14, ["head"], None),
        (3, 30, [], None),
    ],
)
def test_a_late_sweep_catches_up_in_order(level: int, hours: int, told: list[str], next_hours: int | None) -> None:
    found = deadlines.passed(level, START, DUE, warn=0.8, times=TIMES, now=START + timedelta(hours=hours))
    assert [rung.level for rung in found.rungs] == told
    assert found.next_at == (None if next_hours is None else START + timedelta(hours=next_hours))
