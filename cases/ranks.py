"""How senior somebody is: an escalation is answered from above (RTE-23)."""

from audit.actor import Actor
from cases.models import Case
from organization.models import Role, User
from organization.models.units import Function
from organization.queries import Identity, identity_of

HANDLER, HEAD, MANAGER, GENERAL_MANAGER = 1, 2, 3, 4
_RANKS = {Role.HEAD: HEAD, Role.MANAGER: MANAGER}


def rank_of_identity(person: Identity) -> int:
    """1 agents and handlers, 2 heads, 3 managers, 4 the general manager."""
    if Function.GENERAL_MANAGER in person.functions:
        return GENERAL_MANAGER
    return _RANKS.get(Role(person.role), HANDLER)


def rank_of_user(user: User) -> int:
    """The rank in the person's own right."""
    return rank_of_identity(identity_of(user))


def rank_of(by: Actor) -> int:
    """The rank of an actor, a deputy's being that of the person in whose place he or she acts.

    Customers and the system have the lowest.
    """
    pk = by.deputy_for if by.deputy_for is not None else by.id
    user = User.objects.filter(pk=pk).first() if pk is not None else None
    return rank_of_user(user) if user else HANDLER


def top_rank() -> int:
    """The highest rank that anybody here has; who has it answers demands against own decisions too."""
    active = User.objects.filter(is_active=True)
    if active.filter(functions__code=Function.GENERAL_MANAGER).exists():
        return GENERAL_MANAGER
    return MANAGER if active.filter(role=Role.MANAGER).exists() else HEAD


def last_rank(case: Case) -> int:
    """How senior the last decision on a case was: its last final reply, or an answered demand after it."""
    reply = case.replies.filter(final=True).order_by("-pk").first()
    answered = case.escalations.filter(answered_at__isnull=False).select_related("answered_by").order_by("-pk").first()
    ranks = [reply.rank] if reply else []
    if answered is not None and answered.answered_rank is not None:
        ranks.append(answered.answered_rank)
    elif answered is not None and answered.answered_by is not None:
        ranks.append(rank_of_user(answered.answered_by))  # answered before the rank was kept
    return max(ranks, default=HANDLER)
