"""A survey that runs, and whom it asked."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from cases.models import Case
from customers.rights import withheld_from
from organization.models import User
from organization.queries import Identity
from surveys.models.questionnaire import QuestionnaireVersion


class Survey(models.Model):
    """Asking after closed cases with one version of a questionnaire, from when it was switched on until it was stopped.

    What was closed before ``asks_since`` is never asked. A running survey keeps its version; another version is
    another survey.
    """

    class Kind(models.TextChoices):
        """Who asks: the customer answers by a link, or the callback desk telephones."""

        LINK = "link", pgettext_lazy("survey", "By link after closing")
        CALLBACK = "callback", pgettext_lazy("survey", "By telephone, a quota")

    kind = models.CharField(max_length=8, choices=Kind.choices)
    version = models.ForeignKey(QuestionnaireVersion, models.PROTECT, related_name="surveys")
    started_at = models.DateTimeField()
    #: Closed from here on: its own start, or that of the survey that it replaced.
    asks_since = models.DateTimeField()
    started_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    stopped_at = models.DateTimeField(null=True)
    stopped_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    #: What was closed up to here has been looked at; an hour before it is looked at again.
    swept_until = models.DateTimeField()

    class Meta:
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["kind"], condition=Q(stopped_at__isnull=True), name="one_survey_of_a_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.version}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Conditions on invitations; every page starts from ``visible_to``."""

    def visible_to(self, who: Identity) -> InvitationQuerySet:
        """Those that who watches over surveys may see: not of a case that bars the person (RTE-18)."""
        barred = {-who.user_id, *(-person.user_id for person in who.acting)} | set(withheld_from(who))
        return self.exclude(case__barred__overlap=sorted(barred))


class Invitation(models.Model):
    """The customer of one closed round, asked by a single-use link; or why he or she was not asked.

    ``to`` is a keyed digest of the address, by which nobody is asked twice within the quiet days; the link's own secret
    is made when it is sent, and found by ``key``.
    """

    class State(models.TextChoices):
        """Where it stands."""

        OPEN = "open", pgettext_lazy("invitation", "Not answered yet")
        ANSWERED = "answered", pgettext_lazy("invitation", "Answered")
        EXPIRED = "expired", pgettext_lazy("invitation", "Not answered in time")
        WITHDRAWN = "withdrawn", pgettext_lazy("invitation", "Withdrawn")
        LEFT_OUT = "left_out", pgettext_lazy("invitation", "Not asked")

    class Why(models.TextChoices):
        """Why somebody was not asked, or no longer."""

        NO_ADDRESS = "no_address", pgettext_lazy("invitation", "no address to write to")
        REFUSED = "refused", pgettext_lazy("invitation", "does not want to be asked")
        RESTRICTED = "restricted", pgettext_lazy("invitation", "the use of the data is restricted")
        QUIET = "quiet", pgettext_lazy("invitation", "was asked not long ago")
        REOPENED = "reopened", pgettext_lazy("invitation", "the case was reopened")
        STOPPED = "stopped", pgettext_lazy("invitation", "the survey was stopped")
        CALLED = "called", pgettext_lazy("invitation", "is asked by telephone")
        ANSWERED = "answered", pgettext_lazy("invitation", "has answered in another way")

    survey = models.ForeignKey(Survey, models.PROTECT, related_name="invitations")
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    round = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    why = models.CharField(max_length=12, choices=Why.choices, blank=True)
    key = models.CharField(max_length=64, unique=True, null=True)
    to = models.CharField(max_length=64, blank=True)
    invited_at = models.DateTimeField()
    deadline_at = models.DateTimeField()
    remind_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Invitation]] = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "round"], name="one_invitation_per_round"),
            models.CheckConstraint(
                condition=Q(state="open", ended_at__isnull=True) | ~Q(state="open") & Q(ended_at__isnull=False),
                name="invitation_ended_has_time",
            ),
        ]
        indexes = [
            models.Index(F("remind_at"), name="invitation_remind", condition=Q(state="open", remind_at__isnull=False)),
            models.Index(F("deadline_at"), name="invitation_deadline", condition=Q(state="open")),
            models.Index(F("to"), F("invited_at"), name="invitation_to", condition=~Q(to="")),
            models.Index(F("survey"), F("state"), name="invitation_survey"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} round {self.round}"

    @property
    def thread(self) -> str:
        """Name of the history of all that was asked about the case."""
        return thread_of(self.case_id)

    def may_be_answered(self, now: datetime) -> bool:
        """Whether the link still takes an answer."""
        return self.state == self.State.OPEN and now <= self.deadline_at


def thread_of(case: int) -> str:
    """Name of the history of all that was asked about a case, and answered."""
    return f"survey:{case}"
