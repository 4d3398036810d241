"""The hub's decisions and the departments' hand-overs: acknowledge, classify, dispatch, receive, return."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.exceptions import Blocked, InvalidInput, InvalidMove, Reason
from cases import gates, lifecycle, notices
from cases.actions import clocks
from cases.actions.correction import missing_fields
from cases.actions.intake import Classification, forced_urgency, urgency_of, urgency_rank
from cases.actions.moves import Extra, accountable, enter, finish, lock, require, required, staff_of, user_of
from cases.actions.recusal import withdraw_open
from cases.lifecycle import MOVES, State
from cases.models import Assignment, Case, CaseClock, Extension, Kind, Reply, Round, Verification
from cases.models.intake import Urgency
from cases.queries.people import hub_owner
from organization.models import Department, User
from organization.working_time import add_working_days


@transaction.atomic
def acknowledge_case(case: Case, *, by: Actor, classification: Classification | None = None, reason: str = "") -> Case:
    """Take it on as ours (受理): complete enough, with kind, category, urgency and priority set.

    Ends the acknowledgement clock; the customer is told the number and what comes next (INT-24).
    ``reason`` is asked where the classification lowers an urgency that ticked facts forced (CLS-05).
    """
    case = lock(case, "acknowledge")
    now = timezone.now()
    if classification:
        apply_classification(case, classification, reason)
    require(_acknowledge_reasons(case))
    enter(case, MOVES["acknowledge"], at=now)
    case.acknowledged_by = accountable(by) or case.owner
    case.owner = case.acknowledged_by
    clocks.meet(case, clocks.Kind.ACKNOWLEDGEMENT, happened_at=now, now=now)
    moved = clocks.recompute(case, by=by, at=now, why=clocks.Why.CLASSIFIED) if classification else []
    clocks.start_missing(case)
    finish(case, "acknowledge", by=by, at=now, extra=Extra(sealed={"reason": (None, reason)} if reason else {}))
    notices.case_acknowledged(case)
    _tell_overdue(case, moved)
    return case


def _acknowledge_reasons(case: Case) -> list[Reason]:
    return gates.acknowledging(
        has_category=case.category_id is not None,
        has_priority=case.priority is not None,
        missing_fields=missing_fields(case),
    )


def apply_classification(case: Case, given: Classification, reason: str) -> None:
    """Set what was decided, at whatever step; a forced urgency is never lowered silently (CLS-05)."""
    old, forced = case.urgency, forced_urgency(case)
    if given.category is not None:
        case.category = given.category
    if given.criteria is not None:
        case.criteria = list(given.criteria)
    if given.urgency and reason.strip():
        case.urgency = given.urgency
    elif given.criteria is not None or given.urgency:
        case.urgency = urgency_of(case, given.urgency)
    rank = urgency_rank(case.urgency)
    protected = Urgency.URGENT if old == Urgency.URGENT else forced
    if rank < urgency_rank(old) and protected and rank < urgency_rank(protected):
        required(reason, "reason", _("A ticked fact forces this urgency. Please say why it is lowered."))
    if given.priority is not None:
        case.priority = given.priority
    if given.severity:
        case.severity = given.severity


@transaction.atomic
def decline_case(case: Case, *, by: Actor, reason: str, reply: str) -> Case:
    """Say that it is not ours (不予受理): closed at once, with a reason and an answer to the customer."""
    required(reason, "reason", _("Please say why it is declined."))
    required(reply, "reply", _("Please write what the customer is told."))
    case = lock(case, "decline")
    now = timezone.now()
    Reply.objects.create(
        case=case, round=case.round, way="link", text=reply, by=user_of(by), happened_at=now, recorded_at=now
    )
    clocks.meet(case, clocks.Kind.ACKNOWLEDGEMENT, happened_at=now, now=now)
    clocks.stop(case.clocks.filter(round=case.round), at=now)
    enter(case, MOVES["decline"], at=now)
    case.outcome = lifecycle.Outcome.DECLINED
    case.replied_at = now
    end_round(case, at=now, reason=reason, by=by)
    finish(case, "decline", by=by, at=now, extra=Extra(sealed={"reason": (None, reason), "reply": (None, reply)}))
    notices.case_closed(case, reply=reply)
    return case


def end_round(case: Case, *, at: datetime, by: Actor, reason: str = "") -> Round:
    """Close the current round with the case's outcome; what still waited for a decision needs none any more."""
    withdraw_open(case, at=at)
    round_ = Round.objects.select_for_update().get(case=case, n=case.round)
    round_.outcome, round_.ended_at, round_.closed_at = case.outcome, at, at
    round_.reason, round_.closed_by = reason, user_of(by)
    round_.acknowledged_at, round_.replied_at = case.acknowledged_at, case.replied_at
    round_.slip_owed = True
    round_.save()
    return round_


@transaction.atomic
def verify_case(case: Case, *, by: Actor, result: str, basis: str) -> Verification:
    """Record whether the matter is genuine, and on what basis (INT-19)."""
    required(basis, "basis", _("Please say what this rests on."))
    if result not in Verification.Result.values:
        raise InvalidInput("result", _("Please choose a result."))
    case = lock(case, sources=lifecycle.OPEN)
    now = timezone.now()
    row = Verification.objects.create(case=case, round=case.round, result=result, basis=basis, by=staff_of(by), at=now)
    case.verified_at = now
    finish(case, "verify", by=by, at=now, extra=Extra({"result": (None, result)}, {"basis": (None, basis)}))
    return row


@dataclass(frozen=True)
class Reclassification:
    """A new classification, perhaps with another kind, and why (CLS-17)."""

    classification: Classification
    kind: Kind | None = None
    reason: str = ""

    def permission(self, case: Case) -> str:
        """The right it needs: once a case was taken on, only the hub's head makes less of it (RES-11)."""
        down = case.acknowledged_at is not None and self.kind is not None and asks_less(case, self.kind)
        return "classify_down" if down else "classify"


def asks_less(case: Case, kind: Kind) -> bool:
    """Whether the regulations of the case ask less of another kind than of the present one."""
    kinds = case.policy.kinds
    return kind.code in kinds and kinds[kind.code].asks_less_than(kinds[case.kind.code])


@transaction.atomic
def classify_case(case: Case, change: Reclassification, *, by: Actor) -> Case:
    """Classify or re-classify (CLS-04..07, CLS-17): clocks are recomputed under A-20.

    Lowering an urgency that a criterion forced needs a reason (CLS-05), as does any change after
    the case was acknowledged.
    """
    case = lock(case, sources=lifecycle.OPEN)
    given = change.classification
    if change.kind is not None:
        if change.kind.code not in case.policy.kinds:
            raise InvalidInput("kind", _("The regulations of this case know no such kind. Please choose another."))
        case.kind = change.kind
    apply_classification(case, given, change.reason)
    if given.urgency and urgency_rank(given.urgency) < urgency_rank(case.urgency):
        # The ticked facts won over a wish without a reason; here it is meant, and is not dropped silently.
        required(change.reason, "reason", _("A ticked fact forces this urgency. Please say why it is lowered."))
    if case.acknowledged_at is not None:
        required(change.reason, "reason", _("Please say why the classification changes."))
    now = timezone.now()
    moved = clocks.recompute(case, by=by, at=now, why=clocks.Why.RECLASSIFIED)
    clocks.start_missing(case)
    extra = Extra({"clocks": (None, [clock.kind for clock in moved])}, {"reason": (None, change.reason)})
    finish(case, "classify", by=by, at=now, extra=extra)
    _tell_overdue(case, moved)
    notices.limits_moved(case, moved)
    return case


def _tell_overdue(case: Case, moved: list[CaseClock]) -> None:
    for clock in moved:
        if clock.by_reclassification:
            notices.overdue_by_reclassification(case, clock)


@dataclass(frozen=True)
class Task:
    """What one department is asked to do, until when (RTE-10)."""

    department: Department
    requirement: str
    due_at: datetime


def usual_due(case: Case) -> datetime:
    """When a department usually has to answer: so many working days from now, as the profile says."""
    return add_working_days(clocks.calendar_of(case), timezone.now(), case.policy.task_working_days)


@transaction.atomic
def dispatch_case(case: Case, lead: Task, *, by: Actor, helpers: tuple[Task, ...] = ()) -> Case:
    """Send the case to one lead department and any co-handling ones (RTE-01, RTE-10, RTE-14)."""
    case = lock(case, "dispatch")
    now = timezone.now()
    tasks = (lead, *helpers)
    _check_tasks(case, tasks, now=now)
    require(
        gates.dispatching(
            has_priority=case.priority is not None,
            verification_owed=case.policy.rule(case.kind.code).verify_before_dispatch and case.verified_at is None,
        )
    )
    for task in tasks:
        _assign(case, task, is_lead=task is lead, by=by, now=now)
    case.lead_department = lead.department
    enter(case, MOVES["dispatch"], at=now)
    extra = Extra(
        {"departments": (None, [task.department.code for task in tasks])},
        {"requirement": (None, lead.requirement)},
    )
    return finish(case, "dispatch", by=by, at=now, extra=extra)


@transaction.atomic
def add_department(case: Case, task: Task, *, by: Actor) -> Case:
    """Ask one more department to help while the case is under way."""
    case = lock(case, sources={State.DISPATCHED, *lifecycle.WITH_DEPARTMENT})
    now = timezone.now()
    _check_tasks(case, (task,), now=now)
    _assign(case, task, is_lead=False, by=by, now=now)
    extra = Extra({"departments": (None, [task.department.code])}, {"requirement": (None, task.requirement)})
    return finish(case, "add_department", by=by, at=now, extra=extra)


def _check_tasks(case: Case, tasks: tuple[Task, ...], *, now: datetime) -> None:
    busy = set(Assignment.objects.filter(case=case, round=case.round).reading().values_list("department_id", flat=True))
    for task in tasks:
        required(task.requirement, "requirement", _("Please say what the department should do."))
        if task.due_at <= now:
            raise InvalidInput("due_at", _("The due time has passed already. Please choose a later one."))
        if task.department.is_retired:
            raise InvalidInput("department", _("This department no longer exists. Please choose another."))
        if task.department.pk in busy:
            raise InvalidInput(
                "department", _("%(name)s has an assignment of this case already.") % {"name": task.department}
            )
        busy.add(task.department.pk)


def _assign(case: Case, task: Task, *, is_lead: bool, by: Actor, now: datetime) -> Assignment:
    assignment = Assignment.objects.create(
        case=case,
        round=case.round,
        department=task.department,
        is_lead=is_lead,
        requirement=task.requirement,
        due_at=task.due_at,
        sent_at=now,
        sent_by=user_of(by),
    )
    clocks.start_clock(case, clocks.Start(clocks.Kind.RECEIPT, now, assignment=assignment))
    clocks.start_clock(case, clocks.Start(clocks.Kind.TASK, now, task.due_at, assignment))
    notices.assignment_sent(assignment)
    return assignment


def _locked_assignment(assignment: Assignment, *states: str) -> Assignment:
    row = Assignment.objects.select_for_update(of=("self",)).select_related("department").get(pk=assignment.pk)
    if row.state not in states:
        raise InvalidMove(
            _("The assignment is “%(state)s” meanwhile. Reload the page to see what can be done now.")
            % {"state": row.get_state_display()}
        )
    return row


@transaction.atomic
def receive_assignment(assignment: Assignment, *, by: Actor) -> Assignment:
    """Confirm that the department has it (签收, RTE-11); the receiver becomes accountable (RTE-13)."""
    case = lock(assignment.case)
    row = _locked_assignment(assignment, Assignment.State.SENT)
    now = timezone.now()
    person = accountable(by) or staff_of(by)
    row.state, row.received_at = Assignment.State.RECEIVED, now
    row.received_by, row.holder = staff_of(by), person
    row.save()
    clocks.meet(case, clocks.Kind.RECEIPT, happened_at=now, now=now, assignment=row)
    if row.is_lead:
        if not lifecycle.may_move(MOVES["receive"], state=case.state, resume=case.resume_state):
            raise InvalidMove(_("The case cannot be received in this state."))
        enter(case, MOVES["receive"], at=now)
        case.owner, case.owner_department = person, row.department
    finish(case, "receive", by=by, at=now, extra=Extra({"department": (None, row.department.code)}))
    return row


@transaction.atomic
def return_assignment(assignment: Assignment, *, by: Actor, reason: str) -> Assignment:
    """Return it to the hub with a reason, never to another department; the customer's clock runs on (RTE-12).

    When the lead returns, the case goes back to acknowledged and to its hub person.
    """
    required(reason, "reason", _("Please say why your department is not the right one."))
    case = lock(assignment.case)
    row = _locked_assignment(assignment, Assignment.State.SENT, Assignment.State.RECEIVED)
    now = timezone.now()
    may_return = lifecycle.may_move(MOVES["return_to_hub"], state=case.state, resume=case.resume_state)
    if row.is_lead and not may_return:
        raise InvalidMove(_("The case can no longer be returned to the hub."))
    if row.state == Assignment.State.SENT:
        clocks.meet(case, clocks.Kind.RECEIPT, happened_at=now, now=now, assignment=row)
    end_assignment(row, Assignment.State.RETURNED, at=now, by=by, reason=reason)
    case.returned_at = now
    case.return_count += 1
    if row.is_lead:
        enter(case, MOVES["return_to_hub"], at=case.acknowledged_at or now)
        _give_back_to_hub(case)
    finish(
        case,
        "return_to_hub",
        by=by,
        at=now,
        extra=Extra({"department": (row.department.code, None)}, {"reason": (None, reason)}),
    )
    notices.withdraw_unseen(case)
    notices.assignment_returned(case, row)
    return row


def end_assignment(row: Assignment, state: str, *, at: datetime, by: Actor, reason: str) -> None:
    """Close an assignment without an answer: its clocks stop, its open request for more time ends with it."""
    row.state, row.ended_at, row.ended_by, row.ended_reason = state, at, user_of(by), reason
    row.save()
    clocks.stop(row.clocks.all(), at=at)
    _end_extensions(row, at=at)


def _end_extensions(row: Assignment, *, at: datetime) -> None:
    Extension.objects.filter(assignment=row, decided_at__isnull=True).update(
        decided_at=at, granted=False, opinion=_("The assignment ended.")
    )


def _give_back_to_hub(case: Case) -> None:
    case.owner = hub_owner(case)
    case.owner_department = None
    case.lead_department = None
    case.dispatched_at = None
    case.taken_at = None


@transaction.atomic
def cancel_assignment(assignment: Assignment, *, by: Actor, reason: str) -> Assignment:
    """Cancel a co-handling task with a reason (RTE-14); the lead's own task cannot be cancelled."""
    required(reason, "reason", _("Please say why the task is no longer needed."))
    case = lock(assignment.case)
    row = _locked_assignment(assignment, Assignment.State.SENT, Assignment.State.RECEIVED)
    if row.is_lead:
        raise InvalidMove(_("The lead department's task cannot be cancelled; return the case to the hub instead."))
    now = timezone.now()
    end_assignment(row, Assignment.State.CANCELLED, at=now, by=by, reason=reason)
    finish(
        case,
        "cancel_assignment",
        by=by,
        at=now,
        extra=Extra({"department": (row.department.code, None)}, {"reason": (None, reason)}),
    )
    notices.withdraw_unseen(case)
    return row


@transaction.atomic
def pass_on(assignment: Assignment, *, by: Actor, to: User, note: str) -> Assignment:
    """A head passes the work on; who passes stays accountable until the colleague takes it (RTE-13)."""
    required(note, "note", _("Please write a short note for your colleague."))
    case = lock(assignment.case)
    row = _locked_assignment(assignment, Assignment.State.RECEIVED)
    if -to.pk in case.barred:
        raise Blocked(
            [Reason("barred", _("%(name)s must not take part in this case.") % {"name": to.name}, "forbidden")]
        )
    if not to.is_active or not to.memberships.filter(department__lineage__contains=[row.department_id]).exists():
        raise InvalidInput("to", _("%(name)s does not work in this department.") % {"name": to.name})
    now = timezone.now()
    row.passed_to, row.passed_note = to, note
    row.save(update_fields=["passed_to", "passed_note"])
    finish(case, "pass_on", by=by, at=now, extra=Extra({"to": (None, to.pk)}, {"note": (None, note)}))
    notices.passed_on(row, by=by)
    return row


@transaction.atomic
def take(assignment: Assignment, *, by: Actor) -> Assignment:
    """Take what was passed on: from now on this person is accountable (RTE-13).

    Refused when nothing was passed on to this person: ownership moves by a hand-over with a note only.
    """
    case = lock(assignment.case)
    row = _locked_assignment(assignment, Assignment.State.RECEIVED)
    person = accountable(by) or staff_of(by)
    if row.passed_to_id is None:
        raise InvalidMove(_("Nothing was passed on to you. Ask the head of the department to pass it on."))
    if row.passed_to_id != person.pk:
        raise InvalidMove(_("It was passed to %(name)s, who has not taken it yet.") % {"name": row.passed_to})
    before, row.holder, row.passed_to = row.holder_id, person, None
    row.save(update_fields=["holder", "passed_to"])
    if row.is_lead and (case.resume_state or case.state) in lifecycle.WITH_DEPARTMENT:
        case.owner = person
    finish(case, "take", by=by, at=timezone.now(), extra=Extra({"holder": (before, person.pk)}))
    return row


@transaction.atomic
def answer_assignment(assignment: Assignment, *, by: Actor, answer: str) -> Assignment:
    """Hand in the department's answer; the task clock ends. The lead waits for its helpers (RTE-14)."""
    required(answer, "answer", _("Please write what your department did."))
    case = lock(assignment.case)
    row = _locked_assignment(assignment, Assignment.State.RECEIVED)
    now = timezone.now()
    if row.is_lead:
        waiting = Assignment.objects.filter(case=case, round=case.round, is_lead=False).unanswered()
        require(gates.answering(open_helpers=[a.department.name for a in waiting.select_related("department")]))
    _answer(case, row, answer, by=by, now=now)
    finish(
        case,
        "answer",
        by=by,
        at=now,
        extra=Extra({"department": (None, row.department.code)}, {"answer": (None, answer)}),
    )
    notices.assignment_answered(row)
    return row


def _answer(case: Case, row: Assignment, answer: str, *, by: Actor, now: datetime) -> None:
    row.state, row.answered_at, row.answered_by, row.answer = Assignment.State.ANSWERED, now, user_of(by), answer
    row.save()
    clocks.meet(case, clocks.Kind.TASK, happened_at=now, now=now, assignment=row)
    _end_extensions(row, at=now)
    if row.is_lead:
        case.owner, case.owner_department = hub_owner(case), None


@transaction.atomic
def ask_extension(assignment: Assignment, *, by: Actor, until: datetime, reason: str) -> Extension:
    """Ask the hub for more time (申请延期)."""
    required(reason, "reason", _("Please say why more time is needed."))
    case = lock(assignment.case)
    row = _locked_assignment(assignment, Assignment.State.RECEIVED, Assignment.State.SENT)
    now = timezone.now()
    if until <= max(now, row.due_at):
        raise InvalidInput("until", _("Please choose a time after the present due time."))
    if row.extensions.filter(decided_at__isnull=True).exists():
        raise InvalidMove(_("A request for more time is waiting for the hub already."))
    extension = Extension.objects.create(
        assignment=row, asked_by=staff_of(by), asked_at=now, until=until, reason=reason
    )
    finish(
        case,
        "ask_extension",
        by=by,
        at=now,
        extra=Extra({"until": (row.due_at.isoformat(), until.isoformat())}, {"reason": (None, reason)}),
    )
    notices.extension_asked(extension)
    return extension


@transaction.atomic
def decide_extension(extension: Extension, *, by: Actor, granted: bool, opinion: str = "") -> Extension:
    """Grant or refuse more time. The customer is told; the first due time still decides the breach."""
    case = lock(extension.assignment.case, sources=lifecycle.OPEN)
    row = Extension.objects.select_for_update().get(pk=extension.pk)
    if row.decided_at is not None:
        raise InvalidMove(_("This request was decided already."))
    _locked_assignment(row.assignment, Assignment.State.SENT, Assignment.State.RECEIVED)
    if not granted:
        required(opinion, "opinion", _("Please say why it is refused."))
    now = timezone.now()
    row.granted, row.decided_at, row.decided_by, row.opinion = granted, now, staff_of(by), opinion
    row.save()
    moved = _extend(case, row, by=by, now=now) if granted else []
    finish(
        case,
        "decide_extension",
        by=by,
        at=now,
        extra=Extra({"granted": (None, granted), "until": (None, row.until.isoformat())}, {"opinion": (None, opinion)}),
    )
    notices.extension_decided(row)
    notices.limits_moved(case, moved)
    return row


def _extend(case: Case, extension: Extension, *, by: Actor, now: datetime) -> list[CaseClock]:
    """Move the task's due time, and for the lead the promise to the customer; the clocks that moved."""
    assignment = extension.assignment
    Assignment.objects.filter(pk=assignment.pk).update(due_at=extension.until)
    kinds = [clocks.Kind.TASK] + ([clocks.Kind.RESOLUTION] if assignment.is_lead else [])
    moved = []
    for kind in kinds:
        target = assignment if kind == clocks.Kind.TASK else None
        for clock in clocks.clocks_of(case, kind, target).running().select_for_update():
            if extension.until > clock.due_at:
                clock.case = case
                clocks.move_due(clock, extension.until, by=by, at=now, why=clocks.Why.EXTENSION, decisive=False)
                moved.append(clock)
    return moved
