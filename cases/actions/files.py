"""Attaching stored files to a case."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from audit.actor import Actor
from cases.actions.moves import Extra, finish, lock, user_of
from cases.lifecycle import State
from cases.models import Case, CaseFile
from documents.models import File


def attach(
    case: Case, stored: Iterable[File], *, by: Actor, at: datetime, subject: str = "", from_customer: bool = False
) -> None:
    """Link stored files to a case, inside the action that brought them."""
    CaseFile.objects.bulk_create(
        CaseFile(case=case, file=file, subject=subject, by=user_of(by), at=at, from_customer=from_customer)
        for file in stored
    )


@transaction.atomic
def attach_files(case: Case, stored: tuple[File, ...], *, by: Actor, original: bool = False, kept_at: str = "") -> Case:
    """Add evidence later (INT-11): marked original or copy, with the place where the paper is kept."""
    case = lock(case, sources=frozenset(State) - {State.ARCHIVED})
    now = timezone.now()
    attach(case, stored, by=by, at=now)
    if original or kept_at:
        CaseFile.objects.filter(case=case, file__in=stored).update(is_original=original, original_kept_at=kept_at)
    return finish(case, "attach", by=by, at=now, extra=Extra({"files": (None, [file.sha256 for file in stored])}))
