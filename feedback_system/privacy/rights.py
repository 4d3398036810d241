"""Who does what with the rights of persons, with legal holds and with destruction: role x function.

A colleague who changes the customer's card writes down what was asked; the head of the customer files answers; the
general manager approves what cannot be undone, which nobody approves for himself or herself.
"""

from __future__ import annotations

from dataclasses import dataclass

from audit.actor import Actor
from audit.exceptions import NotAllowed
from customers import rights
from customers.rights import heads_the_files, is_general_manager
from organization.models import Role, User
from organization.queries import Identity, identity_of

#: The permission that decides about erasures and destructions.
STEP = "approve_erasure"


@dataclass(frozen=True)
class Officer:
    """Somebody in front of the pages about personal data, and what he or she may do there."""

    user: User
    who: Identity

    @property
    def actor(self) -> Actor:
        """Who acts."""
        return Actor.staff(self.user)

    @property
    def answers(self) -> bool:
        """Answers requests, makes copies, restricts, lists what is due, places and lifts holds."""
        return heads_the_files(self.who)

    @property
    def approves(self) -> bool:
        """Decides what cannot be undone."""
        return is_general_manager(self.who)

    @property
    def writes_down(self) -> bool:
        """Writes down what a customer asks and agrees to."""
        return rights.collects(self.who) or self.answers


def officer(user: User) -> Officer:
    """Who reads the pages of requests, holds and destructions: who answers, who approves, and the auditors."""
    found = Officer(user, identity_of(user))
    if not (found.answers or found.approves or user.role == Role.AUDITOR):
        raise NotAllowed
    return found
