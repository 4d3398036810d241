"""What people agreed to: versioned texts, and each agreement, by purpose and way (CUS-19)."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models.people import Customer
from organization.models import User


class Purpose(models.TextChoices):
    """What somebody's data are used for."""

    FEEDBACK = "feedback", pgettext_lazy("purpose of data", "Handling feedback")
    SURVEY = "survey", pgettext_lazy("purpose of data", "Asking how satisfied somebody is")
    MARKETING = "marketing", pgettext_lazy("purpose of data", "Offers and invitations")


#: What needs an agreement of its own. The rest rests on the contract and on the law: whoever complains is answered.
NEEDS_CONSENT = frozenset({Purpose.MARKETING})


class ContactWay(models.TextChoices):
    """How somebody lets us approach him or her."""

    PHONE = "phone", pgettext_lazy("contact way", "By telephone")
    SMS = "sms", pgettext_lazy("contact way", "By text message")
    EMAIL = "email", pgettext_lazy("contact way", "By e-mail")
    POST = "post", pgettext_lazy("contact way", "By letter")
    VISIT = "visit", pgettext_lazy("contact way", "By a visit")


class ConsentText(models.Model):
    """A version of the words that people agree to; immutable once used (PIPL 14, 17)."""

    purpose = models.CharField(_("purpose"), max_length=40, choices=Purpose.choices)
    version = models.PositiveIntegerField()
    text = models.TextField(_("text"))
    text_en = models.TextField(_("English text"), blank=True)
    published_at = models.DateTimeField()

    class Meta:
        ordering = ["-version"]
        constraints = [models.UniqueConstraint(fields=["purpose", "version"], name="one_consent_text_version")]

    def __str__(self) -> str:
        return f"{self.purpose} v{self.version}"


class ConsentQuerySet(models.QuerySet["Consent"]):
    """Conditions on consents."""

    def standing(self, now: datetime) -> ConsentQuerySet:
        """Given and not withdrawn."""
        return self.filter(Q(withdrawn_at=None) | Q(withdrawn_at__gt=now), given_at__lte=now)


class Consent(models.Model):
    """Somebody's agreement to a versioned text, for one purpose (CUS-19).

    ``channel`` is how it reached us, ``contact_ways`` how we may approach the person for this purpose, ``proof`` what
    shows it where nobody ticked a box: who said it on the telephone, which paper was signed.
    """

    customer = models.ForeignKey(Customer, models.PROTECT, null=True, related_name="consents")
    text = models.ForeignKey(ConsentText, models.PROTECT, related_name="+")
    thread = models.CharField(max_length=60, help_text="The record with which it was given.")
    channel = models.CharField(max_length=40)
    contact_ways = ArrayField(models.CharField(max_length=8, choices=ContactWay.choices), default=list, blank=True)
    proof = models.CharField(_("what shows it"), max_length=300, blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Consent]] = ConsentQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(F("thread"), name="consent_thread")]

    def __str__(self) -> str:
        return f"{self.text} ({self.thread})"

    @property
    def ways_words(self) -> str:
        """The ways as a person reads them."""
        labels = dict(ContactWay.choices)
        return "、".join(str(labels[way]) for way in self.contact_ways)
