"""Registering feedback, contacts with the customer, completion, correction."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import InvalidInput
from cases import lifecycle, notices, readers
from cases.actions import clocks, files
from cases.actions.access import grant_access
from cases.actions.moves import SEALED_FIELDS, Extra, enter, finish, lock, moment, required, user_of, write_search
from cases.actions.recusal import replace_barred
from cases.lifecycle import MOVES, State
from cases.models import Case, Category, Channel, Contact, Kind, Recusal, Round
from cases.models.intake import Urgency
from cases.queries.people import duty_person
from cases.queries.suggestions import department_for, suggest_category
from customers.actions import NewCustomer, create_customer, give_consent
from customers.models import ConsentText, Customer
from customers.queries import find_for_contact
from documents.models import File
from organization import numbering
from organization.models import Department, Product, Site, User
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
    """What the hub decides about a record (CLS-01..07); None keeps what is there."""

    category: Category | None = None
    urgency: str = ""
    criteria: tuple[str, ...] = ()
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
    receiving_department: Department | None = None
    repeat_of: Case | None = None
    language: str = "zh-hans"
    files: tuple[File, ...] = ()
    consent: ConsentText | None = None
    submission_key: uuid.UUID | None = None
    quiet: bool = False
    import_name: str = ""
    import_key: str = ""
    origin: str = field(default="")


def open_case(intake: Intake, *, by: Actor) -> Case:
    """Register one piece of feedback (INT-02..05, INT-23).

    The same ``submission_key`` returns the case of the first submission. Raises ``InvalidInput``
    for what cannot be registered (INT-03): no text, a time in the future, late without a reason.
    """
    if intake.submission_key and (known := Case.objects.filter(submission_key=intake.submission_key).first()):
        return known
    try:
        return _register(intake, by=by)
    except IntegrityError:
        # The same submission arrived twice at once: the other one won, and its receipt is ours too.
        known = Case.objects.filter(submission_key=intake.submission_key).first() if intake.submission_key else None
        if known is None:
            raise
        return known


@transaction.atomic
def _register(intake: Intake, *, by: Actor) -> Case:
    now = timezone.now()
    case = _build(intake, by=by, now=now)
    case.number = numbering.next_number(SERIES, at=now)
    case.save(force_insert=True)
    if intake.accused.people:
        case.accused.set(intake.accused.people)
        Recusal.objects.bulk_create(
            Recusal(case=case, user=person, reason=_("Named by the reporter."), accused=True, by=user_of(by), at=now)
            for person in intake.accused.people
        )
        replace_barred(case)
    Round.objects.create(case=case, n=1, opened_at=case.received_at)
    _start_clocks(case)
    grant_access(case, at=now)
    files.attach(case, intake.files, by=by, at=now, from_customer=by.kind == "customer")
    if intake.consent:
        give_consent(intake.consent, thread=case.thread, channel=case.channel.code, at=now, customer=case.customer)
    _save_derived(case)
    record(case.thread, "open", by=by, at=now, **opening_event(case))
    if not intake.quiet:
        notices.case_opened(case)
    return case


def _build(intake: Intake, *, by: Actor, now: datetime) -> Case:
    _check(intake, now=now)
    first_asked = user_of(by) if by.kind in {"staff", "token"} else None
    category = intake.classification.category
    version = version_for(site=intake.accused.site, product=intake.goods.product)
    suggested = category or suggest_category(intake.text)
    owner = first_asked or duty_person()
    reporter, goods = intake.reporter, intake.goods
    case = Case(
        kind=intake.kind,
        channel=intake.channel,
        category=category,
        suggested_category=suggested,
        suggested_department=intake.suggested_department or department_for(version, suggested),
        severity=intake.classification.severity,
        priority=intake.classification.priority,
        criteria=list(intake.classification.criteria),
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
        customer=intake.customer or _customer(reporter, by=by, now=now),
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
        receiving_department=intake.receiving_department,
        owner=owner,
        owner_department=intake.receiving_department,
        repeat_of=intake.repeat_of,
        profile_version=version,
        submission_key=intake.submission_key,
        import_name=intake.import_name,
        import_key=intake.import_key,
    )
    case.urgency = urgency_of(case, intake.classification)
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
    return {"customer": "客户自助", "import": "导入"}.get(by.kind, by.label)[:60]


def _customer(reporter: Reporter, *, by: Actor, now: datetime) -> Customer | None:
    """The known customer who fits; staff who type a new name and number open a file for it."""
    found = find_for_contact(phone=reporter.phone, email=reporter.email, name=reporter.name)
    if found or by.kind != "staff" or not reporter.name or not (reporter.phone or reporter.email):
        return found
    return create_customer(NewCustomer(name=reporter.name, phone=reporter.phone, email=reporter.email), by=by, at=now)


def subject_of(text: str) -> str:
    """The first sentence of a text, shortened: a subject where nobody wrote one."""
    first = text.strip().splitlines()[0] if text.strip() else ""
    for stop in "。！？!?；;":
        first = first.split(stop)[0]
    first = first.strip() or " ".join(text.split())
    return first if len(first) <= SUBJECT_LENGTH else first[: SUBJECT_LENGTH - 1] + "…"


def urgency_of(case: Case, given: Classification) -> str:
    """The level of urgency: forced by ticked criteria (CLS-05), else as chosen, else the kind's."""
    levels = {c.level for c in case.policy.criteria if c.code in given.criteria}
    if Urgency.URGENT in levels:
        return Urgency.URGENT
    if given.urgency == Urgency.URGENT:
        return Urgency.URGENT
    if Urgency.IMPORTANT in levels:
        return Urgency.IMPORTANT
    return given.urgency or case.policy.rule(case.kind.code).urgency


def _start_clocks(case: Case) -> None:
    cal = clocks.calendar_of(case)
    starts = clocks.starts_of(case, clocks.Kind.ACKNOWLEDGEMENT, clocks.Kind.RESOLUTION)
    built = [clock for start in starts if (clock := clocks.build_clock(case, start, cal))]
    for clock in built:
        clock.save()
    nearest = min(built, key=lambda clock: clock.first_due_at, default=None)
    if nearest:
        case.next_due_at, case.next_due_kind = nearest.first_due_at, nearest.kind


def _save_derived(case: Case) -> None:
    case.readers, case.barred = readers.of_case(case)
    case.save(update_fields=["owner", "readers", "barred", "next_due_at", "next_due_kind"])
    write_search(case)


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


@dataclass(frozen=True)
class NewContact:
    """One contact with the customer (RES-16)."""

    direction: str
    channel: Channel
    text: str
    person: str = ""
    follow_up: str = ""
    minutes: int | None = None
    happened_at: datetime | None = None
    files: tuple[File, ...] = ()
    submission_key: uuid.UUID | None = None


@transaction.atomic
def record_contact(case: Case, contact: NewContact, *, by: Actor) -> Contact:
    """Keep a contact; one that came in is counted, so that the page can say 第 n 次来电 (RTE-08)."""
    if contact.submission_key and (known := Contact.objects.filter(submission_key=contact.submission_key).first()):
        return known
    required(contact.text, "text", _("Please write what was said."))
    case = lock(case)
    now = timezone.now()
    row = Contact.objects.create(
        case=case,
        direction=contact.direction,
        channel=contact.channel,
        person=contact.person,
        text=contact.text,
        follow_up=contact.follow_up,
        minutes=contact.minutes,
        happened_at=moment(contact.happened_at, now=now),
        recorded_at=now,
        by=user_of(by),
        by_label=by.label,
        submission_key=contact.submission_key,
    )
    if contact.direction == Contact.Direction.IN:
        case.contact_count += 1
    files.attach(case, contact.files, by=by, at=now, subject=f"contact:{row.pk}", from_customer=by.kind == "customer")
    write_search(case)
    finish(
        case,
        "record_contact",
        by=by,
        at=now,
        extra=Extra({"direction": (None, row.direction)}, {"text": (None, row.text)}),
    )
    if by.kind == "customer":
        notices.customer_wrote(case, row)
    return row


@transaction.atomic
def ask_completion(case: Case, *, by: Actor, missing: str) -> Case:
    """Put a case on hold because something is missing; the request to the customer is kept (INT-18)."""
    required(missing, "missing", _("Please say what the customer should tell us."))
    case = lock(case, "ask_completion")
    now = timezone.now()
    enter(case, MOVES["ask_completion"], at=now)
    finish(case, "ask_completion", by=by, at=now, extra=Extra(sealed={"missing": (None, missing)}))
    Contact.objects.create(
        case=case,
        direction=Contact.Direction.OUT,
        channel=case.channel,
        text=missing,
        happened_at=now,
        recorded_at=now,
        by=user_of(by),
        by_label=by.label,
    )
    notices.completion_asked(case, missing)
    return case


@transaction.atomic
def complete(case: Case, *, by: Actor) -> Case:
    """Return an incomplete case to the state that it left."""
    case = lock(case, "complete")
    now = timezone.now()
    enter(case, MOVES["complete"], at=now)
    finish(case, "complete", by=by, at=now)
    return case


def complete_if_filled(case: Case, *, by: Actor) -> Case:
    """After a supplement: an incomplete case goes back by itself when its required fields are filled."""
    case.refresh_from_db()
    if case.state != State.INCOMPLETE or missing_fields(case):
        return case
    case.expected_version = None
    return complete(case, by=by)


def missing_fields(case: Case) -> list[str]:
    """Fields that the profile requires of this kind and that are empty."""
    return [name for name in case.policy.rule(case.kind.code).required if not getattr(case, name, None)]


#: What may be corrected after registration; number, times, first-asked person and channel never.
CORRECTABLE = (
    "subject",
    "demand",
    "customer_deadline",
    "reporter_name",
    "reporter_organisation",
    "reporter_phone",
    "reporter_email",
    "contact_refused",
    "product",
    "product_text",
    "batch",
    "serial",
    "quantity",
    "order_number",
    "purchased_on",
    "shipped_on",
    "site",
    "accused_department",
    "salesperson",
    "stage",
    "customer",
)


@transaction.atomic
def correct(case: Case, values: dict[str, Any], *, by: Actor, reason: str) -> Case:
    """Correct typed fields; the old value stays in the history.

    Raises ``InvalidInput`` for a field that is not correctable, or without a reason. A new
    customer's date moves the resolution clock, and the old due time stays visible (A-08).
    """
    required(reason, "reason", _("Please say why this is corrected."))
    case = lock(case, sources=lifecycle.OPEN)
    unknown = set(values) - set(CORRECTABLE)
    if unknown:
        raise InvalidInput(sorted(unknown)[0], _("This field cannot be changed after registration."))
    now = timezone.now()
    deadline = case.customer_deadline
    for name, value in values.items():
        setattr(case, name, value)
    if not (case.has_contact or case.contact_refused):
        raise InvalidInput("contact", _("Please enter a telephone number or e-mail address, or tick “not given”."))
    if case.customer_deadline != deadline:
        clocks.recompute(case, at=now, why=clocks.Why.CUSTOMERS_DATE)
    finish(case, "correct", by=by, at=now, extra=Extra(sealed={"reason": (None, reason)}))
    return complete_if_filled(case, by=by) if case.state == State.INCOMPLETE else case


@transaction.atomic
def accuse(case: Case, people: tuple[User, ...], *, by: Actor, reason: str, accused: bool = True) -> Case:
    """Name persons who must recuse: the accused, or the conflicted; they lose the case at once (RTE-18)."""
    required(reason, "reason", _("Please say why this person must not take part."))
    case = lock(case)
    now = timezone.now()
    for person in people:
        Recusal.objects.get_or_create(
            case=case,
            user=person,
            lifted_at=None,
            defaults={"reason": reason, "accused": accused, "by": user_of(by), "at": now},
        )
    if accused:
        case.accused.add(*people)
    replace_barred(case)
    finish(
        case,
        "recuse",
        by=by,
        at=now,
        extra=Extra({"people": (None, sorted(p.pk for p in people))}, {"reason": (None, reason)}),
    )
    notices.people_barred(case, people)
    return case


def with_key(intake: Intake, key: uuid.UUID | None) -> Intake:
    """The same intake under a submission key."""
    return replace(intake, submission_key=key)
