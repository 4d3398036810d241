"""Reads about communications: those with a customer, those that somebody has to follow up."""

from __future__ import annotations

from customers.models import Communication, Customer
from customers.models.communications import CommunicationQuerySet
from organization.models import User


def communications_of(customer: Customer) -> CommunicationQuerySet:
    """All with a customer, and with the people of an organisation; newest first."""
    rows = Communication.objects.filter(customer=customer) | Communication.objects.filter(
        customer__organisation=customer
    )
    found = rows.select_related("customer", "recorded_by", "follow_up_by").prefetch_related("visitors")
    assert isinstance(found, CommunicationQuerySet)  # noqa: S101 - narrows the type for mypy
    return found


def owed_by(user: User, *, most: int) -> list[Communication]:
    """What this person has to follow up, the most urgent first."""
    rows = Communication.objects.owed().filter(follow_up_by=user).select_related("customer")
    return list(rows.order_by("follow_up_on", "pk")[:most])
