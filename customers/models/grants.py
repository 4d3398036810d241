"""Who may read a whole customer file, for how long, and who allowed it (CUS-18)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.models.people import Customer
from organization.models import User
from regulations.models import Approval

_STATES: dict[str, tuple[str | Promise, str]] = {
    "asked": (_("asked for"), "amber"),
    "refused": (_("refused"), "grey"),
    "allowed": (_("allowed"), "green"),
    "over": (_("over"), "grey"),
    "revoked": (_("taken back"), "red"),
}


class FileGrantQuerySet(models.QuerySet["FileGrant"]):
    """Conditions on grants."""

    def running(self, now: datetime) -> FileGrantQuerySet:
        """Given, begun, not over and not taken back."""
        return self.filter(granted_at__isnull=False, revoked_at__isnull=True, starts_at__lte=now, ends_at__gt=now)


class FileGrant(models.Model):
    """One person may read one customer's file, or all where ``customer`` is empty, from ``starts_at`` to ``ends_at``.

    Asked for by the person (``approval``) or given unasked; nothing may be read before ``granted_at``.
    """

    customer = models.ForeignKey(Customer, models.CASCADE, null=True, related_name="grants")
    person = models.ForeignKey(User, models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=200)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    approval = models.ForeignKey(Approval, models.PROTECT, null=True, related_name="+")
    granted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    granted_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[FileGrant]] = FileGrantQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(F("person"), F("ends_at"), name="file_grant_person")]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="file_grant_ends_after_start"),
            models.CheckConstraint(
                condition=Q(granted_at__isnull=True, granted_by__isnull=True)
                | Q(granted_at__isnull=False, granted_by__isnull=False),
                name="file_grant_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.customer or '*'}"

    @property
    def last_day(self) -> datetime:
        """A moment on the last day that belongs to the period."""
        return self.ends_at - timedelta(seconds=1)

    @property
    def state(self) -> str:
        """asked, refused, allowed, over or revoked, as of now."""
        if self.granted_at is None:
            return "refused" if self.approval and self.approval.decided_at else "asked"
        if self.revoked_at is not None:
            return "revoked"
        return "allowed" if self.ends_at > timezone.now() else "over"

    @property
    def state_word(self) -> str:
        """As a person reads it."""
        return str(_STATES[self.state][0])

    @property
    def state_tone(self) -> str:
        """The colour of its chip."""
        return _STATES[self.state][1]

    @property
    def can_be_revoked(self) -> bool:
        """Whether there is something to take back."""
        return self.state == "allowed"
