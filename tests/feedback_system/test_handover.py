"""Handing over all open work of a person or a department in one act."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.exceptions import InvalidInput, InvalidMove
from audit.models import Event
from cases.actions import assignment, investigation, measures
from cases.actions import handover as acts
from cases.models import Assignment, Case, CaseClock, Measure, Recusal, Visit
from cases.queries.handover import counted, work_of
from cases.readers import of_case
from feedback_system import handover as work
from feedback_system import handover_run as run
from feedback_system.models import Handover
from feedback_system.tasks import hand_over_pending
from notifications.models import Message
from organization.actions.people import Person, Place, create_user, deactivate_user
from organization.models import Organisation, User
from organization.queries import identity_of, organisation
from tests import world as w
from tests.returns import trade as t
from tests.world import World


def fresh(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def colleague(world: World, department: str, *, role: str = "handler", head: bool = False) -> User:
    """Somebody more in a department."""
    return create_user(
        Person(f"{department}.more", "高远", role, f"{department}.more@huiyin.example"),
        by=world.actor("administrator"), places=[Place(world.departments[department], head)],
    )  # fmt: skip


def bar(case: Case, user: User) -> None:
    """Name somebody as one who must not take part."""
    Recusal.objects.create(case=case, user=user, reason="当事人", at=timezone.now())
    row = fresh(case)
    row.readers, row.barred = of_case(row)
    row.save()


def ended(row: Handover) -> acts.Report:
    """What came of a hand-over once it has gone through everything."""
    assert run.carry_on(row.pk)
    row.refresh_from_db()
    assert row.finished_at
    return acts.Report(Counter(row.moved), [acts.Refusal(each.number, each.why) for each in row.refused.all()])


def moved(world: World, giver: User, taker: User, *, with_functions: bool = False) -> acts.Report:
    by = world.actor("administrator")
    return ended(work.begin_person(giver, taker, by=by, with_functions=with_functions))


# --- Persons -----------------------------------------------------------------------------------------


@pytest.mark.req("ORG-15", "SEC-09")
def test_cases_in_the_hub_go_to_a_colleague_of_the_hub(world: World) -> None:
    first, second = w.log_call(world), w.acknowledged(world)
    assert counted(work_of(world.agent, barred=0)) == {"owned": 2}
    report = moved(world, world.agent, world.agent2)
    assert report.refused == []
    assert {fresh(case).owner for case in (first, second)} == {world.agent2}
    assert work_of(world.agent, barred=0) == []
    event = Event.objects.get(thread=first.thread, verb="hand_over")
    assert event.changes["from"] == [world.agent.pk, None]
    assert event.changes["to"] == [None, world.agent2.pk]
    assert event.actor_id == world.administrator.pk


def test_what_comes_back_to_the_hub_comes_back_to_the_successor(world: World) -> None:
    case = w.received(world)
    report = moved(world, world.agent, world.agent2)
    assert dict(report.moved) == {"hub": 1}
    assignment.return_assignment(case.assignments.get(), by=world.actor("production_head"), reason="不归我们")
    assert fresh(case).owner == world.agent2


def test_what_the_lead_has_answered_goes_to_the_successor_in_the_hub(world: World) -> None:
    case = w.handled(world)
    assert (case.state, case.owner, case.owner_department) == ("acting", world.agent, None)
    report = moved(world, world.agent, world.agent2)
    assert report.refused == []
    assert (fresh(case).owner, fresh(case).acknowledged_by) == (world.agent2, world.agent2)


def test_an_assignment_goes_to_somebody_of_its_department_with_the_case(world: World) -> None:
    case = w.received(world)
    new = colleague(world, "production")
    report = moved(world, world.production_head, new)
    assert dict(report.moved) == {"held": 1, "owned": 1}
    assert case.assignments.get().holder == new
    assert fresh(case).owner == new


@pytest.mark.req("SEC-01")
def test_an_assignment_stays_when_the_taker_is_of_another_department(world: World) -> None:
    case = w.received(world)
    report = moved(world, world.production_head, world.sales_handler)
    assert report.count == 0
    assert [each.number for each in report.refused] == [case.number]
    assert "生产部" in report.refused[0].why
    assert case.assignments.get().holder == world.production_head
    assert fresh(case).owner == world.production_head


@pytest.mark.req("RTE-18", "SEC-01")
def test_a_case_in_which_the_taker_must_not_take_part_stays_and_is_listed(world: World) -> None:
    kept, given = w.log_call(world), w.log_call(world)
    bar(kept, world.agent2)
    report = moved(world, world.agent, world.agent2)
    assert [each.number for each in report.refused] == [kept.number]
    assert (fresh(kept).owner, fresh(given).owner) == (world.agent, world.agent2)


@pytest.mark.req("RTE-19", "SEC-01")
def test_who_is_barred_from_a_case_neither_counts_nor_moves_it(world: World) -> None:
    case = w.log_call(world)
    bar(case, world.administrator)
    assert work.preview_person(world.agent, by=world.actor("administrator")).counts == {}
    assert moved(world, world.agent, world.agent2).count == 0
    assert fresh(case).owner == world.agent


def test_what_was_passed_on_and_not_taken_yet_goes_along(world: World) -> None:
    case = w.received(world)
    row = case.assignments.get()
    assignment.pass_on(row, by=world.actor("production_head"), to=world.production_handler, note="请处理")
    new = colleague(world, "production")
    assert dict(moved(world, world.production_handler, new).moved) == {"passed": 1}
    assert Assignment.objects.get(pk=row.pk).passed_to == new


def test_measures_and_visits_go_to_somebody_who_may_read_the_case(world: World) -> None:
    case = w.received(world)
    head = world.actor("production_head")
    plan = measures.Plan(
        "corrective", "更换焊机", world.production, world.production_handler, timezone.localdate() + timedelta(days=5)
    )
    measures.plan_measure(case, plan, by=head)
    investigation.plan_visit(case, investigation.VisitPlan("看现场", visitor=world.production_handler), by=head)
    refused = moved(world, world.production_handler, world.sales_handler)
    assert refused.count == 0
    assert "不能办理" in refused.refused[0].why
    new = colleague(world, "production")
    assert dict(moved(world, world.production_handler, new).moved) == {"measure": 1, "visit": 1}
    assert (Measure.objects.get().owner, Visit.objects.get().visitor) == (new, new)


@pytest.mark.req("CAP-03")
def test_a_measure_that_is_done_stays_with_who_did_it(world: World) -> None:
    case = w.received(world)
    plan = measures.Plan(
        "corrective", "更换焊机", world.production, world.production_handler, timezone.localdate() + timedelta(days=5)
    )
    row = measures.plan_measure(case, plan, by=world.actor("production_head"))
    measures.complete_measure(row, measures.Completion("验收单"), by=world.actor("production_handler"))
    assert moved(world, world.production_handler, colleague(world, "production")).count == 0
    assert Measure.objects.get().owner == world.production_handler


def test_closed_cases_stay_as_they_are(world: World) -> None:
    case = w.closed(world)
    before = Case.objects.filter(pk=case.pk).values().get()
    moved(world, world.agent, world.agent2)
    moved(world, world.production_head, colleague(world, "production"))
    assert Case.objects.filter(pk=case.pk).values().get() == before


@pytest.mark.parametrize("taker", ["agent", "auditor", "administrator", "left"])
def test_who_cannot_work_on_cases_takes_nothing(world: World, taker: str) -> None:
    case = w.log_call(world)
    world.users["left"] = deactivate_user(colleague(world, "hub"), by=world.actor("administrator"))
    with pytest.raises(InvalidInput):
        moved(world, world.agent, world.users[taker])
    assert fresh(case).owner == world.agent


def test_a_deputyship_is_no_membership(world: World) -> None:
    from organization.actions.deputies import appoint_deputy

    now = timezone.now()
    appoint_deputy(
        world.agent2, world.sales_handler, by=world.actor("agent2"), starts_at=now, ends_at=now + timedelta(days=1)
    )
    case = w.log_call(world)
    assert "hub" in identity_of(world.sales_handler).deputised[0].functions
    assert moved(world, world.agent, world.sales_handler).count == 0
    assert fresh(case).owner == world.agent


def test_the_successor_is_told_once_for_all(world: World) -> None:
    for _n in range(3):
        w.log_call(world)
    Message.objects.all().delete()
    moved(world, world.agent, world.agent2)
    rows = Message.objects.filter(kind="handed_over")
    assert {(row.user, row.channel) for row in rows} == {(world.agent2, "in_app"), (world.agent2, "email")}
    assert rows[0].context["count"] == 3


def test_the_work_of_somebody_who_left_is_handed_over(world: World) -> None:
    case = w.log_call(world)
    deactivate_user(world.agent, by=world.actor("administrator"))
    assert moved(world, world.agent, world.agent2).count == 1
    assert fresh(case).owner == world.agent2


# --- What lies beside the cases ---------------------------------------------------------------------------


def test_the_duty_and_the_functions_go_along_when_wished(world: World) -> None:
    Organisation.objects.update(duty_person=world.representative)
    report = moved(world, world.representative, world.quality_head)
    assert dict(report.moved) == {"duty": 1}
    assert organisation().duty_person == world.quality_head
    moved(world, world.representative, world.quality_head, with_functions=True)
    assert [f.code for f in world.quality_head.functions.all()] == ["management_representative"]
    assert not world.representative.functions.exists()
    assert world.quality_head.memberships.get().is_head


def test_the_preview_counts_the_decisions_that_wait_for_a_function(world: World) -> None:
    case = w.received(world)
    measures.ask_waiver(case, by=world.actor("agent"), reason="无需措施")
    preview = work.preview_person(world.representative, by=world.actor("administrator"))
    assert (preview.counts, preview.decisions, [f.code for f in preview.functions]) == (
        {},
        1,
        ["management_representative"],
    )
    assert not preview.is_empty
    assert work.preview_person(world.finance_handler, by=world.actor("administrator")).is_empty


# --- Going on in the background -----------------------------------------------------------------------------


def begun(world: World, *, cases: int = 3) -> Handover:
    """A hand-over of so many cases of which none has moved yet."""
    for _n in range(cases):
        w.log_call(world)
    by = world.actor("administrator")
    return work.begin_person(world.agent, world.agent2, by=by, with_functions=False)


def test_the_duty_changes_hands_before_the_first_case(world: World) -> None:
    Organisation.objects.update(duty_person=world.agent)
    row = begun(world)
    assert organisation().duty_person == world.agent2
    assert (row.moved, row.total, row.done) == ({"duty": 1}, 3, 0)


def test_a_run_stops_when_its_time_is_up_and_the_next_goes_on_behind_it(world: World) -> None:
    row = begun(world)
    assert not run.carry_on(row.pk, budget=timedelta(seconds=-1))
    run._hand_over(row, run._left(row)[0])
    row.refresh_from_db()
    assert (row.done, len(run._left(row)), row.finished_at) == (1, 2, None)
    assert ended(row).moved == {"owned": 3}
    assert work_of(world.agent, barred=0) == []


def test_running_twice_moves_and_tells_once(world: World) -> None:
    row = begun(world)
    first = run._left(row)[0]
    run._hand_over(row, first)
    run._hand_over(row, first)
    Message.objects.all().delete()
    ended(row)
    ended(row)
    row.refresh_from_db()
    assert (row.done, row.moved) == (3, {"owned": 3})
    assert Message.objects.filter(kind="handed_over", channel="in_app").count() == 1


def test_a_case_that_refuses_by_itself_does_not_stop_the_others(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    row = begun(world, cases=2)
    first, real = run._left(row)[0], run.hand_over_case

    def refuse(case: Case, *people: User, **more: object) -> None:
        if case.pk == first:
            raise InvalidMove("不行")
        real(case, *people, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(run, "hand_over_case", refuse)
    report = ended(row)
    assert (dict(report.moved), [each.why for each in report.refused]) == ({"owned": 1}, ["不行"])


def test_work_that_is_on_its_way_is_not_handed_over_a_second_time(world: World) -> None:
    row = begun(world)
    by = world.actor("administrator")
    assert work.begin_person(world.agent, world.agent2, by=by, with_functions=False) == row
    assert Handover.objects.count() == 1


def test_beat_takes_up_what_nobody_is_at_work_on(world: World) -> None:
    row = begun(world)
    hand_over_pending()
    row.refresh_from_db()
    assert row.finished_at is None  # somebody may be at work
    Handover.objects.update(progress_at=timezone.now() - run.LEASE - timedelta(seconds=1))
    hand_over_pending()
    row.refresh_from_db()
    assert row.done == 3
    assert row.finished_at


def test_much_work_goes_on_by_itself_and_its_result_lies_in_the_inbox(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    monkeypatch.setattr(run, "AT_ONCE", 1)
    for _n in range(3):
        w.log_call(world)
    client.force_login(world.administrator)
    url = f"{reverse('handover')}?from={world.agent.pk}"
    assert "这需要几分钟" in client.get(url).content.decode()
    with django_capture_on_commit_callbacks() as later:
        answer = client.post(url, {"taker": world.agent2.pk})
    row = Handover.objects.get()
    assert answer.headers["Location"] == reverse("handover_one", args=[row.pk])
    assert 'max="3"' in client.get(answer.headers["Location"]).content.decode()
    assert client.get(url).headers["Location"] == answer.headers["Location"]  # asked again, it shows how far it is
    for act in later:
        act()
    page = client.get(answer.headers["Location"]).content.decode()
    assert "<progress" not in page
    assert "件由其负责的案件" in page
    told = Message.objects.get(kind="handover_done")
    assert (told.user, told.path) == (world.administrator, answer.headers["Location"])


# --- Departments --------------------------------------------------------------------------------------------


def dissolve(world: World, giver: str = "production", taker: str = "technical") -> acts.Report:
    by = world.actor("administrator")
    return ended(work.begin_department(world.departments[giver], world.departments[taker], by=by))


@pytest.mark.req("RTE-11", "SEC-09")
def test_what_was_sent_is_sent_to_the_other_department_with_clocks_of_its_own(world: World) -> None:
    case = w.dispatched(world)
    old = case.assignments.get()
    report = dissolve(world)
    assert report.count == 1
    old.refresh_from_db()
    new = Assignment.objects.get(case=case, department=world.technical)
    assert (old.state, new.state, new.is_lead, new.requirement) == ("cancelled", "sent", True, old.requirement)
    assert new.due_at == old.due_at
    assert {c.kind for c in CaseClock.objects.filter(assignment=new).running()} == {"receipt", "task"}
    assert not CaseClock.objects.filter(assignment=old).running().exists()
    assert fresh(case).lead_department == world.technical
    assert Event.objects.get(thread=case.thread, verb="hand_over").changes["department"] == ["production", "technical"]


@pytest.mark.req("SEC-01")
def test_readers_follow_the_department(world: World) -> None:
    case = w.dispatched(world)
    dissolve(world)
    visible = Case.objects.filter(pk=case.pk)
    assert not visible.visible_to(identity_of(world.production_handler)).exists()
    head = colleague(world, "technical", role="head", head=True)
    assert visible.visible_to(identity_of(head)).exists()


def test_what_was_received_stays_received_and_is_held_by_the_new_head(world: World) -> None:
    case = w.received(world)
    head = colleague(world, "technical", role="head", head=True)
    dissolve(world)
    new = Assignment.objects.get(case=case, department=world.technical)
    case = fresh(case)
    assert (new.state, new.holder, case.owner, case.owner_department) == ("received", head, head, world.technical)
    assert case.state == "received"
    answered = assignment.answer_assignment(new, by=_actor(head), answer="已处理")
    assert answered.state == "answered"


def _actor(user: User) -> object:
    from audit.actor import Actor

    return Actor.staff(user)


def test_a_department_without_people_takes_nothing_in_hand(world: World) -> None:
    case = w.received(world)
    User.objects.filter(username__in=["manager", "general_manager", "auditor", "administrator"]).update(is_active=False)
    report = dissolve(world)
    assert report.count == 0
    assert "技术部" in report.refused[0].why
    assert case.assignments.get().state == "received"


def test_a_department_that_helps_already_is_not_asked_twice(world: World) -> None:
    case = w.dispatched(world, "technical")
    report = dissolve(world)
    assert [each.number for each in report.refused] == [case.number]
    assert case.assignments.get(department=world.production).state == "sent"


def test_an_overdue_task_stays_a_breach_of_the_old_and_gives_the_new_a_working_day(world: World) -> None:
    case = w.received(world)
    colleague(world, "technical", role="head", head=True)
    past = timezone.now() - timedelta(hours=1)
    Assignment.objects.update(due_at=past)
    CaseClock.objects.filter(kind="task").update(due_at=past, first_due_at=past)
    dissolve(world)
    assert CaseClock.objects.get(kind="task", assignment__department=world.production).state == "breached"
    assert CaseClock.objects.get(kind="task", assignment__department=world.technical).due_at > timezone.now()
    assert case.number


def test_a_request_for_more_time_ends_with_its_assignment(world: World) -> None:
    case = w.received(world)
    colleague(world, "technical", role="head", head=True)
    row = case.assignments.get()
    until = row.due_at + timedelta(days=3)
    extension = assignment.ask_extension(row, by=world.actor("production_head"), until=until, reason="等报告")
    dissolve(world)
    extension.refresh_from_db()
    assert extension.granted is False


# --- The page -------------------------------------------------------------------------------------------------


def test_the_page_shows_what_will_move_then_moves_it_and_reports(world: World, client: Client) -> None:
    kept, _given = w.log_call(world), w.log_call(world)
    bar(kept, world.agent2)
    client.force_login(world.administrator)
    url = f"{reverse('handover')}?from={world.agent.pk}"
    assert "件由其负责的案件" in client.get(url).content.decode()
    page = client.post(url, {"taker": world.agent2.pk}, follow=True).content.decode()
    assert kept.number in page
    assert "苏晴" in page
    assert client.post(url, {"taker": world.auditor.pk}).status_code == 422


def test_the_page_of_a_department(world: World, client: Client) -> None:
    w.dispatched(world)
    client.force_login(world.administrator)
    url = f"{reverse('handover')}?from_department={world.production.pk}"
    assert client.post(url, {"taker_department": ""}).status_code == 422
    assert client.post(url, {"taker_department": world.production.pk}).status_code == 422
    assert client.post(url, {"taker_department": world.technical.pk}, follow=True).status_code == 200
    assert Assignment.objects.filter(department=world.technical, state="sent").count() == 1


# --- Repairs --------------------------------------------------------------------------------------------------


@pytest.mark.req("RET-22", "ORG-15")
def test_repairs_in_hand_go_to_a_colleague_who_repairs(trade: World) -> None:
    planned, begun, done = t.scheduled(trade), t.repairing(trade), t.inspecting(trade)
    new = colleague(trade, "repair")
    by = trade.actor("administrator")
    assert work.preview_person(trade.repairer, by=by).counts == {"repairs": 2}
    Message.objects.all().delete()
    report = moved(trade, trade.repairer, new)
    assert (dict(report.moved), report.refused) == ({"repairs": 2}, [])
    assert {t.fresh(slip).repair.repairer for slip in (planned, begun)} == {new}
    assert t.fresh(done).repair.repairer == trade.repairer
    event = Event.objects.get(thread=begun.thread, verb="hand_over")
    assert event.changes["repairer"] == [trade.repairer.pk, new.pk]
    assert event.actor_id == trade.administrator.pk
    assert -new.pk in t.fresh(begun).readers
    assert Message.objects.get(kind="handed_over", channel="in_app").user == new
    assert work.preview_person(trade.repairer, by=by).is_empty


@pytest.mark.req("RET-22", "SEC-01")
def test_a_repair_stays_where_the_taker_does_not_repair_or_must_not_take_part(trade: World) -> None:
    slip = t.repairing(trade, case=w.received(trade))
    report = moved(trade, trade.repairer, trade.quality_handler)
    assert report.count == 0
    assert [(each.number, "钱芳" in each.why) for each in report.refused] == [(slip.number, True)]
    assert t.fresh(slip).repair.repairer == trade.repairer
    new = colleague(trade, "repair")
    bar(slip.case, new)
    report = moved(trade, trade.repairer, new)
    assert [each.number for each in report.refused] == [slip.number]
    assert "回避" in report.refused[0].why
    assert t.fresh(slip).version == slip.version
    assert Event.objects.filter(thread=slip.thread, verb="hand_over").count() == 0


@pytest.mark.req("RTE-19", "SEC-01")
def test_who_is_barred_from_its_case_neither_counts_nor_moves_a_repair(trade: World) -> None:
    slip = t.scheduled(trade, case=w.received(trade))
    bar(slip.case, trade.administrator)
    assert work.preview_person(trade.repairer, by=trade.actor("administrator")).is_empty
    assert moved(trade, trade.repairer, colleague(trade, "repair")).count == 0
    assert t.fresh(slip).repair.repairer == trade.repairer


def test_what_is_no_longer_repaired_is_in_nobodys_hands(trade: World) -> None:
    from returns.actions.deciding import redirect_to_refund

    redirect_to_refund(t.scheduled(trade), by=trade.actor("desk_clerk"), reason="客户要退款")
    assert work.preview_person(trade.repairer, by=trade.actor("administrator")).is_empty
    assert moved(trade, trade.repairer, colleague(trade, "repair")).count == 0


def test_the_page_of_a_repairer_counts_moves_and_names_what_stayed(trade: World, client: Client) -> None:
    slip = t.repairing(trade)
    client.force_login(trade.administrator)
    url = f"{reverse('handover')}?from={trade.repairer.pk}"
    assert "件待完成的维修" in client.get(url).content.decode()
    assert slip.number in client.post(url, {"taker": trade.agent.pk}, follow=True).content.decode()
    client.post(url, {"taker": trade.repair_head.pk})
    assert t.fresh(slip).repair.repairer == trade.repair_head
