"""Decisions on a return: the repair's review, the re-inspection, the confirmation of its reason, who is liable."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.exceptions import InvalidInput, InvalidMove
from cases.actions.moves import Extra, require
from organization.models import Department
from regulations import approvals
from regulations.models import Approval
from returns import gates, notices
from returns.actions import clocks
from returns.actions.moves import enter, finish, lock, person_of
from returns.actions.ties import let_go
from returns.lifecycle import MOVES, Handling, Outcome, Place, State
from returns.models import Inspection, ReturnClock, ReturnSlip
from returns.queries.facts import decision_facts, outside_every_window, was_looked_at
from returns.queries.refunds import APPROVAL


@dataclass(frozen=True)
class Confirmation:
    """What the head of the owning function decides: how the return is handled, and in words why (RET-04, RET-05).

    ``exception`` says why money goes back although every window has passed (SLA-24).
    """

    handling: str
    opinion: str
    refund_amount: Decimal | None = None
    exception: str = ""


@transaction.atomic
def accept_repair(slip: ReturnSlip, *, by: Actor, opinion: str = "", place: str = Place.FACTORY) -> ReturnSlip:
    """The repair department reviewed the application and takes it on (RET-21): the goods may come, or, where a part or
    software mends it on site, somebody goes to them (RET-23). Then the limit runs from here, for nothing comes in.
    """
    if place not in Place.values:
        raise InvalidInput("place", _("Please choose one of the offered values."))
    slip = lock(slip, "accept")
    if slip.wish != Handling.REPAIR:
        raise InvalidMove(_("Only a wish for repair is reviewed here. The reason of a refund is confirmed later."))
    now = timezone.now()
    slip.accepted_at, slip.accepted_by = now, person_of(by)
    slip.handling, slip.opinion, slip.place = Handling.REPAIR, opinion, place
    enter(slip, MOVES["accept"])
    if slip.is_on_site:
        clocks.start_clock(slip, ReturnClock.Kind.REPAIR, at=now)
    slip = finish(slip, "accept", by=by, at=now)
    notices.repair_accepted(slip)
    return slip


@transaction.atomic
def ask_inspection(slip: ReturnSlip, *, by: Actor, question: str) -> Inspection:
    """Ask the outgoing inspector to look at the goods before the reason is decided (RET-06)."""
    if not question.strip():
        raise InvalidInput("question", _("Please say what the inspector should look at."))
    slip = lock(slip, sources={State.RECEIVED})
    if slip.inspections.filter(purpose=Inspection.Purpose.CLAIM, at=None).exists():
        raise InvalidMove(_("A re-inspection was asked for already and has no result yet."))
    now = timezone.now()
    row = Inspection.objects.create(
        slip=slip, purpose=Inspection.Purpose.CLAIM, question=question, asked_by=person_of(by), asked_at=now
    )
    slip = finish(slip, "ask_inspection", by=by, at=now, extra=Extra({}, {"question": (None, question)}))
    notices.turn_came(slip)
    return row


@transaction.atomic
def record_inspection(slip: ReturnSlip, *, by: Actor, passed: bool, findings: str) -> Inspection:
    """Attach the result of the re-inspection that was asked for; then the reason can be decided (RET-06).

    Raises ``InvalidMove`` where none waits for a result.
    """
    if not findings.strip():
        raise InvalidInput("findings", _("Please write what was found."))
    slip = lock(slip, sources={State.RECEIVED})
    row = Inspection.objects.filter(slip=slip, purpose=Inspection.Purpose.CLAIM, at=None).first()
    if row is None:
        raise InvalidMove(_("No re-inspection is waiting for a result."))
    now = timezone.now()
    row.passed, row.findings, row.by, row.at = passed, findings, person_of(by), now
    row.save()
    extra = Extra({"passed": (None, passed)}, {"findings": (None, findings)})
    notices.turn_came(finish(slip, "record_inspection", by=by, at=now, extra=extra))
    return row


@transaction.atomic
def confirm_return(slip: ReturnSlip, decision: Confirmation, *, by: Actor) -> ReturnSlip:
    """The head of the owning function finds the reason justified and proposes the handling (RET-04, RET-05).

    Blocked while a difference is unexplained or a re-inspection open. A refund outside every window needs words why it
    is granted nevertheless (SLA-24).
    """
    slip = lock(slip, "confirm")
    if slip.wish != Handling.REFUND:
        # Else the head of repair, who reviews it, would grant money that the owner of the reason has not seen.
        raise InvalidMove(_("The reason of a repair is not confirmed. Ask for a refund instead first."))
    _check_decision(slip, decision)
    slip.exception_reason = _exception(slip, decision)
    require(gates.deciding(decision_facts(slip)))
    now = timezone.now()
    slip.confirmed_at, slip.confirmed_by = now, person_of(by)
    slip.handling, slip.opinion = decision.handling, decision.opinion
    slip.refund_amount = decision.refund_amount if decision.handling == Handling.REFUND else None
    enter(slip, MOVES["confirm"])
    if slip.handling == Handling.REPAIR:
        assert slip.received_at is not None  # noqa: S101 - the table of moves
        clocks.start_clock(slip, ReturnClock.Kind.REPAIR, at=slip.received_at)
    elif slip.policy.manager_gate:
        question = approvals.Question(
            slip.thread, APPROVAL, ("approve_refund",), decision.opinion, subject=f"{slip.number}"
        )
        approvals.ask(question, by=by, at=now)
    slip = finish(slip, "confirm", by=by, at=now)
    notices.turn_came(slip)
    notices.decided(slip)
    return slip


def _check_decision(slip: ReturnSlip, decision: Confirmation) -> None:
    if decision.handling not in Handling.values:
        raise InvalidInput("handling", _("Please choose one of the offered values."))
    if not decision.opinion.strip():
        raise InvalidInput("opinion", _("Please write the handling opinion."))
    if decision.handling == Handling.REFUND and not decision.refund_amount:
        raise InvalidInput("refund_amount", _("Please enter the amount to be refunded."))
    if decision.refund_amount is not None and decision.refund_amount <= 0:
        raise InvalidInput("refund_amount", _("Please enter an amount above zero."))


def _exception(slip: ReturnSlip, decision: Confirmation) -> str:
    if decision.handling != Handling.REFUND or not outside_every_window(slip):
        return ""
    if not decision.exception.strip():
        raise InvalidInput("exception", _("Every window has passed. Please say why it is refunded nevertheless."))
    return decision.exception


@transaction.atomic
def decide_refund(approval: Approval, slip: ReturnSlip, *, by: Actor, granted: bool, opinion: str = "") -> ReturnSlip:
    """The general manager's gate, where the profile asks for it (A-22). A refusal ends the confirmation."""
    slip = lock(slip, sources={State.CONFIRMED})
    now = timezone.now()
    approvals.decide(approval, by=person_of(by), at=now, granted=granted, opinion=opinion)
    if not granted:
        slip.confirmed_at, slip.confirmed_by, slip.handling, slip.refund_amount = None, None, "", None
        slip.state = State.RECEIVED
    extra = Extra({"granted": (None, granted)}, {"opinion": (None, opinion)})
    slip = finish(slip, "decide_refund", by=by, at=now, extra=extra)
    notices.turn_came(slip)
    return slip


@transaction.atomic
def refuse_return(slip: ReturnSlip, *, by: Actor, reason: str) -> ReturnSlip:
    """Not justified, or not to be repaired: the customer is told why; what is here goes back (RET-04, RET-21)."""
    if not reason.strip():
        raise InvalidInput("reason", _("Please write the reason; the customer is told."))
    slip = lock(slip, "refuse")
    require(gates.deciding(decision_facts(slip)))
    now = timezone.now()
    slip.refused_at, slip.refused_by, slip.refused_reason = now, person_of(by), reason
    clocks.stop_all(slip, at=now)
    if slip.received_at is not None:
        enter(slip, MOVES["refuse"], State.REFUSED)
    else:
        enter(slip, MOVES["refuse"], State.ENDED)
        end(slip, Outcome.REFUSED, by=by, at=now)
    slip = finish(slip, "refuse", by=by, at=now)
    notices.turn_came(slip)
    notices.decided(slip)
    return slip


@transaction.atomic
def redirect_to_refund(slip: ReturnSlip, *, by: Actor, reason: str) -> ReturnSlip:
    """What was to be repaired cannot be, or the customer wants the money: the reason is confirmed as for any refund.

    Whatever was decided before is taken back, so that nothing is paid without a confirmation of its own (RET-09).
    """
    if not reason.strip():
        raise InvalidInput("reason", _("Please say why it is not repaired."))
    slip = lock(slip, "redirect")
    if not slip.is_repair:
        raise InvalidMove(_("A refund is asked for already."))
    now = timezone.now()
    clocks.stop_all(slip, at=now)
    slip.wish, slip.handling, slip.confirmed_at, slip.confirmed_by = Handling.REFUND, "", None, None
    slip.place = Place.FACTORY  # money goes back only for goods that came in
    enter(slip, MOVES["redirect"], State.RECEIVED if slip.received_at else State.REGISTERED)
    slip = finish(slip, "redirect", by=by, at=now, extra=Extra({}, {"reason": (None, reason)}))
    notices.turn_came(slip)
    return slip


@dataclass(frozen=True)
class Liability:
    """Who caused it, and how that was handled (INV-11)."""

    department: Department
    person: str
    handling: str


@transaction.atomic
def name_liable(slip: ReturnSlip, liability: Liability, *, by: Actor) -> ReturnSlip:
    """Record the unit and person who caused the return, and the handling (INV-11, RET-10)."""
    if not liability.handling.strip():
        raise InvalidInput("handling", _("Please write how the matter was handled with the person liable."))
    slip = lock(slip)
    if not was_looked_at(slip):
        raise InvalidMove(_("Who is liable is said once the goods were looked at."))
    slip.liable_department, slip.liable_text = liability.department, liability.person
    slip.liable_handling = liability.handling
    return finish(slip, "name_liable", by=by, at=timezone.now())


def end(slip: ReturnSlip, outcome: str, *, by: Actor, at: datetime) -> None:
    """Set what every end sets, and let the case close; the state is set by the move. Unsaved."""
    slip.ended_at, slip.outcome = at, outcome
    let_go(slip, by=by)
