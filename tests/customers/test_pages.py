"""Customers in the order of their sound, and the card of one."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import Reading
from customers.actions.people import NewCustomer, create_customer
from customers.models import Customer, CustomerType
from customers.queries import search as queries
from organization.models import Role
from organization.queries import Identity
from tests import world as w
from tests.cases.test_intake_form import NONSENSE
from tests.world import World, client_of

#: Somebody of the hub.
EVERYBODY = Identity(0, Role.AGENT, functions=frozenset({"hub"}))
NAMES = ["周慧", "安然", "曾强", "单于明", "王经理", "阿里", "Anna", "仇英", "赵工", "重庆水务"]


def create(world: World, name: str, phone: str = "", **values: Any) -> Customer:
    return create_customer(NewCustomer(name=name, phone=phone, **values), by=world.actor("agent"), at=timezone.now())


def names(page: queries.Page) -> list[str]:
    return [customer.name for customer in page.customers]


def test_customers_stand_in_the_order_of_their_sound(world: World) -> None:
    for name in NAMES:
        create(world, name)
    found = names(queries.page_of(EVERYBODY, size=20))
    assert found.index("安然") < found.index("王经理") < found.index("曾强") < found.index("周慧")
    assert found == list(Customer.objects.order_by("name_key", "pk").values_list("name", flat=True))


def test_pages_in_both_directions_are_the_whole_list(world: World) -> None:
    for name in NAMES * 2:
        create(world, name)
    expected = names(queries.page_of(EVERYBODY, size=50))
    page, seen = queries.page_of(EVERYBODY, size=6), []
    while True:
        seen += names(page)
        if not page.after:
            break
        page = queries.page_of(EVERYBODY, after=page.after, size=6)
    assert seen == expected
    back = queries.page_of(EVERYBODY, before=page.before, size=6)
    assert names(back) == expected[12:18]
    first = queries.page_of(EVERYBODY, before=back.before, size=12)
    assert names(first) == expected[:12]
    assert names(queries.page_of(EVERYBODY, before=first.after, size=12)) == expected[:12]


@pytest.mark.parametrize("key", [*NONSENSE, "0", "999999", ""])
def test_a_key_of_nobody_is_the_first_page(world: World, key: str) -> None:
    create(world, "周慧")
    assert names(queries.page_of(EVERYBODY, after=key)) == ["周慧"]
    assert names(queries.page_of(EVERYBODY, before=key)) == ["周慧"]


def test_the_next_page_neither_counts_nor_skips(world: World) -> None:
    for name in NAMES:
        create(world, name)
    page = queries.page_of(EVERYBODY, size=3)
    with CaptureQueriesContext(connection) as seen:
        queries.page_of(EVERYBODY, after=page.after, size=3)
    assert not [q["sql"] for q in seen if "OFFSET" in q["sql"] or "COUNT" in q["sql"]]


@pytest.mark.req("INT-30")
@pytest.mark.parametrize("typed", ["周慧", "zh", "5678", "139 1234 5678", "周"])
def test_the_box_finds_by_number_tail_name_and_initials(world: World, typed: str) -> None:
    create(world, "周慧", "13912345678")
    create(world, "王经理", "13700000000")
    page = client_of(world, "agent").get("/customers/", {"q": typed}).content.decode()
    assert "周慧" in page
    assert "王经理" not in page


def test_the_card_leads_to_the_cases_and_is_written_down(world: World) -> None:
    case = w.log_call(world)
    page = client_of(world, "agent").get(f"/customers/{case.customer_id}/").content.decode()
    assert "13805126634" in page
    assert f'hx-get="/cases/of-customer/{case.customer_id}/"' in page
    reading = Reading.objects.get(thread=f"customer:{case.customer_id}")
    assert (reading.actor_id, reading.what) == (world.agent.pk, "page")


def test_an_organisation_shows_its_people_and_their_cases(world: World) -> None:
    firm = create(world, "苏州安居物业", type=CustomerType.ORGANISATION)
    case = w.log_call(world)
    Customer.objects.filter(pk=case.customer_id).update(organisation=firm)
    client = client_of(world, "agent")
    assert f'href="/customers/{case.customer_id}/"' in client.get(f"/customers/{firm.pk}/").content.decode()
    assert case.number in client.get(f"/cases/of-customer/{firm.pk}/").content.decode()
    assert case.number in client.get(f"/cases/?customer={firm.pk}").content.decode()


@pytest.mark.req("SEC-01", "SEC-08")
@pytest.mark.parametrize(("name", "status"), [("auditor", 403), ("administrator", 403), ("production_handler", 200)])
def test_customers_are_for_those_who_work_with_them(world: World, name: str, status: int) -> None:
    customer = create(world, "周慧", "13912345678")
    client = client_of(world, name)
    assert client.get("/customers/").status_code == status
    assert client.get(f"/customers/{customer.pk}/").status_code == status
    assert client.get("/customers/999999/").status_code == (404 if status == 200 else 403)


@pytest.mark.parametrize("value", NONSENSE)
def test_nonsense_in_the_address_is_no_fault(world: World, value: str) -> None:
    client = client_of(world, "agent")
    sent = value.encode("utf-8", "surrogatepass").decode("latin-1")
    for name in ("q", "after", "before"):
        assert client.get("/customers/", {name: sent}).status_code == 200
    assert client.get(f"/customers/{10**30}/").status_code == 404


def test_the_list_costs_the_same_with_three_or_twenty(world: World) -> None:
    client = client_of(world, "agent")

    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            client.get("/customers/")
        return len(seen)

    for name in NAMES[:3]:
        create(world, name, "13912345678")
    few = statements()
    for name in NAMES * 2:
        create(world, name, "13912345678")
    assert statements() == few
