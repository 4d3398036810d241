"""A repair from the application to the callback: RET-18 to RET-25, SLA-21 to SLA-23; hard gate 2."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.exceptions import Blocked, InvalidInput, InvalidMove
from notifications.models import Message
from returns.actions import arrival, clocks, deciding, leaving, repair, sweep
from returns.models import Inspection, RepairOrder, ReturnAlert, ReturnClock, ReturnSlip
from tests.returns import trade as t
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.mark.req("RET-21", "RET-22")
@pytest.mark.form("F45", "F47")
def test_an_application_is_reviewed_scheduled_and_the_customer_is_told(trade: World) -> None:
    slip = t.registered(trade, "repair")
    assert slip.turn == "repair"
    with pytest.raises(InvalidMove):
        repair.start_repair(slip, by=trade.actor("repairer"))
    slip = deciding.accept_repair(slip, by=trade.actor("repair_head"))
    slip = arrival.receive_goods(slip, t.all_of(slip), by=trade.actor("store_keeper"))
    order = repair.schedule_repair(slip, t.plan(trade), by=trade.actor("repair_head"))
    assert (order.number, order.repairer, order.free) == (f"WX{timezone.localdate():%Y}-000001", trade.repairer, True)
    assert Message.objects.filter(thread=slip.thread, kind="repair_scheduled", user=None).exists()
    assert Message.objects.filter(thread=slip.thread, kind="repair_given", user=trade.repairer).exists()
    with pytest.raises(InvalidInput):
        repair.schedule_repair(
            t.fresh(slip), repair.Schedule(trade.agent, timezone.localdate()), by=trade.actor("repair_head")
        )


@pytest.mark.req("RET-21")
def test_an_application_that_is_refused_before_the_goods_came_ends_with_its_reason(trade: World) -> None:
    slip = deciding.refuse_return(t.registered(trade, "repair"), by=trade.actor("repair_head"), reason="超出维修范围")
    assert (slip.state, slip.outcome, slip.turn) == ("ended", "refused", "")
    assert Message.objects.filter(thread=slip.thread, kind="return_refused").exists()


@pytest.mark.req("RET-24")
@pytest.mark.gate(2)
@pytest.mark.parametrize("state", ["accepted", "scheduled", "repairing", "inspecting"])
def test_nothing_repaired_leaves_before_quality_passed_it(trade: World, state: str) -> None:
    slip = t.MAKERS[state](trade)
    with pytest.raises(Blocked) as blocked:
        leaving.release_goods(slip, by=trade.actor("store_keeper"), shipment="SF1")
    assert {reason.code for reason in blocked.value.reasons} <= {"not_passed", "not_repaired"}
    assert t.fresh(slip).released_at is None


@pytest.mark.gate(2)
@pytest.mark.parametrize("state", ["scheduled", "repairing", "inspecting"])
def test_the_database_itself_refuses_the_release(trade: World, state: str) -> None:
    slip = t.MAKERS[state](trade)
    with pytest.raises(IntegrityError), transaction.atomic():
        ReturnSlip.objects.filter(pk=slip.pk).update(released_at=timezone.now(), state="released")


@pytest.mark.req("RET-24", "RET-25", "INV-12")
@pytest.mark.form("F44", "F46")
def test_failed_it_goes_back_to_the_bench_and_whoever_repaired_it_does_not_pass_it(trade: World) -> None:
    slip = t.inspecting(trade)
    assert slip.turn == "quality"
    told = Message.objects.filter(thread=slip.thread, kind="return_turn", user=trade.quality_head)
    assert told.exists()
    order = RepairOrder.objects.get()
    assert (order.cause, order.work) == ("焊接电流偏低", "更换内胆")
    with pytest.raises(InvalidMove):
        repair.inspect_repair(slip, by=trade.actor("repairer"), passed=True, findings="好了")
    slip = repair.inspect_repair(slip, by=trade.actor("quality_head"), passed=False, findings="仍渗水")
    assert (slip.state, slip.turn) == ("repairing", "repair")
    slip = repair.finish_repair(slip, t.REPORT, by=trade.actor("repairer"))
    slip = repair.inspect_repair(slip, by=trade.actor("quality_head"), passed=True, findings="合格")
    assert list(Inspection.objects.filter(slip=slip).values_list("passed", flat=True)) == [False, True]
    assert (slip.state, ReturnClock.objects.get(kind="repair").state) == ("passed", "met")


def test_a_repair_that_is_done_says_what_was_found_done_and_why(trade: World) -> None:
    slip = t.repairing(trade)
    with pytest.raises(InvalidInput) as refusal:
        repair.finish_repair(slip, repair.Report("渗水", "换内胆", " "), by=trade.actor("repairer"))
    assert refusal.value.field == "cause"
    repair.note_work(slip, repair.Piece("part", "内胆 60L", minutes=None), by=trade.actor("repairer"))
    repair.note_work(slip, repair.Piece("work", "拆装", minutes=90), by=trade.actor("repairer"))
    assert RepairOrder.objects.get().notes.count() == 2


@pytest.mark.req("RET-18", "RET-19")
@pytest.mark.parametrize(
    ("changes", "free"),
    [
        ({}, True),
        ({"excluded": "human"}, False),
        ({"excluded": "force_majeure"}, False),
        ({"accepted_on": None, "purchased_on": None, "received_on": None}, False),
    ],
)
def test_within_the_warranty_a_repair_is_free_unless_its_cause_is_excluded(
    trade: World, changes: dict[str, object], free: bool
) -> None:
    t.scheduled(trade, t.goods(**changes))
    assert RepairOrder.objects.get().free is free


@pytest.mark.req("SLA-21", "RET-31", "A-53")
@pytest.mark.gate(19)
@pytest.mark.parametrize(("units", "days"), [(10, 1), (11, 2), (20, 2), (21, 3), (31, 4)])
def test_the_target_of_a_batch_counts_from_its_receipt(trade: World, units: int, days: int) -> None:
    slip = t.received(trade, "repair", t.goods(units))
    clock = ReturnClock.objects.get(slip=slip)
    assert clock.policy["amount"] == days
    # Plain days: the day of receipt is not counted, the last lasts until its close.
    assert timezone.localdate(clock.due_at - timedelta(seconds=1)) == timezone.localdate(slip.received_at) + timedelta(
        days=days
    )
    assert t.fresh(slip).due_at == clock.due_at


@pytest.mark.req("SLA-22")
def test_a_profile_may_state_working_days_instead(trade: World) -> None:
    from audit.actor import Actor
    from regulations import profiles
    from regulations.models import Profile

    profile = Profile.objects.get()
    body = profile.versions.latest("number").document
    limit = {"clock": "repair", "amount": 10, "unit": "working_days", "start": "received", "end": "repaired"}
    body["times"]["limits"].append(limit)
    profiles.publish(profile, body, by=Actor.system("test"), reason="S28")
    slip = t.received(trade, "repair", t.goods(99))
    assert ReturnClock.objects.get(slip=slip).policy["amount"] == 10


@pytest.mark.req("SLA-23", "A-54", "RET-11")
def test_after_the_receipt_the_callback_is_due_in_three_days_and_not_by_who_repaired_it(trade: World) -> None:
    slip = t.repaired(trade)
    assert (slip.state, slip.outcome, slip.turn) == ("ended", "repaired", "callback_desk")
    clock = ReturnClock.objects.get(slip=slip, kind="callback")
    assert timezone.localdate(clock.due_at) >= timezone.localdate(slip.delivered_at) + timedelta(days=3)
    said = leaving.Callback("satisfied", response=5, effect=4, attitude=5)
    with pytest.raises(InvalidMove):
        leaving.call_back(slip, said, by=trade.actor("repairer"))
    slip = leaving.call_back(slip, said, by=trade.actor("callback_agent"))
    assert (slip.turn, slip.satisfaction, RepairOrder.objects.get().effect) == ("", "satisfied", 4)
    assert ReturnClock.objects.get(slip=slip, kind="callback").state == "met"
    with pytest.raises(InvalidMove):
        leaving.call_back(slip, said, by=trade.actor("callback_agent"))


@pytest.mark.req("A-54")
def test_without_a_confirmation_it_counts_as_received_after_the_days_of_transport(trade: World) -> None:
    slip = t.released(trade)
    soon, later = timezone.now() + timedelta(days=2), timezone.now() + timedelta(days=3, minutes=1)
    assert sweep.sweep_deliveries(soon) == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda: later)
        assert sweep.sweep_deliveries() == 1
    slip = t.fresh(slip)
    assert (slip.state, slip.delivery_assumed) == ("ended", True)
    assert slip.delivered_at == slip.released_at + timedelta(days=3)


@pytest.mark.req("SLA-04")
def test_a_missed_repair_is_told_up_the_ladder_once_and_owes_a_reason(trade: World) -> None:
    slip = t.scheduled(trade)
    clock = ReturnClock.objects.get(slip=slip)
    after = clock.due_at + timedelta(minutes=1)
    sweep.sweep_clocks(after)
    sweep.sweep_clocks(after)
    clock.refresh_from_db()
    assert clock.state == "breached"
    assert set(ReturnAlert.objects.values_list("level", "user__username")) == {
        ("owner", "repairer"), ("head", "repair_head"),
    }  # fmt: skip
    told = Message.objects.filter(kind="return_clock_breach", channel="in_app")
    assert set(told.values_list("user__username", flat=True)) == {"repairer", "repair_head"}
    row = clocks.give_breach_reason(clock, by=trade.actor("repair_head"), reason="等配件")
    assert row.breach_reason == "等配件"


def test_refused_goods_go_back_without_an_inspection(trade: World) -> None:
    slip = t.refused(trade)
    assert slip.turn == "warehouse"
    slip = leaving.release_goods(slip, by=trade.actor("store_keeper"), shipment="客户自提")
    slip = leaving.record_delivery(slip, by=trade.actor("desk_clerk"))
    assert (slip.outcome, slip.turn) == ("refused", "")


def test_a_customer_takes_the_wish_back_before_anything_came(trade: World) -> None:
    slip = leaving.cancel_return(t.registered(trade), by=trade.actor("agent"), reason="周慧来电，11 月 27 日")
    assert (slip.state, slip.outcome, slip.turn) == ("ended", "cancelled", "")
    with pytest.raises(InvalidMove):
        leaving.cancel_return(t.received(trade), by=trade.actor("agent"), reason="x")


def test_the_repairer_is_told_who_planned_it(trade: World) -> None:
    slip = t.scheduled(trade)
    told = Message.objects.get(kind="repair_given", thread=slip.thread, channel="in_app")
    assert (told.user, told.context["person"]) == (trade.repairer, "马俊")
