"""Giving everything that somebody has in hand with customers to another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
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
        "custodian": Customer.objects.filter(custodian=giver).count(),
        "salesperson": Customer.objects.filter(salesperson=giver).count(),
        "follow_ups": Communication.objects.owed().filter(follow_up_by=giver).count(),
    }
    return {name: count for name, count in counts.items() if count}


@transaction.atomic
def hand_over(giver: User, taker: User, *, by: Actor) -> dict[str, int]:
    """Files, customers and follow-ups go to ``taker``, each change in the customer's history; returns how many."""
    talks = Communication.objects.owed().filter(follow_up_by=giver).order_by("pk")
    owed = list(talks.select_for_update(of=("self",)).values_list("pk", "customer_id"))
    files = _locked(Customer.objects.filter(custodian=giver))
    sold = _locked(Customer.objects.filter(salesperson=giver))
    Communication.objects.filter(pk__in=[pk for pk, _customer in owed]).update(follow_up_by=taker)
    Customer.objects.filter(pk__in=files).update(custodian=taker)
    Customer.objects.filter(pk__in=sold).update(salesperson=taker)
    moved = {"custodian": files, "salesperson": sold, "follow_ups": [customer for _pk, customer in owed]}
    for name, customers in moved.items():
        field = "follow_up_by" if name == "follow_ups" else name
        _note(customers, {field: (giver.pk, taker.pk)}, by=by)
    return {name: len(customers) for name, customers in moved.items() if customers}


def _locked(rows: QuerySet[Customer]) -> list[int]:
    return list(rows.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))


def _note(customers: list[int], changes: Mapping[str, tuple[Any, Any]], *, by: Actor) -> None:
    now = timezone.now()
    for start in range(0, len(customers), CHUNK):
        part = customers[start : start + CHUNK]
        record_many([Entry(f"customer:{pk}", "hand_over", by, now, changes) for pk in part])
