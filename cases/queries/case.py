"""Everything that belongs to one case, in a constant number of queries, whatever its age.

``load`` reads the rows once; timeline, side cards, buttons and the closing checklist are all made from
them. What this reader may not see (notes of another audience) is left out here and nowhere else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from django.db import connection
from django.db.models import Q, QuerySet

from audit.models import Event
from audit.queries import events_of
from cases import rights
from cases.models import (
    Assignment,
    Case,
    CaseClock,
    CaseFile,
    Contact,
    Escalation,
    Extension,
    Hold,
    Investigation,
    Measure,
    MeasureCheck,
    Note,
    Opinion,
    OpinionRequest,
    Recusal,
    Reply,
    Round,
    Verification,
    Visit,
)
from notifications.models import Message
from organization.models import User
from organization.models.units import Function
from organization.queries import Identity
from regulations.models import Approval, Decision

RELATED_SHOWN = 6


@dataclass
class Dossier:
    """The rows of one case as one reader may see them; names of people by id."""

    case: Case
    who: Identity
    assignments: list[Assignment]
    contacts: list[Contact] = field(default_factory=list)
    extensions: list[Extension] = field(default_factory=list)
    verifications: list[Verification] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    investigations: list[Investigation] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    checks: list[MeasureCheck] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    requests: list[OpinionRequest] = field(default_factory=list)
    opinions: list[Opinion] = field(default_factory=list)
    escalations: list[Escalation] = field(default_factory=list)
    approvals: list[Approval] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    clocks: list[CaseClock] = field(default_factory=list)
    rounds: list[Round] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    files: list[CaseFile] = field(default_factory=list)
    recusals: list[Recusal] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)
    #: Whose rows ``of_round`` gives; the current one.
    shown_round: int = 0

    def __post_init__(self) -> None:
        self.shown_round = self.shown_round or self.case.round

    def name(self, user_id: int | None) -> str:
        """A colleague's name."""
        return self.names.get(user_id or 0, "")

    def of_round(self, rows: Iterable[object]) -> list:
        """Those rows that belong to the round that is shown."""
        return [row for row in rows if getattr(row, "round", None) == self.shown_round]

    @cached_property
    def files_by_subject(self) -> dict[str, list[CaseFile]]:
        """Files by the record they prove (visit:5); "" holds those of the case itself."""
        found: dict[str, list[CaseFile]] = defaultdict(list)
        for row in self.files:
            found[row.subject].append(row)
        return found

    @cached_property
    def current_assignments(self) -> list[Assignment]:
        """Assignments of this round, the lead first, those that ended last."""
        ended = {Assignment.State.RETURNED, Assignment.State.CANCELLED}
        return sorted(self.of_round(self.assignments), key=lambda a: (a.state in ended, not a.is_lead, a.pk))

    @cached_property
    def delivery(self) -> dict[str, Message]:
        """What became of a message to the customer, by its key within the case (reply:5)."""
        prefix = f"{self.case.thread}:"
        return {row.dedupe_key.removeprefix(prefix).removesuffix(":customer"): row for row in self.messages}


def load(case: Case, assignments: list[Assignment], who: Identity) -> Dossier:
    """Read everything that belongs to the case, as this person may see it."""
    dossier = Dossier(
        case=case,
        who=who,
        assignments=assignments,
        contacts=list(Contact.objects.filter(case=case).select_related("channel")),
        extensions=list(Extension.objects.filter(assignment__case=case).order_by("pk")),
        verifications=list(Verification.objects.filter(case=case).order_by("pk")),
        visits=list(Visit.objects.filter(case=case)),
        investigations=list(Investigation.objects.filter(case=case).select_related("responsible_department")),
        measures=list(Measure.objects.filter(case=case).select_related("department")),
        checks=list(MeasureCheck.objects.filter(measure__case=case)),
        replies=list(Reply.objects.filter(case=case)),
        requests=list(OpinionRequest.objects.filter(case=case)),
        opinions=list(Opinion.objects.filter(case=case)),
        escalations=list(Escalation.objects.filter(case=case)),
        approvals=list(Approval.objects.filter(thread=case.thread).order_by("pk")),
        decisions=list(Decision.objects.filter(approval__thread=case.thread).order_by("pk")),
        notes=[
            note for note in Note.objects.filter(case=case).select_related("department") if may_read(note, case, who)
        ],
        clocks=list(CaseClock.objects.filter(case=case)),
        rounds=list(Round.objects.filter(case=case)),
        holds=list(Hold.objects.filter(case=case, released_at__isnull=True)),
        files=list(readable_files(case, contact=rights.sees_contact(who, case))),
        recusals=list(Recusal.objects.filter(case=case, lifted_at__isnull=True)),
        events=list(events_of(case.thread)),
        messages=list(Message.objects.filter(thread=case.thread, user__isnull=True).defer("body", "context")),
    )
    dossier.names = _names(dossier)
    _link(dossier)
    return dossier


def readable_files(case: Case, *, contact: bool) -> QuerySet[CaseFile]:
    """The files of a case for somebody who reads it in full; filed slips name the customer, with number and address."""
    rows = CaseFile.objects.filter(case=case).select_related("file")
    return rows if contact else rows.exclude(subject__startswith=CaseFile.SLIP)


def may_read(note: Note, case: Case, who: Identity) -> bool:
    """Whether somebody belongs to a note's audience: all on the case, the hub, or one department."""
    if note.audience == Note.Audience.CASE or note.by_id == who.user_id:
        return True
    acting = [person for person in who.acting if -person.user_id not in case.barred]
    if note.audience == Note.Audience.HUB:
        return any(Function.HUB in person.functions for person in acting)
    return any(person.is_in(note.department_id) for person in acting)


_PEOPLE = (
    "by_id", "asked_by_id", "decided_by_id", "visitor_id", "planned_by_id", "owner_id", "done_by_id", "answered_by_id",
    "sent_by_id", "received_by_id", "holder_id", "passed_to_id", "ended_by_id", "closed_by_id", "user_id", "deputy_for",
    "actor_id",
)  # fmt: skip


def _names(dossier: Dossier) -> dict[int, str]:
    rows: list[object] = []
    for name in dossier.__dataclass_fields__:
        value = getattr(dossier, name)
        if isinstance(value, list):
            rows += value
    ids = {pk for row in rows for name in _PEOPLE if (pk := getattr(row, name, None)) is not None}
    for event in dossier.events:
        for name in ("people", "to", "holder"):
            new = event.changes.get(name, [None, None])[1]
            ids |= set(new) if isinstance(new, list) else {new} - {None}
    people = User.objects.filter(pk__in=ids).values_list("pk", "name", "username")
    return {pk: name or username for pk, name, username in people}


def _link(dossier: Dossier) -> None:
    """Give rows the parents that were read beside them, so that nothing asks the database again."""
    assignments = {row.pk: row for row in dossier.assignments}
    measures = {row.pk: row for row in dossier.measures}
    approvals = {row.pk: row for row in dossier.approvals}
    for extension in dossier.extensions:
        extension.assignment = assignments[extension.assignment_id]
    for clock in dossier.clocks:
        clock.case = dossier.case
        if clock.assignment_id:
            clock.assignment = assignments[clock.assignment_id]
    for check in dossier.checks:
        check.measure = measures[check.measure_id]
    for decision in dossier.decisions:
        decision.approval = approvals[decision.approval_id]


def repeat_ordinal(case: Case) -> int:
    """The how-manieth complaint about the same matter this is: 2 for the first repeat."""
    if case.repeat_of_id is None:
        return 1
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE earlier(id, repeat_of_id, depth) AS ("
            " SELECT id, repeat_of_id, 1 FROM cases_case WHERE id = %s"
            " UNION ALL SELECT c.id, c.repeat_of_id, e.depth + 1 FROM cases_case c"
            " JOIN earlier e ON c.id = e.repeat_of_id WHERE e.depth < 50)"
            " SELECT max(depth) FROM earlier",
            [case.pk],
        )
        return int(cursor.fetchone()[0])


@dataclass(frozen=True)
class Related:
    """Another case that has to do with this one, and how."""

    case: Case
    relation: str


def related_cases(case: Case, who: Identity) -> list[Related]:
    """Earlier and later cases of the same matter, duplicates, and the same customer's; visible ones only."""
    condition = Q(repeat_of=case) | Q(duplicate_of=case)
    condition |= Q(pk__in=[pk for pk in (case.repeat_of_id, case.duplicate_of_id) if pk])
    if case.customer_id:
        condition |= Q(customer=case.customer_id)
    rows = (
        Case.objects.visible_to(who)
        .filter(condition)
        .exclude(pk=case.pk)
        .select_related("kind")
        .only("number", "subject", "state", "received_at", "kind", "repeat_of_id", "duplicate_of_id", "outcome")
        .order_by("-received_at", "-pk")[: RELATED_SHOWN * 4]
    )
    found = [Related(row, _relation(case, row)) for row in rows]
    found.sort(key=lambda related: related.relation == "customer")
    return found[:RELATED_SHOWN]


def _relation(case: Case, other: Case) -> str:
    if other.pk == case.duplicate_of_id:
        return "original"
    if other.duplicate_of_id == case.pk:
        return "duplicate"
    if other.pk == case.repeat_of_id:
        return "earlier"
    return "repeat" if other.repeat_of_id == case.pk else "customer"
