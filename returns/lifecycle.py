"""The life of a return: states and one table of moves. Pure data (RET-01 to RET-06, RET-21 to RET-24).

Two paths share it. Refund: counted, the reason confirmed by the function that owns it, paid. Repair: applied for,
reviewed, counted, scheduled, repaired, re-inspected by quality, released, received by the customer. What is repaired at
the customer's never comes in: it is scheduled as soon as it is accepted, and never sent (RET-23).
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy


class State(TextChoices):
    """Where a return stands; never blank."""

    REGISTERED = "registered", pgettext_lazy("return", "Registered")
    ACCEPTED = "accepted", pgettext_lazy("return", "Repair accepted")
    RECEIVED = "received", pgettext_lazy("return", "Goods received")
    CONFIRMED = "confirmed", pgettext_lazy("return", "Confirmed")
    SCHEDULED = "scheduled", pgettext_lazy("return", "Repair scheduled")
    REPAIRING = "repairing", pgettext_lazy("return", "Being repaired")
    INSPECTING = "inspecting", pgettext_lazy("return", "Awaiting re-inspection")
    PASSED = "passed", pgettext_lazy("return", "Re-inspection passed")
    REFUSED = "refused", pgettext_lazy("return", "Refused, goods go back")
    RELEASED = "released", pgettext_lazy("return", "On its way to the customer")
    ENDED = "ended", pgettext_lazy("return", "Ended")


class Handling(TextChoices):
    """What is wished, and what is decided (RET-05)."""

    REFUND = "refund", pgettext_lazy("return", "Refund")
    REPAIR = "repair", pgettext_lazy("return", "Repair")


class Place(TextChoices):
    """Where a repair is done (RET-23)."""

    FACTORY = "factory", pgettext_lazy("repair", "In the workshop")
    ON_SITE = "on_site", pgettext_lazy("repair", "At the customer's")


class Outcome(TextChoices):
    """How a return ended."""

    REFUNDED = "refunded", pgettext_lazy("return outcome", "Refunded")
    REPAIRED = "repaired", pgettext_lazy("return outcome", "Repaired")
    REFUSED = "refused", pgettext_lazy("return outcome", "Refused")
    CANCELLED = "cancelled", pgettext_lazy("return outcome", "Withdrawn by the customer")


OPEN = frozenset(State) - {State.ENDED}
#: Nothing was decided yet, so what the slip says may still be corrected.
UNDECIDED = frozenset({State.REGISTERED, State.ACCEPTED, State.RECEIVED})
#: The goods are in the house, unless they are repaired at the customer's.
HERE = frozenset(
    {
        State.RECEIVED,
        State.CONFIRMED,
        State.SCHEDULED,
        State.REPAIRING,
        State.INSPECTING,
        State.PASSED,
        State.REFUSED,
    }
)
#: A work order is under way: in the house, or at the customer's.
IN_REPAIR = frozenset({State.SCHEDULED, State.REPAIRING, State.INSPECTING, State.PASSED})


@dataclass(frozen=True)
class Move:
    """One thing that can happen to a return's state; ``target`` None is decided by the action."""

    name: str
    label: str | Promise
    sources: frozenset[State]
    target: State | None


def _move(name: str, label: Promise, sources: set[State], target: State | None) -> Move:
    return Move(name, label, frozenset(sources), target)


_S = State
_L = pgettext_lazy
MOVES = MappingProxyType(
    {
        move.name: move
        for move in (
            _move("register", _L("return move", "Register a return"), set(), _S.REGISTERED),
            _move("accept", _L("return move", "Accept the repair"), {_S.REGISTERED}, _S.ACCEPTED),
            _move("receive", _L("return move", "Receive and count"), {_S.REGISTERED, _S.ACCEPTED}, _S.RECEIVED),
            _move("confirm", _L("return move", "Confirm the reason"), {_S.RECEIVED}, _S.CONFIRMED),
            _move("refuse", _L("return move", "Refuse"), {_S.REGISTERED, _S.ACCEPTED, _S.RECEIVED}, None),
            _move(
                "redirect",
                _L("return move", "Ask for a refund instead"),
                {_S.REGISTERED, _S.ACCEPTED, _S.RECEIVED, _S.SCHEDULED, _S.REPAIRING},
                None,
            ),
            _move("pay", _L("return move", "Record the refund"), {_S.CONFIRMED}, _S.ENDED),
            _move(
                "schedule",
                _L("return move", "Schedule the repair"),
                {_S.ACCEPTED, _S.RECEIVED, _S.CONFIRMED, _S.SCHEDULED},
                _S.SCHEDULED,
            ),
            _move(
                "change_place",
                _L("return move", "Repair it elsewhere"),
                {_S.ACCEPTED, _S.SCHEDULED, _S.REPAIRING},
                _S.ACCEPTED,
            ),
            _move("start", _L("return move", "Start the repair"), {_S.SCHEDULED}, _S.REPAIRING),
            _move("finish", _L("return move", "Repair done"), {_S.REPAIRING}, _S.INSPECTING),
            _move("inspect", _L("return move", "Re-inspect"), {_S.INSPECTING}, None),
            _move("release", _L("return move", "Release and send"), {_S.PASSED, _S.REFUSED}, _S.RELEASED),
            _move("deliver", _L("return move", "Received by the customer"), {_S.RELEASED, _S.PASSED}, _S.ENDED),
            _move(
                "decline_repair",
                _L("return move", "Not accepted by the customer"),
                {_S.PASSED},
                _S.REPAIRING,
            ),
            _move(
                "cancel",
                _L("return move", "Withdrawn by the customer"),
                {_S.REGISTERED, _S.ACCEPTED, _S.SCHEDULED},
                _S.ENDED,
            ),
        )
    }
)

#: The steps of each path as the page draws them, with the states that each covers.
_FIRST = (
    ("registered", _L("return step", "Registered"), frozenset({_S.REGISTERED, _S.ACCEPTED})),
    ("received", _L("return step", "Received"), frozenset({_S.RECEIVED})),
)
_LAST = ("ended", _L("return step", "Ended"), frozenset({_S.ENDED}))
Step = tuple[str, Promise, frozenset[State]]
STEPS: MappingProxyType[str, tuple[Step, ...]] = MappingProxyType(
    {
        Handling.REFUND.value: (
            *_FIRST,
            ("confirmed", _L("return step", "Confirmed"), frozenset({_S.CONFIRMED})),
            _LAST,
        ),
        Handling.REPAIR.value: (
            *_FIRST,
            ("repairing", _L("return step", "Repair"), frozenset({_S.CONFIRMED, _S.SCHEDULED, _S.REPAIRING})),
            ("inspecting", _L("return step", "Re-inspection"), frozenset({_S.INSPECTING, _S.PASSED})),
            ("released", _L("return step", "Sent back"), frozenset({_S.RELEASED})),
            _LAST,
        ),
        Place.ON_SITE.value: (
            _FIRST[0],
            ("repairing", _L("return step", "Repair"), frozenset({_S.SCHEDULED, _S.REPAIRING})),
            ("inspecting", _L("return step", "Re-inspection"), frozenset({_S.INSPECTING, _S.PASSED})),
            _LAST,
        ),
        # Refused with the goods in the house.
        Outcome.REFUSED.value: (
            *_FIRST,
            ("refused", _L("return step", "Refused"), frozenset({_S.REFUSED})),
            ("released", _L("return step", "Sent back"), frozenset({_S.RELEASED})),
            _LAST,
        ),
    }
)


def target_of(move: Move, target: State | None = None) -> State:
    """Where a move leads; ``target`` is what the action decided where the table leaves it open."""
    found = move.target if move.target is not None else target
    if found is None:
        raise ValueError(f"the move {move.name!r} needs a target")
    return found
