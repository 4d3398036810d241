"""Every action leaves one event with its word; and every word can be said and is told in the timeline."""

from __future__ import annotations

import ast
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from audit.models import Event
from audit.verification import verify
from cases import verbs
from cases.actions import (
    agreement,
    assignment,
    closure,
    contacts,
    correction,
    files,
    handover,
    intake,
    internal,
    investigation,
    measures,
    recusal,
    reply,
)
from cases.actions.clocks import give_breach_reason
from cases.models import Case, CaseClock, Measure
from cases.queries import timeline_events
from regulations.models import Approval
from tests import world as w
from tests.cases.desk import Person, fresh
from tests.world import World

pytestmark = pytest.mark.req("SEC-09")
ACTIONS = Path(__file__).resolve().parents[2] / "cases" / "actions"


def _lead(case: Case):  # type: ignore[no-untyped-def]
    return case.assignments.get(is_lead=True, round=case.round)


def _helper(case: Case):  # type: ignore[no-untyped-def]
    return case.assignments.get(is_lead=False)


def _measure(world: World, case: Case) -> Measure:
    plan = measures.Plan(
        "corrective", "换焊机", world.production, world.production_handler, timezone.localdate() + timedelta(days=3)
    )
    return measures.plan_measure(case, plan, by=world.actor("production_head"))


def _done(world: World, case: Case) -> Measure:
    return measures.complete_measure(
        _measure(world, case), measures.Completion("单"), by=world.actor("production_handler")
    )


def _visit(world: World, case: Case):  # type: ignore[no-untyped-def]
    return investigation.plan_visit(case, investigation.VisitPlan("现场"), by=world.actor("agent"))


def _later(case: Case):  # type: ignore[no-untyped-def]
    return _lead(case).due_at + timedelta(days=1)


def _extension(world: World, case: Case):  # type: ignore[no-untyped-def]
    return assignment.ask_extension(_lead(case), by=world.actor("production_head"), until=_later(case), reason="等料")


def _breached(case: Case) -> CaseClock:
    clock = CaseClock.objects.get(case=case, kind="resolution")
    CaseClock.objects.filter(pk=clock.pk).update(breached_at=clock.first_due_at)
    clock.refresh_from_db()
    return clock


def _hand_over(world: World, case: Case) -> object:
    report = handover.Report()
    people = (world.production_head, world.production_handler)
    handover.hand_over_case(case, *people, by=world.actor("administrator"), report=report)
    return report


Act = Callable[[World, Case], object]
G = intake.Classification
#: verb -> (the case it starts from, the action, who does it)
STEPS: dict[str, tuple[str, Act, str]] = {
    "acknowledge": ("log_call", lambda x, c: assignment.acknowledge_case(
        c, by=x.actor("agent"), classification=G(category=x.category(), urgency="general", priority=2)), "林晓"),
    "decline": ("log_call", lambda x, c: assignment.decline_case(c, by=x.actor("agent"), reason="非我司", reply="抱歉"), "林晓"),
    "ask_completion": ("log_call", lambda x, c: correction.ask_completion(c, by=x.actor("agent"), missing="批号"), "林晓"),
    "complete": ("log_call", lambda x, c: correction.complete(
        correction.ask_completion(c, by=x.actor("agent"), missing="批号"), by=x.actor("agent")), "林晓"),
    "verify": ("log_call", lambda x, c: assignment.verify_case(c, by=x.actor("agent"), result="partly", basis="照片"), "林晓"),
    "classify": ("log_call", lambda x, c: assignment.classify_case(
        c, assignment.Reclassification(G(priority=1)), by=x.actor("agent")), "林晓"),
    "correct": ("log_call", lambda x, c: correction.correct(c, {"batch": "1"}, by=x.actor("agent"), reason="更正"), "林晓"),
    "agree_date": ("received", lambda x, c: agreement.agree_date(c, agreement.Agreement(
        w.in_days(20).date(), contacts.NewContact("in", x.channel("phone"), "可以等")), by=x.actor("agent")), "林晓"),
    "dispatch": ("acknowledged", lambda x, c: assignment.dispatch_case(c, w.task(x), by=x.actor("agent")), "林晓"),
    "add_department": ("dispatched", lambda x, c: assignment.add_department(c, w.task(x, "quality"), by=x.actor("agent")), "林晓"),
    "receive": ("dispatched", lambda x, c: assignment.receive_assignment(_lead(c), by=x.actor("production_head")), "何强"),
    "return_to_hub": ("dispatched", lambda x, c: assignment.return_assignment(
        _lead(c), by=x.actor("production_head"), reason="不是我们"), "何强"),
    "cancel_assignment": ("helped", lambda x, c: assignment.cancel_assignment(_helper(c), by=x.actor("agent"), reason="不需要"), "林晓"),
    "pass_on": ("received", lambda x, c: assignment.pass_on(
        _lead(c), by=x.actor("production_head"), to=x.production_handler, note="请接手"), "何强"),
    "take": ("passed", lambda x, c: assignment.take(_lead(c), by=x.actor("production_handler")), "吴磊"),
    "answer": ("received", lambda x, c: assignment.answer_assignment(_lead(c), by=x.actor("production_head"), answer="好"), "何强"),
    "ask_extension": ("received", _extension, "何强"),
    "decide_extension": ("received", lambda x, c: assignment.decide_extension(
        _extension(x, c), by=x.actor("agent"), granted=True), "林晓"),
    "record_contact": ("log_call", lambda x, c: contacts.record_contact(
        c, contacts.NewContact("in", x.channel("phone"), "催办"), by=x.actor("agent")), "林晓"),
    "note": ("log_call", lambda x, c: internal.add_note(c, internal.NewNote("备注"), by=x.actor("agent")), "林晓"),
    "attach": ("log_call", lambda x, c: files.attach_files(c, (), by=x.actor("agent")), "林晓"),
    "recuse": ("log_call", lambda x, c: recusal.accuse(c, (x.sales_head,), by=x.actor("agent"), reason="被投诉"), "林晓"),
    "plan_visit": ("received", _visit, "林晓"),
    "record_visit": ("received", lambda x, c: investigation.record_visit(
        _visit(x, c), investigation.Arrival(timezone.now(), "渗水"), by=x.actor("production_head")), "何强"),
    "cancel_visit": ("received", lambda x, c: investigation.cancel_visit(_visit(x, c), by=x.actor("agent"), reason="寄回"), "林晓"),
    "investigate": ("received", lambda x, c: investigation.record_investigation(
        c, investigation.Findings("渗水"), by=x.actor("production_head")), "何强"),
    "act": ("received", lambda x, c: investigation.start_move(c, "act", by=x.actor("production_head")), "何强"),
    "plan_measure": ("received", _measure, "何强"),
    "complete_measure": ("received", _done, "吴磊"),
    "verify_measure": ("received", lambda x, c: measures.verify_measure(
        _done(x, c), measures.Check(effective=True, method="抽检"), by=x.actor("quality_head")), "赵敏"),
    "cancel_measure": ("received", lambda x, c: measures.cancel_measure(
        _measure(x, c), by=x.actor("production_head"), reason="改用其他"), "何强"),
    "ask_waiver": ("received", lambda x, c: measures.ask_waiver(c, by=x.actor("agent"), reason="无缺陷"), "林晓"),
    "decide_approval": ("received", lambda x, c: closure.decide_approval(
        fresh(c), measures.ask_waiver(c, by=x.actor("agent"), reason="无缺陷"), by=x.actor("representative"),
        granted=True, opinion=""), "许文"),
    "withdraw_approval": ("received", lambda x, c: measures.withdraw_approval(
        fresh(c), measures.ask_waiver(c, by=x.actor("agent"), reason="无缺陷"), by=x.actor("agent")), "林晓"),
    "reply": ("handled", lambda x, c: reply.reply_to_customer(c, reply.Answer("换新机", "phone"), by=x.actor("agent")), "林晓"),
    "send_progress": ("received", lambda x, c: reply.send_progress(
        c, reply.Answer("在查", "phone"), by=x.actor("agent"), expected_at=None), "林晓"),
    "ask_opinion": ("replied", lambda x, c: reply.ask_opinion(c, by=x.actor("agent"), way="phone"), "林晓"),
    "record_opinion": ("replied", lambda x, c: reply.record_opinion(
        c, reply.CustomerOpinion(satisfied=True, way="phone"), by=x.actor("agent")), "林晓"),
    "escalate": ("replied", lambda x, c: closure.escalate(c, by=x.actor("agent"), demand="经理"), "林晓"),
    "answer_escalation": ("replied", lambda x, c: closure.answer_escalation(
        closure.escalate(c, by=x.actor("agent"), demand="经理"), by=x.actor("manager"), answer="换"), "陈建国"),
    "ask_explained": ("unsatisfied", lambda x, c: closure.ask_explained(c, by=x.actor("agent"), reason="已说明"), "林晓"),
    "give_breach_reason": ("received", lambda x, c: give_breach_reason(
        _breached(c), by=x.actor("agent"), reason="等料"), "林晓"),
    "open_hold": ("received", lambda x, c: closure.open_hold(c, by=x.actor("agent"), kind="return", label="退货"), "林晓"),
    "release_hold": ("received", lambda x, c: closure.release_hold(
        closure.open_hold(c, by=x.actor("agent"), kind="return", label="退货"), by=x.actor("agent")), "林晓"),
    "hand_over": ("received", _hand_over, "韩冰"),
    "close": ("satisfied", lambda x, c: closure.close_case(c, by=x.actor("agent"), outcome="settled", summary=w.SUMMARY), "林晓"),
    "reopen": ("closed", lambda x, c: closure.reopen_case(c, by=x.actor("agent"), reason="又漏"), "林晓"),
    "archive": ("closed", lambda x, c: closure.archive_case(c, by=x.actor("agent")), "林晓"),
}  # fmt: skip


def start(world: World, stage: str) -> Case:
    if stage == "helped":
        return w.received(world, "quality")
    if stage == "passed":
        case = w.received(world)
        assignment.pass_on(_lead(case), by=world.actor("production_head"), to=world.production_handler, note="请接手")
        return fresh(case)
    if stage == "unsatisfied":
        case = w.replied(world)
        opinion = reply.CustomerOpinion(satisfied=False, way="phone", remark="没好")
        reply.record_opinion(case, opinion, by=world.actor("agent"))
        return fresh(case)
    case = getattr(w, stage)(world)
    return fresh(case)


@pytest.mark.parametrize("verb", STEPS)
def test_an_action_leaves_its_event_and_the_page_tells_it(world: World, verb: str) -> None:
    stage, action, person = STEPS[verb]
    case = start(world, stage)
    before = Event.objects.filter(thread=case.thread).count()
    action(world, case)
    event = Event.objects.filter(thread=case.thread).order_by("-seq").first()
    assert event is not None
    assert (event.verb, event.actor_label, event.actor_kind) == (verb, person, "staff")
    assert Event.objects.filter(thread=case.thread).count() > before
    page = Person(world, "agent").see(case)
    assert page.status_code == 200
    assert any(entry.at >= event.at - timedelta(seconds=5) for entry in page.context["timeline"].entries)


def _recorded_verbs() -> set[str]:
    """Every verb that an action of the room gives to ``finish`` or ``record``, read from the source."""
    found = set()
    for path in ACTIONS.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in {"finish", "Entry", "record"}
            ):
                second = node.args[1] if len(node.args) > 1 else None
                thread = ast.unparse(node.args[0]) if node.args else ""
                if isinstance(second, ast.Constant) and isinstance(second.value, str) and "case" in thread:
                    found.add(second.value)
    return found


def test_every_verb_of_the_room_has_words_and_is_told_by_a_row_or_an_event() -> None:
    recorded = _recorded_verbs()
    assert len(recorded) > 40
    assert recorded <= set(verbs.LABELS)
    told = timeline_events.TOLD_BY_ROWS | set(timeline_events._TELLERS)
    assert recorded <= told
    assert not timeline_events.TOLD_BY_ROWS & set(timeline_events._TELLERS)


def test_every_verb_of_a_case_is_tested_here() -> None:
    elsewhere = {"open", "breach", "recompute", "file_slip"}  # intake and the tasks have tests of their own
    assert set(verbs.LABELS) - elsewhere == set(STEPS)


def test_the_chain_of_a_whole_life_verifies(world: World) -> None:
    closure.archive_case(w.closed(world), by=world.actor("agent"))
    assert Approval.objects.count() == 0
    assert verify().findings == []
