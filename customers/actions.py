"""What is done with customers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from audit.actions import record
from audit.actor import Actor
from customers.models import Consent, ConsentText, ContactPoint, ContactType, Customer, CustomerType
from customers.queries import normal_phone
from organization import text
from organization.copying import vector_of


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


@transaction.atomic
def create_customer(new: NewCustomer, *, by: Actor, at: datetime) -> Customer:
    """Open a file for somebody, with the contact points given."""
    customer = Customer(
        type=new.type,
        organisation=new.organisation,
        created_at=at,
        search=vector_of(text.bigrams(new.name)),
        **name_fields(new.name),
    )
    customer.save(force_insert=True)
    del customer.search  # read again where it is wanted: here it is still the expression
    given = ((ContactType.PHONE, new.phone), (ContactType.EMAIL, new.email))
    ContactPoint.objects.bulk_create(_contact_point(customer, kind, value) for kind, value in given if value)
    record(
        f"customer:{customer.pk}",
        "create",
        by=by,
        at=at,
        changes={"type": (None, new.type)},
        sealed={"name": (None, new.name)},
    )
    return customer


def _contact_point(customer: Customer, kind: str, value: str) -> ContactPoint:
    """An unsaved number or address; the given spelling is kept."""
    if kind != ContactType.PHONE:
        return ContactPoint(customer=customer, type=kind, value=value, normal=text.fold(value))
    number = text.normalise_phone(value)
    return ContactPoint(
        customer=customer,
        type=kind,
        value=value,
        normal=normal_phone(value),
        extension=number.extension,
        reversed=text.phone_digits(number.national)[::-1],
    )


def give_consent(
    text_version: ConsentText, *, thread: str, channel: str, at: datetime, customer: Customer | None = None
) -> Consent:
    """Keep that somebody agreed to a versioned text (CUS-19)."""
    return Consent.objects.create(text=text_version, thread=thread, channel=channel, given_at=at, customer=customer)
