"""The sums that the dashboard reads: what each case adds to each day, those of a day, and how far they are counted.

``NULL`` is nothing counted: a row of a case holds two or three figures out of the many, and takes no room for the rest.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from cases.models import Case, Category, Channel, Kind
from organization.models import Department, Product


class Counts(models.Model):
    """What is counted, each at the day on which it happened; the meanings are those of ``reports.facts``.

    A limit counts at the day on which it was first due: kept, kept but recorded late, or late. ``answers`` and
    ``satisfied`` are sums over answered questionnaires (``responses``).
    """

    received = models.IntegerField(null=True)
    repeated = models.IntegerField(null=True)
    reopened = models.IntegerField(null=True)
    handled = models.IntegerField(null=True)
    closed = models.IntegerField(null=True)
    sent = models.IntegerField(null=True)
    returned = models.IntegerField(null=True)
    answered = models.IntegerField(null=True)
    acknowledgement_kept = models.IntegerField(null=True)
    acknowledgement_recorded_late = models.IntegerField(null=True)
    acknowledgement_late = models.IntegerField(null=True)
    on_site_kept = models.IntegerField(null=True)
    on_site_recorded_late = models.IntegerField(null=True)
    on_site_late = models.IntegerField(null=True)
    resolution_kept = models.IntegerField(null=True)
    resolution_recorded_late = models.IntegerField(null=True)
    resolution_late = models.IntegerField(null=True)
    receipt_kept = models.IntegerField(null=True)
    receipt_recorded_late = models.IntegerField(null=True)
    receipt_late = models.IntegerField(null=True)
    task_kept = models.IntegerField(null=True)
    task_recorded_late = models.IntegerField(null=True)
    task_late = models.IntegerField(null=True)
    responses = models.IntegerField(null=True)
    answers = models.IntegerField(null=True)
    satisfied = models.IntegerField(null=True)

    class Meta:
        abstract = True


#: The names of what is counted, in the order of the columns.
COUNTED = tuple(field.name for field in Counts._meta.local_fields)
#: By what the received cases of a day are cut once more.
CUTS = ("category", "kind", "channel", "product")


class CaseDay(Counts):
    """What one case adds to the sums of one day and department.

    It makes a changed case cheap to count again (what it added before is known), takes the cases in which a reader is
    barred out of the sums, and leads from a figure back to its cases. ``judge_at`` is when a running limit of that day
    is first due: from then on it is late though nobody did anything. The cuts stand in the row of the day it was
    received. Nothing else refers to these rows, and every night they are counted anew: no foreign keys in the database.
    """

    case = models.ForeignKey(Case, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    day = models.DateField()
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    judge_at = models.DateTimeField(null=True)
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    kind = models.ForeignKey(Kind, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False)
    channel = models.ForeignKey(
        Channel, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        indexes = [
            models.Index(F("day"), F("department"), name="caseday_day"),
            models.Index(F("judge_at"), name="caseday_to_judge", condition=Q(judge_at__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["case", "day", "department"], name="one_caseday", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"{self.case_id} on {self.day}"


class Span(models.TextChoices):
    """How far a row of sums reaches: a year is read from twelve rows, the whole house from one of each.

    Of a department, or of no department where it is null: day and month. Of all of them together: the other two.
    """

    DAY = "day"
    MONTH = "month"
    HOUSE_DAY = "house_day"
    HOUSE_MONTH = "house_month"


class Daily(Counts):
    """The sums of one day and department, and those of its month; ``day`` is the first of a month's."""

    span = models.CharField(max_length=12, choices=Span.choices)
    day = models.DateField()
    department = models.ForeignKey(Department, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["span", "day", "department"], name="one_daily", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.department_id}"


class DailyCut(models.Model):
    """The received cases of one day, or month, and department by category, kind, channel or product.

    ``key`` is the number of the category, kind, channel or product.
    """

    span = models.CharField(max_length=12, choices=Span.choices)
    day = models.DateField()
    department = models.ForeignKey(Department, models.PROTECT, null=True, related_name="+", db_index=False)
    cut = models.CharField(max_length=8, choices=[(cut, cut) for cut in CUTS])
    key = models.BigIntegerField(null=True)
    received = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["span", "cut", "day", "department", "key"], name="one_daily_cut", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.cut} {self.key}"


class Counting(models.Model):
    """How far the sums are counted; one row. Whoever counts holds its lock.

    ``counted_at``: what happened until then is in them. ``recounted_to``: the case up to which the running count of
    everything has come, 0 when none is running; ``recounted_at``: when the last one was finished, None before the
    first; ``corrected``: how many sums it had to put right.
    """

    counted_at = models.DateTimeField(null=True)
    recounted_to = models.BigIntegerField(default=0)
    recounted_at = models.DateTimeField(null=True)
    corrected = models.IntegerField(default=0)

    objects: ClassVar[models.Manager[Counting]]

    def __str__(self) -> str:
        return f"until {self.counted_at}"

    @property
    def is_ready(self) -> bool:
        """Whether everything was counted once."""
        return self.recounted_at is not None

    def age(self, now: datetime) -> float | None:
        """Seconds since which nothing was counted; None before the first time."""
        return (now - self.counted_at).total_seconds() if self.counted_at else None
