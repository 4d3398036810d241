"""Where this room keeps words about people, what a copy tells of them, and what is left of them (PIPL 44 to 47).

What was chosen, when and about which round stays, so that results stay the same; words, names and addresses go.
"""

from __future__ import annotations

from django.db.models import Min, Model, Q, QuerySet

from documents.actions import erase_file
from documents.exports import start_over
from organization.traces import AT, Deed, Deeds, Subject, Trace, Words
from surveys import models


def _records(subject: Subject) -> QuerySet[models.RecordExport]:
    """Workbooks that were written when the first of these calls stood in them: whoever needs one asks again."""
    first = models.Callback.objects.filter(case__in=subject.cases).aggregate(at=Min("drawn_at"))["at"]
    rows = models.RecordExport.objects.filter(file__isnull=False, file__erased_at=None)
    return rows.filter(finished_at__gte=first) if first else rows.none()


def _erase_records(subject: Subject, deed: Deed) -> int:
    start_over(models.RecordExport)
    rows = list(_records(subject).select_related("file"))
    for row in rows:
        assert row.file is not None  # noqa: S101 - as it was asked for
        erase_file(row.file, by=deed.by)
    return len(rows)


def _of_cases(
    model: type[Model], words: str, *, through: str = "case", marked: str = "", told: str = "", withheld: str = ""
) -> Words:
    """A table whose rows are about cases, directly or through another row."""
    return Words(
        model,
        lambda of: model._default_manager.filter(Q((f"{through}__in", of.cases))),
        words=words,
        marked=marked,
        told=told,
        withheld=withheld,
    )


TRACES: tuple[Trace, ...] = (
    Deeds("surveys.RecordExport", words="", doing=_erase_records, counting=lambda of: _records(of).count()),
    Words(
        models.RecordExport,
        lambda of: models.RecordExport.objects.filter(of.mentioned_in("purpose")),
        words="purpose",
        withheld="purpose",
    ),
    _of_cases(
        models.FollowUp,
        "cause result proposal refused_reason",
        through="response__case",
        told="opened_at reason item cause result ended_at",
        withheld="proposal refused_reason",
    ),
    _of_cases(models.Attempt, "note", through="callback__case", withheld="note"),
    _of_cases(models.Invitation, "to", withheld="to"),
    _of_cases(
        models.Answer,
        "comment corrected_reason",
        through="response__case",
        told="item option value comment",
        withheld="corrected_reason",
    ),
    Words(
        models.Response,
        lambda of: models.Response.objects.filter(case__in=of.cases, erased_at=None),
        words="said_by situation genuine_reason",
        told="submitted_at source said_by situation points band",
        withheld="genuine_reason",
        instead={"erased_at": AT},
    ),
)
