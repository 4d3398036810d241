"""What people ask of their personal data, what was erased, what must be kept, what is due to go (PIPL 44 to 47)."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.models import Case
from customers.models import Customer
from organization.models import User
from regulations.models import Approval


class Ask(models.TextChoices):
    """What somebody may ask (PIPL 15, 44 to 47)."""

    COPY = "copy", pgettext_lazy("of personal data", "A copy of the data")
    CORRECT = "correct", pgettext_lazy("of personal data", "Correction")
    RESTRICT = "restrict", pgettext_lazy("of personal data", "Restriction: only keep, use no more")
    ERASE = "erase", pgettext_lazy("of personal data", "Erasure")
    WITHDRAW = "withdraw", pgettext_lazy("of personal data", "Withdrawal of consent")


class RequestState(models.TextChoices):
    """How far a request is."""

    OPEN = "open", pgettext_lazy("request about personal data", "to be answered")
    APPROVING = "approving", pgettext_lazy("request about personal data", "waits for approval")
    ERASING = "erasing", pgettext_lazy("request about personal data", "being erased")
    DONE = "done", pgettext_lazy("request about personal data", "done")
    REFUSED = "refused", pgettext_lazy("request about personal data", "refused")


PENDING = (RequestState.OPEN, RequestState.APPROVING, RequestState.ERASING)


class DataRequestQuerySet(models.QuerySet["DataRequest"]):
    """Conditions on requests."""

    def pending(self) -> DataRequestQuerySet:
        """Not answered yet."""
        return self.filter(state__in=PENDING)


class DataRequest(models.Model):
    """Somebody asks what we hold, or that it be corrected, restricted or erased; with a day by which we answer.

    ``customer`` is known when a colleague writes it down; from the tracking page ``case`` is what was open there.
    Nothing is done before somebody has made sure who asks: ``identity`` says how.
    """

    kind = models.CharField(max_length=8, choices=Ask.choices)
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, related_name="+")
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="+")
    words = models.TextField(blank=True)
    channel = models.CharField(max_length=40)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    identity = models.CharField(max_length=300, blank=True)
    checked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.OPEN)
    approval = models.ForeignKey(Approval, models.PROTECT, null=True, related_name="+")
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[DataRequest]] = DataRequestQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "id"]
        indexes = [models.Index(fields=["due_at", "id"], name="data_request_pending", condition=Q(state__in=PENDING))]
        constraints = [
            models.CheckConstraint(
                condition=Q(customer__isnull=False) | Q(case__isnull=False), name="data_request_of_somebody"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[RequestState.DONE, RequestState.REFUSED]) | Q(answered_at__isnull=False),
                name="data_request_answered_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def thread(self) -> str:
        """Where its history stands: with the person it is about."""
        return f"customer:{self.customer_id}" if self.customer_id else f"case:{self.case_id}"

    @property
    def number(self) -> str:
        """As it stands on the copy that is handed over."""
        return f"{self.pk:06d}"

    @property
    def is_pending(self) -> bool:
        """Whether an answer is still owed."""
        return self.state in PENDING

    def is_overdue(self, now: datetime) -> bool:
        """Whether the day of the answer has passed."""
        return self.is_pending and self.due_at <= now


class LegalHold(models.Model):
    """What must be kept, whatever is asked and whatever is due: a lawsuit, an accident, an inquiry (SEC-05)."""

    customer = models.ForeignKey(Customer, models.PROTECT, null=True, related_name="+")
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(_("reason"), max_length=300)
    placed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    placed_at = models.DateTimeField()
    lifted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-placed_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(customer__isnull=False, case__isnull=True) | Q(customer__isnull=True, case__isnull=False),
                name="legal_hold_on_one",
            ),
            models.UniqueConstraint(fields=["customer"], condition=Q(lifted_at=None), name="one_hold_on_a_customer"),
            models.UniqueConstraint(fields=["case"], condition=Q(lifted_at=None), name="one_hold_on_a_case"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id or self.case_id}: {self.placed_at:%Y-%m-%d}"


class Record(models.TextChoices):
    """Types of records that have a time of retention of their own (SEC-04)."""

    CASES = "cases", pgettext_lazy("type of record", "Feedback material")
    COMMUNICATIONS = "communications", pgettext_lazy("type of record", "Communication slips")
    CUSTOMERS = "customers", pgettext_lazy("type of record", "Customer files")


class DestructionState(models.TextChoices):
    """How far a destruction is."""

    LISTED = "listed", pgettext_lazy("destruction", "listed, waits for approval")
    APPROVED = "approved", pgettext_lazy("destruction", "approved, being carried out")
    DONE = "done", pgettext_lazy("destruction", "done")
    REFUSED = "refused", pgettext_lazy("destruction", "refused")


class Destruction(models.Model):
    """A list of records whose time is over, the approval to destroy them, and what came of it (SEC-05).

    ``keys`` are the rows of the list; ``position`` is how many of them were looked at, so that a broken run goes on
    there; ``spared`` are those that had to be kept when their turn came.
    """

    number = models.CharField(max_length=20, unique=True, db_collation="C")
    type = models.CharField(max_length=14, choices=Record.choices)
    ended_before = models.DateTimeField()
    keys = ArrayField(models.BigIntegerField())
    position = models.PositiveIntegerField(default=0)
    spared = ArrayField(models.BigIntegerField(), default=list)
    rows = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=DestructionState.choices, default=DestructionState.LISTED)
    approval = models.ForeignKey(Approval, models.PROTECT, null=True, related_name="+")
    listed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    listed_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-listed_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["type"], condition=Q(state__in=["listed", "approved"]), name="one_destruction_of_a_type"
            )
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def destroyed(self) -> int:
        """How many of the list were destroyed so far."""
        return self.position - len(self.spared)


class Erasure(models.Model):
    """The proof of an erasure: whose rows, how many in each place, and where the person's words still stand.

    Only keys and counts. ``residue`` is null where nobody looked: a process died right after the erasure, and the words
    by which it could be looked for are gone. Also kept outside the database, so that an older backup is erased again.
    """

    request = models.OneToOneField(DataRequest, models.PROTECT, null=True, related_name="erasure")
    customers = ArrayField(models.BigIntegerField())
    cases = ArrayField(models.BigIntegerField())
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    rows = models.JSONField(default=dict)
    residue = models.JSONField(null=True)

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"
