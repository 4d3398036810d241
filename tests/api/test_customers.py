"""Customers in the JSON API: what is asked, by whom, and how much of it is told (A-31, SEC-08, CUS-17)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import Reading
from customers.actions import merging
from customers.actions.people import Facts, Reach, open_file
from customers.models import Customer
from tests.api.customers import LIST, SECRETS, Api, named, patch, post, url, walk
from tests.customers.files import CREDIT
from tests.world import World, client_of

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
