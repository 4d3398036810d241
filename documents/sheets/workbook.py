"""One sheet of a workbook, opened safely and read as a stream.

openpyxl builds an object for every XML element between two rows, and holds all texts of the workbook. So the parts
that it will read are measured first, by unpacking them once and counting, which costs a fraction of parsing them.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.utils.translation import gettext as _
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula

from documents.containers import ZIP_ERRORS, open_archive
from documents.exceptions import SheetRefused
from documents.limits import MB, SheetLimits
from documents.refusals import Refusal
from documents.sheets.cells import from_xlsx
from documents.sheets.opening import broken, open_book
from documents.sheets.size import check_size

_BLOCK = 1 << 20
#: Tags between two rows; a full row of Excel has 16,384 cells of three tags each.
_TAGS_A_ROW = 200_000
_TEXTS_MAX = 12_000_000
#: The parts that openpyxl reads whole: styles, relations, the list of sheets.
_SMALL_PART = 16 * MB
_SMALL_TAGS = 600_000
_MERGE = re.compile(rb"<(?:\w+:)?mergeCell\s[^<>]{0,200}?ref=\"([A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7})\"")
_MERGES_KEPT = 5_000
_COVERED_ROWS = 50_000
_NAMED = 10
_ROW = re.compile(rb"<(?:\w+:)?row(?=[\s/>])")
#: Bytes between two rows; all cells of one row together.
_BYTES_A_ROW = 32 * MB
#: Excel's own limit. Formatted rows without values count, so a lower limit of the reader is not asked here.
_MOST_ROWS = 1_048_576


@dataclass(slots=True)
class Opened:
    """Rows of a sheet (number, values, notes), and what is odd about the sheet as a whole."""

    rows: Iterator[tuple[int, tuple[Any, ...], tuple[str, ...]]]
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Found:
    """What counting over one sheet found: merged ranges with their first and last row."""

    merges: dict[str, tuple[int, int]] = field(default_factory=dict)


def open_sheet(path: Path, limits: SheetLimits, name: str) -> Opened:
    """Check the workbook, choose the sheet, and offer its rows.

    Raises:
        SheetRefused: damaged, too large, or no such sheet.
    """
    with contextlib.ExitStack() as opening:
        stream = cast(BinaryIO, opening.enter_context(path.open("rb")))
        sheets = _measure(stream, limits)
        book = open_book(stream)
        opening.callback(book.close)
        page = _choose(book, name)
        part = str(page._worksheet_path)  # noqa: SLF001 - the only way from a sheet to its part of the archive
        closing = opening.pop_all()
    found = sheets.get(part.lstrip("/"), _Found())
    notes = [_merge_note(found.merges)] if found.merges else []
    return Opened(_rows(closing, page, found, limits), notes)


def sheet_names(path: Path, limits: SheetLimits) -> list[str]:
    """The names of the sheets that a person sees in this workbook, in their order; raises ``SheetRefused``."""
    with path.open("rb") as stream:
        _measure(stream, limits)
        book = open_book(stream, texts=False)
        try:
            return [page.title for page in book.worksheets if page.sheet_state == "visible"]
        finally:
            book.close()


# --- Measuring ----------------------------------------------------------------------------------------


def _measure(stream: BinaryIO, limits: SheetLimits) -> dict[str, _Found]:
    """Unpack every part once, count its tags, and note merged cells of sheets."""
    try:
        archive = open_archive(stream, limits.archive)
    except Refusal as refusal:
        raise SheetRefused(_too_large() if refusal.code == "archive_bomb" else broken()) from refusal
    sheets: dict[str, _Found] = {}
    for info in archive.infolist():
        lower = info.filename.lower()
        if not lower.endswith((".xml", ".rels")):
            continue
        if re.fullmatch(r"xl/worksheets/[^/]+\.xml", lower):
            sheets[info.filename] = _measure_sheet(archive, info, max(limits.rows, _MOST_ROWS))
        elif lower.endswith("sharedstrings.xml"):
            _measure_part(archive, info, limits.texts, _TEXTS_MAX)
        elif not lower.startswith(("xl/drawings/", "xl/charts/", "xl/pivot", "xl/media/", "xl/comments", "xl/tables/")):
            _measure_part(archive, info, _SMALL_PART, _SMALL_TAGS)
    return sheets


def _blocks(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    try:
        with archive.open(info) as part:
            while block := part.read(_BLOCK):
                yield block
    except ZIP_ERRORS as error:
        raise SheetRefused(broken()) from error


def _measure_part(archive: zipfile.ZipFile, info: zipfile.ZipInfo, size: int, tags: int) -> None:
    if info.file_size > size:
        raise SheetRefused(_too_large())
    count = 0
    for block in _blocks(archive, info):
        count += block.count(b"<")
        if count > tags:
            raise SheetRefused(_too_large())


def _measure_sheet(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most_rows: int) -> _Found:
    """Count rows, and the tags and bytes between two of them; the parser keeps an empty element of each row."""
    found = _Found()
    rows = tags = size = 0
    rest = b""
    for block in _blocks(archive, info):
        *before, last = _ROW.split(block)
        for piece in before:
            if tags + piece.count(b"<") > _TAGS_A_ROW:
                raise SheetRefused(_too_large())
            tags = size = 0
        rows += len(before)
        tags, size = tags + last.count(b"<"), size + len(last)
        if tags > _TAGS_A_ROW or size > _BYTES_A_ROW or rows > most_rows:
            raise SheetRefused(_too_large())
        text = rest + block
        if b"mergeCell" in text:
            _note_merges(text, found)
        rest = text[-400:]
    return found


def _note_merges(text: bytes, found: _Found) -> None:
    for match in _MERGE.finditer(text):
        if len(found.merges) < _MERGES_KEPT:
            place = match[1].decode()
            _left, top, _right, bottom = range_boundaries(place)
            found.merges[place] = (cast(int, top), cast(int, bottom))


# --- Reading ------------------------------------------------------------------------------------------


def _choose(book: Any, name: str) -> Any:
    pages = book.worksheets
    if name:
        for page in pages:
            if page.title.strip().casefold() == name.strip().casefold():
                return page
        titles = ", ".join(f"“{page.title}”" for page in pages[:_NAMED])
        raise SheetRefused(
            _("The workbook has no sheet called “%(name)s”. It has: %(titles)s. Please choose one of them.")
            % {"name": name[:40], "titles": titles}
        )
    shown = [page for page in pages if page.sheet_state == "visible"] or pages
    if not shown:
        raise SheetRefused(_("The workbook has no sheet with a table. Please add one and try again."))
    return shown[0]


def _rows(
    closing: contextlib.ExitStack, page: Any, found: _Found, limits: SheetLimits
) -> Iterator[tuple[int, tuple[Any, ...], tuple[str, ...]]]:
    # Programs write the size of a sheet wrongly, and then rows would be missing. Without it each row is as wide as
    # its last cell, and rows that are not in the file come as one empty tuple.
    page.reset_dimensions()
    covered = _covered(found.merges)
    number = 0
    with closing:
        try:
            for number, cells in enumerate(page.iter_rows(), 1):
                check_size(number, _width(cells, limits), limits)
                values, notes = _values(cells[: limits.columns], number)
                if values:
                    yield number, values, (*notes, *covered.get(number, ()))
        except SheetRefused:
            raise
        except Exception as error:  # openpyxl raises whatever its parser stumbles over
            raise SheetRefused(
                _(
                    "After row %(row)s the workbook is damaged. Please open it in Excel, save it again, and try once "
                    "more."
                )
                % {"row": number},
                row=number,
            ) from error


def _width(cells: Sequence[Any], limits: SheetLimits) -> int:
    """How wide the row is; cells beyond the limit count only if they hold something."""
    if len(cells) <= limits.columns:
        return len(cells)
    last = max((place for place, cell in enumerate(cells, 1) if cell.value is not None), default=0)
    return max(last, limits.columns)


def _values(cells: Sequence[Any], number: int) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    """Values up to the last cell that holds one, and a note for each formula and error; nothing for a blank row."""
    values: list[Any] = []
    notes: list[str] = []
    width = 0
    for place, cell in enumerate(cells, 1):
        value, note = _value(cell)
        if note:
            notes.append(note % {"cell": f"{get_column_letter(place)}{number}", "value": value})
        if value is not None and not (isinstance(value, str) and not value.strip()):
            width = place
        values.append(value)
    return tuple(values[:width]), tuple(notes) if width else ()


def _value(cell: Any) -> tuple[Any, str]:
    """What a cell holds, and the frame of a sentence if that is odd."""
    value = cell.value
    if value is None:
        return None, ""
    if cell.data_type == "f":
        if isinstance(value, ArrayFormula | DataTableFormula):
            value = getattr(value, "text", None) or "="
        return value, _(
            "Cell %(cell)s holds a formula; its text was read, not its result. Replace it by its value (paste as "
            "values)."
        )
    if cell.data_type == "e":
        return value, _("Cell %(cell)s holds an error (%(value)s). Please correct it.")
    if isinstance(value, str):
        return from_xlsx(value), ""
    return (str(value) if isinstance(value, dt.timedelta) else value), ""


def _covered(merges: Mapping[str, tuple[int, int]]) -> dict[int, tuple[str, ...]]:
    """Notes for the rows that merged cells cover, by their number; of very many, the first."""
    notes: dict[int, tuple[str, ...]] = {}
    left = _COVERED_ROWS
    for place, (top, bottom) in merges.items():
        text = _("Cells %(place)s are merged; only the first one holds the value.") % {"place": place}
        for number in range(top, min(bottom, top + left - 1) + 1):
            notes[number] = (*notes.get(number, ()), text)
            left -= 1
    return notes


def _merge_note(merges: Mapping[str, tuple[int, int]]) -> str:
    named = ", ".join(list(merges)[:_NAMED]) + ("…" if len(merges) > _NAMED else "")
    return _(
        "The sheet has merged cells (%(places)s); only the first cell of each holds its value, the others are "
        "read as empty."
    ) % {"places": named}


def _too_large() -> str:
    return _(
        "The workbook is too large to be read safely. Please remove sheets that are not needed, or save the "
        "table as CSV."
    )
