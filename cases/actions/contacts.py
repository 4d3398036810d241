"""Contacts with the customer after the case was registered."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from cases import notices
from cases.actions import files
from cases.actions.moves import Extra, finish, lock, moment, required, user_of, write_search
from cases.models import Case, Channel, Contact
from documents.models import File


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
    if contact.submission_key and (known := Contact.objects.filter(submission_key=contact.submission_key).first()):
        return known  # the same was sent twice at once, and the other one had the lock first
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
