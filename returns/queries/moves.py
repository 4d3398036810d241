"""What somebody may do with a return now: the page's buttons, and nothing else decides them.

A blocked step is offered with its reasons, because a person must see what is missing before clicking. Each function is
offered its own steps only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from audit.exceptions import Reason
from organization.queries import Identity
from returns import gates
from returns.gates import DecisionFacts, ReleaseFacts
from returns.lifecycle import MOVES, UNDECIDED, Handling, State
from returns.models import ReturnSlip
from returns.queries.board import functions_of
from returns.queries.facts import was_looked_at, within_reach
from returns.queries.page import Dossier
from returns.queries.refunds import refund_facts

_S = State
_ALL = frozenset(State)
#: Of one thing that was lost or damaged nothing is said before somebody looked at it.
_LOOKED_AT = _ALL - {_S.REGISTERED, _S.ACCEPTED}


@dataclass(frozen=True)
class Act:
    """One thing that can be done: its word, its button, and the states in which it is offered."""

    name: str
    label: str | Promise
    sources: frozenset[State]
    icon: str = ""
    one_click: bool = False


def _move(name: str, icon: str, *, shown: frozenset[State] = frozenset(), one_click: bool = False) -> Act:
    """A move; ``shown`` are further states in which its gate is shown closed."""
    move = MOVES[name]
    return Act(name, move.label, move.sources | shown, icon, one_click)


def _act(name: str, label: Promise, sources: frozenset[State], icon: str) -> Act:
    return Act(name, label, sources, icon)


_L = pgettext_lazy
_UNDECIDED_HERE = frozenset({_S.RECEIVED})
#: In the order of the menu.
ACTS: dict[str, Act] = {
    act.name: act
    for act in (
        _move("accept", "check"),
        _move("receive", "package-check"),
        _act(
            "record_inspection", _L("return act", "Record the re-inspection"), frozenset({_S.RECEIVED}), "file-search"
        ),
        _move("confirm", "badge-check"),
        _act("decide_refund", _L("return act", "Decide on the refund"), frozenset({_S.CONFIRMED}), "gavel"),
        _move("pay", "wallet"),
        _move("schedule", "calendar-clock"),
        _move("start", "play", one_click=True),
        _move("finish", "check-check"),
        _act("note_work", _L("return act", "Note work or a part"), frozenset({_S.REPAIRING}), "wrench"),
        _move("inspect", "file-search"),
        _move("release", "truck", shown=frozenset({_S.SCHEDULED, _S.REPAIRING, _S.INSPECTING})),
        _move("deliver", "package-check"),
        _move("decline_repair", "undo"),
        _act("call_back", _L("return act", "Ask the customer"), frozenset({_S.ENDED}), "phone"),
        _act("ask_inspection", _L("return act", "Ask for a re-inspection"), _UNDECIDED_HERE, "zoom-in"),
        _move("refuse", "ban"),
        _move("redirect", "undo"),
        _move("change_place", "map-pin"),
        _act("name_liable", _L("return act", "Name who is liable"), _LOOKED_AT, "user-x"),
        _act("amend_refund", _L("return act", "Correct the refund"), frozenset({_S.ENDED}), "pencil"),
        _act("record_contact", _L("return act", "Record a letter, call or visit"), _ALL, "phone"),
        _act("attach", _L("return act", "Attach files"), _ALL, "paperclip"),
        _act("correct", _L("return act", "Correct the slip"), UNDECIDED, "pencil"),
        _act("open_case", _L("return act", "Open a case for it"), _ALL, "list-checks"),
        _act("link", _L("return act", "Tie to a case"), _ALL, "link"),
        _act("detach", _L("return act", "Take off the case"), _ALL, "x"),
        _move("cancel", "x"),
    )
}
_ON_SITE = {"deliver": _L("return move", "Accepted by the customer")}
#: Acts that stand beside the title when they are possible; the others in the menu.
_HEAD = frozenset(
    {
        "accept", "receive", "record_inspection", "confirm", "decide_refund", "pay", "schedule", "start", "note_work",
        "finish", "inspect", "release", "deliver", "decline_repair", "call_back", "ask_inspection", "refuse",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Offer:
    """A button: what it does, where it leads, and why it is blocked, if it is."""

    name: str
    label: str | Promise
    url: str
    icon: str
    reasons: tuple[Reason, ...] = ()
    primary: bool = False
    one_click: bool = False


@dataclass(frozen=True)
class Offers:
    """All buttons of a page: beside the title, and in its menu."""

    head: list[Offer]
    more: list[Offer]

    def names(self) -> set[str]:
        """The words of everything offered."""
        return {offer.name for offer in [*self.head, *self.more]}


def offers(dossier: Dossier, permissions: frozenset[str], who: Identity) -> Offers:
    """Exactly what this person may do now; the step that is this person's turn is the main one."""
    found = [_offer(act, dossier) for act in ACTS.values() if act.name in permissions and _fits(act, dossier, who)]
    turn = dossier.slip.turn in functions_of(who)
    free = [offer for offer in found if offer.name in _HEAD and not offer.reasons]
    primary = free[0].name if free and turn else ""
    found = [replace(offer, primary=offer.name == primary) for offer in found]
    return Offers(
        head=[offer for offer in found if offer.name in _HEAD], more=[o for o in found if o.name not in _HEAD]
    )


def _fits(act: Act, dossier: Dossier, who: Identity) -> bool:
    if State(dossier.slip.state) not in act.sources:
        return False
    special = _SPECIAL.get(act.name)
    return special(dossier, who) if special else True


def _is_repair(dossier: Dossier, who: Identity) -> bool:
    return dossier.slip.is_repair


def _repairs_not(dossier: Dossier, who: Identity) -> bool:
    """Whoever repaired it neither passes it nor asks about it."""
    order, people = dossier.order, {one.user_id for one in who.acting}
    return order is None or not people & {order.repairer_id, order.finished_by_id}


def _receives(dossier: Dossier, who: Identity) -> bool:
    """What is to be repaired is reviewed first, unless it stands here already: then both are one walk."""
    slip = dossier.slip
    return not slip.is_on_site and (slip.state != State.REGISTERED or slip.wish == Handling.REFUND)


#: Acts that need more than a state and a permission.
_SPECIAL: dict[str, Callable[[Dossier, Identity], bool]] = {
    "accept": _is_repair,
    "receive": _receives,
    "record_inspection": lambda dossier, who: dossier.open_claim is not None,
    "ask_inspection": lambda dossier, who: dossier.open_claim is None and not dossier.slip.handling,
    "confirm": lambda dossier, who: not dossier.slip.handling and dossier.slip.wish == Handling.REFUND,
    "decide_refund": lambda dossier, who: dossier.approval is not None and dossier.approval.is_open,
    "pay": lambda dossier, who: dossier.slip.handling == Handling.REFUND,
    "schedule": lambda dossier, who: (
        dossier.slip.is_repair and (dossier.slip.state != State.ACCEPTED or dossier.slip.is_on_site)
    ),
    "change_place": lambda dossier, who: dossier.slip.is_repair and dossier.slip.received_at is None,
    "inspect": _repairs_not,
    "release": lambda dossier, who: (
        not dossier.slip.is_on_site and (dossier.slip.refused_at is not None or dossier.slip.is_repair)
    ),
    "decline_repair": lambda dossier, who: dossier.slip.is_on_site,
    "deliver": lambda dossier, who: dossier.slip.state != State.PASSED or dossier.slip.is_on_site,
    "cancel": lambda dossier, who: dossier.slip.state != State.SCHEDULED or dossier.slip.is_on_site,
    "name_liable": lambda dossier, who: was_looked_at(dossier.slip),
    "refuse": lambda dossier, who: dossier.slip.state != State.ACCEPTED or dossier.slip.is_repair,
    "redirect": _is_repair,
    "call_back": lambda dossier, who: dossier.slip.turn == "callback_desk" and _repairs_not(dossier, who),
    "amend_refund": lambda dossier, who: dossier.refund is not None,
    "link": lambda dossier, who: dossier.slip.case_id is None,
    "open_case": lambda dossier, who: dossier.slip.case_id is None,
    "detach": lambda dossier, who: dossier.slip.case_id is not None,
}


def _offer(act: Act, dossier: Dossier) -> Offer:
    url = reverse(f"return_{act.name}", args=[dossier.slip.number])
    return Offer(
        act.name,
        label_of(act, dossier.slip),
        url,
        act.icon,
        tuple(reasons_against(act.name, dossier)),
        one_click=act.one_click,
    )


def label_of(act: Act, slip: ReturnSlip) -> str | Promise:
    """The word on the button; what was repaired at the customer's is accepted there, not received."""
    return _ON_SITE.get(act.name, act.label) if slip.is_on_site else act.label


def reasons_against(name: str, dossier: Dossier) -> list[Reason]:
    """What its gate has against an act now; the action asks again under the lock."""
    slip = dossier.slip
    match name:
        case "confirm" | "refuse":
            return gates.deciding(_decision(dossier))
        case "schedule":
            return gates.scheduling(_decision(dossier), handling=slip.handling, within_reach=within_reach(slip))
        case "pay":
            return gates.refunding(refund_facts(slip, paid=dossier.refund is not None))
        case "release":
            return gates.releasing(_leaving(slip))
        case _:
            return []


def _decision(dossier: Dossier) -> DecisionFacts:
    unexplained = tuple(str(line) for line in dossier.lines if line.is_unexplained)
    return DecisionFacts(unexplained, dossier.open_claim is not None)


def _leaving(slip: ReturnSlip) -> ReleaseFacts:
    return ReleaseFacts(slip.state, slip.refused_at is None and slip.is_repair, slip.passed_at is not None)


def may_explain(dossier: Dossier, permissions: frozenset[str]) -> bool:
    """Whether this person says what became of a difference."""
    return "explain" in permissions and dossier.slip.state == State.RECEIVED
