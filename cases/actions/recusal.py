"""Taking every duty on a case from those who must not take part (RTE-18, RTE-19, A-27)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from cases import notices
from cases.actions.moves import Extra, finish, lock, required, user_of
from cases.gates import EXPLAINED, WAIVER
from cases.models import Assignment, Case, Recusal
from cases.queries.people import barred_ids, hub_person, people_of, waiver_step
from organization.models import User
from regulations import approvals
from regulations.models import Approval


@transaction.atomic
def accuse(case: Case, people: tuple[User, ...], *, by: Actor, reason: str, accused: bool = True) -> Case:
    """Name persons who must recuse: the accused, or the conflicted; they lose the case at once (RTE-18)."""
    required(reason, "reason", _("Please say why this person must not take part."))
    case = lock(case)
    now = timezone.now()
    for person in people:
        Recusal.objects.get_or_create(
            case=case,
            user=person,
            lifted_at=None,
            defaults={"reason": reason, "accused": accused, "by": user_of(by), "at": now},
        )
    if accused:
        case.accused.add(*people)
    replace_barred(case)
    finish(
        case,
        "recuse",
        by=by,
        at=now,
        extra=Extra({"people": (None, sorted(p.pk for p in people))}, {"reason": (None, reason)}),
    )
    notices.withdraw_unseen(case)
    readdress_approvals(case)
    return case


def replace_barred(case: Case) -> None:
    """Take every duty on the case from those who are barred now: assignments in hand, and the case itself; unsaved."""
    barred = barred_ids(case)
    for assignment in Assignment.objects.filter(case=case, round=case.round, state="received").select_related(
        "department"
    ):
        if assignment.passed_to_id in barred:
            assignment.passed_to = None
        if assignment.holder_id in barred:
            successors = people_of(assignment.department, exclude=barred)
            assignment.holder = successors[0] if successors else hub_person(exclude=barred)
            if assignment.is_lead and case.owner_id in barred:
                case.owner = assignment.holder
        assignment.save(update_fields=["passed_to", "holder"])
    if case.owner_id in barred:
        case.owner = hub_person(exclude=barred)


def readdress_approvals(case: Case) -> None:
    """Send a question that waits for the recused alone to the next level (RTE-19); the case knows who is barred."""
    for row in _open(case).filter(kind__startswith=f"{WAIVER}:"):
        step = waiver_step(exclude={row.asked_by_id, *(-principal for principal in case.barred)})
        if row.steps != [step]:
            approvals.readdress(row, (step,))
            notices.approval_asked(case, row)


def withdraw_open(case: Case, *, at: datetime) -> None:
    """Take every question of this room back: its round has ended."""
    for row in _open(case):
        approvals.withdraw(row, at=at)


def _open(case: Case) -> QuerySet[Approval]:
    ours = Q(kind__startswith=f"{WAIVER}:") | Q(kind__startswith=f"{EXPLAINED}:")
    return Approval.objects.filter(ours, thread=case.thread, decided_at__isnull=True)
