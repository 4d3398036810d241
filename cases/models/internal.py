"""Internal notes: seen by their audience, never by the customer, never found by search."""

from __future__ import annotations

from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from cases.models.intake import Case
from organization.models import Department, User


class Note(models.Model):
    """A note among colleagues."""

    class Audience(models.TextChoices):
        CASE = "case", _("Everybody on the case")
        HUB = "hub", _("The hub")
        DEPARTMENT = "department", _("My department")

    case = models.ForeignKey(Case, models.PROTECT, related_name="notes")
    audience = models.CharField(max_length=12, choices=Audience.choices, default=Audience.CASE)
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="+")
    text = models.TextField()
    minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(F("case"), F("at").desc(), name="note_case")]

    def __str__(self) -> str:
        return f"note on {self.case_id}"
