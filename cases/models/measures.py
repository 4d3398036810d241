"""Corrections, corrective and preventive measures, and the checks of their effect."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.models.intake import Case
from organization.models import Department, User


class Measure(models.Model):
    """What is changed because of the case (CAP-01, CAP-02); 纠正, 纠正措施 and 预防措施 differ."""

    class Type(models.TextChoices):
        CORRECTION = "correction", _("Correction")
        CORRECTIVE = "corrective", _("Corrective action")
        PREVENTIVE = "preventive", _("Preventive action")

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        DONE = "done", _("Done, to be verified")
        VERIFIED = "verified", _("Verified")
        CANCELLED = "cancelled", _("Cancelled")

    case = models.ForeignKey(Case, models.PROTECT, related_name="measures")
    round = models.PositiveSmallIntegerField()
    type = models.CharField(max_length=12, choices=Type.choices)
    text = models.TextField()
    department = models.ForeignKey(Department, models.PROTECT, related_name="+")
    owner = models.ForeignKey(User, models.PROTECT, related_name="+")
    due_on = models.DateField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    planned_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    planned_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    evidence = models.TextField(blank=True)
    minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    rounds = models.PositiveSmallIntegerField(default=1)
    cancelled_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(F("owner"), F("due_on"), name="measure_owner", condition=Q(state="planned")),
            models.Index(F("case"), name="measure_case"),
            models.Index(F("planned_at"), F("id"), name="measure_planned"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["done", "verified"]) | Q(done_at__isnull=False, done_by__isnull=False),
                name="measure_done_has_person_and_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.type} of {self.case_id}"

    @property
    def is_settled(self) -> bool:
        """Verified, or cancelled with a reason."""
        return self.state in {self.State.VERIFIED, self.State.CANCELLED}

    @property
    def implementers(self) -> set[int]:
        """Who must not verify: who did it, and who owns it."""
        return {pk for pk in (self.done_by_id, self.owner_id) if pk}


class MeasureCheck(models.Model):
    """One verification of a measure's effect (CAP-04), never by the implementer (CAP-03)."""

    measure = models.ForeignKey(Measure, models.PROTECT, related_name="checks")
    effective = models.BooleanField()
    method = models.CharField(max_length=300)
    evidence = models.TextField(blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.measure_id}: {self.effective}"
