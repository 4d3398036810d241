"""Clocks: what they start from, what ends them, who is told when they pass."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from unittest import mock
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from audit.exceptions import InvalidInput
from audit.models import Event
from cases.actions import (
    agreement,
    assignment,
    clocks,
    closure,
    correction,
    investigation,
    recusal,
    reply,
    sweep,
)
from cases.actions import calendar as following
from cases.actions.assignment import Reclassification
from cases.actions.contacts import NewContact
from cases.actions.intake import Classification
from cases.models import Alert, Case, CaseClock, Extension
from notifications.models import Message
from organization.actions import calendar as calendars
from organization.models import Calendar, Membership, User
from organization.presets import calendar_cn
from tests import world as w
from tests.cases.desk import Person
from tests.world import World

SHANGHAI = ZoneInfo("Asia/Shanghai")
#: A Thursday before an ordinary weekend.
THURSDAY = datetime(2026, 11, 19, 10, 0, tzinfo=SHANGHAI)


class MovedClock:
    """The time, moved by hand."""

    def __init__(self) -> None:
        self.now = THURSDAY

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: int) -> datetime:
        self.now += timedelta(**span)
        return self.now


@pytest.fixture
def clock() -> Iterator[MovedClock]:
    moved = MovedClock()
    with mock.patch("django.utils.timezone.now", side_effect=moved):
        yield moved


def the(case: Case, kind: str) -> CaseClock:
    return CaseClock.objects.filter(case=case, kind=kind).latest("pk")


def local(moment: datetime) -> str:
    return timezone.localtime(moment, SHANGHAI).strftime("%m-%d %H:%M")


@pytest.mark.req("SLA-05", "SLA-07", "A-01", "A-05")
def test_acknowledgement_is_24_hours_and_resolution_5_working_days_from_receipt(
    world: World, clock: MovedClock
) -> None:
    case = w.log_call(world, received_at=clock.now - timedelta(hours=2))
    assert local(the(case, "acknowledgement").due_at) == "11-20 08:00"
    assert local(the(case, "resolution").due_at) == "11-26 17:30"


@pytest.mark.req("SLA-07", "A-08")
def test_the_customers_date_overrides_the_limit_longer_or_shorter(world: World, clock: MovedClock) -> None:
    sooner = w.log_call(world, customer_deadline=date(2026, 11, 20))
    later = w.log_call(world, customer_deadline=date(2026, 12, 31))
    assert local(the(sooner, "resolution").due_at) == "11-20 17:30"
    assert local(the(later, "resolution").due_at) == "12-31 17:30"


@pytest.mark.req("A-06", "SLA-03")
def test_no_clock_waits_while_the_customer_is_asked(world: World, clock: MovedClock) -> None:
    case = w.acknowledged(world)
    before = (the(case, "resolution").state, the(case, "resolution").due_at)
    correction.ask_completion(case, by=world.actor("agent"), missing="请补充批号")
    clock.forward(days=2)
    assert (the(case, "resolution").state, the(case, "resolution").due_at) == before
    correction.complete(case, by=world.actor("agent"))
    assert (the(case, "resolution").state, the(case, "resolution").due_at) == before


@pytest.mark.req("SLA-06", "A-05")
def test_the_on_site_clock_exists_only_once_a_visit_is_marked_and_runs_from_receipt(
    world: World, clock: MovedClock
) -> None:
    case = w.received(world)
    assert not CaseClock.objects.filter(case=case, kind="on_site").exists()
    clock.forward(hours=5)
    visit = investigation.plan_visit(case, investigation.VisitPlan("客户要求"), by=world.actor("production_head"))
    assert the(case, "on_site").due_at == case.received_at + timedelta(hours=48)
    clock.forward(hours=10)
    arrival = investigation.Arrival(clock.now - timedelta(hours=1), "现场属实")
    investigation.record_visit(visit, arrival, by=world.actor("production_head"))
    assert the(case, "on_site").state == "met"


@pytest.mark.req("SLA-06", "SLA-04")
def test_a_visit_planned_again_after_it_was_cancelled_has_its_clock_running_again(
    world: World, clock: MovedClock
) -> None:
    head, case = world.actor("production_head"), w.received(world)
    visit = investigation.plan_visit(case, investigation.VisitPlan("客户要求"), by=head)
    due = the(case, "on_site").due_at
    investigation.cancel_visit(visit, by=head, reason="客户改期")
    assert the(case, "on_site").state == "stopped"
    clock.forward(hours=5)
    investigation.plan_visit(case, investigation.VisitPlan("客户又要求"), by=head)
    again = the(case, "on_site")
    assert (again.state, again.due_at) == ("running", due)
    clock.now = due + timedelta(minutes=1)
    sweep.sweep_clocks()
    assert the(case, "on_site").breached_at == due


@pytest.mark.req("SLA-06", "SLA-04")
def test_a_visit_planned_again_takes_no_breach_back(world: World, clock: MovedClock) -> None:
    head, case = world.actor("production_head"), w.received(world)
    visit = investigation.plan_visit(case, investigation.VisitPlan("客户要求"), by=head)
    due = the(case, "on_site").due_at
    clock.now = due + timedelta(minutes=1)
    investigation.cancel_visit(visit, by=head, reason="客户改期")
    investigation.plan_visit(case, investigation.VisitPlan("客户又要求"), by=head)
    again = the(case, "on_site")
    assert (again.is_running, again.breached_at, again.first_due_at) == (True, due, due)
    sweep.sweep_clocks()
    assert Alert.objects.filter(clock=again, level="owner").exists()


@pytest.mark.req("SLA-18", "A-44")
def test_receipt_is_four_working_hours(world: World, clock: MovedClock) -> None:
    case = w.dispatched(world)
    assert local(the(case, "receipt").due_at) == "11-19 15:30"


@pytest.mark.req("SLA-18")
def test_receipt_ends_with_receiving_and_with_returning(world: World, clock: MovedClock) -> None:
    first, second = w.dispatched(world), w.dispatched(world)
    assignment.receive_assignment(first.assignments.get(), by=world.actor("production_head"))
    assignment.return_assignment(second.assignments.get(), by=world.actor("production_head"), reason="属运输责任")
    assert the(first, "receipt").state == "met"
    assert the(second, "receipt").state == "met"
    assert the(second, "task").state == "stopped"


@pytest.mark.req("RTE-12")
@pytest.mark.gate(6)
def test_a_return_to_the_hub_does_not_restart_the_customers_clock(world: World, clock: MovedClock) -> None:
    case = w.dispatched(world)
    before = the(case, "resolution").due_at
    clock.forward(hours=20)
    assignment.return_assignment(case.assignments.get(), by=world.actor("production_head"), reason="不属本部门")
    case.refresh_from_db()
    assignment.dispatch_case(case, w.task(world, "quality"), by=world.actor("agent"))
    assert the(case, "resolution").due_at == before
    assert CaseClock.objects.filter(case=case, kind="resolution").count() == 1


@pytest.mark.req("SLA-04")
def test_the_owner_is_warned_before_then_head_and_next_level_are_told_each_once(
    world: World, clock: MovedClock
) -> None:
    case = w.received(world)
    due = the(case, "resolution").first_due_at
    clock.now = the(case, "resolution").next_alert_at or due
    sweep.sweep_clocks()
    clock.now = due + timedelta(minutes=1)
    sweep.sweep_clocks()
    sweep.sweep_clocks()
    clock.forward(hours=4)
    sweep.sweep_clocks()
    levels = list(Alert.objects.filter(clock=the(case, "resolution")).order_by("pk").values_list("level", flat=True))
    assert levels == ["warning", "owner", "head", "next_level"]
    told = Message.objects.filter(
        thread=case.thread,
        kind="clock_breach",
        channel="in_app",
        dedupe_key__contains=f"clock:{the(case, 'resolution').pk}:",
    )
    assert {m.user for m in told} == {world.production_head, world.manager}


def told_of(case: Case, level: str) -> set[User | None]:
    """Who got a message at a rung of the resolution clock."""
    key = f":clock:{the(case, 'resolution').pk}:{level}:"
    return {m.user for m in Message.objects.filter(thread=case.thread, channel="in_app", dedupe_key__contains=key)}


def climb(case: Case, clock: MovedClock) -> None:
    """Let the whole ladder of the resolution clock be given."""
    clock.now = the(case, "resolution").first_due_at + timedelta(hours=9)
    sweep.sweep_clocks()


@pytest.mark.req("SLA-04")
def test_where_no_department_above_has_a_head_the_next_level_are_the_managers(world: World, clock: MovedClock) -> None:
    Membership.objects.filter(department=world.head_office).update(is_head=False)
    case = w.received(world)
    climb(case, clock)
    assert told_of(case, "head") == {world.production_head}
    assert told_of(case, "next_level") == {world.manager, world.general_manager}


@pytest.mark.req("SLA-04")
def test_the_next_level_is_above_the_head_who_was_told(world: World, clock: MovedClock) -> None:
    Membership.objects.filter(department=world.production).update(is_head=False)
    case = w.received(world)
    climb(case, clock)
    assert told_of(case, "head") == {world.manager}  # heads the department above
    assert told_of(case, "next_level") == {world.manager, world.general_manager}


@pytest.mark.req("RTE-19", "A-38")
def test_the_ladder_passes_over_the_recused_and_tells_the_next_higher_at_once(world: World, clock: MovedClock) -> None:
    case = w.received(world)
    recusal.accuse(case, (world.production_head, world.manager), by=world.actor("hub_head"), reason="被投诉")
    climb(case, clock)
    assert told_of(case, "head") == {world.hub_head}
    assert told_of(case, "next_level") == {world.general_manager}
    breaches = Alert.objects.filter(clock=the(case, "resolution")).exclude(level="warning")
    assert not {row.user for row in breaches} & {world.production_head, world.manager, None}


@pytest.mark.req("SLA-04")
def test_where_the_owner_is_gone_the_head_is_told_at_once(world: World, clock: MovedClock) -> None:
    case = w.received(world)
    assignment.pass_on(
        case.assignments.get(), by=world.actor("production_head"), to=world.production_handler, note="请接手"
    )
    assignment.take(case.assignments.get(), by=world.actor("production_handler"))
    User.objects.filter(pk=world.production_handler.pk).update(is_active=False)
    climb(case, clock)
    assert told_of(case, "owner") == {world.production_head}


@pytest.mark.req("SLA-04")
@pytest.mark.gate(11)
def test_a_breach_carries_the_due_time_and_not_the_sweeps(world: World, clock: MovedClock) -> None:
    case = w.log_call(world)
    due = the(case, "acknowledgement").due_at
    clock.now = due + timedelta(hours=7)
    sweep.sweep_clocks()
    assert the(case, "acknowledgement").breached_at == due
    assert Event.objects.get(thread=case.thread, verb="breach").at == due


@pytest.mark.req("SLA-04", "RES-11")
def test_a_case_with_a_breach_is_not_closed_without_its_reason(world: World, clock: MovedClock) -> None:
    case = w.log_call(world)
    clock.forward(hours=30)
    classification = Classification(category=world.category(), priority=1)
    assignment.acknowledge_case(case, by=world.actor("agent"), classification=classification)
    breached = the(case, "acknowledgement")
    assert breached.state == "breached"
    from cases import gates
    from cases.queries.closure import closing_facts

    facts = closing_facts(Case.objects.get(pk=case.pk))
    assert "breach_without_reason" in {r.code for r in gates.closing(facts)}
    clocks.give_breach_reason(breached, by=world.actor("agent"), reason="系统停机")
    facts = closing_facts(Case.objects.get(pk=case.pk))
    assert "breach_without_reason" not in {r.code for r in gates.closing(facts)}


@pytest.mark.req("SLA-03")
def test_a_late_record_that_kept_the_limit_is_met_and_the_declared_breach_stays(
    world: World, clock: MovedClock
) -> None:
    case = w.received(world)
    visit = investigation.plan_visit(case, investigation.VisitPlan("客户要求"), by=world.actor("production_head"))
    arrived = clock.now + timedelta(hours=3)
    clock.now = the(case, "on_site").due_at + timedelta(hours=2)
    sweep.sweep_clocks()
    with pytest.raises(InvalidInput) as refused:
        investigation.record_visit(visit, investigation.Arrival(arrived, "属实"), by=world.actor("production_head"))
    assert refused.value.field == "late_reason"
    arrival = investigation.Arrival(arrived, "属实", late_reason="现场无网络")
    investigation.record_visit(visit, arrival, by=world.actor("production_head"))
    on_site = the(case, "on_site")
    assert (on_site.met_at, on_site.met_recorded_late, on_site.state) == (arrived, True, "breached")


@pytest.mark.req("SLA-03")
@pytest.mark.parametrize("hours", [-1, 1])
def test_what_happened_lies_neither_in_the_future_nor_before_the_case(
    world: World, clock: MovedClock, hours: int
) -> None:
    case = w.received(world)
    visit = investigation.plan_visit(case, investigation.VisitPlan("客户要求"), by=world.actor("production_head"))
    moment = clock.now + timedelta(hours=1) if hours > 0 else case.received_at - timedelta(hours=1)
    with pytest.raises(InvalidInput):
        investigation.record_visit(visit, investigation.Arrival(moment, "属实"), by=world.actor("production_head"))


@pytest.mark.req("SLA-07", "RES-20")
def test_the_resolution_ends_with_the_final_reply_and_a_second_reply_leaves_it_met(
    world: World, clock: MovedClock
) -> None:
    case = w.replied(world)
    first = the(case, "resolution").met_at
    assert first is not None
    reply.ask_opinion(case, by=world.actor("agent"), way="phone", reached=True)
    reply.record_opinion(case, reply.CustomerOpinion(False, "phone", "仍漏水"), by=world.actor("agent"))
    clock.forward(days=10)
    reply.reply_to_customer(case, reply.Answer("再次上门", "phone"), by=world.actor("agent"))
    assert the(case, "resolution").met_at == first


@pytest.mark.req("CLS-17", "A-20")
def test_reclassification_recomputes_from_the_original_start(world: World, clock: MovedClock) -> None:
    case = w.acknowledged(world)
    before = the(case, "resolution")
    clock.forward(hours=3)
    change = Reclassification(Classification(urgency="general"), kind=world.kind("suggestion"), reason="客户说明是建议")
    assignment.classify_case(case, change, by=world.actor("agent"))
    after = the(case, "resolution")
    assert (after.started_at, after.due_at) == (before.started_at, before.due_at)


@pytest.mark.req("SLA-04", "A-08")
def test_who_was_warned_of_one_due_time_is_warned_again_of_a_later_one(world: World, clock: MovedClock) -> None:
    case = w.received(world)
    clock.now = the(case, "resolution").next_alert_at or clock.now
    sweep.sweep_clocks()
    assert the(case, "resolution").level == 1
    closed = {date(2026, 11, day): calendars.Exceptional((), "停工") for day in (25, 26, 27)}
    calendars.set_days(Calendar.objects.get(code="cn"), closed, by=world.actor("administrator"))
    following.recompute_chunk("cn", after=0, at=clock.now)
    assert the(case, "resolution").level == 0
    clock.now = the(case, "resolution").next_alert_at or clock.now
    sweep.sweep_clocks()
    warned = Alert.objects.filter(clock=the(case, "resolution"), level="warning")
    assert warned.count() == 2
    assert warned.latest("pk").due_at == the(case, "resolution").due_at


@pytest.mark.req("A-20")
def test_only_a_classification_makes_a_limit_overdue_by_reclassification(world: World, clock: MovedClock) -> None:
    case = w.acknowledged(world)
    clock.forward(days=6)
    working = calendars.Exceptional(calendar_cn.STANDARD_HOURS, "补班")
    weekend = {date(2026, 11, 21): working, date(2026, 11, 22): working}
    calendars.set_days(Calendar.objects.get(code="cn"), weekend, by=world.actor("administrator"))
    following.recompute_chunk("cn", after=0, at=clock.now)
    assert the(case, "resolution").is_overdue(clock.now)
    assert not the(case, "resolution").by_reclassification


@pytest.mark.req("A-20")
def test_a_limit_overdue_by_classification_is_marked_and_goes_to_the_hubs_head(world: World, clock: MovedClock) -> None:
    from feedback_system.presets import PROFILE
    from regulations import profiles
    from regulations.models import Profile

    body = copy.deepcopy(PROFILE)
    urgent = {"clock": "resolution", "amount": 2, "start": "received", "end": "replied", "urgencies": ["urgent"]}
    body["times"]["limits"].insert(0, urgent)  # type: ignore[index]
    profiles.publish(Profile.objects.get(), body, by=world.actor("administrator"), reason="加急")
    case = w.log_call(world)
    clock.forward(hours=5)
    given = Classification(category=world.category(), urgency="urgent", priority=1)
    assignment.acknowledge_case(case, by=world.actor("agent"), classification=given)
    assert the(case, "resolution").by_reclassification
    told = Message.objects.filter(thread=case.thread, kind="overdue_by_reclassification", channel="in_app")
    assert {m.user for m in told} == {world.hub_head}


@pytest.mark.req("A-08")
def test_the_page_says_what_a_due_time_was_when_it_changed_and_why(world: World, clock: MovedClock) -> None:
    case = w.received(world)
    until = the(case, "resolution").due_at + timedelta(days=4)
    extension = assignment.ask_extension(
        case.assignments.get(), by=world.actor("production_head"), until=until, reason="等待供应商报告"
    )
    clock.forward(hours=1)
    assignment.decide_extension(extension, by=world.actor("agent"), granted=True)
    page = Person(world, "agent").text(case)
    assert "已延期 · 原定11-26 17:30" in page
    assert "原定11-26 17:30，11-19 11:00 林晓调整：批准延期" in Person(world, "agent").see(case).content.decode()


@pytest.mark.req("SLA-02")
def test_a_calendar_edit_recomputes_open_clocks_keeps_the_old_due_and_never_undeclares_a_breach(
    world: World, clock: MovedClock
) -> None:
    running, breached = w.log_call(world), w.log_call(world, customer_deadline=date(2026, 11, 19))
    clock.now = the(breached, "resolution").due_at + timedelta(minutes=1)
    sweep.sweep_clocks()
    old = the(running, "resolution").due_at
    calendars.set_days(
        Calendar.objects.get(code="cn"),
        {date(2026, 11, 24): calendars.Exceptional((), "停工")},
        by=world.actor("administrator"),
    )
    assert following.recompute_chunk("cn", after=0, at=clock.now)[1] == 1
    moved = the(running, "resolution")
    assert local(moved.due_at) == "11-27 17:30"
    assert moved.earlier_dues[0]["due_at"] == old.isoformat()
    assert the(breached, "resolution").state == "breached"


@pytest.mark.req("SLA-02")
def test_a_due_time_beyond_the_confirmed_calendar_is_provisional(world: World, clock: MovedClock) -> None:
    clock.now = datetime(2026, 12, 28, 9, 0, tzinfo=SHANGHAI)
    assert the(w.log_call(world), "resolution").provisional
    assert not the(w.log_call(world), "acknowledgement").provisional


@pytest.mark.req("A-08", "SLA-03")
def test_more_time_keeps_the_first_due_time_decisive(world: World, clock: MovedClock) -> None:
    case = w.received(world)
    row = case.assignments.get()
    until = the(case, "resolution").due_at + timedelta(days=4)
    extension = assignment.ask_extension(row, by=world.actor("production_head"), until=until, reason="等待供应商报告")
    assignment.decide_extension(extension, by=world.actor("agent"), granted=True)
    resolution = the(case, "resolution")
    assert resolution.due_at == until
    assert resolution.first_due_at < until
    clock.now = resolution.first_due_at + timedelta(minutes=1)
    sweep.sweep_clocks()
    assert the(case, "resolution").state == "breached"
    assert Message.objects.filter(thread=case.thread, kind="extension_told").count() == 1
    assert Extension.objects.get().granted


def _agreed(world: World, day: date) -> agreement.Agreement:
    return agreement.Agreement(day, NewContact("in", world.channel("phone"), "客户同意改期"))


@pytest.mark.req("A-08", "RES-03")
def test_a_later_date_needs_the_customers_consent_and_leaves_the_first_one_to_decide(
    world: World, clock: MovedClock
) -> None:
    case = w.received(world, customer_deadline=date(2026, 11, 24))
    first = the(case, "resolution").due_at
    agreement.agree_date(case, _agreed(world, date(2026, 12, 4)), by=world.actor("agent"))
    moved = the(case, "resolution")
    assert (local(moved.due_at), moved.first_due_at) == ("12-04 17:30", first)
    assert moved.earlier_dues[0]["due_at"] == first.isoformat()
    assert moved.earlier_dues[0]["by"] == "林晓"
    assert "林晓" in Person(world, "agent").text(case)
    assert case.contacts.get().text == "客户同意改期"
    assert Message.objects.filter(thread=case.thread, kind="date_agreed").count() == 1
    clock.now = first + timedelta(minutes=1)
    sweep.sweep_clocks()
    assert the(case, "resolution").state == "breached"


@pytest.mark.req("A-08")
def test_an_earlier_date_that_was_agreed_decides(world: World, clock: MovedClock) -> None:
    case = w.received(world)
    agreement.agree_date(case, _agreed(world, date(2026, 11, 20)), by=world.actor("agent"))
    assert local(the(case, "resolution").first_due_at) == "11-20 17:30"


@pytest.mark.req("A-08")
@pytest.mark.parametrize("day", [date(2026, 11, 18), date(2026, 11, 24)])
def test_a_date_that_has_passed_or_stands_already_is_not_agreed_on(world: World, clock: MovedClock, day: date) -> None:
    case = w.received(world, customer_deadline=date(2026, 11, 24))
    with pytest.raises(InvalidInput):
        agreement.agree_date(case, _agreed(world, day), by=world.actor("agent"))
    assert not case.contacts.exists()


@pytest.mark.req("A-08")
def test_correcting_the_entry_does_not_move_the_customers_date(world: World) -> None:
    case = w.received(world, customer_deadline=w.in_days(5).date())
    with pytest.raises(InvalidInput):
        correction.correct(
            case, {"customer_deadline": w.in_days(60).date()}, by=world.actor("production_head"), reason="x"
        )
    assert "customer_deadline" not in Person(world, "agent").open(case, "correct").context["form"].fields


@pytest.mark.req("A-08")
def test_the_customers_date_ends_with_its_round(world: World) -> None:
    case = w.closed(world, customer_deadline=w.in_days(5).date())
    case = closure.reopen_case(case, by=world.actor("agent"), reason="再次漏水")
    before = the(case, "resolution").due_at
    assert case.customer_deadline is None
    clocks.recompute(case, by=world.actor("agent"), at=timezone.now(), why="recomputed")
    assert the(case, "resolution").due_at == before


@pytest.mark.req("RES-21")
def test_reopening_starts_new_clocks_and_keeps_the_old_ones(world: World, clock: MovedClock) -> None:
    case = w.closed(world)
    number, old = case.number, the(case, "resolution")
    clock.forward(days=3)
    closure.reopen_case(case, by=world.actor("agent"), reason="再次漏水")
    new = the(case, "resolution")
    assert (new.round, new.started_at) == (2, clock.now)
    old.refresh_from_db()
    assert old.state == "met"
    assert Case.objects.get(pk=case.pk).number == number


def test_one_bad_clock_is_parked_and_the_others_go_on(world: World, clock: MovedClock) -> None:
    bad, good = w.log_call(world), w.log_call(world)
    CaseClock.objects.filter(case=bad, kind="acknowledgement").update(policy={})
    clock.now = the(good, "acknowledgement").due_at + timedelta(minutes=1)
    sweep.sweep_clocks()
    assert the(good, "acknowledgement").state == "breached"
    assert the(bad, "acknowledgement").next_alert_at == clock.now + sweep.PARKED


@pytest.mark.req("SLA-04")
def test_a_clock_that_fails_on_the_way_loses_no_alert_and_no_breach(world: World, clock: MovedClock) -> None:
    case = w.log_call(world)
    clock.now = the(case, "acknowledgement").due_at + timedelta(minutes=1)
    with mock.patch("cases.notices.clock_alerts", side_effect=RuntimeError("no such template")):
        sweep.sweep_clocks()
    failed = the(case, "acknowledgement")
    assert (failed.level, failed.breached_at) == (0, None)
    assert not Alert.objects.filter(clock=failed).exists()
    clock.now = clock.now + sweep.PARKED
    sweep.sweep_clocks()
    assert the(case, "acknowledgement").state == "breached"
    assert Event.objects.filter(thread=case.thread, verb="breach").count() == 1
    told = Message.objects.filter(thread=case.thread, kind="clock_breach", channel="in_app")
    assert {m.user for m in told} == {world.agent, world.hub_head}


def test_a_late_sweep_catches_up_in_order_and_does_not_warn_of_what_has_passed(world: World, clock: MovedClock) -> None:
    case = w.log_call(world)
    clock.now = the(case, "acknowledgement").due_at + timedelta(days=2)
    sweep.sweep_clocks()
    levels = list(
        Alert.objects.filter(clock=the(case, "acknowledgement")).order_by("pk").values_list("level", flat=True)
    )
    assert levels == ["warning", "owner", "head", "next_level", "hub_head"]
    assert not Message.objects.filter(thread=case.thread, kind="clock_warning").exists()
    assert the(case, "acknowledgement").next_alert_at is None


def test_the_next_due_time_of_the_case_follows_its_clocks(world: World, clock: MovedClock) -> None:
    case = w.log_call(world)
    assert (case.next_due_at, case.next_due_kind) == (the(case, "acknowledgement").due_at, "acknowledgement")
    closed = w.closed(world)
    assert (closed.next_due_at, closed.next_due_kind) == (None, "")


@pytest.mark.req("INT-07")
def test_a_late_registration_needs_a_reason(world: World, clock: MovedClock) -> None:
    with pytest.raises(InvalidInput) as refused:
        w.log_call(world, received_at=clock.now - timedelta(hours=25))
    assert refused.value.field == "late_reason"
    case = w.log_call(world, received_at=clock.now - timedelta(hours=25), late_reason="周末来信")
    assert case.registered_at > case.received_at


@pytest.mark.req("GEN-02")
def test_a_new_profile_version_leaves_registered_cases_alone(world: World, clock: MovedClock) -> None:
    from feedback_system.presets import PROFILE
    from regulations import profiles
    from regulations.models import Profile

    old = w.log_call(world)
    times = PROFILE["times"]
    limits = [{**limit, "amount": 12} if limit["clock"] == "acknowledgement" else limit for limit in times["limits"]]  # type: ignore[index,union-attr,call-overload]
    body = {**PROFILE, "times": {**times, "limits": limits}}  # type: ignore[dict-item]
    profiles.publish(Profile.objects.get(), body, by=world.actor("administrator"), reason="加快受理")
    new = w.log_call(world)
    assert the(new, "acknowledgement").due_at == clock.now + timedelta(hours=12)
    assert the(old, "acknowledgement").due_at == clock.now + timedelta(hours=24)
    change = Reclassification(Classification(urgency="urgent"), reason="")
    assignment.classify_case(old, change, by=world.actor("agent"))
    assert the(old, "acknowledgement").due_at == clock.now + timedelta(hours=24)


@pytest.mark.req("SLA-04")
def test_the_reason_of_a_missed_limit_is_given_by_the_hub_or_by_those_whose_limit_it_was(world: World) -> None:
    case = w.received(world, "technical")
    helper = case.assignments.get(is_lead=False)
    assignment.receive_assignment(helper, by=world.actor("manager"))
    head, hub = Person(world, "production_head"), Person(world, "agent")
    Membership.objects.filter(user=world.finance_handler).update(department=world.technical)
    technician = Person(world, "finance_handler")
    CaseClock.objects.filter(case=case).update(breached_at=timezone.now())
    rows = {
        "lead": CaseClock.objects.get(case=case, kind="task", assignment__is_lead=True),
        "helper": CaseClock.objects.get(case=case, kind="task", assignment=helper),
        "promise": CaseClock.objects.get(case=case, kind="resolution"),
    }
    for who, mine in ((technician, {"helper"}), (head, {"lead", "promise"}), (hub, set(rows))):
        parts = who.offers(case).parts
        assert {name for name, row in rows.items() if f"clocks:{row.pk}" in parts} == mine
        for name, row in rows.items():
            assert who.open(case, "give_breach_reason", row).status_code == (200 if name in mine else 403)
    assert technician.do(case, "give_breach_reason", {"reason": "x"}, part=rows["lead"]).status_code == 403
    head.did(case, "give_breach_reason", {"reason": "等料"}, part=rows["lead"])


@pytest.mark.req("A-08", "RES-21")
def test_a_date_agreed_on_in_a_later_round_outlives_a_recomputation(world: World, clock: MovedClock) -> None:
    case = closure.reopen_case(w.closed(world), by=world.actor("hub_head"), reason="又漏了")
    contact = NewContact(channel=world.channel("phone"), direction="in", text="明天可以")
    tomorrow = clock.now.date() + timedelta(days=1)
    case = agreement.agree_date(case, agreement.Agreement(tomorrow, contact), by=world.actor("agent"))
    agreed = the(case, "resolution").due_at
    clocks.recompute(case, by=world.actor("agent"), at=clock.now, why=clocks.Why.CALENDAR)
    assert the(case, "resolution").due_at == agreed
