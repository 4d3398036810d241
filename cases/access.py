"""The only way from a reference in a request to a case or a part of it.

Not visible is 404, like absent; visible but not allowed is 403.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record_reading
from audit.actor import Actor
from audit.exceptions import NotAllowed
from cases import rights
from cases.models import Assignment, Case, CaseFile, Category, Escalation, Extension, Measure, Visit
from cases.models.clocks import CaseClock
from cases.places import Fits
from cases.queries.case import readable_files
from customers.models import Customer
from organization.models import Department, Product, Site, User
from organization.queries import Identity, identity_of
from regulations.models import Approval

LONGEST_REFERENCE = 20
M = TypeVar("M")


@dataclass(frozen=True)
class CaseAccess:
    """A case that somebody may see, with what that person may do on it."""

    case: Case
    who: Identity
    user: User
    permissions: frozenset[str]
    full: bool
    contact: bool
    assignments: list[Assignment] = field(default_factory=list)

    def actor(self, permission: str, assignment: Assignment | None = None, *, fits: Fits | None = None) -> Actor:
        """The actor for the audit trail: in one's own right, or as somebody's deputy.

        ``assignment`` is the one acted on: who belongs to another department of the case too acts on
        this one in the place of its own people. ``fits`` says in whose place the act succeeds (``cases.places``);
        where it succeeds in none, the action says why not.
        """
        rows = [assignment] if assignment is not None else self.assignments
        having = rights.places(self.who, self.case, permission, rows)
        fitting = [person for person in having if fits is None or fits(person)]
        place = next(iter(fitting or having), self.who)
        return Actor.staff(self.user, deputy_for=None if place is self.who else place.user_id)

    def blocked(self, permission: str, fits: Fits) -> bool:
        """Whether the act succeeds in nobody's place."""
        return not any(map(fits, rights.places(self.who, self.case, permission, self.assignments)))

    def is_of(self, assignment: Assignment) -> bool:
        """Whether it is the person's own work: the department's, or given to him or her by name."""
        given = {assignment.holder_id, assignment.passed_to_id}
        return any(
            person.is_in(assignment.department_id) or person.user_id in given
            for person in rights.unbarred(self.who, self.case)
        )

    def answers_for(self, clock: CaseClock) -> bool:
        """Whether the reason of a missed limit is this person's to give: the hub's, or those whose limit it is.

        A limit on no assignment (acknowledgement, visit, resolution) is the lead's.
        """
        if clock.assignment_id is not None:
            rows = [row for row in self.assignments if row.pk == clock.assignment_id]
        else:
            rows = [row for row in self.assignments if row.is_lead]
        return bool(rights.places(self.who, self.case, "give_breach_reason", rows))

    def require(self, permission: str) -> None:
        """Raise ``NotAllowed`` without the permission."""
        if permission not in self.permissions:
            raise NotAllowed()

    def require_full(self) -> None:
        """Raise 404 for somebody who only reads the own entry, stage and reply."""
        if not self.full:
            raise Http404


def is_reference(reference: str) -> bool:
    """Whether it can be a number at all; everything else is absent without a question to the database."""
    return reference.isascii() and reference.isprintable() and 0 < len(reference) <= LONGEST_REFERENCE


def _find(user: User, reference: str, visible: QuerySet[Case]) -> Case:
    """The visible case with that number; 404 otherwise.

    For the recused it is absent like any other, but the attempt is written down (RTE-18). Both answers cost the same
    second look, so that the time tells nothing either.
    """
    if not is_reference(reference):
        raise Http404
    case = visible.filter(number=reference).first()
    if case is not None:
        return case
    barred = Case.objects.filter(number=reference, barred__contains=[-user.pk]).only("pk").first()
    if barred is not None:
        record_reading(barred.thread, "refused", by=Actor.staff(user), at=timezone.now())
    raise Http404


@dataclass(frozen=True)
class _Pointers:
    """Foreign keys from some tables to one other, by name."""

    holders: tuple[type[Model], ...]
    target: type[Model]
    names: tuple[str, ...]


#: What a case and its assignments point at: one question for each table, however many point there. Twenty tables joined
#: take PostgreSQL longer to plan than the page takes to be made.
_POINTERS = (
    _Pointers(
        (Case, Assignment),
        User,
        (
            *("owner", "first_asked", "acknowledged_by", "salesperson"),
            *("received_by", "holder", "passed_to", "answered_by", "ended_by", "sent_by"),
        ),
    ),
    _Pointers(
        (Case, Assignment),
        Department,
        (
            *("owner_department", "lead_department", "receiving_department"),
            *("accused_department", "suggested_department", "department"),
        ),
    ),
    _Pointers((Case,), Category, ("category", "suggested_category")),
    _Pointers((Category,), Category, ("parent",)),
    _Pointers((Case,), Product, ("product",)),
    _Pointers((Case,), Site, ("site",)),
    _Pointers((Case,), Customer, ("customer",)),
    _Pointers((Customer,), Customer, ("organisation",)),
)


def _fetch_pointed_at(rows: list[Model]) -> None:
    """Read what these rows point at, and set it; a table to which nothing points is not asked."""
    for pointers in _POINTERS:
        holders = [row for row in rows if isinstance(row, pointers.holders)]
        keys = [(row, name, key) for row in holders for name in pointers.names if (key := _key(row, name))]
        if not keys:
            continue
        found = pointers.target._default_manager.in_bulk({key for _row, _name, key in keys})
        for row, name, key in keys:
            setattr(row, name, found[key])
        rows += found.values()


def _key(row: Model, name: str) -> int | None:
    key: int | None = getattr(row, f"{name}_id", None)
    return key


def open_access(user: User, reference: str) -> CaseAccess:
    """The case with that number, for this person; 404 when absent or not visible."""
    who = identity_of(user)
    visible = (
        Case.objects.visible_to(who)
        .select_related("kind", "channel", "profile_version__profile")
        .defer("search", "contact_search", "profile_version__document")
    )
    case = _find(user, reference, visible)
    assignments = list(Assignment.objects.filter(case=case))
    _fetch_pointed_at([case, *assignments])
    return CaseAccess(
        case=case,
        who=who,
        user=user,
        permissions=rights.permissions_on(who, case, assignments),
        full=rights.reads_in_full(who, case),
        contact=rights.sees_contact(who, case),
        assignments=assignments,
    )


def get_case(user: User, reference: str, permission: str = "", *, version: str | int | None = None) -> CaseAccess:
    """As ``open_access``, and 403 without the permission; ``version`` is the page's, for ``StaleRecord``."""
    access = open_access(user, reference)
    if permission:
        access.require(permission)
        if not access.full:
            raise NotAllowed(_("You may follow this case, but not act on it."))
    if version not in (None, ""):
        try:
            access.case.expected_version = int(version)
        except ValueError as error:
            raise Http404 from error
    return access


#: Acts that only the assignment's own department takes.
OF_THE_DEPARTMENT = frozenset({"receive", "return_to_hub", "pass_on", "take", "answer", "ask_extension"})


def get_assignment(access: CaseAccess, pk: int, permission: str) -> Assignment:
    """An assignment of the case that the person may act on: own department's, or any for the hub."""
    row = _part_of(access, [a for a in access.assignments if a.pk == pk])
    if permission in OF_THE_DEPARTMENT and not access.is_of(row):
        raise NotAllowed(_("This is another department's assignment."))
    return row


def _part_of(access: CaseAccess, rows: list[M]) -> M:
    """The one row, with the case of the page, which knows the version the page was made from."""
    if not access.full or not rows:
        raise Http404
    row = rows[0]
    if isinstance(row, Visit | Measure | CaseClock | Escalation | Assignment):
        row.case = access.case
    return row


def get_extension(access: CaseAccess, pk: int) -> Extension:
    """A request for more time on one of the case's assignments."""
    rows = Extension.objects.filter(pk=pk, assignment__case=access.case).select_related("assignment__department")
    row = _part_of(access, list(rows))
    row.assignment.case = access.case
    return row


def get_visit(access: CaseAccess, pk: int) -> Visit:
    """A visit of the case."""
    return _part_of(access, list(Visit.objects.filter(pk=pk, case=access.case).select_related("visitor")))


def get_measure(access: CaseAccess, pk: int) -> Measure:
    """A measure of the case."""
    rows = Measure.objects.filter(pk=pk, case=access.case).select_related("department", "owner", "done_by")
    return _part_of(access, list(rows))


def get_clock(access: CaseAccess, pk: int) -> CaseClock:
    """A clock of the case whose missed limit the person may explain."""
    row = _part_of(
        access, list(CaseClock.objects.filter(pk=pk, case=access.case).select_related("assignment__department"))
    )
    if not access.answers_for(row):
        raise NotAllowed(_("This limit is another department's to explain."))
    return row


def get_escalation(access: CaseAccess, pk: int) -> Escalation:
    """A demand for a higher level in the case."""
    return _part_of(access, list(Escalation.objects.filter(pk=pk, case=access.case)))


def get_approval(access: CaseAccess, pk: int) -> Approval:
    """An open question about the case; 403 when its next step is not this person's."""
    row = _part_of(access, list(Approval.objects.filter(pk=pk, thread=access.case.thread)))
    if row.is_open:
        access.require(row.next_step)
    return row


def get_request(access: CaseAccess, pk: int) -> Approval:
    """A question about the case, for whoever asked it."""
    return _part_of(access, list(Approval.objects.filter(pk=pk, thread=access.case.thread)))


def department_of(access: CaseAccess) -> Department | None:
    """The department in whose place somebody writes: one with an assignment on the case, else the main one."""
    for assignment in access.assignments:
        if assignment.department_id in access.who.departments:
            return assignment.department
    return Department.objects.filter(memberships__user=access.user).order_by("-memberships__is_main", "pk").first()


def files_of(access: CaseAccess) -> QuerySet[CaseFile]:
    """The files of the case that this person may see."""
    return _files(access.case, access.user, full=access.full, contact=access.contact)


def get_file(user: User, reference: str, pk: int) -> CaseFile:
    """A file of a case, without all that a page shows beside it: a page asks for many small pictures."""
    who = identity_of(user)
    light = Case.objects.visible_to(who).only("number", "readers", "barred", "first_asked_id", "owner_id")
    case = _find(user, reference, light)
    rows = _files(case, user, full=rights.reads_in_full(who, case), contact=rights.sees_contact(who, case))
    row = rows.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def _files(case: Case, user: User, *, full: bool, contact: bool) -> QuerySet[CaseFile]:
    """Somebody who sees only the own entry sees the customer's files and the own ones."""
    rows = readable_files(case, contact=contact)
    return rows if full else rows.filter(Q(from_customer=True) | Q(by=user), subject="")


def get_returned(user: User, reference: str) -> Assignment:
    """The newest assignment that a department of this person gave back; 404 for anybody else, and for the barred.

    After a return the case is not visible to the department any more; what remains to it is its own
    assignment: number, date and reason.
    """
    if not is_reference(reference):
        raise Http404
    who = identity_of(user)
    departments = {pk for person in who.acting for pk in person.departments | person.headed}
    rows = (
        Assignment.objects.filter(case__number=reference, state=Assignment.State.RETURNED, department__in=departments)
        .exclude(case__barred__contains=[-who.user_id])
        .select_related("department", "case")
        .order_by("-ended_at", "-pk")
    )
    for row in rows:
        if any(person.is_in(row.department_id) for person in rights.unbarred(who, row.case)):
            return row
    raise Http404
