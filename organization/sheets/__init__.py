"""Departments, products and users from a table: checked row by row, idempotent by code or login name.

The table comes as text cells; whoever can open spreadsheets reads it. A check is the import itself,
rolled back, so that it never says anything else than the import does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from audit.actor import Actor
from organization.models import Department, Product, SheetUpload
from organization.sheets.columns import COLUMNS, Column, Line, Outcome, cells_of, places_of
from organization.sheets.units import Units
from organization.sheets.users import Users

__all__ = ["COLUMNS", "KEPT", "MAX_ROWS", "Column", "Line", "Outcome", "bring_in", "check", "forget_uploads"]

#: More rows than this in one table take longer than a page may.
MAX_ROWS = 2000
#: How long a checked table waits for its import.
KEPT = timedelta(days=1)


def forget_uploads(now: datetime) -> int:
    """Remove checked tables that nobody imported within a day: they name people. Returns how many."""
    return SheetUpload.objects.filter(created_at__lt=now - KEPT).delete()[0]


def check(what: str, header: Sequence[str], lines: Iterable[Line], *, by: Actor) -> Outcome:
    """What an import of these rows would do; changes nothing. Raises ``InvalidInput`` for a wrong header."""
    with transaction.atomic():
        outcome = bring_in(what, header, lines, by=by)
        transaction.set_rollback(True)
    return outcome


@transaction.atomic
def bring_in(what: str, header: Sequence[str], lines: Iterable[Line], *, by: Actor) -> Outcome:
    """Import the good rows, name the wrong ones; the same table once more changes nothing.

    An empty cell of somebody or something that exists already leaves the value as it is.
    """
    places = places_of(what, header)
    rows = [(number, cells_of(what, places, values)) for number, values in lines]
    if what == "users":
        return Users(by).run(rows)
    return Units(Department if what == "departments" else Product, by).run(rows)
