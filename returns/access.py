"""The only way from a reference in a request to a return or a part of it.

Not visible is 404, like absent; visible but not allowed is 403.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from django.db.models import Model
from django.http import Http404

from audit.actor import Actor
from audit.exceptions import NotAllowed
from cases.access import LONGEST_REFERENCE
from organization.models import User
from organization.queries import Identity, identity_of
from regulations.models import Approval
from returns import rights
from returns.models import Refund, ReturnClock, ReturnSlip, SlipFile, SlipLine
from returns.queries.refunds import APPROVAL

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class ReturnAccess:
    """A return that somebody may see, with what that person may do on it."""

    slip: ReturnSlip
    who: Identity
    user: User

    @cached_property
    def permissions(self) -> frozenset[str]:
        """Everything that this person may do on it, own or as deputy; the state apart."""
        return rights.permissions_on(self.who, self.slip) if self.slip.erased_at is None else frozenset({"print"})

    @cached_property
    def contact(self) -> bool:
        """Whether telephone and address are shown in the clear."""
        return rights.sees_contact(self.who, self.slip)

    def require(self, permission: str) -> None:
        """Raise ``NotAllowed`` without the permission."""
        if permission not in self.permissions:
            raise NotAllowed()

    def actor(self, permission: str) -> Actor:
        """The actor for the audit trail: in one's own right, or as somebody's deputy."""
        places = rights.places_anywhere(self.who, permission, rights.decider(self.slip))
        place = next(iter(places), self.who)
        return Actor.staff(self.user, deputy_for=None if place is self.who else place.user_id)


def is_reference(number: str) -> bool:
    """Whether it can be a number at all; everything else is absent without a question to the database."""
    return number.isascii() and number.isprintable() and 0 < len(number) <= LONGEST_REFERENCE


def get_return(user: User, number: str, permission: str = "", *, version: str | int | None = None) -> ReturnAccess:
    """The return with that number, for this person: 404 when absent or not visible, 403 without the permission.

    ``version`` is that of the page, for ``StaleRecord``.
    """
    if not is_reference(number):
        raise Http404
    who = identity_of(user)
    rows = ReturnSlip.objects.visible_to(who).defer("search", "contact_search", "profile_version__document")
    slip = rows.select_related("profile_version__profile", "case", "customer").filter(number=number).first()
    if slip is None:
        raise Http404
    return _with(ReturnAccess(slip, who, user), permission, version)


def _with(access: ReturnAccess, permission: str, version: str | int | None) -> ReturnAccess:
    if permission:
        access.require(permission)
    if version not in (None, ""):
        try:
            access.slip.expected_version = int(version)
        except ValueError as error:
            raise Http404 from error
    return access


def get_for_refund(user: User, number: str) -> ReturnAccess:
    """Any return by its number, for who pays: an unconfirmed one is refused at the gate and the refusal kept (RET-09).

    404 for a number that does not exist, or that is withheld from this person as it is from reading; 403 for who does
    not pay.
    """
    who = identity_of(user)
    places = rights.places_anywhere(who, "pay")
    if not places:
        raise NotAllowed()
    if not is_reference(number):
        raise Http404
    rows = ReturnSlip.objects.reached_by(who, places).select_related("profile_version", "case", "customer")
    slip = rows.filter(number=number).first()
    if slip is None:
        raise Http404
    return ReturnAccess(slip, who, user)


def get_line(access: ReturnAccess, pk: int) -> SlipLine:
    """A line of the return."""
    return _one(SlipLine.objects.filter(pk=pk, slip=access.slip).select_related("product").first())


def get_clock(access: ReturnAccess, pk: int) -> ReturnClock:
    """A clock of the return."""
    row = _one(ReturnClock.objects.filter(pk=pk, slip=access.slip).first())
    row.slip = access.slip
    return row


def get_refund(access: ReturnAccess) -> Refund:
    """The payment of the return."""
    row = _one(Refund.objects.filter(slip=access.slip).first())
    row.slip = access.slip
    return row


def get_approval(access: ReturnAccess) -> Approval:
    """The open question to the general manager about the refund."""
    return _one(Approval.objects.filter(thread=access.slip.thread, kind=APPROVAL, decided_at=None).first())


def get_file(user: User, number: str, pk: int) -> SlipFile:
    """A file of a return that this person may see."""
    access = get_return(user, number)
    return _one(SlipFile.objects.filter(pk=pk, slip=access.slip).select_related("file", "slip").first())


def _one(row: M | None) -> M:
    if row is None:
        raise Http404
    return row
