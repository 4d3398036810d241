"""Opening files and changing cards by the JSON API: the rules of the pages, and nobody's change is lost."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.utils import timezone

from audit.models import Event
from customers.actions import people
from customers.actions.people import Facts, update_customer
from customers.models import ContactPoint, Customer, CustomerKind
from tests.api.customers import LIST, Api, patch, post, url
from tests.world import World

# --- Opening and changing ------------------------------------------------------------------------------------------


@pytest.mark.req("CUS-01", "CUS-03", "CUS-29")
def test_a_file_is_opened_with_everything_that_the_page_asks(world: World, api: Api, customer: Customer) -> None:
    contacts = [
        {"type": "phone", "value": "138 0512 6634"},
        {"type": "email", "value": "w@x.example", "refused": True},
    ]
    answer = post(
        api("hub_head"), LIST, name="单于明", type="person", organisation=customer.pk, kinds=["consumer"],
        attention="先问候", salesperson="sales_handler", custodian="sales_head", secrecy="confidential",
        contacts=contacts,
    )  # fmt: skip
    assert answer.status_code == 201
    told, made = answer.json(), Customer.objects.get(name="单于明")
    assert told["id"] == made.pk
    assert told["organisation"] == {"id": customer.pk, "name": customer.name}
    assert (told["kinds"], told["salesperson"], told["custodian"]) == (["consumer"], "sales_handler", "sales_head")
    assert (made.secrecy, made.attention, made.initials) == ("confidential", "先问候", "cym")
    assert told["contacts"] == [contacts[1], {**contacts[0], "refused": False}]
    assert Event.objects.get(thread=made.thread, verb="create").actor_kind == "token"


@pytest.mark.parametrize(
    ("wrong", "status", "field"),
    [
        ({"name": ""}, 400, "name"),
        ({"name": "\u202e"}, 422, "name"),
        ({"name": "x" * 101}, 400, "name"),
        ({"name": ["x"]}, 400, "name"),
        ({"name": {"a": {"b": 1}}}, 400, "name"),
        ({"name": True}, 400, "name"),
        ({"type": "robot"}, 400, "type"),
        ({"organisation": 10**30}, 400, "organisation"),
        ({"organisation": 1.5}, 400, "organisation"),
        ({"organisation": 0}, 400, "organisation"),
        ({"organisation": -1}, 400, "organisation"),
        ({"organisation": {"id": 1}}, 400, "organisation"),
        ({"kinds": "consumer"}, 400, "kinds"),
        ({"kinds": ["pigeon"]}, 400, "kinds"),
        ({"kinds": [{"code": "consumer"}]}, 400, "kinds"),
        ({"salesperson": "nobody"}, 400, "salesperson"),
        ({"salesperson": 1}, 400, "salesperson"),
        ({"contacts": {}}, 400, "contacts"),
        ({"contacts": [[]]}, 400, "contacts"),
        ({"contacts": [{"type": "phone"}]}, 400, "contacts"),
        ({"contacts": [{"type": "fax", "value": "1"}]}, 400, "contacts"),
        ({"contacts": [{"type": "email", "value": "no"}]}, 400, "contacts"),
        ({"contacts": [{"type": "phone", "value": f"138000011{n:02}"} for n in range(21)]}, 400, "contacts"),
        ({"contacts": [{"type": "phone", "value": "没有"}]}, 422, "contacts"),
        ({"contacts": [{"type": "phone", "value": v} for v in ("13800001111", "138 0000 1111")]}, 422, "contacts"),
        ({"submission_key": "x"}, 400, "submission_key"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    world: World, api: Api, wrong: dict[str, Any], status: int, field: str
) -> None:
    answer = post(api("agent"), LIST, **({"name": "王五"} | wrong))
    assert (answer.status_code, field in answer.json() or answer.json().get("field") == field) == (status, True)
    assert not Customer.objects.exists()


@pytest.mark.parametrize("body", ["[]", '"x"', "1", "null", "{", '{"name": NaN}'])
def test_what_is_no_object_is_refused(world: World, api: Api, customer: Customer, body: str) -> None:
    client = api("agent")
    for method, where in (
        ("post", LIST), ("patch", url(customer)), ("post", url(customer, "holdings/")),
        ("post", url(customer, "communications/")),
    ):  # fmt: skip
        answer = getattr(client, method)(where, body, content_type="application/json")
        assert answer.status_code == 400


def test_write_requests_cannot_set_what_is_not_theirs(world: World, api: Api, customer: Customer) -> None:
    stolen = {
        "id": 1, "visit_class": "A", "tier": "key", "version": 9, "name_key": "x", "merged_into": customer.pk,
        "created_at": "2020-01-01T00:00:00Z", "erased_at": "2020-01-01T00:00:00Z", "credit": "x", "holdings": [],
    }  # fmt: skip
    made = Customer.objects.get(pk=post(api("agent"), LIST, name="王五", **stolen).json()["id"])
    assert (made.visit_class, made.tier, made.merged_into, made.erased_at) == ("", "", None, None)
    assert made.created_at.year > 2020


@pytest.mark.req("CUS-06", "CUS-17")
def test_custodian_and_secrecy_are_set_by_who_heads_the_files_alone(world: World, api: Api, customer: Customer) -> None:
    for name in ("agent", "sales_handler"):
        client = api(name)
        for own in ({"secrecy": "internal", "custodian": "agent"}, {"secrecy": "secret"}, {"custodian": None}):
            assert patch(client, url(customer), attention="x", **own).status_code == 403
            assert post(client, LIST, name="王五", **own).status_code == (201 if own == {"custodian": None} else 403)
    customer.refresh_from_db()
    assert (customer.secrecy, customer.custodian, customer.attention) == ("internal", world.sales_handler, "")
    assert patch(api("hub_head"), url(customer), secrecy="confidential", custodian="agent").status_code == 200
    customer.refresh_from_db()
    assert (customer.secrecy, customer.custodian) == ("confidential", world.agent)


def test_only_what_is_sent_changes_and_the_log_says_it_once(world: World, api: Api, customer: Customer) -> None:
    before = people.facts_of(customer)
    assert patch(api("agent"), url(customer), attention="先问候").status_code == 200
    customer.refresh_from_db()
    assert people.facts_of(customer) == before | {"attention": "先问候"}
    event = Event.objects.filter(thread=customer.thread, verb="update").latest("pk")
    assert (event.changes, event.actor_kind) == ({}, "token")
    assert patch(api("agent"), url(customer), attention="先问候").status_code == 200
    assert Event.objects.filter(thread=customer.thread, verb="update").latest("pk") == event


def test_what_was_read_can_be_sent_back_as_it_is(world: World, api: Api, customer: Customer) -> None:
    Customer.objects.filter(pk=customer.pk).update(salesperson=world.sales_head)
    world.sales_head.is_active = False
    world.sales_head.save()
    CustomerKind.objects.update(retired_at=timezone.now())
    client = api("agent")
    read = client.get(url(customer)).json()
    names = ("name", "type", "kinds", "attention", "salesperson", "custodian", "secrecy", "contacts", "base")
    assert patch(client, url(customer), **{name: read[name] for name in names}).status_code == 200
    assert client.get(url(customer)).json() == read
    assert patch(client, url(customer), salesperson="finance_handler", kinds=["supplier"]).status_code == 400


def test_a_stale_card_is_refused_with_what_changed(world: World, api: Api, customer: Customer) -> None:
    client = api("agent")
    base = client.get(url(customer)).json()["base"]
    assert patch(client, url(customer), name="重庆水务", base=base).status_code == 200
    answer = patch(client, url(customer), attention="x", base=base)
    assert (answer.status_code, answer.json()["changed"]) == (409, ["name"])
    customer.refresh_from_db()
    assert (customer.name, customer.attention) == ("重庆水务", "")


def test_without_a_stamp_nobody_elses_change_is_lost(
    world: World, api: Api, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from customers.api import views

    def meanwhile(*given: Any, **named: Any) -> Customer:
        facts = Facts("重庆供水", "organisation", custodian=world.sales_handler)
        update_customer(customer, facts, by=world.actor("agent2"))
        return update_customer(*given, **named)

    monkeypatch.setattr(views, "update_customer", meanwhile)
    assert patch(api("agent"), url(customer), attention="x").status_code == 409
    customer.refresh_from_db()
    assert (customer.name, customer.attention) == ("重庆供水", "")


@pytest.mark.parametrize("base", ["x", "name:", "," * 2000])
def test_a_stamp_that_nobody_gave_is_stale(world: World, api: Api, customer: Customer, base: str) -> None:
    assert patch(api("agent"), url(customer), attention="x", base=base).status_code == 409
    assert patch(api("agent"), url(customer), attention="x", base="x" * 2001).status_code == 400


def test_refused_numbers_are_for_who_changes_the_card(world: World, api: Api, customer: Customer) -> None:
    kept = ContactPoint.objects.get(customer=customer, type="phone")
    contacts = [{"type": "phone", "value": kept.value, "refused": True}]
    told = patch(api("agent"), url(customer), contacts=contacts).json()
    assert (told["contacts"], told["phones"]) == (contacts, [])
    kept.refresh_from_db()
    assert kept.refused
    for name in ("manager", "production_handler"):
        assert api(name).get(url(customer)).json()["contacts"] == []


def test_the_same_submission_key_opens_one_file(world: World, api: Api) -> None:
    client, key = api("agent"), str(uuid.uuid4())
    first = post(client, LIST, name="王五", submission_key=key)
    second = post(client, LIST, name="王五", submission_key=key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] == second.json()["id"]
    assert post(client, LIST, name="王五", submission_key=str(uuid.uuid4())).json()["id"] != first.json()["id"]
    assert Customer.objects.count() == 2


def test_the_same_submission_twice_at_once_opens_one_file(
    world: World, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, key = api("agent"), str(uuid.uuid4())
    first = post(client, LIST, name="王五", submission_key=key).json()
    asked: list[object] = []

    def late(given: uuid.UUID) -> Customer | None:
        asked.append(given)
        return Customer.objects.filter(submission_key=given).first() if len(asked) > 1 else None

    monkeypatch.setattr("customers.actions.people._submitted", late)
    assert post(client, LIST, name="王五", submission_key=key).json()["id"] == first["id"]
    assert len(asked) == 2
    assert Customer.objects.count() == 1


def test_somebody_elses_submission_key_shows_nothing_of_a_secret_customer(world: World, api: Api) -> None:
    key = str(uuid.uuid4())
    assert post(api("hub_head"), LIST, name="王五", secrecy="secret", submission_key=key).status_code == 201
    answer = post(api("sales_head"), LIST, name="王五", submission_key=key)
    assert (answer.status_code, answer.json()["field"]) == (422, "submission_key")
    assert "id" not in answer.json()


@pytest.mark.parametrize("pk", [str(10**30), "1" * 19, "x", "-1", "1.5", "%00", "0"])
def test_absurd_numbers_are_absent(world: World, api: Api, customer: Customer, pk: str) -> None:
    client = api("agent")
    for where in (f"{LIST}{pk}/", url(customer, f"holdings/{pk}/"), url(customer, f"communications/{pk}/")):
        assert client.get(where).status_code in ({404, 405} if "holdings" in where else {404})
        assert patch(client, where).status_code in {404, 405}
