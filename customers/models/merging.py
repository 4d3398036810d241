"""Two files that were made one, and what moved, so that it can go back."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from audit.models import Event
from customers.models.people import Customer
from organization.models import User


class MergeQuerySet(models.QuerySet["Merge"]):
    """Conditions on merges."""

    def standing(self) -> MergeQuerySet:
        """Those that were not undone."""
        return self.filter(undone_at__isnull=True)


class Merge(models.Model):
    """``merged`` became part of ``kept``.

    ``moved`` names by part (``customers.merging``) the numbers of the rows that moved. Values that were overwritten
    stand with the ``event`` in the history of ``kept``, sealed, so that erasure reaches them there.
    """

    kept = models.ForeignKey(Customer, models.PROTECT, related_name="merges")
    merged = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    moved = models.JSONField(default=dict)
    event = models.OneToOneField(Event, models.PROTECT, related_name="+")
    undone_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Merge]] = MergeQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["merged"], condition=Q(undone_at__isnull=True), name="merge_of_a_customer_stands_once"
            ),
            models.CheckConstraint(condition=~Q(kept=F("merged")), name="merge_of_two"),
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True, undone_by__isnull=True)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="merge_undone_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.merged_id} > {self.kept_id}"
