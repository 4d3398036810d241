"""Where a profile's limits begin and end: at the events that they name."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cases.actions import assignment, closure, investigation
from cases.actions.assignment import Reclassification
from cases.actions.intake import Classification
from cases.models import Case, CaseClock
from feedback_system.presets import PROFILE
from feedback_system.profile_words import describe
from regulations import profiles
from regulations.models import Profile
from tests import world as w
from tests.cases.desk import Person
from tests.world import World


def publish(world: World, clock: str, **values: Any) -> None:
    """Let new cases have the preset with one limit changed; ``kinds`` keeps the rest as it was for the others."""
    body: dict[str, Any] = copy.deepcopy(PROFILE)
    limits = body["times"]["limits"]
    rule = next(limit for limit in limits if limit["clock"] == clock)
    if "kinds" in values:
        limits.insert(0, rule | values)
    else:
        rule.update(values)
    profiles.publish(Profile.objects.get(), body, by=world.actor("administrator"), reason="试行")


def clocks_of(case: Case, kind: str) -> list[CaseClock]:
    return list(CaseClock.objects.filter(case=case, kind=kind).order_by("pk"))


@pytest.mark.req("SLA-01", "A-05")
def test_a_limit_from_acknowledgement_starts_with_it(world: World) -> None:
    publish(world, "resolution", start="acknowledged")
    case = w.log_call(world, received_at=timezone.now() - timedelta(hours=6))
    assert clocks_of(case, "resolution") == []
    assert case.next_due_kind == "acknowledgement"
    given = Classification(category=world.category(), priority=1)
    case = assignment.acknowledge_case(case, by=world.actor("agent"), classification=given)
    [resolution] = clocks_of(case, "resolution")
    assert resolution.started_at == case.acknowledged_at
    assert case.next_due_kind == "resolution"


@pytest.mark.req("SLA-01", "SLA-06", "A-05")
def test_a_visit_planned_before_a_limit_from_acknowledgement_waits_for_it(world: World) -> None:
    publish(world, "on_site", start="acknowledged")
    case = w.log_call(world, received_at=timezone.now() - timedelta(hours=6))
    investigation.plan_visit(case, investigation.VisitPlan("客户要求"), by=world.actor("agent"))
    assert clocks_of(case, "on_site") == []
    given = Classification(category=world.category(), priority=1)
    case = assignment.acknowledge_case(Case.objects.get(pk=case.pk), by=world.actor("agent"), classification=given)
    [on_site] = clocks_of(case, "on_site")
    assert on_site.started_at == case.acknowledged_at


@pytest.mark.req("SLA-01", "SLA-07")
@pytest.mark.parametrize(("end", "after_reply"), [("replied", False), ("closed", True)])
def test_the_resolution_runs_until_the_event_that_its_limit_names(world: World, end: str, after_reply: bool) -> None:
    publish(world, "resolution", end=end)
    case = w.satisfied(world)
    assert clocks_of(case, "resolution")[0].is_running is after_reply
    closure.close_case(case, by=world.actor("agent"), outcome="settled", summary=w.SUMMARY)
    assert clocks_of(case, "resolution")[0].state == "met"


@pytest.mark.req("SLA-01", "CLS-17", "A-20")
def test_a_kind_with_a_limit_of_its_own_starts_its_clock_when_the_case_becomes_one(world: World) -> None:
    publish(world, "resolution", kinds=["suggestion"], start="acknowledged")
    case = w.log_call(world, kind="suggestion")
    assert clocks_of(case, "resolution") == []
    change = Reclassification(Classification(), kind=world.kind("complaint"))
    assignment.classify_case(case, change, by=world.actor("agent"))
    [resolution] = clocks_of(case, "resolution")
    assert resolution.started_at == case.received_at


@pytest.mark.req("SLA-01", "A-05", "INT-08")
def test_the_form_shows_only_the_due_times_that_a_registration_would_bring(world: World) -> None:
    publish(world, "resolution", start="acknowledged")
    client = Person(world, "agent").client
    asked = {"kind": "complaint", "channel": "phone"}
    assert "办结" not in client.get("/cases/log/due/", asked).content.decode()
    assert "办结" in client.get("/cases/log/due/", asked | {"acknowledge": "on"}).content.decode()


@pytest.mark.req("SLA-01", "A-02")
def test_the_regulations_page_says_from_when_until_when_and_whether_a_day_off_counts(world: World) -> None:
    body: dict[str, Any] = copy.deepcopy(PROFILE)
    body["times"]["limits"][2] |= {"amount": 10, "unit": "calendar_days", "end": "closed", "move_off_holidays": False}
    rows = dict(next(section for section in describe(body) if section.code == "limits").rows)
    assert rows["办结"].startswith("10 天（最后一天遇休息日不顺延），从收到到结案")
