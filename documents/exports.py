"""A table that is too long for a page, as a workbook: asked for, written in the background, told (SEC-13, RPT-01)."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Generic, TypeVar

from django.core.files.base import File as Content
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import InvalidInput
from documents.actions import erase_file, store_upload
from documents.limits import made_limits
from documents.models import LONGEST_PURPOSE, Export
from documents.sheets import Sheet, Stamp, write_xlsx
from documents.snapshots import snapshot
from organization import numbering
from organization.models import User
from organization.traces import Deed, Deeds, Subject, Trace, Words

logger = logging.getLogger(__name__)
State = Export.State
#: A claimed export is left alone for so long; a worker that died with it is followed by the next one.
LEASE = timedelta(minutes=10)
MOST_ATTEMPTS = 3
E = TypeVar("E", bound=Export)


def start_over(model: type[Export]) -> None:
    """Have what waits or is being written just now written when this transaction is over.

    An erasure asks for it first, in its own transaction: what was read before it is never stored (PIPL 47).
    """
    unwritten = model._default_manager.filter(state__in=[State.WAITING, State.RUNNING])
    unwritten.update(state=State.WAITING, claimed_at=None, attempts=0)


def traces(model: type[Export], first: Callable[[Subject], datetime | None]) -> tuple[Trace, Trace]:
    """What a room says of its exports: files that may hold a person go whole, and what they were asked for goes too.

    ``first`` is when the first row about the subject stood in the table, None where none does: what was written since
    then may hold it. Whoever needs such a file asks for it again.
    """

    def held(subject: Subject) -> QuerySet[Any]:
        rows, since = model._default_manager.filter(file__isnull=False, file__erased_at=None), first(subject)
        return rows.filter(finished_at__gte=since) if since else rows.none()

    def erase(subject: Subject, deed: Deed) -> int:
        start_over(model)
        files = [row.file for row in held(subject).select_related("file")]
        for file in files:
            erase_file(file, by=deed.by)
        return len(files)

    words = Words(
        model,
        lambda of: model._default_manager.filter(of.mentioned_in("purpose")),
        words="purpose",
        withheld="purpose",
    )
    return Deeds(model._meta.label, words="", doing=erase, counting=lambda of: held(of).count()), words


class _Counted:
    """Rows, and how many of them went by."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self._of, self.rows = rows, 0

    def __iter__(self) -> Iterator[Sequence[Any]]:
        for row in self._of:
            self.rows += 1
            yield row


@dataclass(frozen=True)
class Exporting(Generic[E]):
    """The exports of one table, and what its room says of them.

    Attributes:
        model: where they are kept.
        thread: the history that says who asked.
        series, prefix: of their numbers.
        title: what the file is called.
        sheets: the table as its reader sees it now, not when it was asked for; rows may be a generator. What it adds
            up to may follow on sheets of its own.
        filters: which rows it holds, in words.
        told: tells who asked that it is there; called in the transaction that finishes it.
    """

    model: type[E]
    thread: str
    series: str
    prefix: str
    title: str | Promise
    sheets: Callable[[E], list[Sheet]]
    filters: Callable[[E], str]
    told: Callable[[E], None]

    @transaction.atomic
    def ask(self, user: User, wanted: dict[str, Any], *, purpose: str, by: Actor) -> E:
        """Ask for the table as XLSX; the file comes when it is written.

        Raises ``InvalidInput`` without a purpose, or for one that is too long.
        """
        if not purpose.strip():
            raise InvalidInput("purpose", _("Please say what the list is for."))
        if len(purpose) > LONGEST_PURPOSE:
            sentence = _("At most %(max)s characters fit here; there are %(n)s.")
            raise InvalidInput("purpose", sentence % {"max": f"{LONGEST_PURPOSE:,}", "n": f"{len(purpose):,}"})
        now = timezone.now()
        number = f"{self.prefix}{numbering.next_number(self.series, at=now)}"
        row = self.model(number=number, by=user, asked_at=now, purpose=purpose, wanted=wanted)
        row.save(force_insert=True)
        sealed = {"purpose": (None, purpose), "wanted": (None, wanted)}
        record(self.thread, "export", by=by, at=now, changes={"number": (None, row.number)}, sealed=sealed)
        return row

    def pending(self) -> list[int]:
        """Exports whose task was lost, the oldest first."""
        now = timezone.now()
        lost = Q(state=State.WAITING, asked_at__lt=now - timedelta(minutes=1)) | Q(
            state=State.RUNNING, claimed_at__lt=now - LEASE
        )
        return list(self.model._default_manager.filter(lost).order_by("id").values_list("pk", flat=True)[:20])

    def write(self, pk: int) -> E | None:
        """Write one export, once, however often it is asked; None where nothing is to be done.

        Rows are read in one snapshot and written as they come, so a hundred thousand need no more memory than ten.
        """
        row = self._claim(pk)
        if row is None:
            return None
        try:
            with translation.override(row.by.language), tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / f"{self.title} {row.number}.xlsx"
                return self._finish(row, path, self._write(row, path))
        except Exception:
            logger.exception("the export %s could not be written", row.number)
            again = row.attempts < MOST_ATTEMPTS
            self._held(row).update(state=State.WAITING if again else State.FAILED)
            return None

    @transaction.atomic
    def _claim(self, pk: int) -> E | None:
        now = timezone.now()
        free = Q(state=State.WAITING) | Q(state=State.RUNNING, claimed_at__lt=now - LEASE)
        rows = self.model._default_manager.select_for_update(skip_locked=True, of=("self",))
        row = rows.filter(free, pk=pk).first()
        if row is None:
            return None
        if row.attempts >= MOST_ATTEMPTS:  # its workers died with it, each time
            row.state = State.FAILED
            row.save(update_fields=["state"])
            return None
        row.state, row.claimed_at, row.attempts = State.RUNNING, now, row.attempts + 1
        row.save(update_fields=["state", "claimed_at", "attempts"])
        return row

    def _held(self, row: E) -> QuerySet[E]:
        """The row, as long as it was neither put back nor given to another worker."""
        return self.model._default_manager.filter(pk=row.pk, state=State.RUNNING, claimed_at=row.claimed_at)

    def _write(self, row: E, path: Path) -> int:
        notes = [(_("What for"), row.purpose), (_("Filters"), self.filters(row) or _("none"))]
        stamp = Stamp(row.by.name, timezone.now(), row.number, notes)
        with snapshot():
            table, *sums = self.sheets(row)
            counted = _Counted(table.rows)
            write_xlsx(path, [replace(table, rows=counted), *sums], stamp=stamp)
        return counted.rows

    @transaction.atomic
    def _finish(self, row: E, path: Path, rows: int) -> E | None:
        if not self._held(row).select_for_update().exists():
            return None
        by = Actor.system(self.series)
        with path.open("rb") as stream:
            stored = store_upload(Content(stream, name=path.name), by=by, limits=made_limits())
        row.file, row.rows, row.state, row.finished_at = stored, rows, State.DONE, timezone.now()
        row.save(update_fields=["file", "rows", "state", "finished_at"])
        self.told(row)
        return row
