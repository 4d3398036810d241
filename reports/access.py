"""The only way from a reference in a request to a row of this room: not visible is 404, not allowed is 403."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404

from audit.actor import Actor
from audit.exceptions import NotAllowed
from organization.models import User
from organization.queries import Identity, identity_of
from reports import rights
from reports.models import Report


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
    """This person, who needs that permission; ``NotAllowed`` without it."""
    found = Here(user, identity_of(user))
    if permission:
        found.require(permission)
    return found


def get_report(user: User, number: str) -> tuple[Here, Report]:
    """A report that this person may read; 404 for any other."""
    found = here(user)
    row = Report.objects.visible_to(found.who).select_related("asked_by", "approved_by", "corrects").filter(
        number=number
    ).first()  # fmt: skip
    if row is None:
        raise Http404
    return found, row
