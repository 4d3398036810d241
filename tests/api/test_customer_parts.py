"""Communications, products, vehicles and projects by the JSON API (CUS-11, CUS-15, CUS-22)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.models import Event
from customers.actions import people
from customers.models import Customer
from organization.stale import stamp
from tests.api.customers import Api, named, patch, post, url, walk
from tests.world import World

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
