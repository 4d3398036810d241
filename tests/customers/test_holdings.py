"""Products, vehicles, projects, contracts and orders of a customer (CUS-22)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.exceptions import InvalidInput, StaleRecord
from customers.actions.holdings import Held, add_holding, change_holding, holding_facts, remove_holding
from customers.actions.people import Facts, open_file
from customers.models import Customer, Holding
from customers.queries.updates import updates_of
from organization.queries import identity_of
from organization.stale import stamp
from tests.forms import submit
from tests.world import World, client_of


@pytest.mark.req("CUS-22")
def test_contracts_and_orders_are_the_custodians_and_products_everybodys_who_collects(
    world: World, customer: Customer
) -> None:
    agent, keeper = client_of(world, "agent"), client_of(world, "sales_handler")
    url = f"/customers/{customer.pk}/holdings/new/"
    values = {"name": "车队用车", "serial": "渝A12345", "starts_on": "2024-05-01", "ends_on": "2027-05-01"}
    assert submit(agent, f"{url}vehicle/", **values).status_code == 302
    assert agent.get(f"{url}contract/").status_code == 403
    contract = {"name": "维保合同", "amount": "88000.50", "ends_on": "2027-01-01"}
    assert submit(keeper, f"{url}contract/", **contract).status_code == 302
    assert Holding.objects.get(name="维保合同").amount == Decimal("88000.50")
    assert "渝A12345" in agent.get(f"/customers/{customer.pk}/").content.decode()
    row = Holding.objects.get(name="年度供货合同")
    assert agent.get(f"/customers/{customer.pk}/holdings/{row.pk}/").status_code == 403
    assert agent.post(f"/customers/{customer.pk}/holdings/{row.pk}/remove/").status_code == 403
    assert agent.get(f"{url}yacht/").status_code == 404


def test_a_holding_of_another_customer_is_not_there(world: World, customer: Customer) -> None:
    other = open_file(Facts("别家", "organisation"), by=world.actor("agent"))
    row = Holding.objects.get(name="热水锅炉")
    client = client_of(world, "agent")
    assert client.get(f"/customers/{other.pk}/holdings/{row.pk}/").status_code == 404
    assert client.get(f"/customers/{customer.pk}/holdings/{2**63}/").status_code == 404


@pytest.mark.parametrize(
    ("held", "field"),
    [
        (Held("product"), "name"),
        (Held("yacht", name="x"), "kind"),
        (Held("contract", name="x", amount=Decimal(-1)), "amount"),
        (Held("vehicle", name="x", starts_on=date(2026, 1, 2), ends_on=date(2026, 1, 1)), "ends_on"),
    ],
)
def test_what_nobody_can_have_is_refused(world: World, customer: Customer, held: Held, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        add_holding(customer, held, by=world.actor("agent"))
    assert refusal.value.field == field


def test_the_database_refuses_it_too(world: World, customer: Customer) -> None:
    now = timezone.now()
    for values in ({"kind": "yacht"}, {"kind": "order", "amount": -1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Holding.objects.create(customer=customer, name="x", created_at=now, **values)


@pytest.mark.form("F68")
def test_a_holding_is_corrected_and_taken_out_and_the_log_keeps_it(world: World, customer: Customer) -> None:
    row, by = Holding.objects.get(name="热水锅炉"), world.actor("agent")
    base = stamp(holding_facts(row))
    change_holding(row, Held("product", name="热水锅炉", serial="GL-78"), by=by)
    with pytest.raises(StaleRecord):
        change_holding(row, Held("product", name="热水锅炉", serial="GL-79"), by=by, base=base)
    remove_holding(row, by=by)
    remove_holding(row, by=by)
    told = [
        update
        for update in updates_of(customer, identity_of(world.agent), personal=True, file=False, most=9)
        if update.about
    ]
    assert [str(update.what) for update in told[:2]] == ["移除了", "修改了"]
    assert "GL-77" in {change.old for update in told for change in update.changes}
