"""The repair of a return: work order, work and parts (F44, F46, F47)."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from organization.models import User
from returns.models.slip import ReturnSlip


class RepairOrder(models.Model):
    """The work order of a repair: who, when, with what; then what was found, done, and why it had failed (RET-25).

    ``free`` was decided by the warranty when it was scheduled (RET-19). ``finished_at`` is the last time the repairer
    said so; a failed re-inspection opens it again.
    """

    slip = models.OneToOneField(ReturnSlip, models.PROTECT, related_name="repair")
    number = models.CharField(max_length=20, unique=True, db_collation="C")
    repairer = models.ForeignKey(User, models.PROTECT, related_name="+")
    planned_on = models.DateField(_("planned for"))
    tools = models.CharField(_("tools and equipment"), max_length=300, blank=True)
    free = models.BooleanField(default=False)
    scheduled_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    detection = models.TextField(_("detection"), blank=True)
    work = models.TextField(_("work done"), blank=True)
    cause = models.TextField(_("cause of the failure"), blank=True)
    finished_at = models.DateTimeField(null=True)
    finished_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    response = models.PositiveSmallIntegerField(_("response"), null=True)
    effect = models.PositiveSmallIntegerField(_("effect"), null=True)
    attitude = models.PositiveSmallIntegerField(_("attitude"), null=True)

    class Meta:
        indexes = [models.Index(F("repairer"), name="repair_repairer", condition=Q(finished_at__isnull=True))]
        constraints = [
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | ~Q(cause="") & ~Q(work="") & Q(started_at__isnull=False),
                name="repair_finished_says_what_and_why",
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__gte": 1, f"{name}__lte": 5}),
                    name=f"repair_{name}_1_5",
                )
                for name in ("response", "effect", "attitude")
            ),
        ]

    def __str__(self) -> str:
        return self.number


class RepairNote(models.Model):
    """One piece of progress: work done with its minutes, or a part that was put in."""

    class Kind(models.TextChoices):
        WORK = "work", pgettext_lazy("repair note", "Work")
        PART = "part", pgettext_lazy("repair note", "Part")

    order = models.ForeignKey(RepairOrder, models.PROTECT, related_name="notes")
    kind = models.CharField(max_length=4, choices=Kind.choices)
    text = models.CharField(max_length=300)
    quantity = models.DecimalField(max_digits=9, decimal_places=2, default=Decimal(1))
    minutes = models.PositiveSmallIntegerField(null=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="repair_note_some")]

    def __str__(self) -> str:
        return self.text
