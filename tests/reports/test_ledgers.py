"""Ledgers: what stands in them for whom, page by page, on paper, and as workbooks (RPT-01, F01)."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import gettext, pgettext
from openpyxl import load_workbook

from audit.models import Event, Reading, Sealed
from cases.actions import assignment
from cases.models import Case, CaseClock, Measure
from notifications.models import Message
from organization.queries import identity_of
from reports import ledger_progress
from reports.actions.ledgers import ask_for_ledger, pending, write_ledger
from reports.forms.ledgers import LedgerFilter
from reports.models import LedgerExport
from reports.periods import month_before, month_of
from reports.queries.ledger_list import LEDGERS
from reports.queries.ledgers import Wanted
from reports.queries.ledgers_of_cases import LIMITS, limit_of
from tests import world as w
from tests.world import World, client_of

pytestmark = [pytest.mark.django_db, pytest.mark.req("RPT-01")]

CODES = ("register", "complaints", "assignments", "measures")


def this_month(code: str, **narrow: Any) -> Wanted:
    month = month_of(timezone.localdate())
    return Wanted(code, month.since, month.until, **narrow)


def entries(world: World, code: str, name: str = "hub_head", **narrow: Any) -> list[dict[str, Any]]:
    """A ledger as somebody sees it: its entries by the titles of the columns."""
    ledger = LEDGERS[code]
    titles = [heading.title for heading in ledger.headings()]
    found = ledger.all(identity_of(world.users[name]), this_month(code, **narrow))
    return [dict(zip(titles, line.cells, strict=True)) for line in found]


def said(title: str) -> str:
    """The title of a column of the ledgers."""
    return pgettext("ledger", title)


def copies(case: Case, count: int) -> list[Case]:
    """So many more cases like this one, of one moment."""
    rows = []
    for n in range(count):
        row = Case.objects.get(pk=case.pk)
        row.pk, row.submission_key = None, None
        row.number, row.text = f"2026-9{n:05d}", f"第{n}件"
        rows.append(row)
    return Case.objects.bulk_create(rows)


def written(world: World, wanted: Wanted, name: str = "hub_head") -> LedgerExport:
    """A ledger as somebody's workbook."""
    row = ask_for_ledger(world.users[name], wanted, purpose="年度检查", by=world.actor(name))
    found = write_ledger(row.pk)
    assert found is not None
    return found


def table_of(row: LedgerExport) -> list[dict[str, Any]]:
    """Its rows by the titles of the columns, as a spreadsheet reads them."""
    assert row.file is not None
    with row.file.original.open() as stream:
        page = load_workbook(stream).worksheets[0]
        assert page.freeze_panes == "A2"
        first, *rows = page.iter_rows()
        return [{str(title.value): cell for title, cell in zip(first, line, strict=True)} for line in rows]


# --- What stands in them ----------------------------------------------------------------------------------------


@pytest.mark.form("F01")
def test_the_register_has_the_columns_of_the_paper_form(world: World) -> None:
    case = w.closed(world)
    (entry,) = entries(world, "register")
    assert list(entry.values()) == [
        case.number, "来电", case.received_at, "周慧 · 苏州安居物业", "13805126634", case.text, "已结案 · 生产部",
        "已解决：为您换新机一台，感谢反馈。",
    ]  # fmt: skip


@pytest.mark.form("F01")
def test_invalid_and_imported_cases_stand_in_the_register(world: World) -> None:
    invalid, imported = w.log_call(world), w.acknowledged(world)
    Case.objects.filter(pk=invalid.pk).update(state="closed", outcome="invalid", closed_at=timezone.now())
    Case.objects.filter(pk=imported.pk).update(state="closed", outcome="imported", closed_at=timezone.now())
    assert {entry[gettext("Number")] for entry in entries(world, "register")} == {invalid.number, imported.number}
    assert {entry[said("Result")] for entry in entries(world, "register")} == {"无效", "历史导入"}


def test_no_address_of_a_ledger_takes_an_entry_out(world: World) -> None:
    w.log_call(world)
    client = client_of(world, "manager")
    for code in CODES:
        for method in (client.delete, client.put, client.patch, client.post):
            assert method(f"/reports/ledgers/{code}/").status_code == 405
    assert len(entries(world, "register")) == 1


def test_the_complaint_ledger_says_which_limits_were_kept(world: World) -> None:
    w.log_call(world, kind="praise")
    late, kept = w.replied(world), w.closed(world)
    CaseClock.objects.filter(case=late, kind="resolution").update(first_due_at=late.received_at)
    found = {entry[gettext("Number")]: entry for entry in entries(world, "complaints")}
    assert set(found) == {late.number, kept.number}
    clock = gettext("Limit: %(clock)s")
    acknowledged, on_site, resolved = (clock % {"clock": kind.label} for kind in CaseClock.Kind if kind.value in {
        "acknowledgement", "on_site", "resolution",
    })  # fmt: skip
    assert [found[kept.number][title] for title in (acknowledged, on_site, resolved)] == ["按时", "", "按时"]
    assert found[late.number][resolved] == "超时"
    assert found[kept.number][said("Outcome")] == "已解决"
    assert found[kept.number][pgettext("case", "Closed at")] is not None
    assert found[late.number][pgettext("case", "Closed at")] is None


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        ({}, "running"), ({"first_due": -1}, "missed"), ({"met": -2}, "kept"), ({"met": -2, "first_due": -3}, "missed"),
        ({"met": -2, "first_due": -3, "met_recorded_late": True}, "recorded_late"), ({"stopped": -1}, ""),
        ({"stopped": -1, "first_due": -2}, "missed"), ({"stopped": -3, "first_due": -2}, ""),
    ],
)  # fmt: skip
def test_a_limit_is_judged_by_its_first_due_time(facts: dict[str, Any], word: str) -> None:
    now = timezone.now()
    at = {f"{name}_at": now + timedelta(hours=facts[name]) for name in ("met", "stopped") if name in facts}
    due = now + timedelta(hours=facts.get("first_due", 5))
    clock = CaseClock(first_due_at=due, met_recorded_late=facts.get("met_recorded_late", False), **at)
    assert limit_of(clock, now) == (str(LIMITS[word]) if word else "")


def test_the_assignment_ledger_says_what_was_sent_received_answered_and_returned(world: World) -> None:
    case = w.dispatched(world, "technical")
    assignment.return_assignment(
        case.assignments.get(is_lead=True), by=world.actor("production_head"), reason="非本部门"
    )
    found = {entry[gettext("Department")]: entry for entry in entries(world, "assignments")}
    assert {name: entry[said("Part")] for name, entry in found.items()} == {"生产部": "主办", "技术部": "协办"}
    lead = found["生产部"]
    assert (lead[gettext("Case")], lead[said("Requirement")]) == (case.number, "查明原因，提出处理意见")
    assert (lead[gettext("State")], lead[gettext("Reason")]) == ("已退回", "非本部门")
    assert lead[said("Returned or cancelled at")] is not None
    assert found["技术部"][said("Receipt")] is None


def test_the_measure_ledger_says_whether_a_measure_proved_effective(world: World) -> None:
    case = w.handled(world)
    (entry,) = entries(world, "measures")
    assert entry[gettext("Case")] == case.number
    assert (entry[said("Measure")], entry[said("Owner")]) == ("更换焊机并复检", "吴磊")
    assert entry[said("Effective")] is True
    assert isinstance(entry[said("Verified at")], datetime)
    assert entry[said("Due")] == Measure.objects.get().due_on


# --- For whom ---------------------------------------------------------------------------------------------------


@pytest.mark.req("SEC-08")
@pytest.mark.form("F01")
def test_names_and_contact_data_are_masked_outside_the_handling_group(world: World) -> None:
    w.received(world)
    (auditor,), (head,) = entries(world, "register", "auditor"), entries(world, "register", "production_head")
    assert (auditor[said("User")], auditor[said("Contact")]) == ("周** · 苏州安居物业", "138****6634")
    assert (head[said("User")], head[said("Contact")]) == ("周慧 · 苏州安居物业", "13805126634")


@pytest.mark.req("RTE-18")
@pytest.mark.parametrize("code", CODES)
def test_a_ledger_holds_only_what_its_reader_may_see(world: World, code: str) -> None:
    case = w.handled(world)
    assert len(entries(world, code, "hub_head")) == 1
    assert entries(world, code, "finance_handler") == []
    Case.objects.filter(pk=case.pk).update(barred=[-world.hub_head.pk])
    assert entries(world, code, "hub_head") == []
    assert case.number not in client_of(world, "hub_head").get(f"/reports/ledgers/{code}/").content.decode()


@pytest.mark.req("RTE-04", "RTE-18")
def test_whoever_was_only_asked_first_reads_no_more_in_the_ledgers_than_on_the_case_page(world: World) -> None:
    case = w.handled(world)
    asked = world.sales_handler
    Case.objects.filter(pk=case.pk).update(first_asked=asked, readers=[*case.readers, -asked.pk])
    page = client_of(world, "sales_handler").get(f"/cases/{case.number}/")
    assert "cases/case/entry.html" in {template.name for template in page.templates}
    assert len(entries(world, "register", "sales_handler")) == 1
    assert entries(world, "assignments", "sales_handler") == []
    assert entries(world, "measures", "sales_handler") == []
    resolved = gettext("Limit: %(clock)s") % {"clock": CaseClock.Kind.RESOLUTION.label}
    assert [entry[resolved] for entry in entries(world, "complaints", "sales_handler")] == [""]
    assert [entry[resolved] for entry in entries(world, "complaints", "hub_head")] != [""]


@pytest.mark.parametrize("code", CODES)
def test_a_page_asks_the_same_queries_whatever_stands_on_it(world: World, code: str) -> None:
    def asked() -> int:
        client = client_of(world, "manager")
        client.get("/reports/ledgers/")
        with CaptureQueriesContext(connection) as found:
            assert client.get(f"/reports/ledgers/{code}/").status_code == 200
        return len(found)

    w.handled(world)
    one = asked()
    for _n in range(3):
        w.handled(world)
    assert asked() == one


def test_a_ledger_that_is_none_is_absent_and_the_administrator_reads_none(world: World) -> None:
    assert client_of(world, "manager").get("/reports/ledgers/nothing/").status_code == 404
    assert client_of(world, "administrator").get("/reports/ledgers/").status_code == 403
    assert client_of(world, "administrator").get("/reports/ledgers/register/").status_code == 403


# --- Narrowed, page by page -------------------------------------------------------------------------------------


def test_days_department_state_and_sort_narrow_a_ledger(world: World) -> None:
    sent, logged = w.received(world), w.log_call(world, channel=world.channel("letter"))

    def numbers(**narrow: Any) -> set[str]:
        return {entry[gettext("Number")] for entry in entries(world, "register", **narrow)}

    assert numbers() == {sent.number, logged.number}
    assert numbers(department=world.production.pk) == numbers(department=world.head_office.pk) == {sent.number}
    assert numbers(department=world.quality.pk) == set()
    assert numbers(what="letter") == numbers(state="registered") == {logged.number}
    assert numbers(state="open") == {sent.number, logged.number}
    assert entries(world, "assignments", what="helps") == []
    assert len(entries(world, "assignments", what="lead", state="received")) == 1
    assert entries(world, "measures", what="preventive", state="done", department=world.quality.pk) == []


def test_this_month_is_shown_where_no_days_are_named(world: World) -> None:
    old, new = w.log_call(world), w.log_call(world)
    before = month_before(timezone.localdate())
    Case.objects.filter(pk=old.pk).update(received_at=before.starts)
    client = client_of(world, "manager")
    page = client.get("/reports/ledgers/register/").content.decode()
    assert (new.number in page, old.number in page) == (True, False)
    page = client.get(f"/reports/ledgers/register/?since={before.since}&until={before.until}").content.decode()
    assert (new.number in page, old.number in page) == (False, True)


@pytest.mark.parametrize(
    ("query", "since", "until", "ignored"),
    [
        ("", "2026-11-01", "2026-11-30", 0), ("since=2026-09-05", "2026-09-05", "2026-11-30", 0),
        ("until=2026-09-05", "2026-09-01", "2026-09-05", 0), ("since=2027-02-03", "2027-02-03", "2027-02-03", 0),
        ("since=nonsense", "2026-11-01", "2026-11-30", 1), ("since=2026-11-09&until=2026-11-08", "2026-11-09",
        "2026-11-30", 1), ("since=0001-01-01&until=9999-12-31", "2026-11-01", "2026-11-30", 2),
        ("state=no&what=no&department=no", "2026-11-01", "2026-11-30", 3),
    ],
)  # fmt: skip
def test_days_that_make_no_sense_are_named_and_left_out(
    world: World, query: str, since: str, until: str, ignored: int
) -> None:
    form = LedgerFilter(QueryDict(query), ledger=LEDGERS["register"], today=date(2026, 11, 28))
    wanted = form.wanted()
    assert (wanted.since.isoformat(), wanted.until.isoformat()) == (since, until)
    assert len(form.ignored()) == ignored
    assert (wanted.state, wanted.what, wanted.department) == ("", "", None)
    assert client_of(world, "manager").get(f"/reports/ledgers/register/?{query}&after=x").status_code == 200


def test_a_ledger_goes_on_page_by_page_and_shows_every_entry_once(world: World) -> None:
    copies(w.log_call(world), 120)
    client, url, seen = client_of(world, "manager"), "/reports/ledgers/register/", []
    while url:
        page = client.get(url).content.decode()
        seen += re.findall("第([0-9]+)件", page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        url = "/reports/ledgers/register/" + following[1].replace("&amp;", "&") if following else ""
    assert sorted(map(int, seen)) == list(range(120))
    assert Reading.objects.filter(thread="reports", what="ledger:register", rows=50).count() == 2


def test_the_menu_leads_to_the_ledgers_whoever_reads_no_reports(world: World) -> None:
    shown = {name: client_of(world, name).get("/").content.decode() for name in ("agent", "manager", "administrator")}
    assert 'href="/reports/ledgers/"' in shown["agent"]
    assert 'href="/reports/issued/"' in shown["manager"]
    assert "/reports/" not in shown["administrator"]
    assert 'href="/reports/ledgers/"' in client_of(world, "manager").get("/reports/issued/").content.decode()


# --- On paper ---------------------------------------------------------------------------------------------------


@pytest.mark.form("F01")
@pytest.mark.parametrize("code", CODES)
def test_a_ledger_is_printed_across_with_lines_to_sign(
    world: World, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, pages = w.handled(world), []
    monkeypatch.setattr("reports.views.ledgers.render_pdf", lambda html, **_styles: pages.append(html) or b"%PDF-")
    answer = client_of(world, "auditor").get(f"/reports/ledgers/{code}/ledger.pdf")
    assert answer["Content-Type"] == "application/pdf"
    (page,) = pages
    assert case.number in page
    assert "13805126634" not in page
    for part in ('class="landscape"', 'class="signatures"', "沈静", pgettext("paper", "Kept by")):
        assert part in page
    assert Reading.objects.filter(thread="reports", what=f"print:{code}", rows=1).exists()


@pytest.mark.form("F01")
def test_paper_holds_five_hundred_entries_and_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    pages: list[str] = []
    monkeypatch.setattr("reports.views.ledgers.render_pdf", lambda html, **_styles: pages.append(html) or b"%PDF-")
    copies(w.log_call(world), 520)
    assert client_of(world, "manager").get("/reports/ledgers/register/ledger.pdf").status_code == 200
    assert pages[0].count("<tr>") == 501
    assert gettext("The first %(most)s entries; the workbook holds all of them.") % {"most": 500} in pages[0]


@pytest.mark.form("F01")
def test_paper_is_in_chinese_whoever_prints_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    pages: list[str] = []
    monkeypatch.setattr("reports.views.ledgers.render_pdf", lambda html, **_styles: pages.append(html) or b"%PDF-")
    w.closed(world)
    world.manager.language = "en"
    world.manager.save()
    answer = client_of(world, "manager").get("/reports/ledgers/complaints/ledger.pdf")
    assert "投诉台账" in pages[0]
    assert "按时" in pages[0]
    assert "%E5%8F%B0%E8%B4%A6" in answer["Content-Disposition"]


@pytest.mark.form("F01")
def test_the_paper_is_a_pdf(world: World) -> None:
    w.closed(world)
    answer = client_of(world, "manager").get("/reports/ledgers/register/ledger.pdf")
    assert answer.content.startswith(b"%PDF-")


# --- As a workbook ----------------------------------------------------------------------------------------------


@pytest.mark.form("F01")
@pytest.mark.req("SEC-13")
def test_dates_are_dates_texts_are_texts_and_nothing_runs(world: World) -> None:
    case = w.closed(world)
    Case.objects.filter(pk=case.pk).update(
        text="=1+1", reporter_name='@SUM(A1:A9)', reporter_organisation="", reporter_phone="+8613805126634",
        subject='=HYPERLINK("http://x","y")', customer=None,
    )  # fmt: skip
    Measure.objects.update(text="-2+3+cmd|' /C calc'!A0")
    (entry,) = table_of(written(world, this_month("register")))
    assert isinstance(entry[gettext("Date")].value, datetime)
    texts = {said("Content"): "=1+1", said("User"): "@SUM(A1:A9)", said("Contact"): "+8613805126634"}
    for title, text in texts.items():
        assert (entry[title].value, entry[title].data_type, entry[title].quotePrefix) == (text, "s", True)
    (complaint,), (measure,) = (table_of(written(world, this_month(code))) for code in ("complaints", "measures"))
    assert complaint[said("Subject")].data_type == measure[said("Measure")].data_type == "s"
    assert isinstance(measure[said("Due")].value, datetime)
    assert measure[said("Due")].number_format == "yyyy-mm-dd"


def test_the_workbook_holds_every_entry_in_the_order_of_time(world: World) -> None:
    first = w.log_call(world)
    copies(first, 1_234)
    row = written(world, this_month("register"))
    assert row.rows == 1_235
    numbers = [line[gettext("Number")].value for line in table_of(row)]
    assert len(set(numbers)) == 1_235
    assert numbers[0] == first.number
    assert row.number.startswith("TZ")


@pytest.mark.req("RTE-18", "SEC-08")
def test_a_workbook_holds_what_its_reader_may_see_when_it_is_written(world: World) -> None:
    case = w.received(world)
    assert "138****6634" in {
        line[said("Contact")].value for line in table_of(written(world, this_month("register"), "auditor"))
    }
    row = ask_for_ledger(world.hub_head, this_month("register"), purpose="检查", by=world.actor("hub_head"))
    Case.objects.filter(pk=case.pk).update(barred=[-world.hub_head.pk])
    found = write_ledger(row.pk)
    assert found is not None
    assert (found.rows, table_of(found)) == (0, [])


@pytest.mark.req("SEC-13")
def test_it_is_written_in_the_background_told_and_taken_by_its_own_reader(
    world: World, django_capture_on_commit_callbacks: Any
) -> None:
    w.closed(world)
    client, url = client_of(world, "hub_head"), "/reports/ledgers/measures/exports/"
    with django_capture_on_commit_callbacks():
        assert client.post(f"{url}?what=corrective", {"purpose": "年度检查"}).status_code == 302
    row = LedgerExport.objects.get()
    assert (row.state, row.ledger, row.wanted["what"]) == ("waiting", "measures", "corrective")
    assert write_ledger(row.pk) is not None
    assert write_ledger(row.pk) is None, "once, however often the task comes"
    told = Message.objects.filter(kind="ledger_ready", user=world.hub_head)
    assert {message.path for message in told} == {url}
    assert row.number in client.get(url).content.decode()
    assert row.number not in client.get("/reports/ledgers/register/exports/").content.decode()
    answer = client.get(f"/reports/ledgers/exports/{row.number}/")
    assert b"".join(answer.streaming_content)[:2] == b"PK"  # type: ignore[attr-defined]
    assert Reading.objects.filter(thread="reports", what="export", actor_id=world.hub_head.pk).exists()
    assert client_of(world, "manager").get(f"/reports/ledgers/exports/{row.number}/").status_code == 404
    event = Event.objects.get(thread="reports", verb="export")
    assert event.changes["number"] == [None, row.number]
    assert Sealed.objects.get(event=event, field="purpose").new == "年度检查"


def test_the_page_says_how_far_a_workbook_is(world: World) -> None:
    row = ask_for_ledger(world.hub_head, this_month("register"), purpose="x", by=world.actor("hub_head"))
    LedgerExport.objects.update(state="running")
    rows = ledger_progress.counted(range(4_000), row, 4_000)
    for _n in range(2_001):
        next(rows)
    page = client_of(world, "hub_head").get("/reports/ledgers/register/exports/").content.decode()
    assert '<progress max="100" value="50">' in page


@pytest.mark.parametrize("purpose", ["", "  ", "长" * 201])
def test_without_a_purpose_that_fits_nothing_is_written(world: World, purpose: str) -> None:
    answer = client_of(world, "hub_head").post("/reports/ledgers/register/exports/", {"purpose": purpose})
    assert answer.status_code == 422
    assert not LedgerExport.objects.exists()


def test_a_workbook_whose_task_was_lost_is_taken_up_again(world: World) -> None:
    row = ask_for_ledger(world.hub_head, this_month("register"), purpose="x", by=world.actor("hub_head"))
    assert pending() == []
    LedgerExport.objects.update(asked_at=timezone.now() - timedelta(minutes=2))
    assert pending() == [row.pk]


@pytest.mark.req("SEC-13")
def test_only_heads_managers_and_auditors_take_a_ledger_out(world: World) -> None:
    url = "/reports/ledgers/register/exports/"
    assert {name for name in world.users if client_of(world, name).get(url).status_code == 200} == {
        "hub_head", "production_head", "quality_head", "sales_head", "manager", "general_manager", "representative",
        "auditor",
    }  # fmt: skip
    assert "/exports/" not in client_of(world, "agent").get("/reports/ledgers/register/").content.decode()
