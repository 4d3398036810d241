"""Tables out: row by row, so that a hundred thousand of them need no more memory than ten."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import io
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from documents.sheets.cells import clean_text, for_csv, for_xlsx, looks_like_a_formula

Format = Literal["text", "integer", "number", "money", "percent", "date", "datetime", "time"]
_NUMBER_FORMATS: dict[Format, str] = {
    "text": "@",
    "integer": "0",
    "number": "#,##0.##",
    "money": "#,##0.00",
    "percent": "0.0%",
    "date": "yyyy-mm-dd",
    "datetime": "yyyy-mm-dd hh:mm",
    "time": "hh:mm",
}
_WIDTHS: dict[Format, float] = {
    "text": 24, "integer": 10, "number": 12, "money": 14, "percent": 10, "date": 12, "datetime": 18, "time": 8,
}  # fmt: skip
#: openpyxl's write-only sheet; its type stubs lack half of it.
Page = Any
#: Rows of one sheet, with its header; what is more goes on in a second sheet.
MAX_ROWS = 1_048_576
#: More digits than this a spreadsheet silently rounds.
_MAX_DIGITS = 15
_FIRST_DAY = dt.date(1900, 3, 1)
_BAD_IN_TITLES = str.maketrans(dict.fromkeys("[]:*?/\\'", "_"))


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what stands above it, what its cells are, how wide it is (in characters of 0)."""

    title: str
    format: Format = "text"
    width: float | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table. Rows may be a generator; values may be text, numbers, dates, times, truth values or None."""

    title: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who made an export, when, and under which number (SEC-13); stands in the footer of every printed page.

    Attributes:
        notes: lines for the reader on a sheet of their own, such as the filters in force; (title, text).
    """

    user: str
    at: dt.datetime
    number: str
    notes: Sequence[tuple[str, str]] = ()

    @property
    def line(self) -> str:
        """User, time and number in one line."""
        return f"{self.user} · {timezone.localtime(self.at):%Y-%m-%d %H:%M} · {self.number}"


@dataclass(slots=True)
class Written:
    """What was written, and what had to be changed to write it."""

    rows: int = 0
    cleaned: int = 0
    cut: int = 0
    sheets: list[str] = field(default_factory=list)


def write_xlsx(target: Path | BinaryIO, sheets: Sequence[Sheet], *, stamp: Stamp) -> Written:
    """Write a workbook: frozen header, filters, real dates and numbers, and every text as text (RPT-01, SEC-13).

    No cell is a formula or a link, whatever it contains. Rows are written as they come; memory does not grow.
    """
    book = Workbook(write_only=True)
    book.properties.creator = clean_text(stamp.user).text[:200]
    book.properties.title = clean_text(stamp.number).text[:200]
    written = Written()
    try:
        for sheet in sheets:
            _write_sheet(book, sheet, stamp, written)
        _write_about(book, stamp, written)
        book.save(target)
    except BaseException:
        _discard(book)
        raise
    return written


def write_csv(target: Path | BinaryIO, sheet: Sheet) -> Written:
    """Write a table as UTF-8 with the mark that Excel needs, text in quotes, guarded against formulas."""
    if isinstance(target, Path):
        with target.open("wb") as stream:
            return write_csv(stream, sheet)
    out = io.TextIOWrapper(target, encoding="utf-8-sig", newline="", write_through=False)
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    written = Written(sheets=[sheet.title])
    writer.writerow([for_csv(clean_text(str(column.title)).text) for column in sheet.columns])
    for row in sheet.rows:
        writer.writerow([_csv_value(value, written) for value in row])
        written.rows += 1
    out.flush()
    out.detach()
    return written


# --- XLSX -----------------------------------------------------------------------------------------


def _write_sheet(book: Workbook, sheet: Sheet, stamp: Stamp, written: Written) -> None:
    rows = iter(sheet.rows)
    number = 0
    while True:
        number += 1
        title = sheet.title if number == 1 else f"{sheet.title[:25]} ({number})"
        if not _write_part(_new_sheet(book, title, sheet.columns, stamp, written), sheet.columns, rows, written):
            return


def _write_part(page: Page, columns: Sequence[Column], rows: Iterator[Sequence[Any]], written: Written) -> bool:
    """Fill one sheet; True if it is full and more may come."""
    page.append([_header_cell(page, column.title) for column in columns])
    count = 1
    for row in rows:
        page.append([_cell(page, value, column.format, written) for value, column in zip(row, columns, strict=True)])
        count += 1
        written.rows += 1
        if count == MAX_ROWS:
            break
    page.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{count}"
    return count == MAX_ROWS


def _new_sheet(book: Workbook, title: str, columns: Sequence[Column], stamp: Stamp, written: Written) -> Page:
    name = clean_text(str(title)).text.translate(_BAD_IN_TITLES).strip()[:31] or "1"
    page = book.create_sheet(name)
    written.sheets.append(page.title)
    page.freeze_panes = "A2"
    page.print_title_rows = "1:1"
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = 9  # A4
    page.page_setup.fitToHeight = 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.oddFooter.left.text = _footer(stamp.line)
    page.oddFooter.right.text = "&P / &N"
    for number, column in enumerate(columns, 1):
        page.column_dimensions[get_column_letter(number)].width = column.width or max(
            _WIDTHS[column.format], min(40.0, 2.0 + 2 * len(str(column.title)))
        )
    return page


def _footer(line: str) -> str:
    """In a footer & begins a code; doubled it is itself."""
    return clean_text(line).text.replace("&", "&&").replace("\n", " ")[:200]


def _header_cell(page: Page, title: str) -> Cell:
    cell = _text_cell(page, clean_text(str(title)).text)
    cell.font = Font(bold=True)
    cell.fill = PatternFill("solid", fgColor="E6F1EF")
    cell.alignment = Alignment(vertical="center", wrap_text=True)
    return cell


def _cell(page: Page, value: Any, form: Format, written: Written) -> Cell | None:
    plain = _plain(value)
    if plain is None or plain == "":
        return None
    if isinstance(plain, str):
        clean = clean_text(plain)
        written.cleaned += clean.changed
        written.cut += clean.cut
        return _text_cell(page, clean.text)
    cell = WriteOnlyCell(page, value=plain)
    cell.number_format = _NUMBER_FORMATS[_fitting(plain, form)]
    return cell


def _text_cell(page: Page, text: str) -> Cell:
    """A cell that is text and stays text, also when somebody edits it in Excel (that is what the prefix is for)."""
    cell = WriteOnlyCell(page, value=for_xlsx(text))
    cell.data_type = "s"  # openpyxl takes "=1+1" for a formula and "#N/A" for an error
    if looks_like_a_formula(text):
        cell.quotePrefix = True
    return cell


def _fitting(value: Any, form: Format) -> Format:
    """The column's own format, unless the value is of another sort."""
    if isinstance(value, dt.datetime):
        return form if form in ("date", "datetime") else "datetime"
    if isinstance(value, dt.date):
        return "date"
    if isinstance(value, dt.time):
        return "time"
    if form in ("integer", "number", "money", "percent"):
        return form
    return "integer" if isinstance(value, int) else "number"


def _plain(value: Any) -> Any:
    """A value that a spreadsheet keeps exactly, else its text: long numbers, old dates, infinity."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, int | Decimal | float):
        return _number(value)
    if isinstance(value, dt.datetime):
        local = timezone.localtime(value).replace(tzinfo=None) if value.tzinfo else value
        return local.replace(microsecond=0) if local.date() >= _FIRST_DAY else f"{local:%Y-%m-%d %H:%M}"
    if isinstance(value, dt.date):
        return value if value >= _FIRST_DAY else value.isoformat()
    if isinstance(value, dt.time):
        return value.replace(tzinfo=None, microsecond=0)
    return str(value)


def _number(value: int | Decimal | float) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Decimal):
        if not value.is_finite():
            return str(value)
        return value if len(value.as_tuple().digits) <= _MAX_DIGITS else f"{value:f}"
    return value if len(str(abs(value))) <= _MAX_DIGITS else str(value)


def _write_about(book: Workbook, stamp: Stamp, written: Written) -> None:
    """The last sheet: who, when, number, and what the reader must know about the figures."""
    page = book.create_sheet(_("About this file"))
    page.column_dimensions["A"].width, page.column_dimensions["B"].width = 24, 80
    lines = [
        (_("Made by"), stamp.user),
        (_("Made at"), f"{timezone.localtime(stamp.at):%Y-%m-%d %H:%M:%S}"),
        (pgettext("export", "Number"), stamp.number),
        (_("Rows"), str(written.rows)),
        *stamp.notes,
    ]
    if written.cut:
        lines.append(
            (
                _("Cut texts"),
                _("%(count)d texts were longer than a cell can hold; their ends say so.") % {"count": written.cut},
            )
        )
    for title, text in lines:
        page.append([_text_cell(page, clean_text(str(each)).text) for each in (title, text)])


def _discard(book: Workbook) -> None:
    """Remove the temporary files of a workbook that was not finished; by itself openpyxl keeps them to its end."""
    for page in book.worksheets:
        with contextlib.suppress(Exception):
            cast(Page, page).close()
        with contextlib.suppress(Exception):
            cast(Page, page)._writer.cleanup()  # noqa: SLF001


# --- CSV ------------------------------------------------------------------------------------------


def _csv_value(value: Any, written: Written) -> Any:
    plain = _plain(value)
    if isinstance(plain, dt.datetime):
        return f"{plain:%Y-%m-%d %H:%M:%S}"
    if isinstance(plain, dt.date | dt.time):
        return plain.isoformat()
    if plain is None or isinstance(plain, int | float | Decimal):
        return plain
    clean = clean_text(plain)
    written.cleaned += clean.changed
    written.cut += clean.cut
    return for_csv(clean.text)
