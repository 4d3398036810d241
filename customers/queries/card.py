"""The contact card: what everybody who works with a customer may know (A-31)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, QuerySet

from customers import rights
from customers.models import ContactPoint, ContactType, Customer, Secrecy
from organization.masks import mask_email, mask_phone
from organization.queries import Identity


@dataclass(frozen=True)
class CallerCard:
    """What the person at the telephone may know of a customer (A-31: contact card, not the file).

    ``phones`` and ``emails`` are what may be written into a form: nothing where contact data are masked for the reader
    (SEC-08); ``phones_shown`` and ``emails_shown`` are what stands on the page.
    """

    customer: Customer
    organisation: str
    phones: tuple[str, ...]
    emails: tuple[str, ...]
    phones_shown: tuple[str, ...]
    emails_shown: tuple[str, ...]
    attention: str
    visit_class: str

    @property
    def ways(self) -> tuple[str, ...]:
        """Numbers and addresses as they stand on the page."""
        return self.phones_shown + self.emails_shown


def with_contacts(customers: QuerySet[Customer]) -> QuerySet[Customer]:
    """Load what a card shows, in a constant number of queries."""
    return customers.select_related("organisation", "salesperson", "custodian").prefetch_related(
        Prefetch("contact_points", queryset=ContactPoint.objects.order_by("type", "id"))
    )


def _card(customer: Customer, *, clear: bool, organisation: str) -> CallerCard:
    points = [point for point in customer.contact_points.all() if not point.refused]
    phones = tuple(point.value for point in points if point.type == ContactType.PHONE)
    emails = tuple(point.value for point in points if point.type == ContactType.EMAIL)
    return CallerCard(
        customer=customer,
        organisation=organisation,
        phones=phones if clear else (),
        emails=emails if clear else (),
        phones_shown=phones if clear else tuple(mask_phone(phone) for phone in phones),
        emails_shown=emails if clear else tuple(mask_email(email) for email in emails),
        attention=customer.attention,
        visit_class=customer.visit_class,
    )


def cards_of(customers: Iterable[Customer], who: Identity) -> list[CallerCard]:
    """The cards of customers as this person sees them; expects ``with_contacts``."""
    rows = list(customers)
    clear, names = clear_of(rows, who), organisations_of(rows, who)
    return [_card(row, clear=row.pk in clear, organisation=names.get(row.organisation_id or 0, "")) for row in rows]


def organisations_of(customers: Iterable[Customer], who: Identity) -> dict[int, str]:
    """The names of the organisations of these customers, without the secret ones that this person may not know."""
    found = {row.organisation.pk: row.organisation for row in customers if row.organisation}
    secret = [pk for pk, row in found.items() if row.secrecy == Secrecy.SECRET]
    known = set(Customer.objects.visible_to(who).filter(pk__in=secret).values_list("pk", flat=True)) if secret else ()
    return {pk: row.name for pk, row in found.items() if row.secrecy != Secrecy.SECRET or pk in known}


def belongs_unseen(customer: Customer, who: Identity) -> bool:
    """Whether the customer belongs to an organisation of which this person may not know: it stays, whatever is sent."""
    above = customer.organisation_id
    return above is not None and not Customer.objects.visible_to(who).filter(pk=above).exists()


def clear_of(customers: Iterable[Customer], who: Identity, *, now: datetime | None = None) -> set[int]:
    """Of which of these customers this person sees contact data in the clear; at most one query."""
    keys = [row.pk for row in customers]
    if rights.keeps_all(who):
        return set(keys)
    return set(Customer.objects.clear_to(who, now=now).filter(pk__in=keys).values_list("pk", flat=True))
