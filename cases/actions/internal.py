"""Internal notes."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from cases.actions.moves import Extra, finish, lock, required, staff_of
from cases.lifecycle import State
from cases.models import Case, Note
from organization.models import Department

#: An archived case is filed: nothing about it changes any more.
NOT_FILED = frozenset(State) - {State.ARCHIVED}


@dataclass(frozen=True)
class NewNote:
    """A note among colleagues: who may read it, and what it says."""

    text: str
    audience: str = Note.Audience.CASE
    department: Department | None = None
    minutes: int | None = None


@transaction.atomic
def add_note(case: Case, note: NewNote, *, by: Actor) -> Note:
    """Write an internal note; the customer never sees it and search never finds it."""
    required(note.text, "text", _("Please write the note."))
    case = lock(case, sources=NOT_FILED)
    now = timezone.now()
    row = Note.objects.create(
        case=case,
        text=note.text,
        audience=note.audience,
        department=note.department,
        minutes=note.minutes,
        by=staff_of(by),
        at=now,
    )
    finish(case, "note", by=by, at=now, extra=Extra({"audience": (None, row.audience)}, {"note": (None, row.text)}))
    return row
