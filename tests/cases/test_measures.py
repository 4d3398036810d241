"""Measures: planned with owner and date, done with evidence, verified by somebody else, or waived from above."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from audit.actor import Actor
from audit.exceptions import Blocked, InvalidInput, InvalidMove
from cases.actions import closure, investigation, measures, recusal, reply
from cases.models import Case, Measure
from cases.queries.closure import closing_facts, reply_facts
from cases.queries.desk import desk_of
from notifications.models import Message
from organization.models import User
from organization.queries import identity_of
from regulations.models import Approval
from tests import world as w
from tests.cases.desk import Person, fresh
from tests.documents.samples import jpeg
from tests.world import World


def _plan(world: World, **more: object) -> dict[str, object]:
    due = (timezone.localdate() + timedelta(days=5)).isoformat()
    return {
        "type": "corrective", "text": "更换焊机并复检", "department": world.production.pk,
        "owner": world.production_handler.pk, "owner_text": "吴磊", "due_on": due,
    } | more  # fmt: skip


def planned(world: World) -> tuple[Case, Measure]:
    case = w.received(world)
    plan = measures.Plan(
        "corrective", "更换焊机", world.production, world.production_handler, timezone.localdate() + timedelta(days=3)
    )
    row = measures.plan_measure(case, plan, by=world.actor("production_head"))
    return fresh(case), row


def done(world: World) -> tuple[Case, Measure]:
    case, row = planned(world)
    measures.complete_measure(row, measures.Completion("验收单"), by=world.actor("production_handler"))
    return fresh(case), Measure.objects.get(pk=row.pk)


@pytest.mark.req("CAP-01", "CAP-02")
def test_a_measure_has_a_type_an_owner_a_department_and_a_date(world: World) -> None:
    case = w.received(world)
    head = Person(world, "production_head")
    for missing in ("text", "department", "owner_text", "due_on"):
        data = _plan(world) | {missing: "", **({"owner": ""} if missing == "owner_text" else {})}
        assert head.do(case, "plan_measure", data).status_code == 422
    case = head.did(case, "plan_measure", _plan(world))
    row = case.measures.get()
    assert (row.type, row.owner, row.department, row.state) == (
        "corrective", world.production_handler, world.production, "planned",
    )  # fmt: skip
    assert case.state == "acting"
    assert "更换焊机并复检" in head.text(case)


@pytest.mark.req("CAP-02")
def test_a_measure_is_not_given_to_somebody_who_has_nothing_to_do_with_the_case(world: World) -> None:
    case = w.received(world)
    answer = Person(world, "production_head").do(
        case, "plan_measure", _plan(world) | {"owner": world.sales_handler.pk, "owner_text": "冯娟"}
    )
    assert answer.status_code == 422
    assert "冯娟不能办理本案件" in answer.content.decode()
    unknown = Person(world, "production_head").do(
        case, "plan_measure", _plan(world) | {"owner": "", "owner_text": "无名"}
    )
    assert "没有这个名字的同事" in unknown.content.decode()


@pytest.mark.req("CAP-02")
@pytest.mark.parametrize("name", ["sales_handler", "auditor", "administrator"])
def test_work_is_not_given_to_somebody_who_sees_the_case_but_cannot_do_it(world: World, name: str) -> None:
    case = w.received(world, by="sales_handler")
    head = world.actor("production_head")
    plan = measures.Plan("corrective", "换焊机", world.production, world.users[name], timezone.localdate())
    with pytest.raises(InvalidInput) as refused:
        measures.plan_measure(case, plan, by=head)
    assert refused.value.field == "owner"
    with pytest.raises(InvalidInput) as refused:
        investigation.plan_visit(case, investigation.VisitPlan("看现场", visitor=world.users[name]), by=head)
    assert refused.value.field == "visitor"


def test_a_measure_with_a_past_date_is_refused(world: World) -> None:
    answer = Person(world, "production_head").do(
        w.received(world), "plan_measure", _plan(world) | {"due_on": "2020-01-01"}
    )
    assert "due_on" in answer.context["form"].errors


def test_done_needs_evidence_and_takes_files_and_minutes(world: World) -> None:
    case, row = planned(world)
    handler = Person(world, "production_handler")
    assert handler.do(case, "complete_measure", {"evidence": ""}, part=row).status_code == 422
    photo = SimpleUploadedFile("验收.jpg", jpeg())
    case = handler.did(case, "complete_measure", {"evidence": "验收单", "minutes": 90, "files": [photo]}, part=row)
    row.refresh_from_db()
    assert (row.state, row.done_by, row.minutes) == ("done", world.production_handler, 90)
    assert case.files.get().subject == f"measure:{row.pk}"


@pytest.mark.req("CAP-03")
@pytest.mark.gate(9)
def test_the_implementer_cannot_verify(world: World) -> None:
    case, row = planned(world)
    quality = world.actor("quality_head")
    measures.complete_measure(row, measures.Completion("质管自己做的"), by=quality)
    person = Person(world, "quality_head")
    button = next(o for o in person.offers(fresh(case)).parts[f"measures:{row.pk}"] if o.name == "verify_measure")
    assert button.reasons
    answer = person.do(case, "verify_measure", {"effective": "yes", "method": "自查"}, part=row)
    assert answer.status_code == 422
    assert "实施人不能验证" in answer.content.decode()
    with pytest.raises(Blocked):
        measures.verify_measure(row, measures.Check(effective=True, method="自查"), by=quality)
    assert Measure.objects.get(pk=row.pk).state == "done"


@pytest.mark.req("CAP-03")
@pytest.mark.gate(9)
def test_neither_the_owner_of_a_measure_nor_a_deputy_in_the_implementers_place_verifies(world: World) -> None:
    _case, row = planned(world)
    Measure.objects.filter(pk=row.pk).update(owner=world.quality_handler)
    measures.complete_measure(Measure.objects.get(pk=row.pk), measures.Completion("x"), by=world.actor("quality_head"))
    row = Measure.objects.get(pk=row.pk)
    check = measures.Check(effective=True, method="抽检")
    with pytest.raises(Blocked):
        measures.verify_measure(row, check, by=world.actor("quality_handler"))
    deputy = Actor.staff(world.representative, deputy_for=world.quality_head)
    with pytest.raises(Blocked):
        measures.verify_measure(row, check, by=deputy)


@pytest.mark.req("CAP-03")
@pytest.mark.gate(9)
def test_only_quality_and_the_hubs_head_verify(world: World) -> None:
    case, row = done(world)
    data = {"effective": "yes", "method": "抽检"}
    for name in ("agent", "production_head", "production_handler", "manager"):
        assert Person(world, name).do(case, "verify_measure", data, part=row).status_code == 403
    assert Measure.objects.get(pk=row.pk).state == "done"


@pytest.mark.req("CAP-04")
def test_a_verification_keeps_date_method_evidence_and_result(world: World) -> None:
    case, row = done(world)
    quality = Person(world, "quality_head")
    quality.did(case, "verify_measure", {"effective": "yes", "method": "抽检 20 台", "evidence": "记录 17"}, part=row)
    check = row.checks.get()
    assert (check.effective, check.method, check.evidence, check.by) == (
        True,
        "抽检 20 台",
        "记录 17",
        world.quality_head,
    )
    assert check.at is not None


@pytest.mark.req("CAP-04")
def test_not_effective_opens_the_measure_again_and_counts_a_round(world: World) -> None:
    case, row = done(world)
    quality = Person(world, "quality_head")
    case = quality.did(case, "verify_measure", {"effective": "no", "method": "抽检仍渗水"}, part=row)
    row.refresh_from_db()
    assert (row.state, row.rounds, row.done_by) == ("planned", 2, None)
    page = quality.text(case)
    assert "无效" in page
    assert "完成措施" in page  # the first completion stays in the story


def test_a_measure_that_was_given_up_counts_as_none(world: World) -> None:
    from cases.queries.closure import closing_facts

    case, row = planned(world)
    case = Person(world, "production_head").did(case, "cancel_measure", {"reason": "改为更换供应商"}, part=row)
    assert closing_facts(case).measures == 0
    with pytest.raises(InvalidMove):
        measures.complete_measure(Measure.objects.get(pk=row.pk), measures.Completion("x"), by=world.actor("agent"))


@pytest.mark.req("CAP-05")
@pytest.mark.gate(3)
def test_a_correction_alone_does_not_close_a_complaint(world: World) -> None:
    from cases.queries.closure import closing_facts

    case, row = done(world)
    measures.verify_measure(row, measures.Check(effective=True, method="看过"), by=world.actor("quality_head"))
    assert closing_facts(fresh(case)).measures == 1
    Measure.objects.update(type="correction")
    facts = closing_facts(fresh(case))
    assert (facts.measures, facts.unsettled_measures) == (0, 0)
    assert "没有纠正或预防措施" in Person(world, "agent").text(case)


@pytest.mark.req("CAP-05")
@pytest.mark.gate(3)
def test_without_measures_a_complaint_closes_only_with_the_representatives_approval(world: World) -> None:
    case = w.satisfied(world)
    Measure.objects.update(state="cancelled", cancelled_reason="撤回")
    hub, representative = Person(world, "agent"), Person(world, "representative")
    close = {
        "outcome": "settled", "course": "来电", "cause": "客户误操作", "decision": "换新机", "lesson": "说明书加图",
    }  # fmt: skip
    assert hub.do(case, "close", close).status_code == 422
    case = hub.did(case, "ask_waiver", {"reason": "客户误操作，产品无缺陷"})
    asked = Approval.objects.get()
    for name in ("agent", "quality_head", "manager"):
        assert Person(world, name).do(case, "decide_approval", {"granted": "yes"}, part=asked).status_code == 403
    assert hub.do(case, "close", close).status_code == 422
    assert representative.primary(case) == "decide_approval"
    assert representative.do(case, "decide_approval", {"granted": "no"}, part=asked).status_code == 422
    case = representative.did(case, "decide_approval", {"granted": "yes"}, part=asked)
    assert hub.did(case, "close", close).state == "closed"


@pytest.mark.req("CAP-05")
def test_nobody_approves_his_or_her_own_waiver_nor_does_the_deputy(world: World) -> None:
    case = w.received(world)
    asked = measures.ask_waiver(case, by=world.actor("agent"), reason="无需措施")
    Approval.objects.update(asked_by=world.representative)
    asked.refresh_from_db()
    answer = Person(world, "representative").do(case, "decide_approval", {"granted": "yes"}, part=asked)
    assert answer.status_code == 409
    deputy = Actor.staff(world.quality_head, deputy_for=world.representative)
    with pytest.raises(InvalidMove):
        closure.decide_approval(fresh(case), asked, by=deputy, granted=True, opinion="")


@pytest.mark.req("RTE-19", "CAP-05")
def test_where_the_representative_is_recused_the_managers_decide(world: World) -> None:
    case = w.received(world)
    recusal.accuse(case, (world.representative,), by=world.actor("agent"), reason="利害关系", accused=False)
    asked = measures.ask_waiver(fresh(case), by=world.actor("agent"), reason="无需措施")
    assert asked.steps == ["approve_explained"]
    assert Person(world, "representative").see(case).status_code == 404
    Person(world, "manager").did(fresh(case), "decide_approval", {"granted": "yes"}, part=asked)
    assert Approval.objects.get().granted


def test_the_offers_of_colleagues_leave_the_barred_and_the_inactive_out(world: World) -> None:
    case = w.received(world)
    recusal.accuse(case, (world.production_handler,), by=world.actor("agent"), reason="被投诉")
    User.objects.filter(pk=world.sales_handler.pk).update(is_active=False)
    head = Person(world, "production_head")
    assert "吴磊" not in head.text(case, "people/?q=吴")
    assert "冯娟" not in head.text(case, "people/?q=fj")
    assert 'data-text="何强"' in head.text(case, "people/?q=hq")
    assert head.text(case, "people/?q=%00").strip() == ""


def test_an_owner_of_the_same_name_must_be_picked(world: World) -> None:
    User.objects.create_user(username="wulei2", name="吴磊", role="handler")
    answer = Person(world, "production_head").do(
        w.received(world), "plan_measure", _plan(world) | {"owner": "", "owner_text": "吴磊"}
    )
    assert "多位同名同事" in answer.content.decode()


def test_a_barred_owner_is_refused(world: World) -> None:
    case = w.received(world)
    recusal.accuse(case, (world.production_handler,), by=world.actor("agent"), reason="被投诉")
    plan = measures.Plan("corrective", "x", world.production, world.production_handler, timezone.localdate())
    with pytest.raises((Blocked, InvalidInput)):
        measures.plan_measure(fresh(case), plan, by=world.actor("production_head"))


# --- A request that nobody decides -------------------------------------------------------------------------


@pytest.mark.req("CAP-05", "RTE-19")
def test_when_the_only_representative_is_recused_the_request_goes_to_the_managers(world: World) -> None:
    case = w.received(world)
    asked = measures.ask_waiver(case, by=world.actor("agent"), reason="客户误操作")
    recusal.accuse(fresh(case), (world.representative,), by=world.actor("agent"), reason="被投诉")
    asked.refresh_from_db()
    assert asked.next_step == "approve_explained"
    told = Message.objects.filter(thread=case.thread, kind="approval_asked", state="queued").values_list(
        "user", flat=True
    )
    assert set(told) == {world.manager.pk, world.general_manager.pk}
    manager = Person(world, "manager")
    manager.did(case, "decide_approval", {"granted": "yes", "opinion": "同意"}, part=asked)
    assert closing_facts(fresh(case)).waiver_granted


@pytest.mark.req("CAP-05")
def test_the_asker_takes_a_request_back_and_may_ask_again(world: World) -> None:
    case = w.handled(world)
    asked = measures.ask_waiver(case, by=world.actor("agent"), reason="客户误操作")
    other = Person(world, "agent2")
    assert other.do(case, "withdraw_approval", part=asked).status_code == 409
    case = Person(world, "agent").did(case, "withdraw_approval", part=asked)
    assert reply_facts(case).approvals_open == ()
    assert "撤回了申请" in other.text(case)
    again = measures.ask_waiver(case, by=world.actor("agent"), reason="无缺陷")
    closure.decide_approval(fresh(case), again, by=world.actor("representative"), granted=True, opinion="")
    assert closing_facts(fresh(case)).waiver_granted


@pytest.mark.req("CAP-05")
def test_what_was_taken_back_is_not_decided_any_more(world: World) -> None:
    case = w.received(world)
    asked = measures.ask_waiver(case, by=world.actor("agent"), reason="客户误操作")
    measures.withdraw_approval(fresh(case), asked, by=world.actor("agent"))
    with pytest.raises(InvalidMove):
        closure.decide_approval(fresh(case), asked, by=world.actor("representative"), granted=True, opinion="")


@pytest.mark.req("RES-05")
def test_a_request_about_the_closing_does_not_hold_the_next_answer_back(world: World) -> None:
    case = w.replied(world)
    unhappy = reply.CustomerOpinion(satisfied=False, way="phone", remark="没修好")
    reply.record_opinion(case, unhappy, by=world.actor("agent"))
    closure.ask_explained(fresh(case), by=world.actor("agent"), reason="已两次说明")
    assert reply_facts(fresh(case)).approvals_open == ()


@pytest.mark.req("CAP-05")
def test_a_request_ends_with_its_case_and_leaves_the_desk(world: World) -> None:
    case = w.received(world)
    asked = measures.ask_waiver(case, by=world.actor("agent"), reason="客户误操作")
    desk = desk_of(world.representative, identity_of(world.representative))
    assert desk.decide
    end = closure.ShortEnd("withdrawn", "自行修好", "周慧来电")
    closure.close_short(fresh(case), end, by=world.actor("agent"))
    asked.refresh_from_db()
    assert asked.is_withdrawn
    assert not desk_of(world.representative, identity_of(world.representative)).decide
