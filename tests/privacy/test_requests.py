"""What people ask of their data: written down, identity checked, approved where it cannot be undone, answered in time."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from audit.exceptions import Blocked, InvalidInput, InvalidMove
from customers.actions.consent import Agreed, record_consent
from customers.actions.merging import merge_customers
from customers.actions.people import Facts, open_file
from customers.models import ConsentText, Customer
from documents.actions import process_due, store_upload
from documents.limits import staff_limits
from feedback_system.models import DataRequest
from feedback_system.privacy import requests
from feedback_system.privacy.copying import FIELDS, PARTS, archive, told
from feedback_system.privacy.requests import Asked
from feedback_system.privacy.rooms import traces
from feedback_system.privacy.subjects import subject_of_customer
from feedback_system.tasks import remind_of_requests
from notifications.models import Message
from organization.queries import identity_of
from organization.traces import Words
from returns.actions.opening import register_return
from tests import world as w
from tests.cases.visitors import picture
from tests.privacy.people import NAME, PHONE, asked, case_of
from tests.returns.trade import wish
from tests.world import World

pytestmark = pytest.mark.req("SEC-05", "CUS-19")


def test_a_request_has_a_day_by_which_it_is_answered(world: World, customer: Customer) -> None:
    row = asked(world, customer, "copy")
    assert timedelta(days=15) < row.due_at - timezone.now() < timedelta(days=40)
    DataRequest.objects.update(due_at=timezone.now() + timedelta(hours=2))
    assert remind_of_requests() == 1
    assert remind_of_requests() == 1
    assert Message.objects.filter(kind="data_request_due", user=world.hub_head, channel="in_app").count() == 1


def test_the_same_is_not_asked_twice_at_once(world: World, customer: Customer) -> None:
    asked(world, customer, "copy")
    with pytest.raises(InvalidMove):
        asked(world, customer, "copy")
    asked(world, customer, "correct")


def test_a_refusal_has_a_reason(world: World, customer: Customer) -> None:
    row = asked(world, customer, "copy")
    with pytest.raises(InvalidInput):
        requests.refuse_request(row, answer="", by=world.hub_head)
    assert requests.refuse_request(row, answer="身份不符", by=world.hub_head).state == "refused"
    with pytest.raises(InvalidMove):
        requests.finish_request(row, answer="", by=world.hub_head)


def test_an_organisation_is_no_person(world: World) -> None:
    firm = open_file(Facts("重庆水务集团", "organisation"), by=world.actor("hub_head"))
    with pytest.raises(Blocked):
        asked(world, firm, "erase")


def test_the_copy_is_whole_and_readable(world: World, customer: Customer) -> None:
    subject = subject_of_customer(customer)
    pack = zipfile.ZipFile(io.BytesIO(archive(subject, number="000001", by=world.actor("hub_head"), name="孙倩")))
    names = pack.namelist()
    assert "data.json" in names
    assert any(name.endswith(".pdf") for name in names)
    data = json.loads(pack.read("data.json"))
    assert data["customers.Customer"][0]["name"] == NAME
    assert {row["value"] for row in data["customers.ContactPoint"]} == {PHONE, "zhou@hui.example"}
    assert data["cases.Case"][0]["text"].startswith("电热水器内胆漏水")
    assert data == json.loads(json.dumps(told(subject), default=lambda value: getattr(value, "isoformat", str)()))


def test_everything_that_the_copy_tells_has_a_name_on_paper() -> None:
    for trace in traces():
        if isinstance(trace, Words) and trace.told:
            assert trace.name in PARTS, trace.name
            assert set(trace.told.split()) <= set(FIELDS), trace.name


def test_what_a_customer_asks_on_the_tracking_page_reaches_who_answers(world: World, customer: Customer) -> None:
    row = requests.open_request(Asked("erase", "请删除", "tracking"), of=case_of(customer), by=w.Actor.customer())
    assert (row.customer, row.recorded_by) == (customer, None)
    told_ = Message.objects.filter(kind="data_request_made").values_list("user__username", flat=True)
    assert set(told_) == {"hub_head", "general_manager"} - {"general_manager"}
    assert [one.pk for one in requests.requests_for(identity_of(world.hub_head))] == [row.pk]
    assert not mail.outbox


def test_what_waits_or_must_be_kept_is_not_merged(world: World, customer: Customer) -> None:
    twin = open_file(Facts("周小慧"), by=world.actor("agent"))
    row = asked(world, twin, "copy")
    with pytest.raises(Blocked):
        merge_customers(customer, twin, by=world.hub_head)
    requests.finish_request(row, answer="已交付", by=world.hub_head)
    merge_customers(customer, twin, by=world.hub_head)
    row.refresh_from_db()
    assert row.customer == customer


def test_a_withdrawal_takes_back_every_consent(world: World, customer: Customer) -> None:
    text = ConsentText.objects.get(purpose="feedback")
    agreed = Agreed(text, "phone", ("phone",), "口头同意", timezone.now())
    consent = record_consent(customer, agreed, by=world.agent)
    requests.finish_request(asked(world, customer, "withdraw"), answer="已撤回", by=world.hub_head)
    consent.refresh_from_db()
    assert consent.withdrawn_at is not None


def test_the_copy_holds_what_came_with_a_return(world: World, customer: Customer) -> None:
    by = world.actor("hub_head")
    sent = store_upload(picture("leak.png"), by=by, limits=staff_limits())
    process_due(by=w.Actor.system("files"))
    sent.refresh_from_db()
    register_return(wish(customer=customer, files=(sent,)), by=by, source="public")
    pack = zipfile.ZipFile(io.BytesIO(archive(subject_of_customer(customer), number="000001", by=by, name="孙倩")))
    assert any(name.endswith("leak.png") for name in pack.namelist())
    assert json.loads(pack.read("data.json"))["returns.ReturnSlip"][0]["description"] == wish().description
