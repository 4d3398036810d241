"""What is repaired at the customer's never comes in and is never sent (RET-23)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.exceptions import Blocked, InvalidInput, InvalidMove
from notifications.models import Message
from returns.actions import arrival, deciding, leaving, repair, sweep
from returns.actions.opening import correct_slip
from returns.models import RepairOrder, ReturnClock, ReturnSlip
from returns.queries.board import next_of
from tests.forms import submit
from tests.returns import trade as t
from tests.returns.pages import done, page_of
from tests.world import World, client_of

pytestmark = [pytest.mark.django_db, pytest.mark.req("RET-23")]


def accepted(world: World, *, place: str = "on_site", units: int = 1) -> ReturnSlip:
    """The head of repair takes it on."""
    slip = t.registered(world, "repair", t.goods(units))
    return deciding.accept_repair(slip, by=world.actor("repair_head"), opinion="更换主板", place=place)


def scheduled(world: World) -> ReturnSlip:
    """Planned for tomorrow, with nothing received."""
    slip = accepted(world)
    repair.schedule_repair(slip, t.plan(world), by=world.actor("repair_head"))
    return t.fresh(slip)


def inspecting(world: World) -> ReturnSlip:
    """Done at the customer's, before quality."""
    slip = repair.start_repair(scheduled(world), by=world.actor("repairer"))
    return repair.finish_repair(slip, t.REPORT, by=world.actor("repairer"))


def passed(world: World) -> ReturnSlip:
    """Quality found it in order."""
    return repair.inspect_repair(
        inspecting(world), by=world.actor("quality_head"), passed=True, findings="照片与记录相符"
    )


@pytest.mark.req("RET-22", "SLA-21")
def test_it_goes_from_the_review_to_the_customers_acceptance_without_receipt_or_shipment(trade: World) -> None:
    slip = accepted(trade, units=11)
    assert (slip.turn, str(next_of(slip))) == ("repair", "安排维修")
    clock = ReturnClock.objects.get(slip=slip)
    assert (clock.started_at, clock.policy["amount"]) == (slip.accepted_at, 2)
    assert Message.objects.filter(thread=slip.thread, kind="repair_accepted_on_site", user=None).exists()
    repair.schedule_repair(slip, t.plan(trade), by=trade.actor("repair_head"))
    slip = repair.start_repair(t.fresh(slip), by=trade.actor("repairer"))
    slip = repair.finish_repair(slip, t.REPORT, by=trade.actor("repairer"))
    slip = repair.inspect_repair(slip, by=trade.actor("quality_head"), passed=True, findings="合格")
    assert (slip.turn, str(next_of(slip))) == ("returns_desk", "请客户验收")
    slip = leaving.record_delivery(slip, by=trade.actor("desk_clerk"))
    assert (slip.outcome, slip.received_at, slip.released_at, slip.turn) == ("repaired", None, None, "callback_desk")
    assert ReturnClock.objects.get(slip=slip, kind="callback").started_at == slip.delivered_at


@pytest.mark.req("RET-24")
@pytest.mark.gate(2)
def test_the_customer_accepts_nothing_that_quality_has_not_passed(trade: World) -> None:
    slip = inspecting(trade)
    with pytest.raises(InvalidMove):
        leaving.record_delivery(slip, by=trade.actor("desk_clerk"))
    with pytest.raises(IntegrityError), transaction.atomic():
        ReturnSlip.objects.filter(pk=slip.pk).update(state="ended", ended_at=timezone.now(), outcome="repaired")


def test_nothing_is_received_and_nothing_is_sent(trade: World) -> None:
    slip = scheduled(trade)
    with pytest.raises(InvalidMove):
        arrival.receive_goods(slip, t.all_of(slip), by=trade.actor("store_keeper"))
    with pytest.raises(InvalidMove):
        leaving.release_goods(slip, by=trade.actor("store_keeper"), shipment="SF1")
    with pytest.raises(InvalidMove):  # what is here leaves by release
        leaving.record_delivery(t.passed(trade), by=trade.actor("desk_clerk"))


def test_what_is_to_come_in_is_not_scheduled_before(trade: World) -> None:
    with pytest.raises(Blocked) as blocked:
        repair.schedule_repair(accepted(trade, place="factory"), t.plan(trade), by=trade.actor("repair_head"))
    assert [reason.code for reason in blocked.value.reasons] == ["not_counted"]


def test_the_database_refuses_a_work_order_out_of_reach(trade: World) -> None:
    slip = accepted(trade, place="factory")
    with pytest.raises(IntegrityError), transaction.atomic():
        ReturnSlip.objects.filter(pk=slip.pk).update(state="scheduled")


def test_what_cannot_be_repaired_there_is_brought_in_and_its_limit_goes_on(trade: World) -> None:
    slip = repair.start_repair(scheduled(trade), by=trade.actor("repairer"))
    due, number = slip.due_at, RepairOrder.objects.get().number
    for place, reason in (("on_site", "无法现场更换"), ("elsewhere", "无法现场更换"), ("factory", " ")):
        with pytest.raises(InvalidInput):
            repair.change_place(slip, place, by=trade.actor("repair_head"), reason=reason)
    slip = repair.change_place(slip, "factory", by=trade.actor("repair_head"), reason="需返厂更换内胆")
    assert (slip.state, slip.turn, slip.due_at) == ("accepted", "warehouse", due)
    assert Message.objects.filter(thread=slip.thread, kind="repair_brought_in", user=None).exists()
    slip = arrival.receive_goods(slip, t.all_of(slip), by=trade.actor("store_keeper"))
    assert slip.due_at == due
    repair.schedule_repair(slip, t.plan(trade), by=trade.actor("repair_head"))
    assert RepairOrder.objects.get().number == number
    with pytest.raises(InvalidMove):  # it is here now
        repair.change_place(t.fresh(slip), "on_site", by=trade.actor("repair_head"), reason="客户要求")


@pytest.mark.req("SLA-21")
@pytest.mark.parametrize(("announced", "days"), [(11, 2), (40, 4)])
def test_a_corrected_quantity_has_the_limit_of_so_many_from_the_acceptance(
    trade: World, announced: int, days: int
) -> None:
    slip = accepted(trade)
    correct_slip(slip, t.wish("repair", t.goods(announced)), by=trade.actor("desk_clerk"))
    clock = ReturnClock.objects.get(slip=slip)
    assert (clock.policy["amount"], clock.started_at) == (days, slip.accepted_at)
    assert t.fresh(slip).due_at == clock.due_at


def test_refused_before_anybody_went_there_nothing_runs_on(trade: World) -> None:
    brought_in = repair.change_place(accepted(trade), "factory", by=trade.actor("repair_head"), reason="需返厂")
    for slip in (accepted(trade), brought_in):
        ended = deciding.refuse_return(slip, by=trade.actor("repair_head"), reason="超出维修范围")
        assert (ended.outcome, ended.due_at) == ("refused", None)
    assert not ReturnClock.objects.running().exists()


@pytest.mark.req("RET-24")
def test_what_the_customer_does_not_accept_is_repaired_on_and_looked_at_again(trade: World) -> None:
    slip = passed(trade)
    due = ReturnClock.objects.get(slip=slip).first_due_at
    with pytest.raises(InvalidInput):
        leaving.decline_repair(slip, by=trade.actor("desk_clerk"), reason=" ")
    slip = leaving.decline_repair(slip, by=trade.actor("desk_clerk"), reason="仍有乱码")
    assert (slip.state, slip.turn, slip.passed_at, slip.due_at) == ("repairing", "repair", None, due)
    with pytest.raises(InvalidMove):
        leaving.record_delivery(slip, by=trade.actor("desk_clerk"))
    slip = repair.finish_repair(slip, t.REPORT, by=trade.actor("repairer"))
    slip = repair.inspect_repair(slip, by=trade.actor("quality_head"), passed=True, findings="合格")
    assert leaving.record_delivery(slip, by=trade.actor("desk_clerk")).outcome == "repaired"
    with pytest.raises(InvalidMove):  # what is in the house is sent
        leaving.decline_repair(t.passed(trade), by=trade.actor("desk_clerk"), reason="不满意")


@pytest.mark.req("RET-24")
def test_no_acceptance_is_dated_before_quality_passed_it(trade: World) -> None:
    slip = passed(trade)
    with pytest.raises(InvalidInput):
        leaving.record_delivery(slip, by=trade.actor("desk_clerk"), happened_at=timezone.now() - timedelta(hours=1))


@pytest.mark.req("A-54", "SLA-23")
def test_where_nobody_says_a_word_it_counts_as_accepted(trade: World) -> None:
    slip, kept = passed(trade), t.passed(trade)
    assert sweep.sweep_deliveries(timezone.now() + timedelta(days=2)) == 0
    at = timezone.now() - timedelta(days=4)
    ReturnSlip.objects.filter(pk__in=[slip.pk, kept.pk]).update(passed_at=at)
    assert sweep.sweep_deliveries() == 1
    slip = t.fresh(slip)
    assert (slip.outcome, slip.delivery_assumed, slip.delivered_at) == ("repaired", True, at + timedelta(days=3))
    assert t.fresh(kept).state == "passed"


def test_who_was_to_go_there_is_told_that_it_is_off(trade: World) -> None:
    for slip, end in (
        (scheduled(trade), lambda one: leaving.cancel_return(one, by=trade.actor("desk_clerk"), reason="客户来电")),
        (scheduled(trade), lambda one: repair.change_place(
            one, "factory", by=trade.actor("repair_head"), reason="需返厂")),
    ):  # fmt: skip
        end(slip)
        assert Message.objects.filter(thread=slip.thread, kind="repair_off", user=trade.repairer).exists()
        assert not Message.objects.filter(thread=slip.thread, kind="repair_scheduled", state="waiting").exists()


def test_what_was_to_come_in_is_repaired_there_instead(trade: World) -> None:
    slip = repair.change_place(
        accepted(trade, place="factory"), "on_site", by=trade.actor("repair_head"), reason="客户无法拆机"
    )
    assert (slip.state, slip.turn) == ("accepted", "repair")
    clock = ReturnClock.objects.get(slip=slip, kind="repair")
    assert (clock.is_running, clock.started_at) == (True, slip.accepted_at)


def test_the_customer_takes_it_back_before_the_repairer_has_begun(trade: World) -> None:
    slip = leaving.cancel_return(scheduled(trade), by=trade.actor("desk_clerk"), reason="客户自行修好")
    assert (slip.outcome, ReturnClock.objects.running().count()) == ("cancelled", 0)
    with pytest.raises(InvalidMove):  # what is in the house goes back by release
        leaving.cancel_return(t.scheduled(trade), by=trade.actor("desk_clerk"), reason="客户来电")


@pytest.mark.req("RET-09")
def test_money_instead_needs_the_goods(trade: World) -> None:
    slip = deciding.redirect_to_refund(scheduled(trade), by=trade.actor("desk_clerk"), reason="客户要求退款")
    assert (slip.state, slip.place, slip.turn) == ("registered", "factory", "warehouse")


@pytest.mark.req("INV-11")
def test_who_is_liable_is_said_once_quality_has_passed_it(trade: World) -> None:
    liability = deciding.Liability(trade.departments["repair"], "", "已教育")
    slip = inspecting(trade)
    with pytest.raises(InvalidMove):
        deciding.name_liable(slip, liability, by=trade.actor("quality_head"))
    slip = repair.inspect_repair(slip, by=trade.actor("quality_head"), passed=True, findings="合格")
    assert deciding.name_liable(slip, liability, by=trade.actor("quality_head")).liable_department


def test_on_the_page_from_the_review_to_the_acceptance(trade: World) -> None:
    slip = t.registered(trade, "repair")
    head, desk, page = client_of(trade, "repair_head"), client_of(trade, "desk_clerk"), f"/returns/{slip.number}/"
    assert submit(head, f"{page}accept/", place="elsewhere").status_code == 422
    done(submit(head, f"{page}accept/", place="on_site", opinion="更换主板"))
    shown = page_of(head, slip)
    assert "现场维修" in shown
    assert f"{page}schedule/" in shown
    assert f"{page}receive/" not in page_of(desk, slip)
    day = str(timezone.localdate() + timedelta(days=1))
    done(submit(head, f"{page}schedule/", repairer=str(trade.repairer.pk), planned_on=day))
    done(submit(head, f"{page}change_place/", place="factory", reason="需返厂"))
    done(submit(head, f"{page}change_place/", place="on_site", reason="客户要求上门"))
    done(submit(head, f"{page}schedule/", repairer=str(trade.repairer.pk), planned_on=day))
    repair.finish_repair(
        repair.start_repair(t.fresh(slip), by=trade.actor("repairer")), t.REPORT, by=trade.actor("repairer")
    )
    for absent in ("release/", "tags.pdf"):
        assert f"{page}{absent}" not in page_of(desk, slip)
    repair.inspect_repair(t.fresh(slip), by=trade.actor("quality_head"), passed=True, findings="合格")
    assert "客户验收" in page_of(desk, slip)
    done(submit(desk, f"{page}deliver/", holds="version"))
    assert "客户已验收" in page_of(desk, slip)
