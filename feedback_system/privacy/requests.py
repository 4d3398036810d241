"""What somebody asks of his or her data: written down, identity checked, answered in time (PIPL 44 to 47, 50)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import Blocked, InvalidInput, InvalidMove
from cases.models import Case
from customers.actions.consent import withdraw_consent
from customers.models import Consent, Customer, CustomerType
from customers.rights import heads_the_files, is_general_manager
from feedback_system.models import PENDING, Ask, DataRequest, RequestState
from feedback_system.privacy import notices, restriction
from feedback_system.privacy.hindrances import of_a_person
from feedback_system.privacy.policy import retention
from feedback_system.privacy.subjects import subject_of_case, subject_of_customer, taken
from organization import working_time
from organization.models import User
from organization.queries import Identity, working_calendar
from organization.traces import Subject
from regulations.profiles import version_for

logger = logging.getLogger(__name__)

#: Before the last day the heads are reminded.
REMINDED_BEFORE = timedelta(days=1)
#: One person has at most so many requests waiting: the tracking page is open to everybody with a link.
MOST_PENDING = 5


@dataclass(frozen=True)
class Asked:
    """What is asked, in whose words, and how it reached us."""

    kind: str
    words: str = ""
    channel: str = ""
    identity: str = ""


def subject_of(row: DataRequest) -> Subject:
    """Whose data the request is about."""
    if row.customer is not None:
        return subject_of_customer(row.customer)
    assert row.case is not None  # noqa: S101 - a constraint of the table
    return subject_of_case(row.case)


@transaction.atomic
def open_request(asked: Asked, *, of: Customer | Case, by: Actor) -> DataRequest:
    """Write a request down; its clock begins now (by default 15 working days).

    Raises ``InvalidInput`` for what nobody can ask, and ``InvalidMove`` where the same waits already, too many wait,
    or nothing is left to ask about.
    """
    now = timezone.now()
    case = of if isinstance(of, Case) else None
    customer = of if isinstance(of, Customer) else of.customer
    if customer is not None and customer.type != CustomerType.PERSON and case is not None:
        customer = None  # one of an organisation's people: only what this case holds
    if asked.kind not in Ask.values:
        raise InvalidInput("kind", _("Please choose one of the offered values."))
    if asked.kind == Ask.CORRECT and not asked.words:
        raise InvalidInput("words", _("Please say what is wrong, and how it is right."))
    _check_subject(of)
    pending = list(DataRequest.objects.pending().select_for_update().filter(_same_person(customer, case)))
    if any(row.kind == asked.kind for row in pending):
        raise InvalidMove(_("The same is asked already, and waits for its answer."))
    if len(pending) >= MOST_PENDING:
        raise InvalidMove(_("Too many requests wait already. They are answered first."))
    staff = User.objects.filter(pk=by.id).first() if by.kind == "staff" and by.id else None
    row = DataRequest.objects.create(
        kind=asked.kind,
        customer=customer,
        case=case,
        words=asked.words,
        channel=asked.channel,
        identity=asked.identity,
        checked_by=staff if asked.identity else None,
        asked_at=now,
        due_at=_due(now),
        recorded_by=staff,
    )
    changes = {"request": (None, row.pk), "kind": (None, row.kind), "due_at": (None, row.due_at)}
    record(row.thread, "ask_about_data", by=by, at=now, changes=changes, sealed={"words": (None, row.words)})
    if staff is None:
        notices.request_made(row)
    return row


def _same_person(customer: Customer | None, case: Case | None) -> Q:
    return Q(customer=customer) if customer is not None else Q(case=case)


def _check_subject(of: Customer | Case) -> None:
    if taken(of).erased_at is not None:
        raise InvalidMove(_("The personal data were erased. There is nothing left to ask about."))
    if isinstance(of, Customer) and (reasons := of_a_person(Subject(frozenset({of.pk})))):
        raise Blocked(reasons)


def _due(now: datetime) -> datetime:
    version = version_for(site=None, product=None)
    calendar = working_calendar(version.times.calendar)
    return working_time.add_working_days(calendar, now, retention().answer_working_days)


@transaction.atomic
def check_identity(row: DataRequest, *, identity: str, by: User) -> DataRequest:
    """Write down how the person was recognised; nothing is given out or changed before."""
    if not identity:
        raise InvalidInput("identity", _("Please say how you made sure who asks."))
    found = locked(row, RequestState.OPEN)
    found.identity, found.checked_by = identity, by
    found.save(update_fields=["identity", "checked_by"])
    sealed = {"identity": (None, identity)}
    record(found.thread, "check_identity", by=Actor.staff(by), at=timezone.now(), sealed=sealed)
    return found


@transaction.atomic
def refuse_request(row: DataRequest, *, answer: str, by: User) -> DataRequest:
    """Refuse with the reason that the person is told (PIPL 50)."""
    if not answer:
        raise InvalidInput("answer", _("Please say why; the person is told."))
    return _answer(locked(row, RequestState.OPEN), RequestState.REFUSED, answer, by=by, at=timezone.now())


@transaction.atomic
def finish_request(row: DataRequest, *, answer: str, by: User) -> DataRequest:
    """Say that it was done and how: the copy handed over, the data corrected, the consent withdrawn, use restricted.

    A restriction and a withdrawal of all consents are carried out here. Raises ``InvalidMove`` for an erasure, which
    somebody else approves, and ``InvalidInput`` before somebody has made sure who asks.
    """
    found = locked(row, RequestState.OPEN)
    if found.kind == Ask.ERASE:
        raise InvalidMove(_("An erasure is approved first."))
    require_identity(found)
    if found.kind == Ask.RESTRICT:
        if found.customer is None:
            raise InvalidMove(_("The person is no customer in the file: link the case with one first."))
        restriction.restrict(found.customer, by=Actor.staff(by), reason=found.words)
    if found.kind == Ask.WITHDRAW:
        subject = subject_of(found)
        given = Consent.objects.filter(Q(customer__in=subject.customers) | Q(thread__in=subject.threads))
        for consent in given.standing(timezone.now()):
            withdraw_consent(consent, by=Actor.staff(by))
    return _answer(found, RequestState.DONE, answer, by=by, at=timezone.now())


def locked(row: DataRequest, *states: str) -> DataRequest:
    """The request as it is now, taken; raises ``InvalidMove`` where it is in none of these states any more."""
    rows = DataRequest.objects.select_for_update(of=("self",)).select_related("customer", "case", "approval")
    found = rows.get(pk=row.pk)
    if found.state not in states:
        raise InvalidMove(_("This was answered meanwhile. Please reload the page."))
    return found


def require_identity(row: DataRequest) -> None:
    """Nothing is given out or changed before somebody knows who asks."""
    if not row.identity:
        raise InvalidInput("identity", _("Please say first how you made sure who asks."))


def _answer(row: DataRequest, state: str, answer: str, *, by: User, at: datetime) -> DataRequest:
    row.state, row.answer, row.answered_by, row.answered_at = state, answer, by, at
    row.save(update_fields=["state", "answer", "answered_by", "answered_at"])
    verb = "answer_about_data" if state == RequestState.DONE else "refuse_about_data"
    changes = {"request": (None, row.pk), "kind": (None, row.kind)}
    record(row.thread, verb, by=Actor.staff(by), at=at, changes=changes, sealed={"answer": (None, answer)})
    return row


def requests_for(who: Identity, *, most: int = 8) -> list[DataRequest]:
    """What waits for this person: to be answered by the heads of the files, to be approved by the general manager."""
    states = [
        state
        for state, mine in (
            (RequestState.OPEN, heads_the_files(who) and not is_general_manager(who)),
            (RequestState.APPROVING, is_general_manager(who)),
        )
        if mine
    ]
    return list(DataRequest.objects.filter(state__in=states).select_related("customer")[:most]) if states else []


def due_soon(now: datetime) -> list[DataRequest]:
    """What must be answered within a day, or should have been."""
    rows = DataRequest.objects.filter(state__in=PENDING, due_at__lte=now + REMINDED_BEFORE)
    return list(rows.select_related("customer", "case")[:200])


def remind(now: datetime) -> int:
    """Remind the heads of what is due; the outbox keeps a second reminder of the same away."""
    rows = due_soon(now)
    with transaction.atomic():
        for row in rows:
            notices.request_due(row)
    return len(rows)
