"""Tables out and in: XLSX and CSV that cannot do anything but be read."""

from documents.sheets.cells import CleanText, clean_text
from documents.sheets.errors import write_errors
from documents.sheets.reading import Row, Table, as_text, read_rows, read_table
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
    "read_rows",
    "read_table",
    "write_csv",
    "write_errors",
    "write_xlsx",
]
