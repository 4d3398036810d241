"""The file of a customer: who reads what, who writes what, and what the log says (CUS-01, -06, -17, -18; A-31)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from audit.exceptions import InvalidInput, InvalidMove, StaleRecord
from audit.models import Reading
from audit.verification import verify
from cases.models import Case
from customers.access import get_customer
from customers.actions import grants
from customers.actions.communications import FollowUp, Talk, record_communication
from customers.actions.file import set_field_rules, update_file
from customers.actions.grants import Period
from customers.actions.handover import in_hand
from customers.actions.holdings import Held, add_holding, change_holding, holding_facts, remove_holding
from customers.actions.people import Facts, Reach, facts_of, open_file, update_customer
from customers.models import ContactPoint, Customer, CustomerFile, CustomerKind, FileGrant, Holding
from customers.queries.card import cards_of, with_contacts
from customers.queries.file import updates_of
from customers.queries.search import match, page_of
from feedback_system.handover import begin_person
from notifications.models import Message
from notifications.readers import may_read
from organization.models import User
from organization.queries import identity_of
from organization.stale import stamp
from tests.forms import submit
from tests.world import World

CREDIT = "账期九十天，去年逾期两次"


def client_of(world: World, name: str) -> Client:
    client = Client()
    client.force_login(world.users[name])
    return client


@pytest.fixture
def customer(world: World) -> Customer:
    """An organisation with a custodian in sales and something in every part of its file."""
    row = open_file(
        Facts(
            "重庆水务集团",
            "organisation",
            contacts=(Reach("phone", "023-6588 0011 转 802"), Reach("email", "office@cqsw.example")),
            custodian=world.sales_handler,
            kinds=(CustomerKind.objects.get(code="project"),),
        ),
        by=world.actor("hub_head"),
    )
    values = {"address": "渝中区中山四路 1 号", "credit": CREDIT, "registered_capital": "三千万元"}
    update_file(row, values, by=world.actor("sales_handler"))
    add_holding(row, Held("product", name="热水锅炉", serial="GL-77"), by=world.actor("agent"))
    contract = Held("contract", name="年度供货合同", serial="HT-2026-9", amount=Decimal("12000000"))
    add_holding(row, contract, by=world.actor("sales_handler"))
    return row


def days(first: int, last: int) -> Period:
    now = timezone.now()
    return Period(now + timedelta(days=first), now + timedelta(days=last))


def read(client: Client, customer: Customer, purpose: str = "合同到期谈判") -> Any:
    client.post(f"/customers/{customer.pk}/file/", {"purpose": purpose})
    return client.get(f"/customers/{customer.pk}/file/")


# --- Reading --------------------------------------------------------------------------------------------------


@pytest.mark.req("CUS-18", "A-31")
@pytest.mark.gate(15)
@pytest.mark.parametrize("name", ["agent", "hub_head", "sales_head", "manager", "production_head", "finance_handler"])
def test_who_serves_sees_the_card_and_not_the_file(world: World, customer: Customer, name: str) -> None:
    client = client_of(world, name)
    page = client.get(f"/customers/{customer.pk}/").content.decode()
    assert "热水锅炉" in page
    for secret in (CREDIT, "三千万元", "年度供货合同", "HT-2026-9", "12000000"):
        assert secret not in page
    assert client.get(f"/customers/{customer.pk}/file/").status_code == 403
    assert client.post(f"/customers/{customer.pk}/file/", {"purpose": "看看"}).status_code == 403
    assert not Reading.objects.filter(what__startswith="file:").exists()


@pytest.mark.req("CUS-06", "CUS-18", "SEC-02")
@pytest.mark.parametrize(("name", "right"), [("sales_handler", "custodian"), ("general_manager", "general_manager")])
def test_custodian_and_general_manager_read_it_and_say_what_for(
    world: World, customer: Customer, name: str, right: str
) -> None:
    client = client_of(world, name)
    asked = client.get(f"/customers/{customer.pk}/file/").content.decode()
    assert CREDIT not in asked
    assert client.post(f"/customers/{customer.pk}/file/", {"purpose": " "}).status_code == 422
    page = read(client, customer).content.decode()
    for known in (CREDIT, "三千万元", "年度供货合同", "12000000"):
        assert known in page
    reading = Reading.objects.get(what__startswith="file:")
    assert (reading.what, reading.reason, reading.actor_id) == (f"file:{right}", "合同到期谈判", world.users[name].pk)


@pytest.mark.req("CUS-18")
@pytest.mark.gate(15)
def test_a_grant_lets_a_manager_read_one_file_for_one_day_and_the_log_says_so(
    world: World, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = open_file(Facts("别家", "organisation"), by=world.actor("agent"))
    manager, chief = client_of(world, "manager"), client_of(world, "general_manager")
    today = timezone.localdate().isoformat()
    values = {"purpose": "年度授信", "first": today, "until": today}
    assert manager.post(f"/customers/{customer.pk}/ask/", values).status_code == 302
    assert manager.get(f"/customers/{customer.pk}/file/").status_code == 403
    grant = FileGrant.objects.get()
    assert "年度授信" in chief.get("/customers/requests/").content.decode()
    assert manager.post(f"/customers/grants/{grant.pk}/decide/", {"answer": "allow"}).status_code == 403
    chief.post(f"/customers/grants/{grant.pk}/decide/", {"answer": "allow"})
    assert Message.objects.filter(kind="reading_allowed", user=world.manager).exists()
    assert CREDIT in read(manager, customer, "年度授信").content.decode()
    assert manager.get(f"/customers/{other.pk}/file/").status_code == 403
    log = chief.get(f"/customers/readings/?customer={customer.pk}").content.decode()
    assert world.manager.name in log
    assert "年度授信" in log
    tomorrow = timezone.now() + timedelta(days=1)
    monkeypatch.setattr(timezone, "now", lambda: tomorrow)
    manager.force_login(world.manager)
    assert manager.get(f"/customers/{customer.pk}/file/").status_code == 403


@pytest.mark.req("CUS-18")
def test_what_is_taken_back_ends_at_once(world: World, customer: Customer) -> None:
    manager, chief = client_of(world, "manager"), client_of(world, "general_manager")
    period = days(0, 30)
    grant = grants.give_grant(customer, world.manager, purpose="审计配合", period=period, by=world.general_manager)
    assert CREDIT in read(manager, customer).content.decode()
    chief.post(f"/customers/grants/{grant.pk}/revoke/")
    assert manager.get(f"/customers/{customer.pk}/file/").status_code == 403
    grant.refresh_from_db()
    assert grant.revoked_by == world.general_manager


@pytest.mark.req("CUS-18")
def test_nobody_allows_himself_and_no_period_is_endless_or_past(world: World, customer: Customer) -> None:
    asked = grants.ask_to_read(customer, world.general_manager, purpose="自查", period=days(0, 1))
    with pytest.raises(InvalidMove):
        grants.decide_request(asked, by=world.general_manager, granted=True)
    for period in (days(-3, -1), days(2, 1), days(0, 400)):
        with pytest.raises(InvalidInput):
            grants.ask_to_read(customer, world.manager, purpose="分析", period=period)
    with pytest.raises(InvalidInput):
        grants.ask_to_read(customer, world.manager, purpose="", period=days(0, 1))
    with pytest.raises(InvalidInput):
        grants.give_grant(customer, world.auditor, purpose="分析", period=days(0, 1), by=world.general_manager)
    grants.ask_to_read(customer, world.manager, purpose="分析", period=days(0, 1))
    with pytest.raises(InvalidMove):
        grants.ask_to_read(customer, world.manager, purpose="再问", period=days(0, 1))


@pytest.mark.req("CUS-18")
def test_a_refusal_needs_a_reason_and_gives_nothing(world: World, customer: Customer) -> None:
    chief = client_of(world, "general_manager")
    grant = grants.ask_to_read(customer, world.manager, purpose="分析", period=days(0, 1))
    chief.post(f"/customers/grants/{grant.pk}/decide/", {"answer": "refuse"})
    assert FileGrant.objects.filter(pk=grant.pk, approval__decided_at__isnull=True).exists()
    chief.post(f"/customers/grants/{grant.pk}/decide/", {"answer": "refuse", "opinion": "与工作无关"})
    assert client_of(world, "manager").get(f"/customers/{customer.pk}/file/").status_code == 403
    assert "与工作无关" in Message.objects.get(kind="reading_refused", channel="in_app").context["text"]


@pytest.mark.req("SEC-02", "SEC-08")
@pytest.mark.form("F67")
def test_an_auditor_sees_who_read_but_no_name_of_a_customer(world: World, customer: Customer) -> None:
    read(client_of(world, "sales_handler"), customer)
    page = client_of(world, "auditor").get("/customers/readings/").content.decode()
    assert world.sales_handler.name in page
    assert "合同到期谈判" in page
    assert customer.name not in page
    assert client_of(world, "manager").get("/customers/readings/").status_code == 403


# --- Masks and secrecy ----------------------------------------------------------------------------------------


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


# --- Writing --------------------------------------------------------------------------------------------------


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


# --- Which fields -----------------------------------------------------------------------------------------------


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


# --- What the customer has of us ----------------------------------------------------------------------------------


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


def test_a_deputy_of_the_custodian_keeps_the_file_and_a_grant_is_for_one_person(
    world: World, customer: Customer
) -> None:
    from organization.models import Deputy

    now = timezone.now()
    grants.give_grant(customer, world.manager, purpose="授信", period=days(0, 5), by=world.general_manager)

    def stands_in(deputy: User, principal: User) -> None:
        Deputy.objects.create(
            principal=principal, deputy=deputy, starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=1)
        )

    stands_in(world.sales_head, world.sales_handler)
    stands_in(world.production_head, world.manager)
    assert get_customer(world.sales_head, customer.pk).file_right == "custodian"
    assert get_customer(world.production_head, customer.pk).file_right == ""


@pytest.mark.req("CUS-06", "ORG-15")
def test_who_leaves_hands_files_customers_and_follow_ups_over(world: World, customer: Customer) -> None:
    giver, taker = world.sales_handler, world.sales_head
    Customer.objects.filter(pk=customer.pk).update(salesperson=giver)
    owed = FollowUp("回电", giver, timezone.localdate())
    row = record_communication(customer, Talk("call", timezone.now(), "对账", follow_up=owed), by=giver)
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


# --- What fresh eyes found ----------------------------------------------------------------------------------------


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


@pytest.mark.gate(15)
@pytest.mark.req("CUS-18", "SEC-02")
def test_nothing_of_the_file_is_shown_without_a_purpose_and_a_reading(world: World, customer: Customer) -> None:
    keeper = client_of(world, "sales_handler")
    contract = Holding.objects.get(name="年度供货合同")
    card = keeper.get(f"/customers/{customer.pk}/").content.decode()
    for secret in (CREDIT, "12000000", "HT-2026-9", "年度供货合同"):
        assert secret not in card
    page = keeper.get(f"/customers/{customer.pk}/holdings/{contract.pk}/")
    assert page.headers["Location"] == f"/customers/{customer.pk}/file/"
    read(keeper, customer)
    before = Reading.objects.filter(what="file:custodian").count()
    assert "HT-2026-9" in keeper.get(f"/customers/{customer.pk}/holdings/{contract.pk}/").content.decode()
    assert Reading.objects.filter(what="file:custodian").count() == before + 1


def test_what_was_typed_is_kept_when_the_purpose_ran_out(world: World, customer: Customer) -> None:
    keeper = client_of(world, "sales_handler")
    url = f"/customers/{customer.pk}/file/edit/"
    read(keeper, customer)
    base = keeper.get(url).content.decode().split('name="base" value="')[1].split('"')[0]
    keeper.logout()
    keeper.force_login(world.sales_handler)  # a fresh session holds no purpose
    assert keeper.post(url, {"base": base, "address": "渝中区中山四路 1 号", "credit": "账期十天"}).status_code == 302
    assert CustomerFile.objects.get(customer=customer).credit == "账期十天"


@pytest.mark.req("CUS-18")
def test_nobody_gives_himself_the_right_to_read(world: World, customer: Customer) -> None:
    with pytest.raises(InvalidInput) as refusal:
        grants.give_grant(None, world.general_manager, purpose="x", period=days(0, 1), by=world.general_manager)
    assert refusal.value.field == "person"


@pytest.mark.req("SEC-08")
def test_a_masked_number_cannot_be_guessed_by_its_tail(world: World, customer: Customer) -> None:
    Customer.objects.filter(pk=customer.pk).update(secrecy="confidential")
    for name, found in (("manager", []), ("sales_head", []), ("agent", [customer]), ("sales_handler", [customer])):
        who = identity_of(world.users[name])
        assert match("5880011", who=who) == match("65880011", who=who) == found
        assert match("023-65880011", who=who) in ([customer], found)


def test_hidden_customers_do_not_crowd_out_those_that_are_seen(world: World, customer: Customer) -> None:
    for n in range(9):
        row = open_file(Facts(f"重庆一{n}", "organisation"), by=world.actor("agent"))
        Customer.objects.filter(pk=row.pk).update(secrecy="secret")
    assert match("重庆", who=identity_of(world.sales_head)) == [customer]


def test_who_left_and_what_is_retired_stay_when_something_else_is_saved(world: World, customer: Customer) -> None:
    Customer.objects.filter(pk=customer.pk).update(salesperson=world.sales_head)
    world.sales_head.is_active = False
    world.sales_head.save()
    CustomerKind.objects.update(retired_at=timezone.now())
    assert submit(client_of(world, "agent"), f"/customers/{customer.pk}/edit/", attention="新号码").status_code == 302
    customer.refresh_from_db()
    assert customer.salesperson == world.sales_head
    assert [kind.code for kind in customer.kinds.all()] == ["project"]


def test_a_permission_that_begins_tomorrow_is_told_today(world: World, customer: Customer) -> None:
    Customer.objects.filter(pk=customer.pk).update(secrecy="secret")
    grants.give_grant(customer, world.manager, purpose="谈判", period=days(1, 3), by=world.general_manager)
    assert may_read(customer.thread, world.manager)
    assert not may_read(customer.thread, world.sales_head)
