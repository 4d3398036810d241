"""Assignments (派单) of a case to departments, and requests for more time."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.models.intake import Case
from organization.models import Department, User


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    """Conditions on assignments."""

    def reading(self) -> AssignmentQuerySet:
        """Those whose department may read the case: sent, received or answered."""
        return self.filter(state__in=["sent", "received", "answered"])

    def unanswered(self) -> AssignmentQuerySet:
        """Those that still owe an answer."""
        return self.filter(state__in=["sent", "received"])


class Assignment(models.Model):
    """One department's task in one round; exactly one leads (RTE-14)."""

    class State(models.TextChoices):
        SENT = "sent", _("Sent")
        RECEIVED = "received", _("Received")
        ANSWERED = "answered", _("Answered")
        RETURNED = "returned", _("Returned")
        CANCELLED = "cancelled", _("Cancelled")

    case = models.ForeignKey(Case, models.PROTECT, related_name="assignments")
    round = models.PositiveSmallIntegerField()
    department = models.ForeignKey(Department, models.PROTECT, related_name="+")
    is_lead = models.BooleanField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.SENT)
    requirement = models.TextField()
    due_at = models.DateTimeField()
    sent_at = models.DateTimeField()
    sent_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    received_at = models.DateTimeField(null=True)
    received_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    holder = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    passed_to = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    passed_note = models.CharField(max_length=500, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    answer = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    ended_reason = models.CharField(max_length=500, blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        ordering = ["-is_lead", "id"]
        indexes = [
            models.Index(F("department"), F("state"), name="assignment_department"),
            models.Index(F("sent_at"), F("id"), name="assignment_sent"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "round", "department"],
                condition=Q(state__in=["sent", "received", "answered"]),
                name="one_assignment_per_department_and_round",
            ),
            models.UniqueConstraint(
                fields=["case", "round"],
                condition=Q(is_lead=True, state__in=["sent", "received", "answered"]),
                name="one_lead_per_round",
            ),
            models.CheckConstraint(
                condition=~Q(state="received") | Q(received_at__isnull=False, holder__isnull=False),
                name="assignment_received_has_holder",
            ),
            models.CheckConstraint(
                condition=~Q(state="answered") | Q(answered_at__isnull=False), name="assignment_answered_has_time"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["returned", "cancelled"]) | (Q(ended_at__isnull=False) & ~Q(ended_reason="")),
                name="assignment_ended_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} -> {self.department_id}"

    @property
    def is_unanswered(self) -> bool:
        """Whether the department still owes its answer."""
        return self.state in {self.State.SENT, self.State.RECEIVED}


class Extension(models.Model):
    """A department's request for more time (申请延期); the hub decides, the customer is told."""

    assignment = models.ForeignKey(Assignment, models.PROTECT, related_name="extensions")
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    until = models.DateTimeField()
    reason = models.TextField()
    granted = models.BooleanField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    opinion = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["assignment"], condition=Q(decided_at__isnull=True), name="one_open_extension"
            )
        ]

    def __str__(self) -> str:
        return f"{self.assignment_id} until {self.until}"
