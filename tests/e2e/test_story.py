"""The life of one complaint in the browser: the call, the departments, the answer, the customer, the end.

The same story goes through HTTP, with the clock moved by hand, in ``tests/test_story.py``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from cases.models import Case
from cases.secrets import link_token
from tests.e2e.people import Person
from tests.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]


def the_case() -> Case:
    return Case.objects.get()


def logs_the_call(agent: Person) -> str:
    """`n`, the caller, the text, the kind, Ctrl+Enter: nothing but keys. Returns the number to read out."""
    keys = agent.page.keyboard
    keys.press("n")
    agent.page.wait_for_url("**/cases/log/")
    agent.page.wait_for_function(
        "document.activeElement.id === 'id_caller' && document.activeElement.role === 'combobox'"
    )
    keys.type("周慧 13805126634")
    agent.page.locator("[role=option]").first.wait_for()
    keys.press("Tab")  # takes the marked offer: somebody new
    reach(agent, "textarea[name=text]")
    keys.type("热水器内胆漏水，上月已报修一次，这两天又漏了，要求换新机。")
    reach(agent, "input[name=kind]")
    for _ in range(12):
        if agent.page.evaluate("document.activeElement.value") == "complaint":
            break
        keys.press("ArrowRight")
    keys.press("Space")
    assert agent.page.is_checked("input[name=kind][value=complaint]")
    keys.press("Control+Enter")
    agent.page.wait_for_url("**/cases/log/done/**")
    return str(agent.page.inner_text(".receipt.big strong"))


def reach(person: Person, selector: str, *, within: int = 15) -> None:
    """Press Tab until the focus is there."""
    for _ in range(within):
        if person.page.evaluate(f"document.activeElement.matches({selector!r})"):
            return
        person.page.keyboard.press("Tab")
    pytest.fail(f"{selector} cannot be reached with Tab")


@pytest.mark.req("RES-20", "RES-11", "RES-12", "INT-24", "CAP-04", "RTE-14")
@pytest.mark.form("F02")
def test_one_complaint_goes_all_the_way_through_in_the_browser(world: World, somebody: Callable[..., Person]) -> None:
    # A call comes in, and is logged without touching the mouse.
    agent = somebody()
    agent.signs_in("agent")
    number = logs_the_call(agent)
    case = the_case()
    assert number == case.number
    assert re.fullmatch(r"\d{4}-000001", number)
    page = f"/cases/{number}/"

    # The hub takes it on, checks that it is genuine, and sends it out: one leads, one helps.
    agent.opens(page)
    if the_case().state == "registered":
        agent.does("acknowledge")
    agent.does("verify", result="substantiated", basis="照片与维修记录")
    agent.does("dispatch", department="生产部", requirement="查明原因，提出处理意见", helper_1="质管部")
    assert the_case().state == "dispatched"
    agent.sees("生产部")

    # Both departments find it on their desk and receive it.
    head = somebody("production_head")
    head.opens("/")
    head.page.locator(f"main a[href^='{page}']").first.click()
    head.page.wait_for_url(f"**{page}*")
    head.does("receive")
    assert the_case().state == "received"
    quality = somebody("quality_head")
    quality.opens(page)
    quality.does("receive")

    # Why, and what we change.
    head.opens(page)
    head.does("investigate", facts="内胆环缝有砂眼，属实。", cause="焊接电流偏低", responsible_department="生产部")
    plans_the_measure(head)
    measure = the_case().measures.get()
    assert measure.owner == world.production_handler

    # The handler stands in the workshop with a telephone.
    handler = somebody("production_handler", phone=True)
    handler.opens("/")
    handler.page.locator(f"main a[href^='{page}']").first.click()
    handler.page.wait_for_url(f"**{page}*")
    handler.does("complete_measure", evidence="参数已锁定，见照片")
    handler.fits()
    measure.refresh_from_db()
    assert (measure.state, measure.done_by) == ("done", world.production_handler)

    # Somebody else verifies; the helper answers first, then the lead.
    quality.opens(page)
    quality.does("verify_measure", effective="yes", method="抽检 20 台")
    quality.does("answer", answer="同批次已隔离")
    head.opens(page)
    head.does("answer", answer="已整改，同意换新机")
    assert the_case().owner == world.agent

    # The answer goes to the customer.
    agent.opens(page)
    agent.does("reply", result="为您换新机一台。", measures="焊机参数已上锁。", way="phone")
    assert the_case().state in {"replied", "awaiting_opinion"}

    # The customer opens the link, reads it, and says no.
    customer = somebody(phone=True)
    customer.opens(f"/track/{link_token(the_case())}/")
    assert link_token(the_case()) not in customer.page.url
    customer.sees("为您换新机一台。")
    assert "焊接电流" not in customer.page.inner_text("body")
    customer.fits()
    customer.page.locator("#opinion summary").click()
    customer.page.fill("#opinion textarea", "还没有收到新机")
    customer.page.get_by_role("button", name="还没解决").click()
    customer.sees("我们会继续处理")
    assert the_case().opinions.get().satisfied is False

    # Answered once more; now it is settled.
    agent.opens(page)
    agent.sees("还没有收到新机")
    agent.does("reply", result="新机今日已送达。", way="phone")
    customer.opens("/track/case/")
    customer.sees("新机今日已送达。")
    customer.page.get_by_role("button", name="满意").first.click()
    customer.page.wait_for_url("**/track/case/**")
    assert the_case().opinions.latest("pk").satisfied

    # Nothing is missing any more: closed with its summary, and the slip is there to be signed.
    agent.opens(page)
    agent.does(
        "close", outcome="settled", course="客户来电反映漏水", cause="焊接电流偏低", decision="换新机",
        lesson="每班点检焊机",
    )  # fmt: skip
    case = the_case()
    assert (case.state, case.outcome) == ("closed", "settled")
    assert agent.page.locator(".stepper [aria-current=step], .stepper .done").last.inner_text().startswith("结案")
    agent.opens(f"{page}slip/")
    agent.sees(number)
    agent.sees("焊接电流偏低")


def plans_the_measure(head: Person) -> None:
    """A measure for a colleague who is found by typing."""
    head._button("plan_measure").click()
    sheet = head.page.locator("#sheet[open] form[hx-post]")
    sheet.wait_for()
    head.fills(sheet, "text", "焊机参数上锁，同批次复检")
    head.fills(sheet, "department", "生产部")
    head.picks("owner", "吴磊")
    head.fills(sheet, "due_on", (timezone.localdate() + timedelta(days=5)).isoformat())
    with head.page.expect_navigation():
        sheet.locator("footer button.primary").click()
