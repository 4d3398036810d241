"""Who may read a whole file: custodian, general manager, and whom he lets; each for a purpose (CUS-18, SEC-02; A-31)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.exceptions import InvalidInput, InvalidMove
from audit.models import Reading
from customers.access import get_customer
from customers.actions import grants
from customers.actions.people import Facts, open_file
from customers.models import Customer, FileGrant, Holding
from notifications.models import Message
from notifications.readers import may_read
from organization.models import User
from tests.customers.files import CREDIT, days, read
from tests.world import World, client_of


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


def test_a_permission_that_begins_tomorrow_is_told_today(world: World, customer: Customer) -> None:
    Customer.objects.filter(pk=customer.pk).update(secrecy="secret")
    grants.give_grant(customer, world.manager, purpose="谈判", period=days(1, 3), by=world.general_manager)
    assert may_read(customer.thread, world.manager)
    assert not may_read(customer.thread, world.sales_head)


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
def test_nobody_gives_himself_the_right_to_read(world: World, customer: Customer) -> None:
    with pytest.raises(InvalidInput) as refusal:
        grants.give_grant(None, world.general_manager, purpose="x", period=days(0, 1), by=world.general_manager)
    assert refusal.value.field == "person"


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
