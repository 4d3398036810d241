"""The whole life of a case through its actions."""

import pytest

from audit.exceptions import Blocked
from cases.access import get_assignment, get_case
from cases.actions import assignment, closure
from cases.models import Case, CaseClock
from organization.queries import identity_of
from tests import world as w
from tests.world import World


@pytest.mark.req("RES-20", "RES-11", "RES-12")
def test_a_complaint_walks_from_the_call_to_the_archive(world: World) -> None:
    case = w.closed(world)
    assert case.state == "closed"
    assert case.outcome == "settled"
    closure.archive_case(case, by=world.actor("agent"))
    assert Case.objects.get(pk=case.pk).state == "archived"
    states = {clock.kind: clock.state for clock in CaseClock.objects.filter(case=case)}
    assert states == {"acknowledgement": "met", "resolution": "met", "receipt": "met", "task": "met"}


@pytest.mark.gate(4)
def test_a_case_without_reply_is_not_closed(world: World) -> None:
    case = w.handled(world)
    with pytest.raises(Blocked) as refused:
        closure.close_case(case, by=world.actor("agent"), outcome="settled", summary=w.SUMMARY)
    assert {r.code for r in refused.value.reasons} >= {"no_reply"}


@pytest.mark.req("RTE-13")
def test_work_passed_to_a_department_below_can_be_read_and_taken_there(world: World) -> None:
    case = w.received(world)
    row = case.assignments.get()
    assert not Case.objects.visible_to(identity_of(world.workshop_handler)).exists()
    assignment.pass_on(row, by=world.actor("production_head"), to=world.workshop_handler, note="请处理焊机")
    access = get_case(world.workshop_handler, case.number, "take")
    assignment.take(get_assignment(access, row.pk, "take"), by=world.actor("workshop_handler"))
    assert Case.objects.get(pk=case.pk).owner == world.workshop_handler
