"""Clocks of a case and the alerts they gave."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.models.assignment import Assignment
from cases.models.intake import Case
from organization.models import User
from regulations.models import Clock, ClockQuerySet


class CaseClock(Clock):
    """A clock on a round of a case, or on one assignment of it."""

    class Kind(models.TextChoices):
        ACKNOWLEDGEMENT = "acknowledgement", _("Acknowledgement")
        ON_SITE = "on_site", _("On-site visit")
        RESOLUTION = "resolution", _("Resolution")
        RECEIPT = "receipt", _("Receipt")
        TASK = "task", _("Assignment")

    class Why(models.TextChoices):
        """Why a due time changed; kept beside the earlier one."""

        EXTENSION = "extension", _("more time was granted")
        CALENDAR = "calendar", _("the calendar changed")
        CLASSIFIED = "classified", _("the case was classified")
        RECLASSIFIED = "reclassified", _("the classification changed")
        AGREED = "agreed", _("the customer agreed to another date")

    case = models.ForeignKey(Case, models.PROTECT, related_name="clocks")
    round = models.PositiveSmallIntegerField()
    assignment = models.ForeignKey(Assignment, models.PROTECT, null=True, related_name="clocks")

    objects = ClockQuerySet["CaseClock"].as_manager()

    class Meta:
        ordering = ["started_at", "id"]
        indexes = [
            models.Index(
                F("next_alert_at"),
                F("id"),
                name="clock_next_alert",
                condition=Q(met_at__isnull=True, stopped_at__isnull=True, next_alert_at__isnull=False),
            ),
            models.Index(F("case"), name="clock_case"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "round", "kind"],
                condition=Q(assignment__isnull=True),
                name="one_clock_per_kind_and_round",
            ),
            models.UniqueConstraint(
                fields=["assignment", "kind"], condition=Q(assignment__isnull=False), name="one_clock_per_assignment"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.case_id}"

    @property
    def label(self) -> str:
        """What people call it: 受理, 到场, 办结, 签收, 派单."""
        return str(self.Kind(self.kind).label)


class Alert(models.Model):
    """One alert of a clock to one level; unique, so each level is told once (SLA-04)."""

    clock = models.ForeignKey(CaseClock, models.CASCADE, related_name="alerts")
    level = models.CharField(max_length=20)
    due_at = models.DateTimeField(help_text="The due time it speaks about: a new due time may alert again.")
    at = models.DateTimeField()
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clock", "level", "due_at"], name="each_level_once")]

    def __str__(self) -> str:
        return f"{self.clock_id} {self.level}"
