"""Judging that two customers are not the same, taking that back, and looking for duplicates in the whole base."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import Entry, record_many
from audit.actor import Actor
from audit.exceptions import InvalidInput, InvalidMove
from customers.actions.living import lock_customers, why_not_written
from customers.duplicates import compare
from customers.models import Candidate, Customer, Distinction
from customers.queries.duplicates import crowded_of, groups, known_of, pairs_in
from customers.queries.merging import standing_distinction
from organization.models import User

#: Pairs compared and written at once.
CHUNK = 1000


@transaction.atomic
def tell_apart(one: Customer, other: Customer, *, reason: str, by: User) -> Distinction:
    """Judge that two customers are not the same: they are not proposed again, until it is taken back.

    Raises ``InvalidInput`` without a reason, ``InvalidMove`` where it was judged already or one was merged meanwhile.
    """
    if not reason:
        raise InvalidInput("reason", _("Please say why they are not the same."))
    low, high = _locked(one, other)
    if standing_distinction(low, high):
        raise InvalidMove(_("Somebody judged already that they are not the same."))
    now = timezone.now()
    row = Distinction.objects.create(low=low, high=high, reason=reason, by=by, at=now)
    Candidate.objects.filter(low=low, high=high).delete()
    _note("tell_apart", low, high, by=by, at=now, reason=reason)
    return row


@transaction.atomic
def propose_again(one: Customer, other: Customer, *, by: User) -> None:
    """Take the judgement back that two are not the same. Raises ``InvalidMove`` where there is none."""
    low, high = _locked(one, other)
    row = standing_distinction(low, high)
    if row is None:
        raise InvalidMove(_("Nobody judged that they are not the same, or it was taken back already."))
    now = timezone.now()
    row.withdrawn_by, row.withdrawn_at = by, now
    row.save(update_fields=["withdrawn_by", "withdrawn_at"])
    _note("propose_again", low, high, by=by, at=now)
    _keep([(low.pk, high.pk)], at=now)


def look_for_duplicates() -> int:
    """Find all pairs anew and forget those that resemble each other no longer; how many there are.

    Runs in chunks of its own transactions; twice, late or in two places it finds the same.
    """
    now = timezone.now()
    pairs = sorted(pairs_in(groups()))
    found = sum(_keep(list(chunk), at=now) for chunk in _chunks(pairs))
    Candidate.objects.filter(found_at__lt=now).delete()
    return found


def _chunks(pairs: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    return [pairs[start : start + CHUNK] for start in range(0, len(pairs), CHUNK)]


@transaction.atomic
def _keep(pairs: list[tuple[int, int]], *, at: datetime) -> int:
    known = known_of({pk for pair in pairs for pk in pair})
    crowded = crowded_of(known.values())
    rows = [
        Candidate(low_id=low, high_id=high, strength=found.strength, found_at=at)
        for low, high in pairs
        if low in known and high in known
        for found in [compare(known[low], known[high], crowded=crowded)]
        if found.signs
    ]
    Candidate.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["low", "high"], update_fields=["strength", "found_at"]
    )
    return len(rows)


def _locked(one: Customer, other: Customer) -> tuple[Customer, Customer]:
    low, high = sorted((one.pk, other.pk))
    if low == high:
        raise InvalidMove(_("A customer is always the same as itself."))
    rows = lock_customers([low, high])
    for row in rows.values():
        if sentence := why_not_written(row):
            raise InvalidMove(sentence)
    return rows[low], rows[high]


def _note(verb: str, low: Customer, high: Customer, *, by: User, at: datetime, reason: str = "") -> None:
    sealed = {"apart_reason": (None, reason)} if reason else {}
    record_many(
        [
            Entry(mine.thread, verb, Actor.staff(by), at, {"other": (None, theirs.pk)}, sealed)
            for mine, theirs in ((low, high), (high, low))
        ]
    )
