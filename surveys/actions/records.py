"""The record of a quarter's calls as a file: asked for, written in the background, taken once it is there (F73)."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.actor import Actor
from documents.exports import Exporting
from documents.sheets import Sheet
from organization.models import User
from organization.queries import identity_of
from surveys import notices
from surveys.models import RecordExport
from surveys.queries.records import RecordSheet, Wanted, summary_columns, summary_rows


def _sheets(row: RecordExport) -> list[Sheet]:
    wanted = Wanted.from_json(row.wanted)
    record = RecordSheet(identity_of(row.by), wanted)
    return [
        Sheet(_("Telephone callback record"), record.columns(), record.rows()),
        Sheet(_("Telephone callback summary"), summary_columns(), summary_rows(wanted)),
    ]


def _tell(row: RecordExport) -> None:
    quarter = Wanted.from_json(row.wanted).quarter
    notices.record_ready(row.by, number=row.number, rows=row.rows, quarter=quarter)


RECORDS = Exporting(
    RecordExport,
    thread="surveys",
    series="callback-record",
    prefix="HF",
    title=gettext_lazy("Telephone callback record"),
    sheets=_sheets,
    filters=lambda row: Wanted.from_json(row.wanted).words,
    told=_tell,
)


def ask_for_record(user: User, wanted: Wanted, *, purpose: str, by: Actor) -> RecordExport:
    """Ask for the record as XLSX; the file comes when it is written. Raises ``InvalidInput`` without a purpose."""
    return RECORDS.ask(user, wanted.as_json(), purpose=purpose, by=by)


def pending() -> list[int]:
    """Exports whose task was lost, the oldest first."""
    return RECORDS.pending()


def write_record(pk: int) -> RecordExport | None:
    """Write one export, once, however often it is asked; None where nothing is to be done."""
    return RECORDS.write(pk)
