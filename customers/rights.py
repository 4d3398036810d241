"""Who may know and do what with customers: role x function, and what the person is to the customer (SEC-01, A-31).

Two circles: the contact card with products and history for those who serve the customer; the file with credit,
contracts, finance and classified matters for its custodian, the general manager, and whom he or she lets read it.
"""

from __future__ import annotations

from organization.models import Role
from organization.models.units import RESTRICTED_PRINCIPAL, Function
from organization.queries import Identity

#: Auditors see no contact data and administrators no content (SEC-08).
_KEPT_OUT = frozenset({Role.AUDITOR, Role.ADMINISTRATOR})
#: Who talks with customers: contact data are masked for all others (SEC-08).
_SERVING = frozenset(
    {Function.HUB, Function.SALES, Function.RETURNS_DESK, Function.REPAIR, Function.CALLBACK_DESK, Function.INSPECTION}
)
#: Who collects and sorts what is known of customers (CUS-29).
_COLLECTING = frozenset({Function.HUB, Function.SALES})


def works_with_customers(who: Identity) -> bool:
    """Whether somebody may know of customers at all, or acts for somebody who may."""
    return any(one.role not in _KEPT_OUT for one in who.acting)


def serves(who: Identity) -> bool:
    """Whether somebody sees how customers are reached (SEC-08)."""
    return any(
        one.role not in _KEPT_OUT and (one.role == Role.MANAGER or bool(one.functions & _SERVING)) for one in who.acting
    ) or is_general_manager(who)


def keeps_all(who: Identity) -> bool:
    """The customer-service department, which keeps the files (CUS-29), and the general manager."""
    return is_general_manager(who) or any(
        one.role not in _KEPT_OUT and Function.HUB in one.functions for one in who.acting
    )


def collects(who: Identity) -> bool:
    """Who opens files and changes cards."""
    return any(one.role not in _KEPT_OUT and bool(one.functions & _COLLECTING) for one in who.acting)


def heads_the_files(who: Identity) -> bool:
    """Who names custodians and sets the level of secrecy: the head of the customer-service department (CUS-17)."""
    return any(
        one.role in {Role.HEAD, Role.MANAGER} and Function.HUB in one.functions for one in who.acting
    ) or is_general_manager(who)


def withheld_from(who: Identity) -> frozenset[int]:
    """The principals that bar somebody from what is restricted; none for those who keep it (PIPL 47)."""
    return frozenset() if heads_the_files(who) else frozenset({RESTRICTED_PRINCIPAL})


def looks_for_duplicates(who: Identity) -> bool:
    """Who finds customers that may be one, and makes them one: who collects, and who heads the files."""
    return collects(who) or heads_the_files(who)


def exports(who: Identity) -> bool:
    """Who takes lists of customers out of the house (SEC-13): who heads the files, and the heads of who collects."""
    return heads_the_files(who) or any(
        one.role in {Role.HEAD, Role.MANAGER} and bool(one.functions & _COLLECTING) for one in who.acting
    )


def is_general_manager(who: Identity) -> bool:
    """Who lets others read files (CUS-18); a deputy acts in his or her place."""
    return any(one.role != Role.ADMINISTRATOR and Function.GENERAL_MANAGER in one.functions for one in who.acting)


def reviews_readings(who: Identity) -> bool:
    """Who sees who read what (SEC-02): the general manager and the auditors."""
    return is_general_manager(who) or who.role == Role.AUDITOR
