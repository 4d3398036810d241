"""What somebody may do with a case now: the page's buttons, and nothing else decides them.

A blocked move is offered with its reasons, because a person must see what is missing before clicking.
The moves come from ``lifecycle.MOVES``; acts that change no state stand beside them with the states in
which their action accepts them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from audit.exceptions import Reason
from cases import gates, lifecycle
from cases.gates import ClosingFacts
from cases.lifecycle import MOVES, State
from cases.models import Assignment, Case, CaseClock, Escalation, Extension, Measure, Visit
from cases.places import Fits, answering, deciding, taking, verifying, withdrawing
from cases.queries.case import Dossier
from cases.queries.closure import owes_reason, reply_facts_of
from regulations.models import Approval

_ALWAYS = frozenset(State)
_WORKED_ON = lifecycle.OPEN - {State.REGISTERED, State.INCOMPLETE}
_SHORTCUT = frozenset({State.REGISTERED, State.ACKNOWLEDGED})


@dataclass(frozen=True)
class Act:
    """One thing that can be done with a case: its word, its button, and the states in which it can be done."""

    name: str
    label: str | Promise
    sources: frozenset[State]
    icon: str = ""


def _move(name: str, icon: str = "", sources: frozenset[State] | None = None) -> Act:
    move = MOVES[name]
    return Act(name, move.label, sources or move.sources, icon)


def _act(name: str, label: Promise, sources: frozenset[State] | set[State], icon: str = "") -> Act:
    return Act(name, label, frozenset(sources), icon)


_L = pgettext_lazy
#: Acts on the case itself, in the order of the menu.
ACTS: dict[str, Act] = {
    act.name: act
    for act in (
        _act("record_contact", _L("act", "Record a contact"), lifecycle.NOT_FILED, "phone"),
        _act("note", _L("act", "Internal note"), lifecycle.NOT_FILED, "sticky-note"),
        _act("settle", _L("act", "Answer and close"), _SHORTCUT, "check-check"),
        _move("acknowledge", "check"),
        _move("decline", "ban"),
        _act("verify", _L("act", "Verify"), lifecycle.OPEN, "badge-check"),
        _move("ask_completion", "circle-question-mark"),
        _move("complete", "check"),
        _act("classify", _L("act", "Classify"), lifecycle.OPEN, "tags"),
        _act("correct", _L("act", "Correct the entry"), lifecycle.OPEN, "pencil"),
        _act("agree_date", _L("act", "Agree on another date"), lifecycle.OPEN, "calendar-clock"),
        _move("dispatch", "route"),
        _act(
            "add_department",
            _L("act", "Add a department"),
            {State.DISPATCHED, *lifecycle.WITH_DEPARTMENT},
            "users",
        ),
        _act("plan_visit", _L("act", "Plan a visit"), lifecycle.BEFORE_REPLY, "map-pin"),
        _move("investigate", "file-search", frozenset({State.ACKNOWLEDGED, *lifecycle.WITH_DEPARTMENT})),
        _move("act", "play"),
        _act("plan_measure", _L("act", "Plan a measure"), _WORKED_ON, "list-checks"),
        _act("ask_waiver", _L("act", "Ask to do without measures"), _WORKED_ON, "gavel"),
        _act("send_progress", _L("act", "Tell the progress"), lifecycle.OPEN, "send"),
        _move("reply", "message-square-reply"),
        _move("ask_opinion", "message-circle-question-mark", frozenset({State.REPLIED, State.AWAITING_OPINION})),
        _move("record_opinion", "thumbs-up"),
        _act("escalate", _L("act", "Escalate"), lifecycle.OPEN, "arrow-up"),
        _act("ask_explained", _L("act", "Ask to close as explained"), {State.AWAITING_OPINION}, "gavel"),
        _move("close", "check-check"),
        _move("reopen", "rotate-ccw"),
        _move("archive", "archive"),
        _act("attach", _L("act", "Attach files"), lifecycle.NOT_FILED, "paperclip"),
        _act("recuse", _L("act", "Recuse somebody"), _ALWAYS, "user-x"),
    )
}
#: Acts on a part of the case: its word, the part in the address, the button.
PART_ACTS: dict[str, tuple[str, str | Promise, str]] = {
    "receive": ("assignments", MOVES["receive"].label, "check"),
    "take": ("assignments", _L("act", "Take over"), "hand"),
    "answer": ("assignments", _L("act", "Hand in the answer"), "clipboard-check"),
    "return_to_hub": ("assignments", MOVES["return_to_hub"].label, "undo"),
    "pass_on": ("assignments", _L("act", "Pass on"), "forward"),
    "ask_extension": ("assignments", _L("act", "Ask for more time"), "calendar-plus"),
    "cancel_assignment": ("assignments", _L("act", "Cancel the task"), "x"),
    "decide_extension": ("extensions", _L("act", "Decide on more time"), "calendar-check"),
    "record_visit": ("visits", _L("act", "Record the visit"), "map-pin"),
    "cancel_visit": ("visits", _L("act", "Cancel the visit"), "calendar-x"),
    "complete_measure": ("measures", _L("act", "Done"), "check"),
    "verify_measure": ("measures", _L("act", "Verify the effect"), "badge-check"),
    "cancel_measure": ("measures", _L("act", "Give up"), "x"),
    "answer_escalation": ("escalations", _L("act", "Answer the escalation"), "crown"),
    "decide_approval": ("approvals", _L("act", "Decide the request"), "gavel"),
    "withdraw_approval": ("approvals", _L("act", "Take the request back"), "undo"),
    "give_breach_reason": ("clocks", _L("act", "Give the reason"), "pen"),
}
#: Acts without any question to answer: one click posts them.
ONE_CLICK = frozenset({"receive", "take", "archive", "complete", "act", "withdraw_approval"})


@dataclass(frozen=True)
class Offer:
    """A button: what it does, where it leads, and why it is blocked, if it is."""

    name: str
    label: str
    url: str
    icon: str = ""
    reasons: tuple[str, ...] = ()
    primary: bool = False
    one_click: bool = False


@dataclass(frozen=True)
class Offers:
    """All buttons of a page: beside the title, in its menu, and at each part (``visits:5``)."""

    head: list[Offer] = field(default_factory=list)
    more: list[Offer] = field(default_factory=list)
    parts: dict[str, list[Offer]] = field(default_factory=dict)

    def names(self) -> set[str]:
        """The words of everything offered beside the title or in the menu."""
        return {offer.name for offer in [*self.head, *self.more]}


@dataclass(frozen=True)
class Situation:
    """A case as it stands before one person.

    ``mine`` says whether an assignment is that person's own work; ``blocked`` whether an act that needs more than
    its permission succeeds in nobody's place; ``answers_for`` whether a missed limit is that person's to explain.
    """

    dossier: Dossier
    permissions: frozenset[str]
    facts: ClosingFacts
    mine: Callable[[Assignment], bool]
    blocked: Callable[[str, Fits], bool]
    answers_for: Callable[[CaseClock], bool]
    now: datetime


def offers(here: Situation) -> Offers:
    """Exactly what this person may do now; one of it is the main thing."""
    parts = {key: found for key, found in _parts(here).items() if found}
    own = [offer for key, found in parts.items() if _belongs_to_head(here, key) for offer in found]
    everything = [*own, *_on_the_case(here)]
    primary = _primary(here, everything)
    marked = [replace(offer, primary=offer is primary) for offer in everything]
    head = [offer for offer in marked if offer.primary or offer.name in _always_shown(here)]
    more = [offer for offer in marked if offer not in head]
    return Offers(head=sorted(head, key=_place), more=more, parts=parts)


def _belongs_to_head(here: Situation, key: str) -> bool:
    part, _sep, pk = key.partition(":")
    if part == "assignments":
        return any(a.pk == int(pk) and here.mine(a) for a in here.dossier.assignments)
    return part in {"extensions", "escalations", "approvals"}


# --- On the case itself -----------------------------------------------------------------------------


def possible(name: str, here: Situation) -> bool:
    """Whether an act on the case fits its state, kind and history; rights apart."""
    case = here.dossier.case
    act = ACTS[name]
    if case.state not in act.sources:
        return False
    special = _CONDITIONS.get(name)
    return special is None or special(here)


def _on_the_case(here: Situation) -> Iterator[Offer]:
    case = here.dossier.case
    for name, act in ACTS.items():
        if name in here.permissions and possible(name, here):
            yield Offer(
                name,
                str(act.label),
                reverse(f"case_{name}", args=[case.number]),
                act.icon,
                reasons=tuple(str(reason) for reason in why_not(name, here)),
                one_click=name in ONE_CLICK,
            )


def why_not(name: str, here: Situation) -> list[Reason]:
    """What the gate of an act says against it now."""
    case, dossier = here.dossier.case, here.dossier
    rule = case.policy.rule(case.kind.code)
    match name:
        case "acknowledge" | "settle":
            missing = [field for field in rule.required if not getattr(case, field, None)]
            if case.state != State.REGISTERED:
                return []
            return gates.acknowledging(has_category=True, has_priority=True, missing_fields=missing)
        case "dispatch":
            return gates.dispatching(
                has_priority=case.priority is not None,
                verification_owed=rule.verify_before_dispatch and case.verified_at is None,
            )
        case "reply":
            return gates.replying(reply_facts_of(case, dossier.assignments, dossier.approvals))
        case "close":
            return gates.closing(here.facts)
        case _:
            return []


def _may_reply(here: Situation) -> bool:
    case = here.dossier.case
    if case.state != State.ACKNOWLEDGED or case.kind.code in lifecycle.SHORT_KINDS:
        return True
    answered = any(a.state == Assignment.State.ANSWERED for a in here.dossier.current_assignments)
    return answered or case.round > 1


def _may_ask_waiver(here: Situation) -> bool:
    facts = here.facts
    waiting = any(a.is_open and a.kind.startswith(gates.WAIVER) for a in here.dossier.approvals)
    return facts.measures_or_waiver and not facts.measures and not facts.waiver_granted and not waiting


def _may_ask_explained(here: Situation) -> bool:
    waiting = any(a.is_open and a.kind.startswith(gates.EXPLAINED) for a in here.dossier.approvals)
    return here.facts.satisfied is False and not here.facts.explained_approved and not waiting


def _owes_an_answer(here: Situation) -> bool:
    case = here.dossier.case
    return any(
        clock.kind == CaseClock.Kind.RESOLUTION and clock.round == case.round and clock.is_running
        for clock in here.dossier.clocks
    )


_CONDITIONS: dict[str, Callable[[Situation], bool]] = {
    "agree_date": _owes_an_answer,
    "settle": lambda here: here.dossier.case.kind.code in lifecycle.SHORT_KINDS,
    "reply": _may_reply,
    "ask_waiver": _may_ask_waiver,
    "ask_explained": _may_ask_explained,
    "escalate": lambda here: not here.facts.open_escalation,
}


# --- On its parts -------------------------------------------------------------------------------------


Acts = Iterator[tuple[str, list[str]]]


def _parts(here: Situation) -> dict[str, list[Offer]]:
    dossier = here.dossier
    if dossier.case.state not in lifecycle.NOT_FILED:
        return {}
    table: tuple[tuple[str, Sequence[Any], Callable[[Situation, Any], Acts]], ...] = (
        ("assignments", dossier.current_assignments, _on_assignment),
        ("extensions", dossier.extensions, _on_extension),
        ("visits", dossier.visits, _on_visit),
        ("measures", dossier.measures, _on_measure),
        ("escalations", dossier.escalations, _on_escalation),
        ("approvals", dossier.approvals, _on_approval),
        ("clocks", dossier.clocks, _on_clock),
    )
    return {
        f"{part}:{row.pk}": [
            _part_offer(here, name, row.pk, reasons) for name, reasons in acts(here, row) if _may(here, name)
        ]
        for part, rows, acts in table
        for row in rows
    }


def _may(here: Situation, name: str) -> bool:
    # The permission of a decision is that of its step, which _on_approval asks.
    return name == "decide_approval" or name in here.permissions


def _part_offer(here: Situation, name: str, pk: int, reasons: list[str]) -> Offer:
    _part, label, icon = PART_ACTS[name]
    url = reverse(f"case_{name}", args=[here.dossier.case.number, pk])
    return Offer(name, str(label), url, icon, tuple(reasons), one_click=name in ONE_CLICK)


def _on_assignment(here: Situation, row: Assignment) -> Acts:
    if not row.is_unanswered:
        return
    case = here.dossier.case
    sent, received = row.state == Assignment.State.SENT, row.state == Assignment.State.RECEIVED
    if here.mine(row):
        if sent and (not row.is_lead or _starts("receive", case)):
            yield "receive", []
        if received and not here.blocked("take", taking(row)):
            yield "take", []
        if received:
            yield "answer", _open_helpers(here, row)
        if not row.is_lead or _starts("return_to_hub", case):
            yield "return_to_hub", []
        if received:
            yield "pass_on", []
        if not any(e.assignment_id == row.pk and e.decided_at is None for e in here.dossier.extensions):
            yield "ask_extension", []
    if not row.is_lead:
        yield "cancel_assignment", []


def _starts(name: str, case: Case) -> bool:
    return lifecycle.may_move(MOVES[name], state=case.state, resume=case.resume_state)


def _open_helpers(here: Situation, row: Assignment) -> list[str]:
    if not row.is_lead:
        return []
    helpers = [a for a in here.dossier.current_assignments if not a.is_lead and a.is_unanswered]
    return [str(reason) for reason in gates.answering(open_helpers=[str(a.department) for a in helpers])]


def _on_extension(here: Situation, row: Extension) -> Acts:
    owed = {assignment.pk for assignment in here.dossier.current_assignments if assignment.is_unanswered}
    if row.decided_at is None and here.dossier.case.is_open and row.assignment_id in owed:
        yield "decide_extension", []


def _on_visit(here: Situation, row: Visit) -> Acts:
    if here.dossier.case.is_open and row.arrived_at is None and row.cancelled_at is None:
        yield "record_visit", []
        yield "cancel_visit", []


def _on_measure(here: Situation, row: Measure) -> Acts:
    if here.dossier.case.state not in _WORKED_ON:
        return
    if row.state == Measure.State.PLANNED:
        yield "complete_measure", []
        yield "cancel_measure", []
    if row.state == Measure.State.DONE:
        own = here.blocked("verify_measure", verifying(row, here.dossier.who))
        yield "verify_measure", [_("Who carried the measure out cannot verify it. Ask a colleague.")] if own else []


def _on_escalation(here: Situation, row: Escalation) -> Acts:
    if row.answered_at is None:
        junior = here.blocked("answer_escalation", answering(row))
        yield "answer_escalation", [_("Somebody senior to the last decision must answer this.")] if junior else []


def _on_approval(here: Situation, row: Approval) -> Acts:
    if not row.is_open or not here.dossier.case.is_open:
        return
    if not here.blocked("withdraw_approval", withdrawing(row)):
        yield "withdraw_approval", []
    done = sum(decision.approval_id == row.pk for decision in here.dossier.decisions)
    step = row.steps[done]
    if step in here.permissions:
        own = here.blocked(step, deciding(row, here.dossier.who))
        yield "decide_approval", [_("Nobody approves his or her own request. Ask a colleague.")] if own else []


def _on_clock(here: Situation, row: CaseClock) -> Acts:
    owed = owes_reason(row) or (row.is_overdue(here.now) and not row.breach_reason)
    if owed and here.answers_for(row):
        yield "give_breach_reason", []


# --- Order ---------------------------------------------------------------------------------------------

#: The main thing first: of these, the first that is offered and not blocked is the filled button.
_FIRST = (
    "take", "receive", "decide_approval", "answer_escalation", "decide_extension", "settle", "acknowledge", "verify",
    "dispatch", "investigate", "answer", "close", "reply", "ask_opinion", "record_opinion",
)  # fmt: skip
_SHOWN = frozenset({"record_contact", "note"})


def _primary(here: Situation, all_offers: list[Offer]) -> Offer | None:
    free = {offer.name: offer for offer in reversed(all_offers) if not offer.reasons}
    for name in _FIRST:
        if name in free and _is_due(name, here):
            return free[name]
    return None


def _is_due(name: str, here: Situation) -> bool:
    """Whether an act is what should come next, not only what may be done."""
    case, facts = here.dossier.case, here.facts
    match name:
        case "verify":
            rule = case.policy.rule(case.kind.code)
            return case.state == State.ACKNOWLEDGED and rule.verify_before_dispatch and case.verified_at is None
        case "investigate":
            held = any(a.state == Assignment.State.RECEIVED and here.mine(a) for a in here.dossier.current_assignments)
            return held and case.state in lifecycle.WITH_DEPARTMENT and not facts.facts
        case "reply":
            return case.state not in {State.REPLIED, State.AWAITING_OPINION} or facts.satisfied is False
        case "ask_opinion":
            return case.state == State.REPLIED
        case "record_opinion":
            return facts.satisfied is None
        case _:
            return True


#: Shown beside the main thing while they are what the state is about; the rest is in the menu.
_BESIDE: dict[str, frozenset[str]] = {
    State.REGISTERED: frozenset({"acknowledge", "settle", "decline"}),
    State.INCOMPLETE: frozenset({"complete", "receive", "return_to_hub"}),
    State.ACKNOWLEDGED: frozenset({"dispatch", "verify", "settle"}),
    State.DISPATCHED: frozenset({"receive", "return_to_hub"}),
    State.RECEIVED: frozenset({"answer", "return_to_hub", "reply", "investigate", "take", "receive"}),
    State.INVESTIGATING: frozenset({"answer", "return_to_hub", "plan_measure", "reply", "close", "take", "receive"}),
    State.ACTING: frozenset({"answer", "return_to_hub", "plan_measure", "reply", "close", "take", "receive"}),
    State.REPLIED: frozenset({"close", "ask_opinion", "record_opinion"}),
    State.AWAITING_OPINION: frozenset({"close", "ask_opinion", "reopen", "reply"}),
    State.CLOSED: frozenset({"reopen", "archive"}),
    State.ARCHIVED: frozenset(),
}


def _always_shown(here: Situation) -> frozenset[str]:
    return (
        _SHOWN | _BESIDE[State(here.dossier.case.state)] | {"decide_approval", "answer_escalation", "decide_extension"}
    )


def _place(offer: Offer) -> tuple[int, int]:
    """Contact and note first, then what is free, then what is blocked; the filled one last of the free."""
    if offer.name in _SHOWN:
        return 0, list(ACTS).index(offer.name)
    return 3 if offer.reasons else 2 if offer.primary else 1, 0
