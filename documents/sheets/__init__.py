"""Tables out and in: XLSX and CSV that cannot do anything but be read."""

from documents.sheets.cells import CleanText, clean_text
from documents.sheets.errors import free_path, original_stem, write_errors
from documents.sheets.reading import Row, Table, as_text, read_rows, read_table, sheets_of
from documents.sheets.writing import Column, Sheet, Stamp, Written, write_csv, write_xlsx

__all__ = [
    "CleanText",
    "Column",
    "Row",
    "Sheet",
    "Stamp",
    "Table",
    "Written",
    "as_text",
    "clean_text",
    "free_path",
    "original_stem",
    "read_rows",
    "read_table",
    "sheets_of",
    "write_csv",
    "write_errors",
    "write_xlsx",
]
