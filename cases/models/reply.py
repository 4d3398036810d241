"""What we answered, and what the customer thinks of it."""

from __future__ import annotations

from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from cases.models.intake import Case
from organization.models import User


class Way(models.TextChoices):
    """How something reached the customer (RES-04)."""

    PHONE = "phone", _("Telephone")
    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")
    LETTER = "letter", _("Letter")
    ON_SITE = "on_site", _("On site")
    LINK = "link", _("Tracking page")
    NOT_POSSIBLE = "not_possible", _("Not possible: no contact given")


class Reply(models.Model):
    """An answer to the customer: final (办结), or a progress notice (RES-01..03)."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="replies")
    round = models.PositiveSmallIntegerField()
    final = models.BooleanField(default=True)
    way = models.CharField(max_length=12, choices=Way.choices)
    text = models.TextField()
    expected_at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    rank = models.PositiveSmallIntegerField(default=1)
    minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    late_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["happened_at", "id"]
        indexes = [models.Index(F("case"), F("happened_at"), name="reply_case")]

    def __str__(self) -> str:
        return f"reply to {self.case_id}"


class OpinionRequest(models.Model):
    """One attempt to ask the customer whether satisfied (RES-07); tries are counted for "no answer"."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="opinion_requests")
    round = models.PositiveSmallIntegerField()
    way = models.CharField(max_length=12, choices=Way.choices)
    result = models.CharField(max_length=200, blank=True)
    reached = models.BooleanField(default=False)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"asked {self.case_id} by {self.way}"


class Opinion(models.Model):
    """The customer's answer: satisfied or not solved, by link, telephone or signature."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="opinions")
    round = models.PositiveSmallIntegerField()
    satisfied = models.BooleanField()
    way = models.CharField(max_length=12, choices=[*Way.choices, ("signature", _("Signature"))])
    remark = models.TextField(blank=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    submission_key = models.UUIDField(null=True, unique=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.satisfied}"
