"""Handing the open work on one case from a person or a department to another, in one transaction.

What the case forbids stays where it is and is named. Who goes through all cases is ``feedback_system.handover_run``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.exceptions import InvalidInput
from cases import lifecycle, notices, rights
from cases.actions import clocks
from cases.actions.assignment import end_assignment
from cases.actions.moves import Extra, finish, lock, user_of
from cases.models import Assignment, Case, Measure, Visit
from cases.queries.handover import HELD, HUB, MEASURE, OWNED, PASSED, VISIT
from cases.queries.people import people_of
from organization import working_time
from organization.models import Department, User
from organization.models.units import Function
from organization.queries import Identity, identity_of


@dataclass(frozen=True)
class Refusal:
    """A case of which something stayed where it was, and why."""

    number: str
    why: str


@dataclass
class Report:
    """What was handed over (how many of each sort), and what was not."""

    moved: Counter[str] = field(default_factory=Counter)
    refused: list[Refusal] = field(default_factory=list)

    @property
    def count(self) -> int:
        """All pieces that changed hands."""
        return sum(self.moved.values())


def check_people(giver: User, taker: User) -> None:
    """Raises ``InvalidInput`` when ``taker`` can take no work at all."""
    if giver.pk == taker.pk:
        raise InvalidInput("taker", _("Please choose somebody else."))
    if not taker.is_active:
        raise InvalidInput("taker", _("%(name)s is not active.") % {"name": taker.name})
    if taker.role not in rights.WORKING:
        raise InvalidInput("taker", _("%(name)s has no role that works on cases.") % {"name": taker.name})


@transaction.atomic
def hand_over_case(case: Case, giver: User, taker: User, *, by: Actor, report: Report) -> None:
    """Give every duty of one person on one case to another; what is not possible is added to the report."""
    case = lock(case)
    if case.state in lifecycle.ENDED:
        return
    if -taker.pk in case.barred:
        report.refused.append(
            Refusal(case.number, _("%(name)s must not take part in this case.") % {"name": taker.name})
        )
        return
    step = _Step(case, giver, taker, replace(identity_of(taker), deputised=()))
    step.take_assignments()
    step.take_case()
    step.take_tasks()
    if step.moved:
        changes = {"from": (giver.pk, None), "to": (None, taker.pk), "what": (None, sorted(step.moved))}
        finish(case, "hand_over", by=by, at=timezone.now(), extra=Extra(changes))
        report.moved.update(step.moved)
    report.refused += [Refusal(case.number, why) for why in dict.fromkeys(step.refused)]


@dataclass
class _Step:
    """One case changing hands: what moved, and what could not."""

    case: Case
    giver: User
    taker: User
    who: Identity
    moved: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)

    def take_assignments(self) -> None:
        """What the giver holds, or was passed and has not taken yet; only within the department (RTE-13)."""
        rows = (
            Assignment.objects.unanswered()
            .filter(case=self.case, round=self.case.round)
            .select_for_update(of=("self",))
        )
        for row in rows.select_related("department"):
            for what, name in ((HELD, "holder"), (PASSED, "passed_to")):
                if getattr(row, f"{name}_id") != self.giver.pk:
                    continue
                if not self.taker.memberships.filter(department__lineage__contains=[row.department_id]).exists():
                    self._refuse_department(row.department)
                    continue
                setattr(row, name, self.taker)
                row.save(update_fields=[name])
                self.moved[what] += 1

    def _refuse_department(self, department: Department) -> None:
        self.refused.append(
            _("%(name)s does not work in %(department)s.") % {"name": self.taker.name, "department": department}
        )

    def take_case(self) -> None:
        """The case itself, and its coming back to the hub's person."""
        if self.case.owner_id == self.giver.pk and self._may_own():
            self.case.owner = self.taker
            self.moved[OWNED] += 1
        if self.case.acknowledged_by_id == self.giver.pk:
            if Function.HUB in self.who.functions:
                self.case.acknowledged_by = self.taker
                self.moved[HUB] += 1
            else:
                self.refused.append(_("%(name)s does not work in the hub.") % {"name": self.taker.name})

    def _may_own(self) -> bool:
        # The state tells nothing here: after the lead's answer the case is still being handled, but the hub's again.
        if self.case.owner_department is not None:
            if self.who.is_in(self.case.owner_department_id):
                return True
            self._refuse_department(self.case.owner_department)
            return False
        if Function.HUB in self.who.functions:
            return True
        self.refused.append(_("%(name)s does not work in the hub.") % {"name": self.taker.name})
        return False

    def take_tasks(self) -> None:
        """Measures to be done and visits to be made; whoever takes them must be able to carry them out."""
        measures = Measure.objects.filter(case=self.case, owner=self.giver, state=Measure.State.PLANNED)
        visits = Visit.objects.filter(case=self.case, visitor=self.giver, arrived_at=None, cancelled_at=None)
        self._give(measures, MEASURE, "complete_measure", owner=self.taker)
        self._give(visits, VISIT, "record_visit", visitor=self.taker)

    def _give(self, rows: QuerySet[Any], what: str, permission: str, **to: User) -> None:
        count = rows.count()
        if not count:
            return
        if not rights.can_be_given(self.who, self.case, permission):
            self.refused.append(_("%(name)s cannot work on this case.") % {"name": self.taker.name})
            return
        rows.update(**to)
        self.moved[what] += count


def check_departments(giver: Department, taker: Department) -> None:
    """Raises ``InvalidInput`` when ``taker`` can take no assignment at all."""
    if giver.pk == taker.pk:
        raise InvalidInput("taker_department", _("Please choose another department."))
    if taker.is_retired:
        raise InvalidInput("taker_department", _("“%(name)s” is retired. Please choose another.") % {"name": taker})


@transaction.atomic
def hand_over_assignment(assignment: Assignment, taker: Department, *, by: Actor, report: Report) -> None:
    """End one department's assignment and give the other one the same: a hand-over with clocks of its own (RTE-11).

    One that was received stays received, so that the case does not fall back; somebody of the new
    department holds it from now on.
    """
    case = lock(assignment.case)
    old = (
        Assignment.objects.select_for_update(of=("self",)).select_related("department", "holder").get(pk=assignment.pk)
    )
    if not old.is_unanswered or old.round != case.round or case.state in lifecycle.ENDED:
        return
    holder, why = _holder(case, old, taker)
    if why:
        report.refused.append(Refusal(case.number, why))
        return
    now, giver = timezone.now(), old.department
    state, was_held_by = old.state, old.holder_id
    end_assignment(
        old, Assignment.State.CANCELLED, at=now, by=by, reason=_("Handed over to %(name)s.") % {"name": taker}
    )
    new = Assignment(
        case=case,
        round=case.round,
        department=taker,
        is_lead=old.is_lead,
        requirement=old.requirement,
        due_at=_due(case, old, now),
        sent_at=now,
        sent_by=user_of(by),
    )
    if state == Assignment.State.RECEIVED:
        new.state, new.received_at, new.received_by, new.holder = state, now, holder, holder
    new.save()
    if state == Assignment.State.SENT:
        clocks.start_clock(case, clocks.Start(clocks.Kind.RECEIPT, now, assignment=new))
    clocks.start_clock(case, clocks.Start(clocks.Kind.TASK, now, new.due_at, new))
    if new.is_lead:
        case.lead_department = taker
        if case.owner_department_id == giver.pk:
            case.owner_department = taker
        if holder is not None and case.owner_id == was_held_by:
            case.owner = holder
    finish(case, "hand_over", by=by, at=now, extra=Extra({"department": (giver.code, taker.code)}))
    notices.withdraw_unseen(case)
    report.moved[HELD] += 1


def _holder(case: Case, old: Assignment, taker: Department) -> tuple[User | None, str]:
    """Who holds it in the new department, or why it cannot go there."""
    busy = Assignment.objects.filter(case=case, round=case.round, department=taker).reading()
    if busy.exists():
        return None, _("%(name)s has an assignment of this case already.") % {"name": taker}
    if old.state != Assignment.State.RECEIVED:
        return None, ""
    if old.holder and old.holder.memberships.filter(department__lineage__contains=[taker.pk]).exists():
        return old.holder, ""
    people = people_of(taker, exclude=[-principal for principal in case.barred])
    if not people:
        return None, _("Nobody in %(name)s can take it. Give the department a head first.") % {"name": taker}
    return people[0], ""


def _due(case: Case, old: Assignment, now: datetime) -> datetime:
    """The due time that was stated; one that has passed is the old department's, the new one gets a working day."""
    if old.due_at > now:
        return old.due_at
    return working_time.add_working_days(clocks.calendar_of(case), now, 1)
