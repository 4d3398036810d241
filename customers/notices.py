"""Which message for which happening. Everything goes through the outbox."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers import rights
from customers.models import Communication, Customer, FileGrant
from customers.queries.merging import living_key
from notifications import readers as message_readers
from notifications import templates
from notifications.actions import enqueue, for_colleague
from organization.models import User
from organization.models.units import Function
from organization.queries import identity_of, people_with_function

_NAMES = ("name", "person", "text", "until")
_TEXTS = {
    "reading_asked": (
        _("{person} asks to read the file of {name}"),
        _("{person} asks to read the customer file of {name} until {until}.\nWhat for: {text}"),
    ),
    "reading_allowed": (
        _("You may read the file of {name}"),
        _("You may read the customer file of {name} until {until}. Every reading is written down."),
    ),
    "reading_refused": (
        _("Reading the file of {name} was refused"),
        _("Your request to read the customer file of {name} was refused.\n{text}"),
    ),
    "reading_ended": (
        _("You can no longer read the file of {name}"),
        _(
            "The file of {name} was merged with another one, so your permission to read it ended. Ask again if you"
            " still need it."
        ),
    ),
    "customers_exported": (
        _("{person} exported {name} customers"),
        _("{person} exported a list of {name} customers as number {until}.\nWhat for: {text}"),
    ),
    "follow_up_given": (
        _("To follow up with {name} until {until}"),
        _("{person} wrote down a communication with {name}. To follow up until {until}:\n{text}"),
    ),
}


def register() -> None:
    """Make the texts known to the outbox, and who may be told about a customer."""
    for kind, (subject, body) in _TEXTS.items():
        templates.register(kind, subject=subject, body=body, names=_NAMES)
    message_readers.register("customer", _may_read)
    message_readers.register("customers", _may_read_all)


def _may_read(thread: str, user: User) -> bool:
    pk = int(thread.partition(":")[2])
    found = living_key(pk)  # what was written of a customer who is part of another is read by who may know of that one
    granted = FileGrant.objects.filter(
        customer=pk, person=user, granted_at__isnull=False, revoked_at=None, ends_at__gt=timezone.now()
    )  # a permission that begins later is told now
    return Customer.objects.visible_to(identity_of(user)).filter(pk=found).exists() or granted.exists()


def _may_read_all(thread: str, user: User) -> bool:
    return rights.works_with_customers(identity_of(user))


def reading_asked(grant: FileGrant) -> None:
    """Tell the general manager that somebody asks."""
    _tell(grant, people_with_function(Function.GENERAL_MANAGER), "reading_asked", text=grant.purpose)


def reading_decided(grant: FileGrant, *, granted: bool, opinion: str) -> None:
    """Tell who asked what was decided."""
    _tell(grant, [grant.person], "reading_allowed" if granted else "reading_refused", text=opinion)


def reading_ended(grant: FileGrant) -> None:
    """Tell who could read a file that it is part of another now."""
    _tell(grant, [grant.person], "reading_ended", text="")


def customers_exported(by: User, *, number: str, rows: int, purpose: str) -> None:
    """Tell the general manager that many customers left the house (quality 82)."""
    context = {"name": str(rows), "person": by.name, "text": purpose, "until": number}
    for user in people_with_function(Function.GENERAL_MANAGER):
        _send(user, "customers_exported", "customers", f"customers:export:{number}", context, "/customers/readings/")


def follow_up_given(row: Communication) -> None:
    """Tell a colleague what is to be followed up with a customer."""
    if row.follow_up_by is None:
        return
    context = {
        "name": row.customer.name,
        "person": row.recorded_by.name,
        "text": row.follow_up,
        "until": row.follow_up_on,
    }
    path = f"/customers/{row.customer_id}/communications/{row.pk}/"
    key = f"{row.customer.thread}:follow_up:{row.pk}:{row.version}"
    _send(row.follow_up_by, "follow_up_given", row.customer.thread, key, context, path)


def _tell(grant: FileGrant, people: Iterable[User], kind: str, *, text: str) -> None:
    customer = grant.customer
    thread = customer.thread if customer else "customers"
    for user in people:
        context = {
            "name": customer.name if customer else _("all customers"),
            "person": grant.person.name,
            "text": text,
            "until": grant.ends_at,
        }
        path = f"/customers/{customer.pk}/" if customer else "/customers/"
        _send(user, kind, thread, f"{thread}:{kind}:{grant.pk}", context, path)


def _send(user: User, kind: str, thread: str, key: str, context: Mapping[str, Any], path: str) -> None:
    for message in for_colleague(user, kind=kind, thread=thread, key=key, context=context, path=path):
        enqueue(message)
