"""The outbox: one row per message to one person over one channel, and what keeps it moving."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ChannelName(models.TextChoices):
    IN_APP = "in_app", _("In the program")
    EMAIL = "email", _("E-mail")
    SMS = "sms", _("Text message")


class State(models.TextChoices):
    QUEUED = "queued", _("Waiting")
    CLAIMED = "claimed", _("Being sent")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    NOT_SENT = "not_sent", _("Not sent: telephone")


UNSENT = (State.QUEUED, State.CLAIMED)
UNREACHED = (State.FAILED, State.NOT_SENT)


class MessageQuerySet(models.QuerySet["Message"]):
    def due(self, now: dt.datetime) -> MessageQuerySet:
        """Waiting messages whose time has come, and claimed ones whose lease ran out."""
        return self.filter(state__in=UNSENT, next_try_at__lte=now)

    def inbox_of(self, user_id: int, now: dt.datetime) -> MessageQuerySet:
        """What this person finds in the inbox inside the program."""
        return self.filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=now),
            user_id=user_id,
            channel=ChannelName.IN_APP,
            state=State.SENT,
        )

    def to_telephone(self) -> MessageQuerySet:
        """Messages to customers that could not go out and that nobody has passed on by telephone yet."""
        return self.filter(state__in=UNREACHED, user__isnull=True, telephoned_at__isnull=True)


class Message(models.Model):
    """One message. Written in the transaction of its fact, rendered when claimed, delivered at least once.

    `not_before` is the planned time and never moves. `next_try_at` is the next moment at which somebody may take the
    row: the next attempt while queued, the end of the lease while claimed. One column, so one index finds all due rows.
    """

    dedupe_key = models.CharField(max_length=200, unique=True, db_collation="C")
    kind = models.CharField(max_length=60)
    thread = models.CharField(max_length=100, db_collation="C")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    address = models.CharField(max_length=254, blank=True)
    channel = models.CharField(max_length=10, choices=ChannelName)
    template = models.CharField(max_length=60)
    context = models.JSONField(default=dict)
    language = models.CharField(max_length=10)
    path = models.CharField(max_length=300, blank=True)

    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    next_try_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    error = models.CharField(max_length=500, blank=True)
    refused = models.BooleanField(default=False)

    subject = models.CharField(max_length=300, blank=True)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    telephoned_at = models.DateTimeField(null=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="notifications_message_state"),
            models.CheckConstraint(condition=Q(channel__in=ChannelName.values), name="notifications_message_channel"),
            models.CheckConstraint(
                condition=Q(user__isnull=False) | ~Q(channel=ChannelName.IN_APP), name="notifications_in_app_has_user"
            ),
            models.CheckConstraint(
                condition=Q(state=State.CLAIMED, lease_token__isnull=False)
                | (~Q(state=State.CLAIMED) & Q(lease_token__isnull=True)),
                name="notifications_claimed_has_lease",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.SENT) | Q(sent_at__isnull=False), name="notifications_sent_has_time"
            ),
        ]
        indexes = [
            models.Index(fields=["next_try_at"], name="notifications_due", condition=Q(state__in=UNSENT)),
            models.Index(fields=["thread"], name="notifications_thread"),
            models.Index(
                fields=["user", "-id"],
                name="notifications_inbox",
                condition=Q(channel=ChannelName.IN_APP, state=State.SENT),
            ),
            models.Index(
                fields=["user"],
                name="notifications_unread",
                condition=Q(channel=ChannelName.IN_APP, state=State.SENT, read_at__isnull=True),
            ),
            models.Index(
                fields=["id"],
                name="notifications_to_telephone",
                condition=Q(state__in=UNREACHED, user__isnull=True, telephoned_at__isnull=True),
            ),
            models.Index(fields=["address"], name="notifications_refused", condition=Q(refused=True)),
            models.Index(fields=["address"], name="notifications_address", condition=~Q(address="")),
            models.Index(fields=["created_at"], name="notifications_created"),
            # For the page of outgoing messages: what is common is walked by the key, what is rare has an index.
            models.Index(fields=["state", "-id"], name="notifications_not_sent", condition=~Q(state=State.SENT)),
            models.Index(
                fields=["channel", "-id"], name="notifications_outside", condition=~Q(channel=ChannelName.IN_APP)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.kind} {self.channel} {self.state}"


class Channel(models.Model):
    """A channel that does not work at present: since when, why, and when it is tried again. No row: it works."""

    name = models.CharField(primary_key=True, max_length=10, choices=ChannelName)
    failing_since = models.DateTimeField()
    retry_at = models.DateTimeField()
    error = models.CharField(max_length=500)

    class Meta:
        verbose_name = _("channel out of order")
        verbose_name_plural = _("channels out of order")

    def __str__(self) -> str:
        return self.name


class Heartbeat(models.Model):
    """When a part of the program last showed that it works: "beat", "clock", "work"."""

    name = models.CharField(primary_key=True, max_length=30)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self) -> str:
        return self.name
