"""One act on many cases: what was asked, how far it is, what was left as it is and why."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import pgettext_lazy

from organization.models import User


class BulkAct(models.Model):
    """An act on all the cases that a filter showed when it was asked for; done in chunks by the worker.

    ``position`` is how many of ``cases`` are through; it moves in the transaction of each case's own act.
    """

    class Act(models.TextChoices):
        ACKNOWLEDGE = "acknowledge", pgettext_lazy("move", "Acknowledge")
        VERIFY = "verify", pgettext_lazy("act", "Verify")
        DISPATCH = "dispatch", pgettext_lazy("move", "Dispatch")

    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    act = models.CharField(max_length=20, choices=Act.choices)
    wish = models.JSONField(default=dict)
    query = models.CharField(max_length=2000, blank=True)
    cases = ArrayField(models.CharField(max_length=20))
    position = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    moved_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["moved_at"], name="bulk_running", condition=models.Q(finished_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.act} {self.position}/{len(self.cases)}"


class BulkRefusal(models.Model):
    """A case that was left as it is, and why, in the words of whoever asked."""

    bulk = models.ForeignKey(BulkAct, models.CASCADE, related_name="refusals")
    number = models.CharField(max_length=20)
    reasons = models.JSONField(default=list)
    visible = models.BooleanField(default=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.number
