"""Where this room keeps words about people: what was written to them and of them (PIPL 47)."""

from __future__ import annotations

from notifications.actions import forget
from notifications.models import Message
from organization.traces import Deed, Deeds, Subject, Trace


def _forget(subject: Subject, deed: Deed) -> int:
    return forget(threads=subject.threads)


TRACES: tuple[Trace, ...] = (
    Deeds(
        "notifications.Message",
        words="notifications.Message.address notifications.Message.context notifications.Message.error"
        " notifications.Message.subject notifications.Message.body",
        doing=_forget,
        counting=lambda of: Message.objects.filter(thread__in=of.threads).count(),
    ),
)
