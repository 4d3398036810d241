"""Tables of customers for the tests of their import."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

from customers.actions import imports
from customers.imports.columns import targets
from customers.imports.mapping import propose
from customers.models import CustomerImport
from customers.queries.imports import refused_lines
from tests.world import World

Rows = Sequence[Sequence[Any]]


def csv_of(rows: Rows, *, encoding: str = "utf-8", name: str = "客户.csv") -> SimpleUploadedFile:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return SimpleUploadedFile(name, text.getvalue().encode(encoding))


def xlsx_of(rows: Rows, *, name: str = "客户.xlsx", merged: str = "", more: Sequence[str] = ()) -> SimpleUploadedFile:
    book = Workbook()
    page = book.active
    page.title = "客户"
    for row in rows:
        page.append(list(row))
    if merged:
        page.merge_cells(merged)
    for title in more:
        book.create_sheet(title).append(["说明"])
    out = io.BytesIO()
    book.save(out)
    return SimpleUploadedFile(name, out.getvalue())


def uploaded(
    world: World, file: SimpleUploadedFile, *, by: str = "hub_head", whole: bool = False, **said: Any
) -> CustomerImport:
    """Uploaded, its columns named by their titles, and checked."""
    row = imports.open_import(file, by=world.users[by])
    known = targets(whole_file=whole)
    row = imports.map_columns(row, imports.Meaning(propose(row.header, known), **said), known)
    assert imports.work_on(row.pk)
    row.refresh_from_db()
    return row


def imported(world: World, file: SimpleUploadedFile, **said: Any) -> CustomerImport:
    """The same, and let in."""
    row = uploaded(world, file, **said)
    if row.may_run:
        row = imports.start_import(row)
        while not imports.work_on(row.pk):
            pass
        row.refresh_from_db()
    return row


def counts(row: CustomerImport) -> tuple[int, int, int, int]:
    """Created, changed, the same, refused."""
    return row.rows_created, row.rows_changed, row.rows_same, row.rows_refused


def refusals(row: CustomerImport) -> dict[int, str]:
    """Why rows stayed out, by their numbers in the file."""
    return {line.row: line.message for line in refused_lines(row)}


def on_disk(file: SimpleUploadedFile, folder: Path) -> Path:
    path = folder / str(file.name)
    path.write_bytes(file.read())
    return path
