"""The only way from a reference in a request to a row of this room: not visible is 404, not allowed is 403."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404

from audit.actor import Actor
from audit.exceptions import NotAllowed
from organization.models import User
from organization.queries import Identity, identity_of
from surveys import rights


@dataclass(frozen=True)
class Here:
    """Somebody in this room."""

    user: User
    who: Identity

    def has(self, permission: str) -> bool:
        """Whether the person has a permission, own or as deputy."""
        return rights.has(self.who, permission)

    def require(self, permission: str) -> None:
        """Raise ``NotAllowed`` without it."""
        if not self.has(permission):
            raise NotAllowed()

    def actor(self, permission: str) -> Actor:
        """The actor for the history: in one's own right, or as somebody's deputy."""
        place = next(iter(rights.places(self.who, permission)), self.who)
        return Actor.staff(self.user, deputy_for=None if place is self.who else place.user_id)


def here(user: User, permission: str = "") -> Here:
    """This person, who needs that permission; ``NotAllowed`` without it, and for who has nothing to do here."""
    found = Here(user, identity_of(user))
    if permission:
        found.require(permission)
    elif not rights.knows_surveys(found.who):
        raise NotAllowed()
    return found


def absent() -> Http404:
    """What is answered for everything that is not there, or not for this person."""
    return Http404()
