"""Answers: one response with its items, and the sums that result pages read."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.models import Case
from cases.models.intake import Severity, full_reading
from customers.models import Customer
from customers.rights import withheld_from
from organization.models import Department, Product, User
from organization.queries import Identity
from surveys.models.callback import Callback
from surveys.models.questionnaire import QuestionnaireVersion
from surveys.models.survey import Invitation, thread_of
from surveys.rights import watches
from surveys.scores import SATISFIED_FROM, Score

#: The constraint by which a round is settled by one answer, whoever is quicker.
ONE_SETTLING = "one_settling_response_per_round"


class ResponseQuerySet(models.QuerySet["Response"]):
    """Conditions on responses; every read starts from ``visible_to``."""

    def visible_to(self, who: Identity) -> ResponseQuerySet:
        """Those about cases that one reads in full, and all for who watches over the results; never of a case that
        bars the person. Whoever only follows a case as its first-asked reads no answers about it.
        """
        condition = Q(pk__in=[])
        for person in who.acting:
            barred = sorted({-who.user_id, -person.user_id} | set(withheld_from(who)))
            reads = Q() if watches(person) else full_reading(person, "case__")
            condition |= ~Q(case__barred__overlap=barred) & reads
        return self.filter(condition)

    def settling(self) -> ResponseQuerySet:
        """Those after which nobody is asked any more: not what staff collected, not what is not genuine."""
        return self.exclude(source="collected").exclude(genuine="doubtful")

    def counting(self) -> ResponseQuerySet:
        """Those that stand in results: not doubtful ones (SUR-21)."""
        return self.exclude(genuine="doubtful")


class Response(models.Model):
    """One filled questionnaire about one closed round.

    ``source`` says how it came; what the house filled in or collected itself is marked and, unless the callback desk
    did it, left out of personal appraisal (SUR-17, SUR-45, A-50). Department, person, product and level are those of
    the round when it was answered, so that later changes move no figure. ``answers``, ``total``, ``satisfied`` are its
    score: raw total over the answers that count (FX-01), satisfied from ``satisfied_from`` on, whatever the profile
    says later (A-11); ``points`` and ``band`` those of a form marked by points.
    """

    class Source(models.TextChoices):
        """How the answers came."""

        LINK = "link", pgettext_lazy("response", "The customer, by link")
        CALLBACK = "callback", pgettext_lazy("response", "Telephone callback")
        PROXY = "proxy", pgettext_lazy("response", "Asked and filled in on behalf")
        COLLECTED = "collected", pgettext_lazy("response", "Paper form, collected by staff")

    class Band(models.TextChoices):
        """The grade of a form marked by points (SUR-25)."""

        SATISFIED = "satisfied", pgettext_lazy("band", "Satisfied")
        BASIC = "basic", pgettext_lazy("band", "Basically satisfied")
        DISSATISFIED = "dissatisfied", pgettext_lazy("band", "Dissatisfied")

    class Genuine(models.TextChoices):
        """Whether somebody looked whether it is authentic (SUR-21); doubtful ones count nowhere."""

        UNCHECKED = "unchecked", pgettext_lazy("response", "Not checked")
        GENUINE = "genuine", pgettext_lazy("response", "Checked, genuine")
        DOUBTFUL = "doubtful", pgettext_lazy("response", "Not genuine")

    version = models.ForeignKey(QuestionnaireVersion, models.PROTECT, related_name="responses")
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    round = models.PositiveSmallIntegerField()
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, related_name="+")
    source = models.CharField(max_length=10, choices=Source.choices)
    invitation = models.OneToOneField(Invitation, models.PROTECT, null=True, related_name="response")
    callback = models.OneToOneField(Callback, models.PROTECT, null=True, related_name="response")
    submission_key = models.UUIDField(null=True, unique=True)
    submitted_at = models.DateTimeField()
    entered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    asked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    situation = models.CharField(_("situation"), max_length=120, blank=True)
    said_by = models.CharField(_("who answered"), max_length=100, blank=True)
    has_remark = models.BooleanField(default=False)
    personal = models.BooleanField(default=True, help_text="Counts in the appraisal of persons (A-50).")

    department = models.ForeignKey(Department, models.PROTECT, null=True, related_name="+")
    person = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    product = models.ForeignKey(Product, models.PROTECT, null=True, related_name="+")
    level = models.CharField(max_length=2, choices=Severity.choices, blank=True)

    answers = models.PositiveSmallIntegerField(default=0)
    total = models.DecimalField(max_digits=7, decimal_places=2, default=0)
    satisfied = models.PositiveSmallIntegerField(default=0)
    satisfied_from = models.DecimalField(max_digits=3, decimal_places=2, default=SATISFIED_FROM)
    points = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    band = models.CharField(max_length=12, choices=Band.choices, blank=True)
    solved = models.BooleanField(null=True)
    genuine = models.CharField(max_length=10, choices=Genuine.choices, default=Genuine.UNCHECKED)
    genuine_reason = models.CharField(max_length=500, blank=True)
    checked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    #: Its sums stand in ``Tally``.
    tallied = models.BooleanField(default=False)
    erased_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[models.Manager[Response]] = ResponseQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(F("submitted_at").desc(), F("id").desc(), name="response_newest"),
            models.Index(F("id"), name="response_to_tally", condition=Q(tallied=False)),
            models.Index(F("case"), F("round"), name="response_case"),
            models.Index(F("customer"), name="response_customer"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(source="link", invitation__isnull=False) | ~Q(source="link") & Q(invitation__isnull=True),
                name="response_by_link_has_invitation",
            ),
            models.CheckConstraint(
                condition=Q(source="callback", callback__isnull=False)
                | ~Q(source="callback") & Q(callback__isnull=True),
                name="response_by_callback_has_call",
            ),
            models.CheckConstraint(
                condition=~Q(source__in=["proxy", "collected"]) | Q(asked_by__isnull=False, personal=False),
                name="response_on_behalf_names_asker",
            ),
            models.UniqueConstraint(
                fields=["case", "round"],
                condition=~Q(source="collected") & ~Q(genuine="doubtful"),
                name=ONE_SETTLING,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} round {self.round}"

    @property
    def thread(self) -> str:
        """Name of the history of all that was asked about the case."""
        return thread_of(self.case_id)

    @property
    def score(self) -> Score:
        """What its answers add up to."""
        return Score(self.answers, self.total, self.satisfied)


class Answer(models.Model):
    """What was said to one item: an option, points or words; with a line beside it (SUR-06).

    ``value`` is it on the five-point scale, None where it is not counted. ``first`` is what stood there before a
    correction (SUR-21).
    """

    response = models.ForeignKey(Response, models.CASCADE, related_name="given")
    item = models.CharField(max_length=40, db_collation="C")
    option = models.CharField(max_length=40, blank=True, db_collation="C")
    value = models.DecimalField(max_digits=4, decimal_places=2, null=True)
    comment = models.TextField(blank=True)
    first = models.CharField(max_length=40, blank=True, db_collation="C")
    corrected_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    corrected_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["response", "item"], name="one_answer_per_item")]

    def __str__(self) -> str:
        return f"{self.item}: {self.option}"


class Tally(models.Model):
    """Sums of answers by version, month and department, each cut once more in one way, so that few rows are read.

    ``cut`` "item" has a row for each item; ``item`` "" is the whole form, "#" with a grade counts the forms of that
    grade, their points in ``total``. The other cuts hold the whole form by person (only what counts in personal
    appraisal, A-50), product, level or source; what a row is not cut by is blank in it.
    Written by a sweep from responses that are not ``tallied`` yet; a doubtful or corrected one is taken out again.
    ``n1`` ... ``n5`` count answers by the nearest level; ``total`` adds exact values.
    """

    class Cut(models.TextChoices):
        """By what a row is cut besides version, month and department."""

        ITEM = "item"
        PERSON = "person"
        PRODUCT = "product"
        LEVEL = "level"
        SOURCE = "source"

    version = models.ForeignKey(QuestionnaireVersion, models.PROTECT, related_name="+")
    cut = models.CharField(max_length=8, choices=Cut.choices, default=Cut.ITEM)
    month = models.DateField()
    source = models.CharField(max_length=10, blank=True)
    department = models.ForeignKey(Department, models.PROTECT, null=True, related_name="+")
    person = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    product = models.ForeignKey(Product, models.PROTECT, null=True, related_name="+")
    level = models.CharField(max_length=2, blank=True)
    item = models.CharField(max_length=40, blank=True, db_collation="C")
    responses = models.IntegerField(default=0)
    n5 = models.IntegerField(default=0)
    n4 = models.IntegerField(default=0)
    n3 = models.IntegerField(default=0)
    n2 = models.IntegerField(default=0)
    n1 = models.IntegerField(default=0)
    total = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    satisfied = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "cut", "month", "department", "item", "person", "product", "level", "source"],
                name="one_tally",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.month} {self.item}"
