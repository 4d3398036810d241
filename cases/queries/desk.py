"""What waits for one person: everything on one list, in order of its due time.

Each source is read newest-due first and cut off, so the desk costs the same for everybody. Every
source starts from the cases that this person may see.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time

from django.db.models import Count, F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cases import rights
from cases.models import Assignment, Case, Escalation, Extension, Measure, Visit
from cases.models.drafts import Draft
from cases.models.intake import CaseQuerySet
from cases.places import deciding
from cases.queries.browse import CaseRow, listed, row_of
from cases.queries.counters import people_of, to_receive
from cases.queries.next_step import works_for_hub
from cases.ranks import rank_of_identity
from notifications.models import Message
from notifications.queries import to_telephone
from organization.models import User
from organization.queries import Identity
from regulations.models import Approval

#: Rows of the list 轮到我的, and of each of the cards beside it.
MINE_SHOWN, CARD_SHOWN = 15, 8
#: Messages looked through for those whose case this person may see.
TELEPHONE_LOOKED_AT = 200


@dataclass(frozen=True)
class Task:
    """One thing to do: until when, in which case, what, and anything worth knowing before."""

    due: datetime | None
    row: CaseRow
    do: str
    note: str = ""
    anchor: str = ""

    @property
    def case(self) -> Case:
        """The case it belongs to."""
        return self.row.case


@dataclass(frozen=True)
class Call:
    """What could not be sent about one case: somebody has to telephone. The oldest message first."""

    case: Case
    messages: list[Message]

    @property
    def message(self) -> Message:
        """The newest: what the customer should hear last."""
        return self.messages[-1]


@dataclass(frozen=True)
class Desk:
    """Everything on somebody's desk; ``more`` when there is more of one's own than is shown."""

    mine: list[Task]
    more: bool
    receive: list[Task] = field(default_factory=list)
    verify: list[Task] | None = None
    decide: list[Task] | None = None
    calls: list[Call] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)


def desk_of(user: User, who: Identity) -> Desk:
    """The desk of one person, in a constant number of queries."""
    own = sorted(_own(who), key=_burning)
    return Desk(
        mine=own[:MINE_SHOWN],
        more=len(own) > MINE_SHOWN,
        receive=_to_receive(who),
        verify=_to_verify(who),
        decide=_to_decide(who),
        calls=to_call(who) if works_for_hub(who) else [],
        drafts=list(Draft.objects.filter(user=user, form="log").defer("data")[:CARD_SHOWN]),
    )


def _burning(task: Task) -> tuple[bool, datetime, int]:
    return task.due is None, task.due or task.case.received_at, task.case.pk


def _own(who: Identity) -> Iterator[Task]:
    """Owned cases, held co-handling tasks, what was passed on, measures and visits."""
    cases = Case.objects.visible_to(who)
    people = people_of(who)
    yield from _owned(cases, people, who)
    yield from _held(cases, people, who)
    yield from _measures(cases, people, who)
    yield from _visits(cases, people, who)


def _owned(cases: CaseQuerySet, people: list[int], who: Identity) -> Iterator[Task]:
    rows = listed(cases.open().filter(owner_id__in=people)).order_by(F("next_due_at").asc(nulls_last=True), "id")
    for case in rows[: MINE_SHOWN + 1]:
        row = row_of(case, who)
        yield Task(case.next_due_at, row, row.step.text)


def _parts(rows: Iterable[Assignment | Measure | Visit | Extension | Escalation], who: Identity) -> dict[int, CaseRow]:
    """The rows of the cases to which these belong; one query."""
    ids = {getattr(part, "case_id", None) or part.assignment.case_id for part in rows}  # type: ignore[union-attr]
    return {case.pk: row_of(case, who) for case in listed(Case.objects.filter(pk__in=ids))} if ids else {}


def _held(cases: CaseQuerySet, people: list[int], who: Identity) -> Iterator[Task]:
    """Co-handling tasks that I hold, and whatever was passed on to me; a led case is owned anyway."""
    held = Q(holder_id__in=people, is_lead=False, passed_to__isnull=True) | Q(passed_to_id__in=people)
    rows = list(
        Assignment.objects.filter(held, state=Assignment.State.RECEIVED, case__in=cases.open())
        .order_by("due_at", "id")[: MINE_SHOWN + 1]
    )  # fmt: skip
    found = _parts(rows, who)
    for part in rows:
        passed = part.passed_to_id in people
        do = pgettext("desk", "Take what was passed on") if passed else _("Answer the co-handling task")
        yield Task(
            part.due_at, found[part.case_id], do, part.passed_note if passed else part.requirement, "assignments"
        )


def _measures(cases: CaseQuerySet, people: list[int], who: Identity) -> Iterator[Task]:
    rows = list(
        Measure.objects.filter(owner_id__in=people, state=Measure.State.PLANNED, case__in=cases.open())
        .order_by("due_on", "id")[: MINE_SHOWN + 1]
    )  # fmt: skip
    found = _parts(rows, who)
    for part in rows:
        due = timezone.make_aware(datetime.combine(part.due_on, time(23, 59, 59)))
        yield Task(due, found[part.case_id], _("Carry the measure out"), part.text, "measures")


def _visits(cases: CaseQuerySet, people: list[int], who: Identity) -> Iterator[Task]:
    rows = list(
        Visit.objects.filter(visitor_id__in=people, arrived_at=None, cancelled_at=None, case__in=cases.open())
        .order_by(F("planned_at").asc(nulls_last=True), "id")[: MINE_SHOWN + 1]
    )  # fmt: skip
    found = _parts(rows, who)
    for part in rows:
        yield Task(
            part.planned_at, found[part.case_id], _("Visit the customer"), part.place or part.necessity, "visits"
        )


def _to_receive(who: Identity) -> list[Task]:
    if not rights.places_anywhere(who, "receive", frozenset({"assigned"})):
        return []
    rows = list(to_receive(who).select_related("department").order_by("due_at", "id")[:CARD_SHOWN])
    found = _parts(rows, who)
    return [
        Task(
            part.due_at,
            found[part.case_id],
            pgettext("assignment", "Lead") if part.is_lead else pgettext("assignment", "Co-handling"),
            f"{part.department} · {part.requirement}",
            "assignments",
        )
        for part in rows
    ]


def _to_verify(who: Identity) -> list[Task] | None:
    """Measures that somebody else has done; None for people who verify none."""
    places = _places(who, "verify_measure")
    if not places:
        return None
    # Not the implementer's own, and done by others than one of those in whose place it would be verified (CAP-03).
    by_others = Q()
    for person in places:
        by_others |= ~_carried_out_by(person)
    rows = list(
        Measure.objects.filter(by_others, state=Measure.State.DONE, case__in=Case.objects.visible_to(who).open())
        .exclude(_carried_out_by(who))
        .select_related("done_by").order_by("done_at", "id")[:CARD_SHOWN]
    )  # fmt: skip
    found = _parts(rows, who)
    return [Task(part.done_at, found[part.case_id], str(part.done_by), part.text, "measures") for part in rows]


def _carried_out_by(person: Identity) -> Q:
    # A done_by that is not set would make the negation unknown.
    return Q(owner_id=person.user_id) | Q(done_by_id=person.user_id, done_by__isnull=False)


def _to_decide(who: Identity) -> list[Task] | None:
    """Requests for more time, approvals and demands for a higher level; None where nothing is to be expected."""
    names = ("decide_extension", "approve_waiver", "approve_explained", "answer_escalation")
    allowed = {name for name in names if _places(who, name)}
    found: list[Task] = []
    if "decide_extension" in allowed:
        found += _extensions(who)
    if allowed & {"approve_waiver", "approve_explained"}:
        found += _approvals(who)
    if "answer_escalation" in allowed:
        found += _escalations(who)
    if not found and not allowed & {"approve_waiver", "approve_explained"}:
        return None
    return sorted(found, key=_burning)[:CARD_SHOWN]


def _extensions(who: Identity) -> list[Task]:
    rows = list(
        Extension.objects.filter(decided_at=None, assignment__case__in=Case.objects.visible_to(who).open())
        .select_related("assignment__department").order_by("asked_at", "id")[:CARD_SHOWN]
    )  # fmt: skip
    found = _parts(rows, who)
    return [
        Task(
            part.assignment.due_at,
            found[part.assignment.case_id],
            _("%(name)s asks for more time") % {"name": part.assignment.department},
            part.reason,
            "assignments",
        )
        for part in rows
    ]


def _approvals(who: Identity) -> list[Task]:
    """Questions about cases whose next step is this person's, in some place that did not ask."""
    having = {step: _places(who, step) for step in ("approve_waiver", "approve_explained")}
    rows = [
        row
        for row in Approval.objects.filter(decided_at=None, thread__startswith="case:")
        .exclude(asked_by_id=who.user_id)
        .annotate(given=Count("decisions"))
        .select_related("asked_by")
        .order_by("asked_at", "id")[:TELEPHONE_LOOKED_AT]
        if any(map(deciding(row, who), having.get(row.steps[row.given], ())))
    ]
    cases = _cases_of_threads([row.thread for row in rows], who)
    return [
        Task(row.due_at or row.asked_at, row_of(cases[row.thread], who), _approval_words(row), row.reason, "approvals")
        for row in rows
        if row.thread in cases and cases[row.thread].is_open
    ][:CARD_SHOWN]


def _approval_words(row: Approval) -> str:
    if row.kind.startswith("measure_waiver"):
        return _("%(name)s asks: no measure needed?") % {"name": row.asked_by or ""}
    return _("%(name)s asks: close as explained?") % {"name": row.asked_by or ""}


def _escalations(who: Identity) -> list[Task]:
    rank = max(rank_of_identity(person) for person in _places(who, "answer_escalation"))
    rows = list(
        Escalation.objects.filter(
            answered_at=None, above_rank__lt=rank, case__in=Case.objects.visible_to(who).open()
        ).order_by("asked_at", "id")[:CARD_SHOWN]
    )  # fmt: skip
    found = _parts(rows, who)
    return [
        Task(part.asked_at, found[part.case_id], _("Answer the demand for a higher level"), part.demand, "escalations")
        for part in rows
    ]


def to_call(who: Identity) -> list[Call]:
    """Customers to whom messages did not go out, of cases this person may see; who waits longest first."""
    waiting: dict[str, list[Message]] = {}
    for message in to_telephone(sort="case", limit=TELEPHONE_LOOKED_AT):
        waiting.setdefault(message.thread, []).append(message)
    cases = _cases_of_threads(list(waiting), who)
    return [Call(cases[thread], messages) for thread, messages in waiting.items() if thread in cases][:CARD_SHOWN]


def _cases_of_threads(threads: list[str], who: Identity) -> dict[str, Case]:
    """Visible cases by the name of their thread; one query."""
    ids = {int(thread.partition(":")[2]) for thread in threads if thread.startswith("case:")}
    return {case.thread: case for case in listed(Case.objects.visible_to(who).filter(pk__in=ids))} if ids else {}


def _places(who: Identity, permission: str) -> list[Identity]:
    """In whose places the person could have a permission on some case that he or she reads."""
    return rights.places_anywhere(who, permission, frozenset({"reads"}))
