"""Rights: one table, role x function; what a person may do in this room.

Figures are counts over the whole house for who is named here, and over one's departments for a head; the records
behind a figure always start from what the reader may see.
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


PERMISSIONS = MappingProxyType(
    {
        # Issued reports: who reads all of them; others read what was sent to them.
        "read_reports": (_g({MANAGER, Role.AUDITOR}), _g({HEAD}, Function.HUB), _g({HEAD}, Function.QUALITY)),
        "build_report": (_g({MANAGER}), _g({HEAD}, Function.HUB), _g({HEAD}, Function.QUALITY)),
        # Signed by somebody else than who built it.
        "approve_report": (_g({MANAGER}),),
        # The dashboard: of the whole house, of the departments one heads, of one's own cases.
        "see_house": (_g({MANAGER, Role.AUDITOR}), _g({HEAD}, Function.HUB), _g({HEAD}, Function.QUALITY)),
        "see_department": (_g({HEAD}),),
        "see_own": (_g(WORKING | {Role.AUDITOR}),),
        # Ledgers hold what their reader may see.
        "read_ledgers": (_g(WORKING | {Role.AUDITOR}),),
        # Whole tables leave the house by who answers for a department, or for all.
        "export_ledgers": (_g({HEAD, MANAGER, Role.AUDITOR}),),
    }
)


def places(who: Identity, permission: str) -> list[Identity]:
    """In whose places, own or as deputy, somebody has a permission."""
    grants = PERMISSIONS[permission]
    return [one for one in who.acting if any(grant.holds_for(one, frozenset()) for grant in grants)]


def has(who: Identity, permission: str) -> bool:
    """Whether somebody has it, own or as deputy."""
    return bool(places(who, permission))
