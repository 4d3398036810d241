"""The account book as a file: asked for, written in the background, taken once it is there (F42, SEC-13)."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.actor import Actor
from customers.rights import serves
from documents.exports import Exporting
from documents.sheets import Sheet
from organization.models import User
from organization.queries import identity_of
from returns import notices
from returns.models import BookExport
from returns.queries.book import Wanted, columns, rows_for_sheet


def _sheets(row: BookExport) -> list[Sheet]:
    who = identity_of(row.by)
    rows = rows_for_sheet(who, Wanted.from_json(row.wanted), clear=serves(who))
    return [Sheet(_("Account book of returns"), columns(), rows)]


BOOKS = Exporting(
    BookExport,
    thread="returns",
    series="return-book",
    prefix="EX",
    title=gettext_lazy("Account book of returns"),
    sheets=_sheets,
    filters=lambda row: "；".join(map(str, row.wanted.values())),
    told=lambda row: notices.book_ready(row.by, number=row.number, rows=row.rows),
)


def ask_for_book(user: User, wanted: Wanted, *, purpose: str, by: Actor) -> BookExport:
    """Ask for the book as XLSX; the file comes when it is written. Raises ``InvalidInput`` without a purpose."""
    return BOOKS.ask(user, wanted.as_json(), purpose=purpose, by=by)


def pending() -> list[int]:
    """Exports whose task was lost, the oldest first."""
    return BOOKS.pending()


def write_book(pk: int) -> BookExport | None:
    """Write one export, once, however often it is asked; None where nothing is to be done."""
    return BOOKS.write(pk)
