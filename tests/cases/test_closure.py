"""Closing with every outcome, escalation, reopening, archive; enquiries on one screen."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import ProtectedError
from django.test import Client
from django.utils import timezone

from audit.actor import Actor
from audit.exceptions import Blocked, InvalidInput, InvalidMove
from audit.models import Event
from cases.actions import closure, measures, reply
from cases.models import Case, CaseClock, Escalation, Measure, Round
from cases.queries.closure import closing_facts
from notifications.models import Message
from organization.models import User
from regulations.models import Approval
from tests import world as w
from tests.cases.desk import Person, fresh
from tests.world import World

CLOSE = {
    "outcome": "settled",
    "course": "客户来电",
    "cause": "焊接电流偏低",
    "decision": "换新机",
    "lesson": "每班点检",
}


# --- Settled ----------------------------------------------------------------------------------------------


@pytest.mark.req("RES-11", "RES-12", "RES-20")
def test_a_handled_complaint_closes_with_its_summary(world: World) -> None:
    case = w.satisfied(world)
    hub = Person(world, "agent")
    assert hub.primary(case) == "close"
    assert hub.do(case, "close", {"outcome": "settled"}).status_code == 422
    case = hub.did(case, "close", CLOSE)
    round_ = case.rounds.get()
    assert (case.state, case.outcome, round_.outcome, round_.closed_by) == ("closed", "settled", "settled", world.agent)
    assert (round_.course, round_.cause, round_.decision, round_.lesson) == (
        "客户来电", "焊接电流偏低", "换新机", "每班点检",
    )  # fmt: skip
    assert round_.closed_at == case.closed_at


@pytest.mark.req("RES-12")
@pytest.mark.parametrize("part", ["course", "cause", "decision", "lesson"])
def test_a_summary_has_four_parts(world: World, part: str) -> None:
    answer = Person(world, "agent").do(w.satisfied(world), "close", CLOSE | {part: " "})
    assert answer.status_code == 422
    assert "总结" in answer.content.decode()


@pytest.mark.req("RES-11")
@pytest.mark.gate(4)
@pytest.mark.parametrize("stage", ["log_call", "acknowledged", "dispatched", "received", "handled", "replied"])
def test_before_its_end_a_complaint_does_not_close_as_settled(world: World, stage: str) -> None:
    case = getattr(w, stage)(world)
    answer = Person(world, "agent").do(case, "close", CLOSE)
    assert answer.status_code == 422
    with pytest.raises(Blocked):
        closure.close_case(fresh(case), by=world.actor("agent"), outcome="settled", summary=w.SUMMARY)
    assert fresh(case).state == case.state


@pytest.mark.req("RES-11")
def test_the_page_lists_what_is_missing_before_the_click(world: World) -> None:
    case = w.handled(world)
    hub = Person(world, "agent")
    offer = hub.offered(case)["close"]
    assert offer.reasons == ("尚未给客户最终答复。", "尚未征求客户意见。", "客户尚未回应。")
    page = hub.text(case)
    assert "结案 · 还差 3 项" in page
    assert "事实已查明" in page


@pytest.mark.gate(4)
@pytest.mark.parametrize("outcome", ["imported", "declined", "reopened", "", "x"])
def test_no_form_and_no_action_closes_with_an_outcome_that_is_not_a_persons_choice(world: World, outcome: str) -> None:
    case = w.satisfied(world)
    assert Person(world, "agent").do(case, "close", CLOSE | {"outcome": outcome, "reason": "x"}).status_code == 422
    with pytest.raises(InvalidInput):
        closure.close_case(fresh(case), by=world.actor("agent"), outcome=outcome, summary=w.SUMMARY)
    with pytest.raises(InvalidInput):
        closure.close_short(fresh(case), closure.ShortEnd(outcome, "x"), by=world.actor("agent"))


def test_a_hold_keeps_the_case_open_until_it_is_released(world: World) -> None:
    case = w.satisfied(world)
    hold = closure.open_hold(case, by=world.actor("agent"), kind="return", label="退货未完成")
    assert "尚未完成：退货未完成" in Person(world, "agent").text(case)
    closure.release_hold(hold, by=world.actor("agent"))
    assert Person(world, "agent").did(case, "close", CLOSE).state == "closed"


@pytest.mark.req("SLA-04")
def test_a_missed_limit_needs_its_reason_before_closing(world: World) -> None:
    case = w.satisfied(world)
    clock = CaseClock.objects.get(case=case, kind="resolution")
    CaseClock.objects.filter(pk=clock.pk).update(breached_at=clock.first_due_at)
    hub = Person(world, "agent")
    assert hub.do(case, "close", CLOSE).status_code == 422
    assert [o.name for o in hub.offers(case).parts[f"clocks:{clock.pk}"]] == ["give_breach_reason"]
    case = hub.did(case, "give_breach_reason", {"reason": "等新机到库"}, part=clock)
    assert "等新机到库" in hub.text(case)
    assert hub.did(case, "close", CLOSE).state == "closed"


# --- Unsatisfied, no answer -----------------------------------------------------------------------------------


@pytest.mark.req("RES-08", "A-26")
def test_closing_as_explained_needs_a_managers_approval_with_its_reason(world: World) -> None:
    case = w.replied(world)
    hub, manager = Person(world, "agent"), Person(world, "manager")
    case = hub.did(case, "record_opinion", {"satisfied": "no", "way": "phone", "remark": "要求双倍赔偿"})
    explained = CLOSE | {"outcome": "unsatisfied_explained"}
    assert hub.do(case, "close", explained).status_code == 422
    assert hub.do(case, "ask_explained", {"reason": ""}).status_code == 422
    case = hub.did(case, "ask_explained", {"reason": "已两次说明法定标准"})
    asked = Approval.objects.get()
    assert hub.do(case, "decide_approval", {"granted": "yes"}, part=asked).status_code == 403
    case = manager.did(case, "decide_approval", {"granted": "yes", "opinion": "同意"}, part=asked)
    assert hub.did(case, "close", explained).outcome == "unsatisfied_explained"


@pytest.mark.req("A-26")
def test_no_answer_closes_only_after_the_attempts_that_the_profile_asks(world: World) -> None:
    case = w.replied(world)
    hub = Person(world, "agent")
    unanswered = CLOSE | {"outcome": "no_answer"}
    for tries in range(1, 4):
        case = hub.did(case, "ask_opinion", {"way": "phone", "result": "无人接听"})
        _days_apart(case)
        answer = hub.do(case, "close", unanswered)
        assert answer.status_code == (302 if tries == 3 else 422)
    assert fresh(case).outcome == "no_answer"


def _days_apart(case: Case) -> None:
    """As if the attempts so far had been made on the days before."""
    for ago, row in enumerate(case.opinion_requests.order_by("-pk")):
        case.opinion_requests.filter(pk=row.pk).update(at=timezone.now() - timedelta(days=ago))


@pytest.mark.req("A-26", "RES-07")
def test_attempts_in_a_row_count_as_one(world: World) -> None:
    case = w.replied(world)
    for _ in range(3):
        reply.ask_opinion(fresh(case), by=world.actor("agent"), way="phone")
    assert closing_facts(fresh(case)).tries == 1
    assert Person(world, "agent").do(case, "close", CLOSE | {"outcome": "no_answer"}).status_code == 422


@pytest.mark.req("A-26", "RES-07")
def test_an_attempt_in_writing_counts_only_when_it_went_out(world: World) -> None:
    case = w.replied(world)
    for _ in range(3):
        reply.ask_opinion(fresh(case), by=world.actor("agent"), way="link")
    _days_apart(case)
    assert closing_facts(fresh(case)).tries == 0
    Message.objects.filter(thread=case.thread, kind="opinion_asked").update(state="sent", sent_at=timezone.now())
    assert closing_facts(fresh(case)).tries == 3


@pytest.mark.req("RES-11")
@pytest.mark.gate(4)
def test_a_contact_that_was_given_cannot_be_taken_away_to_owe_no_answer(world: World) -> None:
    from cases.actions import correction

    case = w.handled(world)
    with pytest.raises(InvalidInput):
        correction.correct(case, {"reporter_phone": "", "contact_refused": True}, by=world.actor("agent"), reason="x")
    assert correction.correct(
        fresh(case), {"reporter_phone": "13900000000"}, by=world.actor("agent"), reason="号码有误"
    )
    assert fresh(case).has_contact


@pytest.mark.req("RES-11", "CAP-05")
@pytest.mark.gate(3)
def test_only_the_hubs_head_makes_a_complaint_into_a_kind_that_owes_less(world: World) -> None:
    case = w.replied(world)
    praise = {"kind": world.kind("praise").pk, "category": case.category_id, "urgency": "", "priority": 2}
    answer = Person(world, "agent").do(case, "classify", praise | {"reason": "客户很满意"})
    assert answer.status_code == 422
    assert "kind" in answer.context["form"].errors
    case = Person(world, "hub_head").did(case, "classify", praise | {"reason": "客户很满意"})
    assert case.kind.code == "praise"


def test_before_it_is_taken_on_a_kind_is_chosen_freely(world: World) -> None:
    case = w.log_call(world)
    praise = {"kind": world.kind("praise").pk, "category": world.category().pk, "urgency": "", "priority": 2}
    assert Person(world, "agent").did(case, "classify", praise).kind.code == "praise"


@pytest.mark.req("INT-19")
def test_what_became_a_complaint_after_dispatch_still_owes_its_verification(world: World) -> None:
    from cases.actions import assignment

    case = w.log_call(world, kind="service_request")
    given = closure.Classification(category=world.category(), urgency="important", priority=1)
    case = assignment.acknowledge_case(case, by=world.actor("agent"), classification=given)
    case = assignment.dispatch_case(case, w.task(world), by=world.actor("agent"))
    change = assignment.Reclassification(closure.Classification(), world.kind("complaint"), "其实是投诉")
    case = assignment.classify_case(case, change, by=world.actor("agent"))
    assert closing_facts(case).verification_owed
    assert "尚未核实真实性。" in Person(world, "agent").offered(case)["close"].reasons
    assignment.verify_case(case, by=world.actor("agent"), result="partly", basis="照片")
    assert not closing_facts(fresh(case)).verification_owed


def test_after_all_attempts_the_page_proposes_no_answer(world: World) -> None:
    case = w.replied(world)
    for _ in range(3):
        reply.ask_opinion(fresh(case), by=world.actor("agent"), way="phone")
    _days_apart(case)
    hub = Person(world, "agent")
    assert hub.offered(case)["close"].reasons == ()
    assert hub.open(case, "close").context["form"].fields["outcome"].initial == "no_answer"


# --- Withdrawn, duplicate, invalid --------------------------------------------------------------------------------


def test_withdrawn_needs_who_said_it_and_when(world: World) -> None:
    case = w.received(world)
    hub = Person(world, "agent")
    data = {"outcome": "withdrawn", "reason": "已自行修好"}
    assert hub.do(case, "close", data).status_code == 422
    case = hub.did(case, "close", data | {"proof": "周慧本人 11-21 来电"})
    assert (case.outcome, case.assignments.get().state) == ("withdrawn", "cancelled")
    assert not CaseClock.objects.filter(case=case).running().exists()  # type: ignore[attr-defined]


def test_a_duplicate_names_another_case_that_is_no_duplicate_itself(world: World) -> None:
    first, second, third = w.log_call(world), w.log_call(world), w.log_call(world)
    hub = Person(world, "agent")
    data = {"outcome": "duplicate", "reason": "同一件事"}
    for wrong in ("", second.number, "2026-999999", "../../etc", "\x00"):
        assert hub.do(second, "close", data | {"duplicate_of": wrong}).status_code == 422
    second = hub.did(second, "close", data | {"duplicate_of": first.number})
    assert second.duplicate_of == first
    assert hub.do(third, "close", data | {"duplicate_of": second.number}).status_code == 422
    assert "本件是它的重复件" in hub.text(second)
    assert "本件的重复件" in hub.text(first)


@pytest.mark.gate(5)
def test_a_case_that_the_person_may_not_see_is_named_like_an_absent_one(world: World) -> None:
    from cases.actions import recusal

    hidden, case = w.log_call(world), w.log_call(world)
    recusal.accuse(hidden, (world.agent2,), by=world.actor("agent"), reason="被投诉")
    person = Person(world, "agent2")
    answers = [
        person.do(case, "close", {"outcome": "duplicate", "reason": "x", "duplicate_of": number})
        for number in (hidden.number, "2026-999999")
    ]
    errors = [answer.context["form"].errors["duplicate_of"] for answer in answers]
    assert errors[0] == errors[1] == ["没有这个编号的案件，请核对。"]


def test_invalid_is_confirmed_by_the_hubs_head(world: World) -> None:
    case = w.log_call(world)
    data = {"outcome": "invalid", "reason": "骚扰电话"}
    assert Person(world, "agent").do(case, "close", data).status_code == 422
    case = Person(world, "hub_head").did(case, "close", data)
    assert (case.outcome, case.number) == ("invalid", case.number)


@pytest.mark.req("RES-01")
def test_declined_is_closed_at_once_with_a_reason_and_an_answer_to_the_customer(world: World) -> None:
    case = w.log_call(world)
    hub = Person(world, "agent")
    assert hub.do(case, "decline", {"reason": "非我司产品", "reply": ""}).status_code == 422
    case = hub.did(case, "decline", {"reason": "非我司产品", "reply": "很抱歉，该产品非我司生产。"})
    assert (case.state, case.outcome, case.replies.get().text) == ("closed", "declined", "很抱歉，该产品非我司生产。")
    assert Message.objects.filter(thread=case.thread, kind="case_closed").exists()


# --- One screen ------------------------------------------------------------------------------------------------------


@pytest.mark.req("INT-20", "INT-21")
@pytest.mark.parametrize("kind", ["enquiry", "praise"])
def test_an_enquiry_or_a_praise_is_acknowledged_answered_and_closed_on_one_screen(world: World, kind: str) -> None:
    case = w.log_call(world, kind=kind, text="热水器质保几年？")
    hub = Person(world, "agent")
    assert hub.primary(case) == "settle"
    page = hub.open(case, "settle").content.decode()
    assert "热水器质保几年？" in page
    data = {
        "category": world.category("product.instructions").pk,
        "result": "整机三年。",
        "thanks": "谢谢。",
        "way": "phone",
    }
    case = hub.did(case, "settle", data)
    assert (case.state, case.outcome, case.replies.get().text) == ("closed", "settled", "整机三年。\n谢谢。")
    verbs = list(Event.objects.filter(thread=case.thread).order_by("seq").values_list("verb", flat=True))
    assert verbs == ["open", "acknowledge", "reply", "close"]
    waiting = Message.objects.filter(thread=case.thread, user=None, state="queued").values_list("kind", flat=True)
    assert set(waiting) == {"case_opened", "case_closed"}  # not also that it was accepted


@pytest.mark.req("INT-20")
def test_a_complaint_is_not_settled_on_one_screen(world: World) -> None:
    case = w.log_call(world)
    hub = Person(world, "agent")
    assert hub.open(case, "settle").status_code == 409
    settlement = closure.Settlement(reply.Answer("好的", "phone"), closure.Classification(category=world.category()))
    with pytest.raises(InvalidInput):
        closure.settle_case(case, settlement, by=world.actor("agent"))
    assert fresh(case).state == "registered"


# --- Escalation ---------------------------------------------------------------------------------------------------------


@pytest.mark.req("RTE-23")
def test_a_demand_for_a_higher_level_is_answered_by_somebody_senior_to_the_last_decision(world: World) -> None:
    case = w.handled(world)
    reply.reply_to_customer(case, reply.Answer("维修处理", "phone"), by=world.actor("production_head"))
    hub = Person(world, "agent")
    case = hub.did(fresh(case), "escalate", {"demand": "要求见经理"})
    row = case.escalations.get()
    assert row.above_rank == 2
    head = Person(world, "quality_head")
    blocked = head.do(case, "answer_escalation", {"answer": "维持"}, part=row)
    assert blocked.status_code == 422
    assert "级别高于" in blocked.content.decode()
    assert hub.do(case, "answer_escalation", {"answer": "x"}, part=row).status_code == 403
    manager = Person(world, "manager")
    assert manager.primary(case) == "answer_escalation"
    case = manager.did(case, "answer_escalation", {"answer": "换新机并上门道歉"}, part=row)
    assert Escalation.objects.get().answered_by == world.manager


@pytest.mark.req("RTE-23")
def test_a_second_demand_goes_above_who_answered_the_first(world: World) -> None:
    case = w.replied(world)
    row = closure.escalate(case, by=world.actor("agent"), demand="经理")
    closure.answer_escalation(row, by=world.actor("manager"), answer="维持")
    second = closure.escalate(fresh(case), by=world.actor("agent"), demand="总经理")
    assert second.above_rank == 3
    with pytest.raises(Blocked):
        closure.answer_escalation(second, by=world.actor("manager"), answer="维持")
    closure.answer_escalation(second, by=world.actor("general_manager"), answer="换新机")
    third = closure.escalate(fresh(case), by=world.actor("agent"), demand="还要更高")
    closure.answer_escalation(third, by=world.actor("general_manager"), answer="到此为止")  # nobody is above


@pytest.mark.req("RTE-23", "ORG-15")
def test_an_answer_in_somebodys_place_is_as_senior_as_that_person(world: World) -> None:
    case = w.replied(world)
    row = closure.escalate(case, by=world.actor("agent"), demand="经理")
    by = Actor.staff(world.quality_head, deputy_for=world.manager.pk)
    closure.answer_escalation(row, by=by, answer="维持")
    assert closure.escalate(fresh(case), by=world.actor("agent"), demand="总经理").above_rank == 3


@pytest.mark.req("RTE-23")
def test_where_there_is_no_general_manager_a_manager_answers_for_the_managers(world: World) -> None:
    User.objects.filter(pk=world.general_manager.pk).update(is_active=False)
    case = w.handled(world)
    reply.reply_to_customer(case, reply.Answer("维修", "phone"), by=world.actor("agent"))
    case.replies.update(rank=3)
    row = closure.escalate(fresh(case), by=world.actor("agent"), demand="更高")
    closure.answer_escalation(row, by=world.actor("manager"), answer="换新机")


def test_an_open_escalation_keeps_the_case_open_and_only_one_waits(world: World) -> None:
    case = w.satisfied(world)
    closure.escalate(case, by=world.actor("agent"), demand="经理")
    hub = Person(world, "agent")
    assert hub.do(case, "close", CLOSE).status_code == 422
    assert "escalate" not in hub.offered(case)
    with pytest.raises(InvalidMove):
        closure.escalate(fresh(case), by=world.actor("agent"), demand="再来")


# --- Reopen, archive ---------------------------------------------------------------------------------------------------


@pytest.mark.req("RES-21")
@pytest.mark.gate(11)
def test_reopening_keeps_the_number_and_the_old_clocks_and_starts_new_ones(world: World) -> None:
    case = w.closed(world)
    old = list(CaseClock.objects.filter(case=case).values("pk", "due_at", "met_at", "breached_at", "stopped_at"))
    number, received = case.number, case.received_at
    case = Person(world, "agent").did(case, "reopen", {"reason": "又漏水了"})
    assert (case.number, case.received_at, case.round, case.state) == (number, received, 2, "acknowledged")
    assert list(CaseClock.objects.filter(case=case, round=1).values(*old[0])) == old
    new = CaseClock.objects.get(case=case, round=2)
    assert (new.kind, new.is_running) == ("resolution", True)
    assert new.started_at == case.rounds.get(n=2).opened_at
    first = case.rounds.get(n=1)
    assert (first.outcome, first.closed_at is not None) == ("settled", True)  # last month's figures stay
    assert "第 2 轮" in Person(world, "agent").text(case)


@pytest.mark.req("RES-21", "RES-08")
def test_reopened_before_closing_the_round_ends_without_a_closing_time(world: World) -> None:
    case = w.replied(world)
    reply.record_opinion(
        case, reply.CustomerOpinion(satisfied=False, way="phone", remark="没修好"), by=world.actor("agent")
    )
    case = Person(world, "agent").did(fresh(case), "reopen", {"reason": "没修好"})
    first = Round.objects.get(case=case, n=1)
    assert (first.outcome, first.closed_at, first.ended_at is not None) == ("reopened", None, True)
    assert (case.owner, case.lead_department, case.replied_at) == (world.agent, None, None)


@pytest.mark.req("RES-21", "CLS-06")
@pytest.mark.parametrize("by", ["declined", "withdrawn"])
def test_what_was_never_taken_on_is_classified_and_taken_on_by_whoever_opens_it_again(world: World, by: str) -> None:
    from cases.actions import assignment

    case = w.log_call(world, by="sales_handler")
    if by == "declined":
        assignment.decline_case(case, by=world.actor("agent"), reason="非我司产品", reply="抱歉")
    else:
        closure.close_short(case, closure.ShortEnd("withdrawn", "自行修好", "周慧来电"), by=world.actor("agent"))
    hub = Person(world, "agent2")
    assert hub.do(case, "reopen", {"reason": "确为我司产品"}).status_code == 422
    with pytest.raises(Blocked):
        closure.reopen_case(fresh(case), by=world.actor("agent2"), reason="确为我司产品")
    data = {"reason": "确为我司产品", "category": world.category().pk, "urgency": "important", "priority": 1}
    case = hub.did(case, "reopen", data)
    assert (case.owner, case.acknowledged_by, case.category) == (world.agent2, world.agent2, world.category())


@pytest.mark.req("RES-21")
def test_the_next_round_owes_its_own_facts_measures_and_opinion(world: World) -> None:
    case = closure.reopen_case(w.closed(world), by=world.actor("agent"), reason="又漏")
    facts = closing_facts(fresh(case))
    assert (facts.facts, facts.measures, facts.final_reply, facts.opinion_asked) == (False, 0, False, False)


@pytest.mark.gate(17)
def test_an_archived_case_does_not_change_any_more(world: World) -> None:
    hub = Person(world, "agent")
    case = hub.did(w.closed(world), "archive")
    assert case.state == "archived"
    offers = hub.offers(case)
    assert offers.names() == {"recuse"}
    for act, data in (
        ("note", {"text": "x", "audience": "case"}),
        ("reopen", {"reason": "x"}),
        ("correct", {"reason": "x"}),
    ):
        assert hub.do(case, act, data).status_code in {409, 422}
    assert fresh(case).version == case.version


@pytest.mark.req("RPT-01", "SEC-09")
@pytest.mark.gate(17)
def test_a_case_cannot_be_deleted(world: World) -> None:
    case = w.received(world)
    for name in ("agent", "hub_head", "manager", "administrator"):
        answer = Person(world, name).client.delete(f"/cases/{case.number}/")
        assert answer.status_code == 405
    with pytest.raises(ProtectedError):
        case.delete()


def test_closing_by_a_wrong_way_leaves_no_trace(world: World) -> None:
    case = w.handled(world)
    before = (fresh(case).version, Event.objects.count(), Message.objects.count())
    Person(world, "agent").do(case, "close", CLOSE)
    assert (fresh(case).version, Event.objects.count(), Message.objects.count()) == before


def test_the_summary_starts_from_what_is_known(world: World) -> None:
    page = Person(world, "agent").open(w.satisfied(world), "close")
    initial = page.context["form"].initial
    assert initial == {"cause": "焊接电流偏低", "decision": "为您换新机一台，感谢反馈。"}


@pytest.mark.req("CAP-05")
@pytest.mark.gate(3)
def test_a_waiver_that_was_refused_does_not_close(world: World) -> None:
    case = w.satisfied(world)
    Measure.objects.update(state="cancelled", cancelled_reason="撤回")
    asked = measures.ask_waiver(case, by=world.actor("agent"), reason="无缺陷")
    closure.decide_approval(fresh(case), asked, by=world.actor("representative"), granted=False, opinion="请再查")
    assert Person(world, "agent").do(case, "close", CLOSE).status_code == 422
    assert Case.objects.get().state == "awaiting_opinion"


@pytest.mark.req("SEC-09")
def test_a_filed_case_changes_no_more(world: World) -> None:
    demand = closure.escalate(w.replied(world), by=world.actor("agent"), demand="找领导")
    end = closure.ShortEnd("withdrawn", "撤回", proof="客户本人来电")
    closure.close_short(demand.case, end, by=world.actor("agent"))
    filed = closure.archive_case(Case.objects.get(pk=demand.case_id), by=world.actor("agent"))
    with pytest.raises(InvalidMove):
        closure.answer_escalation(demand, by=world.actor("manager"), answer="已处理")
    client = Client()
    client.force_login(world.manager)
    assert "answer_escalation" not in client.get(f"/cases/{filed.number}/").content.decode()
    assert Case.objects.get(pk=filed.pk).version == filed.version
