"""Hub and departments: verify, classify, dispatch, receive, return, pass on, answer, more time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.actor import Actor
from audit.exceptions import Blocked, InvalidInput, InvalidMove
from audit.models import Sealed
from cases.actions import assignment, closure, correction
from cases.actions.assignment import Reclassification
from cases.actions.intake import Classification
from cases.models import Assignment, Case, CaseClock
from organization.models import Deputy, Membership, User
from tests import world as w
from tests.cases.desk import Person, fresh
from tests.cases.test_search import found
from tests.world import World


def lead(case: Case) -> Assignment:
    return case.assignments.get(is_lead=True, round=case.round)


# --- Acknowledge, complete, verify ------------------------------------------------------------------------


@pytest.mark.req("CLS-06")
def test_acknowledging_needs_a_category_and_a_priority(world: World) -> None:
    case = w.log_call(world)
    with pytest.raises(Blocked) as refused:
        assignment.acknowledge_case(case, by=world.actor("agent"))
    assert {r.code for r in refused.value.reasons} == {"no_category", "no_priority"}


def test_who_acknowledges_owns_the_case_until_a_department_receives_it(world: World) -> None:
    case = w.log_call(world, by="sales_handler")
    assert case.owner == world.sales_handler
    case = Person(world, "agent2").did(
        case, "acknowledge", {"category": world.category().pk, "urgency": "general", "priority": 2}
    )
    assert (case.owner, case.acknowledged_by, case.state) == (world.agent2, world.agent2, "acknowledged")


@pytest.mark.req("INT-18")
def test_an_incomplete_case_waits_and_goes_on_where_it_was(world: World) -> None:
    case = w.dispatched(world)
    hub = Person(world, "agent")
    case = hub.did(case, "ask_completion", {"missing": "请提供购买日期和序列号"})
    assert (case.state, case.resume_state) == ("incomplete", "dispatched")
    assert case.contacts.get().text == "请提供购买日期和序列号"
    assert found(world, "agent", "购买日期和序列号") == [case]
    assert hub.primary(case) == ""
    case = hub.did(case, "complete")
    assert case.state == "dispatched"


@pytest.mark.req("INT-18", "RTE-11")
def test_a_department_receives_and_returns_while_the_case_is_incomplete(world: World) -> None:
    case = correction.ask_completion(w.dispatched(world), by=world.actor("agent"), missing="批号？")
    head = Person(world, "production_head")
    assert head.primary(case) == "receive"
    case = head.did(case, "receive", part=lead(case))
    assert (case.state, case.resume_state, case.owner) == ("incomplete", "received", world.production_head)
    assert CaseClock.objects.get(assignment=lead(case), kind="receipt").state == "met"
    assignment.return_assignment(lead(case), by=world.actor("production_head"), reason="不归我们")
    case = fresh(case)
    assert (case.state, case.resume_state, case.owner, case.dispatched_at) == (
        "incomplete", "acknowledged", world.agent, None,
    )  # fmt: skip
    assert correction.complete(case, by=world.actor("agent")).state == "acknowledged"


@pytest.mark.req("INT-18")
def test_correcting_the_last_missing_field_brings_the_case_back_by_itself(world: World) -> None:
    case = correction.ask_completion(w.log_call(world), by=world.actor("agent"), missing="批号？")
    case = correction.correct(case, {"batch": "2609-B"}, by=world.actor("agent"), reason="客户补充")
    assert fresh(case).state == "registered"


@pytest.mark.req("INT-19")
def test_a_complaint_is_verified_before_it_is_dispatched(world: World) -> None:
    case = w.log_call(world)
    hub = Person(world, "agent")
    case = hub.did(case, "acknowledge", {"category": world.category().pk, "urgency": "important", "priority": 1})
    assert hub.primary(case) == "verify"
    assert hub.offered(case)["dispatch"].reasons == ("尚未核实真实性。",)
    answer = hub.do(case, "dispatch", _dispatch(world))
    assert answer.status_code == 422
    assert "尚未核实真实性" in answer.content.decode()
    case = hub.did(case, "verify", {"result": "partly", "basis": "照片"})
    assert case.verifications.get().result == "partly"
    assert hub.did(case, "dispatch", _dispatch(world)).state == "dispatched"


@pytest.mark.req("INT-19", "RES-01")
def test_what_is_not_substantiated_still_owes_a_reply(world: World) -> None:
    from cases.queries.closure import closing_facts

    case = w.acknowledged(world)
    assignment.verify_case(case, by=world.actor("agent"), result="not_substantiated", basis="无此订单")
    assert not closing_facts(fresh(case)).final_reply
    assert "尚未给客户最终答复" in Person(world, "agent").text(case)


def _dispatch(world: World, **more: object) -> dict[str, object]:
    due = timezone.localtime(timezone.now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    return {"department": world.production.pk, "requirement": "查明原因", "due_at": due} | more


# --- Classify -----------------------------------------------------------------------------------------------


@pytest.mark.req("CLS-04", "CLS-05")
def test_an_urgent_fact_forces_urgent_and_lowering_it_needs_a_reason(world: World) -> None:
    case = w.log_call(world, kind="enquiry")
    given = Classification(category=world.category(), urgency="general", criteria=("safety",), priority=1)
    case = assignment.acknowledge_case(case, by=world.actor("agent"), classification=given)
    assert case.urgency == "urgent"
    lower = Classification(urgency="general", criteria=("safety",))
    with pytest.raises(InvalidInput):
        assignment.classify_case(case, Reclassification(lower), by=world.actor("agent"))
    assignment.classify_case(case, Reclassification(lower, reason="经核实无人受伤"), by=world.actor("agent"))
    assert fresh(case).urgency == "general"


@pytest.mark.req("CLS-05")
@pytest.mark.parametrize("facts", [(), ("use",)])
def test_acknowledging_does_not_lower_a_forced_urgency_without_a_reason(world: World, facts: tuple[str, ...]) -> None:
    case = w.log_call(world, kind="enquiry", classification=Classification(criteria=("safety",)))
    assert case.urgency == "urgent"
    hub = Person(world, "agent")
    lower = {"category": world.category().pk, "criteria": facts, "urgency": "general", "priority": 2}
    answer = hub.do(case, "acknowledge", lower)
    assert answer.status_code == 422
    assert "reason" in answer.context["form"].errors
    assert fresh(case).criteria == ["safety"]
    case = hub.did(case, "acknowledge", lower | {"reason": "经核实无人受伤"})
    assert (case.urgency, case.criteria) == ("general", list(facts))
    assert Sealed.objects.get(event__verb="acknowledge").new == "经核实无人受伤"


@pytest.mark.req("CLS-05")
def test_facts_about_which_nothing_is_said_stay_ticked(world: World) -> None:
    case = w.log_call(world, kind="enquiry", classification=Classification(criteria=("safety",)))
    given = Classification(category=world.category(), urgency="general", priority=2)
    case = assignment.acknowledge_case(case, by=world.actor("agent"), classification=given)
    assert (case.urgency, case.criteria) == ("urgent", ["safety"])
    untick = Classification(criteria=(), urgency="general")
    with pytest.raises(InvalidInput):
        assignment.classify_case(case, Reclassification(untick), by=world.actor("agent"))


@pytest.mark.req("CLS-01", "CLS-02", "CLS-07", "CLS-17", "A-19")
def test_kind_category_urgency_priority_and_severity_change_with_a_reason_and_keep_the_old_values(world: World) -> None:
    case = w.acknowledged(world)
    hub = Person(world, "agent")
    change = {
        "kind": world.kind("dissatisfaction").pk, "category": world.category("service.attitude").pk,
        "urgency": "general", "priority": 3, "severity": "P3",
    }  # fmt: skip
    assert hub.do(case, "classify", change).status_code == 422
    case = hub.did(case, "classify", change | {"reason": "客户只是抱怨"})
    assert (case.kind.code, case.category.code) == ("dissatisfaction", "service.attitude")  # type: ignore[union-attr]
    assert (case.urgency, case.priority, case.severity) == ("general", 3, "P3")
    page = hub.text(case, "history/")
    for word in ("投诉", "抱怨", "人员态度", "客户只是抱怨", "林晓"):
        assert word in page


@pytest.mark.req("A-20", "CLS-17")
@pytest.mark.gate(11)
def test_reclassifying_never_takes_back_a_declared_breach(world: World) -> None:
    case = w.acknowledged(world)
    clock = CaseClock.objects.get(case=case, kind="resolution")
    CaseClock.objects.filter(pk=clock.pk).update(
        first_due_at=clock.started_at, due_at=clock.started_at, breached_at=clock.started_at
    )
    change = Reclassification(Classification(urgency="urgent"), reason="升级")
    assignment.classify_case(fresh(case), change, by=world.actor("agent"))
    after = CaseClock.objects.get(pk=clock.pk)
    assert (after.breached_at, after.first_due_at) == (clock.started_at, clock.started_at)


def test_a_kind_that_the_regulations_do_not_know_is_refused(world: World) -> None:
    from cases.models import Kind

    alien = Kind.objects.create(code="alien", name="外星")
    with pytest.raises(InvalidInput, match="没有这种类型"):
        assignment.classify_case(
            w.log_call(world), Reclassification(Classification(), kind=alien), by=world.actor("agent")
        )


@pytest.mark.req("INT-10")
def test_correcting_keeps_the_old_value_and_needs_a_reason_and_a_change(world: World) -> None:
    case = w.log_call(world)
    hub = Person(world, "agent")
    page = hub.open(case, "correct")
    values = {name: value or "" for name, value in page.context["form"].initial.items() if isinstance(value, str)}
    values |= {"customer_text": "周慧", "customer": case.customer_id}
    assert hub.do(case, "correct", values | {"reason": "x"}).status_code == 422
    assert hub.do(case, "correct", values | {"batch": "2609-B"}).status_code == 422
    case = hub.did(case, "correct", values | {"batch": "2609-B", "reporter_phone": "13900000000", "reason": "客户更正"})
    assert (case.batch, case.reporter_phone) == ("2609-B", "13900000000")
    history = hub.text(case, "history/")
    assert "13805126634" in history
    assert "客户更正" in history
    auditor = Person(world, "auditor").text(case, "history/")
    assert "13805126634" not in auditor
    assert "个人信息" in auditor


@pytest.mark.req("RTE-04", "INT-04")
@pytest.mark.gate(7)
def test_number_words_times_and_first_asked_person_cannot_be_overwritten(world: World) -> None:
    case = w.log_call(world)
    for name in ("number", "text", "received_at", "first_asked", "first_asked_label", "channel", "owner", "readers"):
        with pytest.raises(InvalidInput):
            correction.correct(case, {name: "x"}, by=world.actor("agent"), reason="x")
    hub = Person(world, "agent")
    values = {"subject": "新事由", "reporter_phone": "13805126634", "reporter_name": "周慧", "reason": "更正"}
    attack = {
        "number": "1",
        "text": "x",
        "first_asked": world.agent2.pk,
        "first_asked_label": "x",
        "owner": world.agent2.pk,
    }
    hub.did(case, "correct", values | attack)
    after = fresh(case)
    assert (after.number, after.text, after.first_asked, after.owner) == (
        case.number, case.text, world.agent, world.agent,
    )  # fmt: skip


# --- Dispatch -------------------------------------------------------------------------------------------------


@pytest.mark.req("RTE-01", "RTE-10", "RTE-14")
def test_the_hub_dispatches_to_one_lead_and_any_helpers_with_requirement_and_due_time(world: World) -> None:
    case = w.acknowledged(world)
    data = _dispatch(world, helper_1=world.quality.pk, helper_2=world.technical.pk, helper_2_requirement="查图纸")
    case = Person(world, "agent").did(case, "dispatch", data)
    rows = {a.department: a for a in case.assignments.all()}
    assert set(rows) == {world.production, world.quality, world.technical}
    assert [a.department for a in rows.values() if a.is_lead] == [world.production]
    assert (rows[world.quality].requirement, rows[world.technical].requirement) == ("查明原因", "查图纸")
    assert all(CaseClock.objects.filter(assignment=a).count() == 2 for a in rows.values())


@pytest.mark.req("RTE-01")
def test_nobody_but_the_hub_dispatches(world: World) -> None:
    case = w.acknowledged(world)
    for name in ("quality_head", "manager", "general_manager", "auditor"):
        assert Person(world, name).do(case, "dispatch", _dispatch(world)).status_code == 403
    assert Person(world, "production_head").do(case, "dispatch", _dispatch(world)).status_code == 404
    assert not Assignment.objects.exists()


@pytest.mark.req("RTE-02")
def test_the_routing_table_proposes_the_lead_of_the_category_as_it_was_decided(world: World) -> None:
    case = w.log_call(world)
    assert case.suggested_department == world.technical  # by the words of the text: performance
    case = w.acknowledged(world)
    page = Person(world, "agent").open(case, "dispatch")
    assert page.context["form"].suggested == world.quality
    assert f'<option value="{world.quality.pk}" selected>' in page.content.decode()


@pytest.mark.req("RTE-10")
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"requirement": ""}, "requirement"),
        ({"due_at": "2020-01-01T10:00"}, "due_at"),
        ({"department": ""}, "department"),
    ],
)
def test_a_task_without_words_or_with_a_past_due_time_is_refused_at_its_field(
    world: World, change: dict[str, str], field: str
) -> None:
    case = w.acknowledged(world)
    answer = Person(world, "agent").do(case, "dispatch", _dispatch(world) | change)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert fresh(case).state == "acknowledged"


def test_a_department_named_twice_is_refused(world: World) -> None:
    answer = Person(world, "agent").do(
        w.acknowledged(world), "dispatch", _dispatch(world, helper_1=world.production.pk)
    )
    assert answer.status_code == 422
    assert "helper_1" in answer.context["form"].errors


def test_one_more_department_is_added_while_the_case_is_under_way(world: World) -> None:
    case = w.received(world)
    data = _dispatch(world) | {"department": world.technical.pk}
    case = Person(world, "production_head").did(case, "add_department", data)
    assert case.assignments.get(department=world.technical).is_lead is False
    assert 1000 + world.technical.pk in case.readers


# --- Receive, pass on, take, answer ---------------------------------------------------------------------------


@pytest.mark.req("RTE-11", "RTE-13")
def test_who_receives_answers_for_the_case(world: World) -> None:
    case = w.dispatched(world)
    assert case.owner == world.agent
    case = Person(world, "production_handler").did(case, "receive", part=lead(case))
    assert (case.state, case.owner, case.owner_department) == ("received", world.production_handler, world.production)
    assert CaseClock.objects.get(assignment=lead(case), kind="receipt").state == "met"


@pytest.mark.req("RTE-13")
def test_ownership_moves_only_by_an_accepted_hand_over_with_a_note(world: World) -> None:
    case = w.received(world)
    head, handler = Person(world, "production_head"), Person(world, "production_handler")
    assert handler.do(case, "take", part=lead(case)).status_code == 409
    assert head.do(case, "pass_on", {"to": world.production_handler.pk, "note": ""}, part=lead(case)).status_code == 422
    case = head.did(case, "pass_on", {"to": world.production_handler.pk, "note": "你熟悉焊机"}, part=lead(case))
    assert case.owner == world.production_head  # until it is taken
    assert handler.primary(case) == "take"
    case = handler.did(case, "take", part=lead(case))
    assert (case.owner, lead(case).holder, lead(case).passed_to) == (
        world.production_handler, world.production_handler, None,
    )  # fmt: skip


@pytest.mark.req("RTE-13")
def test_what_was_passed_to_a_colleague_is_not_taken_by_another(world: World) -> None:
    case = w.received(world)
    other = User.objects.create_user(username="other", name="马超", role="handler")
    Membership.objects.create(user=other, department=world.production)
    assignment.pass_on(lead(case), by=world.actor("production_head"), to=world.production_handler, note="请接手")
    with pytest.raises(InvalidMove, match="已转交给吴磊"):
        assignment.take(lead(case), by=Actor.staff(other))


@pytest.mark.req("RTE-14")
def test_the_lead_cannot_finish_while_a_helper_is_open_unless_it_cancels_with_a_reason(world: World) -> None:
    case = w.received(world, "quality")
    head = Person(world, "production_head")
    assert head.offered(case)["answer"].reasons == ("质管部的协办任务尚未答复。",)
    assert head.do(case, "answer", {"answer": "已处理"}, part=lead(case)).status_code == 422
    helper = case.assignments.get(is_lead=False)
    assert head.do(case, "cancel_assignment", {"reason": ""}, part=helper).status_code == 422
    case = head.did(case, "cancel_assignment", {"reason": "不再需要检验"}, part=helper)
    case = head.did(case, "answer", {"answer": "已处理"}, part=lead(case))
    assert lead(case).state == "answered"


@pytest.mark.req("RTE-14")
def test_a_helper_changes_its_own_assignment_and_never_the_case(world: World) -> None:
    case = w.received(world, "quality")
    helper = case.assignments.get(is_lead=False)
    quality = Person(world, "quality_head")
    case = quality.did(case, "receive", part=helper)
    case = quality.did(case, "answer", {"answer": "同批次检验合格"}, part=helper)
    assert (case.state, case.owner) == ("received", world.production_head)
    assert quality.do(case, "receive", part=lead(case)).status_code == 403


def test_answered_the_case_goes_back_to_its_hub_person(world: World) -> None:
    case = w.received(world)
    case = Person(world, "production_head").did(case, "answer", {"answer": "已换焊机"}, part=lead(case))
    assert (case.owner, case.owner_department, case.state) == (world.agent, None, "received")


@pytest.mark.req("ORG-15", "A-38")
def test_a_deputy_acts_and_the_owner_stays(world: World) -> None:
    now = timezone.now()
    Deputy.objects.create(
        principal=world.production_head, deputy=world.sales_head, starts_at=now - timedelta(days=1),
        ends_at=now + timedelta(days=1),
    )  # fmt: skip
    case = w.dispatched(world)
    case = Person(world, "sales_head").did(case, "receive", part=lead(case))
    row = lead(case)
    assert (row.received_by, row.holder, case.owner) == (world.sales_head, world.production_head, world.production_head)
    assert "周涛（代何强）" in Person(world, "agent").text(case)


# --- Return -----------------------------------------------------------------------------------------------------


@pytest.mark.req("RTE-12", "A-28")
@pytest.mark.gate(6)
def test_a_misrouted_case_goes_back_to_the_hub_with_a_reason_and_the_customers_clock_runs_on(world: World) -> None:
    case = w.dispatched(world)
    before = CaseClock.objects.get(case=case, kind="resolution")
    head = Person(world, "production_head")
    assert head.do(case, "return_to_hub", {"reason": " "}, part=lead(case)).status_code == 422
    row = lead(case)
    case = head.did(case, "return_to_hub", {"reason": "属于销售承诺问题", "department": world.sales.pk}, part=row)
    assert (case.state, case.lead_department, case.owner, case.return_count) == ("acknowledged", None, world.agent, 1)
    assert list(case.assignments.values_list("department", "state")) == [(world.production.pk, "returned")]
    after = CaseClock.objects.get(pk=before.pk)
    assert (after.started_at, after.due_at, after.is_running) == (before.started_at, before.due_at, True)
    stopped = CaseClock.objects.get(assignment=row, kind="task")
    assert not stopped.is_running


@pytest.mark.req("RTE-12")
@pytest.mark.gate(6)
def test_a_department_cannot_give_a_case_to_another_department(world: World) -> None:
    case = w.received(world)
    head = Person(world, "production_head")
    assert head.do(case, "dispatch", _dispatch(world)).status_code == 403
    with pytest.raises(InvalidInput):
        assignment.pass_on(lead(case), by=world.actor("production_head"), to=world.sales_head, note="给销售")
    answer = head.do(case, "pass_on", {"to": world.sales_head.pk, "note": "给销售"}, part=lead(case))
    assert answer.status_code == 422
    assert fresh(case).owner == world.production_head


def test_after_a_return_the_hub_dispatches_again_and_each_bounce_counts(world: World) -> None:
    case = w.dispatched(world)
    assignment.return_assignment(lead(case), by=world.actor("production_head"), reason="不是我们")
    case = Person(world, "agent").did(fresh(case), "dispatch", _dispatch(world) | {"department": world.sales.pk})
    assignment.return_assignment(case.assignments.get(state="sent"), by=world.actor("sales_head"), reason="也不是")
    assert fresh(case).return_count == 2


# --- More time ------------------------------------------------------------------------------------------------------


@pytest.mark.gate(11)
def test_more_time_is_decided_by_the_hub_and_the_first_due_time_still_decides_the_breach(world: World) -> None:
    case = w.received(world)
    row = lead(case)
    first = row.due_at
    until = timezone.localtime(first + timedelta(days=2)).replace(second=0, microsecond=0)
    head, hub = Person(world, "production_head"), Person(world, "agent")
    case = head.did(
        case, "ask_extension", {"until": until.strftime("%Y-%m-%dT%H:%M"), "reason": "新机明天到"}, part=row
    )
    extension = row.extensions.get()
    assert hub.primary(case) == "decide_extension"
    assert head.do(case, "decide_extension", {"granted": "yes"}, part=extension).status_code == 403
    assert hub.do(case, "decide_extension", {"granted": "no"}, part=extension).status_code == 422
    case = hub.did(case, "decide_extension", {"granted": "yes"}, part=extension)
    clock = CaseClock.objects.get(assignment=row, kind="task")
    assert (clock.due_at, clock.first_due_at) == (until, first)
    assert "已延期" in hub.text(case)


def test_one_request_for_more_time_waits_at_a_time(world: World) -> None:
    case = w.received(world)
    until = lead(case).due_at + timedelta(days=1)
    assignment.ask_extension(lead(case), by=world.actor("production_head"), until=until, reason="等料")
    assert "ask_extension" not in Person(world, "production_head").offered(case)
    with pytest.raises(InvalidMove):
        assignment.ask_extension(lead(case), by=world.actor("production_head"), until=until, reason="等料")


@pytest.mark.req("RTE-14", "SLA-03")
@pytest.mark.parametrize("end", ["answer", "withdrawn"])
def test_a_request_for_more_time_ends_with_its_assignment(world: World, end: str) -> None:
    case = w.received(world)
    row = lead(case)
    until = row.due_at + timedelta(days=2)
    extension = assignment.ask_extension(row, by=world.actor("production_head"), until=until, reason="等料")
    if end == "answer":
        assignment.answer_assignment(row, by=world.actor("production_head"), answer="已处理")
    else:
        closure.close_short(
            fresh(case), closure.ShortEnd("withdrawn", "已自行修好", "周慧来电"), by=world.actor("agent")
        )
    extension.refresh_from_db()
    assert (extension.granted, extension.decided_at is not None) == (False, True)


@pytest.mark.req("RTE-14", "SLA-03")
def test_more_time_is_not_granted_for_what_was_answered(world: World) -> None:
    case = w.received(world)
    row = lead(case)
    until = row.due_at + timedelta(days=2)
    extension = assignment.ask_extension(row, by=world.actor("production_head"), until=until, reason="等料")
    Assignment.objects.filter(pk=row.pk).update(state="answered", answered_at=timezone.now())
    assert f"extensions:{extension.pk}" not in Person(world, "agent").offers(case).parts
    with pytest.raises(InvalidMove):
        assignment.decide_extension(extension, by=world.actor("agent"), granted=True)
