"""Issued reports as pages read them: the list, one with its chapters, and the records behind a figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import QuerySet

from cases.models import Case
from cases.queries.browse import CaseRow, listed, row_of
from organization.paging import Page, page_of
from organization.queries import Identity
from reports import progress
from reports.figures import facts_behind
from reports.models import Fact, Report
from reports.tables import Bar, Section, Table, bars_of, from_json
from returns.models import ReturnSlip


def sections_of(report: Report) -> list[Section]:
    """Its chapters, as they were built."""
    return from_json(report.tables.get("sections", []))


def chapters_of(report: Report) -> list[tuple[Section, list[tuple[Table, list[Bar]]]]]:
    """Its chapters, each table with its picture; what the page and the paper are made from."""
    return [(section, [(table, bars_of(table)) for table in section.tables]) for section in sections_of(report)]


@dataclass(frozen=True)
class Shown:
    """A report of the list; ``percent`` of it are done while it is being built."""

    report: Report
    percent: int

    @property
    def tone(self) -> str:
        """The colour of its state."""
        return {"approved": "green", "draft": "amber", "failed": "red"}.get(self.report.state, "blue")


def shown(report: Report) -> Shown:
    """With how far it is."""
    return Shown(report, progress.percent(report))


@dataclass(frozen=True)
class Records:
    """What stands behind a figure: so many were counted, so many of them the reader may see."""

    counted: int
    visible: int
    cases: list[CaseRow]
    returns: list[ReturnSlip]
    after: str


def records_behind(report: Report, wanted: Mapping[str, str], who: Identity) -> Records:
    """The cases, or the returns, of exactly the facts that the figure counted; a page of them, the newest first.

    Months later they are the same, as they stand now; what the reader may not see is not named.
    """
    facts = facts_behind(report, wanted)
    if wanted.get("figure", "").startswith("return."):
        return _returns(facts, wanted, who)
    rows = Case.objects.visible_to(who).filter(pk__in=facts.values("case"))
    page: Page[Case] = page_of(listed(rows), "received_at", descending=True, after=wanted.get("after", ""))
    return Records(
        facts.values("case").distinct().count(), rows.count(), [row_of(case, who) for case in page.rows], [], page.after
    )


def _returns(facts: QuerySet[Fact], wanted: Mapping[str, str], who: Identity) -> Records:
    rows = ReturnSlip.objects.visible_to(who).filter(pk__in=facts.values("row"))
    page: Page[ReturnSlip] = page_of(rows, "registered_at", descending=True, after=wanted.get("after", ""))
    return Records(facts.count(), rows.count(), [], list(page.rows), page.after)
