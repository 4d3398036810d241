"""What a profile's document may say, and what cannot be published."""

from __future__ import annotations

import copy
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from feedback_system.presets import PROFILE
from organization.presets import calendar_cn
from organization.working_time import WorkingCalendar
from regulations import deadlines, document

SHANGHAI = ZoneInfo("Asia/Shanghai")


def with_limit(name: str, /, **values: Any) -> dict[str, Any]:
    """The preset with one limit changed."""
    body: dict[str, Any] = copy.deepcopy(PROFILE)
    next(limit for limit in body["times"]["limits"] if limit["clock"] == name).update(values)
    return body


@pytest.mark.req("A-04")
@pytest.mark.parametrize("clock", ["acknowledgement", "on_site", "resolution", "receipt"])
def test_a_limit_without_its_number_cannot_be_published(clock: str) -> None:
    with pytest.raises(ValidationError, match="has no number"):
        document.parse(with_limit(clock, amount=None))


@pytest.mark.req("A-04", "SLA-18")
def test_only_what_a_person_states_at_dispatch_needs_no_number() -> None:
    limits = document.TimesPart.model_validate(with_limit("task", amount=None)["times"]).limits
    assert [limit.clock for limit in limits if limit.amount is None] == ["task"]


@pytest.mark.req("SLA-01")
@pytest.mark.parametrize(
    ("clock", "values"),
    [
        ("resolution", {"start": "sent"}),
        ("resolution", {"end": "arrived"}),
        ("acknowledgement", {"start": "yesterday"}),
        ("receipt", {"clock": "recipt"}),
    ],
)
def test_a_limit_runs_between_events_that_its_clock_knows(clock: str, values: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        document.parse(with_limit(clock, **values))


@pytest.mark.req("GEN-02")
def test_a_document_of_an_earlier_shape_is_still_read() -> None:
    body: dict[str, Any] = copy.deepcopy(PROFILE)
    body["times"]["reminder_minutes"] = 15
    body["cases"]["resolution_ends"] = "reply"
    assert document.parse(body) == document.parse(PROFILE)


@pytest.mark.req("A-02")
@pytest.mark.parametrize(("move", "last"), [(True, "11-23 17:30"), (False, "11-23 00:00")])
def test_whether_a_last_day_off_is_moved_is_said_by_the_limit(move: bool, last: str) -> None:
    hours = calendar_cn.STANDARD_HOURS
    cal = WorkingCalendar(SHANGHAI, (hours, hours, hours, hours, hours, (), ()), {}, calendar_cn.COMPLETE_THROUGH)
    body = with_limit("resolution", amount=2, unit="calendar_days", move_off_holidays=move)
    rule = document.TimesPart.model_validate(body["times"]).limits[2]
    friday = datetime(2026, 11, 20, 10, 0, tzinfo=SHANGHAI)
    assert f"{deadlines.due(cal, friday, rule).at.astimezone(SHANGHAI):%m-%d %H:%M}" == last


@pytest.mark.req("A-03")
def test_two_to_three_days_warn_after_two_and_end_after_three() -> None:
    rule = document.LimitRule(
        clock="resolution", amount=3, unit="calendar_days", start="received", end="replied", warn=2 / 3
    )
    monday = datetime(2026, 11, 16, 10, 0, tzinfo=SHANGHAI)
    three = monday + timedelta(days=3)
    assert deadlines.warned_at(monday, three, warn=rule.warn) == monday + timedelta(days=2)
