"""The file beyond the card: who writes it, which fields there are, what the update log keeps (CUS-02, -06, -20)."""

from __future__ import annotations

import pytest
from django.utils import timezone

from audit.exceptions import InvalidInput, StaleRecord
from audit.verification import verify
from customers.access import get_customer
from customers.actions.communications import FollowUp, Talk, record_communication
from customers.actions.file import set_field_rules, update_file
from customers.actions.handover import in_hand
from customers.actions.people import Facts, Reach, open_file, update_customer
from customers.models import Customer, CustomerFile
from customers.queries.updates import updates_of
from feedback_system.handover import begin_person
from organization.queries import identity_of
from tests.customers.files import CREDIT, read
from tests.forms import submit
from tests.world import World, client_of


@pytest.mark.req("CUS-06")
def test_only_the_custodian_writes_the_file_and_who_serves_the_address(world: World, customer: Customer) -> None:
    url = f"/customers/{customer.pk}/file/edit/"
    agent = client_of(world, "agent")
    page = agent.get(url).content.decode()
    assert CREDIT not in page
    base = page.split('name="base" value="')[1].split('"')[0]
    agent.post(url, {"base": base, "address": "渝北区 2 号", "credit": "不限"})
    file = CustomerFile.objects.get(customer=customer)
    assert (file.address, file.credit) == ("渝北区 2 号", CREDIT)
    keeper = client_of(world, "sales_handler")
    assert keeper.get(url).headers["Location"] == f"/customers/{customer.pk}/file/"
    read(keeper, customer)
    assert submit(keeper, url, credit="账期六十天").status_code == 302
    file.refresh_from_db()
    assert file.credit == "账期六十天"
    customer.refresh_from_db()
    assert customer.file_updated_at is not None
    assert client_of(world, "finance_handler").get(url).status_code == 403


def test_what_was_typed_is_kept_when_the_purpose_ran_out(world: World, customer: Customer) -> None:
    keeper = client_of(world, "sales_handler")
    url = f"/customers/{customer.pk}/file/edit/"
    read(keeper, customer)
    base = keeper.get(url).content.decode().split('name="base" value="')[1].split('"')[0]
    keeper.logout()
    keeper.force_login(world.sales_handler)  # a fresh session holds no purpose
    assert keeper.post(url, {"base": base, "address": "渝中区中山四路 1 号", "credit": "账期十天"}).status_code == 302
    assert CustomerFile.objects.get(customer=customer).credit == "账期十天"


@pytest.mark.req("A-49")
def test_of_persons_nothing_is_asked_that_only_an_enterprise_has(world: World) -> None:
    person = open_file(Facts("王五"), by=world.actor("agent"))
    for name in ("legal_representative", "registered_capital", "business_scope", "finances"):
        with pytest.raises(InvalidInput):
            update_file(person, {name: "x"}, by=world.actor("agent"))
    update_file(person, {"address": "人民路 1 号"}, by=world.actor("agent"))


@pytest.mark.req("CUS-20")
def test_a_field_that_is_switched_off_is_neither_asked_for_nor_shown(world: World, customer: Customer) -> None:
    client = client_of(world, "administrator")
    answer = submit(client, "/settings/customer-fields/", credit_on=None, fax_purpose="传真答复")
    assert answer.status_code == 302
    keeper = client_of(world, "sales_handler")
    assert CREDIT not in read(keeper, customer).content.decode()
    with pytest.raises(InvalidInput):
        update_file(customer, {"credit": "x"}, by=world.actor("sales_handler"))
    assert "传真答复" in keeper.get(f"/customers/{customer.pk}/file/edit/").content.decode()
    stale = client.get("/settings/customer-fields/").content.decode().split('name="base" value="')[1].split('"')[0]
    set_field_rules({"fax": (False, "传真答复")}, by=world.actor("administrator"))
    with pytest.raises(StaleRecord):
        set_field_rules({"fax": (True, "别的用途")}, by=world.actor("administrator"), base=stale)
    with pytest.raises(InvalidInput):
        set_field_rules({"fax": (True, "")}, by=world.actor("administrator"))
    assert client_of(world, "hub_head").get("/settings/customer-fields/").status_code == 403


@pytest.mark.req("CUS-02", "SEC-09")
@pytest.mark.form("F61", "F68")
def test_the_update_log_keeps_old_and_new_and_hides_what_the_reader_may_not_see(
    world: World, customer: Customer
) -> None:
    update_file(customer, {"credit": "账期三十天"}, by=world.actor("sales_handler"))
    before = customer.contact_points.count()
    facts = Facts(
        customer.name, "organisation", contacts=(Reach("phone", "023-6588 0012"),), custodian=customer.custodian
    )
    update_customer(customer, facts, by=world.actor("agent"))
    assert before == 2
    whole = updates_of(customer, identity_of(world.agent), personal=True, file=True, most=20)
    told = {(change.label, change.old, change.new) for update in whole for change in update.changes}
    assert any(old == CREDIT and new == "账期三十天" for _label, old, new in told)
    assert any("0011" in old and "0012" in new for _label, old, new in told)
    card = updates_of(customer, identity_of(world.agent), personal=False, file=False, most=20)
    shown = "".join(change.old + change.new for update in card for change in update.changes)
    for secret in (CREDIT, "账期三十天", "0011", "0012", "年度供货合同"):
        assert secret not in shown
    assert verify().ok


@pytest.mark.req("CUS-06", "ORG-15")
def test_who_leaves_hands_files_customers_and_follow_ups_over(world: World, customer: Customer) -> None:
    giver, taker = world.sales_handler, world.sales_head
    Customer.objects.filter(pk=customer.pk).update(salesperson=giver)
    owed = FollowUp("回电", giver, timezone.localdate())
    row = record_communication(
        customer, Talk("call", timezone.now(), "对账", follow_up=owed), by=world.actor("sales_handler")
    )
    client = client_of(world, "administrator")
    preview = client.get(f"/settings/handover/?giver={giver.pk}").content.decode()
    assert "负责的客户档案" in preview
    begin_person(giver, taker, by=world.actor("administrator"), with_functions=False)
    customer.refresh_from_db()
    row.refresh_from_db()
    assert (customer.custodian, customer.salesperson, row.follow_up_by) == (taker, taker, taker)
    assert in_hand(giver) == {}
    assert get_customer(giver, customer.pk).file_right == ""
    assert verify().ok
