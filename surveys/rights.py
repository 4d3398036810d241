"""Rights: one table, role x function; what a person may do in this room.

What somebody sees is said by the models' ``visible_to``; results are sums, seen by who is named here.
"""

from __future__ import annotations

from types import MappingProxyType

from cases.rights import Grant
from organization.models import Role
from organization.models.units import Function
from organization.queries import Identity

AGENT, HANDLER, HEAD, MANAGER = Role.AGENT, Role.HANDLER, Role.HEAD, Role.MANAGER
WORKING = frozenset({AGENT, HANDLER, HEAD, MANAGER})


def _g(roles: set[str] | frozenset[str], *functions: str) -> Grant:
    return Grant(frozenset(roles), frozenset(functions))


_QUALITY = _g(WORKING, Function.QUALITY)
_HUB_HEAD = _g({HEAD, MANAGER}, Function.HUB)
PERMISSIONS = MappingProxyType(
    {
        # Questionnaires, and switching a survey on or off.
        "manage": (_g({MANAGER}), _g({HEAD}, Function.QUALITY)),
        "read_surveys": (_g({MANAGER, Role.AUDITOR}), _QUALITY, _HUB_HEAD),
        # The independent desk (SUR-15); who worked on a case is refused besides.
        "call": (_g(WORKING, Function.CALLBACK_DESK),),
        "see_quota": (_g({MANAGER, Role.AUDITOR}), _QUALITY, _g(WORKING, Function.CALLBACK_DESK)),
        # The record of the calls, taken out of the house (SEC-13).
        "export_record": (_g({MANAGER}), _g({HEAD}, Function.QUALITY), _g({HEAD}, Function.CALLBACK_DESK)),
        # On behalf of a customer who cannot write, or a paper form collected (SUR-17, SUR-45).
        "fill_in": (_g(WORKING),),
        "check": (_QUALITY,),
        # Lists of responses and follow-ups; what stands in them is said by the models' ``visible_to``.
        "read_answers": (_g(WORKING | {Role.AUDITOR}),),
        # All results; a head sees those of the departments he or she heads.
        "results": (_g({MANAGER, Role.AUDITOR}), _QUALITY, _HUB_HEAD),
        "own_results": (_g({HEAD, MANAGER}),),
        "confirm_reopening": (_HUB_HEAD,),
    }
)


def places(who: Identity, permission: str) -> list[Identity]:
    """In whose places, own or as deputy, somebody has a permission."""
    grants = PERMISSIONS[permission]
    return [one for one in who.acting if any(grant.holds_for(one, frozenset()) for grant in grants)]


def has(who: Identity, permission: str) -> bool:
    """Whether somebody has it, own or as deputy."""
    return bool(places(who, permission))


def knows_surveys(who: Identity) -> bool:
    """Whether the room has anything for this person: a menu entry."""
    return any(has(who, name) for name in ("read_surveys", "call", "results", "own_results"))


def watches(person: Identity) -> bool:
    """Who watches over all answers and that each follow-up is done: managers, auditors, quality, the hub's heads."""
    return any(grant.holds_for(person, frozenset()) for grant in PERMISSIONS["results"])
