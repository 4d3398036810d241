"""The accused and the conflicted: no page, no list, no message, no file, no duty; and readers that are always true."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.exceptions import Blocked
from audit.models import Reading
from cases import readers
from cases.actions import assignment, closure, intake, internal, investigation, measures, recusal
from cases.actions.intake import Accused
from cases.models import Case
from cases.queries.moves import ACTS, PART_ACTS
from notifications.models import Message
from organization.models import Deputy, Membership, User
from organization.queries import identity_of
from tests import world as w
from tests.cases.desk import Person, fresh, url_of
from tests.documents.samples import jpeg
from tests.world import World


def bar(world: World, case: Case, *names: str, accused: bool = True) -> Case:
    people = tuple(world.users[name] for name in names)
    return recusal.accuse(fresh(case), people, by=world.actor("hub_head"), reason="被投诉", accused=accused)


def deputise(world: World, principal: str, deputy: str) -> None:
    now = timezone.now()
    Deputy.objects.create(
        principal=world.users[principal], deputy=world.users[deputy], starts_at=now - timedelta(days=1),
        ends_at=now + timedelta(days=1),
    )  # fmt: skip


@pytest.mark.req("RTE-18", "SEC-01")
@pytest.mark.gate(5)
@pytest.mark.parametrize("name", ["agent", "production_head", "quality_head", "manager", "general_manager", "auditor"])
def test_the_accused_find_nothing_at_any_address_of_the_case(world: World, name: str) -> None:
    case = w.received(world)
    photo = SimpleUploadedFile("a.jpg", jpeg())
    Person(world, "hub_head").did(case, "attach", {"files": [photo], "original": "copy"})
    bar(world, case, name)
    person = Person(world, name)
    assert person.see(case).status_code == 404
    absent = person.client.get("/cases/2026-999999/")
    same = [re.sub(rb"[0-9]", b"", page.content) for page in (person.see(case), absent)]
    assert same[0] == same[1]
    for path in ("slip/", "slip.pdf", "history/", "people/?q=x", "customers/?q=x", f"files/{case.files.get().pk}/"):
        assert person.see(case, path).status_code == 404
    for act in ACTS:
        assert person.open(case, act).status_code == 404
        assert person.do(case, act).status_code == 404
    row = case.assignments.get()
    for act, (part, _label, _icon) in PART_ACTS.items():
        if part == "assignments":
            assert person.client.post(url_of(case, act, row)).status_code == 404


@pytest.mark.req("RTE-18")
def test_named_at_registration_the_accused_never_saw_it_and_does_not_own_it(world: World) -> None:
    case = w.log_call(world, by="agent", accused=Accused(people=(world.agent, world.hub_head)))
    assert case.barred == sorted([-world.agent.pk, -world.hub_head.pk])
    assert case.owner == world.agent2  # the person on duty is accused too
    assert case.first_asked == world.agent
    assert not Case.objects.visible_to(identity_of(world.agent)).exists()


@pytest.mark.req("RTE-18", "RTE-19", "A-38")
@pytest.mark.gate(5)
def test_deputyship_opens_nothing_in_either_direction(world: World) -> None:
    case = bar(world, w.received(world), "production_head")
    deputise(world, "manager", "production_head")  # the accused deputises for somebody who reads all
    assert Person(world, "production_head").see(case).status_code == 404
    deputise(world, "production_head", "sales_head")  # somebody deputises for the accused
    assert Person(world, "sales_head").see(case).status_code == 404


@pytest.mark.req("A-38")
@pytest.mark.gate(5)
def test_a_deputy_of_a_barred_reader_keeps_only_the_own_view(world: World) -> None:
    """First asked, she follows her entry; as deputy of a barred manager she gets nothing more."""
    case = w.acknowledged(world, by="sales_handler")
    bar(world, case, "manager")
    deputise(world, "manager", "sales_handler")
    page = Person(world, "sales_handler").see(case)
    assert page.templates[0].name == "cases/case/entry.html"


@pytest.mark.req("RTE-19", "A-27")
@pytest.mark.gate(5)
def test_recusal_takes_every_duty_at_once(world: World) -> None:
    case = w.received(world)
    second = User.objects.create_user(username="second_head", name="马超", role="head")
    Membership.objects.create(user=second, department=world.production, is_head=True)
    assignment.pass_on(
        case.assignments.get(), by=world.actor("production_head"), to=world.production_handler, note="请接手"
    )
    case = bar(world, case, "production_head", "production_handler")
    row = case.assignments.get()
    assert (row.holder, row.passed_to, case.owner) == (second, None, second)


@pytest.mark.req("RTE-19")
def test_where_every_head_is_recused_the_next_higher_one_is_told(world: World) -> None:
    case = bar(world, w.acknowledged(world), "production_head")
    assignment.dispatch_case(case, w.task(world), by=world.actor("agent"))
    told = Message.objects.filter(thread=case.thread, kind="assignment_sent").values_list("user", flat=True)
    assert set(told) == {world.manager.pk}  # heads the department above


@pytest.mark.req("RTE-19")
def test_the_hubs_person_who_is_recused_does_not_get_the_case_back(world: World) -> None:
    case = w.received(world)
    case = bar(world, case, "agent")
    assert case.owner == world.production_head
    assignment.return_assignment(case.assignments.get(), by=world.actor("production_head"), reason="不是我们")
    assert fresh(case).owner == world.hub_head


@pytest.mark.req("RTE-18")
@pytest.mark.gate(5)
def test_the_recused_cannot_be_given_work(world: World) -> None:
    case = bar(world, w.received(world), "production_handler")
    row = case.assignments.get()
    with pytest.raises(Blocked):
        assignment.pass_on(row, by=world.actor("production_head"), to=world.production_handler, note="x")
    page = Person(world, "production_head").open(case, "pass_on", row)
    assert world.production_handler not in page.context["form"].fields["to"].queryset
    answer = Person(world, "production_head").do(
        case, "plan_visit", {"necessity": "现场", "visitor": world.production_handler.pk, "visitor_text": "吴磊"}
    )
    assert "须回避" in answer.content.decode()


@pytest.mark.req("RTE-18")
@pytest.mark.gate(5)
def test_messages_that_wait_for_the_recused_are_withdrawn(world: World) -> None:
    case = w.dispatched(world)
    mine = Message.objects.filter(thread=case.thread, user=world.production_head)
    assert mine.filter(state="queued").exists()
    bar(world, case, "production_head")
    assert not mine.filter(state="queued").exists()


def test_recusing_needs_a_person_and_a_reason_and_is_told_on_the_page(world: World) -> None:
    case = w.received(world)
    hub = Person(world, "agent")
    data = {"person": world.quality_head.pk, "person_text": "赵敏", "accused": "conflicted", "reason": "曾参与设计"}
    for missing in ("person_text", "accused", "reason"):
        blank = data | {missing: "", **({"person": ""} if missing == "person_text" else {})}
        assert hub.do(case, "recuse", blank).status_code == 422
    case = hub.did(case, "recuse", data)
    assert case.recusals.get().accused is False
    page = hub.text(case)
    assert "回避" in page
    assert "曾参与设计" in page


def test_a_message_of_an_act_never_reaches_the_recused(world: World) -> None:
    case = bar(world, w.received(world), "manager")
    closure.escalate(case, by=world.actor("agent"), demand="经理")
    told = Message.objects.filter(thread=case.thread, kind="escalated").values_list("user", flat=True)
    assert world.manager.pk not in told
    assert world.general_manager.pk in told


@pytest.mark.req("RTE-18", "SEC-01")
def test_readers_and_barred_are_true_after_every_action(world: World) -> None:
    """Both columns rebuilt from assignments and recusals equal what the action stored, step by step."""

    def check() -> None:
        for row in Case.objects.all():
            assert (row.readers, row.barred) == readers.of_case(row)

    agent, head, quality = (world.actor(name) for name in ("agent", "production_head", "quality_head"))
    case = w.log_call(world, by="sales_handler")
    check()
    given = intake.Classification(category=world.category(), urgency="important", priority=1)
    assignment.acknowledge_case(case, by=agent, classification=given)
    check()
    assignment.verify_case(fresh(case), by=agent, result="substantiated", basis="照片")
    assignment.dispatch_case(fresh(case), w.task(world), by=agent, helpers=(w.task(world, "technical"),))
    check()
    lead = case.assignments.get(is_lead=True)
    assignment.return_assignment(lead, by=head, reason="不是我们")
    check()
    assignment.dispatch_case(fresh(case), w.task(world, "sales"), by=agent)
    bar(world, case, "sales_head")
    check()
    assignment.add_department(_received(world, case), w.task(world), by=agent)
    check()
    assignment.cancel_assignment(case.assignments.get(department=world.technical), by=agent, reason="不需要")
    check()
    change = assignment.Reclassification(intake.Classification(), kind=world.kind("enquiry"), reason="只是咨询")
    assignment.classify_case(fresh(case), change, by=agent)
    check()
    internal.add_note(fresh(case), internal.NewNote("备注"), by=agent)
    investigation.record_investigation(fresh(case), investigation.Findings("事实", "原因"), by=quality)
    check()
    closure.close_short(fresh(case), closure.ShortEnd("withdrawn", "撤诉", proof="周慧 11-21"), by=agent)
    check()
    closure.reopen_case(fresh(case), by=agent, reason="又来了")
    check()
    for name in ("handled", "closed"):
        getattr(w, name)(world)
    check()


def _received(world: World, case: Case) -> Case:
    assignment.receive_assignment(case.assignments.get(department=world.sales), by=world.actor("sales_handler"))
    return fresh(case)


def test_a_measure_of_the_recused_is_completed_by_a_colleague(world: World) -> None:
    case = w.received(world)
    plan = measures.Plan(
        "corrective", "换焊机", world.production, world.production_handler, timezone.localdate() + timedelta(days=3)
    )
    row = measures.plan_measure(case, plan, by=world.actor("production_head"))
    case = bar(world, case, "production_handler")
    assert Person(world, "production_handler").client.post(url_of(case, "complete_measure", row)).status_code == 404
    measures.complete_measure(case.measures.get(), measures.Completion("由班长完成"), by=world.actor("production_head"))


@pytest.mark.req("RTE-18")
@pytest.mark.gate(5)
def test_every_attempt_of_the_recused_is_written_down_and_answered_like_an_absent_number(world: World) -> None:
    case = w.received(world)
    recusal.accuse(case, (world.production_head,), by=world.actor("hub_head"), reason="被投诉人")
    head = Person(world, "production_head")
    with CaptureQueriesContext(connection) as absent:
        nothing = head.client.get("/cases/2020-000001/history/")
    with CaptureQueriesContext(connection) as refused:
        hidden = head.client.get(f"/cases/{case.number}/history/")
    assert hidden.status_code == nothing.status_code == 404
    assert len(refused) == len(absent) + 1
    assert head.do(case, "reply").status_code == 404
    attempts = Reading.objects.filter(thread=case.thread, what="refused")
    assert [row.actor_id for row in attempts] == [world.production_head.pk] * 2
    assert Person(world, "finance_handler").see(case).status_code == 404
    assert attempts.count() == 2
