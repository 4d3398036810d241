"""Rights that need no case: asked at the door of a page."""

from __future__ import annotations

from audit.exceptions import NotAllowed
from cases import rights
from organization.models import User
from organization.queries import Identity, identity_of


def may(who: Identity, permission: str) -> bool:
    """Whether somebody has a permission by role and function alone, own or as deputy."""
    return bool(rights.places_anywhere(who, permission))


def require(user: User, permission: str) -> Identity:
    """Who the person is; ``NotAllowed`` without the permission."""
    who = identity_of(user)
    if not may(who, permission):
        raise NotAllowed
    return who
