"""Destroying what was kept long enough: what is due, the list, its approval, the act, the certificate (SEC-04, SEC-05).

Nothing is destroyed by the clock alone. Somebody makes a list, the general manager approves it, and what must be kept
by the time its turn comes is spared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import Blocked, InvalidMove
from cases.models import Case, Hold
from customers.actions.living import lock_customers
from customers.models import Communication, Customer, Holding, HoldingKind
from customers.queries.merging import parts_of
from feedback_system.models import PENDING, DataRequest, Destruction, DestructionState, LegalHold, Record
from feedback_system.privacy import notices
from feedback_system.privacy.erasure import erase
from feedback_system.privacy.policy import RetentionPart, retention
from feedback_system.privacy.rights import STEP
from feedback_system.privacy.subjects import with_words
from organization.models import User
from organization.numbering import next_number
from organization.traces import Subject
from regulations import approvals

#: One list is read by a person before it is approved; what is over goes onto the next.
LONGEST_LIST = 5000
#: So many records go in one transaction.
AT_ONCE = 50
SERIES = "destruction"


@dataclass(frozen=True)
class Due:
    """What of a type is over: how many may go, how many are kept and why."""

    record: Record
    days: int | None
    before: datetime | None
    count: int = 0
    held: int = 0

    @property
    def label(self) -> str:
        """The type in words."""
        return str(self.record.label)


def overview(now: datetime) -> list[Due]:
    """The dry run: for each type what a list would hold today."""
    rules = retention()
    return [_due(record, rules, now=now) for record in Record]


def _due(record: Record, rules: RetentionPart, *, now: datetime) -> Due:
    days = rules.of(record).days
    if days is None:
        return Due(record, None, None)
    before = now - timedelta(days=days)
    over, free = _over(record, before), _free(record, before, rules)
    count = free.count()
    return Due(record, days, before, count, over.count() - count)


def _over(record: Record, before: datetime) -> QuerySet[Case] | QuerySet[Communication] | QuerySet[Customer]:
    """Everything of a type that ended before a moment and was not erased yet."""
    return _OVER[record](before)


def _over_cases(before: datetime) -> QuerySet[Case]:
    return Case.objects.filter(closed_at__lt=before, erased_at=None)


def _over_communications(before: datetime) -> QuerySet[Communication]:
    return Communication.objects.filter(happened_at__lt=before, erased_at=None)


#: What without an end is not over: an order is, once it was delivered.
_UNDER_WAY = (HoldingKind.PRODUCT, HoldingKind.VEHICLE, HoldingKind.PROJECT, HoldingKind.CONTRACT)


def _over_customers(before: datetime) -> QuerySet[Customer]:
    """Nobody heard or changed anything of them since: no case is left, no talk, nothing under warranty."""
    cases = Case.objects.filter(customer=OuterRef("pk"), erased_at=None)
    days = retention().communications.days
    talks = Communication.objects.filter(customer=OuterRef("pk"), erased_at=None)
    if days is not None:  # the longer of both times wins (SEC-04); without an end every talk keeps its customer
        talks = talks.filter(happened_at__gte=min(before, timezone.now() - timedelta(days=days)))
    held = Holding.objects.there().filter(
        Q(ends_on=None) | Q(ends_on__gte=before.date()), customer=OuterRef("pk"), kind__in=_UNDER_WAY
    )
    people = Customer.objects.filter(organisation=OuterRef("pk"), erased_at=None)
    quiet = Q(file_updated_at__lt=before) | Q(file_updated_at=None, created_at__lt=before)
    rows = Customer.objects.filter(quiet, erased_at=None, merged_into=None)
    return rows.exclude(Exists(cases)).exclude(Exists(talks)).exclude(Exists(held)).exclude(Exists(people))


_OVER: dict[Record, Callable[[datetime], QuerySet[Case] | QuerySet[Communication] | QuerySet[Customer]]] = {
    Record.CASES: _over_cases,
    Record.COMMUNICATIONS: _over_communications,
    Record.CUSTOMERS: _over_customers,
}


def _free(
    record: Record, before: datetime, rules: RetentionPart
) -> QuerySet[Case] | QuerySet[Communication] | QuerySet[Customer]:
    """Of these, what nothing asks to keep: no legal hold, no request that waits, no accident, nothing unfinished."""
    if record == Record.CASES:
        return _free_cases(before, rules)
    customer = OuterRef("customer") if record == Record.COMMUNICATIONS else OuterRef("pk")
    holds = LegalHold.objects.filter(customer=customer, lifted_at=None)
    asked = DataRequest.objects.filter(customer=customer, state__in=PENDING)
    rows = _over(record, before).exclude(Exists(holds)).exclude(Exists(asked))
    if record == Record.COMMUNICATIONS:
        rows = rows.exclude(~Q(follow_up="") & Q(followed_up_at=None))
    return rows


def _free_cases(before: datetime, rules: RetentionPart) -> QuerySet[Case]:
    own = Q(case=OuterRef("pk")) | Q(customer=OuterRef("customer"), customer__isnull=False)
    holds = LegalHold.objects.filter(own, lifted_at=None)
    asked = DataRequest.objects.filter(own, state__in=PENDING)
    unfinished = Hold.objects.filter(case=OuterRef("pk"), released_at=None)
    kept = Hold.objects.filter(case=OuterRef("pk"), kind__in=rules.kept_holds)
    rows = _over_cases(before).exclude(kind__code__in=rules.kept_kinds)
    for reason in (holds, asked, unfinished, kept):
        rows = rows.exclude(Exists(reason))
    return rows


@transaction.atomic
def list_due(what: Record, *, by: User) -> Destruction:
    """Make the list of what is due and ask the general manager to approve it.

    Raises ``InvalidMove`` when nothing is due, or a list of this type waits already.
    """
    now = timezone.now()
    rules = retention()
    days = rules.of(what).days
    before = now - timedelta(days=days) if days else None
    rows = _free(what, before, rules) if before else Case.objects.none()
    keys = list(rows.order_by("pk").values_list("pk", flat=True)[:LONGEST_LIST])
    if not keys or before is None:
        raise InvalidMove(_("Nothing is due."))
    number = next_number(SERIES, at=now)
    try:
        with transaction.atomic():
            row = Destruction.objects.create(
                number=number, type=what, ended_before=before, keys=keys, listed_by=by, listed_at=now
            )
    except IntegrityError as error:
        raise InvalidMove(_("A list of this type waits already. It is decided first.")) from error
    reason = _("%(count)d records: %(what)s") % {"count": len(keys), "what": what.label}
    question = approvals.Question(_thread(row), SERIES, (STEP,), reason)
    row.approval = approvals.ask(question, by=Actor.staff(by), at=now)
    row.save(update_fields=["approval"])
    changes = {"type": (None, what), "records": (None, len(keys)), "ended_before": (None, before)}
    record(_thread(row), "list_due", by=Actor.staff(by), at=now, changes=changes)
    notices.destruction_asked(row, by=by)
    return row


@transaction.atomic
def decide_destruction(row: Destruction, *, granted: bool, opinion: str, by: User) -> Destruction:
    """Approve or refuse a list; an approved one is carried out by ``carry_on``."""
    now = timezone.now()
    found = _locked(row, DestructionState.LISTED)
    assert found.approval is not None  # noqa: S101 - set by list_due
    approvals.decide(found.approval, by=by, at=now, granted=granted, opinion=opinion)
    found.state = DestructionState.APPROVED if granted else DestructionState.REFUSED
    found.save(update_fields=["state"])
    verb = "approve_destruction" if granted else "refuse_destruction"
    record(_thread(found), verb, by=Actor.staff(by), at=now, sealed={"opinion": (None, opinion)})
    return found


def approved() -> list[int]:
    """Keys of lists that were approved and are not done."""
    return list(Destruction.objects.filter(state=DestructionState.APPROVED).order_by("pk").values_list("pk", flat=True))


def carry_on(pk: int) -> bool:
    """Destroy the next records of a list; True when it is done. What must be kept now is spared.

    The place in the list moves in the same transaction: whatever ends it, the next run goes on there.
    """
    with transaction.atomic():
        rows = Destruction.objects.select_for_update(of=("self",)).select_related("approval", "listed_by")
        row = rows.get(pk=pk)
        if row.state != DestructionState.APPROVED:
            return True
        keys = row.keys[row.position : row.position + AT_ONCE]
        gone = _destroy(row, keys)
        row.position += len(keys)
        row.spared = [*row.spared, *(key for key in keys if key not in gone)]
        if row.position >= len(row.keys):
            _finish(row)
        row.save(update_fields=["position", "spared", "rows", "state", "finished_at"])
        return row.state != DestructionState.APPROVED


def _destroy(row: Destruction, keys: list[int]) -> set[int]:
    """Destroy those of the keys that are free now, under the rules of today where they are longer; which they were."""
    rules, what = retention(), Record(row.type)
    days = rules.of(what).days
    if days is None:
        return set()
    _take(what, keys)
    before = min(row.ended_before, timezone.now() - timedelta(days=days))
    free = set(_free(what, before, rules).filter(pk__in=keys).values_list("pk", flat=True))
    try:
        with transaction.atomic():
            return _erased(row, free) if free else set()
    except Blocked:  # one of them must be kept: then one by one
        return {key for key in sorted(free) if _alone(row, key)}


def _take(what: Record, keys: list[int]) -> None:
    """The rows, taken before they are judged: what comes meanwhile waits, or is seen."""
    if what == Record.CASES:
        list(Case.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk").values_list("pk"))
    elif what == Record.CUSTOMERS:
        lock_customers(keys)


def _alone(row: Destruction, key: int) -> bool:
    try:
        with transaction.atomic():
            return bool(_erased(row, {key}))
    except Blocked:
        return False


def _erased(row: Destruction, keys: set[int]) -> set[int]:
    if row.type == Record.COMMUNICATIONS:
        subject = Subject(communications=frozenset(keys))
    elif row.type == Record.CASES:
        subject = Subject(cases=frozenset(keys))
    else:
        parts = {pk for customer in Customer.objects.filter(pk__in=keys) for pk in parts_of(customer)}
        subject = Subject(customers=frozenset(keys | parts))
    proof = erase(with_words(subject), by=Actor.system(f"destruction {row.number}"))
    for place, count in proof.rows.items():
        row.rows[place] = row.rows.get(place, 0) + count
    return keys


def _finish(row: Destruction) -> None:
    now = timezone.now()
    row.state, row.finished_at = DestructionState.DONE, now
    changes = {"destroyed": (None, row.destroyed), "spared": (None, len(row.spared))}
    record(_thread(row), "destroy", by=Actor.system("retention"), at=now, changes=changes)
    notices.destruction_done(row)


def _thread(row: Destruction) -> str:
    return f"destruction:{row.pk}"


def _locked(row: Destruction, *states: str) -> Destruction:
    found = Destruction.objects.select_for_update(of=("self",)).select_related("approval").get(pk=row.pk)
    if found.state not in states:
        raise InvalidMove(_("This was answered meanwhile. Please reload the page."))
    return found


@dataclass(frozen=True)
class Line:
    """One record of a list, as the approver reads it: no words of the person, who has not been asked for a purpose."""

    key: int
    number: str
    ended_on: date | None
    is_spared: bool


def lines_of(row: Destruction, *, start: int, size: int) -> list[Line]:
    """A page of the list, in its order."""
    keys = row.keys[start : start + size]
    spared = set(row.spared)
    facts: dict[int, tuple[str, datetime | None]]
    if row.type == Record.CASES:
        facts = {pk: (n, at) for pk, n, at in Case.objects.filter(pk__in=keys).values_list("pk", "number", "closed_at")}
    elif row.type == Record.COMMUNICATIONS:
        talks = Communication.objects.filter(pk__in=keys).values_list("pk", "customer", "happened_at")
        facts = {pk: (f"{customer}/{pk}", at) for pk, customer, at in talks}
    else:
        people = Customer.objects.filter(pk__in=keys).values_list("pk", "file_updated_at", "created_at")
        facts = {pk: (str(pk), updated or created) for pk, updated, created in people}
    found = [(key, *facts.get(key, ("", None))) for key in keys]
    return [Line(key, number, at and timezone.localdate(at), key in spared) for key, number, at in found]
