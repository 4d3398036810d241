"""Writing into the outbox, taking back, sending again, reading."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.db.transaction import TransactionManagementError
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import InvalidMove
from notifications import readers
from notifications.delivery import without_secrets
from notifications.models import UNREACHED, UNSENT, ChannelName, Heartbeat, Message, State
from notifications.poke import poke, poke_sweep
from notifications.templates import clean, stored, template_of
from organization.models import User


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to one person over one channel.

    Attributes:
        dedupe_key: names the happening, the recipient and the channel, such as "case:12:closed:1:customer:email";
            a second message with the same key is not written.
        kind: what happened; names the template that a room registered (`notifications.templates.register`).
        thread: whose history it belongs to, such as "case:12"; decides who may read it and what is withdrawn.
        user_id: a member of staff; address and rights are looked up when it is sent.
        address: e-mail address or telephone number of somebody who is not a user.
        language: of a customer; staff read everything in the language of their own file.
        context: values for the placeholders; dates, times, translatable sentences and names of departments are written
            in the reader's language and zone. Only those that the template names are kept.
        path: where a click leads inside the program, such as "/cases/2026-000012/".
        not_before: earliest time of sending; None means now.
        expires_at: after this it is not sent any more and leaves the inbox.
    """

    dedupe_key: str
    kind: str
    thread: str
    channel: str = ChannelName.IN_APP
    user_id: int | None = None
    address: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)
    language: str = ""
    path: str = ""
    not_before: dt.datetime | None = None
    expires_at: dt.datetime | None = None


def enqueue(message: NewMessage) -> Message | None:
    """Write a message into the outbox, in the transaction of the fact it tells.

    Sent after the commit by a poke, and by the sweep for certainty.

    Returns:
        The row, or None if a message with this key is there already.

    Raises:
        TransactionManagementError: outside a transaction, where a crash could keep the fact and lose the message.
        ValueError: no recipient, no template of this kind, a placeholder without a value, or nobody said who may read
            this sort of thread.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("enqueue() belongs into the transaction of the fact it tells")
    row = _row(message)
    number = _insert_once(row)
    if number is None:
        return None
    row.pk = number
    if row.not_before <= timezone.now():
        transaction.on_commit(partial(poke, row.pk), robust=True)
    return row


def enqueue_many(messages: Iterable[NewMessage]) -> None:
    """As ``enqueue``, for many at once with one statement and one poke; what is there already is left alone."""
    if not connection.in_atomic_block:
        raise TransactionManagementError("enqueue_many() belongs into the transaction of the facts it tells")
    rows = [_row(message) for message in messages]
    if rows:
        Message.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
        transaction.on_commit(poke_sweep, robust=True)


def for_colleague(
    user: User, *, kind: str, thread: str, key: str, context: Mapping[str, Any], path: str
) -> list[NewMessage]:
    """One message in the program and, where there is an address, one by mail; ``key`` names what happened."""
    channels = [ChannelName.IN_APP, *([ChannelName.EMAIL] if user.email else [])]
    return [
        NewMessage(
            dedupe_key=f"{key}:{user.pk}:{channel}",
            kind=kind,
            thread=thread,
            channel=channel,
            user_id=user.pk,
            context=context,
            language=user.language,
            path=path,
        )
        for channel in channels
    ]


def withdraw(thread: str, *, user_ids: Collection[int] | None = None, kind: str = "") -> int:
    """Take back what was not sent yet, in the transaction in which rights or facts change.

    With `user_ids` these people lost access to the thread: what lies in the inbox about it goes too.
    With `kind` only messages of that kind are taken back.

    Returns:
        How many messages were taken back.
    """
    rows = Message.objects.filter(thread=thread)
    if kind:
        rows = rows.filter(kind=kind)
    taken = Q(state__in=UNSENT)
    if user_ids is not None:
        rows = rows.filter(user_id__in=user_ids)
        taken |= Q(state=State.SENT, channel=ChannelName.IN_APP)
    return rows.filter(taken).update(state=State.WITHDRAWN, lease_token=None, context={})


def withdraw_many(threads: Collection[str], *, kinds: Collection[str]) -> int:
    """As ``withdraw`` for messages of these kinds to anybody, of many threads with one statement."""
    rows = Message.objects.filter(thread__in=threads, kind__in=kinds, state__in=UNSENT)
    return rows.update(state=State.WITHDRAWN, lease_token=None, context={}) if threads else 0


@transaction.atomic
def resend(message: Message, *, by: Actor, address: str = "") -> Message:
    """Try again what did not go out, perhaps to a corrected address. Earlier refusals of the address are forgotten.

    Raises:
        InvalidMove: the message was sent, is waiting, or was withdrawn.
    """
    message = _lock_unreached(message)
    now = timezone.now()
    message.address = clean(address) or message.address
    Message.objects.filter(address=message.address, refused=True).exclude(address="").update(refused=False)
    message.state, message.attempts, message.error, message.refused = State.QUEUED, 0, "", False
    message.not_before = message.next_try_at = now
    message.telephoned_at = None
    message.save()
    _note(message, "resend_message", by=by, at=now)
    transaction.on_commit(partial(poke, message.pk), robust=True)
    return message


@transaction.atomic
def mark_telephoned(message: Message, *, by: Actor) -> Message:
    """A person passed on by telephone what could not be sent; it leaves the desk.

    Raises:
        InvalidMove: the message was sent, is waiting, or was withdrawn.
    """
    message = _lock_unreached(message)
    message.telephoned_at = timezone.now()
    message.context = without_secrets(message)
    message.save(update_fields=["telephoned_at", "context"])
    _note(message, "telephone_message", by=by, at=message.telephoned_at)
    return message


def mark_read(user_id: int, *, message_id: int | None = None) -> int:
    """Note that this person read one message of the inbox, or all of them."""
    now = timezone.now()
    rows = Message.objects.inbox_of(user_id, now).filter(read_at__isnull=True)
    if message_id is not None:
        rows = rows.filter(pk=message_id)
    return rows.update(read_at=now)


@transaction.atomic
def forget(*, threads: Iterable[str] = (), addresses: Iterable[str] = ()) -> int:
    """Blank everything personal in the messages of these threads and to these addresses (PIPL article 47).

    Waiting ones are withdrawn. That something was sent, when and over which channel, stays.

    Returns:
        How many messages were blanked.
    """
    rows = Message.objects.filter(Q(thread__in=list(threads)) | Q(address__in=[text for text in addresses if text]))
    rows.filter(state__in=UNSENT).update(state=State.WITHDRAWN, lease_token=None)
    return rows.update(address="", context={}, subject="", body="", error="")


def purge(*, before: dt.datetime, chunk: int = 5000) -> int:
    """Remove messages from before this time that are not waiting any more; the outbox has its own retention."""
    rows = Message.objects.filter(created_at__lt=before).exclude(state__in=UNSENT).order_by("created_at")
    removed = 0
    while found := list(rows.values_list("pk", flat=True)[:chunk]):
        removed += Message.objects.filter(pk__in=found).delete()[0]
    return removed


def beat(name: str) -> None:
    """Show that a part of the program works: "beat", "clock" or "work"."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, at=timezone.now())],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at"],
    )


def _lock_unreached(message: Message) -> Message:
    locked = Message.objects.select_for_update(of=("self",)).get(pk=message.pk)
    if locked.state not in UNREACHED:
        raise InvalidMove(
            _("This message is “%(state)s”. Only one that could not be sent can be sent again or telephoned.")
            % {"state": locked.get_state_display()}
        )
    return locked


def _note(message: Message, verb: str, *, by: Actor, at: dt.datetime) -> None:
    changes = {"message": (None, message.pk), "kind": (None, message.kind), "channel": (None, message.channel)}
    record(message.thread, verb, by=by, at=at, changes=changes)


def _row(message: NewMessage) -> Message:
    template = template_of(message.kind)
    if missing := template.names - message.context.keys():
        raise ValueError(f"the context of {message.dedupe_key} lacks {', '.join(sorted(missing))}")
    if message.user_id is None and not message.address:
        raise ValueError(f"a message needs a user or an address: {message.dedupe_key}")
    if message.user_id is not None and not readers.known(message.thread):
        raise ValueError(f"nobody said who may read {message.thread!r}: see notifications.readers.register")
    now = timezone.now()
    when = message.not_before or now
    language = message.language or settings.LANGUAGE_CODE
    return Message(
        dedupe_key=message.dedupe_key,
        kind=message.kind,
        thread=message.thread,
        user_id=message.user_id,
        address=clean(message.address),
        channel=message.channel,
        template=message.kind,
        context=stored({name: message.context[name] for name in template.names}),
        language=language,
        path=message.path,
        not_before=when,
        next_try_at=when,
        expires_at=message.expires_at,
        created_at=now,
    )


def _insert_once(row: Message) -> int | None:
    """INSERT ... ON CONFLICT DO NOTHING. bulk_create(ignore_conflicts=True) cannot tell whether it wrote anything."""
    fields = [field for field in Message._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO notifications_message ({columns}) VALUES ({', '.join(['%s'] * len(fields))})"  # noqa: S608
            " ON CONFLICT (dedupe_key) DO NOTHING RETURNING id",
            values,
        )
        found = cursor.fetchone()
    return found[0] if found else None
