"""The only writers of the audit trail."""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from audit import chain
from audit.actor import Actor
from audit.models import Event, Reading, Sealed

Changes = Mapping[str, tuple[Any, Any]]
NOTHING: Changes = {}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to write down.

    Attributes:
        thread: whose history: "case:123".
        verb: the action's word: "close".
        at: when it happened, from the action's one reading of the clock.
        changes: {field: (old, new)} of fields classified not personal.
        sealed: {field: (old, new)} of personal fields and free text.
    """

    thread: str
    verb: str
    by: Actor
    at: dt.datetime
    changes: Changes = field(default_factory=dict)
    sealed: Changes = field(default_factory=dict)


def record(
    thread: str, verb: str, *, by: Actor, at: dt.datetime, changes: Changes = NOTHING, sealed: Changes = NOTHING
) -> Event:
    """Append one event to its thread (SEC-09).

    Call it last in the action's transaction: it locks the thread's head until the commit, so that two appends to one
    thread never interleave. An action that writes to several threads uses `record_many`, which locks them in one
    order.

    Raises:
        TransactionManagementError: outside a transaction; the event must be kept or lost with its fact.
    """
    return record_many([Entry(thread, verb, by, at, changes, sealed)])[0]


def record_many(entries: Sequence[Entry]) -> list[Event]:
    """Append many events with a fixed number of queries: for imports, bulk acts and several threads at once.

    Events of one thread keep the order of `entries`. Callers with more than about 5,000 entries cut them in chunks.
    """
    if not entries:
        return []
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("An event is written in the transaction of its fact.")
    heads = _locked_heads({entry.thread for entry in entries})
    events, hidden = [], []
    for entry in entries:
        head = heads[entry.thread]
        event, sealed = _link(head, entry)
        head.seq, head.hash = event.seq, event.hash
        events.append(event)
        hidden.extend(sealed)
    if len(events) == 1:
        events[0].save(force_insert=True)
    else:
        _append(events)
    _seal(hidden)
    _advance(heads.values())
    return events


#: Locks the heads that there are and makes the others, which are then ours until the commit.
_LOCK_OR_MAKE = """
    WITH asked (thread) AS MATERIALIZED (SELECT unnest(%s::text[])),
    there AS MATERIALIZED (
        SELECT head.thread, head.seq, head.hash FROM audit_head AS head
        WHERE head.thread = ANY (%s::text[]) ORDER BY head.thread FOR UPDATE
    ), made AS (
        INSERT INTO audit_head (thread, seq, hash, checked_seq)
        SELECT thread, 0, '', 0 FROM asked WHERE thread NOT IN (SELECT thread FROM there) ORDER BY thread
        ON CONFLICT DO NOTHING RETURNING thread, seq, hash
    )
    SELECT thread, seq, hash FROM there UNION ALL SELECT thread, seq, hash FROM made
"""


@dataclass(slots=True)
class _End:
    """Where a thread ends: its last number and hash."""

    thread: str
    seq: int
    hash: str


def _locked_heads(threads: set[str]) -> dict[str, _End]:
    """Where these threads end, locked in the order of their names; made where they are new. One statement."""
    heads: dict[str, _End] = {}
    while missing := sorted(threads - heads.keys()):
        # A second turn only where another transaction made one of them at this moment: then that row is waited for.
        with connection.cursor() as cursor:
            cursor.execute(_LOCK_OR_MAKE, [missing, missing])
            heads |= {row[0]: _End(*row) for row in cursor.fetchall()}
    return heads


@dataclass(slots=True)
class _Hidden:
    """A value that is to be sealed: its field and salt, what it was and what it is."""

    event: Event
    field: str
    salt: str
    old: Any
    new: Any


def _link(head: _End, entry: Entry) -> tuple[Event, list[_Hidden]]:
    key = settings.AUDIT_KEY.encode()
    by = entry.by
    kept, digest = [], {}
    for name, (old, new) in entry.sealed.items():
        salt, values = secrets.token_hex(16), (chain.plain(old), chain.plain(new))
        digest[name] = chain.seal(key, salt, name, values)
        kept.append((name, salt, *values))
    event = Event(
        thread=entry.thread,
        seq=head.seq + 1,
        at=entry.at,
        actor_kind=by.kind,
        actor_id=by.id,
        actor_label=chain.plain(by.label)[:150],
        deputy_for=by.deputy_for,
        verb=entry.verb,
        changes={name: [chain.plain(old), chain.plain(new)] for name, (old, new) in entry.changes.items()},
        digest=digest,
        prev=head.hash,
    )
    event.hash = chain.event_hash(key, event.as_row())
    return event, [_Hidden(event, *each) for each in kept]


#: An import writes many of them; as arrays they cost a quarter of what ``bulk_create`` takes.
_APPEND = """
    INSERT INTO audit_event (
        thread, seq, at, actor_kind, actor_id, actor_label, deputy_for, verb, changes, digest, prev, hash
    )
    SELECT
        thread, seq, at, actor_kind, actor_id, actor_label, deputy_for, verb, changes::jsonb, digest::jsonb, prev, hash
    FROM unnest(
        %s::text[], %s::int[], %s::timestamptz[], %s::text[], %s::bigint[], %s::text[], %s::bigint[], %s::text[],
        %s::text[], %s::text[], %s::text[], %s::text[]
    ) AS given (thread, seq, at, actor_kind, actor_id, actor_label, deputy_for, verb, changes, digest, prev, hash)
    RETURNING id, thread, seq
"""


def _append(events: Sequence[Event]) -> None:
    rows = [
        (
            event.thread, event.seq, event.at, event.actor_kind, event.actor_id, event.actor_label, event.deputy_for,
            event.verb, json.dumps(event.changes), json.dumps(event.digest), event.prev, event.hash,
        )
        for event in events
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_APPEND, [list(column) for column in zip(*rows, strict=True)])
        keys = {(thread, seq): pk for pk, thread, seq in cursor.fetchall()}
    for event in events:
        event.pk = keys[event.thread, event.seq]


_SEAL = """
    INSERT INTO audit_sealed (event_id, field, salt, old, new)
    SELECT event, field, salt, old::jsonb, new::jsonb
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[]) AS given (event, field, salt, old, new)
"""


def _seal(hidden: Sequence[_Hidden]) -> None:
    if not hidden:
        return
    rows = [(row.event.pk, row.field, row.salt, _json(row.old), _json(row.new)) for row in hidden]
    with connection.cursor() as cursor:
        cursor.execute(_SEAL, [list(column) for column in zip(*rows, strict=True)])


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value)


def _advance(heads: Iterable[_End]) -> None:
    rows = [(head.thread, head.seq, head.hash) for head in heads]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE audit_head SET seq = fresh.seq, hash = fresh.hash
            FROM unnest(%s::text[], %s::int[], %s::text[]) AS fresh (thread, seq, hash)
            WHERE audit_head.thread = fresh.thread
            """,
            [list(column) for column in zip(*rows, strict=True)],
        )


def record_reading(
    thread: str, what: str, *, by: Actor, at: dt.datetime, rows: int | None = None, reason: str = ""
) -> None:
    """Write down that somebody looked at something confidential (SEC-02).

    Args:
        what: the kind of look: "page", "attachment", "export", "search".
        rows: how many records an export or a list showed.
        reason: why, where the rules ask for a reason; an erasure blanks it.
    """
    Reading.objects.create(
        thread=thread,
        what=what,
        at=at,
        actor_kind=by.kind,
        actor_id=by.id,
        actor_label=by.label[:150],
        rows=rows,
        reason=chain.plain(reason)[:300],
    )


@transaction.atomic
def erase(
    *,
    thread: str,
    fields: Iterable[str] | None = None,
    about: Mapping[str, int] | None = None,
    by: Actor,
    at: dt.datetime,
) -> int:
    """Blank the sealed values of a thread for good (PIPL article 47) and write down that it was done.

    Digests stay in the chain, without their salt nobody can test a guess against them; the chain still verifies.

    Args:
        fields: only these fields; None means all.
        about: only events that name this record as new, such as {"communication": 7}; None means all.

    Returns:
        How many values were blanked.
    """
    rows = Sealed.objects.filter(event__thread=thread)
    if fields is not None:
        rows = rows.filter(field__in=list(fields))
    if about is not None:
        rows = rows.filter(event__changes__contains={name: [None, key] for name, key in about.items()})
    return _blank(rows, by=by, at=at)


@transaction.atomic
def erase_threads(threads: Sequence[str], *, by: Actor, at: dt.datetime) -> int:
    """As ``erase`` for whole threads, with a fixed number of statements however many there are."""
    return _blank(Sealed.objects.filter(event__thread__in=list(threads)), by=by, at=at)


@transaction.atomic
def erase_words(words: Iterable[str], *, within: Q, by: Actor, at: dt.datetime) -> int:
    """Blank sealed values and reasons of readings in which one of these words stands, in other people's histories.

    Args:
        within: which events are looked at, such as Q(thread="customers"); a whole history is too long to read.

    Returns:
        How many values and reasons were blanked.
    """
    found, reasons = Q(pk__in=[]), Q(pk__in=[])
    for word in words:
        found |= Q(old__icontains=word) | Q(new__icontains=word)
        reasons |= Q(reason__icontains=word)
    rows = Sealed.objects.filter(found, event__in=Event.objects.filter(within))
    return _blank(rows, by=by, at=at) + Reading.objects.filter(reasons, within).update(reason="")


def _blank(rows: QuerySet[Sealed], *, by: Actor, at: dt.datetime) -> int:
    """Blank these values, and write into each history which fields it were."""
    rows = rows.filter(erased_at__isnull=True)
    fields: dict[str, set[str]] = {}
    counts: Counter[str] = Counter()
    for thread, name in rows.values_list("event__thread", "field"):
        fields.setdefault(thread, set()).add(name)
        counts[thread] += 1
    blanked = rows.update(old=None, new=None, salt="", erased_at=at)
    record_many(
        [
            Entry(thread, "erase_values", by, at, {"fields": (sorted(names), None), "values": (counts[thread], 0)})
            for thread, names in sorted(fields.items())
        ]
    )
    return blanked


def forget_reasons(threads: Iterable[str]) -> int:
    """Blank what was given as the reason for readings of these threads; who read what and when stays (PIPL 47).

    Returns:
        How many reasons were blanked.
    """
    return Reading.objects.filter(thread__in=list(threads)).exclude(reason="").update(reason="")
