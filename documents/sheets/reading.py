"""Tables in: row by row with the numbers that a person sees in Excel, whatever the file turns out to hold."""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from django.utils.translation import gettext as _
from openpyxl.utils import get_column_letter

from documents.exceptions import SheetRefused
from documents.limits import SheetLimits
from documents.sheets import workbook
from documents.sheets.cells import from_csv
from documents.sheets.csv_text import Dialect, find_dialect
from documents.sheets.marks import ERROR_MARK, ROW_MARK
from documents.sheets.size import check_size

Value = str | int | float | bool | dt.datetime | dt.date | dt.time | None
#: A quotation mark that is never closed swallows the rest of the file into one field; this is where it is noticed.
_FIELD_MAX = 1 << 20
_NAMED_COLUMNS = 20

csv.field_size_limit(_FIELD_MAX)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table.

    Attributes:
        number: as Excel shows it at the left, the header being row 1. In an error file that was corrected: the row of
            the file it was made from.
        values: one for each column of the header in `Table.rows`; as many as there are in `read_rows`.
        notes: what was odd about this row: a formula, a merged cell, a damaged character.
    """

    number: int
    values: tuple[Value, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose header is known. `rows` can be walked once.

    Attributes:
        notes: what was odd about the whole file; the importer shows it.
    """

    header: tuple[str, ...]
    rows: Iterator[Row]
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Source:
    """Rows as they stand in the file, with what is known about the file."""

    rows: Generator[Row]
    notes: list[str] = field(default_factory=list)


def read_rows(
    path: Path, *, limits: SheetLimits | None = None, sheet: str = "", kind: Literal["xlsx", "csv", ""] = ""
) -> Iterator[Row]:
    """Walk over all rows that are not empty, the header among them, in memory that does not grow with them.

    Args:
        sheet: name of the sheet; the first visible one by default.
        kind: what the file is, where its name does not end so.

    Raises:
        SheetRefused: at once if the file is no such table, or at the row that cannot be read.
    """
    return _open(path, limits or SheetLimits(), sheet, kind).rows


def read_table(
    path: Path, *, limits: SheetLimits | None = None, sheet: str = "", kind: Literal["xlsx", "csv", ""] = ""
) -> Table:
    """Read the header and offer the rows below it, each as wide as the header.

    A file that `write_errors` made is understood: its two own columns are taken away, and its rows carry their first
    number.

    Raises:
        SheetRefused: no header, two columns of one name, or see `read_rows`.
    """
    source = _open(path, limits or SheetLimits(), sheet, kind)
    try:
        return _table(source)
    except SheetRefused:
        source.rows.close()  # the reason that is raised holds this frame, and with it the open file
        raise


def sheets_of(path: Path, *, limits: SheetLimits | None = None) -> list[str]:
    """The names of the visible sheets of a workbook; of another table nothing. Raises ``SheetRefused``."""
    if path.suffix.lower() != ".xlsx":
        return []
    with path.open("rb") as stream:
        _refuse_other_formats(stream.read(2048), "xlsx")
    return workbook.sheet_names(path, limits or SheetLimits())


def _table(source: _Source) -> Table:
    first = next(source.rows, None)
    if first is None:
        raise SheetRefused(_("The file is empty. Please choose the file with your data and try again."))
    header = _trimmed([as_text(value).strip() for value in first.values])
    number_at, error_at = _own_columns(header)
    kept = [index for index in range(len(header)) if index not in (number_at, error_at)]
    names = tuple(header[index] for index in kept)
    _check_header(names, kept, first.number)
    rows = (_shaped(row, kept, len(header), number_at) for row in source.rows)
    return Table(
        names, (row for row in rows if any(value not in (None, "") for value in row.values)), tuple(source.notes)
    )


def as_text(value: Value) -> str:
    """A value as a person would have typed it: no 13800138000.0, dates as 2026-03-01."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime):
        if value.time() == dt.time():
            return f"{value:%Y-%m-%d}"
        return f"{value:%Y-%m-%d %H:%M:%S}" if value.second else f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)


# --- Which reader ------------------------------------------------------------------------------------


def _open(path: Path, limits: SheetLimits, sheet: str, kind: str) -> _Source:
    with path.open("rb") as stream:
        head = stream.read(2048)
    if not head:
        raise SheetRefused(_("The file is empty. Please choose the file with your data and try again."))
    claimed = kind or path.suffix.lower().lstrip(".")
    _refuse_other_formats(head, claimed)
    if claimed == "xlsx":
        opened = workbook.open_sheet(path, limits, sheet)
        rows = (Row(number, values, notes) for number, values, notes in opened.rows)
        return _Source(rows, list(opened.notes))
    dialect = find_dialect(path)
    notes = [_damage_note()] if dialect.damaged else []
    return _Source(_csv_rows(path, dialect, limits), notes)


def _refuse_other_formats(head: bytes, claimed: str) -> None:
    text = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise SheetRefused(
            _(
                "This is an old Excel file (.xls), or one with a password. Please open it in Excel, save it as "
                ".xlsx without a password, and try again."
            )
        )
    if text.startswith((b"<!doctype", b"<html", b"<table", b"<?xml", b"<meta", b"<style", b"<script", b"<svg")):
        raise SheetRefused(
            _(
                "This is a web page that is only called a table. Please open it in Excel, save it as .xlsx, and "
                "try again."
            )
        )
    is_archive = head.startswith(b"PK\3\4")
    if claimed not in ("xlsx", "csv", "txt", "tsv"):
        raise SheetRefused(
            _(
                "Only tables can be imported: .xlsx or .csv. This file ends in “%(ending)s”. Please save it as "
                "one of them."
            )
            % {"ending": claimed[:20]}
        )
    if is_archive and claimed != "xlsx":
        raise SheetRefused(
            _(
                "The file is called .%(ending)s, but it is an Excel workbook. Please change the end of its name "
                "to .xlsx and try again."
            )
            % {"ending": claimed}
        )
    if not is_archive and claimed == "xlsx":
        raise SheetRefused(
            _(
                "The file is called .xlsx, but it is no Excel workbook. If it is plain text, change the end of "
                "its name to .csv; otherwise save it in Excel again."
            )
        )


# --- CSV ---------------------------------------------------------------------------------------------


def _csv_rows(path: Path, dialect: Dialect, limits: SheetLimits) -> Generator[Row]:
    number = 0
    with path.open(encoding=dialect.encoding, errors="replace", newline="") as stream:
        reader = csv.reader(stream, delimiter=dialect.delimiter)
        try:
            for number, fields in enumerate(reader, 1):
                if number <= dialect.skip:
                    continue
                check_size(number, len(fields), limits)
                values = tuple(from_csv(each) for each in fields)
                if any(value.strip() for value in values):
                    notes = (_damage_note(),) if dialect.damaged and any("\ufffd" in each for each in values) else ()
                    yield Row(number, values, notes)
        except csv.Error as error:
            raise SheetRefused(
                _(
                    "After row %(row)s the file cannot be read: probably a quotation mark is opened there and "
                    "never closed. Please correct it and try again."
                )
                % {"row": number},
                row=number,
            ) from error


def _damage_note() -> str:
    return _("Some characters are damaged in the file; they are shown as �.")


# --- Header -------------------------------------------------------------------------------------------


def _check_header(names: Sequence[str], places: Sequence[int], number: int) -> None:
    letters = [get_column_letter(place + 1) for place in places]
    empty = [letter for name, letter in zip(names, letters, strict=True) if not name]
    if not names or len(empty) == len(names):
        raise SheetRefused(
            _("The first row must hold the names of the columns. Please add it and try again."), row=number
        )
    if empty:
        raise SheetRefused(
            _("Column %(columns)s has no name in the first row. Please give it a name, or remove it.")
            % {"columns": ", ".join(empty[:_NAMED_COLUMNS])},
            row=number,
        )
    doubled = [name for name, count in Counter(names).items() if count > 1]
    if doubled:
        where = ", ".join(letter for name, letter in zip(names, letters, strict=True) if name == doubled[0])
        raise SheetRefused(
            _(
                "Several columns are called “%(name)s” (%(columns)s). Please give each its own name, so that "
                "nothing is mixed up."
            )
            % {"name": doubled[0], "columns": where},
            row=number,
        )


def _trimmed(header: list[str]) -> list[str]:
    """The header without the empty cells at its end, which are only formatted."""
    while header and not header[-1]:
        header.pop()
    return header


def _own_columns(header: Sequence[str]) -> tuple[int | None, int | None]:
    """Places of the two columns that `write_errors` adds."""
    places = {
        mark: index for index, name in enumerate(header) for mark in (ROW_MARK, ERROR_MARK) if name.endswith(mark)
    }
    return places.get(ROW_MARK), places.get(ERROR_MARK)


def _shaped(row: Row, kept: Sequence[int], width: int, number_at: int | None) -> Row:
    """The row as wide as the header, under its first number."""
    values = row.values
    notes = row.notes
    if any(value not in (None, "") for value in values[width:]):
        notes = (
            *notes,
            _("Row %(row)s has more values than the header has names; the rest was not read.") % {"row": row.number},
        )
    number = row.number
    if number_at is not None and number_at < len(values):
        first = as_text(values[number_at]).strip()
        number = int(first) if first.isascii() and first.isdigit() and len(first) < 9 else number
    shaped = tuple(values[index] if index < len(values) else None for index in kept)
    return replace(row, number=number, values=shaped, notes=notes)
