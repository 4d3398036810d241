"""What is done with customers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from audit.actions import record
from audit.actor import Actor
from customers.models import Consent, ConsentText, ContactPoint, ContactType, Customer, CustomerType
from customers.queries import normal_phone
from organization import text


@dataclass(frozen=True)
class NewCustomer:
    """What is known of somebody who is not in the file yet; clean values."""

    name: str
    phone: str = ""
    email: str = ""
    type: str = CustomerType.PERSON
    organisation: Customer | None = None


def name_fields(name: str) -> dict[str, str]:
    """The stored keys that follow from a name: pinyin order, folded form, initials."""
    return {
        "name": name,
        "name_key": text.pinyin_key(name)[:400],
        "folded_name": text.fold(name)[:100],
        "initials": text.initials(name)[:60],
    }


def write_search(customer: Customer) -> None:
    """Rewrite the search vector of one customer: bigrams of the name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE customers_customer SET search = array_to_tsvector(%s::text[]) WHERE id = %s",
            [text.bigrams(customer.name), customer.pk],
        )


@transaction.atomic
def create_customer(new: NewCustomer, *, by: Actor, at: datetime) -> Customer:
    """Open a file for somebody, with the contact points given."""
    customer = Customer.objects.create(
        type=new.type, organisation=new.organisation, created_at=at, **name_fields(new.name)
    )
    write_search(customer)
    for kind, value in ((ContactType.PHONE, new.phone), (ContactType.EMAIL, new.email)):
        if value:
            add_contact_point(customer, kind, value)
    record(
        f"customer:{customer.pk}",
        "create",
        by=by,
        at=at,
        changes={"type": (None, new.type)},
        sealed={"name": (None, new.name)},
    )
    return customer


def add_contact_point(customer: Customer, kind: str, value: str) -> ContactPoint:
    """Add a number or address, unless the customer has it; the given spelling is kept."""
    normal, extension, backwards = text.fold(value), "", ""
    if kind == ContactType.PHONE:
        number = text.normalise_phone(value)
        normal, extension = normal_phone(value), number.extension
        backwards = text.phone_digits(number.national)[::-1]
    point, _ = ContactPoint.objects.get_or_create(
        customer=customer,
        type=kind,
        normal=normal,
        defaults={"value": value, "extension": extension, "reversed": backwards},
    )
    return point


def give_consent(
    text_version: ConsentText, *, thread: str, channel: str, at: datetime, customer: Customer | None = None
) -> Consent:
    """Keep that somebody agreed to a versioned text (CUS-19)."""
    return Consent.objects.create(text=text_version, thread=thread, channel=channel, given_at=at, customer=customer)
