"""Returned goods are nonconforming product: recorded, traced, treated, prevented (CAP-14)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from audit.exceptions import InvalidInput, InvalidMove
from cases.actions import assignment, measures
from cases.actions.assignment import acknowledge_case
from cases.actions.intake import Classification, Reporter
from cases.models import Case, Channel, Hold, Kind
from notifications.models import Message
from organization.queries import identity_of
from returns.actions import opening, ties
from returns.models import ReturnSlip
from returns.queries.repeats import repeats_of
from tests import world as w
from tests.forms import submit
from tests.returns import trade as t
from tests.returns.pages import done, page_of
from tests.world import World, client_of

pytestmark = [pytest.mark.django_db, pytest.mark.req("CAP-14")]


def matter() -> ties.Matter:
    """A complaint by telephone."""
    return ties.Matter(Kind.objects.get(code="complaint"), Channel.objects.get(code="phone"), "同批内胆漏水")


@pytest.mark.req("RET-32")
def test_a_case_opened_for_a_return_knows_its_goods_and_customer_and_waits_for_it(trade: World) -> None:
    slip = t.received(trade)
    case = ties.open_case_of(slip, matter(), by=trade.actor("quality_head"))
    line = slip.lines.get()
    assert (case.product, case.batch, case.serial) == (line.product, line.batch, line.serial)
    assert (case.reporter_name, case.reporter_phone) == (slip.contact_name, slip.contact_phone)
    slip = t.fresh(slip)
    assert (slip.case, slip.customer) == (case, case.customer)
    assert Hold.objects.get(case=case).pk == slip.hold_id
    with pytest.raises(InvalidMove):
        ties.open_case_of(slip, matter(), by=trade.actor("quality_head"))


def test_nothing_waits_for_a_return_that_has_ended(trade: World) -> None:
    case = ties.open_case_of(t.refunded(trade), matter(), by=trade.actor("quality_head"))
    ties.link_case(t.refunded(trade), case, by=trade.actor("desk_clerk"))
    assert ReturnSlip.objects.filter(case=case).count() == 2
    assert not Hold.objects.exists()
    with pytest.raises(InvalidMove):  # nothing more is prevented by a case that has ended
        ties.link_case(t.refunded(trade), w.closed(trade), by=trade.actor("desk_clerk"))


def test_the_same_batch_and_product_are_counted_for_a_year_as_far_as_one_may_see(trade: World) -> None:
    old, _other, slip = t.registered(trade), t.registered(trade, "refund", t.goods(batch="B2611")), t.registered(trade)
    desk = identity_of(trade.desk_clerk)

    def counts() -> list[tuple[str, int]]:
        return [(repeat.batch, repeat.count) for repeat in repeats_of(slip.lines.all(), desk)]

    assert counts() == [("B2610", 2), ("", 3)]
    assert repeats_of(slip.lines.all(), identity_of(trade.finance_handler)) == []
    ReturnSlip.objects.filter(pk=old.pk).update(registered_at=timezone.now() - timedelta(days=366))
    assert counts() == [("", 2)]


@pytest.mark.req("RET-32", "SEC-08")
def test_a_return_is_not_tied_to_the_case_of_somebody_else(trade: World) -> None:
    other = w.log_call(trade, reporter=Reporter("钱伟", "", "13900001111", ""))
    with pytest.raises(InvalidInput):
        ties.link_case(t.registered(trade), other, by=trade.actor("desk_clerk"))


def test_a_slip_without_telephone_and_mail_has_its_case_too(trade: World) -> None:
    slip = t.registered(trade, contact=opening.Contact("周慧"))
    case = ties.open_case_of(slip, matter(), by=trade.actor("quality_head"))
    assert (case.contact_refused, case.reporter_name) == (True, "周慧")


def test_the_longest_serial_number_is_kept_whole(trade: World) -> None:
    slip = t.registered(trade, "refund", t.goods(serial="S" * 80))
    assert ties.open_case_of(slip, matter(), by=trade.actor("quality_head")).serial == "S" * 80


def test_whoever_waits_for_nothing_any_more_is_not_written_to(trade: World) -> None:
    ended, open_one = t.refunded(trade), t.received(trade)
    told = [ties.open_case_of(slip, matter(), by=trade.actor("quality_head")).thread for slip in (ended, open_one)]
    assert [Message.objects.filter(thread=thread, kind="case_opened").exists() for thread in told] == [False, True]


def test_a_kind_that_the_profile_does_not_offer_is_refused(trade: World) -> None:
    unknown = Kind.objects.create(code="rumour", name="传闻", position=99)
    with pytest.raises(InvalidInput) as refusal:
        ties.open_case_of(t.received(trade), replace(matter(), kind=unknown), by=trade.actor("quality_head"))
    assert refusal.value.field == "kind"


def test_the_page_leads_from_the_repeat_to_the_measure(trade: World) -> None:
    first, slip = t.registered(trade), t.received(trade)
    quality, page = client_of(trade, "quality_head"), f"/returns/{slip.number}/"
    desk = client_of(trade, "desk_clerk")
    t.registered(trade, "refund", t.goods(batch="B2611"))
    assert "近 12 个月共 2 单" in page_of(desk, slip)
    since = timezone.localdate() - timedelta(days=365)
    found = desk.get(f"/returns/book/?batch=B2610&since={since}").content.decode()
    assert set(re.findall(r"TH[0-9]{4}-[0-9]{6}", found)) == {first.number, slip.number}
    assert submit(quality, f"{page}open_case/", channel="phone").status_code == 422
    done(submit(quality, f"{page}open_case/", kind="complaint", channel="phone"))
    case = Case.objects.get()
    assert case.text == slip.description
    assert f"{page}open_case/" not in page_of(quality, slip)


def test_what_prevents_the_next_stands_beside_the_return_for_who_may_read_the_case(trade: World) -> None:
    slip = ties.link_case(t.received(trade), w.received(trade), by=trade.actor("desk_clerk"))
    due_on = timezone.localdate() + timedelta(days=7)
    plan = measures.Plan("preventive", "焊接电流每班点检", trade.production, trade.production_handler, due_on)
    measures.plan_measure(Case.objects.get(), plan, by=trade.actor("production_head"))
    assert "焊接电流每班点检" in page_of(client_of(trade, "agent"), slip)
    assert "焊接电流每班点检" not in page_of(client_of(trade, "store_keeper"), slip)


def test_who_only_follows_a_case_reads_no_measures_on_its_return(trade: World) -> None:
    slip = t.received(trade)
    case = ties.open_case_of(slip, matter(), by=trade.actor("desk_clerk"))
    classification = Classification(category=trade.category(), **w.CLASSIFIED)  # type: ignore[arg-type]
    case = acknowledge_case(case, by=trade.actor("agent"), classification=classification)
    assignment.verify_case(case, by=trade.actor("agent"), result="substantiated", basis="照片与维修记录")
    case = Case.objects.get(pk=case.pk)
    assignment.dispatch_case(case, w.task(trade), by=trade.actor("agent"))
    assignment.receive_assignment(case.assignments.get(), by=trade.actor("production_head"))
    due_on = timezone.localdate() + timedelta(days=7)
    plan = measures.Plan("preventive", "焊接电流每班点检", trade.production, trade.production_handler, due_on)
    measures.plan_measure(Case.objects.get(pk=case.pk), plan, by=trade.actor("production_head"))
    assert "焊接电流每班点检" in page_of(client_of(trade, "agent"), slip)
    assert "焊接电流每班点检" not in page_of(client_of(trade, "desk_clerk"), slip)
