"""An issued report: a period, frozen in one snapshot, with number, author, approval and version (RPT-05, RPT-21)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from organization.models import User
from organization.queries import Identity
from reports.periods import Period

#: Issued reports are Chinese, whoever asked for them: they are signed, printed and handed on.
LANGUAGE = "zh-hans"


class ReportQuerySet(models.QuerySet["Report"]):
    """Conditions on reports; every read starts from ``visible_to``."""

    def visible_to(self, who: Identity) -> ReportQuerySet:
        """All for who reads reports, drafts too; approved ones that were sent to the person."""
        from reports.rights import has

        if has(who, "read_reports"):
            return self.all()
        people = [person.user_id for person in who.acting]
        sent = ReportCopy.objects.filter(report=OuterRef("pk"), user__in=people)
        return self.filter(Exists(sent), state="approved")


class Report(models.Model):
    """What happened in a period, counted once and never changed; a correction is the next version.

    ``since`` and ``until`` are its first and last day in the organisation's zone. ``tables`` holds every table as the
    page, the PDF, the workbook and the API show it; the records behind its figures are the rows of ``Fact``.
    """

    class Kind(models.TextChoices):
        """How long it reaches."""

        MONTH = "month", pgettext_lazy("report", "Monthly report")
        QUARTER = "quarter", pgettext_lazy("report", "Quarterly report")
        PERIOD = "period", pgettext_lazy("report", "Report of a period")

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting", pgettext_lazy("report", "Waiting")
        RUNNING = "running", pgettext_lazy("report", "Being built")
        DRAFT = "draft", pgettext_lazy("report", "To be approved")
        APPROVED = "approved", pgettext_lazy("report", "Approved")
        FAILED = "failed", pgettext_lazy("report", "Failed")

    number = models.CharField(max_length=20, unique=True, db_collation="C")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    since = models.DateField()
    until = models.DateField()
    version = models.PositiveSmallIntegerField(default=1)
    corrects = models.OneToOneField("self", models.PROTECT, null=True, related_name="corrected_by")
    reason = models.CharField(max_length=500, blank=True, help_text="Why it was built once more.")

    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    asked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    snapshot_at = models.DateTimeField(null=True)
    tables: models.JSONField[Any, Any] = models.JSONField(default=dict)

    approved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    opinion = models.CharField(max_length=500, blank=True)

    objects: ClassVar[models.Manager[Report]] = ReportQuerySet.as_manager()

    class Meta:
        ordering = ["-since", "-id"]
        indexes = [
            models.Index(F("since").desc(), F("id").desc(), name="report_newest"),
            models.Index(F("id"), name="report_pending", condition=Q(state__in=["waiting", "running"])),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(since__lte=F("until")), name="report_begins_before_it_ends"),
            models.UniqueConstraint(fields=["kind", "since", "until", "version"], name="one_report_of_a_version"),
            models.CheckConstraint(
                condition=~Q(state="approved") | Q(approved_at__isnull=False, approved_by__isnull=False),
                name="report_approved_has_person_and_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["draft", "approved"]) | Q(snapshot_at__isnull=False),
                name="report_built_has_snapshot",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def thread(self) -> str:
        """Name of the report's history."""
        return f"report:{self.pk}"

    @property
    def period(self) -> Period:
        """The days it is about."""
        return Period(self.kind, self.since, self.until)

    @property
    def title(self) -> str:
        """What it is called in sentences and on its cover."""
        return _("%(period)s %(kind)s") % {"period": self.period.label, "kind": self.get_kind_display()}

    @property
    def is_issued(self) -> bool:
        """Whether its figures stand."""
        return self.state in {self.State.DRAFT, self.State.APPROVED}


class ReportCopy(models.Model):
    """Somebody on the distribution list: when it was sent, and when it was first opened."""

    report = models.ForeignKey(Report, models.PROTECT, related_name="copies")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    sent_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["report", "user"], name="one_copy_a_person")]

    def __str__(self) -> str:
        return f"{self.report_id} for {self.user_id}"
