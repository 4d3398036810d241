"""Customers from tables of other systems: the upload, its rows until they are in, and the numbers they had there."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models.people import Customer, CustomerType
from documents.models import File
from organization.models import User


class ImportState(models.TextChoices):
    """How far an import has come."""

    NEW = "new", pgettext_lazy("import", "Columns to be named")
    CHECKING = "checking", pgettext_lazy("import", "Being checked")
    CHECKED = "checked", pgettext_lazy("import", "Checked")
    RUNNING = "running", pgettext_lazy("import", "Coming in")
    FINISHED = "finished", pgettext_lazy("import", "Finished")


class CustomerImport(models.Model):
    """One table of customers, from its upload to its end.

    ``file`` holds the bytes until the rows are in, ``mapping`` says which columns (by their places) fill which field.
    ``staged`` is set when all rows stand in ``ImportLine``; ``turn`` and ``position`` say how far the present walk over
    them is: organisations first, because people belong to them. ``problem`` is the sentence for which it stopped.
    """

    number = models.CharField(max_length=20, unique=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    file = models.ForeignKey(File, models.PROTECT, null=True, related_name="+")
    file_name = models.CharField(max_length=255)
    sheets = ArrayField(models.CharField(max_length=64), default=list)
    sheet = models.CharField(max_length=64, blank=True)
    header = ArrayField(models.TextField(), default=list)
    samples = models.JSONField(default=list)
    notes = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)
    system = models.CharField(max_length=40, blank=True)
    default_type = models.CharField(max_length=12, choices=CustomerType.choices, default=CustomerType.PERSON)
    class_reason = models.CharField(max_length=300, blank=True)
    all_or_nothing = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=ImportState.choices, default=ImportState.NEW)
    staged = models.BooleanField(default=False)
    turn = models.PositiveSmallIntegerField(default=0)
    position = models.BigIntegerField(default=0)
    rows_read = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    rows_created = models.PositiveIntegerField(default=0)
    rows_changed = models.PositiveIntegerField(default=0)
    rows_same = models.PositiveIntegerField(default=0)
    rows_refused = models.PositiveIntegerField(default=0)
    problem = models.TextField(blank=True)
    created_at = models.DateTimeField(db_index=True)
    moved_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ImportState.values), name="customer_import_state_known"),
        ]
        indexes = [
            models.Index(F("moved_at"), name="customer_import_at_work", condition=Q(state__in=["checking", "running"])),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def thread(self) -> str:
        """Where its history stands."""
        return f"customer_import:{self.pk}"

    @property
    def is_at_work(self) -> bool:
        """Whether the worker has something to do with it."""
        return self.state in {ImportState.CHECKING, ImportState.RUNNING}

    @property
    def is_over(self) -> bool:
        """Whether all its rows are in, or refused."""
        return self.state == ImportState.FINISHED

    @property
    def may_run(self) -> bool:
        """Whether a person may now let its rows in."""
        wanted = self.rows_created + self.rows_changed
        return self.state == ImportState.CHECKED and bool(wanted) and not (self.all_or_nothing and self.rows_refused)


class ImportLine(models.Model):
    """One row of such a table as text, until it is in; a refused one stays with the reason, to be corrected.

    ``row`` is its number in the file. ``barred`` marks what the check found against it within the file itself.
    """

    imported = models.ForeignKey(CustomerImport, models.CASCADE, related_name="lines")
    row = models.PositiveIntegerField()
    values = ArrayField(models.TextField())
    notes = models.TextField(blank=True)
    message = models.TextField(blank=True)
    barred = models.BooleanField(default=False)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(F("imported"), F("id"), name="import_line_order"),
            models.Index(F("imported"), F("id"), name="import_line_refused", condition=~Q(message="")),
        ]

    def __str__(self) -> str:
        return f"{self.imported_id}:{self.row}"


class ImportMapping(models.Model):
    """What the columns of a table meant the last time, for the next one with the same titles."""

    digest = models.CharField(max_length=64, unique=True)
    mapping = models.JSONField(default=dict)
    system = models.CharField(max_length=40, blank=True)
    default_type = models.CharField(max_length=12, choices=CustomerType.choices, default=CustomerType.PERSON)
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.digest[:12]


class ExternalNumber(models.Model):
    """The number of a customer in another system (客户编号), by which its row is known again."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="external_numbers")
    system = models.CharField(max_length=40, blank=True)
    number = models.CharField(max_length=80, db_collation="C")

    class Meta:
        verbose_name = _("number in another system")
        constraints = [models.UniqueConstraint(fields=["system", "number"], name="external_number_once")]

    def __str__(self) -> str:
        return self.number
