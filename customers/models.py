"""Customers, the points at which they can be reached, and what they agreed to."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from organization.models import User


class CustomerType(models.TextChoices):
    """A natural person or an organisation."""

    PERSON = "person", _("Person")
    ORGANISATION = "organisation", _("Organisation")


class Customer(models.Model):
    """Somebody whom we serve; a person may belong to an organisation.

    ``name_key``, ``initials`` and ``search`` are written by the action that writes the name.
    """

    type = models.CharField(_("type"), max_length=12, choices=CustomerType.choices, default=CustomerType.PERSON)
    name = models.CharField(_("name"), max_length=100)
    name_key = models.CharField(max_length=400, db_collation="C", default="", editable=False)
    folded_name = models.CharField(max_length=100, db_collation="C", default="", editable=False)
    initials = models.CharField(max_length=60, db_collation="C", default="", editable=False)
    organisation = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="people", verbose_name=_("organisation")
    )
    visit_class = models.CharField(_("class"), max_length=1, blank=True)
    attention = models.CharField(_("please note"), max_length=200, blank=True)
    salesperson = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("salesperson")
    )
    search = SearchVectorField(null=True, editable=False)
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [
            models.Index(F("folded_name"), name="customer_folded_name"),
            models.Index(F("initials"), name="customer_initials"),
            models.Index(F("name_key"), F("id"), name="customer_name_key"),
            GinIndex(fields=["search"], name="customer_search"),
        ]

    def __str__(self) -> str:
        return self.name


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
            models.Index(F("reversed"), name="contact_point_reversed", condition=~Q(reversed="")),
        ]

    def __str__(self) -> str:
        return self.value


class ConsentText(models.Model):
    """A version of the words that people agree to; immutable once used (PIPL 14, 17)."""

    purpose = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    text = models.TextField()
    text_en = models.TextField(blank=True)
    published_at = models.DateTimeField()

    class Meta:
        ordering = ["-version"]
        constraints = [models.UniqueConstraint(fields=["purpose", "version"], name="one_consent_text_version")]

    def __str__(self) -> str:
        return f"{self.purpose} v{self.version}"


class Consent(models.Model):
    """Somebody's agreement to a versioned text, for one purpose, through one channel (CUS-19)."""

    customer = models.ForeignKey(Customer, models.PROTECT, null=True, related_name="consents")
    text = models.ForeignKey(ConsentText, models.PROTECT, related_name="+")
    thread = models.CharField(max_length=60, help_text="The record with which it was given.")
    channel = models.CharField(max_length=40)
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(F("thread"), name="consent_thread")]

    def __str__(self) -> str:
        return f"{self.text} ({self.thread})"
