"""Writing into the outbox, taking back, sending again, reading."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from notifications import readers
from notifications.models import ChannelName, Message
from notifications.poke import poke
from notifications.templates import clean, stored, template_of


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
        context: values for the placeholders; dates and times are written in the reader's language and zone.
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
        ValueError: no recipient, or no template of this kind, or nobody said who may read this sort of thread.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("enqueue() belongs into the transaction of the fact it tells")
    row = _row(message)
    row.pk = _insert_once(row)
    if row.pk is None:
        return None
    if row.not_before <= timezone.now():
        transaction.on_commit(partial(poke, row.pk), robust=True)
    return row


def _row(message: NewMessage) -> Message:
    template_of(message.kind)
    if message.user_id is None and not message.address:
        raise ValueError(f"a message needs a user or an address: {message.dedupe_key}")
    if message.user_id is not None and not readers.known(message.thread):
        raise ValueError(f"nobody said who may read {message.thread!r}: see notifications.readers.register")
    now = timezone.now()
    language = message.language or settings.LANGUAGE_CODE
    return Message(
        dedupe_key=message.dedupe_key,
        kind=message.kind,
        thread=message.thread,
        user_id=message.user_id,
        address=clean(message.address),
        channel=message.channel,
        template=message.kind,
        context=stored(message.context, language),
        language=language,
        path=message.path,
        not_before=message.not_before or now,
        expires_at=message.expires_at,
        created_at=now,
    )


def _insert_once(row: Message) -> int | None:
    """INSERT ... ON CONFLICT DO NOTHING. bulk_create(ignore_conflicts=True) cannot tell whether it wrote anything."""
    fields = [field for field in Message._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO notifications_message ({columns}) VALUES ({', '.join(['%s'] * len(fields))})"
            " ON CONFLICT (dedupe_key) DO NOTHING RETURNING id",
            values,
        )
        found = cursor.fetchone()
    return found[0] if found else None
