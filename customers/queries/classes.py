"""What the class of a customer is proposed from, and the proposal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import QuerySet
from django.utils import timezone

from customers.classes import Business, Proposal, propose
from customers.models import ClassChange, Customer, Holding, HoldingKind, Standing
from customers.policy import CustomersPart
from customers.queries.merging import parts_of
from regulations.profiles import part_in_force

YEAR = timedelta(days=365)
#: What stands for business done.
COUNTED = (HoldingKind.CONTRACT, HoldingKind.ORDER)


def rules() -> CustomersPart:
    """The thresholds of the profile that applies everywhere."""
    return part_in_force(CustomersPart)


def business_of(customer: Customer, *, today: date) -> Business:
    """What is known: what a person said, and the contracts and orders with day and amount."""
    said = Standing.objects.filter(customer=customer).first()
    rows = Holding.objects.there().filter(
        customer=customer, kind__in=COUNTED, amount__isnull=False, starts_on__isnull=False
    )
    return business(said, rows.values_list("starts_on", "amount"), today=today)


def business(said: Standing | None, amounts: Iterable[tuple[date | None, Decimal | None]], *, today: date) -> Business:
    """The same from what was loaded already: days and amounts of contracts and orders."""
    by_year: dict[int, Decimal] = {}
    largest = last = Decimal(0)
    for begun, amount in amounts:
        if begun is None or amount is None:
            continue
        by_year[begun.year] = by_year.get(begun.year, Decimal(0)) + amount
        largest = max(largest, amount)
        if today - YEAR < begun <= today:
            last += amount
    return Business(
        marks=frozenset(said.marks) if said else frozenset(),
        rank=said.national_rank if said else None,
        demand=said.yearly_demand if said else None,
        by_year=by_year,
        largest=largest,
        last_12_months=last,
    )


def proposal_for(customer: Customer) -> Proposal:
    """What the rules of today say of this customer."""
    return propose(business_of(customer, today=timezone.localdate()), rules())


def changes_of(customer: Customer) -> QuerySet[ClassChange]:
    """Every confirmed change of its classes, and of those of the files that became part of it; newest first."""
    customers = [customer, *parts_of(customer).values()]
    return ClassChange.objects.filter(customer__in=customers).select_related("by", "customer").order_by("-at", "-pk")
