"""All that the page of one return shows, in a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass, field

from audit.models import Event
from audit.queries import events_of
from cases.models import Case, Measure
from cases.rights import reads_in_full
from organization.queries import Identity
from regulations.models import Approval
from returns.lifecycle import STEPS, State
from returns.models import Inspection, Refund, RefundRefusal, RepairNote, RepairOrder, ReturnClock, ReturnSlip, SlipLine
from returns.models.slip import SlipContact, SlipFile
from returns.queries.board import customer_label, next_of, turn_label, turn_names
from returns.queries.facts import LineSums, sums_of
from returns.queries.refunds import newest_approval
from returns.queries.repeats import Repeat, repeats_of

EVENTS_SHOWN = 60


@dataclass(frozen=True)
class Step:
    """One step of the path: passed, now, or to come."""

    label: str
    state: str


@dataclass(frozen=True)
class Dossier:
    """A return with everything that belongs to it."""

    slip: ReturnSlip
    customer: str
    turn: str
    next: str
    steps: list[Step]
    lines: list[SlipLine]
    sums: list[LineSums]
    inspections: list[Inspection]
    order: RepairOrder | None
    notes: list[RepairNote]
    refund: Refund | None
    refusals: list[RefundRefusal]
    approval: Approval | None
    clocks: list[ReturnClock]
    files: list[SlipFile]
    contacts: list[SlipContact]
    repeats: list[Repeat] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    @property
    def open_claim(self) -> Inspection | None:
        """The re-inspection before the decision that has no result yet."""
        return next((row for row in self.inspections if row.at is None and row.purpose == "claim"), None)

    @property
    def certificate(self) -> bool:
        """Whether the copy of the acceptance certificate is there (RET-18)."""
        return any(row.subject == SlipFile.CERTIFICATE for row in self.files)


def load(slip: ReturnSlip, who: Identity) -> Dossier:
    """Read the return's parts; about a dozen queries, however many there are."""
    lines = list(SlipLine.objects.filter(slip=slip).select_related("product"))
    order = RepairOrder.objects.filter(slip=slip).select_related("repairer", "finished_by").first()
    names = turn_names()
    return Dossier(
        slip=slip,
        customer=customer_label(slip, who),
        turn=turn_label(slip, names, order),
        next=str(next_of(slip)),
        steps=steps_of(slip),
        lines=lines,
        sums=sums_of(slip, lines),
        inspections=list(Inspection.objects.filter(slip=slip).select_related("by", "asked_by")),
        order=order,
        notes=list(RepairNote.objects.filter(order=order).select_related("by")) if order else [],
        refund=Refund.objects.filter(slip=slip).select_related("by").first(),
        refusals=list(RefundRefusal.objects.filter(slip=slip).select_related("by")),
        approval=newest_approval(slip) if slip.policy.manager_gate else None,
        clocks=list(ReturnClock.objects.filter(slip=slip)),
        files=list(SlipFile.objects.filter(slip=slip).select_related("file")),
        contacts=list(SlipContact.objects.filter(slip=slip).select_related("by", "channel")),
        repeats=repeats_of(lines, who),
        measures=_measures_of(slip, who),
        events=list(events_of(slip.thread).order_by("-seq")[:EVENTS_SHOWN]),
    )


def _measures_of(slip: ReturnSlip, who: Identity) -> list[Measure]:
    """What prevents the next one, for who reads the case in full (CAP-14)."""
    case = Case.objects.visible_to(who).filter(pk=slip.case_id).first() if slip.case_id else None
    if case is None or not reads_in_full(who, case):
        return []
    return list(Measure.objects.filter(case=case).exclude(type=Measure.Type.CORRECTION).select_related("owner"))


def steps_of(slip: ReturnSlip) -> list[Step]:
    """The path as the page draws it. An ended return has passed what it went through, and no more."""
    path = STEPS[slip.path]
    if slip.state == State.ENDED and not _went_through(slip):
        return [Step(str(path[0][1]), "done"), Step(str(slip.get_outcome_display()), "now")]
    here = next((n for n, (_name, _label, states) in enumerate(path) if slip.state in states), 0)
    found = []
    for n, (_name, label, _states) in enumerate(path):
        state = "done" if n < here or slip.state == State.ENDED else "now" if n == here else ""
        found.append(Step(str(label), state))
    return found


def _went_through(slip: ReturnSlip) -> bool:
    return slip.outcome in {"refunded", "repaired"} or (slip.outcome == "refused" and slip.received_at is not None)
