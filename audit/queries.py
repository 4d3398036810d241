"""Reads of the audit trail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, QuerySet

from audit.models import Checkpoint, Event, Reading, Sealed


@dataclass(frozen=True, slots=True)
class Change:
    """One changed field as a page shows it.

    Attributes:
        personal: the value was sealed; show it only to those who may see personal data.
        erased: the values were blanked for good; old and new are None.
    """

    field: str
    old: Any
    new: Any
    personal: bool = False
    erased: bool = False


def events_of(thread: str, *, after: int = 0) -> QuerySet[Event]:
    """The history of a thread, oldest first.

    Args:
        after: only events with a higher number in the thread.
    """
    return Event.objects.filter(thread=thread, seq__gt=after).order_by("seq").prefetch_related(_SEALED)


def events_of_many(threads: Iterable[str]) -> QuerySet[Event]:
    """The histories of several threads that one page shows together, by time."""
    return Event.objects.filter(thread__in=list(threads)).order_by("at", "thread", "seq").prefetch_related(_SEALED)


def events_since(event_id: int, *, limit: int = 1000) -> QuerySet[Event]:
    """The next events after this one in any thread, for a reader that keeps its place.

    Numbers are given before the commit, so an event may become visible after a higher one: a reader that must not miss
    any looks back by the longest transaction, or asks for what it needs by its own condition.
    """
    return Event.objects.filter(pk__gt=event_id).order_by("pk")[:limit]


def changes_of(event: Event) -> list[Change]:
    """All fields that an event changed, sealed ones included, by name."""
    open_ = [Change(name, old, new) for name, (old, new) in event.changes.items()]
    sealed = [
        Change(row.field, row.old, row.new, personal=True, erased=row.erased_at is not None)
        for row in event.sealed.all()
    ]
    return sorted(open_ + sealed, key=lambda change: change.field)


def readings_of(thread: str) -> QuerySet[Reading]:
    """Who looked at this thread, newest first (SEC-02)."""
    return Reading.objects.filter(thread=thread).order_by("-at", "-pk")


def readings_by(actor_id: int, *, since: dt.datetime) -> QuerySet[Reading]:
    """What this person looked at since then, newest first (SEC-02: abnormal use)."""
    return Reading.objects.filter(actor_id=actor_id, at__gte=since).order_by("-at", "-pk")


def latest_checkpoint() -> Checkpoint | None:
    """The last checkpoint; its number and hash are printed in the monthly report."""
    return Checkpoint.objects.order_by("-number").first()


_SEALED = Prefetch("sealed", queryset=Sealed.objects.order_by("field"))
