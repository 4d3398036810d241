"""The account book as a file: asked for, written in the background, taken once it is there (F42, SEC-13)."""

from __future__ import annotations

import logging
import tempfile
from datetime import timedelta
from pathlib import Path

from django.core.files.base import File as Content
from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import InvalidInput
from customers.rights import serves
from documents.actions import store_upload
from documents.limits import made_limits
from documents.sheets import Sheet, Stamp, write_xlsx
from organization import numbering
from organization.models import User
from organization.queries import identity_of
from returns import notices
from returns.models import BookExport
from returns.queries.book import Wanted, columns, rows_for_sheet

logger = logging.getLogger(__name__)
State = BookExport.State
#: A claimed export is left alone for so long; a worker that died with it is followed by the next one.
LEASE = timedelta(minutes=10)
MOST_ATTEMPTS = 3


@transaction.atomic
def ask_for_book(user: User, wanted: Wanted, *, purpose: str, by: Actor) -> BookExport:
    """Ask for the book as XLSX; the file comes when it is written. Raises ``InvalidInput`` without a purpose."""
    if not purpose.strip():
        raise InvalidInput("purpose", _("Please say what the list is for."))
    now = timezone.now()
    row = BookExport.objects.create(
        number=f"EX{numbering.next_number('return-book', at=now)}", by=user, asked_at=now, purpose=purpose,
        wanted=wanted.as_json(),
    )  # fmt: skip
    record("returns", "export", by=by, at=now, changes={"number": (None, row.number)}, sealed={
        "purpose": (None, purpose), "wanted": (None, wanted.as_json()),
    })  # fmt: skip
    return row


def pending() -> list[int]:
    """Exports whose task was lost, the oldest first."""
    now = timezone.now()
    lost = Q(state=State.WAITING, asked_at__lt=now - timedelta(minutes=1)) | Q(
        state=State.RUNNING, claimed_at__lt=now - LEASE
    )
    return list(BookExport.objects.filter(lost).order_by("id").values_list("pk", flat=True)[:20])


def write_book(pk: int) -> BookExport | None:
    """Write one export, once, however often it is asked; None where nothing is to be done.

    Rows are read in one snapshot and written as they come, so a hundred thousand need no more memory than ten.
    """
    row = _claim(pk)
    if row is None:
        return None
    try:
        with translation.override(row.by.language), tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{_('Account book of returns')} {row.number}.xlsx"
            rows = _write(row, path)
            return _finish(row, path, rows)
    except Exception:
        logger.exception("the account book %s could not be written", row.number)
        again = row.attempts < MOST_ATTEMPTS
        BookExport.objects.filter(pk=pk).update(state=State.WAITING if again else State.FAILED)
        return None


@transaction.atomic
def _claim(pk: int) -> BookExport | None:
    now = timezone.now()
    free = Q(state=State.WAITING) | Q(state=State.RUNNING, claimed_at__lt=now - LEASE)
    row = BookExport.objects.select_for_update(skip_locked=True, of=("self",)).filter(free, pk=pk).first()
    if row is None:
        return None
    row.state, row.claimed_at, row.attempts = State.RUNNING, now, row.attempts + 1
    row.save(update_fields=["state", "claimed_at", "attempts"])
    return row


def _write(row: BookExport, path: Path) -> int:
    """As its reader sees it now, not when it was asked for."""
    who = identity_of(row.by)
    clear = serves(who)
    wanted = Wanted.from_json(row.wanted)
    notes = [(_("What for"), row.purpose), (_("Filters"), "；".join(map(str, row.wanted.values())) or _("none"))]
    stamp = Stamp(row.by.name, timezone.now(), row.number, notes)
    with transaction.atomic():
        sheet = Sheet(_("Account book of returns"), columns(), rows_for_sheet(who, wanted, clear=clear))
        return write_xlsx(path, [sheet], stamp=stamp).rows


@transaction.atomic
def _finish(row: BookExport, path: Path, rows: int) -> BookExport:
    with path.open("rb") as stream:
        stored = store_upload(Content(stream, name=path.name), by=Actor.system("return-book"), limits=made_limits())
    row.file, row.rows, row.state, row.finished_at = stored, rows, State.DONE, timezone.now()
    row.save(update_fields=["file", "rows", "state", "finished_at"])
    notices.book_ready(row.by, number=row.number, rows=rows)
    return row
