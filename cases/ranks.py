"""How senior somebody is: an escalation is answered from above (RTE-23)."""

from audit.actor import Actor
from organization.models import Role, User
from organization.models.units import Function
from organization.queries import identity_of

HANDLER, HEAD, MANAGER, GENERAL_MANAGER = 1, 2, 3, 4
_RANKS = {Role.HEAD: HEAD, Role.MANAGER: MANAGER}


def rank_of_user(user: User) -> int:
    """1 agents and handlers, 2 heads, 3 managers, 4 the general manager."""
    if Function.GENERAL_MANAGER in identity_of(user).functions:
        return GENERAL_MANAGER
    return _RANKS.get(Role(user.role), HANDLER)


def rank_of(by: Actor) -> int:
    """The rank of an actor; customers and the system have the lowest."""
    user = User.objects.filter(pk=by.id).first() if by.id is not None else None
    return rank_of_user(user) if user else HANDLER
