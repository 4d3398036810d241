"""What a customer has of us: products, vehicles, projects, contracts, orders, with their dates (CUS-22)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.keys import SerialKey
from customers.models.people import Customer
from organization.models import Product


class HoldingKind(models.TextChoices):
    """What sort of thing it is."""

    PRODUCT = "product", _("Product")
    VEHICLE = "vehicle", _("Vehicle")
    PROJECT = "project", _("Project")
    CONTRACT = "contract", _("Contract")
    ORDER = "order", pgettext_lazy("what a customer has", "Order")


class HoldingQuerySet(models.QuerySet["Holding"]):
    """Conditions on holdings."""

    def there(self) -> HoldingQuerySet:
        """Those that were not taken out."""
        return self.filter(removed_at__isnull=True)

    def on_card(self) -> HoldingQuerySet:
        """Those that everybody who serves the customer needs; contracts and orders belong to the file (A-31)."""
        return self.filter(kind__in=Holding.ON_CARD)


class Holding(models.Model):
    """One product, vehicle, project, contract or order of a customer.

    ``serial`` is the serial number, number plate or contract number; ``starts_on`` acceptance, purchase or signing;
    ``ends_on`` the end of warranty or contract. Amounts are in yuan.
    """

    ON_CARD: ClassVar = (HoldingKind.PRODUCT, HoldingKind.VEHICLE, HoldingKind.PROJECT)

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="holdings")
    kind = models.CharField(max_length=10, choices=HoldingKind.choices)
    name = models.CharField(max_length=200)
    product = models.ForeignKey(Product, models.PROTECT, null=True, blank=True, related_name="+")
    serial = models.CharField(max_length=80, blank=True)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    note = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    objects: ClassVar[models.Manager[Holding]] = HoldingQuerySet.as_manager()

    class Meta:
        ordering = ["kind", F("ends_on").desc(nulls_last=True), "id"]
        indexes = [
            models.Index(SerialKey("serial"), name="holding_serial", condition=~Q(serial="") & Q(removed_at=None)),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=HoldingKind.values), name="holding_kind_known"),
            models.CheckConstraint(condition=Q(amount__isnull=True) | Q(amount__gte=0), name="holding_amount_positive"),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True) | Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="holding_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def amount_words(self) -> str:
        """In yuan, with thousands set apart; "" where there is none."""
        return "" if self.amount is None else f"{self.amount:,.2f}"
