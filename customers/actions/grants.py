"""Reading a whole file: asking, allowing, taking back (CUS-18)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record, record_reading
from audit.actor import Actor
from audit.exceptions import InvalidInput, InvalidMove
from customers import notices
from customers.actions.living import lock_living
from customers.models import Customer, FileGrant
from organization.models import Role, User
from regulations import approvals

#: Who may read is asked again at least once a year.
LONGEST = timedelta(days=366)
READ_FILE = "read_file"
STEP = "grant_file"


@dataclass(frozen=True)
class Period:
    """From when until when; the end does not belong to it."""

    starts_at: datetime
    ends_at: datetime


@transaction.atomic
def ask_to_read(customer: Customer, person: User, *, purpose: str, period: Period) -> FileGrant:
    """Ask the general manager to read a file, for a purpose and a period.

    Raises ``InvalidInput``, and ``InvalidMove`` where the same is waiting already.
    """
    now = timezone.now()
    customer = lock_living(customer)  # two clicks at once take turns
    _check(person, purpose, period, now=now)
    by = Actor.staff(person)
    question = approvals.Question(customer.thread, f"{READ_FILE}:{person.pk}", (STEP,), purpose, customer.name[:40])
    approval = approvals.ask(question, by=by, at=now)
    grant = FileGrant.objects.create(
        customer=customer, person=person, purpose=purpose, **asdict(period), approval=approval
    )
    record(customer.thread, "ask_to_read", by=by, at=now, changes=_changes(grant), sealed={"purpose": (None, purpose)})
    notices.reading_asked(grant)
    return grant


@transaction.atomic
def decide_request(grant: FileGrant, *, by: User, granted: bool, opinion: str = "") -> FileGrant:
    """Let somebody read what was asked for, or refuse it with a reason. Raises ``InvalidMove`` once it is decided."""
    if grant.approval is None:
        raise InvalidMove(_("This was decided already."))
    now = timezone.now()
    row = FileGrant.objects.select_for_update(of=("self",)).select_related("customer", "person").get(pk=grant.pk)
    approvals.decide(grant.approval, by=by, at=now, granted=granted, opinion=opinion)
    if granted:
        if row.ends_at <= now:
            raise InvalidMove(_("The period that was asked for is over. Refuse it; it can be asked for again."))
        row.granted_by, row.granted_at = by, now
        row.save(update_fields=["granted_by", "granted_at"])
    verb = "allow_reading" if granted else "refuse_reading"
    record(_thread(row), verb, by=Actor.staff(by), at=now, changes=_changes(row), sealed={"opinion": (None, opinion)})
    notices.reading_decided(row, granted=granted, opinion=opinion)
    return row


@transaction.atomic
def give_grant(customer: Customer | None, person: User, *, purpose: str, period: Period, by: User) -> FileGrant:
    """Let somebody read a file, or with None all files, without having been asked."""
    now = timezone.now()
    customer = customer and lock_living(customer)
    if person.pk == by.pk:
        raise InvalidInput("person", _("Nobody allows it to himself. Ask, and somebody else decides."))
    _check(person, purpose, period, now=now)
    row = FileGrant.objects.create(
        customer=customer, person=person, purpose=purpose, **asdict(period), granted_by=by, granted_at=now
    )
    sealed = {"purpose": (None, purpose)}
    record(_thread(row), "allow_reading", by=Actor.staff(by), at=now, changes=_changes(row), sealed=sealed)
    notices.reading_decided(row, granted=True, opinion="")
    return row


@transaction.atomic
def revoke_grant(grant: FileGrant, *, by: User) -> FileGrant:
    """Take the permission back at once; twice changes nothing."""
    now = timezone.now()
    row = FileGrant.objects.select_for_update(of=("self",)).get(pk=grant.pk)
    if row.granted_at is None:
        raise InvalidMove(_("This was never allowed."))
    if row.revoked_at is None:
        row.revoked_by, row.revoked_at = by, now
        row.save(update_fields=["revoked_by", "revoked_at"])
        record(_thread(row), "revoke_reading", by=Actor.staff(by), at=now, changes=_changes(row))
    return row


def note_reading(customer: Customer, *, by: Actor, purpose: str, right: str) -> None:
    """Write down who read the whole file, by what right and what for (SEC-02, F67); raises without a purpose."""
    if not purpose:
        raise InvalidInput("purpose", _("Please say what you read the file for."))
    record_reading(customer.thread, f"file:{right}", by=by, at=timezone.now(), reason=purpose)


def _thread(grant: FileGrant) -> str:
    return grant.customer.thread if grant.customer else "customers"


def _changes(grant: FileGrant) -> dict[str, tuple[object, object]]:
    return {
        "person": (None, grant.person_id),
        "starts_at": (None, grant.starts_at.isoformat()),
        "ends_at": (None, grant.ends_at.isoformat()),
    }


def _check(person: User, purpose: str, period: Period, *, now: datetime) -> None:
    if not purpose:
        raise InvalidInput("purpose", _("Please say what you read the file for."))
    if not person.is_active or person.role in {Role.ADMINISTRATOR, Role.AUDITOR}:
        raise InvalidInput("person", _("Administrators and auditors read no customer files. Please choose another."))
    if period.ends_at <= max(now, period.starts_at):
        raise InvalidInput("until", _("The last day must not lie before the first, nor in the past."))
    if period.ends_at - period.starts_at > LONGEST:
        raise InvalidInput("until", _("At most a year. After that it is asked for again."))
