"""Which message for which happening. Everything goes through the outbox."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from customers import rights
from customers.models import Customer, FileGrant
from notifications import readers as message_readers
from notifications import templates
from notifications.actions import NewMessage, enqueue
from notifications.models import ChannelName
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
}


def register() -> None:
    """Make the texts known to the outbox, and who may be told about a customer."""
    for kind, (subject, body) in _TEXTS.items():
        templates.register(kind, subject=subject, body=body, names=_NAMES)
    message_readers.register("customer", _may_read)
    message_readers.register("customers", _may_read_all)


def _may_read(thread: str, user: User) -> bool:
    return Customer.objects.visible_to(identity_of(user)).filter(pk=int(thread.partition(":")[2])).exists()


def _may_read_all(thread: str, user: User) -> bool:
    return rights.works_with_customers(identity_of(user))


def reading_asked(grant: FileGrant) -> None:
    """Tell the general manager that somebody asks."""
    _tell(grant, people_with_function(Function.GENERAL_MANAGER), "reading_asked", text=grant.purpose)


def reading_decided(grant: FileGrant, *, granted: bool, opinion: str) -> None:
    """Tell who asked what was decided."""
    _tell(grant, [grant.person], "reading_allowed" if granted else "reading_refused", text=opinion)


def _tell(grant: FileGrant, people: Iterable[User], kind: str, *, text: str) -> None:
    customer = grant.customer
    thread = customer.thread if customer else "customers"
    for user in people:
        for channel in (ChannelName.IN_APP, ChannelName.EMAIL):
            if channel == ChannelName.EMAIL and not user.email:
                continue
            context = {
                "name": customer.name if customer else _("all customers"),
                "person": grant.person.name,
                "text": text,
                "until": grant.ends_at,
            }
            enqueue(
                NewMessage(
                    dedupe_key=f"{thread}:{kind}:{grant.pk}:{user.pk}:{channel}",
                    kind=kind,
                    thread=thread,
                    channel=channel,
                    user_id=user.pk,
                    context=context,
                    language=user.language,
                    path=f"/customers/{customer.pk}/" if customer else "/customers/",
                )
            )
