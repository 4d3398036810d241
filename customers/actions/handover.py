"""Giving everything that somebody has in hand with customers to another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from audit.actions import Entry, record_many
from audit.actor import Actor
from customers.models import Communication, Customer
from organization.models import User

#: Events written at once.
CHUNK = 2000


def in_hand(giver: User) -> dict[str, int]:
    """How many files somebody keeps, customers he or she looks after, and follow-ups he or she owes."""
    counts = {
        "custodian": Customer.objects.living().filter(custodian=giver).count(),
        "salesperson": Customer.objects.living().filter(salesperson=giver).count(),
        "follow_ups": Communication.objects.owed().filter(follow_up_by=giver).count(),
    }
    return {name: count for name, count in counts.items() if count}


@transaction.atomic
def hand_over(giver: User, taker: User, *, by: Actor) -> dict[str, int]:
    """Files, customers and follow-ups go to ``taker``, each change in the customer's history; returns how many."""
    # Customers before what belongs to them, all in one order, as every writer takes them (``actions.living``).
    mine = _locked(Customer.objects.filter(Q(custodian=giver) | Q(salesperson=giver)))
    files = [row.pk for row in mine if row.custodian_id == giver.pk]
    sold = [row.pk for row in mine if row.salesperson_id == giver.pk]
    talks = Communication.objects.owed().filter(follow_up_by=giver).order_by("pk")
    owed = list(talks.select_for_update(of=("self",)).values_list("pk", "customer_id"))
    Communication.objects.filter(pk__in=[pk for pk, _customer in owed]).update(follow_up_by=taker)
    Customer.objects.filter(pk__in=files).update(custodian=taker)
    Customer.objects.filter(pk__in=sold).update(salesperson=taker)
    moved = {"custodian": files, "salesperson": sold, "follow_ups": [customer for _pk, customer in owed]}
    for name, customers in moved.items():
        field = "follow_up_by" if name == "follow_ups" else name
        _note(customers, {field: (giver.pk, taker.pk)}, by=by)
    return {name: len(customers) for name, customers in moved.items() if customers}


def _locked(rows: QuerySet[Customer]) -> list[Customer]:
    rows = rows.only("pk", "custodian_id", "salesperson_id")
    return list(rows.select_for_update(of=("self",), no_key=True).order_by("pk"))


def _note(customers: list[int], changes: Mapping[str, tuple[Any, Any]], *, by: Actor) -> None:
    now = timezone.now()
    for start in range(0, len(customers), CHUNK):
        part = customers[start : start + CHUNK]
        record_many([Entry(f"customer:{pk}", "hand_over", by, now, changes) for pk in part])
