"""Taking somebody out of what imports have left behind: uploads that wait, and rows that stayed out (PIPL 47)."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db import transaction

from audit.actor import Actor
from audit.exceptions import InvalidInput
from customers.actions.imports.staging import stored_copy
from customers.actions.imports.uploads import drop_import
from customers.models import CustomerImport, ImportLine
from documents.exceptions import FileHeldBack, SheetRefused
from documents.sheets import as_text, read_rows
from organization.text import fold, normalise_phone, phone_digits

#: Fewer digits than these are in too many numbers.
_FEWEST_DIGITS = 7
_CHUNK = 2_000


def erase_person_traces(needles: Collection[str], *, by: Actor) -> int:
    """Drop every upload that is not in yet, and every row that stayed out, in which one of these names, numbers or
    addresses stands. Returns how many uploads and rows went.

    A whole upload goes, because what is taken out of its rows would come back with its file.
    """
    wanted = _Needles(needles)
    gone = 0
    for pk in CustomerImport.objects.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            row = CustomerImport.objects.select_for_update(of=("self",)).select_related("file").get(pk=pk)
            if row.is_over:
                gone += _drop_rows(row, wanted)
            elif _holds(row, wanted):
                drop_import(row, by=by)
                gone += 1
    return gone


class _Needles:
    """Names by their folded form, numbers by their digits."""

    def __init__(self, given: Iterable[str]) -> None:
        plain = [value for value in given if value.strip()]
        self.words = {fold(value) for value in plain}
        self.digits = {
            digits
            for value in plain
            if not any(char.isalpha() for char in value)
            for digits in (phone_digits(value), normalise_phone(value).national)
            if len(digits) >= _FEWEST_DIGITS
        }

    def are_in(self, cell: str) -> bool:
        """Whether one of them stands in this cell."""
        folded, digits = fold(cell), phone_digits(cell)
        return any(word in folded for word in self.words) or any(number in digits for number in self.digits)


def _drop_rows(row: CustomerImport, wanted: _Needles) -> int:
    found = _rows_with(row, wanted)
    ImportLine.objects.filter(pk__in=found).delete()
    blank = {"file_name": "", "header": [], "samples": [], "notes": [], "problem": "", "class_reason": ""}
    held = [name for name in blank if wanted.are_in(str(getattr(row, name)))]
    for name in held:
        setattr(row, name, blank[name])
    if held:
        row.save(update_fields=held)
    return len(found)


def _rows_with(row: CustomerImport, wanted: _Needles) -> list[int]:
    return [
        line.pk
        for line in ImportLine.objects.filter(imported=row).iterator(_CHUNK)
        if any(wanted.are_in(cell) for cell in (*line.values, line.message, line.notes))
    ]


def _holds(row: CustomerImport, wanted: _Needles) -> bool:
    if any(wanted.are_in(cell) for cell in (row.file_name, *row.header)):
        return True
    lines = ImportLine.objects.filter(imported=row).values_list("values", flat=True)
    if any(wanted.are_in(cell) for values in lines.iterator(_CHUNK) for cell in values):
        return True
    return row.file is not None and _file_holds(row, wanted)


def _file_holds(row: CustomerImport, wanted: _Needles) -> bool:
    """All sheets of the file, not only the one that was chosen; what cannot be read is taken for holding it."""
    assert row.file is not None  # noqa: S101 - narrows the type for mypy
    try:
        with stored_copy(row.file) as path:
            for sheet in row.sheets or [""]:
                rows = read_rows(path, sheet=sheet)
                if any(wanted.are_in(as_text(value)) for each in rows for value in each.values):
                    return True
    except (SheetRefused, FileHeldBack, InvalidInput):
        return True
    return False
