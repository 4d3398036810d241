"""The page of a case: what stands on it, for whom, and with how many questions to the database."""

from __future__ import annotations

from datetime import timedelta
from unittest import mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from audit.actor import Actor
from cases.actions import assignment, contacts, correction, intake, internal, investigation, recusal, reply
from cases.actions.contacts import NewContact
from cases.actions.intake import Goods, Reporter
from cases.models import Case
from cases.queries.moves import ACTS
from documents.actions import process_due
from notifications.models import Message
from tests import world as w
from tests.cases import visitors
from tests.cases.desk import SHEET, Person, fresh, url_of
from tests.documents.samples import docx, jpeg
from tests.world import World

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'{{ 7|add:7 }}"


# --- What stands there ------------------------------------------------------------------------------------


def test_the_customers_words_stand_in_full_on_top(world: World) -> None:
    words = "漏水。" * 3000
    page = Person(world, "agent").text(w.log_call(world, text=words))
    assert words in page
    assert page.index('id="original"') < page.index('id="timeline"')


def test_whatever_a_customer_writes_is_only_text(world: World) -> None:
    case = w.log_call(
        world,
        text=EVIL,
        subject=EVIL[:100],
        demand=EVIL,
        reporter=Reporter(name=EVIL[:90], organisation=EVIL[:90], phone="138" + EVIL[:40]),
        goods=Goods(product_text=EVIL[:100], batch=EVIL[:50]),
    )
    hub = Person(world, "agent")
    contacts.record_contact(case, NewContact("in", world.channel("phone"), EVIL, person=EVIL[:90]), by=Actor.customer())
    hub.did(case, "note", {"text": EVIL, "audience": "case"})
    for path in ("", "slip/", "history/", "correct/", "acknowledge/", "close/"):
        page = hub.text(case, path)
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "14" not in page.split("&lt;script&gt;")[-1][:60]  # nothing is run as a template


@pytest.mark.req("RES-20")
def test_the_stepper_shows_where_the_case_stands_with_its_times(world: World) -> None:
    steps = Person(world, "agent").see(w.received(world)).context["steps"]
    assert [(str(step.label), step.mark) for step in steps] == [
        ("登记", "done"), ("受理", "done"), ("派发", "done"), ("处理", "now"), ("答复", ""), ("客户意见", ""), ("结案", ""),
    ]  # fmt: skip
    assert steps[0].at is not None
    assert steps[3].hint == "生产部"


def test_the_on_site_step_stands_there_only_when_a_visit_is_needed(world: World) -> None:
    case = w.received(world)
    hub = Person(world, "agent")
    assert "到场" not in [str(step.label) for step in hub.see(case).context["steps"]]
    investigation.plan_visit(case, investigation.VisitPlan("现场"), by=world.actor("agent"))
    steps = {str(step.label): step.mark for step in hub.see(case).context["steps"]}
    assert steps["到场"] == ""  # planned, nobody has been there yet


def test_steps_that_were_left_out_are_struck_through(world: World) -> None:
    from cases.actions.closure import ShortEnd, close_short

    case = close_short(
        w.acknowledged(world), ShortEnd("withdrawn", "撤诉", proof="周慧 11-21"), by=world.actor("agent")
    )
    steps = {str(step.label): step.mark for step in Person(world, "agent").see(case).context["steps"]}
    assert (steps["受理"], steps["派发"], steps["结案"]) == ("done", "skipped", "done")


@pytest.mark.req("SLA-04", "RTE-08", "RES-21")
def test_the_head_says_kind_urgency_repeat_contacts_and_round(world: World) -> None:
    first = w.closed(world)
    second = w.log_call(world, repeat_of=first)
    third = w.log_call(world, repeat_of=second)
    contacts.record_contact(third, NewContact("in", world.channel("phone"), "催办"), by=world.actor("agent"))
    page = Person(world, "agent").text(third)
    for words in ("投诉", "重要", "重复反馈 第 3 次", "第 2 次来电"):
        assert words in page
    assert "同一事项的前一件" in page


@pytest.mark.req("SLA-03")
@pytest.mark.gate(11)
def test_clocks_stand_there_as_chips(world: World) -> None:
    with mock.patch("django.utils.timezone.now", return_value=timezone.now() - timedelta(days=30)):
        case = w.dispatched(world)
    chips = {chip.label: chip for chip in Person(world, "agent").see(case).context["clocks"]}
    assert chips["受理 24 小时"].tone == "green"
    assert chips["受理 24 小时"].used.startswith("用 ")
    assert chips["办结"].tone == "red"
    assert chips["办结"].due is not None
    assert "data-remaining" in Person(world, "agent").text(case)


# --- The timeline -------------------------------------------------------------------------------------------


def test_one_timeline_tells_everything_newest_first_with_tabs_and_counts(world: World) -> None:
    case = w.closed(world)
    internal.add_note(case, internal.NewNote("复盘"), by=world.actor("agent"))
    hub = Person(world, "agent")
    story = hub.see(case).context["timeline"]
    times = [entry.at for entry in story.entries]
    assert times == sorted(times, reverse=True)
    assert {tab.code: tab.count for tab in story.tabs} == {
        "": len(times), "contact": 3, "task": 3, "finding": 2, "measure": 3, "note": 1,
    }  # fmt: skip
    notes = hub.see(case, "?show=note").context["timeline"].entries
    assert [entry.kind for entry in notes] == ["note"]
    oldest = hub.see(case, "?order=oldest").context["timeline"].entries
    assert [entry.at for entry in oldest] == sorted(times)
    assert hub.see(case, "?show=%00&order=x&all=").status_code == 200


def test_a_long_story_shows_its_newest_part_and_the_way_to_the_rest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cases.queries import timeline

    monkeypatch.setattr(timeline, "SHOWN_AT_ONCE", 3)
    case = w.closed(world)
    hub = Person(world, "agent")
    story = hub.see(case).context["timeline"]
    assert (len(story.entries), story.hidden > 0) == (3, True)
    assert not hub.see(case, "?all=1").context["timeline"].hidden


def test_what_became_of_a_message_to_the_customer_stands_at_the_reply(world: World) -> None:
    case = w.handled(world)
    reply.reply_to_customer(case, reply.Answer("换新机", "sms"), by=world.actor("agent"))
    assert "短信 · 待发送" in Person(world, "agent").text(case)
    Message.objects.filter(thread=case.thread, kind="replied").update(state="not_sent")
    assert "未发送" in Person(world, "agent").text(case)


def test_the_page_asks_the_same_number_of_questions_whatever_has_happened(world: World) -> None:
    case = w.received(world, "quality")
    hub = Person(world, "agent")

    def questions() -> int:
        hub.see(case)  # warm: parsed profile, content of caches
        with CaptureQueriesContext(connection) as captured:
            assert hub.see(case).status_code == 200
        return len(captured)

    few = questions()
    agent, head = world.actor("agent"), world.actor("production_head")
    for n in range(15):
        contacts.record_contact(fresh(case), NewContact("in", world.channel("phone"), f"第 {n} 次"), by=agent)
        internal.add_note(fresh(case), internal.NewNote(f"备注 {n}"), by=head)
        investigation.record_investigation(fresh(case), investigation.Findings(f"事实 {n}"), by=head)
        reply.send_progress(fresh(case), reply.Answer(f"进展 {n}", "sms"), by=agent, expected_at=None)
    files = [SimpleUploadedFile(f"{n}.jpg", jpeg()) for n in range(6)]
    hub.did(case, "attach", {"files": files, "original": "copy"})
    process_due(by=Actor.system("files"))
    for _ in range(4):
        w.log_call(world)
    assert questions() == few
    assert few <= 45


# --- Who sees less ----------------------------------------------------------------------------------------------


@pytest.mark.req("SEC-08")
def test_contact_data_are_masked_outside_the_handling_group(world: World) -> None:
    case = w.received(world)
    contacts.record_contact(
        case, NewContact("in", world.channel("phone"), "催办", person="周慧"), by=world.actor("agent")
    )
    for name in ("agent", "production_head", "manager"):
        assert "13805126634" in Person(world, name).text(case)
    for name in ("auditor", "quality_handler"):
        page = Person(world, name).text(case)
        assert "13805126634" not in page
        assert "周慧" not in page
        assert "138****6634" in page


@pytest.mark.req("RTE-04", "SEC-01")
@pytest.mark.gate(7)
def test_the_first_asked_outsider_follows_entry_stage_and_reply_and_nothing_else(world: World) -> None:
    case = w.log_call(world, by="sales_handler", text="内胆漏水，要求换新机")
    given = intake.Classification(category=world.category(), urgency="important", priority=1)
    assignment.acknowledge_case(case, by=world.actor("agent"), classification=given)
    assignment.verify_case(fresh(case), by=world.actor("agent"), result="substantiated", basis="保密依据")
    assignment.dispatch_case(fresh(case), w.task(world), by=world.actor("agent"))
    reply.send_progress(fresh(case), reply.Answer("工程师已出发", "phone"), by=world.actor("agent"), expected_at=None)
    outsider = Person(world, "sales_handler")
    page = outsider.text(case)
    for words in ("内胆漏水，要求换新机", "工程师已出发", "办理中", "周慧"):
        assert words in page
    for secret in ("保密依据", "生产部", "查明原因", "处理单", "林晓"):
        assert secret not in page
    for act in ACTS:
        assert outsider.open(case, act).status_code == 403
    for path in ("history/", "slip/"):
        assert outsider.see(case, path).status_code == 403
    assert outsider.see(case, "people/?q=l").status_code == 404
    assert outsider.client.get(url_of(case, "receive", case.assignments.get())).status_code == 403


@pytest.mark.req("RTE-12", "SEC-01")
def test_after_a_return_number_date_and_reason_remain_to_the_department_and_404_for_all_else(world: World) -> None:
    case = w.dispatched(world)
    row = case.assignments.get()
    assignment.return_assignment(row, by=world.actor("production_head"), reason="属于销售承诺")
    for name in ("production_head", "production_handler"):
        person = Person(world, name)
        page = person.see(case)
        text = page.content.decode()
        assert page.status_code == 200
        assert case.number in text
        assert "属于销售承诺" in text
        for secret in (case.subject, "周慧", "13805126634", "苏州安居物业", "质量"):
            assert secret not in text
        for path in ("slip/", "history/", "people/?q=x"):
            assert person.see(case, path).status_code == 404
        assert person.client.post(url_of(case, "receive", row)).status_code == 404
    assert Person(world, "sales_head").see(case).status_code == 404
    recusal.accuse(fresh(case), (world.production_head,), by=world.actor("agent"), reason="被投诉")
    assert Person(world, "production_head").see(case).status_code == 404


def test_related_cases_are_only_those_that_the_reader_may_see(world: World) -> None:
    earlier = w.log_call(world)
    case = w.received(world, repeat_of=earlier)
    other = w.log_call(world)
    assert other.customer_id == case.customer_id is not None
    hub = Person(world, "agent").see(case).context["related"]
    assert {(item.case.number, item.relation) for item in hub} == {
        (earlier.number, "earlier"),
        (other.number, "customer"),
    }
    assert Person(world, "production_head").see(case).context["related"] == []
    recusal.accuse(earlier, (world.agent2,), by=world.actor("agent"), reason="被投诉")
    assert earlier.number not in Person(world, "agent2").text(case)


@pytest.mark.parametrize(
    "reference",
    ["2026-999999", "x" * 300, "%00", "２０２６－０００００１", "..%2f..%2fetc", "-1", "%F0%9F%92%A9", "9" * 60],
)
def test_an_absurd_reference_is_simply_not_there(world: World, reference: str) -> None:
    hub = Person(world, "agent").client
    for path in ("", "close/", "slip/", "assignments/1/receive/"):
        assert hub.get(f"/cases/{reference}/{path}").status_code == 404


def test_an_absurd_id_of_a_part_is_simply_not_there(world: World) -> None:
    case, other = w.received(world), w.received(world)
    head = Person(world, "production_head").client
    hub = Person(world, "agent").client
    for pk in (0, 999_999, 2**63, 10**30, other.assignments.get().pk):
        assert head.get(f"/cases/{case.number}/assignments/{pk}/answer/").status_code == 404
        for part, act in (
            ("visits", "record_visit"),
            ("measures", "complete_measure"),
            ("clocks", "give_breach_reason"),
        ):
            assert hub.get(f"/cases/{case.number}/{part}/{pk}/{act}/").status_code in {404, 403}
        assert hub.get(f"/cases/{case.number}/files/{pk}/").status_code == 404


# --- Files --------------------------------------------------------------------------------------------------------


@pytest.mark.req("INT-11")
def test_files_are_original_or_copy_with_the_place_of_the_paper_and_originals_are_only_saved(world: World) -> None:
    case = w.received(world)
    hub = Person(world, "agent")
    assert hub.do(case, "attach", {"original": "copy"}).status_code == 422
    lying = hub.do(case, "attach", {"files": [SimpleUploadedFile("a.pdf", b"MZ")], "original": "copy"})
    assert lying.status_code == 422
    files = [SimpleUploadedFile("发票.jpg", jpeg()), SimpleUploadedFile("信.docx", docx())]
    case = hub.did(case, "attach", {"files": files, "original": "original", "kept_at": "档案室 3 号柜"})
    process_due(by=Actor.system("files"))
    photo, letter = case.files.order_by("pk")
    assert (photo.is_original, photo.original_kept_at) == (True, "档案室 3 号柜")
    assert "档案室 3 号柜" in hub.text(case)
    for row in (photo, letter):
        answer = hub.see(case, f"files/{row.pk}/")
        assert answer["Content-Disposition"].startswith("attachment")
        assert "sandbox" in answer["Content-Security-Policy"]
    for size in ("thumb", "picture"):
        shown = hub.see(case, f"files/{photo.pk}/{size}/")
        assert shown["Content-Type"] in {"image/jpeg", "image/webp", "image/png"}
        assert shown["Content-Disposition"] == "inline"
        assert hub.see(case, f"files/{letter.pk}/{size}/").status_code == 404


@pytest.mark.req("SEC-01", "SEC-02")
def test_a_file_is_opened_only_through_a_case_that_one_reads_and_the_taking_is_kept(world: World) -> None:
    from audit.models import Reading

    case, other = w.received(world), w.log_call(world)
    hub = Person(world, "agent")
    hub.did(case, "attach", {"files": [SimpleUploadedFile("a.jpg", jpeg())], "original": "copy"})
    row = case.files.get()
    assert hub.see(other, f"files/{row.pk}/").status_code == 404
    assert Person(world, "sales_head").see(case, f"files/{row.pk}/").status_code == 404
    assert Person(world, "production_handler").see(case, f"files/{row.pk}/").status_code == 200
    assert Reading.objects.get(thread=case.thread).actor_label == "吴磊"


def test_the_first_asked_outsider_opens_only_the_own_and_the_customers_files(world: World) -> None:
    case = w.acknowledged(world, by="sales_handler")
    hub = Person(world, "agent")
    hub.did(case, "attach", {"files": [SimpleUploadedFile("内部.jpg", jpeg())], "original": "copy"})
    row = case.files.get()
    outsider = Person(world, "sales_handler")
    assert outsider.see(case, f"files/{row.pk}/").status_code == 404
    case.files.update(from_customer=True)
    assert outsider.see(case, f"files/{row.pk}/").status_code == 200


# --- Sheets --------------------------------------------------------------------------------------------------------


def test_a_sheet_is_the_same_form_as_the_page(world: World) -> None:
    case = w.log_call(world)
    hub = Person(world, "agent")
    page = hub.open(case, "decline").content.decode()
    sheet = hub.open(case, "decline", headers=SHEET).content.decode()
    assert "<html" in page
    assert "<html" not in sheet
    for part in ('name="version"', 'name="reason"', 'name="reply"', 'name="csrfmiddlewaretoken"', 'method="post"'):
        assert part in page
        assert part in sheet
    assert 'hx-target="#sheet-body"' in sheet
    assert 'hx-target="#act"' in page


def test_a_refused_sheet_comes_back_as_a_fragment_and_success_loads_the_case_afresh(world: World) -> None:
    case = w.log_call(world)
    hub = Person(world, "agent")
    refused = hub.do(case, "decline", {"reason": "非我司产品"}, sheet=True)
    assert refused.status_code == 422
    assert "<html" not in refused.content.decode()
    assert "非我司产品" in refused.content.decode()
    done = hub.do(case, "decline", {"reason": "非我司产品", "reply": "抱歉"}, sheet=True)
    assert (done.status_code, done["HX-Redirect"]) == (204, f"/cases/{case.number}/")


def test_opening_a_page_changes_nothing(world: World) -> None:
    case = w.received(world)
    before = (fresh(case).version, Case.objects.count())
    hub = Person(world, "agent")
    for act in ACTS:
        hub.open(case, act)
    hub.see(case)
    assert (fresh(case).version, Case.objects.count()) == before


@pytest.mark.req("SEC-01")
def test_a_small_picture_costs_a_look_at_the_rights_and_not_a_page(world: World) -> None:
    hub = Person(world, "agent")
    files = {"files": [SimpleUploadedFile("a.jpg", jpeg())], "original": "copy"}
    case = hub.did(w.received(world), "attach", files)
    process_due(by=Actor.system("files"))
    with CaptureQueriesContext(connection) as asked:
        assert hub.see(case, f"files/{case.files.get().pk}/thumb/").status_code == 200
    assert not [query for query in asked if "cases_assignment" in query["sql"] or "customers_" in query["sql"]]


@pytest.mark.req("SEC-08")
def test_why_an_entry_was_corrected_may_name_people_and_is_for_those_who_see_contacts(world: World) -> None:
    case = correction.correct(
        w.received(world), {"product_text": "DSZF-80"}, by=world.actor("agent"), reason="周慧太太来电更正"
    )
    assert "周慧太太来电更正" in Person(world, "production_head").text(case)
    for path in ("", "history/"):
        assert "周慧太太来电更正" not in Person(world, "auditor").text(case, path)


@pytest.mark.req("INT-04")
def test_that_nobody_was_asked_first_is_said_in_the_readers_language(world: World) -> None:
    case = visitors.submitted()
    assert "客户自助" in Person(world, "agent").text(case)
    with translation.override("en"):
        assert case.first_asked_shown == "Customer self-service"
        assert w.log_call(world).first_asked_shown == "林晓"
