"""A deputy acts in the place in which the act succeeds; page, desk and request agree (ORG-15)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import Event
from cases.actions import closure, measures
from cases.models import Case, Measure
from cases.queries.desk import desk_of
from cases.queries.moves import Offer
from organization.models import Deputy
from organization.queries import identity_of
from regulations import approvals
from tests import world as w
from tests.cases.desk import Person, fresh
from tests.world import World


def deputises(world: World, deputy: str, principal: str) -> None:
    now = timezone.now()
    Deputy.objects.create(
        principal=world.users[principal],
        deputy=world.users[deputy],
        starts_at=now - timedelta(days=1),
        ends_at=now + timedelta(days=1),
    )


def button(person: Person, case: Case, part: str, act: str) -> Offer:
    return next(offer for offer in person.offers(fresh(case)).parts[part] if offer.name == act)


def acted_for(case: Case, verb: str) -> int | None:
    return Event.objects.filter(thread=case.thread, verb=verb).latest("seq").deputy_for


@pytest.mark.req("ORG-15", "RTE-23")
def test_a_head_answers_a_demand_in_the_place_of_the_general_manager(world: World) -> None:
    case = w.received(world)
    closure.escalate(case, by=world.actor("agent"), demand="要求总经理答复")
    row = case.escalations.get()
    row.above_rank = 3
    row.save()
    head = Person(world, "production_head")
    assert button(head, case, f"escalations:{row.pk}", "answer_escalation").reasons
    deputises(world, "production_head", "general_manager")
    assert not button(head, case, f"escalations:{row.pk}", "answer_escalation").reasons
    assert [task.anchor for task in desk_of(world.production_head, identity_of(world.production_head)).decide or []]
    case = head.did(case, "answer_escalation", {"answer": "同意换机"}, part=row)
    assert acted_for(case, "answer_escalation") == world.general_manager.pk


@pytest.mark.req("ORG-15", "CAP-03")
def test_who_deputises_for_the_implementer_verifies_in_the_own_right(world: World) -> None:
    case = w.received(world)
    plan = measures.Plan("corrective", "复检", world.quality, world.representative, w.tomorrow())
    row = measures.plan_measure(case, plan, by=world.actor("production_head"))
    measures.complete_measure(row, measures.Completion("记录"), by=world.actor("representative"))
    deputises(world, "quality_handler", "representative")
    handler = Person(world, "quality_handler")
    assert not button(handler, case, f"measures:{row.pk}", "verify_measure").reasons
    assert desk_of(world.quality_handler, identity_of(world.quality_handler)).verify
    case = handler.did(case, "verify_measure", {"effective": "yes", "method": "抽检"}, part=row)
    assert Measure.objects.get(pk=row.pk).state == "verified"
    assert acted_for(case, "verify_measure") is None


@pytest.mark.req("ORG-15", "CAP-03")
def test_who_can_verify_only_in_the_implementers_place_is_told_so_before_the_click(world: World) -> None:
    case = w.received(world)
    plan = measures.Plan("corrective", "复检", world.quality, world.quality_handler, w.tomorrow())
    row = measures.plan_measure(case, plan, by=world.actor("production_head"))
    measures.complete_measure(row, measures.Completion("记录"), by=world.actor("quality_handler"))
    deputises(world, "production_handler", "quality_handler")
    handler = Person(world, "production_handler")
    assert button(handler, case, f"measures:{row.pk}", "verify_measure").reasons
    assert not desk_of(world.production_handler, identity_of(world.production_handler)).verify
    assert handler.do(case, "verify_measure", {"effective": "yes", "method": "x"}, part=row).status_code == 422


@pytest.mark.req("ORG-15")
def test_a_deputy_of_the_asker_and_of_another_decides_in_the_others_place(world: World) -> None:
    case = w.replied(world)
    approval = approvals.ask(
        approvals.Question(case.thread, "close_unsatisfied:1", ("approve_explained",), "已说明", case.number),
        by=world.actor("manager"),
        at=timezone.now(),
    )
    deputises(world, "agent", "manager")
    agent = Person(world, "agent")
    assert button(agent, case, f"approvals:{approval.pk}", "decide_approval").reasons
    assert not desk_of(world.agent, identity_of(world.agent)).decide
    deputises(world, "agent", "general_manager")
    assert not button(agent, case, f"approvals:{approval.pk}", "decide_approval").reasons
    assert desk_of(world.agent, identity_of(world.agent)).decide
    case = agent.did(case, "decide_approval", {"granted": "yes"}, part=approval)
    assert acted_for(case, "decide_approval") == world.general_manager.pk
