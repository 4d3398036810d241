"""Opening a file and changing the card (CUS-01, CUS-03, CUS-29)."""

from __future__ import annotations

import pytest
from django.utils import timezone

from audit.exceptions import InvalidInput, StaleRecord
from customers.actions.people import Facts, Reach, facts_of, open_file, update_customer
from customers.models import ContactPoint, Customer, CustomerKind
from customers.queries.card import cards_of, with_contacts
from customers.queries.search import match
from organization.queries import identity_of
from organization.stale import stamp
from tests.forms import submit
from tests.world import World, client_of


@pytest.mark.req("CUS-01", "CUS-03", "CUS-29")
def test_an_agent_opens_a_file_on_the_page(world: World) -> None:
    client = client_of(world, "agent")
    answer = submit(
        client,
        "/customers/new/",
        **{
            "name": "单于明",
            "type": "person",
            "kinds": [str(CustomerKind.objects.get(code="consumer").pk)],
            "reach-0-type": "phone",
            "reach-0-value": "138 0512 6634",
        },
    )
    made = Customer.objects.get(name="单于明")
    assert answer.headers["Location"] == f"/customers/{made.pk}/"
    assert [kind.code for kind in made.kinds.all()] == ["consumer"]
    assert match("单于", who=identity_of(world.agent)) == [made]
    assert match("6634", who=identity_of(world.agent)) == [made]
    assert client_of(world, "production_handler").get("/customers/new/").status_code == 403


@pytest.mark.req("CUS-06", "CUS-17")
def test_custodian_and_secrecy_are_set_by_the_head_of_customer_service_alone(world: World, customer: Customer) -> None:
    url = f"/customers/{customer.pk}/edit/"
    for name, may in (("agent", False), ("sales_head", False), ("hub_head", True)):
        client = client_of(world, name)
        assert ('name="secrecy"' in client.get(url).content.decode()) is may
        own = {"secrecy": "confidential", "custodian": str(world.sales_head.pk)} if may else {}
        assert submit(client, url, attention="请先问候", **own).status_code == 302
        customer.refresh_from_db()
        assert (customer.secrecy == "confidential") is may
        assert (customer.custodian == world.sales_head) is may


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        (Facts(""), "name"),
        (Facts("王五", contacts=(Reach("phone", "13800001111"), Reach("phone", "138 0000 1111"))), "contacts"),
        (Facts("王五", contacts=(Reach("phone", "没有"),)), "contacts"),
        (Facts("王五", type="robot"), "type"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(world: World, facts: Facts, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        open_file(facts, by=world.actor("agent"))
    assert refusal.value.field == field
    assert not Customer.objects.filter(name="王五").exists()


def test_persons_belong_to_organisations_and_to_nothing_else(world: World, customer: Customer) -> None:
    by = world.actor("agent")
    person = open_file(Facts("王五", organisation=customer), by=by)
    for facts in (Facts("赵六", organisation=person), Facts("子公司", "organisation", organisation=customer)):
        with pytest.raises(InvalidInput):
            open_file(facts, by=by)
    with pytest.raises(InvalidInput):
        update_customer(customer, Facts(customer.name, "person"), by=by)


def test_a_number_that_stays_keeps_its_row_and_a_refused_one_is_not_shown(world: World, customer: Customer) -> None:
    kept = ContactPoint.objects.get(customer=customer, type="phone")
    facts = Facts(customer.name, "organisation", contacts=(Reach("phone", "02365880011转802", refused=True),))
    update_customer(customer, facts, by=world.actor("agent"))
    kept.refresh_from_db()
    assert kept.refused
    row = with_contacts(Customer.objects.filter(pk=customer.pk)).get()
    assert cards_of([row], identity_of(world.agent))[0].phones_shown == ()


def test_two_who_change_the_same_card_do_not_overwrite_each_other(world: World, customer: Customer) -> None:
    base = stamp(facts_of(customer))
    update_customer(customer, Facts("重庆水务", "organisation"), by=world.actor("agent"))
    with pytest.raises(StaleRecord):
        update_customer(customer, Facts("重庆供水", "organisation"), by=world.actor("agent2"), base=base)


def test_who_left_and_what_is_retired_stay_when_something_else_is_saved(world: World, customer: Customer) -> None:
    Customer.objects.filter(pk=customer.pk).update(salesperson=world.sales_head)
    world.sales_head.is_active = False
    world.sales_head.save()
    CustomerKind.objects.update(retired_at=timezone.now())
    assert submit(client_of(world, "agent"), f"/customers/{customer.pk}/edit/", attention="新号码").status_code == 302
    customer.refresh_from_db()
    assert customer.salesperson == world.sales_head
    assert [kind.code for kind in customer.kinds.all()] == ["project"]
