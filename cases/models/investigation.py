"""What was found out: investigations and on-site visits."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.models.intake import Case
from organization.models import Department, User


class Investigation(models.Model):
    """Facts, cause and responsibility of one round; each saving is a new version, the last counts."""

    class Severity(models.TextChoices):
        CRITICAL = "critical", _("Critical")
        MAJOR = "major", _("Major")
        MINOR = "minor", _("Minor")

    class Confirmed(models.TextChoices):
        YES = "yes", _("The customer's reason is confirmed")
        PARTLY = "partly", _("Partly confirmed")
        NO = "no", _("Not confirmed")

    case = models.ForeignKey(Case, models.PROTECT, related_name="investigations")
    round = models.PositiveSmallIntegerField()
    facts = models.TextField()
    sources = models.TextField(blank=True)
    reason_confirmed = models.CharField(max_length=8, choices=Confirmed.choices, blank=True)
    cause = models.TextField(blank=True)
    effect = models.TextField(blank=True)
    severity = models.CharField(max_length=10, choices=Severity.choices, blank=True)
    responsible_department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="+")
    responsible_text = models.CharField(max_length=120, blank=True)
    minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.case_id} round {self.round}"


class Visit(models.Model):
    """An on-site visit (INV-04): why, who, planned and actual arrival, findings, customer's statement."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="visits")
    round = models.PositiveSmallIntegerField()
    necessity = models.CharField(max_length=500)
    place = models.CharField(max_length=200, blank=True)
    participants = models.CharField(max_length=300, blank=True)
    visitor = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    planned_at = models.DateTimeField(null=True, blank=True)
    planned_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    arrived_at = models.DateTimeField(null=True, blank=True)
    recorded_at = models.DateTimeField(null=True, blank=True)
    late_reason = models.CharField(max_length=500, blank=True)
    findings = models.TextField(blank=True)
    customer_statement = models.TextField(blank=True)
    minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"visit for {self.case_id}"
