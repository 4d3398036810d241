"""What was kept long enough goes by a list that somebody else approved; what must be kept stays (SEC-04, SEC-05)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.exceptions import InvalidMove
from audit.verification import verify
from cases.models import Case
from customers.actions import communications
from customers.actions.merging import merge_customers
from customers.actions.people import Facts, open_file
from customers.models import Communication, Customer
from feedback_system.models import Destruction, Record
from feedback_system.privacy import holds, retention
from feedback_system.privacy.policy import KeepRule, RetentionPart
from feedback_system.tasks import destroy, erase_pending
from tests import world as w
from tests.privacy.people import asked, case_of, known
from tests.world import World, client_of

pytestmark = pytest.mark.req("SEC-04", "SEC-05")


def aged(world: World, days: int, **values: object) -> Case:
    """A case that was closed so long ago."""
    case = w.closed(world, **values)
    Case.objects.filter(pk=case.pk).update(closed_at=timezone.now() - timedelta(days=days))
    return case


def due(record: Record) -> retention.Due:
    return next(row for row in retention.overview(timezone.now()) if row.record == record)


def carried_out(row: Destruction, world: World) -> Destruction:
    retention.decide_destruction(row, granted=True, opinion="同意", by=world.general_manager)
    while not retention.carry_on(row.pk):
        pass
    row.refresh_from_db()
    return row


def test_feedback_is_proposed_after_a_year_and_not_before(world: World) -> None:
    aged(world, 364)
    assert due(Record.CASES).count == 0
    old = aged(world, 366)
    assert retention.list_due(Record.CASES, by=world.hub_head).keys == [old.pk]


def test_nothing_goes_without_approval_by_somebody_else(world: World) -> None:
    case = aged(world, 400)
    row = retention.list_due(Record.CASES, by=world.general_manager)
    assert retention.carry_on(row.pk)
    with pytest.raises(InvalidMove):
        retention.decide_destruction(row, granted=True, opinion="", by=world.general_manager)
    case.refresh_from_db()
    assert case.erased_at is None


def test_what_must_be_kept_is_not_proposed(world: World, customer: Customer) -> None:
    asks = case_of(customer)
    kept = [
        aged(world, 400),
        aged(world, 400, reporter=w.Reporter(name="甲", phone="13811110001")),
        aged(world, 400, reporter=w.Reporter(name="乙", phone="13811110002")),
        asks,
    ]
    Case.objects.filter(pk=kept[0].pk).update(kind=world.kind("adverse_event"))
    holds.place_hold(kept[1], reason="仲裁", by=world.hub_head)
    held = kept[2].customer
    assert held is not None
    holds.place_hold(held, reason="诉讼", by=world.hub_head)
    Case.objects.filter(pk=kept[3].pk).update(closed_at=timezone.now() - timedelta(days=400))
    asked(world, customer, "copy")
    w.log_call(world, reporter=w.Reporter(name="丙", phone="13811110003"))
    assert (due(Record.CASES).count, due(Record.CASES).held) == (0, 4)
    with pytest.raises(InvalidMove):
        retention.list_due(Record.CASES, by=world.hub_head)


def test_a_return_keeps_its_case_for_good(world: World) -> None:
    case = aged(world, 400)
    case.holds.create(kind="return", label="退货", opened_at=timezone.now(), released_at=timezone.now())
    assert due(Record.CASES).held == 1


def test_a_hold_placed_after_the_approval_spares_the_record(world: World) -> None:
    gone, kept = aged(world, 400), aged(world, 401)
    row = retention.list_due(Record.CASES, by=world.hub_head)
    retention.decide_destruction(row, granted=True, opinion="", by=world.general_manager)
    holds.place_hold(kept, reason="仲裁", by=world.hub_head)
    destroy(row.pk)
    row.refresh_from_db()
    assert (row.state, row.destroyed, row.spared) == ("done", 1, [kept.pk])
    assert Case.objects.get(pk=gone.pk).text == "个人信息已删除"
    assert Case.objects.get(pk=kept.pk).text.startswith("电热水器")
    assert verify().ok


def test_a_broken_run_goes_on_where_it_was(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 1)
    cases = [aged(world, 400 + n) for n in range(3)]
    row = retention.list_due(Record.CASES, by=world.hub_head)
    retention.decide_destruction(row, granted=True, opinion="", by=world.general_manager)
    assert not retention.carry_on(row.pk)
    erase_pending()
    row.refresh_from_db()
    assert (row.state, row.destroyed) == ("done", 3)
    assert all(Case.objects.get(pk=case.pk).erased_at for case in cases)


def test_an_old_talk_goes_and_its_customer_stays(world: World, customer: Customer) -> None:
    now = timezone.now()
    for days, content in ((1200, "三年前的走访"), (10, "上周的走访")):
        talk = communications.Talk("visit", now - timedelta(days=days), content)
        communications.record_communication(customer, talk, by=world.actor("agent"))
    row = retention.list_due(Record.COMMUNICATIONS, by=world.hub_head)
    assert len(row.keys) == 1
    carried_out(row, world)
    assert sorted(Communication.objects.values_list("content", flat=True)) == ["上周的走访", "个人信息已删除"]
    assert Customer.objects.get(pk=customer.pk).name == customer.name
    page = client_of(world, "agent").get(f"/customers/{customer.pk}/").content.decode()
    assert "三年前的走访" not in page


def test_a_customer_of_whom_nothing_is_left_is_proposed(world: World, customer: Customer) -> None:
    long_ago = timezone.now() - timedelta(days=6 * 365)
    Customer.objects.update(created_at=long_ago, file_updated_at=long_ago)
    assert due(Record.CUSTOMERS).count == 0
    Case.objects.update(closed_at=long_ago)
    carried_out(retention.list_due(Record.CASES, by=world.hub_head), world)
    Customer.objects.update(file_updated_at=long_ago)
    carried_out(retention.list_due(Record.CUSTOMERS, by=world.hub_head), world)
    assert Customer.objects.get(pk=customer.pk).erased_at is not None


def test_the_certificate_says_what_went_and_who_approved(world: World) -> None:
    known(world)
    aged(world, 400)
    row = carried_out(retention.list_due(Record.CASES, by=world.hub_head), world)
    client = client_of(world, "auditor")
    page = client.get(f"/privacy/destructions/{row.number}/").content.decode()
    assert "杨帆" in page
    paper = client.get(f"/privacy/destructions/{row.number}/certificate.pdf")
    assert paper.headers["Content-Type"] == "application/pdf"


def test_a_file_that_became_part_of_another_is_not_due_alone(world: World, customer: Customer) -> None:
    twin = open_file(Facts("周小慧"), by=world.actor("agent"))
    merge_customers(customer, twin, by=world.hub_head)
    Customer.objects.update(created_at=timezone.now() - timedelta(days=6 * 365), file_updated_at=None)
    assert due(Record.CUSTOMERS).count == 0


def test_a_rule_that_was_made_longer_since_spares_the_record(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    case = aged(world, 400)
    row = retention.list_due(Record.CASES, by=world.hub_head)
    rules = RetentionPart(cases=KeepRule(keep_days=730, legal_days=730))
    monkeypatch.setattr(retention, "retention", lambda: rules)
    row = carried_out(row, world)
    assert (row.state, row.destroyed, row.spared) == ("done", 0, [case.pk])
