"""An import of feedback from a file: row by row into cases, resumable, and safe to run again."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import DataError, IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import InvalidInput
from cases import notices
from cases.actions.imported import Job, Row, register_rows
from cases.actions.intake import LONGEST_TEXT
from cases.actions.moves import user_of
from cases.imports.keys import RowKeys, following
from cases.imports.plan import Plan
from cases.imports.rows import CHANGES, Record, Refusal, Setting, Vocabulary, read_row
from cases.models import Import, ImportRow
from cases.queries.imports import known_keys, open_refusals, vocabulary
from cases.queries.people import duty_person
from documents.sheets import read_table
from organization import text
from organization.actions.units import Unit, create_unit
from organization.models import Product, User
from organization.turns import only_one

#: Rows in one transaction: the counter of numbers is held for one such write, well under a tenth of a second.
CHUNK = 20
#: A case whose clocks began this long ago is overdue the moment it is imported.
LONG_AGO_DAYS = 7


@dataclass(frozen=True)
class Source:
    """The file: where it lies, under which name it is imported, what it is.

    Attributes:
        digest: SHA-256 of its bytes.
        named: somebody chose the name; otherwise it is the file's.
        is_errors: rows that an earlier import refused, corrected, under their first numbers.
        sheet: name of the sheet of a workbook; the first visible one when empty.
    """

    path: Path
    name: str
    digest: str
    named: bool = False
    is_errors: bool = False
    sheet: str = ""


@dataclass
class Tally:
    """What came of an import, for its report."""

    read: int = 0
    created: int = 0
    known: int = 0
    refusals: dict[int, str] = field(default_factory=dict)
    changes: Counter[str] = field(default_factory=Counter)
    cleaned: set[int] = field(default_factory=set)
    unknown_products: Counter[str] = field(default_factory=Counter)
    without_contact: int = 0
    with_category: int = 0
    with_department: int = 0
    long_ago: int = 0
    holds_ms: list[float] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    not_imported: tuple[str, ...] = ()


def preview(source: Source, plan: Plan, *, on_chunk: Callable[[Tally], None]) -> Tally:
    """Read the whole file as ``run_import`` would, and write nothing."""
    run = _Run(source, plan)
    run.imported = Import.objects.filter(name=source.name).first()
    if run.imported:
        _check_same(run.imported, source, _asked(plan))
    return run.go(on_chunk)


def run_import(source: Source, plan: Plan, *, by: Actor, on_chunk: Callable[[Tally], None], rest: float = 0.0) -> Tally:
    """Register every row of the file that is not a case yet; each is in, known, or refused with its reason.

    Chunks are transactions of their own: whatever ends the program, the next run goes on behind the last of them.
    ``rest`` is how long it pauses after each, as a share of the time that the chunk took.

    Raises ``InvalidMove`` when this import is running elsewhere, ``InvalidInput`` when its name belongs to another
    file or to other columns, ``SheetRefused`` at a place that cannot be read (what came before it is in).
    """
    run = _Run(source, plan)
    running = _("The import “%(name)s” is running already. Please wait until it has ended.") % {"name": source.name}
    with only_one(f"import:{source.name}", refusal=running):
        run.imported = open_import(source, plan, by=by)
        run.job = Job.load(plan, source.name, by=by)
        tally = run.go(on_chunk, rest=rest)
        finish_import(run.imported, tally, by=by, quiet=plan.history)
    return tally


def cleaned_rows(source: Source, plan: Plan, tally: Tally) -> Iterator[Record]:
    """The rows of a run that cleaning changed, read once more so that memory does not grow with them."""
    run = _Run(source, plan)
    setting = run.setting()
    for row in run.table.rows:
        if row.number in tally.cleaned and isinstance(found := read_row(row, run.table.header, setting), Record):
            yield found


@transaction.atomic
def open_import(source: Source, plan: Plan, *, by: Actor) -> Import:
    """The record of this import: a new one, or the earlier one when the same file or its errors come again."""
    asked = _asked(plan)
    imported, fresh = Import.objects.select_for_update().get_or_create(
        name=source.name, defaults={"by": user_of(by), "started_at": timezone.now(), "options": asked | {"files": []}}
    )
    if not fresh:
        _check_same(imported, source, asked)
    files = list(imported.options.get("files", []))
    if source.digest not in files:
        files.append(source.digest)
    imported.options = imported.options | {"files": files}
    imported.finished_at = None
    imported.save(update_fields=["options", "finished_at"])
    return imported


def _asked(plan: Plan) -> dict[str, Any]:
    """What must stay the same for rows to be known again."""
    return {"columns": dict(plan.columns), "channel": plan.channel, "history": plan.history}


def _check_same(imported: Import, source: Source, asked: dict[str, Any]) -> None:
    if any(imported.options.get(name) != value for name, value in asked.items()):
        raise InvalidInput(
            "name",
            _(
                "An import “%(name)s” was made with other columns, another channel or the other treatment of history;"
                " its rows would not be known again. Use the same, or give this one its own --name."
            )
            % {"name": imported.name},
        )
    if not (source.named or source.is_errors or source.digest in imported.options.get("files", [])):
        raise InvalidInput(
            "name",
            _(
                "An import “%(name)s” was made from another file. If this is the same data corrected, say"
                " --name %(name)s to go on with it; otherwise choose another --name."
            )
            % {"name": imported.name},
        )


@transaction.atomic
def finish_import(imported: Import, tally: Tally, *, by: Actor, quiet: bool) -> Import:
    """Keep what came of it and tell the hub in one message; ``quiet`` tells nobody."""
    row = Import.objects.select_for_update().get(pk=imported.pk)
    now = timezone.now()
    row.finished_at = now
    row.rows_read, row.rows_known, row.rows_refused = tally.read, tally.known, len(tally.refusals)
    row.save()
    record(
        f"import:{row.name}",
        "import",
        by=by,
        at=now,
        changes={
            name: (None, value)
            for name, value in (
                ("read", tally.read),
                ("created", tally.created),
                ("known", tally.known),
                ("refused", len(tally.refusals)),
                ("files", row.options["files"]),
            )
        },
    )
    if row.rows_created and not quiet:
        notices.import_digest(row.name, row.rows_created, _told())
    return row


def _told() -> list[User]:
    """Heads of the hub and its person on duty."""
    heads = User.objects.filter(
        is_active=True, memberships__is_head=True, memberships__department__functions__code="hub"
    )
    people = {user.pk: user for user in heads}
    if duty := duty_person():
        people[duty.pk] = duty
    return list(people.values())


class _Run:
    """One walk over the file; without a job nothing is written."""

    def __init__(self, source: Source, plan: Plan) -> None:
        """Open the file and check its columns, before anything is written."""
        self.source, self.plan = source, plan
        self.imported: Import | None = None
        self.job: Job | None = None
        self.table = read_table(source.path, sheet=source.sheet)
        self.tally = Tally(
            header=self.table.header, notes=self.table.notes, not_imported=tuple(plan.check(self.table.header))
        )
        self.keys = RowKeys()
        self.numbers: dict[str, int] = {}
        self.words: Vocabulary = vocabulary()

    def go(self, on_chunk: Callable[[Tally], None], *, rest: float = 0.0) -> Tally:
        """Walk to the end, chunk by chunk."""
        table, tally = self.table, self.tally
        setting, began = self.setting(), time.monotonic()
        while rows := list(islice(table.rows, CHUNK)):
            read = [read_row(row, table.header, setting) for row in rows]
            tally.read += len(rows)
            refused = [each for each in read if isinstance(each, Refusal)]
            found, doubled = self._with_keys([each for each in read if isinstance(each, Record)])
            if self.plan.create_products and self.job:
                found = self._with_products(found)
            self._write(found, [*refused, *doubled])
            on_chunk(tally)
            time.sleep(rest * crowding() * (time.monotonic() - began))
            began = time.monotonic()
        return tally

    def setting(self) -> Setting:
        """With what each row is read."""
        return Setting(
            plan=self.plan,
            words=self.words,
            longest_text=LONGEST_TEXT,
            now=timezone.now(),
            zone=timezone.get_default_timezone(),
        )

    # --- Which rows are cases already ---

    def _with_keys(self, records: list[Record]) -> tuple[list[Row], list[Refusal]]:
        """Rows that are no cases yet, with their keys, and those whose key another row has."""
        keyed, doubled = [], []
        for each in records:
            key = each.key or self.keys.next(each.raw)
            if key in self.numbers:
                doubled.append(_doubled(each, self.numbers[key]))
                continue
            if each.key:
                self.numbers[key] = each.number
            keyed.append(Row(each, key))
        known = known_keys(self.source.name, [row.key for row in keyed])
        open_ = self._open_refusals(keyed) if known else set()
        fresh = []
        for row in keyed:
            if row.key not in known:
                fresh.append(row)
            elif row.record.number not in open_:
                self.tally.known += 1
            elif row.record.key:
                doubled.append(_doubled(row.record, None))
            else:
                fresh.append(self._one_more(row, {other.key for other in keyed}))
        return fresh, doubled

    def _open_refusals(self, rows: list[Row]) -> set[int]:
        """Rows of a file of errors that are not cases, although a row of the same words is one."""
        if not (self.source.is_errors and self.imported):
            return set()
        return open_refusals(self.imported, [row.record.number for row in rows])

    def _one_more(self, row: Row, taken: set[str]) -> Row:
        key = row.key
        while key in taken or known_keys(self.source.name, [key]):
            key = following(key)
        taken.add(key)
        return Row(row.record, key)

    def _with_products(self, rows: list[Row]) -> list[Row]:
        """Add the products that do not exist, once each, and name them in their rows."""
        assert self.job is not None  # noqa: S101 - narrows the type for mypy
        for row in rows:
            name = row.record.product_name
            if name and text.fold(name) not in self.words.products:
                product = create_product(name, by=self.job.by)
                self.job.add_product(product)
                self.words = vocabulary()
        return [row.with_product(self.words.products) for row in rows]

    # --- Writing ---

    def _write(self, rows: list[Row], refused: list[Refusal]) -> None:
        tally = self.tally
        if self.job:
            rows, broken = self._store(rows, refused)
            refused = [*refused, *broken]
        tally.created += len(rows)
        tally.refusals |= {each.number: each.message for each in refused}
        soon = timezone.now() - timedelta(days=LONG_AGO_DAYS) if not self.plan.history else None
        for row in rows:
            self._count(row.record, soon)

    def _count(self, each: Record, soon: Any) -> None:
        tally = self.tally
        tally.changes.update(each.changes)
        if each.changes:
            tally.cleaned.add(each.number)
        tally.without_contact += not (each.lines.get("phone") or each.lines.get("email"))
        tally.long_ago += bool(soon and each.received_at and each.received_at < soon)
        if each.product_name:
            tally.unknown_products[each.product_name] += 1

    def _store(self, rows: list[Row], refused: list[Refusal]) -> tuple[list[Row], list[Refusal]]:
        """One chunk in one transaction. What the database refuses is found by halving and becomes a refusal."""
        assert self.job is not None and self.imported is not None  # noqa: S101, PT018 - narrows the types for mypy
        try:
            with transaction.atomic():
                _do_not_wait_for_the_disk()
                _note_rows(self.imported, rows, refused)
                held_from, stored = register_rows(rows, self.job)
            self.tally.holds_ms.append((time.perf_counter() - held_from) * 1000)
        except (DataError, IntegrityError) as error:
            if len(rows) <= 1:
                broken = [Refusal(row.record.number, _broken(error)) for row in rows]
                with transaction.atomic():
                    _note_rows(self.imported, [], [*refused, *broken])
                return [], broken
            middle = len(rows) // 2
            first, second = self._store(rows[:middle], refused), self._store(rows[middle:], [])
            return first[0] + second[0], first[1] + second[1]
        self.tally.with_category += sum(case.suggested_category_id is not None for case in stored)
        self.tally.with_department += sum(case.suggested_department_id is not None for case in stored)
        return rows, []


def crowding() -> float:
    """How many want to compute at once for each processor, in the last minute: 1 where nobody waits, at most 4."""
    return min(4.0, max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)))


def _doubled(each: Record, first: int | None) -> Refusal:
    key = each.raw["key"]
    if first is None:
        return Refusal(each.number, _("The key “%(key)s” belongs to another row already.") % {"key": key})
    return Refusal(
        each.number,
        _("The key “%(key)s” stands in row %(row)d already. Every row needs its own key.") % {"key": key, "row": first},
    )


def _broken(error: Exception) -> str:
    reason = str(error).strip().splitlines()[0][:120]
    return _("The database refuses this row (%(reason)s). Please check its values.") % {"reason": reason}


def _do_not_wait_for_the_disk() -> None:
    """The counter is free again a moment earlier. A crash of the server may take the last chunks with it, whole and
    with their numbers, and the next run writes them again; the last transaction of an import waits for all of them.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO off")


def _note_rows(imported: Import, rows: list[Row], refused: list[Refusal]) -> None:
    """List what was cleaned and what was refused, in the transaction of the rows; earlier refusals of them go."""
    numbers = [row.record.number for row in rows] + [each.number for each in refused]
    ImportRow.objects.filter(imported=imported, row__in=numbers, refused=True).delete()
    notes = [
        ImportRow(imported=imported, row=each.number, refused=True, message=each.message[:300]) for each in refused
    ]
    for row in rows:
        if row.record.changes:
            message = " ".join(str(CHANGES[code]) for code in row.record.changes)
            notes.append(ImportRow(imported=imported, row=row.record.number, message=message[:300]))
    ImportRow.objects.bulk_create(notes)
    locked = Import.objects.select_for_update().get(pk=imported.pk)
    cleaned = Counter(locked.cleaned)
    cleaned.update(code for row in rows for code in row.record.changes)
    locked.cleaned = dict(cleaned)
    locked.rows_created += len(rows)
    locked.save(update_fields=["cleaned", "rows_created"])


def create_product(name: str, *, by: Actor) -> Product:
    """Add a product that a file names; its code is made of the initials of its name."""
    stem = text.initials(name)[:30] or "product"
    code, number = stem, 1
    while Product.objects.filter(code=code).exists():
        number += 1
        code = f"{stem}-{number}"
    return create_unit(Product, Unit(code, name), by=by)
