"""Opening a workbook for one walk over its rows."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from defusedxml.ElementTree import iterparse
from django.utils.translation import gettext as _
from openpyxl.reader.excel import ExcelReader
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.worksheet._reader import DATA_TAG

from documents.exceptions import SheetRefused


class _Page(ReadOnlyWorksheet):
    """A sheet that is not asked for its size: many programs do not write it, and openpyxl would look through all rows
    for it, each time the workbook is opened.
    """

    def _get_size(self) -> None:
        with cast(Any, self)._get_source() as source:  # noqa: SLF001 - as its own methods do
            for _event, element in iterparse(source, events=("start",)):
                if element.tag == DATA_TAG:
                    return


class _Reader(ExcelReader):
    """Opens a workbook as ``load_workbook(read_only=True)`` does, but for the size of its sheets."""

    def __init__(self, stream: BinaryIO, *, texts: bool) -> None:
        super().__init__(stream, read_only=True, data_only=False, keep_links=False)
        self.texts = texts

    def read_strings(self) -> None:
        """The texts of all cells, which take long and are not needed for the names of the sheets."""
        if self.texts:
            super().read_strings()

    def read_worksheets(self) -> None:
        """The sheets without what only a program that writes needs of them."""
        sheets: Any = self.parser.find_sheets()
        book: Any = self.wb
        for sheet, relation in sheets:
            if relation.target not in self.valid_files:
                continue
            if "chartsheet" in relation.Type:
                self.read_chartsheet(sheet, relation)
                continue
            page = _Page(book, sheet.name, relation.target, self.shared_strings)
            page.sheet_state = sheet.state
            book._sheets.append(page)  # noqa: SLF001 - as its own reader does


def open_book(stream: BinaryIO, *, texts: bool = True) -> Any:
    """The workbook; raises ``SheetRefused`` where it is damaged."""
    try:
        reader = _Reader(stream, texts=texts)
        reader.read()
    except Exception as error:  # openpyxl raises whatever its parser stumbles over
        raise SheetRefused(broken()) from error
    return reader.wb


def broken() -> str:
    """What is said of a workbook that cannot be read."""
    return _(
        "The workbook is damaged or protected and cannot be read. Please open it in Excel, save it again as "
        ".xlsx, and try once more."
    )
