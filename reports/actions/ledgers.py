"""A ledger as a workbook: asked for, written in the background, taken once it is there (RPT-01, F01, SEC-13)."""

from __future__ import annotations

from functools import cache

from audit.actor import Actor
from documents.exports import Exporting
from documents.sheets import Sheet
from organization.models import User
from organization.queries import identity_of
from reports import ledger_progress, notices
from reports.models import LedgerExport
from reports.queries.ledger_list import LEDGERS
from reports.queries.ledgers import Wanted


def _sheet(row: LedgerExport) -> Sheet:
    ledger, wanted, who = LEDGERS[row.ledger], Wanted.from_json(row.wanted), identity_of(row.by)
    lines = ledger_progress.counted(ledger.all(who, wanted), row, ledger.found(who, wanted).count())
    columns = [heading.column for heading in ledger.headings()]
    return Sheet(str(ledger.title), columns, (line.cells for line in lines))


def _filters(row: LedgerExport) -> str:
    return "；".join(LEDGERS[row.ledger].words(Wanted.from_json(row.wanted)))


def _told(row: LedgerExport) -> None:
    notices.ledger_ready(row, title=str(LEDGERS[row.ledger].title))


@cache
def _exporting(code: str) -> Exporting[LedgerExport]:
    """The exports of one ledger; they differ in what the file is called."""
    return Exporting(
        LedgerExport,
        thread="reports",
        series="ledger",
        prefix="TZ",
        title=LEDGERS[code].title,
        sheets=lambda row: [_sheet(row)],
        filters=_filters,
        told=_told,
    )


def ask_for_ledger(user: User, wanted: Wanted, *, purpose: str, by: Actor) -> LedgerExport:
    """Ask for a ledger as XLSX; the file comes when it is written. Raises ``InvalidInput`` without a purpose."""
    return _exporting(wanted.ledger).ask(user, wanted.as_json(), purpose=purpose, by=by)


def pending() -> list[int]:
    """Exports whose task was lost, the oldest first."""
    return _exporting(next(iter(LEDGERS))).pending()


def write_ledger(pk: int) -> LedgerExport | None:
    """Write one export, once, however often it is asked; None where nothing is to be done."""
    row = LedgerExport.objects.filter(pk=pk).first()
    return _exporting(row.ledger).write(pk) if row is not None else None
