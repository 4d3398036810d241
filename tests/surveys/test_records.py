"""The record of a quarter's calls: page by page, and as a workbook that holds every one of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from django.utils.translation import gettext, pgettext
from openpyxl import load_workbook

from audit.models import Event, Reading, Sealed
from cases.models import Case
from documents.exports import Exporting
from documents.sheets import Sheet
from notifications.models import Message
from organization.models import Membership
from organization.traces import Deed, Deeds, Subject
from reports import traces as reports_traces
from reports.models import LedgerExport
from returns import traces as returns_traces
from returns.models import BookExport
from surveys import traces as surveys_traces
from surveys.actions.answering import Filled, Given
from surveys.actions.records import RECORDS, ask_for_record, pending, write_record
from surveys.document import QuestionnaireDocument
from surveys.models import Answer, Callback, Draw, FollowUp, RecordExport, Response
from surveys.queries.records import Wanted
from tests.surveys import callbacks as c
from tests.world import World, client_of

pytestmark = [pytest.mark.django_db, pytest.mark.req("SUR-14", "SEC-13"), pytest.mark.form("F73")]


@pytest.fixture
def callback(world: World) -> Callback:
    """One that waits and is due, of a case that the usual people handled."""
    return c.drawn(c.desk(world))


def many(callback: Callback, count: int) -> None:
    """So many calls more of the same draw: of further rounds of the case, answered, at one moment."""
    at, first = timezone.now(), callback.n
    rows = [
        Callback(
            draw=callback.draw, case_id=callback.case_id, round=first + n, n=first + n, state="done", drawn_at=at,
            next_at=at, ended_at=at, attempts=1,
        )
        for n in range(1, count + 1)
    ]  # fmt: skip
    Callback.objects.bulk_create(rows)
    answered = Response.objects.bulk_create(
        Response(
            version=callback.draw.survey.version, case_id=row.case_id, round=row.round, source="callback", callback=row,
            submitted_at=at, answers=1, total=4,
        )
        for row in rows
    )  # fmt: skip
    Answer.objects.bulk_create(
        Answer(response=row, item="overall", option="o2", value=4, comment=f"第{row.round}次") for row in answered
    )


def page_of(callback: Callback, then: str = "") -> str:
    first = callback.draw.quarter
    return f"/surveys/quota/{first.year}/{(first.month + 2) // 3}/{then}"


def written(world: World, callback: Callback, name: str = "quality_head", level: str = "") -> RecordExport:
    """The record as somebody's workbook."""
    wanted = Wanted(callback.draw.quarter, level)
    row = ask_for_record(world.users[name], wanted, purpose="季度检查", by=world.actor(name))
    found = write_record(row.pk)
    assert found is not None
    return found


def table_of(row: RecordExport) -> list[dict[str, Any]]:
    """Its rows by the titles of the columns, as a spreadsheet reads them."""
    assert row.file is not None
    with row.file.original.open() as stream:
        first, *rows = load_workbook(stream).worksheets[0].iter_rows()
        return [{str(title.value): cell for title, cell in zip(first, line, strict=True)} for line in rows]


def test_two_thousand_calls_come_out_and_none_is_lost(world: World, callback: Callback) -> None:
    many(callback, 1_999)
    row = written(world, callback)
    assert row.rows == 2_000
    table = table_of(row)
    rounds = [line[pgettext("callback", "Round")].value for line in table]
    assert sorted(rounds) == list(range(1, 2_001))
    assert {line[gettext("Comments")].value for line in table} >= {
        f"对处理结果是否满意？：第{n}次" for n in (2, 500, 501, 2_000)
    }


@pytest.mark.req("FX-05")
def test_the_summary_of_the_quota_stands_beside_the_calls(world: World, callback: Callback) -> None:
    c.call(callback, c.filled(), by=c.actor(world))
    row = written(world, callback, level="P1")
    assert row.rows == 1, "the calls alone are counted"
    assert row.file is not None
    with row.file.original.open() as stream:
        _calls, summary, _about = load_workbook(stream).worksheets
        assert summary.title == gettext("Telephone callback summary")
        _titles, line = summary.iter_rows(values_only=True)
    assert line == ("P1", 1, 0.8, 1, 1, 1, 0, 1)


def test_the_list_goes_on_page_by_page_and_shows_every_call_once(world: World, callback: Callback) -> None:
    many(callback, 59)
    client, url, seen = client_of(world, "quality_head"), page_of(callback), []
    while url:
        page = client.get(url).content.decode()
        seen += re.findall("第([0-9]+)次", page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        url = page_of(callback, following[1].replace("&amp;", "&")) if following else ""
    assert sorted(map(int, seen)) == list(range(2, 61))
    assert client.get(page_of(callback, "?after=nonsense")).status_code == 200


def test_a_level_narrows_the_list_and_the_workbook(world: World, callback: Callback) -> None:
    draw = Draw.objects.get(quarter=callback.draw.quarter, level="P3")
    other = c.copies(callback.case, 1)[0]
    now = timezone.now()
    Callback.objects.create(draw=draw, case=other, round=1, n=1, drawn_at=now, next_at=now)
    page = client_of(world, "quality_head").get(page_of(callback, "?level=P3")).content.decode()
    assert other.number in page
    assert callback.case.number not in page
    assert [line[gettext("Case")].value for line in table_of(written(world, callback, level="P3"))] == [other.number]
    assert len(table_of(written(world, callback))) == 2


def test_dates_are_dates_numbers_are_numbers_and_nothing_runs(world: World, callback: Callback) -> None:
    Case.objects.filter(pk=callback.case_id).update(subject="=1+1")
    words = {"speed": Given("o4", "+86 太慢"), "suggestion": Given("", "@SUM(A1:A9)")}
    c.call(callback, Filled(c.filled().given | words), by=c.actor(world))
    (line,) = table_of(written(world, callback))
    for title in ("Received at", "Last call", "Ended at", "Drawn on"):
        assert isinstance(line[gettext(title)].value, datetime), title
    assert (line[gettext("Attempts")].value, line[gettext("Attempts")].data_type) == (1, "n")
    assert line[gettext("Mean")].value == pytest.approx(4.25)
    texts = {gettext("Subject"): "=1+1", "您有什么意见和建议？": "@SUM(A1:A9)"}
    for title, text in texts.items():
        assert (line[title].value, line[title].data_type) == (text, "s")
        assert line[title].quotePrefix
    assert line["响应和处理是否及时？"].value == "不太满意"
    assert "+86 太慢" in line[gettext("Comments")].value
    assert line[gettext("Caller")].value == "夏雨"


@pytest.mark.req("SEC-08")
def test_names_are_masked_as_on_the_page(world: World, callback: Callback) -> None:
    Membership.objects.filter(user=world.caller).update(is_head=True)
    type(world.caller).objects.filter(pk=world.caller.pk).update(role="head")
    column = gettext("Person called")
    (quality,), (desk,) = (table_of(written(world, callback, name)) for name in ("quality_head", "caller"))
    assert "周慧" not in quality[column].value
    assert "周慧" in desk[column].value


@pytest.mark.req("RTE-18", "SEC-08")
def test_a_workbook_holds_what_its_reader_may_see_when_it_is_written(world: World, callback: Callback) -> None:
    wanted = Wanted(callback.draw.quarter)
    row = ask_for_record(world.quality_head, wanted, purpose="季度检查", by=world.actor("quality_head"))
    Case.objects.filter(pk=callback.case_id).update(barred=[-world.quality_head.pk])
    found = write_record(row.pk)
    assert found is not None
    assert (found.rows, table_of(found)) == (0, [])


def test_it_is_written_in_the_background_told_and_taken_by_its_own_reader(
    world: World, callback: Callback, django_capture_on_commit_callbacks: Any
) -> None:
    client, url = client_of(world, "quality_head"), page_of(callback, "exports/")
    with django_capture_on_commit_callbacks():
        assert client.post(url, {"purpose": "季度检查"}).status_code == 302
    row = RecordExport.objects.get()
    assert row.state == "waiting"
    assert write_record(row.pk) is not None
    assert write_record(row.pk) is None, "once, however often the task comes"
    told = Message.objects.filter(kind="callback_record_ready", user=world.quality_head)
    assert {message.path for message in told} == {url}
    page = client.get(url).content.decode()
    assert row.number in page
    answer = client.get(f"/surveys/quota/exports/{row.number}/")
    assert b"".join(answer.streaming_content)[:2] == b"PK"  # type: ignore[attr-defined]
    reading = Reading.objects.get(thread="surveys", what="export", actor_id=world.quality_head.pk)
    assert (reading.rows, reading.reason) == (1, row.number)
    assert client_of(world, "manager").get(f"/surveys/quota/exports/{row.number}/").status_code == 404
    event = Event.objects.get(thread="surveys", verb="export")
    assert event.changes["number"] == [None, row.number]
    assert Sealed.objects.get(event=event, field="purpose").new == "季度检查"


@pytest.mark.parametrize("purpose", ["", "  ", "长" * 201])
def test_without_a_purpose_that_fits_nothing_is_written(world: World, callback: Callback, purpose: str) -> None:
    answer = client_of(world, "quality_head").post(page_of(callback, "exports/"), {"purpose": purpose})
    assert answer.status_code == 422
    assert not RecordExport.objects.exists()


def test_a_record_whose_task_was_lost_is_taken_up_again(world: World, callback: Callback) -> None:
    row = ask_for_record(world.quality_head, Wanted(callback.draw.quarter), purpose="x", by=world.actor("quality_head"))
    assert pending() == []
    RecordExport.objects.update(asked_at=timezone.now() - timedelta(minutes=2))
    assert pending() == [row.pk]


@pytest.fixture
def asked(world: World, callback: Callback) -> RecordExport:
    """A record that waits to be written."""
    return ask_for_record(
        world.quality_head, Wanted(callback.draw.quarter), purpose="x", by=world.actor("quality_head")
    )


def test_a_record_whose_workers_die_each_time_is_given_up(asked: RecordExport) -> None:
    RecordExport.objects.update(state="running", claimed_at=timezone.now() - timedelta(hours=1), attempts=3)
    assert pending() == [asked.pk]
    assert write_record(asked.pk) is None
    asked.refresh_from_db()
    assert (asked.state, pending()) == ("failed", [])


def during_the_writing(happens: Callable[[], object]) -> Exporting[RecordExport]:
    def sheets(row: RecordExport) -> list[Sheet]:
        made = RECORDS.sheets(row)
        happens()
        return made

    return replace(RECORDS, sheets=sheets)


def test_a_worker_that_was_overtaken_stores_nothing_and_fails_nothing(asked: RecordExport) -> None:
    def overtaken(_row: RecordExport) -> str:
        RecordExport.objects.update(claimed_at=timezone.now() + timedelta(minutes=11))
        return ""

    def overtaken_and_failing(row: RecordExport) -> str:
        raise OSError(overtaken(row))

    for filters in (overtaken, overtaken_and_failing):
        RecordExport.objects.update(state="waiting")
        assert replace(RECORDS, filters=filters).write(asked.pk) is None
        asked.refresh_from_db()
        assert (asked.state, asked.file) == ("running", None)


@pytest.mark.django_db(transaction=True)
def test_a_workbook_is_read_at_one_moment(asked: RecordExport) -> None:
    seen: list[str] = []

    def look(row: RecordExport) -> list[Sheet]:
        with connection.cursor() as cursor:
            cursor.execute("SHOW transaction_isolation")
            seen.extend(cursor.fetchone())
        return RECORDS.sheets(row)

    assert replace(RECORDS, sheets=look).write(asked.pk) is not None
    assert seen == ["repeatable read"]


@pytest.mark.req("SEC-12")
def test_what_is_read_before_an_erasure_is_not_stored_after_it(
    world: World, asked: RecordExport, callback: Callback
) -> None:
    def erase() -> None:
        subject, deed = Subject(cases=frozenset({callback.case_id})), Deed(world.actor("manager"), timezone.now(), "")
        for module in (surveys_traces, returns_traces, reports_traces):
            for trace in module.TRACES:
                if trace.name.endswith("Export") and isinstance(trace, Deeds):
                    trace.doing(subject, deed)

    for kept in (BookExport, LedgerExport):
        kept(number="X1", by=world.manager, asked_at=timezone.now(), state="running", claimed_at=timezone.now()).save()
    assert during_the_writing(erase).write(asked.pk) is None
    for model in (RecordExport, BookExport, LedgerExport):
        assert list(model._default_manager.values_list("state", "claimed_at", "file")) == [("waiting", None, None)]
    assert write_record(asked.pk) is not None


def test_only_heads_of_quality_and_of_the_desk_and_managers_take_it_out(world: World, callback: Callback) -> None:
    url = page_of(callback, "exports/")

    def opened(name: str) -> bool:
        client: Client = client_of(world, name)
        return client.get(url).status_code == 200

    allowed = {"manager", "general_manager", "quality_head", "representative"}
    assert {name for name in world.users if opened(name)} == allowed
    assert "/exports/" not in client_of(world, "caller").get(page_of(callback)).content.decode()
    Membership.objects.filter(user=world.caller).update(is_head=True)
    type(world.caller).objects.filter(pk=world.caller.pk).update(role="head")
    assert {name for name in world.users if opened(name)} == allowed | {"caller"}


@pytest.mark.req("SUR-21")
def test_an_answer_that_is_not_genuine_is_marked_on_the_page_and_in_the_workbook(
    world: World, callback: Callback
) -> None:
    c.call(callback, c.filled(), by=c.actor(world))
    label, column = str(Response.Genuine.DOUBTFUL.label), gettext("Authenticity")
    for genuine, is_marked in (("unchecked", False), ("doubtful", True)):
        Response.objects.update(genuine=genuine, genuine_reason="无人接听")
        page = client_of(world, "quality_head").get(page_of(callback)).content.decode()
        assert (label in page) is is_marked
        (line,) = table_of(written(world, callback))
        assert line[column].value == Response.Genuine(genuine).label


def test_the_level_stays_while_a_record_is_asked_for_and_looked_at(world: World, callback: Callback) -> None:
    client, url = client_of(world, "quality_head"), page_of(callback, "exports/?level=P1")
    assert client.post(url, {"purpose": "季度检查"}).headers["Location"] == url
    page = client.get(url).content.decode()
    assert (page.count(f'href="{page_of(callback)}?level=P1"'), page.count(f'href="{url}"')) == (2, 1)


def test_a_questionnaire_is_understood_once_however_many_answered_it(
    world: World, callback: Callback, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(callback, 20)
    Answer.objects.filter(item="overall").update(value=2, option="o4")
    FollowUp.objects.bulk_create(
        FollowUp(
            response=row, item="overall", reason="low", owner=world.quality_head, opened_at=row.submitted_at,
            due_on=timezone.localdate(),
        )
        for row in Response.objects.all()
    )  # fmt: skip
    understood: list[object] = []
    understand = QuestionnaireDocument.model_validate
    monkeypatch.setattr(
        QuestionnaireDocument, "model_validate", lambda given: understood.append(1) or understand(given)
    )
    client = client_of(world, "quality_head")
    for path in (page_of(callback), "/surveys/follow-ups/?scope=open"):
        understood.clear()
        assert "对处理结果是否满意？" in client.get(path).content.decode()
        assert len(understood) == 1, path
