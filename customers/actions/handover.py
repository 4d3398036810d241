"""Giving everything that somebody has in hand with customers to another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from audit.actions import Entry, record_many
from audit.actor import Actor
from customers.models import Communication, Customer
from organization.models import User

#: Events written at once.
CHUNK = 2000
_KEPT = ("custodian", "salesperson")


def in_hand(giver: User) -> dict[str, int]:
    """How many files somebody keeps, customers he or she looks after, and follow-ups he or she owes."""
    counts = {name: Customer.objects.filter(**{name: giver}).count() for name in _KEPT}
    counts["follow_ups"] = Communication.objects.owed().filter(follow_up_by=giver).count()
    return {name: count for name, count in counts.items() if count}


@transaction.atomic
def hand_over(giver: User, taker: User, *, by: Actor) -> dict[str, int]:
    """Files, customers and follow-ups go to ``taker``, each change in the customer's history; returns how many."""
    moved = {}
    for name in _KEPT:
        found = Customer.objects.select_for_update().filter(**{name: giver}).order_by("pk")
        rows = list(found.values_list("pk", flat=True))
        Customer.objects.filter(pk__in=rows).update(**{name: taker})
        _note(rows, {name: (giver.pk, taker.pk)}, by=by)
        moved[name] = len(rows)
    talks = Communication.objects.owed().filter(follow_up_by=giver).order_by("pk")
    owed = list(talks.select_for_update(of=("self",)).values_list("pk", "customer_id"))
    Communication.objects.filter(pk__in=[pk for pk, _customer in owed]).update(follow_up_by=taker)
    _note([customer for _pk, customer in owed], {"follow_up_by": (giver.pk, taker.pk)}, by=by)
    moved["follow_ups"] = len(owed)
    return {name: count for name, count in moved.items() if count}


def _note(customers: list[int], changes: Mapping[str, tuple[Any, Any]], *, by: Actor) -> None:
    now = timezone.now()
    for start in range(0, len(customers), CHUNK):
        part = customers[start : start + CHUNK]
        record_many([Entry(f"customer:{pk}", "hand_over", by, now, changes) for pk in part])
