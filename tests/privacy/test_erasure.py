"""An erasure: asked for, approved by somebody else, refused while something must be kept; others keep what is theirs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.exceptions import Blocked, InvalidInput, InvalidMove
from audit.models import Event
from cases.actions import views
from cases.models import Case, Draft
from customers.actions import communications
from customers.actions.merging import merge_customers
from customers.actions.people import Facts, Reach, open_file
from customers.models import Customer
from feedback_system.models import DataRequest, Erasure
from feedback_system.privacy import erasure_requests, hindrances, holds, requests
from feedback_system.privacy.erasure import residue
from feedback_system.privacy.policy import KeepRule, RetentionPart
from feedback_system.privacy.subjects import subject_of_customer
from feedback_system.tasks import erase_pending
from returns.actions.leaving import cancel_return
from returns.actions.opening import Contact, register_return
from tests import world as w
from tests.privacy.people import NAME, PHONE, asked, case_of, erased
from tests.returns.trade import wish
from tests.world import World, client_of

pytestmark = pytest.mark.req("SEC-05", "CUS-19")


def test_nothing_is_done_before_somebody_knows_who_asks(world: World, customer: Customer) -> None:
    for kind, act in (("copy", requests.finish_request), ("restrict", requests.finish_request)):
        row = asked(world, customer, kind, identity="")
        with pytest.raises(InvalidInput):
            act(row, answer="", by=world.hub_head)
    erase = asked(world, customer, "erase", identity="")
    with pytest.raises(InvalidInput):
        erasure_requests.ask_erasure(erase, by=world.hub_head)
    client = client_of(world, "hub_head")
    copy = DataRequest.objects.get(kind="copy")
    assert client.post(f"/privacy/requests/{copy.pk}/copy/").status_code == 302
    requests.check_identity(copy, identity="回拨", by=world.hub_head)
    assert client.post(f"/privacy/requests/{copy.pk}/copy/").headers["Content-Type"] == "application/zip"


def test_an_erasure_needs_two_people(world: World, customer: Customer) -> None:
    row = erasure_requests.ask_erasure(asked(world, customer, "erase"), by=world.general_manager)
    with pytest.raises(InvalidMove):
        erasure_requests.decide_erasure(row, granted=True, opinion="", by=world.general_manager)
    assert Customer.objects.get(pk=customer.pk).name == NAME


def test_an_erasure_leaves_the_case_to_count_and_no_word(world: World, customer: Customer) -> None:
    number = case_of(customer).number
    row = erased(world, customer)
    case = Case.objects.get(number=number)
    assert (row.state, case.reporter_name, case.reporter_phone, case.text) == ("done", "", "", "个人信息已删除")
    assert (case.kind.code, case.outcome) == ("complaint", "settled")
    assert residue(frozenset({NAME, PHONE})) == {}
    proof = Erasure.objects.get(request=row)
    assert proof.residue == {}
    assert proof.rows["cases.Case"] == 1
    verbs = set(Event.objects.filter(thread=customer.thread).values_list("verb", flat=True))
    assert {"ask_about_data", "ask_erasure", "approve_erasure", "erase"} <= verbs


def test_somebody_else_keeps_everything(world: World, customer: Customer) -> None:
    other = w.closed(world, reporter=w.Reporter(name="吴敏", phone="13911112222"))
    before = Case.objects.filter(pk=other.pk).values().get()
    erased(world, customer)
    assert Case.objects.filter(pk=other.pk).values().get() == before
    assert other.customer is not None
    assert Customer.objects.get(pk=other.customer.pk).name == "吴敏"


def test_what_stands_about_the_person_elsewhere_is_named(world: World, customer: Customer) -> None:
    w.closed(world, reporter=w.Reporter(name="吴敏", phone="13911112222"), text=f"{NAME}介绍我来的，她说修得不好。")
    proof = Erasure.objects.get(request=erased(world, customer))
    assert proof.residue["cases.Case.text"] == 1
    assert {name.split(".")[0] for name in proof.residue} == {"cases", "audit", "notifications"}


def test_an_open_case_stands_in_the_way(world: World, customer: Customer) -> None:
    row = asked(world, customer, "erase")
    again = w.log_call(world)
    assert again.customer == customer
    with pytest.raises(Blocked) as refused:
        erasure_requests.ask_erasure(row, by=world.hub_head)
    assert [reason.code for reason in refused.value.reasons] == ["open_cases"]
    assert again.number in str(refused.value.reasons[0])


def test_what_came_after_the_approval_stands_in_the_way_too(world: World, customer: Customer) -> None:
    row = erasure_requests.ask_erasure(asked(world, customer, "erase"), by=world.hub_head)
    w.log_call(world)
    row = erasure_requests.decide_erasure(row, granted=True, opinion="", by=world.general_manager)
    with pytest.raises(Blocked):
        erasure_requests.carry_out(row)
    row.refresh_from_db()
    assert row.state == "open"
    assert Customer.objects.get(pk=customer.pk).name == NAME


def test_a_legal_hold_keeps_everything(world: World, customer: Customer) -> None:
    hold = holds.place_hold(customer, reason="仲裁案 2026-17", by=world.hub_head)
    row = asked(world, customer, "erase")
    with pytest.raises(Blocked):
        erasure_requests.ask_erasure(row, by=world.hub_head)
    holds.lift_hold(hold, by=world.hub_head)
    assert erasure_requests.ask_erasure(row, by=world.hub_head).state == "approving"


def test_an_approved_erasure_outlives_a_dead_process(world: World, customer: Customer) -> None:
    row = erasure_requests.ask_erasure(asked(world, customer, "erase"), by=world.hub_head)
    erasure_requests.decide_erasure(row, granted=True, opinion="", by=world.general_manager)
    erase_pending()
    erase_pending()
    row.refresh_from_db()
    assert row.state == "done"
    assert Erasure.objects.count() == 1


def test_a_case_without_a_customer_has_its_own_request(world: World) -> None:
    case = w.closed(world, reporter=w.Reporter(name="", phone="", refused=True))
    assert case.customer is None
    row = erasure_requests.ask_erasure(asked(world, case, "erase"), by=world.hub_head)
    erasure_requests.carry_out(erasure_requests.decide_erasure(row, granted=True, opinion="", by=world.general_manager))
    case.refresh_from_db()
    assert case.erased_at is not None


def test_nothing_changes_in_an_erased_case_or_customer(world: World, customer: Customer) -> None:
    case = case_of(customer)
    erased(world, customer)
    with pytest.raises(InvalidMove):
        w.closure.reopen_case(case, by=world.actor("agent"), reason="again")
    with pytest.raises(InvalidMove):
        asked(world, customer, "copy")
    client = client_of(world, "agent")
    for page in ("", "edit/", "file/", "communications/new/", "rights/"):
        assert client.get(f"/customers/{customer.pk}/{page}").status_code == 404, page
    assert client.get(f"/cases/{case.number}/").status_code == 200
    assert f"/customers/{customer.pk}/" not in client.get("/customers/?q=周慧").content.decode()


def test_a_draft_in_which_the_number_stands_goes_too(world: World, customer: Customer) -> None:
    from cases.actions import drafts

    for phone in (PHONE, "13700001111"):
        row = Draft(user=world.agent2)
        drafts.save_draft(row.pk, drafts.Typed({"text": "漏水", "reporter_phone": phone}, "x"), user=world.agent2)
    erased(world, customer)
    assert [row.data["reporter_phone"] for row in Draft.objects.all()] == ["13700001111"]


def test_an_erased_case_offers_nothing_that_could_not_be_done(world: World, customer: Customer) -> None:
    case = case_of(customer)
    erased(world, customer)
    page = client_of(world, "agent").get(f"/cases/{case.number}/").content.decode()
    for act in ("reopen", "archive", "record_contact", "note", "correct"):
        assert f"/cases/{case.number}/{act}/" not in page, act
    assert "删除了个人信息" in page


def test_who_became_part_of_the_person_is_erased_too(world: World, customer: Customer) -> None:
    twin = open_file(Facts("周小慧", contacts=(Reach("phone", "13700009999"),)), by=world.actor("agent"))
    merge_customers(customer, twin, by=world.hub_head)
    erased(world, customer)
    twin.refresh_from_db()
    assert (twin.name, twin.erased_at is not None) == ("个人信息已删除", True)
    assert residue(frozenset({"周小慧", "13700009999"})) == {}


def test_a_word_that_others_share_takes_nothing_of_theirs(world: World, customer: Customer) -> None:
    """Digits of an address, a common name, a dealer who called for the customer."""
    from cases.actions import drafts

    customer.contact_points.create(type="email", value="li88@qq.example", normal="li88@qq.example")
    dealer = w.Reporter(name="经销商", phone="0512-67662200")
    w.closure.close_short(
        w.acknowledged(world, customer=customer, reporter=dealer),
        w.closure.ShortEnd("withdrawn", "不再追究", proof="来电"), by=world.actor("agent"),
    )  # fmt: skip
    kept = ({"text": "88 台热水器"}, {"caller": NAME, "text": "另一位周慧"}, {"reporter_phone": "0512-67662200"})
    for values in kept:
        row = Draft(user=world.agent2)
        drafts.save_draft(row.pk, drafts.Typed(values, "x"), user=world.agent2)
    erased(world, customer)
    assert Draft.objects.count() == len(kept)


def test_a_copy_that_was_asked_for_is_given_before_the_erasure(world: World, customer: Customer) -> None:
    copy = asked(world, customer, "copy")
    row = asked(world, customer, "erase")
    with pytest.raises(Blocked) as refused:
        erasure_requests.ask_erasure(row, by=world.hub_head)
    assert [reason.code for reason in refused.value.reasons] == ["other_request"]
    requests.finish_request(copy, answer="已交付", by=world.hub_head)
    assert erasure_requests.ask_erasure(row, by=world.hub_head).state == "approving"


def test_accidents_are_kept_also_when_somebody_asks(world: World, customer: Customer) -> None:
    Case.objects.filter(customer=customer).update(kind=world.kind("adverse_event"))
    with pytest.raises(Blocked) as refused:
        erasure_requests.ask_erasure(asked(world, customer, "erase"), by=world.hub_head)
    assert [reason.code for reason in refused.value.reasons] == ["kept_cases"]


def test_the_periods_of_the_law_hold_for_every_type(
    world: World, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = RetentionPart(communications=KeepRule(keep_days=1095, legal_days=1095))
    monkeypatch.setattr(hindrances, "retention", lambda: rules)
    talk = communications.Talk("call", timezone.now() - timedelta(days=1), "询问保养")
    communications.record_communication(customer, talk, by=world.actor("agent"))
    with pytest.raises(Blocked) as refused:
        erasure_requests.ask_erasure(asked(world, customer, "erase"), by=world.hub_head)
    assert [reason.code for reason in refused.value.reasons] == ["legal_period"]


def test_a_kept_search_and_the_purpose_of_a_list_are_blanked_in_their_histories(
    world: World, customer: Customer
) -> None:
    view = views.NewView("周慧的", f"q={PHONE}", shared=False, pinned=True)
    views.save_view(view, owner=world.agent, by=world.actor("agent"))
    erased(world, customer)
    assert residue(frozenset({PHONE})) == {}


@pytest.mark.req("A-33")
def test_goods_that_came_back_keep_the_data_of_whoever_sent_them(world: World, customer: Customer) -> None:
    desk = world.actor("hub_head")
    slip = register_return(wish(customer=customer), by=desk)
    with pytest.raises(Blocked) as refusal:
        erasure_requests.ask_erasure(asked(world, customer, "erase"), by=world.hub_head)
    assert [reason.code for reason in refusal.value.reasons] == ["kept_cases"]
    assert slip.number in str(refusal.value)
    cancel_return(slip, by=desk, reason="不退了")  # the record of it is kept all the same
    with pytest.raises(Blocked):
        hindrances.require_free(subject_of_customer(customer), now=timezone.now())


def test_a_return_that_nobody_linked_is_found_under_the_same_name_and_number(world: World, customer: Customer) -> None:
    desk = world.actor("hub_head")
    mine = register_return(wish(contact=Contact(NAME, phone=PHONE)), by=desk)
    register_return(wish(contact=Contact("周会", phone=PHONE)), by=desk)
    register_return(wish(contact=Contact(NAME, phone="13900000000")), by=desk)
    assert subject_of_customer(customer).returns == {mine.pk}
