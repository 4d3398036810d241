"""The tables of the audit trail.

Triggers refuse UPDATE and DELETE on events, readings and checkpoints (see migration 0001), and the application's
database role has no right to either (`audit.rights`). Actors are kept as numbers: this room knows no users.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.chain import microseconds


class Thread(models.CharField):
    """The name of one history: "case:123", "customer:5", "settings".

    Sorted by code point on every server, because the verifier merges several sorted streams.
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **{"max_length": 100, "db_collation": "C", **kwargs})  # type: ignore[arg-type]


class ActorKind(models.TextChoices):
    STAFF = "staff", _("Staff")
    CUSTOMER = "customer", _("Customer")
    TOKEN = "token", _("Program with a key")
    SYSTEM = "system", _("System")
    IMPORT = "import", _("Import")


class Event(models.Model):
    """One thing that happened in one thread; chained to the one before it.

    `changes` holds {field: [old, new]} of fields that are not personal; `digest` holds {field: keyed and salted
    digest} of the others, whose values lie in `Sealed` and can be blanked without breaking the chain.
    """

    thread = Thread()
    seq = models.PositiveIntegerField()
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=10, choices=ActorKind)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=150)
    deputy_for = models.BigIntegerField(null=True)
    verb = models.CharField(max_length=60)
    changes = models.JSONField(default=dict)
    digest = models.JSONField(default=dict)
    prev = models.CharField(max_length=64, db_collation="C")
    hash = models.CharField(max_length=64, db_collation="C")

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["thread", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["thread", "seq"], name="audit_event_thread_seq"),
            models.CheckConstraint(condition=models.Q(seq__gte=1), name="audit_event_seq_from_one"),
            models.CheckConstraint(condition=models.Q(actor_kind__in=ActorKind.values), name="audit_event_actor_kind"),
        ]
        indexes = [
            models.Index(fields=["at"], name="audit_event_at"),
            models.Index(
                fields=["actor_id", "at"], name="audit_event_actor", condition=models.Q(actor_id__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.thread}#{self.seq} {self.verb}"

    def as_row(self) -> tuple[Any, ...]:
        """What the hash covers, in its order (see `audit.chain.event_hash`)."""
        return (
            self.thread,
            self.seq,
            microseconds(self.at),
            self.actor_kind,
            self.actor_id,
            self.actor_label,
            self.deputy_for,
            self.verb,
            self.changes,
            self.digest,
            self.prev,
        )


class Head(models.Model):
    """The last event of a thread. Its row lock makes appends to one thread wait for each other."""

    thread = Thread(primary_key=True)
    seq = models.PositiveIntegerField(default=0)
    hash = models.CharField(max_length=64, db_collation="C", default="")
    checked_seq = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("head of a thread")
        verbose_name_plural = _("heads of threads")
        indexes = [
            models.Index(
                fields=["thread"], name="audit_head_touched", condition=models.Q(seq__gt=models.F("checked_seq"))
            )
        ]

    def __str__(self) -> str:
        return f"{self.thread}#{self.seq}"


class Sealed(models.Model):
    """Old and new value of one personal field in one event, outside the hash, so that it can be blanked.

    Blanking takes the salt too: with it, a telephone number could be found from its digest by trying all of them.
    """

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="sealed", db_index=False)
    field = models.CharField(max_length=60)
    salt = models.CharField(max_length=32)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("sealed value")
        verbose_name_plural = _("sealed values")
        constraints = [
            models.UniqueConstraint(fields=["event", "field"], name="audit_sealed_event_field"),
            models.CheckConstraint(
                condition=models.Q(erased_at__isnull=True) | models.Q(salt="", old__isnull=True, new__isnull=True),
                name="audit_sealed_erased_is_blank",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id}.{self.field}"


class Reading(models.Model):
    """Somebody looked at something that is logged when read (SEC-02). Append-only, not chained; only the reason can be
    blanked.
    """

    at = models.DateTimeField()
    thread = Thread()
    what = models.CharField(max_length=60)
    actor_kind = models.CharField(max_length=10, choices=ActorKind)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=150)
    rows = models.PositiveIntegerField(null=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("reading")
        verbose_name_plural = _("readings")
        indexes = [
            models.Index(fields=["thread", "-at"], name="audit_reading_thread"),
            models.Index(fields=["actor_id", "-at"], name="audit_reading_actor"),
            models.Index(fields=["at"], name="audit_reading_at"),
        ]

    def __str__(self) -> str:
        return f"{self.thread} {self.what}"


class Checkpoint(models.Model):
    """The heads of all threads touched since the last checkpoint, chained; also written to a file.

    A chain alone does not see that its own end was cut off; this does.
    """

    number = models.PositiveIntegerField(primary_key=True)
    at = models.DateTimeField()
    threads = models.PositiveIntegerField()
    events = models.BigIntegerField()
    digest = models.CharField(max_length=64, db_collation="C")
    prev = models.CharField(max_length=64, db_collation="C")
    hash = models.CharField(max_length=64, db_collation="C")

    class Meta:
        verbose_name = _("checkpoint")
        verbose_name_plural = _("checkpoints")
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.number}"

    def as_row(self) -> tuple[int, int, int, int, str, str]:
        """What the hash covers, in its order (see `audit.chain.checkpoint_hash`)."""
        return (self.number, microseconds(self.at), self.threads, self.events, self.digest, self.prev)


class CheckpointHead(models.Model):
    """One head as it stood at a checkpoint."""

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="heads", db_index=False)
    thread = Thread()
    seq = models.PositiveIntegerField()
    hash = models.CharField(max_length=64, db_collation="C")

    class Meta:
        verbose_name = _("head at a checkpoint")
        verbose_name_plural = _("heads at a checkpoint")
        constraints = [
            models.UniqueConstraint(fields=["checkpoint", "thread"], name="audit_checkpointhead_once"),
        ]
        indexes = [models.Index(fields=["thread", "seq"], name="audit_checkpointhead_thread")]

    def __str__(self) -> str:
        return f"{self.checkpoint_id}: {self.thread}#{self.seq}"
