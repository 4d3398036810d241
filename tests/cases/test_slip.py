"""The case slip 处理单 (F02): what stands on it, as page and as PDF."""

from __future__ import annotations

import pytest

from audit.models import Reading
from cases.actions import closure
from documents import pdf
from documents.checks import missing_packages
from documents.exceptions import PdfUnavailable
from tests import world as w
from tests.cases.desk import Person
from tests.world import World

pytestmark = [pytest.mark.form("F02"), pytest.mark.req("RES-13")]
needs_pango = pytest.mark.skipif(bool(missing_packages()), reason="the libraries for PDFs are missing here")


def test_a_closed_case_has_its_slip_with_everything_the_form_asks(world: World) -> None:
    case = w.closed(world)
    page = Person(world, "agent").text(case, "slip/")
    for words in (
        "用户来信、来电、来访处理单", case.number, "安居电器",  # title, register number
        "周慧", "苏州安居物业", "13805126634", "电热水器内胆漏水",  # user, content
        "生产部", "主办", "查明原因，提出处理意见", "已换新焊机，同意换新机",  # transfer, handling opinion
        "内胆焊缝渗水", "焊接电流偏低", "更换焊机并复检", "赵敏", "抽检 20 台",  # facts, cause, measures, effect
        "为您换新机一台", "满意", "已解决", "换新机", "每班点检焊机",  # result, opinion, summary
        "领导批示", "经办人", "责任部门", "公司领导", "客户",  # approval and signature lines
    ):  # fmt: skip
        assert words in page, words


@pytest.mark.req("SEC-13")
def test_the_slip_says_who_printed_it_when_and_under_which_number(world: World) -> None:
    case = w.closed(world)
    page = Person(world, "auditor").see(case, "slip/")
    assert page.context["stamp"].line.startswith("沈静 · 2026-") or " · " in page.context["stamp"].line
    assert page.context["stamp"].line.endswith(case.number)
    assert page.context["stamp"].line in page.content.decode()


def test_a_leaders_decision_stands_on_the_slip(world: World) -> None:
    case = w.replied(world)
    row = closure.escalate(case, by=world.actor("agent"), demand="要求经理答复")
    closure.answer_escalation(row, by=world.actor("manager"), answer="同意换新机并致歉")
    page = Person(world, "agent").text(case, "slip/")
    assert "同意换新机并致歉" in page
    assert "陈建国" in page


@pytest.mark.req("SEC-08")
def test_contact_data_are_masked_for_who_does_not_handle_the_case(world: World) -> None:
    case = w.closed(world)
    page = Person(world, "auditor").text(case, "slip/")
    assert "13805126634" not in page
    assert "138****6634" in page
    assert "周**" in page


def test_what_is_not_there_yet_leaves_room_to_write(world: World) -> None:
    page = Person(world, "agent").text(w.log_call(world), "slip/")
    assert "尚未结案" in page


def test_the_words_of_a_customer_are_only_words(world: World) -> None:
    case = w.log_call(world, text="<img src=x onerror=alert(1)><script>alert(2)</script>")
    page = Person(world, "agent").text(case, "slip/")
    assert "<img src=x" not in page
    assert "<script>alert" not in page
    assert "&lt;img src=x" in page


@needs_pango
def test_the_pdf_is_a_file_to_save_and_its_printing_is_kept(world: World) -> None:
    case = w.closed(world)
    answer = Person(world, "agent").see(case, "slip.pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment")
    assert case.number in answer["Content-Disposition"]
    assert answer.content.startswith(b"%PDF-")
    assert Reading.objects.get(thread=case.thread).what == "print"


@needs_pango
def test_a_text_of_20000_characters_still_fits_on_paper(world: World) -> None:
    case = w.log_call(world, text="漏水" * 9_999 + "\u200dW" * 1)
    assert Person(world, "agent").see(case, "slip.pdf").content.startswith(b"%PDF-")


def test_where_no_pdf_can_be_made_the_page_is_there_with_the_reason(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_kwargs: object) -> bytes:
        raise PdfUnavailable("缺少 libpango-1.0-0")

    monkeypatch.setattr(pdf, "render_pdf", fail)
    case = w.log_call(world)
    person = Person(world, "agent")
    answer = person.see(case, "slip.pdf")
    assert answer.status_code == 302
    assert "缺少 libpango-1.0-0" in person.client.get(answer["Location"]).content.decode()


@pytest.mark.req("SEC-13")
def test_printing_needs_the_right_and_the_whole_case(world: World) -> None:
    case = w.acknowledged(world, by="sales_handler")
    for path in ("slip/", "slip.pdf"):
        assert Person(world, "sales_handler").see(case, path).status_code == 403
        assert Person(world, "production_head").see(case, path).status_code == 404
        assert Person(world, "administrator").see(case, path).status_code == 404
