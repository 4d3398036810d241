"""Who reads a case: the department or only its own people, its heads, quality."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from cases.actions import assignment, closure, correction
from cases.actions.intake import Classification
from cases.models import Case
from feedback_system.presets import PROFILE
from organization.queries import identity_of
from regulations import profiles
from regulations.models import Profile
from tests import world as w
from tests.cases.desk import Person
from tests.world import World


def reads(world: World, name: str, case: Case) -> bool:
    return Case.objects.filter(pk=case.pk).visible_to(identity_of(world.users[name])).exists()


@pytest.fixture
def own_only(world: World) -> World:
    """The regulations let colleagues of a department read only what is theirs."""
    body: dict[str, Any] = copy.deepcopy(PROFILE)
    body["cases"]["department_reads_own_only"] = True
    profiles.publish(Profile.objects.get(), body, by=world.actor("administrator"), reason="试行")
    return world


@pytest.mark.req("RTE-13", "SEC-01")
def test_only_their_own_takes_the_case_from_colleagues_and_not_from_the_head(own_only: World) -> None:
    case = w.received(own_only)
    assignment.pass_on(
        case.assignments.get(), by=own_only.actor("production_head"), to=own_only.workshop_handler, note="请接手"
    )
    assignment.take(case.assignments.get(), by=own_only.actor("workshop_handler"))
    assert reads(own_only, "workshop_handler", case)
    assert reads(own_only, "production_head", case)
    assert not reads(own_only, "production_handler", case)
    head = Person(own_only, "production_head")
    assert "周慧" in head.see(case).content.decode()  # the contact, too
    assert case in set(Case.objects.visible_to(identity_of(own_only.production_head)))
    assert case.number in head.client.get("/cases/?department=production").content.decode()
    assert head.open(case, "pass_on", case.assignments.get()).status_code == 200


@pytest.mark.req("SEC-01")
def test_until_somebody_receives_it_the_whole_department_reads_it(own_only: World) -> None:
    assert reads(own_only, "production_handler", w.dispatched(own_only))


@pytest.mark.req("SEC-01")
def test_quality_reads_a_complaint_from_acknowledged_on(world: World) -> None:
    assert not reads(world, "quality_handler", w.log_call(world))
    assert reads(world, "quality_handler", w.acknowledged(world))


@pytest.mark.req("SEC-01")
def test_quality_does_not_read_what_was_declined_or_ended_before_it_was_acknowledged(world: World) -> None:
    declined, withdrawn = w.log_call(world), w.log_call(world)
    assignment.decline_case(declined, by=world.actor("agent"), reason="不属本公司", reply="请联系厂家")
    end = closure.ShortEnd("withdrawn", "误打", proof="客户本人来电")
    closure.close_short(withdrawn, end, by=world.actor("agent"))
    assert not reads(world, "quality_handler", declined)
    assert not reads(world, "quality_handler", withdrawn)
    given = Classification(category=world.category(), priority=1)
    closure.reopen_case(
        Case.objects.get(pk=declined.pk), by=world.actor("agent"), reason="属本公司", classification=given
    )
    assert reads(world, "quality_handler", declined)


@pytest.mark.req("SEC-01")
def test_a_complaint_that_waits_for_more_is_read_by_quality_once_it_was_acknowledged(world: World) -> None:
    early, late = w.log_call(world), w.acknowledged(world)
    for case in (early, late):
        correction.ask_completion(case, by=world.actor("agent"), missing="请补充照片")
    assert not reads(world, "quality_handler", early)
    assert reads(world, "quality_handler", late)
