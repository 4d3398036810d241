"""Customers in the JSON API: what is asked, by whom, and how much of it is told (A-31, SEC-08, CUS-17)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import Event, Reading
from customers.actions import merging, people
from customers.actions.people import Facts, Reach, open_file, update_customer
from customers.models import ContactPoint, Customer, CustomerKind
from organization.stale import stamp
from tests.customers.files import CREDIT, filed
from tests.world import World, client_of

Api = Callable[[str], Any]
LIST = "/api/v1/customers/"
#: Parts of what ``filed`` holds of how the customer is reached.
SECRETS = ("6588", "65880011", "office@", "中山四路")


@pytest.fixture
def customer(world: World) -> Customer:
    return filed(world)


def url(customer: Customer, tail: str = "") -> str:
    return f"{LIST}{customer.pk}/{tail}"


def post(client: Any, where: str, **body: Any) -> Any:
    return client.post(where, body, format="json")


def patch(client: Any, where: str, **body: Any) -> Any:
    return client.patch(where, body, format="json")


def named(world: World, *names: str) -> list[Customer]:
    return [open_file(Facts(name), by=world.actor("agent")) for name in names]


# --- Who may ---------------------------------------------------------------------------------------------------


@pytest.mark.req("SEC-01", "CUS-29", "A-31")
@pytest.mark.parametrize(
    ("name", "reads", "opens", "changes", "talks"),
    [
        ("agent", 200, 201, 200, 200),
        ("hub_head", 200, 201, 200, 200),
        ("sales_head", 200, 201, 200, 200),
        ("sales_handler", 200, 201, 200, 200),
        ("manager", 200, 403, 403, 200),
        ("general_manager", 200, 403, 403, 200),
        ("production_handler", 200, 403, 403, 403),
        ("quality_head", 200, 403, 403, 403),
        ("auditor", 403, 403, 403, 403),
        ("administrator", 403, 403, 403, 403),
    ],
)
def test_rights_are_those_of_the_pages(
    world: World, api: Api, customer: Customer, name: str, reads: int, opens: int, changes: int, talks: int
) -> None:
    client = api(name)
    holding = customer.holdings.get(kind="product")
    assert client.get(LIST).status_code == client.get(url(customer)).status_code == reads
    assert client.get(url(customer, "holdings/")).status_code == reads
    assert post(client, LIST, name="王五").status_code == opens
    assert patch(client, url(customer), attention="先问候").status_code == changes
    assert client.get(url(customer, "communications/")).status_code == talks
    thing = f"holdings/{holding.pk}/"
    assert patch(client, url(customer, thing), note="已装").status_code == changes
    assert post(client, url(customer, f"{thing}remove/")).status_code == (204 if changes == 200 else 403)


def test_a_session_of_the_browser_opens_it_as_a_key_does(world: World, api: Api, customer: Customer) -> None:
    by_key, by_session = api("agent").get(url(customer)), client_of(world, "agent").get(url(customer))
    assert by_key.json() == by_session.json()
    assert [reading.actor_kind for reading in Reading.objects.order_by("pk")] == ["token", "staff"]


def test_without_a_login_there_is_nothing(customer: Customer, client: Any) -> None:
    for where in (LIST, url(customer), url(customer, "holdings/"), url(customer, "communications/")):
        assert client.get(where).status_code == 401


# --- Masks and secrecy -------------------------------------------------------------------------------------------


@pytest.mark.req("SEC-08")
@pytest.mark.parametrize(("name", "clear"), [("agent", True), ("manager", True), ("production_handler", False)])
def test_numbers_are_masked_as_on_the_card(world: World, api: Api, customer: Customer, name: str, clear: bool) -> None:
    client = api(name)
    answers = [
        client.get(where, given)
        for where, given in ((LIST, {}), (LIST, {"q": "重庆"}), (url(customer), {}), (url(customer, "holdings/"), {}))
    ]
    assert [answer.status_code for answer in answers] == [200] * 4
    told = "".join(answer.content.decode() for answer in answers)
    assert [word in told for word in SECRETS] == [clear, False, clear, clear]
    detail = answers[2].json()
    assert detail["is_masked"] is not clear
    assert [way["value"] for way in detail["contacts"]] == detail["emails"] + detail["phones"]
    page = client_of(world, name).get(f"/customers/{customer.pk}/").content.decode()
    assert all(way in page for way in detail["phones"] + detail["emails"])


@pytest.mark.req("SEC-08")
@pytest.mark.parametrize("tail", ["0802", "0011", "8802", "65880011802", "80011802"])
def test_a_masked_number_is_not_guessed_by_its_tail(world: World, api: Api, customer: Customer, tail: str) -> None:
    assert api("production_handler").get(LIST, {"q": tail}).json()["results"] == []


@pytest.mark.req("SEC-08")
def test_a_masked_number_is_not_guessed_from_a_stamp(world: World, api: Api, customer: Customer) -> None:
    for name, told in (("agent", True), ("manager", False), ("production_handler", False)):
        detail = api(name).get(url(customer)).json()
        assert bool(detail["base"]) is told
        assert bool(detail["holdings"][0]["base"]) is told


@pytest.mark.req("CUS-17")
def test_a_secret_customer_is_absent_for_all_but_its_keepers(world: World, api: Api, customer: Customer) -> None:
    person = open_file(Facts("钱某", organisation=customer), by=world.actor("agent"))
    holding, absent = customer.holdings.get(kind="product"), Customer(pk=987_654_321)
    Customer.objects.filter(pk=customer.pk).update(secrecy="secret")
    client = api("sales_head")
    for tail in ("", "holdings/", "communications/"):
        foreign, nobody = client.get(url(customer, tail)), client.get(url(absent, tail))
        assert (foreign.status_code, foreign.json()) == (nobody.status_code, nobody.json())
        assert foreign.status_code == 404
    assert patch(client, url(customer), name="x").status_code == 404
    assert post(client, url(customer, f"holdings/{holding.pk}/remove/")).status_code == 404
    assert post(client, LIST, name="某人", organisation=customer.pk).status_code == 400
    for where, given in ((LIST, {}), (LIST, {"q": "重庆水务"}), (LIST, {"q": "钱"}), (url(person), {})):
        assert "重庆水务" not in client.get(where, given).content.decode()
    assert client.get(url(person)).json()["organisation"] is None
    assert client.get(LIST, {"after": customer.pk}).status_code == 404
    assert api("sales_handler").get(url(customer)).status_code == 200


@pytest.mark.req("CUS-17")
def test_an_organisation_that_is_not_known_stays_when_the_card_is_changed(
    world: World, api: Api, customer: Customer
) -> None:
    person = open_file(Facts("钱某", organisation=customer), by=world.actor("agent"))
    Customer.objects.filter(pk=customer.pk).update(secrecy="secret")
    assert patch(api("sales_head"), url(person), organisation=None, attention="先问候").status_code == 200
    person.refresh_from_db()
    assert (person.organisation, person.attention) == (customer, "先问候")


@pytest.mark.req("CUS-18", "A-31")
def test_nothing_of_the_file_is_told_even_to_its_custodian(world: World, api: Api, customer: Customer) -> None:
    contract = customer.holdings.get(kind="contract")
    client = api("sales_handler")
    told = "".join(client.get(where).content.decode() for where in (LIST, url(customer), url(customer, "holdings/")))
    for word in (CREDIT, "三千万元", "年度供货合同", "HT-2026-9", "12000000"):
        assert word not in told
    assert client.patch(url(customer, f"holdings/{contract.pk}/"), {"note": "x"}, format="json").status_code == 404
    assert post(client, url(customer, f"holdings/{contract.pk}/remove/")).status_code == 404
    assert post(client, url(customer, "holdings/"), kind="contract", name="x").status_code == 400


@pytest.mark.req("SEC-02")
def test_each_reading_is_written_down(world: World, api: Api, customer: Customer) -> None:
    client = api("agent")
    for tail in ("", "holdings/", "communications/"):
        client.get(url(customer, tail))
    readings = Reading.objects.filter(thread=customer.thread)
    assert {(row.what, row.actor_kind, row.actor_id) for row in readings} == {("page", "token", world.agent.pk)}
    assert len(readings) == 3
    api("auditor").get(url(customer))
    assert readings.count() == 3


@pytest.mark.req("SEC-12")
def test_a_restricted_customer_is_for_the_head_alone_and_an_erased_one_for_nobody(
    world: World, api: Api, customer: Customer
) -> None:
    Customer.objects.filter(pk=customer.pk).update(restricted_at=timezone.now())
    assert api("agent").get(url(customer)).status_code == 404
    head = api("hub_head")
    assert head.get(url(customer)).status_code == 200
    assert patch(head, url(customer), attention="x").status_code == 409
    assert post(head, url(customer, "holdings/"), kind="vehicle", name="x").status_code == 409
    Customer.objects.filter(pk=customer.pk).update(
        restricted_at=None,
        erased_at=timezone.now(),
        name_key="",
        folded_name="",
        initials="",
        attention="",
        search=None,
    )
    assert head.get(url(customer)).status_code == 404
    assert head.get(LIST).json()["results"] == []


# --- The list ------------------------------------------------------------------------------------------------------


def walk(client: Any, way: str, start: str, **given: Any) -> list[int]:
    """The numbers of all pages in one direction."""
    found, where = [], start
    while where:
        page = client.get(where, given if where == start else None).json()
        ids = [row["id"] for row in page["results"]]
        found = found + ids if way == "next" else ids + found
        where = page[way]
    return found


def test_the_list_is_paged_by_key_across_equal_names(world: World, api: Api) -> None:
    named(world, *["周慧"] * 5, "安然", "曾强", "周会", *["周慧"] * 2, "Anna")
    expected = list(Customer.objects.order_by("name_key", "pk").values_list("pk", flat=True))
    client = api("agent")
    for size in (1, 2, 3, 50):
        assert walk(client, "next", LIST, page_size=size) == expected
    last = client.get(LIST, {"page_size": 2, "after": expected[-2]}).json()
    assert last["next"] is None
    assert walk(client, "previous", last["previous"]) == expected[:-1]


def test_the_list_neither_counts_nor_skips_and_costs_the_same(world: World, api: Api) -> None:
    client = api("production_handler")
    firm = open_file(Facts("苏州安居", "organisation"), by=world.actor("agent"))

    def statements(**given: Any) -> list[str]:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(LIST, given).status_code == 200
        return [query["sql"] for query in seen]

    statements()  # the key says that it was used
    for given in ({}, {"q": "安"}, {"after": firm.pk}):
        Customer.objects.exclude(pk=firm.pk).delete()
        counts = []
        for many in (2, 9):
            for n in range(many):
                reach = (Reach("phone", f"1391234567{n}"), Reach("email", f"a{n}@b.example"))
                open_file(Facts(f"安{n}", organisation=firm, contacts=reach), by=world.actor("agent"))
            found = statements(**given)
            counts.append(len(found))
            assert not [sql for sql in found if "OFFSET" in sql or "COUNT(" in sql]
        assert counts[0] == counts[1]


def test_a_card_costs_the_same_with_few_and_many_parts(world: World, api: Api, customer: Customer) -> None:
    from customers.actions.holdings import Held, add_holding

    client = api("agent")

    def statements(tail: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(url(customer, tail)).status_code == 200
        return len(seen)

    tell = {"kind": "call", "happened_at": timezone.now().isoformat(), "content": "x", "visitors": ["agent"]}
    post(client, url(customer, "communications/"), **tell)
    before = [statements(tail) for tail in ("", "holdings/", "communications/")]
    for n in range(6):
        add_holding(customer, Held("vehicle", name=f"车{n}"), by=world.actor("agent"))
        assert post(client, url(customer, "communications/"), **tell).status_code == 201
    assert [statements(tail) for tail in ("", "holdings/", "communications/")] == before


@pytest.mark.req("CUS-07", "CUS-08")
def test_the_list_is_narrowed_by_class_and_tier(world: World, api: Api) -> None:
    one, two, three = named(world, "甲", "乙", "丙")
    Customer.objects.filter(pk=one.pk).update(visit_class="A", tier="key")
    Customer.objects.filter(pk=two.pk).update(visit_class="A")
    client = api("agent")

    def found(**given: str) -> set[int]:
        return {row["id"] for row in client.get(LIST, given).json()["results"]}

    assert found() == {one.pk, two.pk, three.pk}
    assert found(visit_class="A") == {one.pk, two.pk}
    assert found(visit_class="A", tier="key") == {one.pk}
    assert found(tier="stable") == set()


@pytest.mark.req("INT-30")
@pytest.mark.parametrize("q", ["周慧", "zh", "5678", "139 1234 5678", "hui@z.example", "周"])
def test_a_search_finds_by_number_tail_name_initials_and_address(world: World, api: Api, q: str) -> None:
    reach = (Reach("phone", "13912345678"), Reach("email", "hui@z.example"))
    wanted = open_file(Facts("周慧", contacts=reach), by=world.actor("agent"))
    named(world, "王经理")
    answer = api("agent").get(LIST, {"q": q}).json()
    assert [row["id"] for row in answer["results"]] == [wanted.pk]
    assert (answer["next"], answer["previous"]) == (None, None)


@pytest.mark.parametrize(
    "given",
    [
        {"visit_class": "D"}, {"tier": "x"}, {"page_size": "0"}, {"page_size": "1e9"}, {"page_size": "1.5"},
        {"page_size": str(10**30)}, {"q": "周", "tier": "key"}, {"q": "x" * 201},
        {"after": "1", "before": "1"}, {"after": "9" * 30},
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_and_not_left_aside(world: World, api: Api, given: dict[str, str]) -> None:
    named(world, "周慧")
    assert api("agent").get(LIST, given).status_code == 400


@pytest.mark.parametrize("key", ["999999", "0", "-1", "x", "²", "9" * 20])
def test_a_key_of_nobody_ends_a_walk_instead_of_beginning_it_again(world: World, api: Api, key: str) -> None:
    named(world, "周慧")
    for name in ("after", "before"):
        assert api("agent").get(LIST, {name: key}).status_code == 404


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


# --- A customer that became part of another ------------------------------------------------------------------------


@pytest.mark.req("CUS-29")
def test_an_old_number_leads_to_the_one_that_stays(world: World, api: Api, customer: Customer) -> None:
    twin = open_file(Facts("重庆水务", "organisation"), by=world.actor("agent"))
    Customer.objects.filter(pk=twin.pk).update(custodian=world.sales_handler)
    twin.refresh_from_db()
    merging.merge_customers(customer, twin, by=world.hub_head)
    client = api("agent")
    for tail in ("", "holdings/", "communications/", "communications/1/"):
        answer = client.get(url(twin, tail))
        assert (answer.status_code, answer.headers["Location"]) == (302, url(customer, tail))
        assert answer.json()["kept"] == customer.pk
    assert client.get(client.get(url(twin)).headers["Location"]).json()["id"] == customer.pk
    assert client.get(url(twin, "communications/?page_size=1")).headers["Location"].endswith("?page_size=1")
    for refused in (
        patch(client, url(twin), name="x"),
        post(client, url(twin, "holdings/"), kind="vehicle", name="x"),
        post(client, url(twin, "communications/"), kind="call", content="x"),
    ):
        assert (refused.status_code, refused.json()["kept"]) == (409, customer.pk)
        assert customer.name in refused.json()["detail"]
    assert client.get(LIST, {"q": "重庆"}).json()["results"][0]["id"] == customer.pk
    Customer.objects.filter(pk=customer.pk).update(secrecy="secret")
    assert api("sales_head").get(url(twin)).status_code == 404


# --- Communications ------------------------------------------------------------------------------------------------


def said(**values: Any) -> dict[str, Any]:
    given = {
        "kind": "visit",
        "happened_at": (timezone.now() - timedelta(hours=3)).isoformat(),
        "content": "走访使用情况",
    }
    return given | values


@pytest.mark.req("CUS-11", "CUS-15")
@pytest.mark.form("F21", "F64")
def test_a_visit_is_written_down_with_everything_the_slip_asks(world: World, api: Api, customer: Customer) -> None:
    day = timezone.localdate() + timedelta(days=2)
    words = {
        "place": "渝中区", "persons_met": "李处长", "opinions": "噪音大", "handling": "安排检查", "result": "客户同意",
        "visitors": ["sales_handler", "sales_head"],
    }  # fmt: skip
    follow_up = {"what": "检查降噪垫", "by": "agent", "on": day.isoformat()}
    client = api("sales_handler")
    answer = post(client, url(customer, "communications/"), **said(**words, follow_up=follow_up))
    assert answer.status_code == 201
    told = answer.json()
    assert {name: told[name] for name in words} == words
    assert told["follow_up"] == follow_up | {"done_at": None, "done": ""}
    assert (told["recorded_by"], told["customer"]) == ("sales_handler", customer.pk)
    assert Event.objects.get(thread=customer.thread, verb="record_communication").actor_kind == "token"
    assert client.get(url(customer, f"communications/{told['id']}/")).json() == told
    assert client.get(url(customer, "communications/")).json()["results"] == [told]


@pytest.mark.req("CUS-11")
@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"kind": "pigeon"}, 400),
        ({"content": ""}, 400),
        ({"content": "x" * 5001}, 400),
        ({"content": {"a": 1}}, 400),
        ({"happened_at": "9999-01-01T00:00:00Z"}, 400),
        ({"happened_at": 1e400}, 400),
        ({"happened_at": "2100-01-01T00:00:00Z"}, 422),
        ({"visitors": ["nobody"]}, 400),
        ({"visitors": ["agent", "agent2", "hub_head", "sales_head"]}, 400),
        ({"visitors": "agent"}, 400),
        ({"follow_up": {"what": "x"}}, 400),
        ({"follow_up": [1]}, 400),
        ({"follow_up": {"what": "x", "by": "production_handler", "on": "2030-01-01"}}, 422),
    ],
)
def test_a_communication_that_cannot_be_is_refused(
    world: World, api: Api, customer: Customer, wrong: dict[str, Any], status: int
) -> None:
    body = json.dumps(said(**wrong)).replace("Infinity", "1e400")
    answer = api("agent").post(url(customer, "communications/"), body, content_type="application/json")
    assert answer.status_code == status
    assert not customer.communications.exists()


@pytest.mark.req("SEC-08", "CUS-17")
def test_communications_are_for_who_sees_the_numbers(world: World, api: Api, customer: Customer) -> None:
    row = post(api("agent"), url(customer, "communications/"), **said()).json()["id"]
    Customer.objects.filter(pk=customer.pk).update(secrecy="confidential")
    for name, status in (("agent", 200), ("sales_handler", 200), ("sales_head", 403), ("manager", 403)):
        client = api(name)
        assert client.get(url(customer, "communications/")).status_code == status
        assert client.get(url(customer, f"communications/{row}/")).status_code == status
        assert post(client, url(customer, "communications/"), **said()).status_code == (201 if status == 200 else 403)


def test_a_communication_of_another_customer_is_absent(world: World, api: Api, customer: Customer) -> None:
    (other,) = named(world, "王五")
    row = post(api("agent"), url(other, "communications/"), **said()).json()["id"]
    assert api("agent").get(url(customer, f"communications/{row}/")).status_code == 404
    assert api("agent").get(url(other, f"communications/{row}/")).status_code == 200


def test_communications_are_paged_across_equal_times(world: World, api: Api, customer: Customer) -> None:
    client, at = api("agent"), timezone.now().isoformat()
    for _n in range(5):
        post(client, url(customer, "communications/"), **said(happened_at=at))
    found = walk(client, "next", url(customer, "communications/"), page_size=2)
    assert found == sorted(customer.communications.values_list("pk", flat=True), reverse=True)
    assert client.get(url(customer, "communications/"), {"cursor": "cD13b3Jkcw=="}).status_code == 404


# --- Products, vehicles and projects -------------------------------------------------------------------------------


@pytest.mark.req("CUS-22")
def test_things_are_added_changed_and_taken_out(world: World, api: Api, customer: Customer) -> None:
    client = api("agent")
    given = {
        "kind": "product",
        "product": "DSZF-60",
        "serial": "SN1",
        "starts_on": "2026-01-02",
        "ends_on": "2028-01-02",
    }
    made = post(client, url(customer, "holdings/"), **given)
    assert made.status_code == 201
    told = made.json()
    assert {name: told[name] for name in given} == given
    assert told["name"] == "电热水器 DSZF-60"
    where = url(customer, f"holdings/{told['id']}/")
    changed = patch(client, where, note="二楼", base=told["base"]).json()
    assert (changed["note"], changed["serial"], changed["version"]) == ("二楼", "SN1", 2)
    stale = patch(client, where, note="三楼", base=told["base"])
    assert (stale.status_code, stale.json()["changed"]) == (409, ["note"])
    assert told["id"] in {row["id"] for row in client.get(url(customer, "holdings/")).json()}
    assert told["id"] in {row["id"] for row in client.get(url(customer)).json()["holdings"]}
    assert client.post(f"{where}remove/").status_code == 204
    assert told["id"] not in {row["id"] for row in client.get(url(customer, "holdings/")).json()}
    assert client.post(f"{where}remove/").status_code == patch(client, where, note="x").status_code == 404
    verbs = Event.objects.filter(thread=customer.thread, actor_kind="token").order_by("pk")
    assert [event.verb for event in verbs] == ["add_holding", "change_holding", "remove_holding"]


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"kind": "order", "name": "x"}, 400),
        ({"kind": "vehicle"}, 400),
        ({"kind": "vehicle", "product": "DSZF-60"}, 400),
        ({"kind": "project", "name": "x", "serial": "1"}, 400),
        ({"kind": "product"}, 422),
        ({"kind": "product", "product": "none"}, 400),
        ({"kind": "vehicle", "name": "x", "starts_on": "2026-02-02", "ends_on": "2026-01-01"}, 422),
        ({"kind": "vehicle", "name": "x", "starts_on": "0001-01-01"}, 400),
        ({"kind": "vehicle", "name": "x", "starts_on": 1.5}, 400),
        ({"kind": ["vehicle"], "name": "x"}, 400),
    ],
)
def test_a_thing_that_cannot_be_is_refused(
    world: World, api: Api, customer: Customer, wrong: dict[str, Any], status: int
) -> None:
    before = customer.holdings.count()
    assert post(api("agent"), url(customer, "holdings/"), **wrong).status_code == status
    assert customer.holdings.count() == before


def test_a_thing_of_another_customer_is_absent(world: World, api: Api, customer: Customer) -> None:
    (other,) = named(world, "王五")
    row = customer.holdings.get(kind="product")
    assert patch(api("agent"), url(other, f"holdings/{row.pk}/"), note="x").status_code == 404
    assert post(api("agent"), url(other, f"holdings/{row.pk}/remove/")).status_code == 404


def test_a_change_in_between_is_not_lost_without_a_stamp(
    world: World, api: Api, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from customers.actions.holdings import Held, change_holding
    from customers.api import parts

    row = customer.holdings.get(kind="product")

    def meanwhile(*given: Any, **named: Any) -> Any:
        change_holding(row, Held("product", name="锅炉", serial="GL-78"), by=world.actor("agent2"))
        return change_holding(*given, **named)

    monkeypatch.setattr(parts, "change_holding", meanwhile)
    assert patch(api("agent"), url(customer, f"holdings/{row.pk}/"), note="x").status_code == 409
    row.refresh_from_db()
    assert (row.serial, row.note) == ("GL-78", "")


def test_stamps_are_those_of_the_pages(world: World, api: Api, customer: Customer) -> None:
    assert api("agent").get(url(customer)).json()["base"] == stamp(people.facts_of(customer))
