"""After an erasure a planted name is found nowhere, and what was counted still adds up (T14; PIPL 47)."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.db.models import Count
from django.db.models.functions import TruncMonth

from audit.verification import verify
from cases.models import Case, CaseClock
from feedback_system import personal
from feedback_system.privacy import rooms
from organization import traces
from returns.models import RepairOrder, ReturnSlip, SlipLine
from tests.privacy.planted import erase_at_once, erase_everybody, found_in_tables, plant, stored_files
from tests.world import World

pytestmark = [pytest.mark.req("SEC-05", "SEC-09"), pytest.mark.django_db(transaction=True)]

returns = apps.get_app_config("returns")
#: Tables of the room in which nobody's words stand.
FIGURES = {"returns_refundrefusal", "returns_returnalert"}


def counts() -> list[Any]:
    """What a report counts: by month, kind, category, channel, outcome; kept and broken limits; returns and refunds."""
    facts = ("month", "kind", "category", "channel", "product", "lead_department", "state", "outcome", "return_count")
    limits = ("kind", "breached_at", "met_at")
    by_month = Case.objects.annotate(month=TruncMonth("received_at")).values_list(*facts)
    kept = CaseClock.objects.values_list(*limits)
    slips = ("state", "source", "place", "wish", "reason", "handling", "outcome", "satisfaction", "refund_amount")
    returned = ReturnSlip.objects.values_list(*slips)
    goods = SlipLine.objects.values_list("announced", "counted", "difference", "excluded")
    repairs = RepairOrder.objects.values_list("free", "response", "effect", "attitude")
    return [
        list(by_month.annotate(n=Count("pk")).order_by(*facts)),
        list(kept.annotate(n=Count("pk")).order_by(*limits)),
        list(returned.annotate(n=Count("pk")).order_by(*slips)),
        sorted(goods.annotate(n=Count("pk")), key=str),
        sorted(repairs.annotate(n=Count("pk")), key=str),
    ]


def test_nothing_is_left_of_a_person_and_the_counts_stay(world: World) -> None:
    full = plant(world)
    files = stored_files()
    assert len(files) >= 6
    assert all(path.exists() for path in files)
    planted = found_in_tables()
    assert {"cases_case", "customers_customer", "audit_sealed", "notifications_message"} <= planted.keys()
    assert {model._meta.db_table for model in returns.get_models()} - {"returns_slipfile"} <= planted.keys() | FIGURES
    before = counts()
    erase_everybody(full)
    assert found_in_tables() == {}
    assert not any(path.exists() for path in files)
    assert counts() == before
    assert verify().findings == []


def test_every_word_about_people_has_a_place_in_the_erasure() -> None:
    covered = set().union(*(trace.covers for trace in rooms.traces()))
    assert personal.named(personal.CUSTOMERS) - covered == set()
    assert covered - personal.named(personal.CUSTOMERS) == set()
    assert rooms.forgotten_rooms() == set()


def test_the_copy_tells_every_word_or_says_that_it_is_inner_working() -> None:
    for trace in rooms.traces():
        if isinstance(trace, traces.Words):
            told = set(trace.told.split()) | set(trace.withheld.split())
            assert set(trace.words.split()) <= told, trace.name


def test_a_room_that_is_passed_over_is_noticed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    full, order = plant(world), rooms.ORDER
    noticed = set()
    for room in order:
        monkeypatch.setattr(rooms, "ORDER", tuple(one for one in order if one != room))
        with transaction.atomic():
            erase_at_once(full)
            noticed |= {room} if found_in_tables() else set()
            transaction.set_rollback(True)
    assert noticed == set(order)
