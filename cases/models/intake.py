"""The case and what belongs to its intake: vocabulary, contacts, files, recusals."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.lifecycle import ENDED, Outcome, State
from customers.models import Communication, Customer
from customers.rights import withheld_from
from documents.models import File
from organization.models import Department, Product, Site, User
from organization.models.units import Tree, Vocabulary, VocabularyQuerySet
from regulations.models import ProfileVersion

if TYPE_CHECKING:
    from cases.policy import CasesPart
    from organization.queries import Identity


class Urgency(models.TextChoices):
    """Three levels, chosen by listed criteria (CLS-04)."""

    URGENT = "urgent", _("Urgent")
    IMPORTANT = "important", _("Important")
    GENERAL = "general", _("General")


class Stage(models.TextChoices):
    """Stage of the relation to the customer (CLS-16)."""

    BEFORE = "before", _("Pre-sales")
    DURING = "during", _("In-sales")
    AFTER = "after", _("After-sales")


class Severity(models.TextChoices):
    """Severity of IT-service cases (CLS-07)."""

    P1 = "P1", "P1"
    P2 = "P2", "P2"
    P3 = "P3", "P3"
    P4 = "P4", "P4"


class Priority(models.IntegerChoices):
    """The order in which the hub wants things done (CLS-06)."""

    HIGH = 1, _("High")
    MEDIUM = 2, _("Medium")
    LOW = 3, _("Low")


class Kind(Vocabulary):
    """What sort of feedback it is (CLS-01)."""

    position = models.PositiveSmallIntegerField(default=0)

    objects = VocabularyQuerySet.as_manager()

    class Meta:
        ordering = ["position"]


class Category(Tree):
    """What it is about: a two-level tree (CLS-02).

    ``keywords`` suggest the category for a text that names one of them; a person decides.
    """

    keywords = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    objects = VocabularyQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]


class Channel(Vocabulary):
    """How it reached us (INT-01); ``spoken`` channels are logged while talking."""

    position = models.PositiveSmallIntegerField(default=0)
    spoken = models.BooleanField(default=False)

    objects = VocabularyQuerySet.as_manager()

    class Meta:
        ordering = ["position"]


#: What stands in ``first_asked_label`` where nobody was asked, as the regulation's forms have it.
SELF_SERVICE, FROM_FILE = "客户自助", "导入"
_ASKED_NOBODY = {
    SELF_SERVICE: pgettext_lazy("first asked", "Customer self-service"),
    FROM_FILE: pgettext_lazy("first asked", "Import"),
}


def full_reading(person: Identity, case: str = "") -> Q:
    """Cases that a person reads in full, as ``cases.rights.reads_in_full`` says of one; ``case`` is how to get there.

    It says nothing of who is barred.
    """
    if person.reads_all:
        return Q()
    own = -person.user_id
    mine = Q((f"{case}readers__contains", [own])) & ~Q((f"{case}first_asked", person.user_id))
    others = Q((f"{case}readers__overlap", sorted(person.principals - {own})))
    return others | mine | Q((f"{case}owner", person.user_id))


class CaseQuerySet(models.QuerySet["Case"]):
    """Conditions on cases; every read starts from ``visible_to``."""

    def visible_to(self, who: Identity) -> CaseQuerySet:
        """Cases that this person may see: not barred, and read by all or by one of the principals.

        A person who deputises sees what the other sees, unless either of them is barred
        (RTE-18, RTE-19, A-38). What is restricted only those see who keep it (PIPL 47).
        """
        condition, withheld = Q(), withheld_from(who)
        for person in who.acting:
            barred = sorted({-who.user_id, -person.user_id} | withheld)
            reads = Q(barred__overlap=barred)
            mine = ~reads if person.reads_all else ~reads & Q(readers__overlap=sorted(person.principals))
            condition |= mine
        return self.filter(condition)

    def read_in_full_by(self, who: Identity) -> CaseQuerySet:
        """Those of the visible ones that this person sees whole: of the others a first-asked person sees entry, stage
        and reply.
        """
        condition, withheld = Q(pk__in=[]), withheld_from(who)
        for person in who.acting:
            barred = sorted({-who.user_id, -person.user_id} | withheld)
            condition |= ~Q(barred__overlap=barred) & full_reading(person)
        return self.filter(condition)

    def open(self) -> CaseQuerySet:
        """Neither closed nor archived."""
        return self.exclude(state__in=list(ENDED))


class Case(models.Model):
    """One matter that somebody brought to us, from registration to the archive.

    Milestones are those of the current round (``round``); ``number``, ``received_at`` and
    ``first_asked`` never change (INT-04, RTE-04). ``readers`` and ``barred`` hold principals and
    are rewritten by the action that changes them.
    """

    number = models.CharField(max_length=20, unique=True, db_collation="C")
    kind = models.ForeignKey(Kind, models.PROTECT)
    state = models.CharField(max_length=20, choices=State.choices, default=State.REGISTERED)
    resume_state = models.CharField(max_length=20, blank=True)
    round = models.PositiveSmallIntegerField(default=1)
    version = models.PositiveIntegerField(default=1)
    channel = models.ForeignKey(Channel, models.PROTECT)
    category = models.ForeignKey(Category, models.PROTECT, null=True, blank=True)
    urgency = models.CharField(max_length=12, choices=Urgency.choices, default=Urgency.GENERAL)
    criteria = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, null=True, blank=True)
    severity = models.CharField(max_length=2, choices=Severity.choices, blank=True)
    stage = models.CharField(max_length=8, choices=Stage.choices, blank=True)
    suggested_category = models.ForeignKey(Category, models.PROTECT, null=True, blank=True, related_name="+")
    suggested_department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="+")

    subject = models.CharField(max_length=120)
    text = models.TextField()
    demand = models.TextField(blank=True)
    customer_deadline = models.DateField(null=True, blank=True)

    reporter_name = models.CharField(max_length=100, blank=True)
    reporter_organisation = models.CharField(max_length=100, blank=True)
    reporter_phone = models.CharField(max_length=60, blank=True)
    reporter_email = models.CharField(max_length=120, blank=True)
    contact_refused = models.BooleanField(default=False)
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, blank=True, related_name="cases")
    language = models.CharField(max_length=10, default="zh-hans")

    product = models.ForeignKey(Product, models.PROTECT, null=True, blank=True)
    product_text = models.CharField(max_length=120, blank=True)
    batch = models.CharField(max_length=60, blank=True)
    serial = models.CharField(max_length=80, blank=True)
    quantity = models.CharField(max_length=40, blank=True)
    order_number = models.CharField(max_length=60, blank=True)
    purchased_on = models.DateField(null=True, blank=True)
    shipped_on = models.DateField(null=True, blank=True)
    site = models.ForeignKey(Site, models.PROTECT, null=True, blank=True)
    accused_department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="+")
    accused = models.ManyToManyField(User, blank=True, related_name="+")
    salesperson = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    received_at = models.DateTimeField()
    registered_at = models.DateTimeField()
    late_reason = models.CharField(max_length=500, blank=True)
    first_asked = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    first_asked_label = models.CharField(max_length=60)
    receiving_department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="+")
    acknowledged_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    owner = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    owner_department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="+")
    lead_department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="+")

    acknowledged_at = models.DateTimeField(null=True, blank=True)
    dispatched_at = models.DateTimeField(null=True, blank=True)
    taken_at = models.DateTimeField(null=True, blank=True)
    replied_at = models.DateTimeField(null=True, blank=True)
    opinion_asked_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=24, choices=Outcome.choices, blank=True)
    duplicate_of = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="duplicates")

    verified_at = models.DateTimeField(null=True, blank=True)
    returned_at = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    visit_needed = models.BooleanField(default=False)
    arrived_at = models.DateTimeField(null=True, blank=True)
    repeat_of = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="repeats")
    contact_count = models.PositiveSmallIntegerField(default=1)
    return_count = models.PositiveSmallIntegerField(default=0)

    next_due_at = models.DateTimeField(null=True, blank=True)
    next_due_kind = models.CharField(max_length=20, blank=True)
    profile_version = models.ForeignKey(ProfileVersion, models.PROTECT)
    readers = ArrayField(models.IntegerField(), default=list)
    barred = ArrayField(models.IntegerField(), default=list)
    search = SearchVectorField(null=True)
    contact_search = SearchVectorField(null=True)
    erased_at = models.DateTimeField(null=True, editable=False)
    submission_key = models.UUIDField(null=True, unique=True)
    import_name = models.CharField(max_length=60, blank=True)
    import_key = models.CharField(max_length=80, blank=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(F("received_at").desc(), F("id").desc(), name="case_newest"),
            models.Index(F("next_due_at"), F("id"), name="case_most_urgent", condition=Q(next_due_at__isnull=False)),
            models.Index(F("owner"), F("next_due_at"), name="case_owner_due", condition=Q(next_due_at__isnull=False)),
            models.Index(F("customer"), F("received_at").desc(), name="case_customer"),
            models.Index(F("site"), F("category"), F("received_at").desc(), name="case_site_category"),
            models.Index(
                F("state"),
                F("received_at").desc(),
                name="case_open_state",
                condition=~Q(state__in=["closed", "archived"]),
            ),
            # A rare end is found without walking the key past a million others.
            models.Index(
                F("outcome"), F("received_at").desc(), F("id").desc(), name="case_outcome", condition=~Q(outcome="")
            ),
            GinIndex(fields=["readers"], name="case_readers", opclasses=["array_ops"]),
            GinIndex(fields=["barred"], name="case_barred", opclasses=["array_ops"]),
            # Whoever fills the list of waiting entries empties it, with the counter of numbers in hand.
            GinIndex(fields=["search"], name="case_search", gin_pending_list_limit=256),
            GinIndex(fields=["contact_search"], name="case_contact_search", gin_pending_list_limit=256),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="case_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=["closed", "archived"], closed_at__isnull=False) & ~Q(outcome="")
                | ~Q(state__in=["closed", "archived"]) & Q(closed_at__isnull=True, outcome=""),
                name="case_closed_has_time_and_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(
                    state__in=[
                        "acknowledged",
                        "dispatched",
                        "received",
                        "investigating",
                        "acting",
                        "replied",
                        "awaiting_opinion",
                    ]
                )
                | Q(acknowledged_at__isnull=False),
                name="case_acknowledged_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["dispatched", "received", "investigating", "acting"])
                | Q(dispatched_at__isnull=False, lead_department__isnull=False),
                name="case_dispatched_has_lead",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["replied", "awaiting_opinion"]) | Q(replied_at__isnull=False),
                name="case_replied_has_time",
            ),
            models.CheckConstraint(
                condition=Q(state="incomplete") & ~Q(resume_state="") | ~Q(state="incomplete") & Q(resume_state=""),
                name="case_incomplete_knows_its_way_back",
            ),
            models.UniqueConstraint(
                fields=["import_name", "import_key"], condition=~Q(import_key=""), name="case_imported_once"
            ),
        ]

    #: The version that a page was made from; an action refuses a stale one (``actions.moves.lock``).
    expected_version: int | None = None
    #: The row's fields when an action locked it; what differs in the end was changed by the action.
    locked_state: dict[str, Any]

    def __str__(self) -> str:
        return self.number

    @property
    def first_asked_shown(self) -> str:
        """Who was asked first, in the reader's language: nobody was, where it came by itself or from a file."""
        return (
            self.first_asked_label
            if self.first_asked_id
            else str(_ASKED_NOBODY.get(self.first_asked_label, self.first_asked_label))
        )

    @property
    def thread(self) -> str:
        """Name of the case's history and messages."""
        return f"case:{self.pk}"

    @property
    def is_open(self) -> bool:
        """Neither closed nor archived."""
        return self.state not in ENDED

    @property
    def has_contact(self) -> bool:
        """Whether there is any way to reach whoever reported it."""
        return bool(self.reporter_phone or self.reporter_email)

    @property
    def policy(self) -> CasesPart:
        """The cases' part of the profile version the case was registered under."""
        from cases.policy import CasesPart

        return self.profile_version.part(CasesPart)

    def is_overdue(self, now: datetime) -> bool:
        """Whether the nearest due time has passed."""
        return self.next_due_at is not None and self.next_due_at <= now


class CaseOrigin(models.Model):
    """The visit or talk that a case came of; a table of its own, because few cases have one."""

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="origin")
    communication = models.ForeignKey(Communication, models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"{self.case} < {self.communication}"


class Access(models.Model):
    """What opens a case for its customer: hashes of the link's and the code's HMACs."""

    case = models.OneToOneField(Case, models.CASCADE, related_name="access")
    link_hash = models.CharField(max_length=64, unique=True)
    code_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"access to {self.case_id}"


class Verification(models.Model):
    """Whether it is genuine, and on what basis (INT-19); needed before a complaint is dispatched."""

    class Result(models.TextChoices):
        SUBSTANTIATED = "substantiated", _("Substantiated")
        PARTLY = "partly", _("Partly substantiated")
        NOT_SUBSTANTIATED = "not_substantiated", _("Not substantiated")
        UNVERIFIABLE = "unverifiable", _("Cannot be verified")

    case = models.ForeignKey(Case, models.PROTECT, related_name="verifications")
    round = models.PositiveSmallIntegerField()
    result = models.CharField(max_length=20, choices=Result.choices)
    basis = models.TextField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.case_id}: {self.result}"


class Contact(models.Model):
    """One contact with the customer about the case (RES-16, 《沟通记录表》)."""

    class Direction(models.TextChoices):
        IN = "in", _("From the customer")
        OUT = "out", _("To the customer")

    case = models.ForeignKey(Case, models.PROTECT, related_name="contacts")
    direction = models.CharField(max_length=3, choices=Direction.choices)
    channel = models.ForeignKey(Channel, models.PROTECT)
    person = models.CharField(max_length=100, blank=True)
    text = models.TextField()
    follow_up = models.CharField(max_length=500, blank=True)
    minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    by_label = models.CharField(max_length=60)
    submission_key = models.UUIDField(null=True, unique=True)

    class Meta:
        indexes = [models.Index(F("case"), F("happened_at").desc(), name="contact_case")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.direction} {self.happened_at}"


class CaseFile(models.Model):
    """A file of a case; ``subject`` names the record it proves (visit:5, measure:7), if any."""

    #: How the subject of a filed case slip begins; the number of its round follows.
    SLIP = "slip:"

    case = models.ForeignKey(Case, models.PROTECT, related_name="files")
    file = models.ForeignKey(File, models.PROTECT, related_name="+")
    subject = models.CharField(max_length=40, blank=True)
    is_original = models.BooleanField(default=False)
    original_kept_at = models.CharField(max_length=120, blank=True)
    from_customer = models.BooleanField(default=False)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["case", "file"], name="file_once_per_case")]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.file_id}"


class Recusal(models.Model):
    """Somebody who must not see or touch the case: accused, or named as conflicted (RTE-18)."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="recusals")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500)
    accused = models.BooleanField(default=False)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "user"], condition=Q(lifted_at__isnull=True), name="one_open_recusal"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} from {self.case_id}"
