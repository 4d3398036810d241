"""Rounds of a case, holds on its closing, escalations."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.lifecycle import Outcome
from cases.models.intake import Case
from organization.models import User


class Round(models.Model):
    """One pass through the lifecycle; reopening starts the next. Figures count rounds (RES-21)."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="rounds")
    n = models.PositiveSmallIntegerField()
    opened_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    replied_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=24, choices=Outcome.choices, blank=True)
    reason = models.TextField(blank=True)
    proof = models.CharField(_("who said it, and when"), max_length=300, blank=True)
    course = models.TextField(_("course"), blank=True)
    cause = models.TextField(_("cause"), blank=True)
    decision = models.TextField(_("decision"), blank=True)
    lesson = models.TextField(_("lesson"), blank=True)
    closed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    slip_owed = models.BooleanField(default=False, help_text="Ended here, and its case slip is not filed yet (RES-13).")

    class Meta:
        ordering = ["n"]
        constraints = [
            models.UniqueConstraint(fields=["case", "n"], name="one_round_per_number"),
            models.CheckConstraint(
                condition=Q(outcome="reopened", closed_at__isnull=True, ended_at__isnull=False)
                | Q(outcome="", ended_at__isnull=True, closed_at__isnull=True)
                | ~Q(outcome__in=["", "reopened"]) & Q(ended_at__isnull=False),
                name="round_ended_has_outcome",
            ),
        ]
        indexes = [
            models.Index(F("closed_at"), name="round_closed", condition=Q(closed_at__isnull=False)),
            models.Index(F("id"), name="round_slip_owed", condition=Q(slip_owed=True)),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} round {self.n}"


class Hold(models.Model):
    """Something of a room above that must end before the case closes; the gate reads only this."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="holds")
    kind = models.CharField(max_length=40)
    label = models.CharField(max_length=120)
    url = models.CharField(max_length=200, blank=True)
    opened_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)
    detached_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [models.Index(F("case"), name="hold_open", condition=Q(released_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.label} holds {self.case_id}"


class Escalation(models.Model):
    """The customer demands a higher level (RTE-23): answered by somebody senior to the last decision."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="escalations")
    round = models.PositiveSmallIntegerField()
    demand = models.TextField()
    above_rank = models.PositiveSmallIntegerField()
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    answered_rank = models.PositiveSmallIntegerField(
        null=True, help_text="How senior the decision was: a deputy's is as senior as the person deputised for."
    )
    answer = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(answered_at__isnull=True), name="one_open_escalation")
        ]

    def __str__(self) -> str:
        return f"escalation of {self.case_id}"
