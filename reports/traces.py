"""Where this room keeps words about people, and what is left of them (PIPL 44 to 47).

Reports hold figures and no names; ledgers are read live and change with the cases. What left the house as a workbook
is erased whole: whoever needs it asks again.
"""

from __future__ import annotations

from django.db.models import Min, QuerySet

from cases.models import Case
from documents.actions import erase_file
from documents.exports import start_over
from organization.traces import Deed, Deeds, Subject, Trace, Words
from reports import models


def _ledgers(subject: Subject) -> QuerySet[models.LedgerExport]:
    """Workbooks that were written when the first of these cases stood in them."""
    first = Case.objects.filter(pk__in=subject.cases).aggregate(at=Min("registered_at"))["at"]
    rows = models.LedgerExport.objects.filter(file__isnull=False, file__erased_at=None)
    return rows.filter(finished_at__gte=first) if first else rows.none()


def _erase_ledgers(subject: Subject, deed: Deed) -> int:
    start_over(models.LedgerExport)
    rows = list(_ledgers(subject).select_related("file"))
    for row in rows:
        assert row.file is not None  # noqa: S101 - as it was asked for
        erase_file(row.file, by=deed.by)
    return len(rows)


TRACES: tuple[Trace, ...] = (
    Deeds("reports.LedgerExport", words="", doing=_erase_ledgers, counting=lambda of: _ledgers(of).count()),
    Words(
        models.LedgerExport,
        lambda of: models.LedgerExport.objects.filter(of.mentioned_in("purpose")),
        words="purpose",
        withheld="purpose",
    ),
    Words(
        models.Report,
        lambda of: models.Report.objects.filter(of.mentioned_in("reason", "opinion")),
        words="reason opinion",
        withheld="reason opinion",
    ),
)
