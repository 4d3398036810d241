"""How far the workbook of a ledger is, in the cache: the transaction that reads it shows nothing before its end.

Losing it costs a number on a page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from reports.models import LedgerExport
from reports.progress import note, noted

T = TypeVar("T")
STEP = 1000


def counted(rows: Iterable[T], export: LedgerExport, total: int) -> Iterator[T]:
    """The same rows; every thousand of them is a step."""
    for done, row in enumerate(rows):
        if done % STEP == 0:
            note(_key(export), 100 * done // max(total, 1))
        yield row


def percent(export: LedgerExport) -> int:
    """How much of it is written, from 0 to 100."""
    return 100 if export.state == export.State.DONE else min(noted(_key(export)), 99)


def _key(export: LedgerExport) -> str:
    return f"ledger-export:{export.pk}"
