"""The file that says what was wrong with which row, made to be corrected and imported again."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from documents.sheets.marks import ERROR_MARK, ROW_MARK
from documents.sheets.writing import Column, Sheet, Stamp, Written, write_csv, write_xlsx

_ERRORS = re.compile(r"\.errors(-\d+)?$")


def write_errors(
    path: Path,
    header: Sequence[str],
    errors: Iterable[tuple[int, Sequence[Any], str]],
    *,
    stamp: Stamp | None = None,
) -> Written:
    """Write each refused row with its number, its values as they came, and what is wrong with it.

    `read_table` takes the file as it is: corrected rows come in under their first numbers, and the column with the
    messages is left out. The ending of the name decides: .csv or .xlsx.

    Args:
        errors: (number in the first file, values, message), in any number; a generator is fine.
    """
    columns = [
        Column(f"{_('Row in your file')} {ROW_MARK}", "integer", 14),
        *[Column(name, width=24) for name in header],
        Column(f"{_('What is wrong')} {ERROR_MARK}", width=60),
    ]
    rows = ([number, *_padded(values, len(header)), message] for number, values, message in errors)
    sheet = Sheet(_("To correct"), columns, rows)
    if path.suffix.lower() == ".csv":
        return write_csv(path, sheet)
    return write_xlsx(path, [sheet], stamp=stamp or Stamp("", timezone.now(), path.stem))


def original_stem(path: Path) -> str:
    """The name, without ending, of the file that this one is or was made from as its errors."""
    return _ERRORS.sub("", path.stem)


def free_path(path: Path, what: str) -> Path:
    """A name beside a file that is not taken: never over a file that somebody may be correcting."""
    stem, number = original_stem(path), 1
    while True:
        found = path.with_name(f"{stem}.{what}{'' if number == 1 else f'-{number}'}{path.suffix.lower()}")
        if not found.exists():
            return found
        number += 1


def _padded(values: Sequence[Any], width: int) -> list[Any]:
    """The values as wide as the header, with dates as they were; a longer row keeps its rest in the last cell."""
    row = [
        value if not isinstance(value, dt.datetime) or value.tzinfo is None else value.isoformat() for value in values
    ]
    if len(row) > width:
        row = [*row[: width - 1], " | ".join(str(value) for value in row[width - 1 :] if value is not None)]
    return row + [None] * (width - len(row))
