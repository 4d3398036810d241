"""The callback desk: what is to be called in a quarter, and each attempt (SUR-14, SUR-15, F73)."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from cases.models import Case
from customers.rights import withheld_from
from organization.models import User
from organization.queries import Identity
from surveys.models.survey import Survey, thread_of


class Draw(models.Model):
    """The drawing of one severity level in one quarter.

    ``closed`` cases of the level were closed in the quarter when it was last looked at; ``required`` of them are to be
    called, rounded up (FX-05). Which ones is drawn by ``seed``: whoever knows it draws the same again.
    """

    survey = models.ForeignKey(Survey, models.PROTECT, related_name="draws")
    quarter = models.DateField(help_text="Its first day.")
    level = models.CharField(max_length=2)
    percent = models.DecimalField(max_digits=5, decimal_places=2)
    seed = models.BigIntegerField()
    closed = models.PositiveIntegerField(default=0)
    required = models.PositiveIntegerField(default=0)
    drawn_at = models.DateTimeField()

    class Meta:
        ordering = ["-quarter", "level"]
        constraints = [
            models.UniqueConstraint(fields=["survey", "quarter", "level"], name="one_draw_per_quarter_and_level")
        ]

    def __str__(self) -> str:
        return f"{self.quarter} {self.level}"


class CallbackQuerySet(models.QuerySet["Callback"]):
    """Conditions on callbacks; every read starts from ``for_caller``, or from ``readable_by`` where nobody calls."""

    def readable_by(self, who: Identity) -> CallbackQuerySet:
        """Those whose case does not bar the person, nor anybody he or she deputises for (RTE-18)."""
        people = {-one.user_id for one in who.acting}
        return self.exclude(case__barred__overlap=sorted(people | withheld_from(who)))

    def for_caller(self, who: Identity) -> CallbackQuerySet:
        """Those that somebody may call: not of a case the person worked on or is barred from (SUR-15, RTE-18)."""
        return self.readable_by(who).exclude(barred__overlap=[one.user_id for one in who.acting])

    def free_for(self, user: int | None, now: datetime) -> CallbackQuerySet:
        """Those that no colleague is making just now; one's own are free for oneself."""
        return self.filter(Q(taken_by=None) | Q(taken_until__lte=now) | Q(taken_by=user))


class Callback(models.Model):
    """One closed round that was drawn to be called."""

    class State(models.TextChoices):
        """Where it stands; only ``DONE`` counts for the quota, an unreachable one is replaced by a further draw."""

        WAITING = "waiting", pgettext_lazy("callback", "To be called")
        DONE = "done", pgettext_lazy("callback", "Called")
        UNREACHABLE = "unreachable", pgettext_lazy("callback", "Not reached")
        REFUSED = "refused", pgettext_lazy("callback", "Did not want to answer")
        WITHDRAWN = "withdrawn", pgettext_lazy("callback", "Withdrawn")

    draw = models.ForeignKey(Draw, models.PROTECT, related_name="callbacks")
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    round = models.PositiveSmallIntegerField()
    n = models.PositiveIntegerField(help_text="The how manieth of its draw.")
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    drawn_at = models.DateTimeField()
    next_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    taken_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    taken_at = models.DateTimeField(null=True)
    #: From then on a colleague may take it, who has not been told of a result.
    taken_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    #: People who worked on the case; none of them calls (SUR-15).
    barred = ArrayField(models.IntegerField(), default=list)

    objects: ClassVar[models.Manager[Callback]] = CallbackQuerySet.as_manager()

    class Meta:
        ordering = ["next_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["case", "round"], name="one_callback_per_round"),
            models.UniqueConstraint(fields=["draw", "n"], name="one_callback_number"),
            models.CheckConstraint(
                condition=Q(state="waiting", ended_at__isnull=True) | ~Q(state="waiting") & Q(ended_at__isnull=False),
                name="callback_ended_has_time",
            ),
            models.CheckConstraint(
                condition=Q(taken_by__isnull=True, taken_until__isnull=True)
                | Q(taken_by__isnull=False, taken_until__isnull=False)
                | ~Q(state="waiting"),
                name="callback_taken_has_end",
            ),
        ]
        indexes = [
            models.Index(F("next_at"), F("id"), name="callback_queue", condition=Q(state="waiting")),
            models.Index(F("draw"), F("state"), name="callback_of_draw"),
        ]

    def __str__(self) -> str:
        return f"{self.draw} {self.n}"

    @property
    def thread(self) -> str:
        """Name of the history of all that was asked about the case."""
        return thread_of(self.case_id)

    def holder(self, now: datetime) -> User | None:
        """Who is making this call just now; None where nobody has taken it, or it was left lying."""
        return self.taken_by if self.taken_until is not None and now < self.taken_until else None


class Attempt(models.Model):
    """One call: who, when, what came of it."""

    class Result(models.TextChoices):
        """What came of a call. After so many that reached nobody, the callback ends as unreachable."""

        REACHED = "reached", pgettext_lazy("call", "Reached, answered")
        LATER = "later", pgettext_lazy("call", "Asked to be called later")
        NO_ANSWER = "no_answer", pgettext_lazy("call", "Nobody answered")
        BUSY = "busy", pgettext_lazy("call", "Busy")
        OFF = "off", pgettext_lazy("call", "Switched off or out of reach")
        WRONG = "wrong", pgettext_lazy("call", "Wrong or empty number")
        REFUSED = "refused", pgettext_lazy("call", "Does not want to answer")

    callback = models.ForeignKey(Callback, models.PROTECT, related_name="calls")
    n = models.PositiveSmallIntegerField()
    result = models.CharField(max_length=10, choices=Result.choices)
    note = models.CharField(max_length=500, blank=True)
    next_at = models.DateTimeField(null=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["n"]
        constraints = [models.UniqueConstraint(fields=["callback", "n"], name="one_attempt_number")]

    def __str__(self) -> str:
        return f"{self.callback_id}: {self.result}"
