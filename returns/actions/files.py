"""Files of a return: photographs, the acceptance certificate, what an inspection found."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from audit.actor import Actor
from documents.models import File
from organization.models import User
from returns.actions.moves import Extra, finish, lock
from returns.models import ReturnSlip, SlipFile


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
