"""Where this room keeps words about people, what a copy tells of them, and what is left of them (PIPL 44 to 47).

A case keeps its number, its classification, its times and its outcome: what is counted stays the same.
"""

from __future__ import annotations

from django.db.models import Model, Q

from cases import models
from cases.actions import erasure
from organization.traces import AT, Deeds, Trace, Words


def _of_cases(
    model: type[Model], words: str, *, through: str = "case", marked: str = "", told: str = "", withheld: str = ""
) -> Words:
    """A table whose rows belong to cases, directly or through another row."""
    return Words(
        model,
        lambda of: model._default_manager.filter(Q((f"{through}__in", of.cases))),
        words=words,
        marked=marked,
        told=told,
        withheld=withheld,
    )


TRACES: tuple[Trace, ...] = (
    Deeds(
        "cases.CaseFile",
        words="documents.File.claimed_name documents.File.original documents.File.rendition documents.File.thumbnail",
        doing=erasure.erase_files,
        counting=lambda of: models.CaseFile.objects.filter(case__in=of.cases, file__erased_at=None).count(),
    ),
    Deeds(
        "cases.Access",
        words="",
        doing=erasure.shut_links,
        counting=lambda of: models.Access.objects.filter(case__in=of.cases).count(),
    ),
    Deeds(
        "cases.Draft",
        words="cases.Draft.subject cases.Draft.data",
        doing=erasure.discard_drafts,
        counting=lambda of: len(erasure.drafts_about(of)),
    ),
    Deeds(
        "cases.Import",
        words="cases.Case.import_key",
        doing=erasure.veil_keys,
        counting=lambda of: models.Case.objects.filter(pk__in=of.cases).exclude(import_key="").count(),
    ),
    Words(
        models.SavedView,
        lambda of: models.SavedView.objects.filter(of.mentioned_in("name", "query")),
        words="name query",
        withheld="name query",
        deletes=True,
    ),
    Words(
        models.BulkAct,
        lambda of: models.BulkAct.objects.filter(of.mentioned_in("wish", "query")),
        words="wish query",
        withheld="wish query",
    ),
    Words(
        models.BulkRefusal,
        lambda of: models.BulkRefusal.objects.filter(of.mentioned_in("reasons")),
        words="reasons",
        withheld="reasons",
    ),
    Words(
        models.ImportRow,
        lambda of: models.ImportRow.objects.filter(of.mentioned_in("message")),
        words="message",
        withheld="message",
    ),
    _of_cases(
        models.Contact,
        words="person text follow_up",
        told="case__number happened_at direction channel__name person text follow_up",
    ),
    _of_cases(
        models.Reply,
        words="text late_reason",
        marked="late_reason",
        told="case__number happened_at way final text",
        withheld="late_reason",
    ),
    _of_cases(
        models.OpinionRequest,
        words="result",
        told="case__number at way result",
    ),
    _of_cases(
        models.Opinion,
        words="remark",
        told="case__number happened_at way satisfied remark",
    ),
    _of_cases(
        models.Escalation,
        words="demand answer",
        told="case__number asked_at demand answered_at answer",
    ),
    _of_cases(
        models.Visit,
        words="necessity place participants late_reason findings customer_statement cancelled_reason",
        marked="necessity late_reason cancelled_reason",
        told="case__number planned_at arrived_at place participants findings customer_statement",
        withheld="necessity late_reason cancelled_reason",
    ),
    _of_cases(
        models.Verification,
        words="basis",
        told="case__number at result basis",
    ),
    _of_cases(
        models.Investigation,
        words="facts sources cause effect responsible_text",
        told="case__number at facts cause effect",
        withheld="sources responsible_text",
    ),
    _of_cases(
        models.Round,
        words="reason proof course cause decision lesson",
        marked="proof",
        told="case__number n opened_at closed_at outcome reason proof course decision",
        withheld="cause lesson",
    ),
    # How we worked on it among ourselves: erased with the rest, not part of the person's copy.
    _of_cases(
        models.Assignment,
        words="requirement passed_note answer ended_reason",
        marked="ended_reason",
        withheld="requirement passed_note answer ended_reason",
    ),
    _of_cases(
        models.Extension,
        through="assignment__case",
        words="reason opinion",
        withheld="reason opinion",
    ),
    _of_cases(
        models.Measure,
        words="text evidence cancelled_reason",
        marked="cancelled_reason",
        withheld="text evidence cancelled_reason",
    ),
    _of_cases(
        models.MeasureCheck,
        through="measure__case",
        words="method evidence",
        marked="method",
        withheld="method evidence",
    ),
    _of_cases(
        models.Note,
        words="text",
        withheld="text",
    ),
    _of_cases(
        models.Recusal,
        words="reason",
        marked="reason",
        withheld="reason",
    ),
    _of_cases(
        models.Hold,
        words="label detached_reason",
        marked="label detached_reason",
        withheld="label detached_reason",
    ),
    _of_cases(
        models.CaseClock,
        words="breach_reason",
        marked="breach_reason",
        withheld="breach_reason",
    ),
    _of_cases(
        models.CaseFile,
        words="original_kept_at",
        withheld="original_kept_at",
    ),
    Words(
        models.Case,
        lambda of: models.Case.objects.filter(pk__in=of.cases, erased_at=None),
        words="subject text demand reporter_name reporter_organisation reporter_phone reporter_email product_text"
        " batch serial quantity order_number late_reason search contact_search",
        marked="subject late_reason",
        told="number received_at kind__name category__name channel__name subject text demand reporter_name"
        " reporter_organisation reporter_phone reporter_email product__name product_text batch serial quantity"
        " order_number purchased_on state outcome closed_at",
        withheld="late_reason search contact_search",
        instead={"erased_at": AT},
    ),
)
