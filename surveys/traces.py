"""Where this room keeps words about people, what a copy tells of them, and what is left of them (PIPL 44 to 47).

What was chosen, when and about which round stays, so that results stay the same; words, names and addresses go.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Min, Model, Q

from documents import exports
from organization.traces import AT, Subject, Trace, Words
from surveys import models


def _first(subject: Subject) -> datetime | None:
    """Since when the subject's calls stand in the table that is exported."""
    found: datetime | None = models.Callback.objects.filter(case__in=subject.cases).aggregate(at=Min("drawn_at"))["at"]
    return found


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
    *exports.traces(models.RecordExport, _first),
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
