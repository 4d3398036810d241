"""Registering feedback, contacts with the customer, completion, correction."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import InvalidInput
from cases import notices, readers
from cases.actions import clocks, files
from cases.actions.access import grant_access
from cases.actions.moves import (
    SEALED_FIELDS,
    moment,
    required,
    search_words,
    user_of,
)
from cases.models import Case, CaseClock, CaseOrigin, Category, Channel, Kind, Recusal, Round
from cases.models.intake import FROM_FILE, SELF_SERVICE, Urgency
from cases.policy import CasesPart
from cases.queries.people import duty_person, hub_person, main_department
from cases.queries.suggestions import proposals_for
from customers.actions.consent import give_consent
from customers.actions.living import hold_living
from customers.actions.people import NewCustomer, create_customer
from customers.models import Communication, ConsentText, Customer
from customers.queries.search import find_for_contact
from documents.models import File
from organization import numbering, text
from organization.copying import take_keys, vector_of
from organization.models import Department, Product, Site, User
from organization.working_time import WorkingCalendar
from regulations.profiles import version_for

SERIES = "case"
LONGEST_TEXT = 20_000
SUBJECT_LENGTH = 60


@dataclass(frozen=True)
class Reporter:
    """Whoever gives the feedback; not necessarily a customer in the file (INT-10)."""

    name: str = ""
    organisation: str = ""
    phone: str = ""
    email: str = ""
    refused: bool = False


@dataclass(frozen=True)
class Goods:
    """What it is about, as far as it is known (INT-08)."""

    product: Product | None = None
    product_text: str = ""
    batch: str = ""
    serial: str = ""
    quantity: str = ""
    order_number: str = ""
    purchased_on: date | None = None
    shipped_on: date | None = None


@dataclass(frozen=True)
class Accused:
    """The object complained about (INT-09)."""

    site: Site | None = None
    department: Department | None = None
    people: tuple[User, ...] = ()


@dataclass(frozen=True)
class Classification:
    """What the hub decides about a record (CLS-01..07); None or "" keeps what is there.

    An empty ``criteria`` says that no listed fact holds; None says nothing about them.
    """

    category: Category | None = None
    urgency: str = ""
    criteria: tuple[str, ...] | None = None
    priority: int | None = None
    severity: str = ""


@dataclass(frozen=True)
class Intake:
    """One piece of feedback as it came in; clean values.

    ``received_at`` is when it reached us, which may be before now (a letter, a late entry).
    ``submission_key`` makes a repeated submission return the first case. ``repeat_of`` is the
    earlier case of the same matter, as a person saw it.
    """

    kind: Kind
    channel: Channel
    text: str
    subject: str = ""
    demand: str = ""
    customer_deadline: date | None = None
    reporter: Reporter = Reporter()
    customer: Customer | None = None
    goods: Goods = Goods()
    accused: Accused = Accused()
    stage: str = ""
    received_at: datetime | None = None
    late_reason: str = ""
    classification: Classification = Classification()
    salesperson: User | None = None
    suggested_department: Department | None = None
    repeat_of: Case | None = None
    language: str = "zh-hans"
    files: tuple[File, ...] = ()
    consent: ConsentText | None = None
    submission_key: uuid.UUID | None = None
    quiet: bool = False
    import_name: str = ""
    import_key: str = ""
    communication: Communication | None = None


def open_case(intake: Intake, *, by: Actor) -> Case:
    """Register one piece of feedback (INT-02..05, INT-23).

    The same ``submission_key`` returns the case of the first submission. Raises ``InvalidInput``
    for what cannot be registered (INT-03): no text, a time in the future, late without a reason, a kind that the
    profile does not offer.
    """
    if known := submitted(intake.submission_key):
        return known
    try:
        return _register(intake, by=by)
    except IntegrityError:
        # The same submission arrived twice at once: the other one won, and its receipt is ours too.
        if known := submitted(intake.submission_key):
            return known
        raise


def submitted(key: uuid.UUID | None, *, first_asked: User | None = None) -> Case | None:
    """The case that an earlier try with this key became, of this person where one is named.

    Nearly always there is none, which is asked cheaply.
    """
    rows = Case.objects.filter(submission_key=key)
    if first_asked is not None:
        rows = rows.filter(first_asked=first_asked)
    return rows.first() if key and rows.exists() else None


@transaction.atomic
def _register(intake: Intake, *, by: Actor) -> Case:
    """Everything that needs no number is written before the number is drawn: its counter is held until the commit,
    and everybody else who registers waits for it. That the rows come before their case is what deferred foreign keys
    allow.
    """
    now = timezone.now()
    case = _build(intake, by=by, now=now)
    _bar(case, intake.accused.people)
    running = first_clocks(case, clocks.calendar_of(case))
    [case.pk] = take_keys(Case, 1)
    if intake.accused.people:
        case.accused.set(intake.accused.people)
        Recusal.objects.bulk_create(
            Recusal(case=case, user=person, reason=_("Named by the reporter."), accused=True, by=user_of(by), at=now)
            for person in intake.accused.people
        )
    Round.objects.create(case=case, n=1, opened_at=case.received_at)
    CaseClock.objects.bulk_create(running)
    if intake.communication:
        CaseOrigin.objects.create(case=case, communication=intake.communication)
    files.attach(case, intake.files, by=by, at=now, from_customer=by.kind == "customer")
    if intake.consent:
        give_consent(intake.consent, thread=case.thread, channel=case.channel.code, at=now, customer=case.customer)
    _insert(case, now=now)
    grant_access(case, at=now)
    record(case.thread, "open", by=by, at=now, **opening_event(case))
    if not intake.quiet:
        acknowledgement = next((c for c in running if c.kind == clocks.Kind.ACKNOWLEDGEMENT), None)
        notices.case_opened(case, due=acknowledgement.due_at if acknowledgement else None)
    return case


def _bar(case: Case, accused: tuple[User, ...]) -> None:
    """Nobody who is accused reads a new case or answers for it (RTE-18); unsaved."""
    ids = {person.pk for person in accused}
    case.readers, case.barred = readers.readers_of(case, []), readers.barred_of(ids)
    if case.owner_id in ids:
        case.owner = hub_person(exclude=ids)


def _insert(case: Case, *, now: datetime) -> None:
    """Write the row, complete and findable, in one statement; its number is taken last (INT-05)."""
    words, private = search_words(case)
    case.number = numbering.next_number(SERIES, at=now)
    case.search = vector_of([*words, *text.bigrams(case.number)])
    case.contact_search = vector_of(private)
    case.save(force_insert=True)
    del case.search, case.contact_search  # read again where they are wanted: here they are still expressions


def _build(intake: Intake, *, by: Actor, now: datetime) -> Case:
    _check(intake, now=now)
    first_asked = user_of(by) if by.kind in {"staff", "token"} else None
    category = intake.classification.category
    version = version_for(site=intake.accused.site, product=intake.goods.product)
    if intake.kind.code not in version.part(CasesPart).kinds:
        raise InvalidInput("kind", _("This kind is not offered for the product or site. Please choose another."))
    suggested, department = proposals_for(intake.text, version, category=category)
    owner = first_asked or duty_person()
    reporter, goods = intake.reporter, intake.goods
    case = Case(
        kind=intake.kind,
        channel=intake.channel,
        category=category,
        suggested_category=suggested,
        suggested_department=intake.suggested_department or department,
        severity=intake.classification.severity,
        priority=intake.classification.priority,
        criteria=list(intake.classification.criteria or ()),
        stage=intake.stage,
        subject=intake.subject or subject_of(intake.text),
        text=intake.text,
        demand=intake.demand,
        customer_deadline=intake.customer_deadline,
        reporter_name=reporter.name,
        reporter_organisation=reporter.organisation,
        reporter_phone=reporter.phone,
        reporter_email=reporter.email,
        contact_refused=reporter.refused,
        customer=_living(intake.customer) if intake.customer else _customer(reporter, by=by, now=now),
        language=intake.language,
        product=goods.product,
        product_text=goods.product_text,
        batch=goods.batch,
        serial=goods.serial,
        quantity=goods.quantity,
        order_number=goods.order_number,
        purchased_on=goods.purchased_on,
        shipped_on=goods.shipped_on,
        site=intake.accused.site,
        accused_department=intake.accused.department,
        salesperson=intake.salesperson,
        received_at=intake.received_at or now,
        registered_at=now,
        late_reason=intake.late_reason,
        first_asked=first_asked,
        first_asked_label=_first_asked_label(by, first_asked),
        receiving_department=main_department(owner),
        owner=owner,
        repeat_of=intake.repeat_of,
        profile_version=version,
        submission_key=intake.submission_key,
        import_name=intake.import_name,
        import_key=intake.import_key,
    )
    case.urgency = urgency_of(case, intake.classification.urgency)
    _check_late(case, now=now, by=by)
    return case


def _check(intake: Intake, *, now: datetime) -> None:
    required(intake.text, "text", _("Please write what happened."))
    if len(intake.text) > LONGEST_TEXT:
        raise InvalidInput(
            "text",
            _("The text has %(n)d characters; at most %(max)d fit. Please attach the rest as a file.")
            % {"n": len(intake.text), "max": LONGEST_TEXT},
        )
    moment(intake.received_at, now=now)
    reporter = intake.reporter
    if not (reporter.phone or reporter.email or reporter.refused):
        raise InvalidInput("contact", _("Please enter a telephone number or e-mail address, or tick “not given”."))


def _check_late(case: Case, *, now: datetime, by: Actor) -> None:
    hours = case.profile_version.times.late_registration_hours
    late = (now - case.received_at).total_seconds() > hours * 3600
    if late and by.kind != "import" and not case.late_reason:
        raise InvalidInput(
            "late_reason",
            _("It was received more than %(hours)d hours ago. Please say why it is registered late.")
            % {"hours": hours},
        )


def _first_asked_label(by: Actor, first_asked: User | None) -> str:
    if first_asked:
        return first_asked.name
    return {"customer": SELF_SERVICE, "import": FROM_FILE}.get(by.kind, by.label)[:60]


def _customer(reporter: Reporter, *, by: Actor, now: datetime) -> Customer | None:
    """The known customer who fits; staff who type a new name and number open a file for it."""
    found = find_for_contact(phone=reporter.phone, email=reporter.email, name=reporter.name)
    if found:
        return _living(found)
    if by.kind != "staff" or not reporter.name or not (reporter.phone or reporter.email):
        return None
    return create_customer(NewCustomer(name=reporter.name, phone=reporter.phone, email=reporter.email), by=by, at=now)


def _living(customer: Customer) -> Customer | None:
    """Whom it belongs to now, should that file have become part of another at this moment; taken until the commit.

    Nobody, where the customer was erased at this moment: what is said now is said by somebody whom we do not know.
    """
    return hold_living([customer.pk]).get(customer.pk)


def subject_of(text: str) -> str:
    """The first sentence of a text, shortened: a subject where nobody wrote one."""
    first = text.strip().splitlines()[0] if text.strip() else ""
    for stop in "。！？!?；;":
        first = first.split(stop)[0]
    first = first.strip() or " ".join(text.split())
    return first if len(first) <= SUBJECT_LENGTH else first[: SUBJECT_LENGTH - 1] + "…"


_URGENCIES = (Urgency.GENERAL, Urgency.IMPORTANT, Urgency.URGENT)


def urgency_rank(level: str) -> int:
    """How urgent a level is: 0 is general."""
    return _URGENCIES.index(Urgency(level))


def forced_urgency(case: Case) -> str:
    """The level that the case's ticked facts force (CLS-05); "" where they force none."""
    levels: list[str] = [c.level for c in case.policy.criteria if c.code in case.criteria]
    return max(levels, key=urgency_rank, default="")


def urgency_of(case: Case, wished: str = "") -> str:
    """The level of urgency: as chosen, else the kind's; never below what the case's ticked facts force (CLS-05)."""
    forced = forced_urgency(case)
    if not forced:
        return wished or case.policy.rule(case.kind.code).urgency
    return max(wished or forced, forced, key=urgency_rank)


def first_clocks(case: Case, cal: WorkingCalendar) -> list[CaseClock]:
    """The clocks that a registration starts, and the nearest due time on the case; both unsaved (SLA-01)."""
    starts = clocks.starts_of(case, clocks.Kind.ACKNOWLEDGEMENT, clocks.Kind.RESOLUTION)
    running = [clock for start in starts if (clock := clocks.build_clock(case, start, cal))]
    nearest = min(running, key=lambda clock: clock.first_due_at, default=None)
    if nearest:
        case.next_due_at, case.next_due_kind = nearest.first_due_at, nearest.kind
    return running


def opening_event(case: Case) -> dict[str, Any]:
    """What the history says of a registration: open values, and the personal ones to be sealed."""
    sealed = {f: (None, getattr(case, f)) for f in sorted(SEALED_FIELDS) if getattr(case, f)}
    return {
        "changes": {
            "number": (None, case.number),
            "kind": (None, case.kind.code),
            "channel": (None, case.channel.code),
            "urgency": (None, case.urgency),
            "received_at": (None, case.received_at.isoformat()),
            "profile_version": (None, str(case.profile_version)),
            "owner_id": (None, case.owner_id),
        },
        "sealed": sealed,
    }
