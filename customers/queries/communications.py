"""Reads about communications: those with a customer, those that somebody has to follow up."""

from __future__ import annotations

from django.db.models import Q

from customers.models import Communication, Customer
from customers.models.communications import CommunicationQuerySet
from organization.models import User
from organization.queries import Identity


def communications_of(customer: Customer, who: Identity) -> CommunicationQuerySet:
    """All with a customer whom this person sees in the clear, and with those people of an organisation whom he or she
    sees so too; newest first.
    """
    clear = Customer.objects.clear_to(who)
    mine = Q(customer=customer) | Q(customer__organisation=customer)
    rows = Communication.objects.filter(mine, customer__in=clear)
    found = rows.select_related("customer", "recorded_by", "follow_up_by").prefetch_related("visitors")
    assert isinstance(found, CommunicationQuerySet)  # noqa: S101 - narrows the type for mypy
    return found


def owed_by(user: User, who: Identity, *, most: int) -> list[Communication]:
    """What this person has to follow up and may still read, the most urgent first."""
    rows = Communication.objects.owed().filter(follow_up_by=user, customer__in=Customer.objects.clear_to(who))
    rows = rows.select_related("customer")
    return list(rows.order_by("follow_up_on", "pk")[:most])
