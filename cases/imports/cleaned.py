"""The file that says what cleaning changed in which row, for whoever has to trust the import."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.utils import timezone
from django.utils.translation import gettext as _

from cases.imports.rows import CHANGES, Record
from documents.sheets import Column, Sheet, Stamp, Written, write_csv, write_xlsx

#: So much of a long text is shown, from shortly before the first place that changed.
SHOWN, BEFORE = 500, 40
_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"})


def write_cleaned(path: Path, records: Iterable[Record]) -> Written:
    """Write for each cleaned row its number, the column, what was done, what stood there and what stands there now."""
    columns = [
        Column(_("Row in your file"), "integer", 14),
        Column(_("Column"), width=24),
        Column(_("What cleaning did"), width=48),
        Column(_("Before"), width=48),
        Column(_("After"), width=48),
    ]
    sheet = Sheet(_("Cleaned"), columns, _lines(records))
    if path.suffix.lower() == ".csv":
        return write_csv(path, sheet)
    return write_xlsx(path, [sheet], stamp=Stamp("", timezone.now(), path.stem))


def _lines(records: Iterable[Record]) -> Iterator[tuple[int, str, str, str, str]]:
    for record in records:
        what = " ".join(str(CHANGES[code]) for code in record.changes)
        for column, given, kept in record.edits or (("", "", ""),):
            start = max(0, _first_difference(given, kept) - BEFORE)
            shown = slice(start, start + SHOWN)
            yield record.number, column, what, _visible(given[shown]), _visible(kept[shown])


def _first_difference(one: str, other: str) -> int:
    places = (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return next(places, min(len(one), len(other)))


def _visible(value: str) -> str:
    """What nobody sees as its number; line breaks stay, or the two columns could not be compared."""
    return "".join(f"\\u{ord(c):04x}" if c != "\n" and unicodedata.category(c) in _UNSEEN else c for c in value)
