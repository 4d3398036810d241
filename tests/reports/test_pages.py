"""The pages of issued reports: who opens what, and every figure leads to its records (RPT-21, SEC-01)."""

from __future__ import annotations

import html
import re
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from cases.models import Case, Recusal
from documents.exceptions import PdfFailed
from reports import papers
from reports.actions import issuing
from reports.models import Report, ReportCopy
from reports.queries.issued import sections_of
from tests import world as w
from tests.forms import submit
from tests.reports.months import built, last_month, moved
from tests.world import World, client_of

pytestmark = [pytest.mark.django_db, pytest.mark.req("RPT-21")]


def page_of(report: Report) -> str:
    return f"/reports/issued/{report.number}/"


def test_every_figure_of_the_page_opens_exactly_as_many_records_as_it_says(world: World) -> None:
    for _n in range(3):
        moved(w.closed(world))
    report = built(world)
    manager = client_of(world, "manager")
    page = manager.get(page_of(report)).content.decode()
    links = set(re.findall(r'href="(/reports/issued/[^"]+records/\?[^"]+)"[^>]*>([^<]+)</a>', page))
    assert len(links) > 20
    for url, shown in links:
        records = manager.get(html.unescape(url)).content.decode()
        counted = re.search(r"生成报告时计入 (\d+) 条", records)
        assert counted is not None, url
        if shown.strip().isdecimal():
            assert counted[1] == shown.strip(), url


@pytest.mark.gate(5)
@pytest.mark.req("RTE-18")
def test_nobody_finds_out_about_a_case_by_figures_of_his_own_making(world: World) -> None:
    case = moved(w.closed(world))
    report = built(world)
    manager = client_of(world, "manager")
    for figure in ("round.received", "round.outcome:settled"):
        made_up = f"{page_of(report)}records/?figure={figure}&kind={case.kind_id}&channel={case.channel_id}"
        assert f"/cases/{case.number}/" not in manager.get(made_up).content.decode()


def test_the_records_of_a_figure_start_from_what_the_reader_may_see_months_later(world: World) -> None:
    case = moved(w.closed(world))
    report = built(world)
    find = f"{page_of(report)}records/?{sections_of(report)[0].tables[0].rows[0].cells[0].find}"
    assert case.number in client_of(world, "manager").get(find).content.decode()
    Case.objects.filter(pk=case.pk).update(barred=[-world.manager.pk])
    Recusal.objects.create(case=case, user=world.manager, reason="亲属", at=timezone.now())
    page = client_of(world, "manager").get(find).content.decode()
    assert f"/cases/{case.number}/" not in page
    assert "生成报告时计入 0 条" in page, "who is barred is not even told that there is one"


@pytest.mark.parametrize("query", [
    "", "figure=", "figure=nonsense", "figure=round.", "figure=round.received&kind=x", "figure=round.received&kind=-1",
    "figure=round.received&kind=99999999999999999999", "figure=%00&after=%00", "figure=round.received&after=r9-9",
    "figure=round.received&department=none",
])  # fmt: skip
def test_nonsense_in_the_address_of_records_is_no_fault(world: World, query: str) -> None:
    moved(w.closed(world))
    assert client_of(world, "manager").get(f"{page_of(built(world))}records/?{query}").status_code == 200


def test_who_is_on_the_distribution_list_reads_it_once_it_is_approved_and_nobody_else(world: World) -> None:
    report = built(world)
    head = client_of(world, "production_head")
    assert head.get(page_of(report)).status_code == 404
    manager = client_of(world, "manager")
    assert submit(manager, f"{page_of(report)}approve/", opinion="同意").status_code == 302
    quality = client_of(world, "quality_head")
    people = {"people": str(world.production_head.pk)}
    assert submit(quality, f"{page_of(report)}send/", **people).status_code == 302
    assert head.get(page_of(report)).status_code == 200
    assert ReportCopy.objects.get().opened_at is not None
    assert report.number in head.get("/reports/issued/").content.decode()
    assert client_of(world, "sales_head").get(page_of(report)).status_code == 404
    assert head.get(f"{page_of(report)}approve/").status_code == 403


@pytest.mark.parametrize("person", ["agent", "production_handler", "production_head", "finance_handler"])
def test_whoever_builds_no_reports_cannot_ask_for_one(world: World, person: str) -> None:
    client = client_of(world, person)
    assert client.get("/reports/issued/new/").status_code == 403
    assert client.post("/reports/issued/new/", {"kind": "month"}).status_code == 403
    assert not Report.objects.exists()


def test_a_manager_asks_for_any_period_in_three_fields_and_wrong_ones_are_refused_with_a_sentence(world: World) -> None:
    manager = client_of(world, "manager")
    for wrong in (
        {"kind": "period"}, {"kind": "period", "since": "2026-02-30", "until": "x"}, {"kind": "month", "month": "x"},
        {"kind": "period", "since": "2026-03-02", "until": "2026-03-01"},
        {"kind": "period", "since": "2020-01-01", "until": "2026-01-01"}, {"kind": "nonsense"},
    ):  # fmt: skip
        answer = submit(manager, "/reports/issued/new/", **wrong)
        assert answer.status_code == 422, wrong
    answer = submit(manager, "/reports/issued/new/", kind="period", since="2026-03-01", until="2026-03-09")
    assert answer.status_code == 302
    assert Report.objects.get().period.label == "2026-03-01 至 2026-03-09"
    again = submit(manager, "/reports/issued/new/", kind="period", since="2026-03-01", until="2026-03-09")
    assert again.status_code == 409


def test_a_correction_says_why_and_both_versions_name_each_other(world: World) -> None:
    moved(w.closed(world))
    report = built(world)
    quality = client_of(world, "quality_head")
    assert submit(quality, f"{page_of(report)}correct/", reason="").status_code == 422
    answer = submit(quality, f"{page_of(report)}correct/", reason="补录三件")
    new = Report.objects.get(corrects=report)
    assert answer.headers["Location"] == page_of(new)
    assert "正在生成" in quality.get(page_of(new)).content.decode()
    issuing.build_report(new.pk)
    assert "补录三件" in quality.get(page_of(new)).content.decode()
    assert new.number in quality.get(page_of(report)).content.decode()


def test_the_workbook_has_every_table_with_numbers_as_numbers(world: World) -> None:
    moved(w.closed(world))
    report = built(world)
    answer = client_of(world, "manager").get(f"{page_of(report)}report.xlsx")
    book = load_workbook(BytesIO(b"".join(answer.streaming_content) if answer.streaming else answer.content))
    tables = [table for section in sections_of(report) for table in section.tables]
    assert len(book.sheetnames) == len(tables) + 1
    overview = book[book.sheetnames[0]]
    assert overview.freeze_panes
    values = {row[0].value: row for row in overview.iter_rows(min_row=2)}
    assert values["收到反馈"][1].value == 1
    rates = {row[0].value: row for row in book[book.sheetnames[1]].iter_rows(min_row=2)}
    assert [cell.value for cell in rates["受理及时率"][1:4]] == [1, 1, 1], "a part of one, numerator, denominator"
    by_kind = book[book.sheetnames[2]]
    assert by_kind.cell(by_kind.max_row, 8).value == 1
    assert not any(
        isinstance(cell.value, str) and cell.data_type == "f"
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
    )


@pytest.mark.form("F92")
@pytest.mark.req("RPT-23")
def test_the_paper_is_chinese_with_every_table_and_lines_to_sign(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    moved(w.closed(world))
    report = built(world)
    pages: list[str] = []

    def kept(html_: str, **_values: object) -> bytes:
        pages.append(html_)
        return b"%PDF-1.7"

    monkeypatch.setattr(papers, "render_pdf", kept)
    answer = client_of(world, "manager").get(f"{page_of(report)}report.pdf")
    assert answer.status_code == 200
    for section in sections_of(report):
        for words in [section.title, *section.sentences, *(table.title for table in section.tables)]:
            assert html.escape(words) in pages[0]
    assert all(words in pages[0] for words in (report.number, "编制", "批准", "安居电器"))
    assert re.search(r"\sstyle=", pages[0]) is None


def test_a_paper_that_cannot_be_made_is_said_in_a_sentence(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    report = built(world)

    def refused(*_a: object, **_v: object) -> bytes:
        raise PdfFailed("做不出来")

    monkeypatch.setattr(papers, "render_pdf", refused)
    answer = client_of(world, "manager").get(f"{page_of(report)}report.pdf", follow=True)
    assert "做不出来" in answer.content.decode()


def test_the_figures_of_the_sentences_are_those_of_the_tables(world: World) -> None:
    for _n in range(2):
        moved(w.closed(world))
    moved(w.closed(world), last_month().before())
    sections = sections_of(built(world))
    said = sections[0].sentences
    row = {row.label: row.cells for table in sections[0].tables for row in table.rows}
    for cell in (
        row["收到反馈"][0],
        row["收到反馈"][2],
        row["收到反馈"][4],
        row["办结"][0],
        row["结案"][0],
        row["期末在办"][0],
    ):
        assert cell.shown in said[0]
    for label in ("受理及时率", "到场及时率", "办结及时率"):
        assert f"{label} {row[label][0].shown}" in said[1]
    top = sections[1].tables[2].rows[0]
    assert top.label in sections[1].sentences[0]
    assert top.cells[-1].shown in sections[1].sentences[0]


def test_reading_a_report_asks_the_same_however_much_it_counted(world: World) -> None:
    counts = []
    manager = client_of(world, "manager")
    for n in (1, 5):
        for _n in range(n):
            moved(w.closed(world))
        report = built(world) if n == 1 else _corrected(world)
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert manager.get(page_of(report)).status_code == 200
        counts.append(len(caught))
    assert counts[1] <= counts[0] + 1


def _corrected(world: World) -> Report:
    row = issuing.correct_report(Report.objects.get(), by=world.actor("quality_head"), reason="更多")
    issuing.build_report(row.pk)
    return Report.objects.get(pk=row.pk)
