"""What a report counted, one row for each thing, with its dimensions as they stood then (RPT-21)."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F

from cases.models import Case, Category, Channel, Kind
from organization.models import Department, Product, User
from reports.models.report import Report


class Fact(models.Model):
    """One round, clock, assignment, measure, piece of work, return or answer of a report's period.

    ``flags`` say what it counts as; a figure is a filter over them and the dimensions, so that it opens the same
    records for ever. No names and no free text stand here. ``minutes``, ``amount`` (yuan), ``points`` (the raw total of
    an answer), ``answers`` and ``satisfied`` are what is summed.
    """

    class Subject(models.TextChoices):
        """What is counted."""

        ROUND = "round"
        CLOCK = "clock"
        ASSIGNMENT = "assignment"
        MEASURE = "measure"
        WORK = "work"
        RETURN = "return"
        ANSWER = "answer"

    report = models.ForeignKey(Report, models.PROTECT, related_name="facts")
    subject = models.CharField(max_length=10, choices=Subject.choices)
    #: The row's id in its own table.
    row = models.BigIntegerField()
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="+")
    round = models.PositiveSmallIntegerField(null=True)
    flags = ArrayField(models.CharField(max_length=40))
    department = models.ForeignKey(Department, models.PROTECT, null=True, related_name="+")
    channel = models.ForeignKey(Channel, models.PROTECT, null=True, related_name="+")
    kind = models.ForeignKey(Kind, models.PROTECT, null=True, related_name="+")
    category = models.ForeignKey(Category, models.PROTECT, null=True, related_name="+")
    product = models.ForeignKey(Product, models.PROTECT, null=True, related_name="+")
    salesperson = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    minutes = models.PositiveIntegerField(null=True)
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    points = models.DecimalField(max_digits=9, decimal_places=2, null=True)
    answers = models.PositiveSmallIntegerField(null=True)
    satisfied = models.PositiveSmallIntegerField(null=True)

    class Meta:
        indexes = [models.Index(F("report"), F("subject"), F("id"), name="fact_report")]

    def __str__(self) -> str:
        return f"{self.subject} {self.row} in {self.report_id}"
