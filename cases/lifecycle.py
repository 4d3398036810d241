"""The life of a case: states and one table of moves. Pure data (RES-20).

Buttons, API routes, permissions, documentation and tests are read from ``MOVES``. *Verified,
returned, escalated, reopened, on-site* are marks with a time, never states.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class State(TextChoices):
    """Where a case stands; never blank (INT-06)."""

    REGISTERED = "registered", _("Registered")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    DISPATCHED = "dispatched", _("Dispatched")
    RECEIVED = "received", _("Received")
    INVESTIGATING = "investigating", _("Under investigation")
    ACTING = "acting", _("Being handled")
    REPLIED = "replied", _("Replied")
    AWAITING_OPINION = "awaiting_opinion", _("Awaiting the customer's opinion")
    CLOSED = "closed", _("Closed")
    ARCHIVED = "archived", _("Archived")
    INCOMPLETE = "incomplete", _("To be completed")


class Outcome(TextChoices):
    """How a round ended."""

    SETTLED = "settled", _("Settled")
    UNSATISFIED_EXPLAINED = "unsatisfied_explained", _("Unsatisfied, explained")
    NO_ANSWER = "no_answer", _("No answer from the customer")
    WITHDRAWN = "withdrawn", _("Withdrawn by the customer")
    DECLINED = "declined", _("Declined")
    DUPLICATE = "duplicate", _("Duplicate")
    INVALID = "invalid", _("Invalid")
    IMPORTED = "imported", _("Imported history")
    REOPENED = "reopened", _("Reopened")


#: Outcomes that need nothing but their own proof, from any open state.
SHORT_OUTCOMES = frozenset({Outcome.WITHDRAWN, Outcome.DUPLICATE, Outcome.INVALID, Outcome.IMPORTED})
#: Outcomes of a case that was handled to its end: the closing gate is asked.
FULL_OUTCOMES = frozenset({Outcome.SETTLED, Outcome.UNSATISFIED_EXPLAINED, Outcome.NO_ANSWER})

ENDED = frozenset({State.CLOSED, State.ARCHIVED})
OPEN = frozenset(State) - ENDED
#: An archived case is filed: nothing about it changes any more.
NOT_FILED = frozenset(State) - {State.ARCHIVED}
#: With a department: somebody there owes the next step.
WITH_DEPARTMENT = frozenset({State.RECEIVED, State.INVESTIGATING, State.ACTING})
BEFORE_REPLY = frozenset(
    {State.REGISTERED, State.ACKNOWLEDGED, State.DISPATCHED, State.RECEIVED, State.INVESTIGATING, State.ACTING}
)
#: Kinds that may be answered on one screen (INT-20, INT-21).
SHORT_KINDS = frozenset({"enquiry", "praise"})


@dataclass(frozen=True)
class Move:
    """One thing that can happen to a case's state.

    ``target`` None keeps the state, or for ``complete`` returns to the one it left.
    """

    name: str
    label: str | Promise
    sources: frozenset[State]
    target: State | None
    permission: str

    def allowed_from(self, state: str) -> bool:
        """Whether the move starts at ``state``."""
        return state in self.sources


def _move(
    name: str, label: Promise, sources: frozenset[State] | set[State], target: State | None, permission: str = ""
) -> Move:
    return Move(name, label, frozenset(sources), target, permission or name)


_S = State
MOVES = MappingProxyType(
    {
        move.name: move
        for move in (
            _move("open", pgettext_lazy("move", "Register"), set(), _S.REGISTERED, "log"),
            _move("ask_completion", pgettext_lazy("move", "Ask for completion"), BEFORE_REPLY, _S.INCOMPLETE),
            _move("complete", pgettext_lazy("move", "Completed"), {_S.INCOMPLETE}, None),
            _move("acknowledge", pgettext_lazy("move", "Acknowledge"), {_S.REGISTERED}, _S.ACKNOWLEDGED),
            _move("decline", pgettext_lazy("move", "Decline"), {_S.REGISTERED}, _S.CLOSED),
            _move("dispatch", pgettext_lazy("move", "Dispatch"), {_S.ACKNOWLEDGED}, _S.DISPATCHED),
            _move("receive", pgettext_lazy("move", "Receive"), {_S.DISPATCHED}, _S.RECEIVED),
            _move(
                "return_to_hub",
                pgettext_lazy("move", "Return to the hub"),
                {_S.DISPATCHED, *WITH_DEPARTMENT},
                _S.ACKNOWLEDGED,
            ),
            _move("investigate", pgettext_lazy("move", "Investigate"), {_S.RECEIVED}, _S.INVESTIGATING),
            _move("act", pgettext_lazy("move", "Start handling"), {_S.RECEIVED, _S.INVESTIGATING}, _S.ACTING),
            _move(
                "reply",
                pgettext_lazy("move", "Reply"),
                {_S.ACKNOWLEDGED, *WITH_DEPARTMENT, _S.REPLIED, _S.AWAITING_OPINION},
                _S.REPLIED,
            ),
            _move("ask_opinion", pgettext_lazy("move", "Ask for the opinion"), {_S.REPLIED}, _S.AWAITING_OPINION),
            _move(
                "record_opinion",
                pgettext_lazy("move", "Record the opinion"),
                {_S.REPLIED, _S.AWAITING_OPINION},
                _S.AWAITING_OPINION,
            ),
            _move("close", pgettext_lazy("move", "Close"), OPEN, _S.CLOSED),
            _move("archive", pgettext_lazy("move", "Archive"), {_S.CLOSED}, _S.ARCHIVED),
            _move("reopen", pgettext_lazy("move", "Reopen"), {_S.AWAITING_OPINION, _S.CLOSED}, _S.ACKNOWLEDGED),
        )
    }
)

#: The stepper staff see, and the states that each step covers.
STAFF_STEPS: tuple[tuple[str, Promise, frozenset[State]], ...] = (
    ("registered", pgettext_lazy("step", "Registered"), frozenset({_S.REGISTERED})),
    ("acknowledged", pgettext_lazy("step", "Acknowledged"), frozenset({_S.ACKNOWLEDGED})),
    ("dispatched", pgettext_lazy("step", "Dispatched"), frozenset({_S.DISPATCHED})),
    ("on_site", pgettext_lazy("step", "On site"), frozenset()),
    ("acting", pgettext_lazy("step", "Being handled"), frozenset({_S.RECEIVED, _S.INVESTIGATING, _S.ACTING})),
    ("replied", pgettext_lazy("step", "Answered"), frozenset({_S.REPLIED})),
    ("awaiting_opinion", pgettext_lazy("step", "Customer's opinion"), frozenset({_S.AWAITING_OPINION})),
    ("closed", pgettext_lazy("step", "Closed"), frozenset({_S.CLOSED, _S.ARCHIVED})),
)
#: The stages a customer sees.
CUSTOMER_STAGES: tuple[tuple[str, Promise, frozenset[State]], ...] = (
    ("received", _("We have your feedback"), frozenset({_S.REGISTERED})),
    ("acknowledged", pgettext_lazy("customer stage", "Accepted"), frozenset({_S.ACKNOWLEDGED})),
    (
        "handling",
        pgettext_lazy("customer stage", "Being handled"),
        frozenset({_S.DISPATCHED, _S.RECEIVED, _S.INVESTIGATING, _S.ACTING}),
    ),
    ("replied", pgettext_lazy("customer stage", "Answered"), frozenset({_S.REPLIED, _S.AWAITING_OPINION})),
    ("closed", pgettext_lazy("customer stage", "Closed"), frozenset({_S.CLOSED, _S.ARCHIVED})),
)


#: What a department does with its assignment also while the customer is asked for something: its clock runs on.
WHILE_INCOMPLETE = frozenset({"receive", "return_to_hub"})


def may_move(move: Move, *, state: str, resume: str) -> bool:
    """Whether a move starts here; of an incomplete case the state that it left decides on a department's own moves."""
    waiting = state == State.INCOMPLETE and move.name in WHILE_INCOMPLETE
    return move.allowed_from(resume if waiting else state)


def target_of(move: Move, *, state: str, resume: str) -> State:
    """The state after the move; ``resume`` is the state that an incomplete case left."""
    if move.name == "complete":
        return State(resume)
    return move.target if move.target is not None else State(state)


def close_allowed_from(outcome: str, state: str, *, kind: str) -> bool:
    """Whether a case of that kind may be closed with that outcome from that state, gate apart.

    Short outcomes: from any open state. Settled, unsatisfied but explained and no answer: from
    awaiting_opinion; enquiry, suggestion and praise also from replied.
    """
    if outcome in SHORT_OUTCOMES:
        return state in OPEN
    if outcome not in FULL_OUTCOMES:
        return False
    return state == State.AWAITING_OPINION or (state == State.REPLIED and kind in {"enquiry", "suggestion", "praise"})
