"""Writing down what was talked about with a customer, and following it up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import InvalidInput, InvalidMove, StaleRecord
from customers import notices
from customers.actions.living import lock_living, was_merged
from customers.models import Communication, CommunicationKind, Customer
from organization import bounds, stale
from organization.models import User
from organization.queries import identity_of

_TEXTS = ("place", "persons_met", "content", "opinions", "handling", "result", "follow_up")
_OPEN = ("kind", "happened_at", "visitors", "follow_up_by", "follow_up_on")


@dataclass(frozen=True)
class FollowUp:
    """What is to be done after it, by whom and until when."""

    what: str
    by: User
    on: date


@dataclass(frozen=True)
class Talk:
    """One visit, call, letter, meeting or event; clean values."""

    kind: str
    happened_at: datetime
    content: str
    place: str = ""
    persons_met: str = ""
    visitors: tuple[User, ...] = ()
    opinions: str = ""
    handling: str = ""
    result: str = ""
    follow_up: FollowUp | None = None


@transaction.atomic
def record_communication(customer: Customer, talk: Talk, *, by: Actor) -> Communication:
    """Write a visit or talk down (CUS-11, CUS-15), and tell who has something to follow up.

    Raises ``InvalidInput`` for what cannot be: nothing said, a time in the future.
    """
    now = timezone.now()
    customer = lock_living(customer)
    _check(customer, talk, now=now)
    person = User.objects.get(pk=by.id or 0)  # nobody but a person talks with customers
    row = Communication(customer=customer, recorded_by=person, recorded_at=now)
    _write(row, talk)
    _note(row, "record_communication", {}, communication_facts(row), by=by, at=now)
    if row.follow_up_by_id not in {None, by.id}:
        notices.follow_up_given(row)
    return row


@transaction.atomic
def correct_communication(row: Communication, talk: Talk, *, by: Actor, base: str = "") -> Communication:
    """Correct a record, the old values kept in the history. Raises ``StaleRecord``, ``InvalidInput``."""
    now = timezone.now()
    found = _locked(row)
    before, person = communication_facts(found), found.follow_up_by_id
    stale.require_fresh(before, base)
    _check(found.customer, talk, now=now)
    found.version += 1
    if found.follow_up != (talk.follow_up.what if talk.follow_up else ""):  # something else is owed now, or nothing
        found.followed_up_at, found.followed_up_note = None, ""
    _write(found, talk)
    _note(found, "correct_communication", before, communication_facts(found), by=by, at=now)
    if found.is_owed and found.follow_up_by_id not in {None, by.id, person}:
        notices.follow_up_given(found)
    return found


@transaction.atomic
def finish_follow_up(row: Communication, *, note: str, by: Actor, expected_version: int | None = None) -> Communication:
    """What was to be followed up is done.

    Raises ``InvalidMove`` when nothing is open, ``InvalidInput`` without words, ``StaleRecord`` where somebody reworded
    it since the page with ``expected_version`` was made.
    """
    found = Communication.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if expected_version is not None and found.version != expected_version:
        raise StaleRecord
    if not found.is_owed:
        raise InvalidMove(_("Nothing is left to follow up here."))
    if not note:
        raise InvalidInput("note", _("Please say what was done."))
    now = timezone.now()
    found.followed_up_at, found.followed_up_note, found.version = now, note, found.version + 1
    found.save(update_fields=["followed_up_at", "followed_up_note", "version"])
    changes = {"communication": (None, found.pk)}
    sealed = {"note": (None, note)}
    record(found.customer.thread, "finish_follow_up", by=by, at=now, changes=changes, sealed=sealed)
    return found


def _locked(row: Communication) -> Communication:
    """The record under its customer, both taken; raises ``InvalidMove`` where it moved to another one meanwhile."""
    lock_living(row.customer)
    found = Communication.objects.select_for_update(of=("self",)).select_related("customer").get(pk=row.pk)
    if found.customer_id != row.customer_id:
        raise InvalidMove(was_merged(row.customer, found.customer))
    return found


def communication_facts(row: Communication) -> dict[str, object]:
    """All that its page changes."""
    facts: dict[str, object] = {name: getattr(row, name) for name in _TEXTS}
    return facts | {
        "kind": str(row.kind),
        "happened_at": row.happened_at.isoformat(),
        "visitors": sorted(row.visitors.values_list("pk", flat=True)),
        "follow_up_by": row.follow_up_by_id,
        "follow_up_on": row.follow_up_on and row.follow_up_on.isoformat(),
    }


def _write(row: Communication, talk: Talk) -> None:
    for name in ("kind", "happened_at", "content", "place", "persons_met", "opinions", "handling", "result"):
        setattr(row, name, getattr(talk, name))
    follow_up = talk.follow_up
    row.follow_up = follow_up.what if follow_up else ""
    row.follow_up_by, row.follow_up_on = (follow_up.by, follow_up.on) if follow_up else (None, None)
    row.save()
    row.visitors.set(talk.visitors)


def _check(customer: Customer, talk: Talk, *, now: datetime) -> None:
    if talk.kind not in CommunicationKind.values:
        raise InvalidInput("kind", _("Please choose one of the offered values."))
    if not talk.content:
        raise InvalidInput("content", _("Please write what was talked about."))
    if talk.happened_at > now or not bounds.is_time(talk.happened_at):
        raise InvalidInput("happened_at", _("This lies in the future. Write it down when it has happened."))
    if talk.follow_up and not talk.follow_up.what:
        raise InvalidInput("follow_up", _("Please say what is to be followed up."))
    if talk.follow_up and not Customer.objects.clear_to(identity_of(talk.follow_up.by)).filter(pk=customer.pk).exists():
        raise InvalidInput("follow_up_by", _("This colleague may not read it. Please choose one who serves customers."))


def _note(
    row: Communication, verb: str, before: dict[str, object], after: dict[str, object], *, by: Actor, at: datetime
) -> None:
    changed = [name for name in after if (before.get(name) or "") != (after[name] or "")]
    if not changed:
        return
    changes = {name: (before.get(name), after[name]) for name in changed if name in _OPEN}
    sealed = {name: (before.get(name), after[name]) for name in changed if name in _TEXTS}
    Customer.objects.filter(pk=row.customer_id).update(file_updated_at=at)
    record(
        row.customer.thread,
        verb,
        by=by,
        at=at,
        changes=changes | {"communication": (None, row.pk)},
        sealed=sealed,
    )
