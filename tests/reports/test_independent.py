"""The totals of a report against another way of counting: row by row, from nothing but the base tables (RPT-21)."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from audit.actor import Actor
from cases.models import Assignment, Case, CaseClock, Contact, Investigation, Measure, Note, Reply, Round, Visit
from feedback_system.load.run import Wish, generate
from feedback_system.load.surveys import write_responses
from reports.actions import issuing
from reports.figures import facts_behind
from reports.models import Report
from reports.periods import Period, month_of, quarter_of
from reports.queries.issued import sections_of
from reports.small_groups import smallest_group
from reports.tables import Table
from surveys.models import Response

pytestmark = [pytest.mark.django_db, pytest.mark.req("RPT-21", "RPT-04", "RPT-13"), pytest.mark.timeout(300)]
NOWHERE = {"invalid", "imported"}
TEXTS = Path(__file__).parent.parent / "data" / "texts.csv"


@pytest.fixture
def load(db: None) -> None:
    """Some hundred cases over a year, a fifth of them open, with answers."""
    generate(Wish(500, TEXTS, departments=12, days=300, open_share=0.2), say=lambda line: None)
    write_responses(150, seed=3, days=200, say=lambda line: None)


class ByHand:
    """What a period holds, in plain Python."""

    def __init__(self, period: Period, now: datetime) -> None:
        self.starts, self.ends, self.now = period.starts, period.ends, now
        self.found: Counter[str] = Counter()
        outcomes = Case.objects.values_list("pk", "outcome")
        self.counting = {pk for pk, outcome in outcomes if outcome not in NOWHERE}

    def within(self, moment: datetime | None) -> bool:
        return moment is not None and self.starts <= moment < self.ends

    def rounds(self) -> None:
        received = dict(Case.objects.values_list("pk", "received_at"))
        ends = CaseClock.objects.filter(kind="resolution", assignment=None).values_list("case_id", "round", "met_at")
        resolved = {(case, n): met_at for case, n, met_at in ends}
        for row in Round.objects.exclude(outcome="imported"):
            counts = row.case_id in self.counting
            self.found["received"] += counts and row.n == 1 and self.within(received[row.case_id])
            if row.outcome in NOWHERE:
                continue
            self.found["reopened"] += row.n > 1 and self.within(row.opened_at)
            self.found["closed"] += self.within(row.closed_at)
            self.found["handled"] += self.within(resolved.get((row.case_id, row.n)) or row.closed_at)
            self.found["open"] += row.opened_at < self.ends and (row.ended_at is None or row.ended_at >= self.ends)

    def clocks(self) -> None:
        for clock in CaseClock.objects.filter(case__in=self.counting):
            in_time = clock.met_at is None and clock.stopped_at is not None and clock.stopped_at < clock.first_due_at
            if self.within(clock.first_due_at) and not in_time:  # one that stopped in time was owed no more
                self.found[f"{clock.kind}:{self.judged(clock)}"] += 1
            self.found["overdue"] += (
                clock.first_due_at < self.ends
                and (clock.met_at is None or clock.met_at >= self.ends)
                and (clock.stopped_at is None or clock.stopped_at >= self.ends)
            )

    def judged(self, clock: CaseClock) -> str:
        if clock.met_recorded_late:
            return "recorded_late"
        if clock.met_at is not None:
            return "kept" if clock.met_at <= clock.first_due_at else "late"
        return "late" if clock.first_due_at < self.now else "running"

    def the_rest(self) -> None:
        for sent in Assignment.objects.filter(case__in=self.counting):
            self.found["sent"] += self.within(sent.sent_at)
            self.found["returned"] += sent.state == "returned" and self.within(sent.ended_at)
        for measure in Measure.objects.filter(case__in=self.counting):
            self.found["planned"] += measure.state != "cancelled" and self.within(measure.planned_at)
            self.found["done"] += self.within(measure.done_at)
        for model, name in (
            (Contact, "happened_at"),
            (Visit, "arrived_at"),
            (Investigation, "at"),
            (Measure, "done_at"),
            (Reply, "happened_at"),
            (Note, "at"),
        ):
            for minutes, at in model.objects.filter(case__in=self.counting, minutes__gt=0).values_list("minutes", name):  # type: ignore[attr-defined]
                self.found["minutes"] += minutes if self.within(at) else 0
        for answer in Response.objects.exclude(genuine="doubtful"):
            if self.within(answer.submitted_at):
                self.found.update(answered=1, answers=answer.answers, satisfied=answer.satisfied)


def counted_row_by_row(period: Period, now: datetime) -> Counter[str]:
    """What the period holds, another way."""
    hand = ByHand(period, now)
    hand.rounds()
    hand.clocks()
    hand.the_rest()
    return hand.found


def tables(report: Report) -> dict[str, Table]:
    return {table.code: table for section in sections_of(report) for table in section.tables}


def months() -> list[Period]:
    """Some that are over: each of the last eight, and a quarter."""
    day, found = timezone.localdate().replace(day=1), []
    for _n in range(8):
        period = month_of(day).before()
        found.append(period)
        day = period.since
    return [*found, quarter_of(date.today()).before()]  # noqa: DTZ011


def test_every_total_is_what_counting_row_by_row_gives(load: None) -> None:
    received = 0
    for period in months():
        report = issuing.ask_for_report(period, by=Actor.system("test"))
        built = issuing.build_report(report.pk)
        assert built is not None
        assert built.snapshot_at is not None
        wanted = counted_row_by_row(period, built.snapshot_at)
        found = tables(built)
        overview = {row.label: row.cells[0] for row in found["overview"].rows}
        for label, name in (
            ("收到反馈", "received"), ("重新打开", "reopened"), ("办结", "handled"), ("结案", "closed"),
            ("期末在办", "open"), ("期末超时未结时限", "overdue"), ("退回汇集点", "returned"), ("计划措施", "planned"),
            ("满意度答卷", "answered"),
        ):  # fmt: skip
            assert overview[label].value == wanted[name], (period, label)
        enough = wanted["answered"] >= smallest_group()
        assert found["rates"].cell("满意率", "now").of == (
            (wanted["satisfied"], wanted["answers"]) if enough else (0, 0)
        )  # fmt: skip
        for row, kind in zip(
            found["limits"].rows, ("acknowledgement", "on_site", "resolution", "receipt", "task"), strict=True
        ):
            assert [row.cells[n].value for n in (1, 2, 3)] == [
                wanted[f"{kind}:{name}"] for name in ("kept", "recorded_late", "late")
            ], (period, kind)  # fmt: skip
        assert found["work"].rows[-1].cells[1].value == wanted["minutes"]
        for code in ("by_kind", "by_channel", "by_category", "by_department", "by_product", "by_salesperson"):
            rows = found[code].rows
            assert (
                sum(int(row.cells[0].value or 0) for row in rows[:-1]) == rows[-1].cells[0].value == wanted["received"]
            )
        received += wanted["received"]
    assert received > 100, "the load must have something to count"


def test_every_figure_finds_as_many_facts_as_it_counted(load: None) -> None:
    report = issuing.ask_for_report(months()[2], by=Actor.system("test"))
    built = issuing.build_report(report.pk)
    assert built is not None
    looked = 0
    for table in tables(built).values():
        for row in table.rows:
            for cell in row.cells:
                if not cell.find:
                    continue
                wanted = dict(pair.split("=") for pair in cell.find.replace("%3A", ":").split("&"))
                count = facts_behind(built, wanted).count()
                if isinstance(cell.value, int):
                    assert count == cell.value, (table.code, row.label, cell)
                elif cell.of and wanted["figure"].endswith(":due"):
                    assert count >= cell.of[1]
                looked += 1
    assert looked > 100


def test_the_counting_would_notice_a_fact_that_is_missing(load: None) -> None:
    period = months()[1]
    case = Case.objects.filter(received_at__range=(period.starts, period.ends)).exclude(
        outcome__in=["invalid", "imported"]
    )[0]
    before = counted_row_by_row(period, timezone.now())["received"]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_case SET received_at = received_at - interval '90 days' WHERE id = %s", [case.pk])
    report = issuing.build_report(issuing.ask_for_report(period, by=Actor.system("test")).pk)
    assert report is not None
    assert tables(report)["overview"].rows[0].cells[0].value == before - 1
