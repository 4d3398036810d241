"""Profile versions, the clock that everything owed by a date is, and approvals."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from organization.models import Product, Site, User
from regulations import document as documents
from regulations.document import P, Part, TimesPart


class Profile(models.Model):
    """A regulation profile (制度方案): the name under which versions are published."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=60)

    def __str__(self) -> str:
        return self.name


class ProfileVersion(models.Model):
    """One published state of a profile; immutable by trigger (GEN-02, SEC-11)."""

    profile = models.ForeignKey(Profile, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    document = models.JSONField()
    published_at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True)
    reason = models.CharField(max_length=500)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["profile", "number"], name="one_version_number")]

    def __str__(self) -> str:
        return f"{self.profile} v{self.number}"

    def part(self, of: type[P]) -> P:
        """One typed part of the document; parsed once a process, for the row never changes."""
        found = _parsed(self.pk, self.published_at, of)
        assert isinstance(found, of)  # noqa: S101 - a cached function loses its type
        return found

    @property
    def times(self) -> TimesPart:
        """Calendar, limits and ladder."""
        return self.part(TimesPart)


@lru_cache(maxsize=512)
def _parsed(pk: int, _published_at: datetime, of: type[Part]) -> Part:
    return documents.parse_part(of, ProfileVersion.objects.values_list("document", flat=True).get(pk=pk))


class ProfileUse(models.Model):
    """Where a profile applies: a site, then a business line, then (both empty) everywhere else."""

    profile = models.ForeignKey(Profile, models.PROTECT, related_name="uses")
    site = models.ForeignKey(Site, models.PROTECT, null=True, blank=True)
    line = models.ForeignKey(Product, models.PROTECT, null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site"], condition=Q(site__isnull=False), name="one_profile_per_site"),
            models.UniqueConstraint(fields=["line"], condition=Q(line__isnull=False), name="one_profile_per_line"),
            models.CheckConstraint(condition=Q(site__isnull=True) | Q(line__isnull=True), name="site_or_line"),
        ]

    def __str__(self) -> str:
        return f"{self.profile}: {self.site or self.line or '*'}"


C = TypeVar("C", bound="Clock")


class ClockQuerySet(models.QuerySet[C]):
    """Conditions on clocks."""

    def running(self) -> ClockQuerySet[C]:
        """Neither met nor stopped."""
        return self.filter(met_at__isnull=True, stopped_at__isnull=True)

    def to_alert(self, now: datetime) -> ClockQuerySet[C]:
        """Running clocks whose next warning, breach or rung is due."""
        return self.running().filter(next_alert_at__lte=now)


class Clock(models.Model):
    """Something owed by a date on a record; concrete per room (SLA-01..04).

    ``due_at`` is the promise as it stands, ``first_due_at`` the one that decides the breach
    when more time was granted. ``breached_at`` is the due time that passed, not the moment a
    sweep noticed. A breach is never taken back; ``met_recorded_late`` says that a late record shows
    that the limit was kept.
    """

    kind = models.CharField(max_length=20)
    policy = models.JSONField(help_text="The limit as applied: amount, unit, start, end, warn.")
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    first_due_at = models.DateTimeField()
    earlier_dues = models.JSONField(default=list, help_text="What the due time was before, when and why it changed.")
    provisional = models.BooleanField(default=False)
    next_alert_at = models.DateTimeField(null=True)
    level = models.PositiveSmallIntegerField(default=0, help_text="How many alerts were given: 1 is the warning.")
    met_at = models.DateTimeField(null=True)
    met_recorded_late = models.BooleanField(default=False)
    stopped_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)
    breach_reason = models.CharField(max_length=500, blank=True)
    by_reclassification = models.BooleanField(default=False)

    class Meta:
        abstract = True

    @property
    def state(self) -> str:
        """One of running, met, breached, stopped; a met clock that had breached says breached."""
        if self.breached_at is not None:
            return "breached"
        if self.met_at is not None:
            return "met"
        return "stopped" if self.stopped_at is not None else "running"

    @property
    def is_running(self) -> bool:
        """Neither met nor stopped."""
        return self.met_at is None and self.stopped_at is None

    @property
    def moved_later(self) -> bool:
        """Whether the last change of the due time gave more time."""
        return bool(self.earlier_dues) and datetime.fromisoformat(self.earlier_dues[-1]["due_at"]) < self.due_at

    def is_overdue(self, now: datetime | None = None) -> bool:
        """Whether the decisive due time has passed while the clock runs."""
        return self.is_running and self.first_due_at <= (now or timezone.now())


class Approval(models.Model):
    """A decision asked of somebody else (the only approval mechanism).

    ``steps`` are the permissions asked, one after the other; a thread may have one open approval
    of a kind. Decisions are rows and are never changed.
    """

    thread = models.CharField(max_length=60)
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=200, blank=True)
    reason = models.TextField()
    steps = models.JSONField()
    details = models.JSONField(default=dict)
    asked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    granted = models.BooleanField(null=True)

    class Meta:
        indexes = [models.Index(F("thread"), name="approval_thread")]
        constraints = [
            models.UniqueConstraint(
                fields=["thread", "kind"], condition=Q(decided_at__isnull=True), name="one_open_approval"
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True, granted__isnull=True)
                | Q(decided_at__isnull=False, granted__isnull=False),
                name="approval_decided_means_granted_or_not",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.thread}"

    #: The mark in ``details`` of a question that was taken back before anybody decided it.
    WITHDRAWN = "withdrawn"

    @property
    def is_withdrawn(self) -> bool:
        """Whether it ended without a decision, because the asker or the end of the matter took it back."""
        return bool(self.details.get(self.WITHDRAWN))

    @property
    def is_open(self) -> bool:
        """Whether a decision is still owed."""
        return self.decided_at is None

    @property
    def next_step(self) -> str:
        """The permission that the next decision needs."""
        steps: list[Any] = self.steps
        return str(steps[self.decisions.count()])


class Decision(models.Model):
    """One signed step of an approval."""

    approval = models.ForeignKey(Approval, models.PROTECT, related_name="decisions")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    granted = models.BooleanField()
    opinion = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.approval}: {self.granted}"
