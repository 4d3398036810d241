"""Who may open the pages that only the composition root can show."""

from __future__ import annotations

from audit.actor import Actor
from audit.exceptions import NotAllowed
from cases import rights
from organization.access import is_administrator
from organization.models import User
from organization.queries import identity_of


def reads_messages(user: User) -> bool:
    """Administrators see that messages go out; heads of the hub also those of the cases they may see."""
    return is_administrator(user) or "see_messages" in rights.general_permissions(identity_of(user))


def messages_page(user: User) -> Actor:
    """The actor of the page of outgoing messages, or ``NotAllowed``."""
    if not reads_messages(user):
        raise NotAllowed()
    return Actor.staff(user)
