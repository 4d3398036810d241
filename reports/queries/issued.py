"""Issued reports as pages read them: the list, one with its chapters, and the records behind a figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import pgettext

from cases.models import Case
from cases.queries.browse import CaseRow, listed, row_of
from customers.rights import withheld_from
from organization.paging import Page, page_of
from organization.queries import Identity
from reports import progress
from reports.figures import DIMENSIONS, facts_behind
from reports.models import Fact, Report
from reports.tables import Bar, Section, Table, bars_of, from_json
from returns.models import ReturnSlip


def sections_of(report: Report) -> list[Section]:
    """Its chapters, as they were built."""
    return from_json(report.tables.get("sections", []))


def chapters_of(report: Report) -> list[tuple[Section, list[tuple[Table, list[Bar]]]]]:
    """Its chapters, each table with its picture; what the page shows."""
    return [(section, [(table, bars_of(table)) for table in section.tables]) for section in sections_of(report)]


@dataclass(frozen=True)
class Shown:
    """A report of the list; ``percent`` of it are done while it is being built, ``corrected`` has a next version."""

    report: Report
    percent: int
    corrected: bool

    @property
    def state(self) -> str:
        """Where it stands, in words."""
        return pgettext("report", "Corrected") if self.corrected else str(self.report.get_state_display())

    @property
    def tone(self) -> str:
        """The colour of its state."""
        if self.corrected:
            return "amber"
        return {"approved": "green", "draft": "amber", "failed": "red"}.get(self.report.state, "blue")


def shown(report: Report) -> Shown:
    """With how far it is."""
    return Shown(report, progress.percent(report), getattr(report, "corrected", False))


def reports_of(who: Identity) -> QuerySet[Report]:
    """Those that somebody may read, without their tables, and whether a next version of each was built."""
    next_one = Report.objects.filter(corrects=OuterRef("pk"), snapshot_at__isnull=False)
    return Report.objects.visible_to(who).defer("tables").annotate(corrected=Exists(next_one))


@dataclass(frozen=True)
class Records:
    """What stands behind a figure: so many were counted, in so many cases or returns, so many the reader may see."""

    counted: int
    places: int
    visible: int
    cases: list[CaseRow]
    returns: list[ReturnSlip]
    after: str


def records_behind(report: Report, wanted: Mapping[str, str], who: Identity) -> Records:
    """The cases, or the returns, of exactly the facts that a figure of the report counted; a page of them.

    Months later they are the same, as they stand now; what the reader may not see is not named, and what bars the
    reader is not even counted (RTE-18). What is no figure of the report finds nothing.
    """
    facts = facts_behind(report, wanted) if _is_figure(report, wanted) else Fact.objects.none()
    barred = sorted({-who.user_id, *(-person.user_id for person in who.acting)} | withheld_from(who))
    facts = facts.exclude(case__barred__overlap=barred)
    if wanted.get("figure", "").startswith("return."):
        return _returns(facts, wanted, who)
    rows = Case.objects.visible_to(who).filter(pk__in=facts.values("case"))
    page: Page[Case] = page_of(listed(rows), "received_at", descending=True, after=wanted.get("after", ""))
    cases = facts.values("case").distinct().count()
    return Records(
        facts.count(), cases, rows.count(), [row_of(case, who) for case in page.rows], [], page.after
    )  # fmt: skip


def _is_figure(report: Report, wanted: Mapping[str, str]) -> bool:
    """Whether a cell of the report's tables leads there: nobody asks for figures of his or her own making."""
    asked = {name: value for name, value in wanted.items() if name == "figure" or name in DIMENSIONS}
    return any(
        cell.find and dict(parse_qsl(cell.find)) == asked
        for section in sections_of(report) for table in section.tables for row in table.rows for cell in row.cells
    )  # fmt: skip


def _returns(facts: QuerySet[Fact], wanted: Mapping[str, str], who: Identity) -> Records:
    rows = ReturnSlip.objects.visible_to(who).filter(pk__in=facts.values("row"))
    page: Page[ReturnSlip] = page_of(rows, "registered_at", descending=True, after=wanted.get("after", ""))
    count = facts.count()
    return Records(count, count, rows.count(), [], list(page.rows), page.after)
