"""Rights: one table, role x function, and what the person has to do with the return.

``visible_to`` has been asked before: nobody has a right on a return that he or she may not see.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType

from customers import rights as customers
from organization.models import Role
from organization.models.units import Function
from organization.queries import Identity
from returns.models import ReturnSlip

AGENT, HANDLER, HEAD, MANAGER = Role.AGENT, Role.HANDLER, Role.HEAD, Role.MANAGER
WORKING = frozenset({AGENT, HANDLER, HEAD, MANAGER})


@dataclass(frozen=True)
class Grant:
    """One way to have a permission: these roles, any of these functions, this relation to the return.

    ``relation``: "" none; "owner": the person's function owns the reason of the return (RET-04).
    """

    roles: frozenset[str]
    functions: frozenset[str] = field(default=frozenset())
    relation: str = ""

    def holds_for(self, person: Identity, owner: str) -> bool:
        """Whether a person has it on a return whose reason that function owns."""
        return (
            person.role in self.roles
            and (not self.functions or bool(self.functions & person.functions))
            and (self.relation != "owner" or owner in person.functions)
        )


def _g(roles: frozenset[str] | set[str], *functions: str, relation: str = "") -> Grant:
    return Grant(frozenset(roles), frozenset(functions), relation)


_DESK = _g(WORKING, Function.RETURNS_DESK)
_HUB = _g(WORKING, Function.HUB)
_WAREHOUSE = _g(WORKING, Function.WAREHOUSE)
_REPAIR = _g(WORKING, Function.REPAIR)
_QUALITY = _g(WORKING, Function.QUALITY)
_OWNER = _g(WORKING, relation="owner")
_OWNING_HEAD = _g({HEAD, MANAGER}, relation="owner")
_FINANCE = _g(WORKING, Function.FINANCE)

PERMISSIONS = MappingProxyType(
    {
        "register": (_DESK, _HUB),
        "correct": (_DESK, _HUB),
        "accept": (_REPAIR,),
        "receive": (_DESK, _WAREHOUSE),
        "explain": (_DESK, _WAREHOUSE),
        "ask_inspection": (_OWNER,),
        "record_inspection": (_g(WORKING, Function.INSPECTION), _QUALITY),
        "confirm": (_OWNING_HEAD,),
        "refuse": (_OWNING_HEAD,),
        "redirect": (_DESK, _REPAIR),
        "name_liable": (_OWNING_HEAD, _QUALITY),
        "approve_refund": (_g(WORKING, Function.GENERAL_MANAGER),),
        "pay": (_FINANCE,),
        "amend_refund": (_FINANCE,),
        "schedule": (_REPAIR,),
        "change_place": (_REPAIR,),
        "start": (_REPAIR,),
        "note_work": (_REPAIR,),
        "finish": (_REPAIR,),
        "inspect": (_QUALITY,),
        "release": (_DESK, _WAREHOUSE, _REPAIR),
        "deliver": (_DESK, _HUB, _REPAIR),
        "decline_repair": (_DESK, _HUB, _REPAIR),
        "cancel": (_DESK, _HUB),
        "call_back": (_DESK, _HUB, _g(WORKING, Function.CALLBACK_DESK)),
        "told": (_DESK, _HUB, _g(WORKING, Function.CALLBACK_DESK)),
        "give_breach_reason": (_REPAIR, _DESK, _HUB, _g(WORKING, Function.CALLBACK_DESK)),
        "link": (_DESK, _HUB),
        "open_case": (_DESK, _HUB, _QUALITY, _OWNER),
        "detach": (_DESK, _HUB),
        "attach": (_DESK, _HUB, _WAREHOUSE, _REPAIR, _QUALITY, _OWNER, _g(WORKING, Function.INSPECTION)),
        "record_contact": (_DESK, _HUB, _REPAIR, _OWNER),
        "print": (_g({*WORKING, Role.AUDITOR}),),
    }
)
#: Who reads every return beside those that its row names: the desk that accepts them, the hub, managers, auditors.
_READS_ALL = frozenset({Function.RETURNS_DESK})
_SENDING = frozenset({Function.WAREHOUSE})


def reads_all(person: Identity) -> bool:
    """Whether somebody reads every return that does not bar him or her."""
    return person.reads_all or (bool(person.functions & _READS_ALL) and person.role != Role.ADMINISTRATOR)


def knows_returns(who: Identity) -> bool:
    """Whether the room has anything for this person: a menu entry, a list."""
    having = {*(Function.NUMBERS), Function.RETURNS_DESK} - {
        Function.SUPERVISION,
        Function.MANAGEMENT_REPRESENTATIVE,
    }
    return any(
        one.role != Role.ADMINISTRATOR and (reads_all(one) or bool(one.functions & having)) for one in who.acting
    )


def keeps_book(who: Identity) -> bool:
    """Who takes the account book out of the house: the heads of who accepts and pays, the general manager."""
    having = frozenset({Function.RETURNS_DESK, Function.HUB, Function.FINANCE})
    return customers.is_general_manager(who) or any(
        one.role in {HEAD, MANAGER} and bool(one.functions & having) for one in who.acting
    )


def pays(who: Identity) -> bool:
    """Who records refunds."""
    return bool(places_anywhere(who, "pay"))


def reviews_refusals(who: Identity) -> bool:
    """Who sees which refunds were refused: finance, auditors, the general manager, managers."""
    return pays(who) or any(one.role in {MANAGER, Role.AUDITOR} for one in who.acting)


def places_anywhere(who: Identity, permission: str, owner: str = "") -> list[Identity]:
    """In whose places somebody could have a permission on a return with that owner."""
    grants = PERMISSIONS[permission]
    return [one for one in who.acting if any(grant.holds_for(one, owner) for grant in grants)]


def decider(slip: ReturnSlip) -> str:
    """The function that decides on it: repair reviews what is to be repaired, else the owner of the reason (RET-04)."""
    return Function.REPAIR if slip.wish == "repair" else slip.policy.reason(slip.reason).owner


def permissions_on(who: Identity, slip: ReturnSlip) -> frozenset[str]:
    """All permissions that a person, own or as deputy, has on a return he or she may see."""
    owner = decider(slip)
    return frozenset(
        name
        for name, grants in PERMISSIONS.items()
        if any(grant.holds_for(one, owner) for one in who.acting for grant in grants)
    )


def sees_name(who: Identity, slip: ReturnSlip) -> bool:
    """Who it is: also for finance, who pays to somebody."""
    return sees_contact(who, slip) or (pays(who) and slip.confirmed_at is not None)


def sees_contact(who: Identity, slip: ReturnSlip) -> bool:
    """Telephone and address: for who talks with customers, and the warehouse while it has goods to send (SEC-08)."""
    if customers.serves(who):
        return True
    sending = slip.state in {"passed", "refused", "released"}
    return sending and any(bool(one.functions & _SENDING) for one in who.acting)
