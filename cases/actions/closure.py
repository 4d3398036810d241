"""Closing through the gate, short outcomes, escalation, reopening, archiving, holds."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.exceptions import Blocked, InvalidInput, InvalidMove, Reason
from cases import gates, lifecycle, notices
from cases.actions import clocks
from cases.actions.assignment import acknowledge_case, apply_classification, end_assignment, end_round
from cases.actions.intake import Classification
from cases.actions.moves import Extra, accountable, enter, finish, lock, require, required, user_of
from cases.actions.recusal import withdraw_open
from cases.actions.reply import Answer, reply_to_customer
from cases.gates import EXPLAINED
from cases.lifecycle import MOVES, SHORT_OUTCOMES, Outcome, State
from cases.models import Assignment, Case, Escalation, Hold, Round
from cases.queries.closure import closing_facts
from cases.queries.people import hub_owner
from cases.ranks import last_rank, rank_of, top_rank
from regulations import approvals
from regulations.models import Approval


@dataclass(frozen=True)
class Summary:
    """The lesson of a closed case (RES-12)."""

    course: str = ""
    cause: str = ""
    decision: str = ""
    lesson: str = ""

    @property
    def is_written(self) -> bool:
        """Whether all four parts are there; where there was nothing to learn, the lesson says so."""
        return all(part.strip() for part in (self.course, self.cause, self.decision, self.lesson))


@transaction.atomic
def close_case(case: Case, *, by: Actor, outcome: str, summary: Summary) -> Case:
    """Close a handled case; everything that is missing is listed and refused (RES-11, gates 3, 4, 9)."""
    if outcome not in lifecycle.FULL_OUTCOMES:
        raise InvalidInput("outcome", _("Please choose how the case ended."))
    case = lock(case, "close")
    facts = replace(closing_facts(case), outcome=outcome)
    require(gates.closing(facts, summary=summary.is_written))
    now = timezone.now()
    clocks.meet(case, clocks.Kind.RESOLUTION, happened_at=now, now=now)
    clocks.stop(case.clocks.filter(round=case.round), at=now)
    enter(case, MOVES["close"], at=now)
    case.outcome = outcome
    round_ = end_round(case, at=now, by=by)
    for name in ("course", "cause", "decision", "lesson"):
        setattr(round_, name, getattr(summary, name))
    round_.save()
    finish(
        case, "close", by=by, at=now, extra=Extra(sealed={"summary": (None, f"{summary.course}\n{summary.decision}")})
    )
    notices.case_closed(case)
    return case


@dataclass(frozen=True)
class Settlement:
    """An enquiry or a praise, answered and closed while the person is still there (INT-20)."""

    answer: Answer
    classification: Classification
    summary: Summary = Summary()


@transaction.atomic
def settle_case(case: Case, settlement: Settlement, *, by: Actor) -> Case:
    """Acknowledge, answer and close in one step; each of the three leaves its own trace (INT-20, INT-21).

    Only enquiries and praise. The customer, who has the answer, is not also written to that it was
    accepted.
    """
    if case.kind.code not in lifecycle.SHORT_KINDS:
        raise InvalidInput("kind", _("Only enquiries and praise are settled in one step. Please dispatch the case."))
    if case.state == State.REGISTERED:
        case = acknowledge_case(case, by=by, classification=settlement.classification)
        notices.withdraw_acceptance(case)
    reply_to_customer(case, settlement.answer, by=by)
    fresh = Case.objects.select_related("kind", "profile_version").get(pk=case.pk)
    return close_case(fresh, by=by, outcome=Outcome.SETTLED, summary=settlement.summary)


@dataclass(frozen=True)
class ShortEnd:
    """An end without the full path: withdrawn, duplicate, invalid, imported; with its own proof."""

    outcome: str
    reason: str
    proof: str = ""
    duplicate_of: Case | None = None


@transaction.atomic
def close_short(case: Case, end: ShortEnd, *, by: Actor) -> Case:
    """Close from any open state by a short outcome, which needs only its own proof.

    Withdrawn: who said it and when. Duplicate: the other case. Invalid: confirmed by the hub's head.
    """
    case = lock(case, "close")
    _check_short(case, end, by=by)
    now = timezone.now()
    for assignment in Assignment.objects.filter(case=case, round=case.round).unanswered():
        end_assignment(assignment, Assignment.State.CANCELLED, at=now, by=by, reason=str(Outcome(end.outcome).label))
    clocks.stop(case.clocks.filter(round=case.round), at=now)
    if case.state == State.INCOMPLETE:
        case.resume_state = ""
    enter(case, MOVES["close"], at=now)
    case.outcome, case.duplicate_of = end.outcome, end.duplicate_of
    round_ = end_round(case, at=now, by=by, reason=end.reason)
    round_.proof = end.proof
    round_.save(update_fields=["proof"])
    finish(case, "close", by=by, at=now, extra=Extra(sealed={"reason": (None, end.reason), "proof": (None, end.proof)}))
    notices.withdraw_all(case)
    if end.outcome == Outcome.WITHDRAWN:
        notices.case_closed(case)
    return case


def _check_short(case: Case, end: ShortEnd, *, by: Actor) -> None:
    if end.outcome not in SHORT_OUTCOMES:
        raise InvalidInput("outcome", _("Please choose how the case ended."))
    required(end.reason, "reason", _("Please give the reason."))
    if end.outcome == Outcome.WITHDRAWN:
        required(end.proof, "proof", _("Please write who withdrew it, and when."))
    if end.outcome == Outcome.DUPLICATE:
        if end.duplicate_of is None or end.duplicate_of.pk == case.pk:
            raise InvalidInput("duplicate_of", _("Please name the other case."))
        if end.duplicate_of.outcome == Outcome.DUPLICATE:
            raise InvalidInput("duplicate_of", _("That case is itself a duplicate; please name the first one."))
    if end.outcome == Outcome.IMPORTED and by.kind != "import":
        raise InvalidInput("outcome", _("Only an import closes a case as imported history."))


@transaction.atomic
def ask_explained(case: Case, *, by: Actor, reason: str) -> Approval:
    """Ask for approval to close as "unsatisfied, explained" (RES-08)."""
    required(reason, "reason", _("Please say how it was explained and why it ends here."))
    case = lock(case, sources={State.AWAITING_OPINION})
    now = timezone.now()
    approval = approvals.ask(
        approvals.Question(case.thread, f"{EXPLAINED}:{case.round}", ("approve_explained",), reason, case.number),
        by=by,
        at=now,
    )
    finish(case, "ask_explained", by=by, at=now, extra=Extra(sealed={"reason": (None, reason)}))
    notices.approval_asked(case, approval)
    return approval


@transaction.atomic
def decide_approval(case: Case, approval: Approval, *, by: Actor, granted: bool, opinion: str) -> Approval:
    """Decide what was asked about this case; the asker is told."""
    case = lock(case, sources=lifecycle.OPEN)
    person = user_of(by)
    if person is None or approval.thread != case.thread:
        raise InvalidMove(_("This step needs a person who is logged in."))
    if by.deputy_for is not None and by.deputy_for == approval.asked_by_id:
        raise InvalidMove(_("Nobody approves his or her own request, nor does a deputy. Ask a colleague."))
    now = timezone.now()
    row = approvals.decide(approval, by=person, at=now, granted=granted, opinion=opinion)
    finish(
        case,
        "decide_approval",
        by=by,
        at=now,
        extra=Extra({"kind": (None, row.kind), "granted": (None, granted)}, {"opinion": (None, opinion)}),
    )
    notices.approval_decided(case, row)
    return row


@transaction.atomic
def escalate(case: Case, *, by: Actor, demand: str) -> Escalation:
    """Keep the customer's demand for a higher level; somebody senior to the last decision owes an answer (RTE-23)."""
    required(demand, "demand", _("Please write what the customer demands."))
    case = lock(case, sources=lifecycle.OPEN)
    if Escalation.objects.filter(case=case, answered_at__isnull=True).exists():
        raise InvalidMove(_("A demand for a higher level is waiting for its answer already."))
    now = timezone.now()
    row = Escalation.objects.create(
        case=case,
        round=case.round,
        demand=demand,
        above_rank=min(last_rank(case), top_rank() - 1),
        asked_at=now,
        asked_by=user_of(by),
    )
    case.escalated_at = now
    finish(
        case, "escalate", by=by, at=now, extra=Extra({"above_rank": (None, row.above_rank)}, {"demand": (None, demand)})
    )
    notices.escalated(case, row)
    return row


@transaction.atomic
def answer_escalation(escalation: Escalation, *, by: Actor, answer: str) -> Escalation:
    """Answer from above: refused for anybody who is not senior to the last decision (RTE-23)."""
    required(answer, "answer", _("Please write what you decided."))
    case = lock(escalation.case, sources=lifecycle.NOT_FILED)
    row = Escalation.objects.select_for_update().get(pk=escalation.pk)
    if row.answered_at is not None:
        raise InvalidMove(_("This was answered already."))
    if rank_of(by) <= row.above_rank:
        raise Blocked([Reason("not_senior", _("Somebody senior to the last decision must answer this."), "forbidden")])
    now = timezone.now()
    row.answered_at, row.answered_by, row.answered_rank, row.answer = now, user_of(by), rank_of(by), answer
    row.save()
    finish(case, "answer_escalation", by=by, at=now, extra=Extra(sealed={"answer": (None, answer)}))
    notices.escalation_answered(case, row)
    return row


@transaction.atomic
def reopen_case(case: Case, *, by: Actor, reason: str, classification: Classification | None = None) -> Case:
    """Start the next round: same number, new clocks, the old ones kept (RES-21).

    From awaiting opinion the round ends as reopened, without a closing time; a closed round stays
    closed, so that last month's figures stay what they were. What ended before anybody took it on
    (declined, withdrawn) is taken on now: whoever opens it is its hub person, and it needs its
    ``classification``.
    """
    required(reason, "reason", _("Please say why it is opened again."))
    case = lock(case, "reopen")
    now = timezone.now()
    old = Round.objects.select_for_update().get(case=case, n=case.round)
    if old.ended_at is None:
        old.outcome, old.ended_at, old.reason = Outcome.REOPENED, now, reason
        old.save(update_fields=["outcome", "ended_at", "reason"])
        withdraw_open(case, at=now)
    clocks.stop(case.clocks.filter(round=case.round), at=now)
    case.round += 1
    _reset(case)
    if classification:
        apply_classification(case, classification, reason)
    classified = {"has_category": case.category_id is not None, "has_priority": case.priority is not None}
    require(gates.acknowledging(**classified, missing_fields=()))
    enter(case, MOVES["reopen"], at=now)
    case.acknowledged_by = case.acknowledged_by or accountable(by)
    case.owner, case.owner_department = hub_owner(case), None
    Round.objects.create(case=case, n=case.round, opened_at=now, acknowledged_at=now)
    clocks.start_missing(case)
    finish(case, "reopen", by=by, at=now, extra=Extra(sealed={"reason": (None, reason)}))
    notices.case_reopened(case, reason)
    return case


def _reset(case: Case) -> None:
    case.outcome = ""
    case.duplicate_of = None
    case.lead_department = None
    case.customer_deadline = None  # it was the date of the round that ended
    case.visit_needed = False
    for name in (
        "dispatched_at",
        "taken_at",
        "replied_at",
        "opinion_asked_at",
        "closed_at",
        "archived_at",
        "arrived_at",
    ):
        setattr(case, name, None)


@transaction.atomic
def archive_case(case: Case, *, by: Actor) -> Case:
    """File a closed case; from then on nothing about it changes."""
    case = lock(case, "archive")
    now = timezone.now()
    enter(case, MOVES["archive"], at=now)
    return finish(case, "archive", by=by, at=now)


@transaction.atomic
def open_hold(case: Case, *, by: Actor, kind: str, label: str, url: str = "") -> Hold:
    """Let something of a room above hold the closing back."""
    case = lock(case, sources=lifecycle.OPEN)
    now = timezone.now()
    hold = Hold.objects.create(case=case, kind=kind, label=label, url=url, opened_at=now)
    finish(case, "open_hold", by=by, at=now, extra=Extra({"hold": (None, kind)}))
    return hold


@transaction.atomic
def release_hold(hold: Hold, *, by: Actor, detached_reason: str = "") -> Hold:
    """Let the closing go on; a hold that is detached before its matter ended needs a reason."""
    case = lock(hold.case, sources=lifecycle.NOT_FILED)
    row = Hold.objects.select_for_update().get(pk=hold.pk)
    if row.released_at is None:
        now = timezone.now()
        row.released_at, row.detached_reason = now, detached_reason
        row.save(update_fields=["released_at", "detached_reason"])
        finish(case, "release_hold", by=by, at=now, extra=Extra({"hold": (row.kind, None)}))
    return row
