"""The return acceptance slip 《退货受理单》 (F41), its lines, its decisions and its files."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.models import Case, Channel, Hold
from customers.models import Customer
from customers.rights import withheld_from
from documents.models import File
from organization.models import Department, Product, User
from organization.models.units import Function
from organization.queries import Identity
from regulations.models import ProfileVersion
from returns.lifecycle import HERE, IN_REPAIR, OPEN, Handling, Outcome, Place, State
from returns.policy import ReturnsPart


class Source(models.TextChoices):
    """Where the wish came from."""

    DESK = "desk", pgettext_lazy("return source", "Returns desk")
    CASE = "case", pgettext_lazy("return source", "Case")
    PUBLIC = "public", pgettext_lazy("return source", "Public form")


class Satisfaction(models.TextChoices):
    """What the customer said after the return (RET-11)."""

    SATISFIED = "satisfied", pgettext_lazy("after a return", "Satisfied")
    UNSATISFIED = "unsatisfied", pgettext_lazy("after a return", "Not satisfied")
    UNREACHED = "unreached", pgettext_lazy("after a return", "Not reached")


def _unbarred(who: Identity, person: Identity, withheld: Collection[int]) -> Q:
    """That no case bars somebody who acts in that person's place, nor the person."""
    barred = sorted({-who.user_id, -person.user_id, *withheld})
    return Q(case__isnull=True) | ~Q(case__barred__overlap=barred)


def _in_use(withheld: Collection[int]) -> Q:
    """That its customer's data are not only kept, for those from whom such are withheld; like an open case, a return
    whose goods are in the house goes on to its end all the same (PIPL 47).
    """
    return Q(customer__isnull=True) | Q(customer__restricted_at=None) | ~Q(state=State.ENDED) if withheld else Q()


class SlipQuerySet(models.QuerySet["ReturnSlip"]):
    """Conditions on returns; every read starts from ``visible_to``."""

    def visible_to(self, who: Identity) -> SlipQuerySet:
        """Returns that this person may see: each function sees its own step, the desk and the hub all.

        Nobody sees one whose case bars him or her (RTE-18), nor whose customer's data are only kept (PIPL 47).
        """
        from returns.rights import reads_all

        condition, withheld = Q(), withheld_from(who)
        for person in who.acting:
            mine = _unbarred(who, person, withheld)
            if not reads_all(person):
                mine &= Q(readers__overlap=sorted(person.principals))
            condition |= mine
        return self.filter(condition & _in_use(withheld))

    def reached_by(self, who: Identity, people: list[Identity]) -> SlipQuerySet:
        """Returns that somebody reaches by their number alone, in the place of one of these people (RET-09): any that
        exists, but for those that bar the person or whose customer's data are only kept.
        """
        condition, withheld = Q(pk__in=[]), withheld_from(who)
        for person in people:
            condition |= _unbarred(who, person, withheld)
        return self.filter(condition & _in_use(withheld))

    def open(self) -> SlipQuerySet:
        """Not ended."""
        return self.exclude(state=State.ENDED)


class ReturnSlip(models.Model):
    """One return: goods that come back, or are to be repaired.

    A return exists only through its slip (RET-02); the number never changes. ``turn`` is the function whose step is
    next and ``turn_since`` since when, "" once nobody's is; ``readers`` holds the principals that read it: whoever had
    a step goes on reading. ``wish`` is what is asked for, ``handling`` what was decided.
    """

    number = models.CharField(max_length=20, unique=True, db_collation="C")
    state = models.CharField(max_length=12, choices=State.choices, default=State.REGISTERED)
    version = models.PositiveIntegerField(default=1)
    source = models.CharField(max_length=8, choices=Source.choices)
    wish = models.CharField(_("wish"), max_length=8, choices=Handling.choices)
    reason = models.CharField(_("reason"), max_length=40, db_collation="C")
    unused = models.BooleanField(_("not used, complete"), default=False)
    description = models.TextField(_("what is wrong"))
    claimed_amount = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)

    case = models.ForeignKey(Case, models.PROTECT, null=True, blank=True, related_name="returns")
    hold = models.OneToOneField(Hold, models.PROTECT, null=True, blank=True, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, blank=True, related_name="returns")
    continues = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="continued_by")
    contact_name = models.CharField(_("name"), max_length=100)
    contact_organisation = models.CharField(_("organisation"), max_length=100, blank=True)
    contact_phone = models.CharField(_("telephone"), max_length=60, blank=True)
    contact_email = models.CharField(_("e-mail"), max_length=120, blank=True)
    contact_address = models.CharField(_("address"), max_length=200, blank=True)

    registered_at = models.DateTimeField()
    registered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    received_at = models.DateTimeField(null=True)
    received_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    handling = models.CharField(max_length=8, choices=Handling.choices, blank=True)
    place = models.CharField(_("where it is repaired"), max_length=8, choices=Place.choices, default=Place.FACTORY)
    opinion = models.TextField(_("handling opinion"), blank=True)
    refund_amount = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    exception_reason = models.TextField(_("why although every window has passed"), blank=True)
    refused_at = models.DateTimeField(null=True)
    refused_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    refused_reason = models.TextField(blank=True)
    passed_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    shipment = models.CharField(_("shipment"), max_length=120, blank=True)
    delivered_at = models.DateTimeField(null=True)
    delivery_assumed = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    end_note = models.CharField(max_length=500, blank=True)

    liable_department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="+")
    liable_text = models.CharField(_("person liable"), max_length=120, blank=True)
    liable_handling = models.TextField(_("handling of the person liable"), blank=True)
    detached_reason = models.CharField(max_length=500, blank=True)

    satisfaction = models.CharField(max_length=12, choices=Satisfaction.choices, blank=True)
    satisfaction_note = models.TextField(blank=True)
    called_back_at = models.DateTimeField(null=True)
    called_back_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    turn = models.CharField(max_length=40, blank=True, db_collation="C")
    turn_since = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    profile_version = models.ForeignKey(ProfileVersion, models.PROTECT)
    readers = ArrayField(models.IntegerField(), default=list)
    search = SearchVectorField(null=True)
    contact_search = SearchVectorField(null=True)
    submission_key = models.UUIDField(null=True, unique=True)
    erased_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[models.Manager[ReturnSlip]] = SlipQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(F("registered_at").desc(), F("id").desc(), name="return_newest"),
            models.Index(F("turn"), F("turn_since"), F("id"), name="return_turn", condition=~Q(turn="")),
            models.Index(F("turn_since"), F("id"), name="return_waiting", condition=~Q(turn="")),
            models.Index(F("state"), F("registered_at").desc(), F("id").desc(), name="return_state"),
            models.Index(F("customer"), F("registered_at").desc(), name="return_customer"),
            models.Index(F("case"), name="return_case"),
            GinIndex(fields=["readers"], name="return_readers", opclasses=["array_ops"]),
            GinIndex(fields=["search"], name="return_search", gin_pending_list_limit=256),
            GinIndex(fields=["contact_search"], name="return_contact_search", gin_pending_list_limit=256),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="return_state_known"),
            models.CheckConstraint(
                condition=Q(state="ended", ended_at__isnull=False) & ~Q(outcome="")
                | ~Q(state="ended") & Q(ended_at__isnull=True, outcome=""),
                name="return_ended_has_time_and_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=sorted(HERE))
                | Q(received_at__isnull=False)
                | Q(place="on_site", state__in=sorted(IN_REPAIR)),
                name="return_here_was_received",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True) | Q(received_at__isnull=False), name="return_counted_before"
            ),
            models.CheckConstraint(
                condition=~Q(outcome="refunded")
                | Q(confirmed_at__isnull=False, handling="refund", refund_amount__isnull=False),
                name="return_refunded_was_confirmed",
            ),
            # Hard gate 2, whoever writes: what is repaired leaves only after quality passed it.
            models.CheckConstraint(
                condition=~Q(outcome="repaired") | Q(passed_at__isnull=False), name="return_repaired_was_passed"
            ),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True) | ~Q(handling="repair") | Q(refused_at__isnull=False)
                | Q(passed_at__isnull=False),
                name="return_released_was_passed",
            ),
            models.CheckConstraint(
                condition=Q(hold__isnull=True) | Q(case__isnull=False), name="return_hold_is_of_its_case"
            ),
            models.CheckConstraint(
                condition=Q(claimed_amount__isnull=True) | Q(claimed_amount__gt=0), name="return_claims_something"
            ),
            models.CheckConstraint(
                condition=Q(refund_amount__isnull=True) | Q(refund_amount__gt=0), name="return_refunds_something"
            ),
        ]  # fmt: skip

    #: The version that a page was made from; an action refuses a stale one.
    expected_version: int | None = None
    #: The row's fields when an action locked it.
    locked_state: dict[str, Any]

    def __str__(self) -> str:
        return self.number

    @property
    def thread(self) -> str:
        """Name of the return's history and messages."""
        return f"return:{self.pk}"

    @property
    def is_open(self) -> bool:
        """Not ended."""
        return self.state in OPEN

    @property
    def path(self) -> str:
        """Which steps the page draws: what was decided, else what is wished; refused goods, and repairs at the
        customer's, have their own.
        """
        if self.refused_at is not None and self.received_at is not None:
            return Outcome.REFUSED.value
        if self.is_on_site:
            return Place.ON_SITE.value
        return self.handling or self.wish

    @property
    def policy(self) -> ReturnsPart:
        """The returns' part of the profile version the return was registered under."""
        return self.profile_version.part(ReturnsPart)

    @property
    def reason_name(self) -> str:
        """What the reader calls the reason; its code where the profile has no such word."""
        try:
            return self.policy.reason(self.reason).name
        except KeyError:
            return self.reason

    @property
    def is_repair(self) -> bool:
        """Whether it is repaired, or wished to be while nothing is decided."""
        return (self.handling or self.wish) == Handling.REPAIR

    @property
    def handed_over_at(self) -> datetime | None:
        """When it left our hands: sent, or passed by quality where it stands; None before."""
        return self.passed_at if self.is_on_site else self.released_at

    @property
    def is_on_site(self) -> bool:
        """Whether it is repaired where it stands, so that nothing comes in and nothing is sent (RET-23)."""
        return self.place == Place.ON_SITE and self.received_at is None

    def is_overdue(self, now: datetime) -> bool:
        """Whether the nearest limit has passed."""
        return self.due_at is not None and self.due_at <= now


class SlipLine(models.Model):
    """One sort of goods on a slip; batch and serial lead to the batch's quality file (RET-34).

    ``announced`` is what the customer says, ``counted`` what arrived; a difference is explained (RET-03).
    """

    class Excluded(models.TextChoices):
        """Why the warranty does not hold although its time has not run out (RET-18)."""

        HUMAN = "human", pgettext_lazy("warranty", "Human cause")
        FORCE_MAJEURE = "force_majeure", pgettext_lazy("warranty", "Force majeure")

    class Difference(models.TextChoices):
        """What became of the missing or the surplus units."""

        NOT_SENT = "not_sent", pgettext_lazy("difference", "The customer sent another quantity")
        LATER = "later", pgettext_lazy("difference", "The rest comes later")
        LOST = "lost", pgettext_lazy("difference", "Lost or damaged on the way")

    slip = models.ForeignKey(ReturnSlip, models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, models.PROTECT, null=True, blank=True, related_name="+")
    product_text = models.CharField(max_length=120, blank=True)
    batch = models.CharField(max_length=60, blank=True)
    serial = models.CharField(max_length=80, blank=True)
    announced = models.PositiveIntegerField()
    counted = models.PositiveIntegerField(null=True)
    difference = models.CharField(max_length=10, choices=Difference.choices, blank=True)
    difference_note = models.CharField(max_length=500, blank=True)
    purchased_on = models.DateField(null=True, blank=True)
    received_on = models.DateField(null=True, blank=True)
    accepted_on = models.DateField(null=True, blank=True)
    warranty_ends_on = models.DateField(null=True, blank=True)
    excluded = models.CharField(max_length=14, choices=Excluded.choices, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(F("batch"), name="return_line_batch", condition=~Q(batch="")),
            models.Index(F("serial"), name="return_line_serial", condition=~Q(serial="")),
            models.Index(F("product"), name="return_line_product"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(announced__gte=1, announced__lte=1_000_000), name="return_line_some"),
            models.CheckConstraint(
                condition=Q(product__isnull=False) | ~Q(product_text=""), name="return_line_names_goods"
            ),
            models.CheckConstraint(
                condition=Q(difference="") | Q(counted__isnull=False), name="return_line_counted_before_explained"
            ),
        ]

    def __str__(self) -> str:
        return str(self.product) if self.product_id and self.product else self.product_text

    @property
    def units(self) -> int:
        """How many there are: what was counted, else what is announced."""
        return self.announced if self.counted is None else self.counted

    @property
    def differs(self) -> bool:
        """Whether another quantity arrived than was announced."""
        return self.counted is not None and self.counted != self.announced

    @property
    def is_unexplained(self) -> bool:
        """Whether a difference waits for its explanation (RET-03)."""
        return self.differs and not self.difference


class Inspection(models.Model):
    """A re-inspection: of the claim before it is decided (RET-06), or of the repair before it leaves (RET-24)."""

    class Purpose(models.TextChoices):
        CLAIM = "claim", pgettext_lazy("inspection", "Before the decision")
        RELEASE = "release", pgettext_lazy("inspection", "After the repair")

    slip = models.ForeignKey(ReturnSlip, models.PROTECT, related_name="inspections")
    purpose = models.CharField(max_length=8, choices=Purpose.choices)
    question = models.CharField(max_length=500, blank=True)
    asked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField()
    passed = models.BooleanField(null=True)
    findings = models.TextField(blank=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["slip", "purpose"], condition=Q(at__isnull=True), name="one_open_inspection_per_purpose"
            ),
            models.CheckConstraint(
                condition=Q(at__isnull=True, passed__isnull=True, by__isnull=True)
                | Q(at__isnull=False, passed__isnull=False, by__isnull=False),
                name="inspection_has_result_and_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} of {self.slip_id}"


class SlipFile(models.Model):
    """A file of a return; ``subject`` names what it proves: "certificate", "inspection:5", "" for the rest."""

    CERTIFICATE = "certificate"

    slip = models.ForeignKey(ReturnSlip, models.PROTECT, related_name="files")
    file = models.ForeignKey(File, models.PROTECT, related_name="+")
    subject = models.CharField(max_length=40, blank=True)
    from_customer = models.BooleanField(default=False)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["slip", "file"], name="file_once_per_return")]

    def __str__(self) -> str:
        return f"{self.slip_id}: {self.file_id}"


class SlipContact(models.Model):
    """A letter, call or visit about a return: numbered within it, registered and archived with it (RET-02)."""

    class Direction(models.TextChoices):
        """Who turned to whom."""

        IN = "in", pgettext_lazy("contact about a return", "From the customer")
        OUT = "out", pgettext_lazy("contact about a return", "To the customer")

    slip = models.ForeignKey(ReturnSlip, models.PROTECT, related_name="contacts")
    n = models.PositiveSmallIntegerField()
    direction = models.CharField(max_length=3, choices=Direction.choices)
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="+")
    text = models.TextField()
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["n"]
        constraints = [models.UniqueConstraint(fields=["slip", "n"], name="one_return_contact_number")]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number of the slip, and which contact of it this is."""
        return f"{self.slip.number}-{self.n:02d}"


#: Whose step a state is, where the path does not say otherwise.
TURNS: dict[str, str] = {
    State.ACCEPTED: Function.WAREHOUSE,
    State.SCHEDULED: Function.REPAIR,
    State.REPAIRING: Function.REPAIR,
    State.INSPECTING: Function.QUALITY,
    State.PASSED: Function.WAREHOUSE,
    State.REFUSED: Function.WAREHOUSE,
    State.RELEASED: Function.RETURNS_DESK,
}
