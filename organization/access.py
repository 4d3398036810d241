"""Who may set the organisation up, and the only way from a key in an address to one of its rows.

Settings are the administrators' own: a deputy acts in cases, not here.
"""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model
from django.http import Http404
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.exceptions import NotAllowed
from organization.models import Deputy, Role, User

M = TypeVar("M", bound=Model)
#: Who has decisions to lend: these appoint their own deputies (ORG-15).
DECIDING = frozenset({Role.HEAD, Role.MANAGER})


def is_administrator(user: User) -> bool:
    """Whether the person sets the organisation up."""
    return user.role == Role.ADMINISTRATOR


def administrator(user: User) -> Actor:
    """The actor of a settings page; ``NotAllowed`` for everybody but administrators."""
    if not is_administrator(user):
        raise NotAllowed(_("Only administrators work on the settings. If something is wrong there, please tell yours."))
    return Actor.staff(user)


def row(model: type[M], pk: int) -> M:
    """The row with that key, or 404."""
    found = model._default_manager.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def appoints_deputies(user: User) -> bool:
    """Whether somebody may name deputies: administrators for all, heads and managers for themselves."""
    return is_administrator(user) or user.role in DECIDING or user.functions.exists()


def deputies_page(user: User) -> Actor:
    """The actor of the page of deputies; ``NotAllowed`` for those who have no decisions to lend."""
    if not appoints_deputies(user):
        raise NotAllowed(_("Deputies are named by heads, managers and administrators."))
    return Actor.staff(user)


def principal(user: User, chosen: User | None) -> User:
    """For whom somebody names a deputy: administrators for anybody, others for themselves only."""
    if chosen is None or chosen == user:
        return user
    if not is_administrator(user):
        raise NotAllowed(_("You can name deputies for yourself only. Ask an administrator for others."))
    return chosen


def deputyship(user: User, pk: int) -> Deputy:
    """A deputyship that this person may end: the own one (on either side), or any for administrators."""
    found = Deputy.objects.select_related("principal", "deputy").filter(pk=pk).first()
    if found is None or not (is_administrator(user) or user.pk in {found.principal_id, found.deputy_id}):
        raise Http404
    return found
