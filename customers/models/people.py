"""Customers, and the points at which they can be reached."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers import rights
from customers.keys import NameKey
from organization.models import User
from organization.models.units import Vocabulary, VocabularyQuerySet
from organization.queries import Identity


class CustomerType(models.TextChoices):
    """A natural person or an organisation."""

    PERSON = "person", _("Person")
    ORGANISATION = "organisation", _("Organisation")


class Secrecy(models.TextChoices):
    """How confidential a customer's data are (密级, CUS-17).

    Of a confidential customer only the keepers see how to reach it; of a secret one only they know that it is there.
    """

    INTERNAL = "internal", _("Internal")
    CONFIDENTIAL = "confidential", _("Confidential")
    SECRET = "secret", _("Secret")


class VisitClass(models.TextChoices):
    """How often and by whom a customer is visited (CUS-08)."""

    A = "A", "A"
    B = "B", "B"
    C = "C", "C"


class Tier(models.TextChoices):
    """How much a customer means to us (CUS-07); independent of the visit class (A-18)."""

    KEY = "key", _("Key customer")
    STABLE = "stable", _("Stable customer")
    GENERAL = "general", _("General customer")
    POTENTIAL = "potential", _("Potential customer")


class CustomerKind(Vocabulary):
    """What a customer is to us: consumer, project customer, supplier ... (CUS-03)."""

    objects = VocabularyQuerySet.as_manager()

    class Meta:
        ordering = ["id"]


class CustomerQuerySet(models.QuerySet["Customer"]):
    """Conditions on customers."""

    def visible_to(self, who: Identity, *, now: datetime | None = None) -> CustomerQuerySet:
        """Whom this person may know of: all but the secret ones, which only their keepers find (CUS-17), the restricted
        ones, which only the head of the files finds (PIPL 47), the erased, and those who became part of another.
        """
        return self.living().known_to(who, now=now)

    def living(self) -> CustomerQuerySet:
        """Those that were not merged into another."""
        return self.filter(merged_into__isnull=True)

    def known_to(self, who: Identity, *, now: datetime | None = None) -> CustomerQuerySet:
        """Whom this person may know of, with those who became part of another: for their history only."""
        if not rights.works_with_customers(who):
            return self.none()
        rows = self.used_by(who)
        if rights.keeps_all(who):
            return rows
        return rows.filter(~Q(secrecy=Secrecy.SECRET) | self._kept_by(who, now or timezone.now()))

    def clear_to(self, who: Identity, *, now: datetime | None = None) -> CustomerQuerySet:
        """Of whom this person sees contact data and communications in the clear (SEC-08, CUS-17): everybody for the
        keepers; else the internal ones for who serves customers, and those that the person keeps or may read.
        """
        if not rights.works_with_customers(who):
            return self.none()
        rows = self.living().used_by(who)
        if rights.keeps_all(who):
            return rows
        kept = self._kept_by(who, now or timezone.now())
        return rows.filter(Q(secrecy=Secrecy.INTERNAL) | kept if rights.serves(who) else kept)

    def used_by(self, who: Identity) -> CustomerQuerySet:
        """Without the erased, and without those whose data are only kept, but for who keeps them (PIPL 47)."""
        rows = self.filter(erased_at=None)
        return rows if rights.heads_the_files(who) else rows.filter(restricted_at=None)

    def _kept_by(self, who: Identity, now: datetime) -> Q:
        from customers.models.grants import FileGrant

        people = [one.user_id for one in who.acting]
        granted = FileGrant.objects.running(now).filter(Q(customer=OuterRef("pk")) | Q(customer=None))
        return Q(custodian__in=people) | Q(salesperson__in=people) | Q(Exists(granted.filter(person=who.user_id)))


class Customer(models.Model):
    """Somebody whom we serve; a person may belong to an organisation.

    ``name_key``, ``initials`` and ``search`` are written by the action that writes the name. The ``custodian`` keeps
    the file up to date; ``file_updated_at`` is when something of it last changed (CUS-06). Of a restricted customer
    data are only kept, an erased one is only a number in what was counted (PIPL 47). Who became part of another
    (``merged_into``) stays as a row that nobody finds and nobody writes to. By ``submission_key`` a
    program that asks twice to open one file gets the first.
    """

    type = models.CharField(_("type"), max_length=12, choices=CustomerType.choices, default=CustomerType.PERSON)
    name = models.CharField(_("name"), max_length=100)
    name_key = models.CharField(max_length=400, db_collation="C", default="", editable=False)
    folded_name = models.CharField(max_length=100, db_collation="C", default="", editable=False)
    initials = models.CharField(max_length=60, db_collation="C", default="", editable=False)
    organisation = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="people", verbose_name=_("organisation")
    )
    kinds = models.ManyToManyField(CustomerKind, blank=True, related_name="+", verbose_name=_("kinds"))
    visit_class = models.CharField(_("class"), max_length=1, blank=True, choices=VisitClass.choices)
    tier = models.CharField(_("tier"), max_length=10, blank=True, choices=Tier.choices)
    attention = models.CharField(_("please note"), max_length=200, blank=True)
    salesperson = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("salesperson")
    )
    custodian = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("custodian")
    )
    secrecy = models.CharField(_("secrecy"), max_length=12, choices=Secrecy.choices, default=Secrecy.INTERNAL)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, editable=False, related_name="merged_from")
    search = SearchVectorField(null=True, editable=False)
    submission_key = models.UUIDField(null=True, editable=False)
    restricted_at = models.DateTimeField(null=True, editable=False)
    erased_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField()
    file_updated_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    objects: ClassVar[models.Manager[Customer]] = CustomerQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(F("folded_name"), F("id"), name="customer_folded_name"),
            models.Index(F("initials"), F("id"), name="customer_initials"),
            models.Index(NameKey("folded_name"), name="customer_alike"),
            models.Index(F("name_key"), F("id"), name="customer_name_key"),
            GinIndex(fields=["search"], name="customer_search"),
            models.Index(
                F("visit_class"), F("name_key"), F("id"), name="customer_visit_class", condition=~Q(visit_class="")
            ),
            models.Index(F("tier"), F("name_key"), F("id"), name="customer_tier", condition=~Q(tier="")),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(type__in=CustomerType.values), name="customer_type_known"),
            models.CheckConstraint(condition=Q(tier__in=["", *Tier.values]), name="customer_tier_known"),
            models.CheckConstraint(condition=Q(secrecy__in=Secrecy.values), name="customer_secrecy_known"),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True)
                | Q(name_key="", folded_name="", initials="", attention="", search__isnull=True),
                name="customer_erased_is_blank",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")), name="customer_not_into_itself"
            ),
            models.UniqueConstraint(
                fields=["submission_key"], condition=Q(submission_key__isnull=False), name="customer_submitted_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def thread(self) -> str:
        """Where its history stands."""
        return f"customer:{self.pk}"


class ContactType(models.TextChoices):
    """How a contact point reaches somebody."""

    PHONE = "phone", _("Telephone")
    EMAIL = "email", _("E-mail")


class ContactPoint(models.Model):
    """A telephone number or e-mail address of a customer.

    ``value`` is what was given, ``normal`` the comparable form (E.164 or digits, folded address),
    ``reversed`` its digits backwards, so that a number's tail is an index prefix.
    """

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="contact_points")
    type = models.CharField(max_length=8, choices=ContactType.choices)
    value = models.CharField(max_length=120)
    normal = models.CharField(max_length=120, db_collation="C")
    reversed = models.CharField(max_length=120, db_collation="C", blank=True)
    extension = models.CharField(max_length=20, blank=True)
    refused = models.BooleanField(default=False, help_text="The customer does not want to be reached here.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "type", "normal"], name="contact_point_once")]
        indexes = [
            models.Index(F("normal"), name="contact_point_normal"),
            models.Index(F("reversed"), F("customer"), name="contact_point_reversed", condition=~Q(reversed="")),
        ]

    def __str__(self) -> str:
        return self.value
