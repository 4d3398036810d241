"""Pairs of customers that may be one: those that were found, and those that somebody judged to be two."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from customers.models.people import Customer
from organization.models import User


class Candidate(models.Model):
    """Two customers that resemble each other, as the last sweep found them; ``low`` has the smaller number.

    Only who and how strongly: why is read from the customers themselves when somebody looks, so nothing personal
    stands here.
    """

    low = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    high = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    strength = models.PositiveSmallIntegerField()
    found_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["low", "high"], name="candidate_pair_once"),
            models.CheckConstraint(condition=Q(low__lt=F("high")), name="candidate_in_order"),
        ]
        indexes = [models.Index(F("strength").desc(), F("id"), name="candidate_strongest")]

    def __str__(self) -> str:
        return f"{self.low_id}/{self.high_id}"


class DistinctionQuerySet(models.QuerySet["Distinction"]):
    """Conditions on judgements."""

    def standing(self) -> DistinctionQuerySet:
        """Those that nobody took back."""
        return self.filter(withdrawn_at__isnull=True)


class Distinction(models.Model):
    """Somebody's judgement that two customers are not the same; they are not proposed again while it stands."""

    low = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    high = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Distinction]] = DistinctionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["low", "high"], condition=Q(withdrawn_at__isnull=True), name="distinction_stands_once"
            ),
            models.CheckConstraint(condition=Q(low__lt=F("high")), name="distinction_in_order"),
            models.CheckConstraint(condition=~Q(reason=""), name="distinction_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.low_id}/{self.high_id}"
