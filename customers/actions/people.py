"""Opening and changing what is known of a customer: the card."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import InvalidInput
from customers.actions.living import lock_living
from customers.models import ContactPoint, ContactType, Customer, CustomerKind, CustomerType, Secrecy
from customers.reach import REFUSED, Reach, contact_point, normal_of
from organization import stale, text
from organization.copying import vector_of
from organization.models import User

#: What everybody may know of a change in the history; the rest is sealed.
_OPEN = ("type", "kinds", "organisation", "salesperson", "custodian", "secrecy")
Change = tuple[object, object]


@dataclass(frozen=True)
class NewCustomer:
    """What is known of somebody who is not in the file yet; clean values."""

    name: str
    phone: str = ""
    email: str = ""
    type: str = CustomerType.PERSON
    organisation: Customer | None = None
    submission_key: uuid.UUID | None = None


@dataclass(frozen=True)
class Facts:
    """All that the page of the card changes."""

    name: str
    type: str = CustomerType.PERSON
    organisation: Customer | None = None
    kinds: tuple[CustomerKind, ...] = ()
    salesperson: User | None = None
    attention: str = ""
    contacts: tuple[Reach, ...] = ()
    custodian: User | None = None
    secrecy: str = Secrecy.INTERNAL


@dataclass
class Found:
    """A customer before and after, as the history and the stamp of a page compare it."""

    open: dict[str, object] = field(default_factory=dict)
    sealed: dict[str, object] = field(default_factory=dict)


def name_fields(name: str) -> dict[str, str]:
    """The stored keys that follow from a name: pinyin order, folded form, initials."""
    key, initials = text.sounds(name)
    return {"name": name, "name_key": key[:400], "folded_name": text.fold(name)[:100], "initials": initials[:60]}


@transaction.atomic
def create_customer(new: NewCustomer, *, by: Actor, at: datetime) -> Customer:
    """Open a file for somebody, with the contact points given."""
    customer = Customer(
        type=new.type,
        organisation=new.organisation,
        created_at=at,
        file_updated_at=at,
        submission_key=new.submission_key,
        search=vector_of(text.bigrams(new.name)),
        **name_fields(new.name),
    )
    customer.save(force_insert=True)
    del customer.search  # read again where it is wanted: here it is still the expression
    given = ((ContactType.PHONE, new.phone), (ContactType.EMAIL, new.email))
    ContactPoint.objects.bulk_create(contact_point(customer, Reach(kind, value)) for kind, value in given if value)
    record(
        customer.thread,
        "create",
        by=by,
        at=at,
        changes={"type": (None, new.type)},
        sealed={"name": (None, new.name)},
    )
    return customer


def open_file(facts: Facts, *, by: Actor, submission_key: uuid.UUID | None = None) -> Customer:
    """Open a file with everything that the page asks for.

    The same ``submission_key`` returns the customer of the first submission.
    """
    if known := _submitted(submission_key):
        return known
    try:
        return _open(facts, by=by, submission_key=submission_key)
    except IntegrityError:
        # The same submission arrived twice at once: the other one won, and its file is ours too.
        if known := _submitted(submission_key):
            return known
        raise


def _submitted(key: uuid.UUID | None) -> Customer | None:
    return Customer.objects.filter(submission_key=key).first() if key else None


@transaction.atomic
def _open(facts: Facts, *, by: Actor, submission_key: uuid.UUID | None) -> Customer:
    now = timezone.now()
    check_facts(None, facts)
    new = NewCustomer(facts.name, type=facts.type, submission_key=submission_key)
    customer = create_customer(new, by=by, at=now)
    return update_customer(customer, facts, by=by)


@transaction.atomic
def update_customer(customer: Customer, facts: Facts, *, by: Actor, base: str = "") -> Customer:
    """Change the card; what changed stands in the update log with old and new (F68).

    ``base`` is the stamp of what the page showed (``facts_of``): raises ``StaleRecord`` when that is no longer so.
    Raises ``InvalidInput`` for what cannot be: no name, a number twice, an organisation that is its own.
    """
    row = lock_living(customer, organisation=facts.organisation)
    before = found_of(row)
    stale.require_fresh(before.open | before.sealed, base)
    check_facts(row.pk, facts)
    _write(row, facts)
    changes, sealed = changes_between(before, found_of(row))
    if changes or sealed:
        now = timezone.now()
        row.file_updated_at, row.version = now, row.version + 1
        row.save(update_fields=["file_updated_at", "version"])
        record(row.thread, "update", by=by, at=now, changes=changes, sealed=sealed)
    return row


def facts_of(customer: Customer) -> dict[str, object]:
    """All that the page of the card changes, for its stamp."""
    found = found_of(customer)
    return found.open | found.sealed


def changes_between(before: Found, after: Found) -> tuple[dict[str, Change], dict[str, Change]]:
    """What differs, as the history keeps it: open and sealed."""
    changes = {name: (before.open[name], after.open[name]) for name in _OPEN if before.open[name] != after.open[name]}
    sealed = {name: (before.sealed[name], new) for name, new in after.sealed.items() if before.sealed[name] != new}
    return changes, sealed


def check_facts(pk: int | None, facts: Facts) -> None:
    """Raise ``InvalidInput`` for what cannot be of the customer with this key; no key yet: of a new one."""
    if not facts.name:
        raise InvalidInput("name", _("The name is needed."))
    if facts.type not in CustomerType.values or facts.secrecy not in Secrecy.values:
        raise InvalidInput("type", _("Please choose one of the offered values."))
    _check_organisation(pk, facts)
    normals = [normal_of(reach) for reach in facts.contacts]
    if len(set(normals)) < len(normals):
        raise InvalidInput("contacts", _("A number or address is given twice. Please keep it once."))
    if "" in normals:
        raise InvalidInput("contacts", _("A telephone number needs digits."))


def _check_organisation(pk: int | None, facts: Facts) -> None:
    above = facts.organisation
    if above is None:
        return
    if above.type != CustomerType.ORGANISATION:
        sentence = _("“%(name)s” is a person. Please choose an organisation.")
        raise InvalidInput("organisation", sentence % {"name": above})
    if facts.type == CustomerType.ORGANISATION:
        raise InvalidInput("organisation", _("Only persons belong to an organisation."))
    if pk is not None and pk == above.pk:
        raise InvalidInput("organisation", _("Nobody belongs to himself."))


def _write(customer: Customer, facts: Facts) -> None:
    if customer.type == CustomerType.ORGANISATION != facts.type and customer.people.exists():
        raise InvalidInput("type", people_stay())
    set_facts(customer, facts)
    customer.search = vector_of(text.bigrams(facts.name))
    customer.save()
    del customer.search
    customer.kinds.set(facts.kinds)
    _write_contacts(customer, facts.contacts)


def people_stay() -> str:
    """What is said where an organisation with people is to become a person."""
    return _("People belong to this organisation. Move them first.")


def set_facts(customer: Customer, facts: Facts) -> None:
    """Everything of the card that stands in the customer's own row, but its search vector; saves nothing."""
    if customer.name != facts.name or not customer.name_key:
        for name, value in name_fields(facts.name).items():
            setattr(customer, name, value)
    customer.type, customer.organisation, customer.attention = facts.type, facts.organisation, facts.attention
    customer.salesperson, customer.custodian, customer.secrecy = facts.salesperson, facts.custodian, facts.secrecy


def _write_contacts(customer: Customer, wanted: tuple[Reach, ...]) -> None:
    """Points that stay keep their rows, so that what refers to them stays true."""
    there = {(point.type, point.normal): point for point in customer.contact_points.all()}
    keys = {(reach.type, normal_of(reach)): reach for reach in wanted}
    customer.contact_points.filter(pk__in=[point.pk for key, point in there.items() if key not in keys]).delete()
    ContactPoint.objects.bulk_create(contact_point(customer, reach) for key, reach in keys.items() if key not in there)
    for key, reach in keys.items():
        point = there.get(key)
        if point and (point.value, point.refused) != (reach.value, reach.refused):
            point.value, point.refused = reach.value, reach.refused
            point.save(update_fields=["value", "refused"])


def found_of(customer: Customer) -> Found:
    """How the card stands now."""
    points = ContactPoint.objects.filter(customer=customer)
    return found_from(customer, customer.kinds.values_list("code", flat=True), points)


def found_from(customer: Customer, kinds: Iterable[str], points: Iterable[ContactPoint]) -> Found:
    """The same, from what was loaded already."""
    ordered = sorted(points, key=lambda point: (point.type, point.normal))
    return Found(
        {
            "type": customer.type,
            "kinds": sorted(kinds),
            "organisation": customer.organisation_id,
            "salesperson": customer.salesperson_id,
            "custodian": customer.custodian_id,
            "secrecy": str(customer.secrecy),
        },
        {
            "name": customer.name,
            "attention": customer.attention,
            "contacts": [f"{point.value}{REFUSED if point.refused else ''}" for point in ordered],
        },
    )
