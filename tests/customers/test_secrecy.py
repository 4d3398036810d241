"""Masks and levels of secrecy: who sees a number, who knows that a customer is there (SEC-08, CUS-17)."""

from __future__ import annotations

import pytest

from cases.models import Case
from customers.actions import grants
from customers.actions.people import Facts, Reach, open_file
from customers.models import Customer
from customers.queries.card import cards_of, with_contacts
from customers.queries.search import match, page_of
from organization.queries import identity_of
from tests.customers.files import days
from tests.forms import submit
from tests.world import World, client_of


@pytest.mark.req("SEC-08", "SEC-01")
@pytest.mark.parametrize(
    ("name", "clear"), [("agent", True), ("sales_head", True), ("manager", True), ("production_handler", False)]
)
def test_numbers_are_masked_outside_the_handling_group(
    world: World, customer: Customer, name: str, clear: bool
) -> None:
    client = client_of(world, name)
    for url in (f"/customers/{customer.pk}/", "/customers/", "/customers/?q=重庆", "/search/?q=重庆水务"):
        page = client.get(url).content.decode()
        assert customer.name in page
        assert ("6588 0011" in page) is clear, url
    found = match("0802", who=identity_of(world.users[name])) or match("0011", who=identity_of(world.users[name]))
    assert bool(found) is clear


@pytest.mark.req("CUS-17", "SEC-08")
def test_of_a_confidential_customer_only_the_keepers_see_the_numbers(world: World, customer: Customer) -> None:
    Customer.objects.filter(pk=customer.pk).update(secrecy="confidential")
    row = with_contacts(Customer.objects.filter(pk=customer.pk)).get()
    seen = {name: bool(cards_of([row], identity_of(world.users[name]))[0].phones) for name in world.users}
    keepers = {"agent", "agent2", "hub_head", "sales_handler", "general_manager"}
    assert {name for name, clear in seen.items() if clear} == keepers


@pytest.mark.req("SEC-08")
def test_a_masked_number_cannot_be_guessed_by_its_tail(world: World, customer: Customer) -> None:
    Customer.objects.filter(pk=customer.pk).update(secrecy="confidential")
    for name, found in (("manager", []), ("sales_head", []), ("agent", [customer]), ("sales_handler", [customer])):
        who = identity_of(world.users[name])
        assert match("5880011", who=who) == match("65880011", who=who) == found
        assert match("023-65880011", who=who) in ([customer], found)


@pytest.mark.req("CUS-17")
def test_a_secret_customer_is_not_there_for_others(world: World, customer: Customer) -> None:
    person = open_file(Facts("钱某", organisation=customer), by=world.actor("agent"))
    Customer.objects.filter(pk=customer.pk).update(secrecy="secret")
    client = client_of(world, "sales_head")
    for url in (f"/customers/{customer.pk}/", f"/customers/{customer.pk}/edit/", f"/customers/{customer.pk}/ask/"):
        assert client.get(url).status_code == 404
    for url in ("/customers/", "/customers/?q=重庆水务", "/customers/offers/?q=重庆", f"/customers/{person.pk}/"):
        page = client.get(url).content.decode()
        assert "重庆水务集团" not in page, url
        assert f"/customers/{customer.pk}/" not in page, url
    who = identity_of(world.sales_head)
    assert match("023-65880011", who=who) == []
    assert customer not in page_of(who).customers
    assert client_of(world, "sales_handler").get(f"/customers/{customer.pk}/").status_code == 200
    assert client_of(world, "agent").get(f"/customers/{customer.pk}/").status_code == 200
    grants.give_grant(customer, world.sales_head, purpose="谈判", period=days(0, 1), by=world.general_manager)
    assert client.get(f"/customers/{customer.pk}/").status_code == 200


@pytest.mark.req("CUS-17")
def test_a_secret_customer_is_not_named_by_its_number(world: World, customer: Customer) -> None:
    person = open_file(
        Facts("李处长", organisation=customer, contacts=(Reach("phone", "13900002222"),)), by=world.actor("agent")
    )
    Customer.objects.filter(pk=customer.pk).update(secrecy="secret")
    client = client_of(world, "sales_head")
    form = {"customer": str(customer.pk), "reporter_name": "某人", "reporter_phone": "13700001111", "text": "漏水"}
    assert (
        submit(client, "/cases/log/", holds="caller", kind="complaint", caller="某人 13700001111", **form).status_code
        == 302
    )
    case = Case.objects.get()
    assert case.customer_id != customer.pk
    Case.objects.update(customer=person)
    for url in (f"/cases/?customer={customer.pk}&state=all", f"/customers/{person.pk}/edit/"):
        assert customer.name not in client.get(url).content.decode(), url
    assert submit(client, f"/customers/{person.pk}/edit/", attention="先问候").status_code == 302
    person.refresh_from_db()
    assert (person.organisation, person.attention) == (customer, "先问候")


def test_hidden_customers_do_not_crowd_out_those_that_are_seen(world: World, customer: Customer) -> None:
    for n in range(9):
        row = open_file(Facts(f"重庆一{n}", "organisation"), by=world.actor("agent"))
        Customer.objects.filter(pk=row.pk).update(secrecy="secret")
    assert match("重庆", who=identity_of(world.sales_head)) == [customer]
