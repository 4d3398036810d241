"""Rights: one table, role x function, and what the person has to do with the case.

A move or act names its permission; ``may`` answers it for a person and a case. ``visible_to``
has been asked before: nobody has a right on a case that he or she may not see.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType

from cases.models import Assignment, Case
from customers.rights import withheld_from
from organization.models import Role
from organization.models.units import Function
from organization.queries import Identity, department_principals

AGENT, HANDLER, HEAD, MANAGER = Role.AGENT, Role.HANDLER, Role.HEAD, Role.MANAGER
AUDITOR, ADMINISTRATOR = Role.AUDITOR, Role.ADMINISTRATOR
HUB = Function.HUB

WORKING = frozenset({AGENT, HANDLER, HEAD, MANAGER})


@dataclass(frozen=True)
class Grant:
    """One way to have a permission: these roles, any of these functions, this relation to the case.

    ``relation``: "" none needed; "lead" or "assigned": a department of the person has a live
    assignment; "owner"; "reads" any reader in full.
    """

    roles: frozenset[str]
    functions: frozenset[str] = field(default=frozenset())
    relation: str = ""

    def holds_for(self, person: Identity, relations: frozenset[str]) -> bool:
        """Whether a person with these relations to the case has it."""
        return (
            person.role in self.roles
            and (not self.functions or bool(self.functions & person.functions))
            and (not self.relation or self.relation in relations)
        )


def _g(roles: set[str] | frozenset[str], *functions: str, relation: str = "") -> Grant:
    return Grant(frozenset(roles), frozenset(functions), relation)


_HUB_STAFF = _g({AGENT, HANDLER, HEAD, MANAGER}, HUB)
_HUB_HEAD = _g({HEAD, MANAGER}, HUB)
_LEAD = _g(WORKING, relation="lead")
_ASSIGNED = _g(WORKING, relation="assigned")
_QUALITY = _g(WORKING, Function.QUALITY)

PERMISSIONS = MappingProxyType(
    {
        "log": (_g({*WORKING, ADMINISTRATOR}),),
        "ask_completion": (_HUB_STAFF, _LEAD),
        "complete": (_HUB_STAFF, _LEAD),
        "acknowledge": (_HUB_STAFF,),
        "decline": (_HUB_STAFF,),
        "verify": (_HUB_STAFF,),
        "classify": (_HUB_STAFF,),
        "classify_down": (_HUB_HEAD,),
        "correct": (_HUB_STAFF, _g(WORKING, relation="owner")),
        "agree_date": (_HUB_STAFF,),
        "dispatch": (_HUB_STAFF,),
        "add_department": (_HUB_STAFF, _LEAD),
        "receive": (_ASSIGNED,),
        "return_to_hub": (_ASSIGNED,),
        "pass_on": (_g({HEAD, MANAGER}, relation="assigned"),),
        "take": (_ASSIGNED,),
        "answer": (_ASSIGNED,),
        "cancel_assignment": (_LEAD, _HUB_STAFF),
        "ask_extension": (_ASSIGNED,),
        "decide_extension": (_HUB_STAFF,),
        "record_contact": (_HUB_STAFF, _ASSIGNED, _g(WORKING, relation="owner")),
        "note": (_HUB_STAFF, _ASSIGNED, _QUALITY, _g({MANAGER})),
        "attach": (_HUB_STAFF, _ASSIGNED, _QUALITY, _g(WORKING, relation="owner")),
        "recuse": (_HUB_STAFF, _g({MANAGER})),
        "plan_visit": (_HUB_STAFF, _ASSIGNED),
        "record_visit": (_HUB_STAFF, _ASSIGNED),
        "cancel_visit": (_HUB_STAFF, _ASSIGNED),
        "investigate": (_ASSIGNED, _QUALITY, _HUB_STAFF),
        "act": (_ASSIGNED, _QUALITY, _HUB_STAFF),
        "plan_measure": (_ASSIGNED, _QUALITY),
        "complete_measure": (_ASSIGNED, _QUALITY, _HUB_STAFF),
        "verify_measure": (_QUALITY, _HUB_HEAD),
        "cancel_measure": (_ASSIGNED, _QUALITY),
        "ask_waiver": (_HUB_STAFF, _LEAD, _QUALITY),
        "withdraw_approval": (_HUB_STAFF, _LEAD, _QUALITY),
        "approve_waiver": (_g({*WORKING}, Function.MANAGEMENT_REPRESENTATIVE),),
        "reply": (_HUB_STAFF, _LEAD),
        "send_progress": (_HUB_STAFF, _LEAD),
        "ask_opinion": (_HUB_STAFF,),
        "record_opinion": (_HUB_STAFF,),
        "escalate": (_HUB_STAFF, _LEAD),
        "answer_escalation": (_g({MANAGER}), _g({*WORKING}, Function.GENERAL_MANAGER), _g({HEAD}, relation="reads")),
        "ask_explained": (_HUB_STAFF,),
        "approve_explained": (_g({MANAGER}), _g({*WORKING}, Function.GENERAL_MANAGER)),
        "settle": (_HUB_STAFF,),
        "close": (_HUB_STAFF,),
        "close_invalid": (_HUB_HEAD,),
        "archive": (_HUB_STAFF,),
        "reopen": (_HUB_STAFF,),
        "give_breach_reason": (_HUB_STAFF, _ASSIGNED),
        "print": (_g({*WORKING, AUDITOR}),),
        "see_overdue": (_g({MANAGER, AUDITOR}), _g({*WORKING}, Function.GENERAL_MANAGER), _HUB_HEAD),
        "read_history": (_g({MANAGER, AUDITOR}), _HUB_STAFF, _QUALITY),
        "see_messages": (_HUB_HEAD,),
    }
)
#: What is left on a case whose personal data were erased: nothing changes in it any more.
ON_ERASED = frozenset({"print", "read_history"})
#: Permissions asked without a case.
GENERAL = frozenset({"log", "see_overdue", "see_messages"})


def relations_of(person: Identity, case: Case, assignments: list[Assignment]) -> frozenset[str]:
    """What a person has to do with a case, from its live assignments of the current round."""
    found = {"reads"}
    for assignment in assignments:
        live = assignment.round == case.round and assignment.state in {"sent", "received", "answered"}
        given = person.user_id in {assignment.holder_id, assignment.passed_to_id}
        if live and (given or person.is_in(assignment.department_id)):
            found.add("assigned")
            if assignment.is_lead:
                found.add("lead")
    if case.owner_id == person.user_id:
        found.add("owner")
    return frozenset(found)


def permissions_on(who: Identity, case: Case, assignments: list[Assignment] | None = None) -> frozenset[str]:
    """All permissions that a person, own or as deputy, has on a case he or she may see.

    The barred have none, also not through somebody they deputise for (RTE-18, RTE-19).
    """
    if -who.user_id in case.barred:
        return frozenset()
    rows = assignments if assignments is not None else list(Assignment.objects.filter(case=case))
    found: set[str] = set()
    for person in unbarred(who, case):
        relations = relations_of(person, case, rows)
        found |= {
            name for name, grants in PERMISSIONS.items() if any(grant.holds_for(person, relations) for grant in grants)
        }
    return frozenset(found) if case.erased_at is None else frozenset(found & ON_ERASED)


def can_be_given(who: Identity, case: Case, permission: str) -> bool:
    """Whether work that needs this permission may be put into somebody's hands (CAP-02): in his or her own right.

    Whoever only follows the own entry, or only reads, could not carry it out.
    """
    own = replace(who, deputised=())
    return reads_in_full(own, case) and permission in permissions_on(own, case)


def places_anywhere(who: Identity, permission: str, relations: frozenset[str] = frozenset()) -> list[Identity]:
    """In whose places somebody could have a permission on a case to which these relations exist; barred or not."""
    grants = PERMISSIONS[permission]
    return [person for person in who.acting if any(grant.holds_for(person, relations) for grant in grants)]


def general_permissions(who: Identity) -> frozenset[str]:
    """Permissions that need no case."""
    return frozenset(name for name in GENERAL if places_anywhere(who, name))


def sees(who: Identity, case: Case) -> bool:
    """Whether ``visible_to`` would show the case to this person; asked of a row in hand, without a query."""
    return not ({-who.user_id} | withheld_from(who)) & set(case.barred) and any(
        person.reads_all or not person.principals.isdisjoint(case.readers) for person in unbarred(who, case)
    )


def unbarred(who: Identity, case: Case) -> list[Identity]:
    """In whose place somebody may act on a case: the person, and those deputised for, without the barred (A-38)."""
    return [person for person in who.acting if -person.user_id not in case.barred]


def places(who: Identity, case: Case, permission: str, assignments: list[Assignment]) -> list[Identity]:
    """In whose places somebody has a permission: the own first, then those of the people deputised for.

    ``assignments`` are those that the permission must come from: all of the case, or the one acted on.
    """
    return [
        person
        for person in unbarred(who, case)
        if any(grant.holds_for(person, relations_of(person, case, assignments)) for grant in PERMISSIONS[permission])
    ]


def reads_in_full(who: Identity, case: Case) -> bool:
    """Whether a reader sees the whole case; a first-asked person outside it sees entry, stage and reply."""
    for person in unbarred(who, case):
        if person.reads_all:
            return True
        others = person.principals - {-(case.first_asked_id or 0)}
        if others & set(case.readers):
            return True
        if case.owner_id == person.user_id:
            return True
    return False


def sees_contact(who: Identity, case: Case) -> bool:
    """Contact data are for the handling group: not for auditors and the merely informed (SEC-08)."""
    return any(
        person.role != AUDITOR and (HUB in person.functions or person.role == MANAGER or _handles(person, case))
        for person in unbarred(who, case)
    )


def _handles(person: Identity, case: Case) -> bool:
    mine = department_principals(person.departments, person.headed) | {-person.user_id}
    return not mine.isdisjoint(case.readers)
