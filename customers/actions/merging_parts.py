"""What moves in its own way when two files are made one: numbers, kinds, permissions, judgements."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q

from audit.actions import Entry, record_many
from audit.actor import Actor
from customers import notices
from customers.models import ContactPoint, Customer, CustomerKind, Distinction, FileGrant, Merge
from organization.models import User


def move(merged: Customer, kept: Customer, *, by: User, at: datetime) -> dict[str, Any]:
    """Move them; the numbers of what moved, by part."""
    points, refused = _move_points(merged, kept)
    return {
        "points": points,
        "refused": refused,
        "kinds": _add_kinds(merged, kept),
        "grants": _end_grants((merged, kept), by=by, at=at),
        "distinctions": _move_distinctions(merged, kept),
    }


def give_back(merged: Customer, kept: Customer, merge: Merge) -> int:
    """Move them back; how many are not there any more."""
    moved = merge.moved
    there = ContactPoint.objects.filter(customer=kept, pk__in=moved["points"]).update(customer=merged)
    ContactPoint.objects.filter(customer=kept, pk__in=moved["refused"]).update(refused=False)
    kept.kinds.remove(*moved["kinds"])
    # What was allowed before is allowed again for the rest of its period, unless it was taken back by itself.
    FileGrant.objects.filter(pk__in=moved["grants"], revoked_at=merge.at).update(revoked_at=None, revoked_by=None)
    for row in Distinction.objects.select_for_update(of=("self",)).filter(pk__in=moved["distinctions"]).order_by("pk"):
        _join(row, merged.pk, row.low_id + row.high_id - kept.pk)
    return len(moved["points"]) - there


def _move_points(merged: Customer, kept: Customer) -> tuple[list[int], list[int]]:
    """What the one that stays does not have moves to it; where either does not want to be reached, neither does."""
    there = {(point.type, point.normal): point for point in kept.contact_points.order_by("pk").select_for_update()}
    moved, refused = [], []
    for point in merged.contact_points.order_by("pk").select_for_update():
        same = there.get((point.type, point.normal))
        if same is None:
            moved.append(point.pk)
        elif point.refused and not same.refused:
            refused.append(same.pk)
    ContactPoint.objects.filter(pk__in=moved).update(customer=kept)
    ContactPoint.objects.filter(pk__in=refused).update(refused=True)
    return moved, refused


def _add_kinds(merged: Customer, kept: Customer) -> list[int]:
    added = CustomerKind.objects.filter(pk__in=merged.kinds.values("pk")).exclude(pk__in=kept.kinds.values("pk"))
    keys = list(added.order_by("pk").values_list("pk", flat=True))
    kept.kinds.add(*keys)
    return keys


def _end_grants(customers: Iterable[Customer], *, by: User, at: datetime) -> list[int]:
    """Nobody reads more than what he or she was allowed to read: the file is another one now (CUS-18)."""
    rows = FileGrant.objects.filter(
        customer__in=list(customers), granted_at__isnull=False, revoked_at__isnull=True, ends_at__gt=at
    )
    found = list(rows.select_related("customer", "person").order_by("pk").select_for_update(of=("self",)))
    FileGrant.objects.filter(pk__in=[grant.pk for grant in found]).update(revoked_at=at, revoked_by=by)
    record_many(
        [
            Entry(grant.customer.thread, "revoke_reading", Actor.staff(by), at, {"person": (None, grant.person_id)})
            for grant in found
            if grant.customer is not None
        ]
    )
    for grant in found:
        notices.reading_ended(grant)
    return [grant.pk for grant in found]


def _move_distinctions(merged: Customer, kept: Customer) -> list[int]:
    """Who is not the same as the one is not the same as the other; what is said of both already stays."""
    moved = []
    rows = Distinction.objects.standing().filter(Q(low=merged) | Q(high=merged)).order_by("pk")
    for row in rows.select_for_update(of=("self",)):
        other = row.low_id + row.high_id - merged.pk
        low, high = sorted((kept.pk, other))
        if not Distinction.objects.standing().filter(low=low, high=high).exists():
            _join(row, kept.pk, other)
            moved.append(row.pk)
    return moved


def _join(row: Distinction, one: int, other: int) -> None:
    row.low_id, row.high_id = sorted((one, other))
    row.save(update_fields=["low", "high"])
