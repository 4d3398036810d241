"""Two people at the same moment: a merge and a merge, a change, a new case, a visit, an undoing.

Real transactions on real connections. Whatever comes first, nothing ends on a row that is part of another, nothing is
lost, and nobody waits in a circle. With the locks taken away it goes wrong, so the tests are known to see it.
"""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.models import Case
from customers import merging
from customers.actions import communications, handover, holdings, living, people
from customers.actions import merging as actions
from customers.actions.duplicates import tell_apart
from customers.actions.merging import merge_customers, unmerge_customers
from customers.models import ContactPoint, Customer, Distinction, Merge
from tests.customers.pairs import case_of, firm, person, phone
from tests.races import Act, Race
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)
TURNS = 6


def dead_rows() -> dict[str, int]:
    """How many rows stand on a customer who is part of another, by part; numbers that both have may stay there."""
    found = {part.code: 0 for part in merging.parts()}
    for row in Customer.objects.filter(merged_into__isnull=False):
        for part in merging.parts():
            found[part.code] += part.rows(row).count()
    return {code: count for code, count in found.items() if count}


@pytest.mark.parametrize("turn", range(TURNS))
def test_of_two_merges_of_one_customer_one_goes_through(world: World, race: Race, turn: int) -> None:
    a, b, c = (firm(world, name, phone(f"1380512663{n}")) for n, name in enumerate(("甲方", "乙方", "丙方")))
    won = race.run(lambda: merge_customers(b, a, by=world.hub_head), lambda: merge_customers(c, a, by=world.hub_head))
    assert sorted(won) == [False, True]
    assert Merge.objects.count() == 1


@pytest.mark.parametrize("turn", range(TURNS))
def test_two_merges_towards_each_other_make_no_circle(world: World, race: Race, turn: int) -> None:
    a, b = firm(world, "甲方"), firm(world, "乙方")
    won = race.run(lambda: merge_customers(b, a, by=world.hub_head), lambda: merge_customers(a, b, by=world.hub_head))
    assert sorted(won) == [False, True]
    assert Customer.objects.living().filter(pk__in=[a.pk, b.pk]).count() == 1


def _writers(world: World, a: Customer, b: Customer) -> dict[str, Act]:
    said = communications.Talk("call", timezone.now() - timedelta(hours=1), "同时")
    held = holdings.Held("product", name="同时")
    agent = world.actor("agent")
    clerk = person(world, "职员", organisation=b)
    return {
        "case": lambda: case_of(world, a),
        "communication": lambda: communications.record_communication(a, said, by=world.actor("agent")),
        "holding": lambda: holdings.add_holding(a, held, by=agent),
        "card": lambda: people.update_customer(a, people.Facts("甲方", "organisation", contacts=(phone(),)), by=agent),
        "person": lambda: people.update_customer(clerk, people.Facts("职员", organisation=a), by=agent),
        "judgement": lambda: tell_apart(a, b, reason="不同", by=world.agent),
        "correction": lambda: communications.correct_communication(
            a.communications.first(), said, by=world.actor("agent")
        ),
        "holding changed": lambda: holdings.change_holding(a.holdings.first(), held, by=agent),
        "handover": lambda: handover.hand_over(world.sales_handler, world.sales_head, by=agent),
    }


WRITERS = (
    "case", "communication", "holding", "card", "person", "judgement", "correction", "holding changed", "handover",
)  # fmt: skip


@pytest.mark.parametrize("turn", range(TURNS // 2))
@pytest.mark.parametrize("name", WRITERS)
def test_what_is_written_during_a_merge_lands_on_a_living_customer_or_is_refused(
    world: World, race: Race, name: str, turn: int
) -> None:
    a, b = firm(world, "甲方", custodian=world.sales_handler), firm(world, "乙方", custodian=world.sales_handler)
    follow = communications.FollowUp("回电", world.sales_handler, timezone.localdate())
    talk = communications.Talk("visit", timezone.now() - timedelta(hours=2), "走访", follow_up=follow)
    communications.record_communication(a, talk, by=world.actor("agent"))
    holdings.add_holding(a, holdings.Held("product", name="一号"), by=world.actor("agent"))
    write = _writers(world, a, b)[name]

    def merge() -> object:
        time.sleep(turn * 0.004)
        return merge_customers(b, a, by=world.hub_head)

    merged, written = race.run(merge, write)
    assert merged or name == "judgement"
    assert written or name not in {"case", "handover"}  # feedback is never refused
    assert dead_rows() == {}
    if name == "judgement":
        assert merged is not written
        assert not (Distinction.objects.standing().exists() and Merge.objects.exists())
    if name == "card" and written and merged:
        assert ContactPoint.objects.filter(customer=b).count() == 1
    if name == "case":
        assert Case.objects.get().customer == b


@pytest.mark.parametrize("turn", range(TURNS))
def test_feedback_during_an_undoing_is_not_lost_and_waits_in_no_circle(world: World, race: Race, turn: int) -> None:
    a, b = firm(world, "甲方"), firm(world, "乙方")
    kept, merged = (a, b) if turn % 2 else (b, a)
    merge = merge_customers(kept, merged, by=world.hub_head)

    def undo() -> object:
        time.sleep(turn * 0.003)
        return unmerge_customers(merge, by=world.hub_head)

    assert race.run(undo, lambda: case_of(world, merged)) == [True, True]
    assert Case.objects.get().customer in {kept, merged}
    assert dead_rows() == {}


@pytest.mark.parametrize("turn", range(TURNS))
def test_of_two_undoings_one_goes_through(world: World, race: Race, turn: int) -> None:
    a, b = firm(world, "甲方"), firm(world, "乙方")
    merge = merge_customers(b, a, by=world.hub_head)
    won = race.run(
        lambda: unmerge_customers(merge, by=world.hub_head), lambda: unmerge_customers(merge, by=world.agent)
    )
    assert sorted(won) == [False, True]


@pytest.mark.parametrize("turn", range(TURNS))
def test_undoing_an_earlier_merge_while_a_later_one_begins(world: World, race: Race, turn: int) -> None:
    a, b, c = (firm(world, name) for name in ("甲方", "乙方", "丙方"))
    case = case_of(world, a)
    merge = merge_customers(b, a, by=world.hub_head)
    first, second = race.run(
        lambda: unmerge_customers(merge, by=world.hub_head), lambda: merge_customers(c, b, by=world.hub_head)
    )
    assert second
    case.refresh_from_db()
    assert case.customer == (a if first else c)
    assert dead_rows() == {}


def test_without_the_lock_a_visit_ends_on_a_dead_row(world: World, race: Race, monkeypatch: pytest.MonkeyPatch) -> None:
    """The switch: what the tests above protect is seen to break."""
    a, b = firm(world, "甲方"), firm(world, "乙方")
    ready, gone = threading.Event(), threading.Event()

    def unlocked(customer: Customer, **_options: Any) -> Customer:
        ready.set()
        gone.wait(20)
        return customer

    monkeypatch.setattr(communications, "lock_living", unlocked)
    said = communications.Talk("call", timezone.now() - timedelta(hours=1), "同时")

    def merge() -> None:
        ready.wait(20)
        merge_customers(b, a, by=world.hub_head)
        gone.set()

    race.run(merge, lambda: communications.record_communication(a, said, by=world.actor("agent")))
    assert dead_rows() == {"communications": 1}


def test_without_the_lock_a_case_ends_on_a_dead_row(world: World, race: Race, monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = firm(world, "甲方"), firm(world, "乙方")
    ready, gone = threading.Event(), threading.Event()

    def unlocked(keys: Any) -> dict[int, Customer]:
        ready.set()
        gone.wait(20)
        return {a.pk: a}

    monkeypatch.setattr("cases.actions.intake.hold_living", unlocked)

    def merge() -> None:
        ready.wait(20)
        merge_customers(b, a, by=world.hub_head)
        gone.set()

    race.run(merge, lambda: case_of(world, a))
    assert dead_rows() == {"cases": 1}


def test_rows_are_taken_in_the_order_of_their_numbers(world: World) -> None:
    """Else two merges towards each other would wait for each other until the database ends one of them."""
    a, b = firm(world, "甲方"), firm(world, "乙方")
    with transaction.atomic(), CaptureQueriesContext(connection) as seen:
        assert list(living.lock_customers([b.pk, a.pk])) == [a.pk, b.pk]
        assert list(actions._locked(b, a, Q(pk__in=[]))) == [a.pk, b.pk]
    for query in seen:
        assert 'ORDER BY "customers_customer"."id" ASC' in query["sql"]
