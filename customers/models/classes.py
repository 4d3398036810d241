"""What a customer's class is proposed from, and each change of it with its reason (CUS-07, CUS-08)."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from customers.models.people import Customer, Tier, VisitClass
from organization.models import User


class Mark(models.TextChoices):
    """What counts beside amounts."""

    LONG_TERM = "long_term", _("long-term cooperation")
    OVERSEAS = "overseas", _("overseas customer")
    KEY_PROJECT = "key_project", _("national key project")
    WANTS = "wants_to_cooperate", _("wants to cooperate")


class Standing(models.Model):
    """What a person says of the customer's standing; amounts come from contracts and orders."""

    customer = models.OneToOneField(Customer, models.CASCADE, primary_key=True, related_name="standing")
    marks = ArrayField(models.CharField(max_length=20, choices=Mark.choices), default=list)
    national_rank = models.PositiveIntegerField(null=True, blank=True)
    yearly_demand = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.customer}"


class ClassChange(models.Model):
    """One confirmed change of class or tier, what the rules proposed then, and why."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="class_changes")
    old_class = models.CharField(max_length=1, blank=True, choices=VisitClass.choices)
    new_class = models.CharField(max_length=1, blank=True, choices=VisitClass.choices)
    old_tier = models.CharField(max_length=10, blank=True, choices=Tier.choices)
    new_tier = models.CharField(max_length=10, blank=True, choices=Tier.choices)
    proposed_class = models.CharField(max_length=1, blank=True, choices=VisitClass.choices)
    proposed_tier = models.CharField(max_length=10, blank=True, choices=Tier.choices)
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(F("customer"), F("at").desc(), name="class_change_customer")]
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="class_change_has_reason")]

    def __str__(self) -> str:
        return f"{self.customer}: {self.new_class} {self.new_tier}"
