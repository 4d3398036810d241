"""Money that goes out, only behind the gate, and what was refused at it (RET-09)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from organization.models import User
from returns.models.slip import ReturnSlip


class Refund(models.Model):
    """The one payment of a slip. A trigger refuses a row whose slip is not confirmed as a refund, whoever writes."""

    class Way(models.TextChoices):
        """How it was paid."""

        TRANSFER = "transfer", pgettext_lazy("refund", "Bank transfer")
        ORIGINAL = "original", pgettext_lazy("refund", "Back the way it was paid")
        CASH = "cash", pgettext_lazy("refund", "Cash")
        OFFSET = "offset", pgettext_lazy("refund", "Set off against an invoice")

    slip = models.OneToOneField(ReturnSlip, models.PROTECT, related_name="refund")
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    way = models.CharField(max_length=10, choices=Way.choices)
    reference = models.CharField(_("voucher number"), max_length=60)
    paid_on = models.DateField(_("paid on"))
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="refund_pays_something")]

    def __str__(self) -> str:
        return f"{self.slip_id}: {self.amount}"


class RefundRefusal(models.Model):
    """A refund that the gate refused; kept although nothing was paid (hard gate 1)."""

    class Via(models.TextChoices):
        """By which way it was tried."""

        PAGE = "page", pgettext_lazy("refund tried", "Page")
        API = "api", pgettext_lazy("refund tried", "API")
        IMPORT = "import", pgettext_lazy("refund tried", "Import")
        AMENDMENT = "amendment", pgettext_lazy("refund tried", "Amendment")

    slip = models.ForeignKey(ReturnSlip, models.PROTECT, related_name="refusals")
    via = models.CharField(max_length=10, choices=Via.choices)
    amount = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    reasons = models.JSONField()
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(F("slip"), name="refund_refusal_slip")]

    def __str__(self) -> str:
        return f"{self.slip_id} {self.via}"
