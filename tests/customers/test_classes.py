"""Classes are proposed by rule, confirmed by a person, and kept with their reason (CUS-07, CUS-08; A-14, A-17, A-18)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.exceptions import InvalidInput, StaleRecord
from customers.actions.classes import Said, classify_customer, say_standing, standing_facts
from customers.actions.holdings import Held, add_holding
from customers.actions.people import Facts, open_file
from customers.classes import Business, longest_run, propose
from customers.models import ClassChange, Customer, Standing
from customers.policy import CustomersPart, TierRule
from customers.queries.classes import business_of, proposal_for, rules
from customers.queries.search import Wanted, page_of
from customers.queries.updates import updates_of
from organization.queries import identity_of
from organization.stale import stamp
from regulations.document import parse_part
from tests.forms import submit
from tests.world import World, client_of

MILLION = Decimal(1_000_000)


@pytest.fixture
def customer(world: World) -> Customer:
    facts = Facts("重庆水务集团", "organisation", custodian=world.sales_handler)
    return open_file(facts, by=world.actor("hub_head"))


def bought(**years: int) -> Business:
    """So many millions in each year; the last of them within twelve months."""
    by_year = {int(year[1:]): MILLION * amount for year, amount in years.items()}
    newest = by_year[max(by_year)]
    return Business(by_year=by_year, largest=max(by_year.values()), last_12_months=newest)


@pytest.mark.req("CUS-08", "A-14", "A-18")
@pytest.mark.parametrize(
    ("known", "letter"),
    [
        (Business(), ""),
        (Business(marks=frozenset({"wants_to_cooperate"})), ""),
        (Business(marks=frozenset({"overseas"})), "A"),
        (Business(marks=frozenset({"long_term"}), by_year={2026: MILLION}), "A"),
        (Business(by_year={2026: 10 * MILLION}, last_12_months=10 * MILLION), "B"),
        (Business(by_year={2026: 10 * MILLION}, last_12_months=10 * MILLION - Decimal("0.01")), "C"),
        (Business(by_year={2019: 90 * MILLION}, largest=90 * MILLION), "C"),
    ],
)
def test_a_wins_over_b_over_c_and_without_orders_nobody_is_b_or_c(known: Business, letter: str) -> None:
    assert propose(known, CustomersPart()).visit_class == letter


@pytest.mark.req("CUS-08", "A-14")
def test_what_is_measured_for_b_is_configurable() -> None:
    known = Business(by_year={2019: 6 * MILLION, 2020: 6 * MILLION}, largest=6 * MILLION)
    assert propose(known, CustomersPart(b_measure="cumulative")).visit_class == "B"
    assert propose(known, CustomersPart(b_measure="largest")).visit_class == "C"
    assert propose(known, CustomersPart(b_measure="largest", b_amount=6_000_000)).visit_class == "B"


@pytest.mark.req("CUS-07", "A-17")
@pytest.mark.parametrize(
    ("known", "rule", "tier"),
    [
        (bought(y2024=2, y2025=2, y2026=2), TierRule(yearly_amount=2_000_000), "key"),
        (bought(y2023=2, y2025=2, y2026=2), TierRule(yearly_amount=2_000_000), "general"),
        (bought(y2026=5), TierRule(single_amount=5_000_000), "key"),
        (bought(y2026=5), TierRule(single_amount=5_000_001), "general"),
        (Business(demand=8 * MILLION), TierRule(yearly_demand=8_000_000), "key"),
        (Business(rank=50), TierRule(rank=50), "key"),
        (Business(rank=51), TierRule(rank=50), ""),
        (bought(y2026=5), TierRule(), "general"),
        (Business(marks=frozenset({"wants_to_cooperate"})), TierRule(), "potential"),
        (bought(y2026=5), TierRule(single_amount=5_000_000, rank=10), "key"),
        (bought(y2026=5), TierRule(single_amount=5_000_000, rank=10, combine="all"), "general"),
    ],
)
def test_a_tier_needs_any_or_all_of_its_active_criteria(known: Business, rule: TierRule, tier: str) -> None:
    assert propose(known, CustomersPart(key=rule)).tier == tier


@pytest.mark.req("CUS-07")
def test_key_wins_over_stable_over_general() -> None:
    part = CustomersPart(key=TierRule(yearly_amount=2_000_000), stable=TierRule(years=2, yearly_amount=2_000_000))
    assert propose(bought(y2025=2, y2026=2), part).tier == "stable"
    assert propose(bought(y2024=2, y2025=2, y2026=2), part).tier == "key"
    assert propose(bought(y2026=2), part).tier == "general"


@pytest.mark.parametrize(("years", "run"), [((), 0), ((2026,), 1), ((2020, 2022), 1), ((2020, 2022, 2023, 2024), 3)])
def test_years_running_have_no_gap(years: tuple[int, ...], run: int) -> None:
    assert longest_run(dict.fromkeys(years, MILLION), MILLION) == run


def test_a_profile_without_a_part_for_customers_follows_the_presets(world: World) -> None:
    assert rules() == CustomersPart()
    assert parse_part(CustomersPart, {"customers": {"b_amount": 5}}).b_amount == 5


def test_only_contracts_and_orders_with_a_day_and_an_amount_count(world: World, customer: Customer) -> None:
    today, by = timezone.localdate(), world.actor("sales_handler")
    for days, amount in ((10, 3), (364, 4), (366, 5)):
        begun = today - timedelta(days=days)
        add_holding(customer, Held("order", name="订单", starts_on=begun, amount=MILLION * amount), by=by)
    add_holding(customer, Held("contract", name="无日期", amount=MILLION), by=by)
    add_holding(customer, Held("product", name="产品", starts_on=today), by=by)
    known = business_of(customer, today=today)
    assert (known.last_12_months, known.cumulative, known.largest) == (7 * MILLION, 12 * MILLION, 5 * MILLION)


@pytest.mark.req("CUS-07", "CUS-08")
@pytest.mark.form("F62")
def test_a_person_confirms_and_the_history_keeps_what_was_proposed_and_why(world: World, customer: Customer) -> None:
    client, url = client_of(world, "hub_head"), f"/customers/{customer.pk}/class/"
    answer = client.post(f"{url}standing/", {"marks": ["overseas"], "national_rank": "12"})
    assert answer.status_code == 302
    assert Standing.objects.get(customer=customer).national_rank == 12
    assert "A 类：长期合作" in client.get(url).content.decode()
    assert submit(client, url, holds="reason", visit_class="B", tier="key", reason="按实际采购判断").status_code == 302
    customer.refresh_from_db()
    assert (customer.visit_class, customer.tier) == ("B", "key")
    change = ClassChange.objects.get()
    assert (change.proposed_class, change.new_class, change.reason) == ("A", "B", "按实际采购判断")
    assert "与建议不同" in client.get(url).content.decode()
    who = identity_of(world.agent)
    assert page_of(who, wanted=Wanted(visit_class="B", tier="key")).customers == [customer]
    assert page_of(who, wanted=Wanted(visit_class="A")).customers == []
    assert customer.name in client.get("/customers/?tier=key").content.decode()
    assert customer.name not in client.get("/customers/?visit_class=C").content.decode()


@pytest.mark.req("CUS-08")
def test_a_change_without_a_reason_or_without_a_change_is_refused(world: World, customer: Customer) -> None:
    for visit_class, tier, reason in (("A", "", ""), ("", "", "没有变化"), ("D", "", "x"), ("", "vip", "x")):
        with pytest.raises(InvalidInput):
            classify_customer(customer, visit_class, tier, reason=reason, by=world.hub_head)
    with pytest.raises(InvalidInput):
        say_standing(customer, Said(marks=("famous",)), by=world.actor("hub_head"))
    with pytest.raises(IntegrityError), transaction.atomic():
        Customer.objects.filter(pk=customer.pk).update(tier="vip")


def test_two_who_classify_do_not_overwrite_each_other(world: World, customer: Customer) -> None:
    base = stamp({"visit_class": "", "tier": ""})
    classify_customer(customer, "A", "", reason="境外", by=world.hub_head, base=base)
    with pytest.raises(StaleRecord):
        classify_customer(customer, "C", "", reason="订单少", by=world.hub_head, base=base)
    row = say_standing(customer, Said(national_rank=3), by=world.actor("hub_head"))
    base = stamp(standing_facts(row))
    say_standing(customer, Said(national_rank=4), by=world.actor("hub_head"))
    shown = updates_of(customer, identity_of(world.production_head), personal=False, file=False, most=9)
    assert not [change for update in shown for change in update.changes if change.new in {"3", "4"}]
    with pytest.raises(StaleRecord):
        say_standing(customer, Said(national_rank=5), by=world.actor("hub_head"), base=base)


@pytest.mark.req("A-31", "SEC-01")
def test_the_page_of_classes_tells_no_sum_of_orders(world: World, customer: Customer) -> None:
    order = Held("order", name="订单", starts_on=timezone.localdate(), amount=Decimal("12345678"))
    add_holding(customer, order, by=world.actor("sales_handler"))
    url = f"/customers/{customer.pk}/class/"
    seen: dict[str, Any] = {name: client_of(world, name).get(url) for name in ("agent", "sales_handler", "manager")}
    for name in ("sales_handler", "agent"):
        page = seen[name].content.decode()
        assert "B 类：订货额达到标准" in page
        assert "12,345,678" not in page
        assert "12345678" not in page
    assert seen["manager"].status_code == 403
    assert proposal_for(customer).visit_class == "B"
