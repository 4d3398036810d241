"""Visits and talks with a customer: who writes down, who reads, what is followed up, what comes of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.exceptions import InvalidInput, InvalidMove, StaleRecord
from cases.models import Case
from customers.actions.communications import (
    FollowUp,
    Talk,
    communication_facts,
    correct_communication,
    finish_follow_up,
    record_communication,
)
from customers.actions.people import Facts, Reach, open_file
from customers.models import Communication, Customer
from customers.queries.communications import communications_of, owed_by
from notifications.models import Message
from organization.queries import identity_of
from organization.stale import stamp
from tests import world as w
from tests.forms import submit
from tests.world import World, client_of

OPINIONS = "锅炉夜间噪音大，希望月底前处理"


@pytest.fixture
def customer(world: World) -> Customer:
    facts = Facts("重庆水务集团", "organisation", contacts=(Reach("phone", "023-65880011"),))
    return open_file(facts, by=world.actor("agent"))


def talk(**values: Any) -> Talk:
    given = {"kind": "visit", "happened_at": timezone.now() - timedelta(hours=3), "content": "走访使用情况"}
    return Talk(**given | values)


@pytest.mark.req("CUS-11", "CUS-15")
@pytest.mark.form("F21", "F64")
def test_a_visit_is_written_down_on_the_page_with_everything_the_slip_asks(world: World, customer: Customer) -> None:
    client = client_of(world, "sales_handler")
    values = {
        "kind": "visit", "place": "渝中区", "persons_met": "李处长", "content": "走访使用情况", "opinions": OPINIONS,
        "handling": "安排售后检查", "result": "客户同意", "follow_up": "检查降噪垫", "follow_up_on": w.tomorrow().isoformat(),
        "follow_up_by": str(world.agent.pk), "visitor_2": str(world.sales_head.pk),
    }  # fmt: skip
    answer = submit(client, f"/customers/{customer.pk}/communications/new/", **values)
    row = Communication.objects.get()
    assert answer.headers["Location"] == f"/customers/{customer.pk}/communications/{row.pk}/"
    assert {person.username for person in row.visitors.all()} == {"sales_handler", "sales_head"}
    page = client.get(answer.headers["Location"]).content.decode()
    for word in ("李处长", OPINIONS, "安排售后检查", "客户同意", "检查降噪垫"):
        assert word in page
    assert "走访使用情况" in client.get(f"/cases/of-customer/{customer.pk}/story/").content.decode()
    paper = client.get(f"/customers/{customer.pk}/communications/{row.pk}/slip.pdf")
    assert paper.headers["Content-Type"] == "application/pdf"


@pytest.mark.req("CUS-11")
def test_what_is_to_be_followed_up_is_told_owed_and_done_once(world: World, customer: Customer) -> None:
    follow_up = FollowUp("检查降噪垫", world.agent, w.tomorrow())
    row = record_communication(customer, talk(follow_up=follow_up), by=world.actor("sales_handler"))
    assert Message.objects.filter(kind="follow_up_given", user=world.agent, channel="in_app").count() == 1
    who = identity_of(world.agent)
    assert owed_by(world.agent, who, most=5) == [row]
    with pytest.raises(InvalidInput):
        finish_follow_up(row, note="", by=world.actor("agent"))
    url = f"/customers/{customer.pk}/communications/{row.pk}/"
    client_of(world, "agent").post(f"{url}done/", {"note": "已更换"})
    row.refresh_from_db()
    assert row.followed_up_note == "已更换"
    assert owed_by(world.agent, who, most=5) == []
    with pytest.raises(InvalidMove):
        finish_follow_up(row, note="再来", by=world.actor("agent"))


@pytest.mark.req("SEC-01", "SEC-08")
def test_who_does_not_serve_reads_none_of_it(world: World, customer: Customer) -> None:
    row = record_communication(customer, talk(opinions=OPINIONS), by=world.actor("sales_handler"))
    url = f"/customers/{customer.pk}/communications/"
    client = client_of(world, "production_head")
    assert OPINIONS not in client.get(f"/customers/{customer.pk}/").content.decode()
    for path in (f"{url}{row.pk}/", f"{url}new/", f"{url}{row.pk}/edit/", f"{url}{row.pk}/slip.pdf"):
        assert client.get(path).status_code == 403
    assert client.post(f"{url}{row.pk}/done/", {"note": "x"}).status_code == 403
    other = open_file(Facts("别家"), by=world.actor("agent"))
    agent = client_of(world, "agent")
    assert agent.get(f"/customers/{other.pk}/communications/{row.pk}/").status_code == 404
    assert agent.get(f"{url}{row.pk}/edit/").status_code == 403  # somebody else wrote it


@pytest.mark.req("SEC-09")
def test_a_record_is_corrected_by_who_wrote_it_and_not_over_somebody_elses_change(
    world: World, customer: Customer
) -> None:
    row = record_communication(customer, talk(), by=world.actor("agent"))
    base = stamp(communication_facts(row))
    correct_communication(row, talk(content="走访两处"), by=world.actor("agent"))
    with pytest.raises(StaleRecord):
        correct_communication(row, talk(content="走访三处"), by=world.actor("agent"), base=base)
    client = client_of(world, "agent")
    submit(client, f"/customers/{customer.pk}/communications/{row.pk}/edit/", result="已解决")
    row.refresh_from_db()
    assert (row.content, row.result) == ("走访两处", "已解决")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"kind": "dream"}, "kind"),
        ({"content": ""}, "content"),
        ({"happened_at": timezone.now() + timedelta(days=900)}, "happened_at"),
    ],
)
def test_what_cannot_have_happened_is_refused(
    world: World, customer: Customer, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        record_communication(customer, talk(**values), by=world.actor("agent"))
    assert refusal.value.field == field


def test_the_database_refuses_half_a_follow_up(world: World, customer: Customer) -> None:
    row = record_communication(customer, talk(), by=world.actor("agent"))
    with pytest.raises(IntegrityError), transaction.atomic():
        Communication.objects.filter(pk=row.pk).update(follow_up="回电")


def test_a_follow_up_without_somebody_or_a_day_is_refused_at_its_fields(world: World, customer: Customer) -> None:
    client = client_of(world, "agent")
    url = f"/customers/{customer.pk}/communications/new/"
    answer = submit(client, url, content="电话沟通", follow_up="回电")
    assert answer.status_code == 422
    assert answer.content.decode().count("跟进须写明事项、跟进人和期限。") == 2
    assert not Communication.objects.exists()


def test_an_organisation_shows_what_was_talked_about_with_its_people(world: World, customer: Customer) -> None:
    person = open_file(Facts("李处长", organisation=customer), by=world.actor("agent"))
    row = record_communication(person, talk(kind="call"), by=world.actor("agent"))
    assert list(communications_of(customer, identity_of(world.agent))) == [row]
    Customer.objects.filter(pk=person.pk).update(secrecy="secret")
    assert list(communications_of(customer, identity_of(world.sales_handler))) == []
    client = client_of(world, "sales_handler")
    assert client.get(f"/customers/{customer.pk}/communications/{row.pk}/").status_code == 404


@pytest.mark.req("CUS-11")
def test_a_case_is_opened_from_it_and_found_there(world: World, customer: Customer) -> None:
    row = record_communication(customer, talk(opinions=OPINIONS), by=world.actor("agent"))
    client = client_of(world, "agent")
    url = f"/cases/log/?customer={customer.pk}&communication={row.pk}"
    assert OPINIONS in client.get(url).content.decode()
    assert submit(client, url, holds="caller", kind="complaint").status_code == 302
    case = Case.objects.get()
    assert case.origin.communication == row
    assert case.text == OPINIONS
    assert case.number in client.get(f"/cases/of-communication/{row.pk}/").content.decode()
    other = open_file(Facts("别家", contacts=(Reach("phone", "13900001111"),)), by=world.actor("agent"))
    foreign = client.get(f"/cases/log/?customer={other.pk}&communication={row.pk}").content.decode()
    assert OPINIONS not in foreign
    hidden = client_of(world, "production_head").get(url)
    assert OPINIONS not in hidden.content.decode()


def test_nobody_owes_a_follow_up_that_he_may_not_read(world: World, customer: Customer) -> None:
    for somebody in (world.production_handler, world.administrator):
        with pytest.raises(InvalidInput) as refusal:
            record_communication(
                customer, talk(follow_up=FollowUp("回电", somebody, w.tomorrow())), by=world.actor("agent")
            )
        assert refusal.value.field == "follow_up_by"
    row = record_communication(
        customer, talk(follow_up=FollowUp("回电", world.sales_head, w.tomorrow())), by=world.actor("agent")
    )
    Customer.objects.filter(pk=customer.pk).update(secrecy="secret")
    assert owed_by(world.sales_head, identity_of(world.sales_head), most=5) == []
    assert owed_by(world.sales_head, identity_of(world.agent), most=5) == [row]


def test_what_was_reworded_meanwhile_is_not_noted_as_done(world: World, customer: Customer) -> None:
    row = record_communication(
        customer, talk(follow_up=FollowUp("回电", world.agent, w.tomorrow())), by=world.actor("agent")
    )
    again = talk(follow_up=FollowUp("上门", world.agent, w.tomorrow()))
    correct_communication(row, again, by=world.actor("agent"))
    with pytest.raises(StaleRecord):
        finish_follow_up(row, note="已回电", by=world.actor("agent"), expected_version=row.version)


def test_who_left_stays_in_the_record_that_names_him(world: World, customer: Customer) -> None:
    row = record_communication(customer, talk(visitors=(world.sales_head,)), by=world.actor("agent"))
    world.sales_head.is_active = False
    world.sales_head.save()
    client = client_of(world, "agent")
    assert submit(client, f"/customers/{customer.pk}/communications/{row.pk}/edit/", result="好").status_code == 302
    assert [person.username for person in row.visitors.all()] == ["sales_head"]
