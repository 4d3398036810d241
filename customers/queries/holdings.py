"""What a customer has of us."""

from __future__ import annotations

from customers.models import (
    Customer,
    Holding,
)
from customers.models.holdings import HoldingQuerySet


def holdings_of(customer: Customer) -> HoldingQuerySet:
    """What the customer has of us now."""
    rows = Holding.objects.there().filter(customer=customer).select_related("product")
    assert isinstance(rows, HoldingQuerySet)  # noqa: S101 - narrows the type for mypy
    return rows
