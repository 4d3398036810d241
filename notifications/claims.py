"""Who may send a message now: claims with a lease and a token.

Whoever dies while sending loses the claim when the lease ends, and the next one sends again: at least once. Only the
holder of the token may finish.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, Q
from django.utils import timezone

from notifications.models import Message, State

LEASE = dt.timedelta(seconds=120)
_SWEEP_LOCK = 0x6875_6974  # any number that nothing else in this database locks


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send one message until the lease ends."""

    message_id: int
    token: UUID
    channel: str


def claim_due(count: int, *, closed: Sequence[str] = (), only: int | None = None) -> list[Claim]:
    """Take up to `count` due messages, the longest waiting first; two callers never get the same one.

    Args:
        closed: channels that do not work at present.
        only: this message or none.
    """
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH due AS MATERIALIZED (
                SELECT id FROM notifications_message
                WHERE state IN ('queued', 'claimed') AND next_try_at <= %(now)s AND channel <> ALL (%(closed)s::text[])
                  AND (%(only)s::bigint IS NULL OR id = %(only)s)
                ORDER BY next_try_at, id LIMIT %(count)s FOR UPDATE SKIP LOCKED
            )
            UPDATE notifications_message AS message
            SET state = 'claimed', lease_token = gen_random_uuid(), next_try_at = %(until)s, attempts = attempts + 1
            FROM due WHERE message.id = due.id
            RETURNING message.id, message.lease_token, message.channel
            """,
            {"now": now, "until": now + LEASE, "closed": list(closed), "only": only, "count": count},
        )
        return [Claim(*row) for row in sorted(cursor.fetchall())]


def claimed(claims: Sequence[Claim]) -> dict[int, Message]:
    """The messages by their number, without those that were withdrawn or taken over since they were claimed."""
    rows = Message.objects.select_related("user")
    return {row.pk: row for row in rows.filter(_held(claims))}


def _held(claims: Sequence[Claim]) -> Q:
    # The token has no index of its own: the number leads to the row.
    return Q(pk__in=[claim.message_id for claim in claims], lease_token__in=[claim.token for claim in claims])


def is_held(claim: Claim) -> bool:
    """Whether the message is still the claim's: neither withdrawn nor taken over."""
    return Message.objects.filter(pk=claim.message_id, lease_token=claim.token).exists()


def finish(claim: Claim, *, state: State, error: str = "", **values: Any) -> bool:
    """Compare-and-set on the token: False if the message was withdrawn or taken over meanwhile."""
    rows = Message.objects.filter(pk=claim.message_id, lease_token=claim.token)
    return bool(rows.update(state=state, lease_token=None, error=error[:500], **values))


def release(claims: Sequence[Claim]) -> None:
    """Give back what was claimed and not tried."""
    Message.objects.filter(_held(claims)).update(
        state=State.QUEUED, lease_token=None, next_try_at=timezone.now(), attempts=F("attempts") - 1
    )


@contextmanager
def only_sweep() -> Iterator[bool]:
    """True for the one sweep that runs; False for a tick that finds the last one unfinished.

    The lock belongs to the database connection: it ends with a process that dies.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_SWEEP_LOCK])
        alone = bool(cursor.fetchone()[0])
    try:
        yield alone
    finally:
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_SWEEP_LOCK])
