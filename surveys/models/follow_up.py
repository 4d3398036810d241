"""What follows an answer: somebody looks into it (SUR-26, SUR-27, RES-15)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from cases.models import Hold
from customers.rights import withheld_from
from organization.models import Department, User
from organization.moments import start_of
from organization.queries import Identity
from surveys.models.response import Response
from surveys.models.survey import thread_of
from surveys.rights import watches


class FollowUpQuerySet(models.QuerySet["FollowUp"]):
    """Conditions on follow-ups; every read starts from ``visible_to``."""

    def visible_to(self, who: Identity) -> FollowUpQuerySet:
        """One's own, those of departments that one heads, and all for who watches over them; never of a case that bars
        the person.
        """
        condition, withheld = Q(), set(withheld_from(who))
        for person in who.acting:
            barred = sorted({-who.user_id, -person.user_id} | withheld)
            mine = ~Q(response__case__barred__overlap=barred)
            if not watches(person):
                mine &= Q(owner=person.user_id) | Q(department__in=sorted(person.headed))
            condition |= mine
        return self.filter(condition)

    def open(self) -> FollowUpQuerySet:
        """Not ended."""
        return self.filter(state__in=["open", "proposed"])

    def to_alert(self, now: datetime) -> FollowUpQuerySet:
        """Open ones of which somebody is to be told by now."""
        return self.open().filter(next_alert_at__lte=now)


class FollowUp(models.Model):
    """One matter of one response: a dissatisfied item, each by itself, a remark, or that it is not solved.

    It has an owner and a date; it ends with what was found and done, or with the case reopened, which the hub confirms.
    """

    class Reason(models.TextChoices):
        """What it is about."""

        LOW = "low", pgettext_lazy("follow-up", "Dissatisfied")
        REMARK = "remark", pgettext_lazy("follow-up", "Opinion or suggestion")
        GRADE = "grade", pgettext_lazy("follow-up", "Graded as dissatisfied")
        UNSOLVED = "unsolved", pgettext_lazy("follow-up", "Not solved")

    class State(models.TextChoices):
        """Where it stands."""

        OPEN = "open", pgettext_lazy("follow-up", "To be looked into")
        PROPOSED = "proposed", pgettext_lazy("follow-up", "Reopening proposed")
        DONE = "done", pgettext_lazy("follow-up", "Done")
        REOPENED = "reopened", pgettext_lazy("follow-up", "Case reopened")

    response = models.ForeignKey(Response, models.PROTECT, related_name="follow_ups")
    item = models.CharField(max_length=40, blank=True, db_collation="C")
    reason = models.CharField(max_length=10, choices=Reason.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    owner = models.ForeignKey(User, models.PROTECT, related_name="+")
    department = models.ForeignKey(Department, models.PROTECT, null=True, related_name="+")
    opened_at = models.DateTimeField()
    due_on = models.DateField()
    #: When somebody is told next that it is due, and how often somebody was.
    next_alert_at = models.DateTimeField(null=True)
    alerts = models.PositiveSmallIntegerField(default=0)
    hold = models.OneToOneField(Hold, models.PROTECT, null=True, related_name="+")
    cause = models.TextField(blank=True)
    result = models.TextField(blank=True)
    proposal = models.CharField(max_length=500, blank=True)
    refused_reason = models.CharField(max_length=500, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    objects: ClassVar[models.Manager[FollowUp]] = FollowUpQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["response", "item", "reason"], name="one_follow_up_per_matter"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "proposed"], ended_at__isnull=True)
                | Q(state__in=["done", "reopened"], ended_at__isnull=False),
                name="follow_up_ended_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | ~Q(cause="") & ~Q(result=""), name="follow_up_done_says_why_and_what"
            ),
        ]
        indexes = [
            models.Index(F("owner"), F("due_on"), name="follow_up_owner", condition=Q(state__in=["open", "proposed"])),
            models.Index(F("due_on"), F("id"), name="follow_up_open", condition=Q(state__in=["open", "proposed"])),
            models.Index(F("next_alert_at"), F("id"), name="follow_up_alert", condition=Q(next_alert_at__isnull=False)),
            models.Index(F("due_on"), F("id"), name="follow_up_ended", condition=Q(state__in=["done", "reopened"])),
        ]

    def __str__(self) -> str:
        return f"{self.response_id} {self.item}"

    @property
    def thread(self) -> str:
        """Name of the history of all that was asked about the case."""
        return thread_of(self.response.case_id)

    @property
    def due_at(self) -> datetime:
        """The moment from which it is overdue: its day is over."""
        return start_of(self.due_on + timedelta(days=1))

    @property
    def is_open(self) -> bool:
        """Not ended."""
        return self.state in {self.State.OPEN, self.State.PROPOSED}
