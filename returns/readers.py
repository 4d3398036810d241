"""Whose step is next, and who reads a return: both stored on the row, rewritten by the action that changes them."""

from __future__ import annotations

from organization.models.units import Function
from returns import rights
from returns.lifecycle import Handling, Outcome, State
from returns.models import Inspection, ReturnSlip, SlipLine
from returns.models.slip import TURNS

#: After these the customer is asked whether all is well (RET-11, SLA-23).
ASKED_AFTERWARDS = frozenset({Outcome.REFUNDED, Outcome.REPAIRED})


def turn_of(slip: ReturnSlip) -> str:
    """The function whose step is next; "" when nothing is owed any more. At most two queries."""
    match slip.state:
        case State.REGISTERED:
            return Function.REPAIR if slip.wish == Handling.REPAIR else Function.WAREHOUSE
        case State.ACCEPTED if slip.is_on_site:
            return Function.REPAIR
        case State.PASSED if slip.is_on_site:
            return Function.RETURNS_DESK
        case State.RECEIVED:
            return _turn_to_decide(slip)
        case State.CONFIRMED:
            return _turn_after_confirmation(slip)
        case State.ENDED:
            owed = slip.outcome in ASKED_AFTERWARDS and slip.called_back_at is None
            return Function.CALLBACK_DESK if owed else ""
        case _:
            return TURNS[slip.state]


def _turn_to_decide(slip: ReturnSlip) -> str:
    if any(line.is_unexplained for line in SlipLine.objects.filter(slip=slip)):
        return Function.RETURNS_DESK
    if Inspection.objects.filter(slip=slip, purpose=Inspection.Purpose.CLAIM, at=None).exists():
        return Function.INSPECTION
    return Function.REPAIR if slip.handling == Handling.REPAIR else rights.decider(slip)


def _turn_after_confirmation(slip: ReturnSlip) -> str:
    from returns.queries.refunds import approval_waits

    if slip.handling == Handling.REPAIR:
        return Function.REPAIR
    return Function.GENERAL_MANAGER if approval_waits(slip) else Function.FINANCE


def readers_of(slip: ReturnSlip) -> list[int]:
    """Principals that read it: who read it before, and whose step is next. Nobody is taken away: a step that was
    done is still one's own.
    """
    found = set(slip.readers)
    if slip.turn:
        found.add(Function.NUMBERS[slip.turn])
    if slip.received_at is not None:  # whoever will decide looks at it while a difference is explained
        found.add(Function.NUMBERS[rights.decider(slip)])
    return sorted(found)
