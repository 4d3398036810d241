"""What is added to a return at any time: files, and letters, calls and visits about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.exceptions import InvalidInput
from cases.actions.moves import Extra, moment
from cases.models import Channel
from documents.models import File
from organization.models import User
from returns.actions.moves import finish, lock, person_of
from returns.models import ReturnSlip, SlipContact, SlipFile


def attach(
    slip: ReturnSlip,
    stored: Iterable[File],
    *,
    by: Actor,
    at: datetime,
    certificate: bool = False,
    from_customer: bool = False,
) -> None:
    """Link stored files to a return, inside the action that brought them."""
    subject = SlipFile.CERTIFICATE if certificate else ""
    user = User.objects.filter(pk=by.id).first() if by.id else None
    SlipFile.objects.bulk_create(
        SlipFile(slip=slip, file=file, subject=subject, by=user, at=at, from_customer=from_customer) for file in stored
    )


@transaction.atomic
def attach_files(slip: ReturnSlip, stored: tuple[File, ...], *, by: Actor, certificate: bool = False) -> ReturnSlip:
    """Add photographs or papers later; the acceptance certificate is named as what it is (RET-18)."""
    slip = lock(slip)
    now = timezone.now()
    attach(slip, stored, by=by, at=now, certificate=certificate)
    return finish(slip, "attach", by=by, at=now, extra=Extra({"files": (None, [file.sha256 for file in stored])}))


@dataclass(frozen=True)
class Heard:
    """A letter, call or visit about a return."""

    direction: str
    channel: Channel
    text: str
    happened_at: datetime | None = None


@transaction.atomic
def record_contact(slip: ReturnSlip, heard: Heard, *, by: Actor) -> SlipContact:
    """Number and register what was said or written about the return, and archive it with it (RET-02)."""
    if not heard.text.strip():
        raise InvalidInput("text", _("Please write what was said."))
    slip = lock(slip)
    now = timezone.now()
    at = moment(heard.happened_at, now=now)
    last = SlipContact.objects.filter(slip=slip).aggregate(n=Max("n"))["n"] or 0
    row = SlipContact.objects.create(
        slip=slip, n=last + 1, direction=heard.direction, channel=heard.channel, text=heard.text, happened_at=at,
        recorded_at=now, by=person_of(by),
    )  # fmt: skip
    changes = {"contact": (None, row.n), "direction": (None, heard.direction), "channel": (None, heard.channel.code)}
    finish(slip, "record_contact", by=by, at=now, extra=Extra(changes, {"text": (None, heard.text)}))
    return row
