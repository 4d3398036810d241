"""What was talked about with a customer, with or without a case: visits, calls, letters, meetings (CUS-11, CUS-15)."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models.people import Customer
from organization.models import User


class CommunicationKind(models.TextChoices):
    """In which form."""

    VISIT = "visit", pgettext_lazy("communication", "Visit to the customer")
    CALL = "call", pgettext_lazy("communication", "Telephone call")
    WRITING = "writing", pgettext_lazy("communication", "Letter or message")
    MEETING = "meeting", pgettext_lazy("communication", "Meeting")
    EVENT = "event", pgettext_lazy("communication", "Liaison event")


class CommunicationQuerySet(models.QuerySet["Communication"]):
    """Conditions on communications."""

    def owed(self) -> CommunicationQuerySet:
        """With something to follow up that nobody has done yet."""
        return self.filter(~Q(follow_up=""), followed_up_at__isnull=True)


class Communication(models.Model):
    """One visit, call, letter, meeting or event; the paper is the communication slip (F21), the visit record (F64).

    ``persons_met`` are the customer's people, ``visitors`` ours. What is to be followed up has somebody and a day.
    """

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="communications")
    kind = models.CharField(_("form"), max_length=8, choices=CommunicationKind.choices)
    happened_at = models.DateTimeField(_("when"))
    place = models.CharField(_("place"), max_length=200, blank=True)
    persons_met = models.CharField(_("persons met"), max_length=200, blank=True)
    visitors = models.ManyToManyField(User, blank=True, related_name="+", verbose_name=_("our people"))
    content = models.TextField(_("content"))
    opinions = models.TextField(_("opinions of the customer"), blank=True)
    handling = models.TextField(_("handling opinion"), blank=True)
    result = models.TextField(_("result"), blank=True)
    follow_up = models.CharField(_("to follow up"), max_length=500, blank=True)
    follow_up_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    follow_up_on = models.DateField(null=True, blank=True)
    followed_up_at = models.DateTimeField(null=True)
    followed_up_note = models.CharField(max_length=500, blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1)

    objects: ClassVar[models.Manager[Communication]] = CommunicationQuerySet.as_manager()

    class Meta:
        ordering = ["-happened_at", "-id"]
        indexes = [
            models.Index(F("customer"), F("happened_at").desc(), name="communication_customer"),
            models.Index(
                F("follow_up_by"),
                F("follow_up_on"),
                name="communication_owed",
                condition=~Q(follow_up="") & Q(followed_up_at__isnull=True),
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=CommunicationKind.values), name="communication_kind_known"),
            models.CheckConstraint(
                condition=Q(follow_up="", follow_up_by__isnull=True, follow_up_on__isnull=True)
                | ~Q(follow_up="") & Q(follow_up_by__isnull=False, follow_up_on__isnull=False),
                name="communication_follow_up_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer} {self.happened_at:%Y-%m-%d}"

    @property
    def is_owed(self) -> bool:
        """Whether something is still to be followed up."""
        return bool(self.follow_up) and self.followed_up_at is None

    def is_overdue(self, today: date) -> bool:
        """Whether the day of the follow-up has passed."""
        return self.is_owed and self.follow_up_on is not None and self.follow_up_on < today
