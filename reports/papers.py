"""An issued report as PDF and as a workbook: the same tables as on the page (RPT-05, RPT-23)."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from documents.pdf import render_pdf
from documents.sheets import Column as SheetColumn
from documents.sheets import Sheet, Stamp, write_xlsx
from organization.queries import organisation
from reports.models import Report
from reports.models.report import LANGUAGE
from reports.tables import Section, Table, bars_of

#: How a column's cells stand in a workbook.
_FORMATS: dict[str, Any] = {
    "text": "text", "count": "integer", "rate": "percent", "change": "percent", "points": "number",
    "minutes": "integer",
}  # fmt: skip
#: Letters that a sheet's name may have.
_LONGEST_NAME = 28


def as_pdf(report: Report, sections: list[Section], *, stamp: Stamp) -> bytes:
    """A4 in Chinese: cover with number, author and approval, sentences, tables, pictures, signature lines.

    Raises:
        PdfFailed, PdfUnavailable: see ``documents.pdf.render_pdf``.
    """
    context = {
        "report": report,
        "organisation": organisation().name,
        "chapters": [(section, [(table, bars_of(table, most=8)) for table in section.tables]) for section in sections],
        "signatures": [lazy("Prepared by"), lazy("Checked by"), lazy("Approved by")],
    }
    with translation.override(LANGUAGE):
        html = render_to_string("reports/paper.html", context | {"stamp": stamp})
    return render_pdf(html, styles=("paper.css", "report.css"))


def as_xlsx(report: Report, sections: list[Section], *, stamp: Stamp) -> bytes:
    """A sheet for each table, numbers as numbers, with the report's sentences and formulas on the sheet of notes."""
    with translation.override(LANGUAGE):
        return _book(report, sections, stamp)


def _book(report: Report, sections: list[Section], stamp: Stamp) -> bytes:
    notes = [(_("Report"), f"{report.title} {report.number} v{report.version}")]
    for section in sections:
        notes += [(section.title, sentence) for sentence in section.sentences]
        notes += [(table.title, note) for table in section.tables for note in table.notes]
    target = BytesIO()
    sheets = [_sheet(n, table) for n, table in enumerate((t for s in sections for t in s.tables), 1)]
    write_xlsx(target, sheets, stamp=Stamp(stamp.user, stamp.at, stamp.number, [*stamp.notes, *notes]))
    return target.getvalue()


def _sheet(n: int, table: Table) -> Sheet:
    """Rates stand with numerator and denominator in columns of their own."""
    columns, rows = [], []
    for column in table.columns:
        columns.append(SheetColumn(column.label, _FORMATS[column.kind]))
        if column.kind == "rate":
            columns += [SheetColumn(_("Numerator"), "integer"), SheetColumn(_("Denominator"), "integer")]
    for row in table.rows:
        cells: list[Any] = [row.label]
        for column, cell in zip(table.columns[1:], row.cells, strict=True):
            cells.append(cell.number)
            if column.kind == "rate":
                cells += list(cell.of or (None, None))
        rows.append(cells)
    return Sheet(f"{n} {table.title}"[:_LONGEST_NAME], columns, rows)
