"""The only way from a reference in a request to a row of this room: not visible is 404, not allowed is 403."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.exceptions import NotAllowed
from organization.models import User
from organization.queries import Identity, identity_of
from surveys import rights
from surveys.models import Callback, FollowUp, Invitation, Questionnaire, Response, Survey
from surveys.queries import asking
from surveys.queries.drawing import independent
from surveys.queries.follow_ups import acting
from surveys.queries.results import departments_of


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

    def actor_on(self, row: FollowUp) -> Actor:
        """The actor for an act on a follow-up; ``NotAllowed`` for who only reads it."""
        place = acting(row, self.who)
        if place is None:
            raise NotAllowed()
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


def get_survey(pk: int) -> Survey:
    """A survey; whoever may read surveys reads all of them. 404 for one that is not there."""
    return get_object_or_404(asking.surveys(), pk=pk)


def get_questionnaire(code: str) -> Questionnaire:
    """A questionnaire, also a retired one; 404 for one that is not there."""
    return get_object_or_404(Questionnaire, code=code)


def get_invitation(access: Here, pk: int) -> Invitation:
    """An invitation that this person may see; 404 for any other."""
    return get_object_or_404(Invitation.objects.visible_to(access.who).select_related("survey", "case"), pk=pk)


def get_response(user: User, pk: int) -> tuple[Here, Response]:
    """A response that this person may see, with what its page shows."""
    found = Here(user, identity_of(user))
    rows = Response.objects.visible_to(found.who).select_related(
        "case", "version__questionnaire", "customer", "department", "person", "product", "asked_by", "entered_by",
        "checked_by",
    )  # fmt: skip
    row = rows.filter(pk=pk).first()
    if row is None:
        raise absent()
    return found, row


def get_follow_up(user: User, pk: int) -> tuple[Here, FollowUp]:
    """A follow-up that this person may see, with what its page shows."""
    found = Here(user, identity_of(user))
    rows = FollowUp.objects.visible_to(found.who).select_related(
        "response__case__profile_version", "response__version", "owner", "department", "ended_by", "hold"
    )
    row = rows.filter(pk=pk).first()
    if row is None:
        raise absent()
    return found, row


def get_callback(access: Here, pk: int) -> Callback:
    """A callback that this person may make; who worked on its case is told why not (SUR-15, hard gate 9)."""
    rows = Callback.objects.filter(pk=pk).select_related(
        "case__profile_version", "draw__survey__version", "taken_by"
    )  # fmt: skip
    row = independent(rows, access.who).first()
    if row is not None:
        return row
    if rows.readable_by(access.who).exists():
        raise NotAllowed(_("Whoever worked on a case does not ask its customer. A colleague must make this call."))
    raise absent()


def open_results(user: User) -> tuple[Here, frozenset[int] | None]:
    """Somebody who sees results, and of which departments: None of all, else those that he or she heads.

    ``NotAllowed`` for anybody else.
    """
    found = here(user)
    if not found.has("results"):
        found.require("own_results")
    departments = departments_of(found.who)
    if departments is not None and not departments:
        raise NotAllowed()
    return found, departments
