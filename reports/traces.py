"""Where this room keeps words about people, and what is left of them (PIPL 44 to 47).

Reports hold figures and no names; ledgers are read live and change with the cases. What left the house as a workbook
is erased whole: whoever needs it asks again.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Min

from cases.models import Case
from documents import exports
from organization.traces import Subject, Trace, Words
from reports import models


def _first(subject: Subject) -> datetime | None:
    """Since when the subject's cases stand in the table that is exported."""
    found: datetime | None = Case.objects.filter(pk__in=subject.cases).aggregate(at=Min("registered_at"))["at"]
    return found


TRACES: tuple[Trace, ...] = (
    *exports.traces(models.LedgerExport, _first),
    Words(
        models.Report,
        lambda of: models.Report.objects.filter(of.mentioned_in("reason", "opinion")),
        words="reason opinion",
        withheld="reason opinion",
    ),
)
