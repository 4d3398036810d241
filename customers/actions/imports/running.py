"""The work on the rows of a table: the check that writes nothing, and the import, chunk by chunk.

A chunk is one transaction with its own progress: whatever ends the worker, the next one goes on behind the last chunk.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import DomainError
from customers import rights
from customers.actions.imports.chunks import Rows, Verdicts
from customers.actions.imports.staging import stage, stored_copy
from customers.actions.imports.uploads import summary
from customers.actions.imports.writing import Job
from customers.imports.columns import targets
from customers.imports.mapping import Plan, restored
from customers.imports.rows import Line, Setting
from customers.imports.words import Words
from customers.models import CustomerImport, CustomerType, ImportLine, ImportState
from customers.queries.classes import rules
from customers.queries.grants import reads_all_files
from customers.queries.imports import lines_after
from documents.actions import erase_file
from organization.queries import identity_of
from organization.turns import only_one

#: Rows in one transaction.
CHUNK = 500
#: A worker's task ends after so many seconds, and the next one goes on.
BUDGET_S = 45.0
#: Somebody is at work while the last progress is younger than this.
LEASE = timedelta(minutes=2)
#: All rows in one transaction, if it is all or nothing: more would hold the locks too long.
MOST_AT_ONCE = 20_000
#: Organisations first, because people belong to them.
TURNS = (CustomerType.ORGANISATION, CustomerType.PERSON)
OnChunk = Callable[[CustomerImport], None]


def pending(now: datetime) -> list[int]:
    """Imports whose worker was lost."""
    rows = CustomerImport.objects.filter(
        state__in=[ImportState.CHECKING, ImportState.RUNNING], moved_at__lt=now - LEASE
    )
    return list(rows.order_by("moved_at").values_list("pk", flat=True))


def work_on(pk: int, *, budget: float = BUDGET_S, path: Path | None = None, on_chunk: OnChunk | None = None) -> bool:
    """Whatever is to be done with an import now, in the language of whoever asked; True when nothing is left to do.

    ``path`` is where the file lies, if it was not uploaded. Raises ``InvalidMove`` where another worker is at it.
    """
    busy = _("Somebody is at work on this table already.")
    with only_one(f"customer_import:{pk}", refusal=busy):
        row = CustomerImport.objects.select_related("by", "file").filter(pk=pk).first()
        if row is None or not row.is_at_work:
            return True
        with translation.override(row.by.language):
            try:
                return _Walk(row, on_chunk).go(budget, path)
            except DomainError as error:
                _stop(row, error.message)
                return True


def _stop(row: CustomerImport, problem: str) -> None:
    """Back to where a person decides, with the sentence; what is in stays in and is known the next time."""
    row.state = ImportState.NEW if row.state == ImportState.CHECKING else ImportState.CHECKED
    row.problem, row.moved_at = problem, timezone.now()
    row.save(update_fields=["state", "problem", "moved_at"])


class _Halted(Exception):
    """All or nothing, and a row is refused."""


class _Walk:
    """One walk over the rows, in the check or in the import."""

    def __init__(self, row: CustomerImport, on_chunk: OnChunk | None) -> None:
        self.row, self.on_chunk = row, on_chunk
        self.checking = row.state == ImportState.CHECKING
        who = identity_of(row.by)
        known = targets(whole_file=reads_all_files(who))
        places = restored(row.mapping, len(row.header), known)
        plan = Plan(places, tuple(row.header), row.system, row.default_type, row.class_reason)
        zone = timezone.get_default_timezone()
        self.setting = Setting(plan, Words.load(), {target.code: target for target in known}, zone)
        label = _("%(person)s (import %(number)s)") % {"person": row.by.name, "number": row.number}
        job = Job(row.by, Actor.importer(label, row.by), row.system, rules())
        self.rows = Rows(self.setting, job)
        self.allowed = row.by.is_active and rights.heads_the_files(who)

    def go(self, budget: float, path: Path | None) -> bool:
        """As far as the time allows; a check goes to its end, because what it has seen is in its memory."""
        row = self.row
        if not self.allowed:
            raise Refusal(_("Whoever began this import may not do it any more."))
        if not row.staged:
            self._stage(path)
        if self.checking:
            self._begin_check()
        if not self.setting.plan.places.get("type") and row.default_type == CustomerType.PERSON and not row.turn:
            row.turn = 1  # no organisation comes
        if self.checking:
            while self._chunk():
                pass
            return True
        if row.all_or_nothing:
            return self._all_or_nothing()
        until = time.monotonic() + budget
        while self._chunk():
            if time.monotonic() > until:
                return False
        return True

    def _stage(self, path: Path | None) -> None:
        most = settings.CUSTOMER_IMPORT_ROWS
        if path is not None:
            stage(self.row, path, most_rows=1_048_576)
        elif self.row.file is not None:
            with stored_copy(self.row.file) as copy:
                stage(self.row, copy, most_rows=most)

    def _begin_check(self) -> None:
        row = self.row
        ImportLine.objects.filter(imported=row).exclude(message="").update(message="", barred=False)
        row.turn = row.position = 0
        row.rows_done = row.rows_created = row.rows_changed = row.rows_same = row.rows_refused = 0

    def _all_or_nothing(self) -> bool:
        """Everything in one transaction; one refused row undoes it, and the check shows which."""
        if self.row.rows_read > MOST_AT_ONCE:
            raise Refusal(_("All or nothing is possible up to %(n)s rows.") % {"n": f"{MOST_AT_ONCE:,}"})
        try:
            with transaction.atomic():
                while self._chunk():
                    pass
        except _Halted:
            self.row.refresh_from_db()
            _stop(self.row, _("A row was refused, so nothing was imported. Please check the table again."))
        return True

    # --- Chunks ---

    def _chunk(self) -> bool:
        """The next rows; False when all are through."""
        row = self.row
        with _without_collecting(), transaction.atomic():
            _do_not_wait_for_the_disk()
            lines = lines_after(row, row.position, CHUNK)
            mine = [line for line in lines if self._turn_of(line) == row.turn]
            verdicts = Verdicts()
            waiting = None
            if self.checking:
                self.rows.check(mine, verdicts)
            else:
                waiting = self.rows.bring_in(mine, verdicts)
            if waiting is not None:
                row.position = waiting - 1
            elif lines:
                row.position = lines[-1].pk
            else:
                row.turn, row.position = row.turn + 1, 0
            self._progress(verdicts)
            over = row.turn >= len(TURNS)
            if over:
                self._end()
        if self.on_chunk:
            self.on_chunk(row)
        return not over

    def _turn_of(self, line: Line) -> int:
        return 0 if self.setting.type_of(line.values) == CustomerType.ORGANISATION else 1

    def _progress(self, verdicts: Verdicts) -> None:
        row = self.row
        row.rows_created += verdicts.created
        row.rows_changed += verdicts.changed
        row.rows_same += verdicts.same
        row.rows_refused += verdicts.refused
        row.rows_done = row.rows_created + row.rows_changed + row.rows_same + row.rows_refused
        row.moved_at = timezone.now()
        row.save()
        if verdicts.refused and row.all_or_nothing and not self.checking:
            raise _Halted

    def _end(self) -> None:
        row = self.row
        now = timezone.now()
        if self.checking:
            row.state, row.turn, row.position = ImportState.CHECKED, 0, 0
            row.save()
            return
        row.state, row.finished_at = ImportState.FINISHED, now
        file, row.file, row.samples = row.file, None, []
        row.save()
        ImportLine.objects.filter(imported=row, message="").delete()
        record(row.thread, "import", by=Actor.staff(row.by), at=now, changes=summary(row))
        if file is not None:
            erase_file(file, by=Actor.staff(row.by))


class Refusal(DomainError):
    """The import as a whole cannot go on."""


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Looking for circles among the many small objects of a chunk takes a fifth of its time; all end with it."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _do_not_wait_for_the_disk() -> None:
    """A crash of the server may take the last chunks with it, whole and with their progress: they are written again."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO off")
