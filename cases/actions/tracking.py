"""What a customer does with an open case: open it, add to it, judge the answer, ask for somebody higher."""

from __future__ import annotations

import hmac
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.exceptions import InvalidMove
from cases.actions import closure
from cases.actions.contacts import NewContact, record_contact
from cases.actions.correction import complete_if_filled
from cases.actions.public import Upload, store_uploads
from cases.actions.reply import CustomerOpinion, record_opinion
from cases.lifecycle import State
from cases.models import Case, Channel, Contact, Escalation, Opinion
from cases.queries import tracking
from cases.secrets import CODE_LENGTH, digest
from organization import limits
from organization import text as texts

_NUMBER = re.compile(r"(\d{4})\D?(\d{1,9})")
TAIL = 4


@dataclass(frozen=True)
class Opened:
    """A case that somebody proved to know: in full, or its stage and date only."""

    case: Case
    full: bool


def open_by_link(token: str, *, sender: str) -> Case | None:
    """The case that a tracking link opens; None for a wrong one, which counts against the limits.

    A right link is never limited: 256 bits are not guessed, and its holder must get in while others guess.
    """
    case = tracking.case_of_link(digest(token))
    if case is None:
        limits.take("track_address", sender)
        limits.take("track_failed_all")
    return case


def open_by_number(number: str, secret: str, *, sender: str) -> Opened | None:
    """The case of a number and its access code (in full) or the last four digits of the telephone (its stage).

    None for whatever does not fit: a wrong, a foreign and an absent number are told alike and cost the same work.
    Raises ``TooMany`` over a limit. A try is counted before it is looked at and given back when it was right, so that
    a parallel burst has no more tries than the limit.
    """
    number = plain_number(number)
    with _counted(sender, number) as count:
        opened = _compare(tracking.candidate(number), plain_secret(secret))
        count.right = opened is not None
    return opened


def _compare(with_: tracking.Candidate, secret: str) -> Opened | None:
    code = hmac.compare_digest(digest(secret), with_.code_hash)
    tail = hmac.compare_digest(secret.encode(), with_.tail.encode())
    if with_.case is None or not (code or tail):
        return None
    return Opened(with_.case, full=code)


@dataclass
class _Count:
    right: bool = False


@contextmanager
def _counted(sender: str, number: str) -> Iterator[_Count]:
    taken = [("track_address", sender), ("track_failed_all", ""), ("track_case", number)]
    for limit, subject in taken:
        limits.take(limit, subject)
    count = _Count()
    yield count
    if count.right:
        for limit, subject in taken:
            limits.give_back(limit, subject)


def plain_number(typed: str) -> str:
    """A number as it is stored, from however it was typed: 2026000123, ２０２６－０００１２３, 2026-123."""
    found = _NUMBER.search(texts.fold(typed).replace(" ", ""))
    return f"{found[1]}-{int(found[2]):06d}" if found else ""


def plain_secret(typed: str) -> str:
    """A code or the digits of a telephone as they are compared: half width, large letters, nothing between."""
    plain = re.sub(r"[^A-Z0-9]", "", texts.fold(typed).upper())
    return plain if len(plain) in {CODE_LENGTH, TAIL} else ""


@dataclass(frozen=True)
class Supplement:
    """What a customer adds."""

    text: str
    submission_key: uuid.UUID
    uploads: tuple[Upload, ...] = ()


@dataclass(frozen=True)
class Added:
    """The contact that a supplement became; ``lost`` names the files for which the disk had no space."""

    contact: Contact
    lost: tuple[str, ...] = ()


def add_supplement(case: Case, supplement: Supplement, *, by: Actor, sender: str) -> Added:
    """Add text and files to a case as its customer; an incomplete case goes on by itself (INT-18).

    The same key is added once. Raises ``TooMany`` over the limit of what one sender may send in.
    """
    if not Contact.objects.filter(submission_key=_own_key(case, supplement.submission_key)).exists():
        limits.take("public_submit_address", sender)
    return _add(case, supplement, by=by)


@transaction.atomic
def _add(case: Case, supplement: Supplement, *, by: Actor) -> Added:
    row = Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
    key = _own_key(row, supplement.submission_key)
    if known := Contact.objects.filter(submission_key=key).first():
        return Added(known)
    stored, lost = store_uploads(supplement.uploads, by=by)
    contact = record_contact(
        row,
        NewContact(
            direction=Contact.Direction.IN,
            channel=Channel.objects.get(code="web_form"),
            text=supplement.text,
            files=stored,
            submission_key=key,
        ),
        by=by,
    )
    complete_if_filled(row, by=by)
    return Added(contact, lost)


def _own_key(case: Case, key: uuid.UUID) -> uuid.UUID:
    """A page's key as it is stored: it can meet only keys of the same case."""
    return uuid.uuid5(key, case.number)


@transaction.atomic
def give_opinion(case: Case, *, by: Actor, satisfied: bool, remark: str, key: uuid.UUID) -> Opinion:
    """Say whether the answer settled it (RES-07): once for each answer; the same key is the same opinion."""
    row = Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
    own = _own_key(row, key)
    if known := Opinion.objects.filter(submission_key=own).first():
        return known
    if row.state not in {State.REPLIED, State.AWAITING_OPINION}:
        raise InvalidMove(_("There is no answer to judge at present. Please look at the stage above."))
    if tracking.last_opinion(row) is not None:
        raise InvalidMove(_("You have told us your opinion of this answer already. Thank you."))
    opinion = CustomerOpinion(satisfied=satisfied, way="link", remark=remark, submission_key=own)
    return record_opinion(row, opinion, by=by)


@transaction.atomic
def demand_higher_level(case: Case, *, by: Actor, demand: str) -> Escalation:
    """Ask for somebody senior after an answer that did not settle it (RTE-23); the same words twice are one demand."""
    row = Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
    waiting = Escalation.objects.filter(
        case=row, answered_at__isnull=True, asked_by__isnull=True, demand=demand
    ).first()
    if waiting:
        return waiting
    opinion = tracking.last_opinion(row)
    if opinion is None or opinion.satisfied:
        raise InvalidMove(_("Please tell us first, below the answer, that it is not solved yet."))
    return closure.escalate(row, by=by, demand=demand)
