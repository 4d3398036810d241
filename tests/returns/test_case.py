"""A return and its case: the return ends first, and never waits (RET-32)."""

from __future__ import annotations

import pytest

from audit.exceptions import Blocked, InvalidInput, InvalidMove
from cases.actions import closure
from cases.actions.intake import Accused
from cases.models import Case, Hold
from organization.queries import identity_of
from returns.actions import arrival, opening, refund, ties
from returns.models import ReturnSlip
from tests import world as w
from tests.returns import trade as t
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.req("RET-32")]


def close(world: World, case: Case) -> Case:
    return closure.close_case(case, by=world.actor("agent"), outcome="settled", summary=w.SUMMARY)


def test_a_case_closes_only_after_its_return_ended(trade: World) -> None:
    case = w.satisfied(trade)
    slip = t.of_case(trade, case)
    with pytest.raises(Blocked) as blocked:
        close(trade, Case.objects.get(pk=case.pk))
    assert [reason.code for reason in blocked.value.reasons] == ["hold"]
    assert slip.number in str(blocked.value)
    from returns.actions import arrival, deciding

    slip = arrival.receive_goods(slip, t.all_of(slip), by=trade.actor("store_keeper"))
    slip = deciding.confirm_return(
        slip, deciding.Confirmation("refund", "属实", t.HUNDRED), by=trade.actor("quality_head")
    )
    refund.pay_refund(slip, t.payment(), by=trade.actor("finance_handler"))
    assert Hold.objects.get().released_at is not None
    assert close(trade, Case.objects.get(pk=case.pk)).state == "closed"


def test_detaching_needs_a_reason_and_lets_the_case_close(trade: World) -> None:
    case = w.satisfied(trade)
    slip = t.of_case(trade, case)
    with pytest.raises(InvalidInput):
        ties.detach_case(slip, by=trade.actor("agent"), reason=" ")
    slip = ties.detach_case(slip, by=trade.actor("agent"), reason="客户另行处理退货")
    assert (slip.case, slip.detached_reason) == (None, "客户另行处理退货")
    assert Hold.objects.get().detached_reason == "客户另行处理退货"
    assert close(trade, Case.objects.get(pk=case.pk)).state == "closed"


def test_a_return_is_tied_to_its_complaint_later(trade: World) -> None:
    case, slip = w.log_call(trade), t.registered(trade)
    slip = ties.link_case(slip, case, by=trade.actor("desk_clerk"))
    assert Hold.objects.get(case=case).url == f"/returns/{slip.number}/"
    with pytest.raises(InvalidMove):
        ties.link_case(slip, case, by=trade.actor("desk_clerk"))


def test_a_return_of_a_case_that_was_filed_ends_all_the_same(trade: World) -> None:
    case = w.log_call(trade)
    slip = t.of_case(trade, case)
    closure.close_short(case, closure.ShortEnd("withdrawn", "不再追究", proof="本人来电"), by=trade.actor("agent"))
    closure.archive_case(Case.objects.get(pk=case.pk), by=trade.actor("agent"))
    from returns.actions import leaving

    slip = leaving.cancel_return(slip, by=trade.actor("agent"), reason="客户来电")
    assert slip.state == "ended"


@pytest.mark.req("RET-03", "RTE-18")
def test_the_case_waits_also_for_the_rest_that_comes_later_and_bars_from_it_whom_it_bars(trade: World) -> None:
    case = w.received(trade, accused=Accused(people=(trade.store_keeper,)))
    slip = opening.register_return(t.wish("refund", t.goods(2), case=case), by=trade.actor("desk_clerk"), source="case")
    counted = {slip.lines.get().pk: arrival.Counted(1, "later")}
    arrival.receive_goods(slip, counted, by=trade.actor("desk_clerk"))
    rest = ReturnSlip.objects.get(continues=slip)
    assert (rest.case, rest.hold.case, rest.hold.url) == (case, case, f"/returns/{rest.number}/")
    assert Hold.objects.filter(case=case, released_at=None).count() == 2
    assert not ReturnSlip.objects.visible_to(identity_of(trade.store_keeper)).filter(case=case).exists()


def test_the_rest_of_a_return_whose_case_was_closed_short_waits_for_nothing(trade: World) -> None:
    case = w.log_call(trade)
    slip = opening.register_return(t.wish("refund", t.goods(2), case=case), by=trade.actor("desk_clerk"), source="case")
    closure.close_short(case, closure.ShortEnd("withdrawn", "不再追究", proof="本人来电"), by=trade.actor("agent"))
    counted = {slip.lines.get().pk: arrival.Counted(1, "later")}
    arrival.receive_goods(t.fresh(slip), counted, by=trade.actor("store_keeper"))
    rest = ReturnSlip.objects.get(continues=slip)
    assert (rest.case, rest.hold) == (case, None)


def test_no_return_is_opened_for_a_case_that_has_ended(trade: World) -> None:
    case = w.closed(trade)
    with pytest.raises(InvalidMove):
        t.of_case(trade, case)
    assert not ReturnSlip.objects.exists()
