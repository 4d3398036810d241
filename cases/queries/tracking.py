"""What a customer sees of a case: an allow-list of its own, never the rows that staff read (SEC-07)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from audit.actor import Actor
from audit.queries import events_of
from cases.lifecycle import CUSTOMER_STAGES, ENDED, State
from cases.models import Access, Case, CaseClock, CaseFile, Contact, Escalation, Opinion, Reply
from cases.models.reply import Way
from documents.models import State as FileState
from organization import text

#: Compared with where there is no case, so that an absent number costs the same work. Nothing hashes to it.
NO_HASH = "0" * 64
NO_TAIL = "????"
_CUSTOMER = Actor.customer().label


@dataclass(frozen=True)
class Candidate:
    """What a number is compared with: the case's, or values that nothing equals."""

    case: Case | None
    code_hash: str
    tail: str


def candidate(number: str) -> Candidate:
    """The case with that number, whoever asks; the caller compares and tells nothing before (one query, always)."""
    row = (
        Access.objects.select_related("case").defer("case__search", "case__contact_search").filter(case__number=number)
    )
    found = row.first()
    if found is None:
        return Candidate(None, NO_HASH, NO_TAIL)
    return Candidate(found.case, found.code_hash, phone_tail(found.case) or NO_TAIL)


def case_of_link(link_hash: str) -> Case | None:
    """The case that a link's hash opens."""
    row = (
        Access.objects.select_related("case").defer("case__search", "case__contact_search").filter(link_hash=link_hash)
    )
    found = row.first()
    return found.case if found else None


def phone_tail(case: Case) -> str:
    """The last four digits of the customer's telephone; empty where there is none."""
    tail = text.normalise_phone(case.reporter_phone).tail4 if case.reporter_phone else ""
    return tail if len(tail) == 4 else ""


@dataclass(frozen=True)
class Stage:
    """One step in the customer's words; ``state`` is done, now or next."""

    key: str
    label: str
    state: str
    at: datetime | None


@dataclass(frozen=True)
class PublicStage:
    """What the number and four digits of the telephone open: how far it is, and when to expect an answer."""

    number: str
    stages: tuple[Stage, ...]
    expected_at: datetime | None
    is_closed: bool

    @property
    def current(self) -> Stage:
        """The stage it stands in."""
        return next((stage for stage in self.stages if stage.state == "now"), self.stages[-1])

    @property
    def is_late(self) -> bool:
        """Whether the answer should have been given by now."""
        return self.expected_at is not None and self.expected_at < timezone.now()


@dataclass(frozen=True)
class PublicFile:
    """A file that the customer sent: its name, and whether there is a picture of it to show."""

    pk: int
    name: str
    has_picture: bool
    is_waiting: bool


@dataclass(frozen=True)
class Entry:
    """Something that was said: ``kind`` is reply, progress, supplement or demand."""

    kind: str
    at: datetime
    text: str
    files: tuple[PublicFile, ...] = ()


@dataclass(frozen=True)
class PublicCase(PublicStage):
    """Everything that the holder of the link or code sees. What is not named here does not leave the house."""

    kind: str
    subject: str
    text: str
    product: str
    tail: str
    received_at: datetime
    department: str
    answer: Entry | None
    entries: tuple[Entry, ...] = ()
    files: tuple[PublicFile, ...] = ()
    asked: str = ""
    is_incomplete: bool = False
    opinion: bool | None = None
    may_give_opinion: bool = False
    may_demand: bool = False
    demanded_at: datetime | None = field(default=None)


def stage_of(case: Case) -> PublicStage:
    """Stage and date only."""
    return PublicStage(case.number, stages(case), expected_at(case), case.state in ENDED)


def public_case(case: Case) -> PublicCase:
    """The page of one case for its customer (a constant number of queries)."""
    files = _files(case)
    opinion = last_opinion(case)
    open_demand = Escalation.objects.filter(case=case, answered_at__isnull=True).order_by("-pk").first()
    entries = sorted([*_replies(case), *_supplements(case, files), *_demands(case)], key=lambda entry: entry.at)
    answer = next((entry for entry in reversed(entries) if entry.kind in {"reply", "progress"}), None)
    return PublicCase(
        number=case.number,
        kind=str(case.kind),
        subject=case.subject,
        text=case.text,
        product=str(case.product or case.site or case.product_text),
        tail=phone_tail(case),
        received_at=case.received_at,
        stages=stages(case),
        expected_at=expected_at(case),
        department=str(case.lead_department) if case.lead_department and case.state not in ENDED else "",
        is_closed=case.state in ENDED,
        answer=answer,
        entries=tuple(entry for entry in entries if entry is not answer),
        files=tuple(files.get("", ())),
        asked=_asked_for(case),
        is_incomplete=case.state == State.INCOMPLETE,
        opinion=opinion.satisfied if opinion else None,
        may_give_opinion=case.state in {State.REPLIED, State.AWAITING_OPINION} and opinion is None,
        may_demand=case.state not in ENDED and opinion is not None and not opinion.satisfied and open_demand is None,
        demanded_at=open_demand.asked_at if open_demand else None,
    )


def last_opinion(case: Case) -> Opinion | None:
    """What the customer said of the newest answer; None while that has not been judged."""
    said = case.opinions.filter(round=case.round).order_by("-pk").first()
    answer = case.replies.filter(round=case.round, final=True).order_by("-pk").first()
    return None if said and answer and answer.recorded_at > said.recorded_at else said


def stages(case: Case) -> tuple[Stage, ...]:
    """The five steps; of an ended case only those that it went through."""
    state = case.resume_state or case.state
    times = (case.received_at, case.acknowledged_at, case.dispatched_at, case.replied_at, case.closed_at)
    here = next(n for n, (_key, _label, states) in enumerate(CUSTOMER_STAGES) if state in states)
    found = []
    for n, ((key, label, _states), at) in enumerate(zip(CUSTOMER_STAGES, times, strict=True)):
        if case.state in ENDED and at is None:
            continue
        place = "done" if n < here or case.state in ENDED else "now" if n == here else "next"
        found.append(Stage(key, str(label), place, at if n <= here else None))
    return tuple(found)


def expected_at(case: Case) -> datetime | None:
    """When to expect the answer: what was told last, else the limit; None once it is given."""
    if case.replied_at or case.state in ENDED:
        return None
    told = (
        case.replies.filter(round=case.round, final=False, expected_at__gt=timezone.now())
        .order_by("-pk")
        .values_list("expected_at", flat=True)
        .first()
    )
    clock = CaseClock.objects.filter(case=case, round=case.round, kind=CaseClock.Kind.RESOLUTION).first()
    return told or (clock.due_at if clock else None)


def _replies(case: Case) -> list[Entry]:
    # "Not possible: no contact given" is a remark of the hub's about why nobody was told.
    rows = Reply.objects.filter(case=case).exclude(way=Way.NOT_POSSIBLE).order_by("happened_at", "id")
    return [Entry("reply" if row.final else "progress", row.happened_at, row.text) for row in rows]


def _supplements(case: Case, files: dict[str, list[PublicFile]]) -> list[Entry]:
    # Contacts that staff wrote down are staff's words, also where they tell what the customer said.
    rows = Contact.objects.filter(
        case=case, direction=Contact.Direction.IN, by__isnull=True, by_label=_CUSTOMER
    ).order_by("happened_at", "id")
    return [Entry("supplement", row.happened_at, row.text, tuple(files.get(f"contact:{row.pk}", ()))) for row in rows]


def _demands(case: Case) -> list[Entry]:
    rows = Escalation.objects.filter(case=case, asked_by__isnull=True)
    return [Entry("demand", row.asked_at, row.demand) for row in rows]


def _files(case: Case) -> dict[str, list[PublicFile]]:
    """The customer's own files by the record that they came with."""
    found: dict[str, list[PublicFile]] = defaultdict(list)
    for row in own_files(case).select_related("file"):
        found[row.subject].append(
            PublicFile(
                row.pk,
                row.file.claimed_name,
                row.file.has_rendition,
                row.file.state in {FileState.QUARANTINED, FileState.RECEIVED},
            )
        )
    return found


def own_files(case: Case) -> QuerySet[CaseFile]:
    """Files that the customer sent and that were not erased since."""
    return CaseFile.objects.filter(case=case, from_customer=True, file__erased_at__isnull=True).order_by("id")


def _asked_for(case: Case) -> str:
    """What the customer was asked to complete, while the case waits for it (INT-18)."""
    if case.state != State.INCOMPLETE:
        return ""
    asked = events_of(case.thread).filter(verb="ask_completion").order_by("-seq").first()
    if asked is None:
        return ""
    # The action writes the request as a contact in the same reading of the clock.
    row = Contact.objects.filter(case=case, direction=Contact.Direction.OUT, recorded_at=asked.at).first()
    return row.text if row else ""
