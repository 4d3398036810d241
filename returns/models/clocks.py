"""Clocks of a return and the alerts they gave."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from organization.models import User
from regulations.models import Clock, ClockQuerySet
from returns.models.slip import ReturnSlip


class ReturnClock(Clock):
    """A limit on a return: its repair (SLA-21, SLA-22), the callback after it (SLA-23)."""

    class Kind(models.TextChoices):
        REPAIR = "repair", pgettext_lazy("return clock", "Repair")
        CALLBACK = "callback", pgettext_lazy("return clock", "Callback")

    slip = models.ForeignKey(ReturnSlip, models.PROTECT, related_name="clocks")

    objects = ClockQuerySet["ReturnClock"].as_manager()

    class Meta:
        ordering = ["started_at", "id"]
        indexes = [
            models.Index(
                F("next_alert_at"),
                F("id"),
                name="return_clock_next_alert",
                condition=Q(met_at__isnull=True, stopped_at__isnull=True, next_alert_at__isnull=False),
            ),
        ]
        constraints = [models.UniqueConstraint(fields=["slip", "kind"], name="one_clock_per_kind_and_return")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.slip_id}"

    @property
    def label(self) -> str:
        """What people call it."""
        return str(self.Kind(self.kind).label)


class ReturnAlert(models.Model):
    """One alert of a clock to one level; unique, so each level is told once (SLA-04)."""

    clock = models.ForeignKey(ReturnClock, models.CASCADE, related_name="alerts")
    level = models.CharField(max_length=20)
    due_at = models.DateTimeField()
    at = models.DateTimeField()
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clock", "level", "due_at"], name="each_return_level_once")]

    def __str__(self) -> str:
        return f"{self.clock_id} {self.level}"
