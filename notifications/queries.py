"""Reads of the outbox: the inbox, what must be telephoned, and whether sending works."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone
from django.utils.translation import get_language

from notifications.models import UNSENT, Channel, ChannelName, Heartbeat, Message, MessageQuerySet, State
from notifications.templates import Rendered, render, template_of

PAGE = 25


@dataclass(frozen=True, slots=True)
class Page:
    """One page of messages, newest first; `next_before` is the key of the next page, None at the end."""

    messages: list[Message]
    next_before: int | None


def inbox(user_id: int, *, before: int | None = None, unread: bool = False, limit: int = PAGE) -> Page:
    """A page of what this person was told in the program.

    Args:
        before: only messages older than this one: the `next_before` of the page before.
        unread: only unread ones.
    """
    rows = Message.objects.inbox_of(user_id, timezone.now())
    if unread:
        rows = rows.filter(read_at__isnull=True)
    return _page(rows, before, limit)


def people_told(thread: str) -> set[int]:
    """The staff who were told about a thread in the program, or who wait to be told."""
    told = Q(state__in=UNSENT) | Q(state=State.SENT, channel=ChannelName.IN_APP)
    return set(Message.objects.filter(told, thread=thread, user__isnull=False).values_list("user_id", flat=True))


def unread_count(user_id: int, *, limit: int = 100) -> int:
    """How many unread messages the bell shows, at most `limit`: nobody reads "4,711"."""
    return Message.objects.inbox_of(user_id, timezone.now()).filter(read_at__isnull=True)[:limit].count()


def outgoing(
    *, state: str = "", channel: str = "", thread: str = "", before: int | None = None, limit: int = PAGE
) -> Page:
    """A page of everything that goes out, for the settings page and for the case's own list."""
    given = {"state": state, "channel": channel, "thread": thread}
    rows = Message.objects.select_related("user").filter(**{name: value for name, value in given.items() if value})
    return _page(rows, before, limit)


def to_telephone(*, sort: str = "", limit: int = 200) -> QuerySet[Message]:
    """Messages to customers that did not go out and nobody has passed on by telephone, oldest first; of one sort of
    threads where that is asked.
    """
    rows = Message.objects.to_telephone()
    return (rows.filter(thread__startswith=f"{sort}:") if sort else rows).order_by("pk")[:limit]


def to_telephone_of(thread: str) -> QuerySet[Message]:
    """The same for one thread."""
    return Message.objects.to_telephone().filter(thread=thread).order_by("pk")


def oldest_unsent_age(now: dt.datetime) -> dt.timedelta:
    """How long the longest waiting due message has waited for a worker; zero if none waits.

    This, and not a process number, tells whether sending works: more than two minutes means that it does not. Messages
    of a channel that is out of order do not count: the worker is not to blame for those (see `failing_channels`).
    """
    failing = Channel.objects.values("name")
    first = Message.objects.due(now).exclude(channel__in=failing).aggregate(first=Min("next_try_at"))["first"]
    return now - first if first else dt.timedelta(0)


def failing_channels() -> list[Channel]:
    """Channels out of order: since when, why, and when they are tried again."""
    return list(Channel.objects.order_by("name"))


def waiting_counts() -> dict[str, int]:
    """How many messages wait, by channel."""
    rows = Message.objects.filter(state__in=UNSENT).values("channel").annotate(count=Count("pk")).order_by("channel")
    return {row["channel"]: row["count"] for row in rows}


def heartbeats() -> dict[str, dt.datetime]:
    """When each part of the program last showed that it works."""
    return dict(Heartbeat.objects.values_list("name", "at"))


def _page(rows: MessageQuerySet, before: int | None, limit: int) -> Page:
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk")[: limit + 1])
    more = len(found) > limit
    return Page(found[:limit], found[limit - 1].pk if more else None)


def words_of(message: Message) -> Rendered:
    """What a message says that was not rendered yet, such as one that waits to be told by telephone; in its own
    language, its secrets masked in the kept texts.
    """
    return render(
        template_of(message.template),
        message.context,
        language=message.language or get_language() or "zh-hans",
        path=message.path,
        thread=message.thread,
    )
