"""The whole life of a case through its actions."""

import pytest

from audit.exceptions import Blocked
from cases.actions import closure
from cases.models import Case, CaseClock
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
