"""Where this room keeps words about people, what a copy tells of them, and what is left of them (PIPL 44 to 47).

A return is kept while the law wants it (A-33): the root refuses an erasure as long as there is one. What is said here
serves the copy, and the erasure once nothing stands in its way. Numbers, quantities, amounts and times stay.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Min, Model, Q

from documents import exports
from documents.actions import erase_file
from organization.traces import AT, LABEL, Deed, Deeds, Subject, Trace, Words
from returns import models


def _erase_files(subject: Subject, deed: Deed) -> int:
    rows = models.SlipFile.objects.filter(slip__in=subject.returns, file__erased_at=None).select_related("file")
    for row in rows:
        erase_file(row.file, by=deed.by)
    return len(rows)


def _first(subject: Subject) -> datetime | None:
    """Since when the subject's returns stand in the table that is exported."""
    found: datetime | None = models.ReturnSlip.objects.filter(pk__in=subject.returns).aggregate(
        at=Min("registered_at")
    )["at"]
    return found


def _of_slips(
    model: type[Model], words: str, *, through: str = "slip", marked: str = "", told: str = "", withheld: str = ""
) -> Words:
    """A table whose rows belong to returns, directly or through another row."""
    return Words(
        model,
        lambda of: model._default_manager.filter(Q((f"{through}__in", of.returns))),
        words=words,
        marked=marked,
        told=told,
        withheld=withheld,
    )


TRACES: tuple[Trace, ...] = (
    Deeds(
        "returns.SlipFile",
        words="",
        doing=_erase_files,
        counting=lambda of: models.SlipFile.objects.filter(slip__in=of.returns, file__erased_at=None).count(),
    ),
    *exports.traces(models.BookExport, _first),
    _of_slips(models.SlipContact, "text", told="happened_at direction channel__name text"),
    _of_slips(models.Inspection, "question findings", told="asked_at purpose passed findings at", withheld="question"),
    _of_slips(models.Refund, "reference", marked="reference", told="amount way paid_on reference"),
    _of_slips(models.RepairNote, "text", through="order__slip", marked="text", told="at kind text quantity"),
    _of_slips(
        models.RepairOrder,
        "tools detection work cause",
        told="number planned_on detection work cause finished_at",
        withheld="tools",
    ),
    _of_slips(models.ReturnClock, "breach_reason", marked="breach_reason", withheld="breach_reason"),
    _of_slips(
        models.SlipLine,
        "product_text batch serial difference_note",
        marked="product_text",
        told="product__name product_text batch serial announced counted difference_note",
    ),
    Words(
        models.ReturnSlip,
        lambda of: models.ReturnSlip.objects.filter(pk__in=of.returns, erased_at=None),
        words="description contact_name contact_organisation contact_phone contact_email contact_address opinion"
        " exception_reason refused_reason shipment end_note liable_text liable_handling detached_reason"
        " satisfaction_note search contact_search",
        marked="liable_text",
        told="number registered_at wish reason description contact_name contact_organisation contact_phone"
        " contact_email contact_address opinion refused_reason shipment outcome ended_at satisfaction_note",
        withheld="exception_reason end_note liable_text liable_handling detached_reason search contact_search",
        instead={"contact_name": LABEL, "erased_at": AT},
    ),
)
