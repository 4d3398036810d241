"""Measures: planned, done, verified by somebody else; or waived by the management representative."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.exceptions import Blocked, InvalidInput, InvalidMove, Reason
from cases import lifecycle, notices
from cases.actions import files
from cases.actions.moves import Extra, enter, finish, lock, require_worker, required, staff_of
from cases.gates import WAIVER
from cases.lifecycle import MOVES, State
from cases.models import Case, Measure, MeasureCheck
from cases.queries.people import waiver_step
from documents.models import File
from organization.models import Department, User
from regulations import approvals
from regulations.models import Approval

#: Measures may be worked on while the case is with a department, and until it is closed.
OPEN_STATES = lifecycle.OPEN - {State.REGISTERED, State.INCOMPLETE}


@dataclass(frozen=True)
class Plan:
    """One measure: what, by whom, until when (CAP-01, CAP-02)."""

    type: str
    text: str
    department: Department
    owner: User
    due_on: date


@transaction.atomic
def plan_measure(case: Case, plan: Plan, *, by: Actor) -> Measure:
    """Plan a measure; a case that was investigated is being handled from then on."""
    required(plan.text, "text", _("Please write what will be done."))
    case = lock(case, sources=OPEN_STATES)
    now = timezone.now()
    if -plan.owner.pk in case.barred:
        raise Blocked(
            [Reason("barred", _("%(name)s must not take part in this case.") % {"name": plan.owner.name}, "forbidden")]
        )
    require_worker(case, plan.owner, "owner", "complete_measure")
    if plan.due_on < timezone.localdate(now):
        raise InvalidInput("due_on", _("The date has passed already. Please choose a later one."))
    measure = Measure.objects.create(
        case=case,
        round=case.round,
        type=plan.type,
        text=plan.text,
        department=plan.department,
        owner=plan.owner,
        due_on=plan.due_on,
        planned_by=staff_of(by),
        planned_at=now,
    )
    if MOVES["act"].allowed_from(case.state):
        enter(case, MOVES["act"], at=now)
    extra = Extra({"type": (None, plan.type), "owner": (None, plan.owner.pk)}, {"measure": (None, plan.text)})
    finish(case, "plan_measure", by=by, at=now, extra=extra)
    notices.measure_planned(measure)
    return measure


def _locked(measure: Measure, *states: str) -> tuple[Case, Measure]:
    case = lock(measure.case, sources=OPEN_STATES)
    row = Measure.objects.select_for_update(of=("self",)).get(pk=measure.pk)
    if row.state not in states:
        raise InvalidMove(
            _("The measure is “%(state)s” meanwhile. Reload the page.") % {"state": row.get_state_display()}
        )
    return case, row


@dataclass(frozen=True)
class Completion:
    """What was done, with its evidence."""

    evidence: str
    minutes: int | None = None
    files: tuple[File, ...] = ()


@transaction.atomic
def complete_measure(measure: Measure, completion: Completion, *, by: Actor) -> Measure:
    """Say that a measure is done, with evidence; somebody else verifies it."""
    required(completion.evidence, "evidence", _("Please say how it can be seen that this was done."))
    case, row = _locked(measure, Measure.State.PLANNED)
    now = timezone.now()
    row.state, row.done_at, row.done_by = Measure.State.DONE, now, staff_of(by)
    row.evidence, row.minutes = completion.evidence, completion.minutes
    row.save()
    files.attach(case, completion.files, by=by, at=now, subject=f"measure:{row.pk}")
    finish(
        case,
        "complete_measure",
        by=by,
        at=now,
        extra=Extra({"measure_id": (None, row.pk)}, {"evidence": (None, completion.evidence)}),
    )
    notices.measure_done(row)
    return row


@dataclass(frozen=True)
class Check:
    """The verification of an effect (CAP-04)."""

    effective: bool
    method: str
    evidence: str = ""


@transaction.atomic
def verify_measure(measure: Measure, check: Check, *, by: Actor) -> MeasureCheck:
    """Verify the effect: never by the implementer, nor by somebody in the implementer's place (CAP-03).

    Not effective opens the measure again and counts a further round (CAP-04).
    """
    required(check.method, "method", _("Please say how the effect was checked."))
    case, row = _locked(measure, Measure.State.DONE)
    person = staff_of(by)
    if {person.pk, by.deputy_for} & row.implementers:
        raise Blocked(
            [Reason("implementer", _("Who carried the measure out cannot verify it. Ask a colleague."), "forbidden")]
        )
    now = timezone.now()
    verified = MeasureCheck.objects.create(
        measure=row, effective=check.effective, method=check.method, evidence=check.evidence, by=person, at=now
    )
    if check.effective:
        row.state = Measure.State.VERIFIED
    else:
        row.state, row.done_at, row.done_by = Measure.State.PLANNED, None, None
        row.rounds += 1
    row.save()
    finish(
        case,
        "verify_measure",
        by=by,
        at=now,
        extra=Extra(
            {"measure_id": (None, row.pk), "effective": (None, check.effective)}, {"method": (None, check.method)}
        ),
    )
    if not check.effective:
        notices.measure_not_effective(row)
    return verified


@transaction.atomic
def cancel_measure(measure: Measure, *, by: Actor, reason: str) -> Measure:
    """Give a planned measure up, with a reason; it then counts as no measure."""
    required(reason, "reason", _("Please say why the measure is given up."))
    case, row = _locked(measure, Measure.State.PLANNED)
    row.state, row.cancelled_reason = Measure.State.CANCELLED, reason
    row.save(update_fields=["state", "cancelled_reason"])
    extra = Extra({"measure_id": (None, row.pk)}, {"reason": (None, reason)})
    finish(case, "cancel_measure", by=by, at=timezone.now(), extra=extra)
    return row


@transaction.atomic
def ask_waiver(case: Case, *, by: Actor, reason: str) -> Approval:
    """Ask the management representative to approve that nothing is changed (CAP-05).

    Where nobody with that function may decide (recused, or asking himself), the step moves to the
    managers (RTE-19).
    """
    required(reason, "reason", _("Please say why no measure is needed."))
    case = lock(case, sources=OPEN_STATES)
    now = timezone.now()
    step = waiver_step(exclude={by.id, by.deputy_for, *(-principal for principal in case.barred)})
    approval = approvals.ask(
        approvals.Question(case.thread, f"{WAIVER}:{case.round}", (step,), reason, case.number), by=by, at=now
    )
    finish(case, "ask_waiver", by=by, at=now, extra=Extra(sealed={"reason": (None, reason)}))
    notices.approval_asked(case, approval)
    return approval


@transaction.atomic
def withdraw_approval(case: Case, approval: Approval, *, by: Actor) -> Approval:
    """Take back what one asked about a case while nobody has decided it; then it may be asked anew."""
    case = lock(case, sources=lifecycle.OPEN)
    if approval.thread != case.thread or approval.asked_by_id not in {by.id, by.deputy_for}:
        raise InvalidMove(_("Only whoever asked can take the request back."))
    now = timezone.now()
    row = approvals.withdraw(approval, at=now)
    extra = Extra({"kind": (row.kind, None)}, {"reason": (None, row.reason)})
    finish(case, "withdraw_approval", by=by, at=now, extra=extra)
    return row
