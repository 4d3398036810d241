"""From a file to rows of text in the database, where a worker that was killed finds them again."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.files.base import File as Content
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.exceptions import InvalidInput
from customers.models import CustomerImport, ImportLine
from documents.limits import SheetLimits
from documents.models import File
from documents.sheets import Row, as_text, read_table, sheets_of
from documents.storage import private
from organization.copying import copy_rows
from organization.text import clean

#: Rows in one transaction.
CHUNK = 2_000
SAMPLES = 3
_BLOCK = 1 << 20
_COLUMNS = ("imported_id", "row", "values", "notes", "message", "barred")
_LONGEST_SAMPLE = 60


@dataclass(frozen=True)
class Peek:
    """What is known of a table before anybody said what its columns mean."""

    sheets: list[str]
    header: list[str]
    samples: list[list[str]]
    notes: list[str]


def peek(path: Path, *, sheet: str = "") -> Peek:
    """Titles, first rows and what is odd about the file as a whole. Raises ``SheetRefused``, ``InvalidInput``."""
    sheets = sheets_of(path)
    table = read_table(path, sheet=sheet)
    rows = [_texts(row) for row in islice(table.rows, SAMPLES)]
    if not rows:
        raise InvalidInput("file", _("The table has no rows below its titles."))
    samples = [[value[:_LONGEST_SAMPLE] for value in row] for row in rows]
    return Peek(
        [name[:64] for name in sheets], [_storable(title) for title in table.header], samples, list(table.notes)
    )


@contextmanager
def local_copy(source: Content[Any], ending: str) -> Iterator[Path]:
    """The bytes as a file of this machine, which the readers of tables need; it goes afterwards."""
    with tempfile.TemporaryDirectory(prefix="huiyin-customers-") as folder:
        path = Path(folder) / f"table.{ending}"
        with path.open("wb") as target:
            while block := source.read(_BLOCK):
                target.write(block)
        yield path


@contextmanager
def stored_copy(file: File) -> Iterator[Path]:
    """The same of a stored upload. Raises ``InvalidInput`` while the virus scanner has not seen it."""
    if not file.is_available:
        raise InvalidInput("file", _("The virus scanner has not let this file pass. Please try again later."))
    with private().open(str(file.original.name)) as source, local_copy(source, str(file.kind)) as path:
        yield path


def stage(imported: CustomerImport, path: Path, *, most_rows: int) -> None:
    """Put all rows of the table into the database; whatever an earlier try has left there goes first."""
    ImportLine.objects.filter(imported=imported).delete()
    table = read_table(path, sheet=imported.sheet, limits=SheetLimits(rows=most_rows + 1))
    if list(map(_storable, table.header)) != imported.header:
        raise InvalidInput("file", _("The titles of the table are not those that were looked at."))
    count = 0
    while rows := list(islice(table.rows, CHUNK)):
        with transaction.atomic():
            copy_rows(ImportLine, _COLUMNS, (_line(imported, row) for row in rows))
            count += len(rows)
            _say(imported, rows_read=count)
    imported.staged = True
    imported.save(update_fields=["staged"])


def _say(imported: CustomerImport, *, rows_read: int) -> None:
    imported.rows_read, imported.moved_at = rows_read, timezone.now()
    imported.save(update_fields=["rows_read", "moved_at"])


def _line(imported: CustomerImport, row: Row) -> tuple[object, ...]:
    return imported.pk, row.number, _texts(row), " ".join(row.notes), "", False


def _texts(row: Row) -> list[str]:
    return [_storable(as_text(value)) for value in row.values]


def _storable(value: str) -> str:
    """Without what the database cannot hold (zeros, half characters); everything else is cleaned when it is read."""
    return clean(value)
