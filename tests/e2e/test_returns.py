"""Goods come back, in the browser: a refund and a repair, by everybody whose step it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from returns.models import RefundRefusal, ReturnSlip
from tests.e2e.people import Person
from tests.returns import trade
from tests.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]


def the_slip() -> ReturnSlip:
    return ReturnSlip.objects.latest("pk")


def asks(customer: Person, wish: str, words: str) -> None:
    """A customer fills in the public form for goods that are to come back."""
    customer.opens("/feedback/return/")
    customer.page.check(f"input[name=wish][value={wish}]", force=True)
    customer.page.check("input[name=reason][value=quality]", force=True)
    for name, value in (
        ("product_text", "电热水器 DSZF-60"),
        ("quantity", "2"),
        ("contact", "13805126634"),
        ("name", "周慧"),
    ):
        customer.page.fill(f"input[name={name}]", value)
    customer.page.fill("textarea[name=text]", words)
    customer.page.check("input[name=consent]", force=True)
    customer.page.wait_for_timeout(3_000)  # a person needs longer than the form allows a robot
    customer.page.locator("button.primary").click()
    customer.page.wait_for_url("**/feedback/receipt/**", timeout=60_000)


@pytest.mark.req("RET-01", "RET-03", "RET-04", "RET-09", "RET-11")
@pytest.mark.gate(1)
@pytest.mark.system("S06")
def test_a_refund_walks_from_the_customer_to_finance(world: World, somebody: Callable[..., Person]) -> None:
    trade.people(world)
    customer = somebody()
    asks(customer, "refund", "两台内胆漏水，要求退款。")
    slip = the_slip()
    customer.sees(slip.number)

    page = f"/returns/{slip.number}/"
    keeper = somebody("store_keeper")
    keeper.opens("/returns/")
    keeper.page.get_by_role("link", name=slip.number).click()
    keeper.does("receive", **{f"counted_{slip.lines.get().pk}": "2"})
    finance = somebody("finance_handler")
    finance.opens("/returns/refunds/")
    finance.page.fill("input[name=number]", slip.number)
    finance.page.locator("form button:has-text('核对并付款')").click()
    finance.sees("未经确认")
    assert RefundRefusal.objects.count() == 1
    quality = somebody("quality_head")
    quality.opens(page)
    quality.does("confirm", opinion="情况属实，同意退款", refund_amount="2598")
    finance.opens("/returns/refunds/")
    finance.page.get_by_role("link", name=slip.number).click()
    finance.does("pay", reference="FK-1127")
    finance.sees("已退款")
    desk = somebody("desk_clerk")
    desk.opens(page)
    desk.does("call_back", satisfaction="satisfied")
    assert the_slip().outcome == "refunded"


@pytest.mark.req("RET-21", "RET-22", "RET-24", "RET-25", "SLA-23")
@pytest.mark.gate(2)
@pytest.mark.system("S41")
def test_a_repair_walks_from_the_customer_to_the_callback(world: World, somebody: Callable[..., Person]) -> None:
    trade.people(world)
    customer = somebody()
    asks(customer, "repair", "两台内胆漏水，要求维修。")
    slip = the_slip()
    customer.sees(slip.number)
    page, desk = f"/returns/{slip.number}/", somebody("desk_clerk")
    head = somebody("repair_head")
    head.opens(page)
    head.does("accept", place="factory", opinion="请寄到售后部")
    keeper = somebody("store_keeper")
    keeper.opens(page)
    keeper.does("receive", **{f"counted_{slip.lines.get().pk}": "2"})
    head.opens(page)
    head.does("schedule", repairer="丁磊", planned_on=str(timezone.localdate() + timedelta(days=1)))
    repairer = somebody("repairer")
    repairer.opens("/")
    repairer.page.get_by_role("link", name=slip.number).first.click()
    repairer.does("start")
    repairer.does("note_work", kind="part", text="内胆 60L", quantity="1")
    keeper.opens(page)
    keeper.page.locator("summary.blocked").click()
    keeper.sees("无法复检")
    repairer.does("finish", detection="焊缝渗水", work="更换内胆", cause="焊接电流偏低")
    quality = somebody("quality_handler")
    quality.opens(page)
    quality.does("inspect", passed="yes", findings="通电四小时合格")
    keeper.opens(page)
    keeper.does("release", shipment="顺丰 SF1")
    desk.opens(page)
    desk.does("deliver")
    caller = somebody("callback_agent")
    caller.opens(page)
    caller.does("call_back", satisfaction="satisfied", effect="5")
    assert (the_slip().outcome, the_slip().turn) == ("repaired", "")


@pytest.mark.req("RET-01", "RET-02")
def test_the_desk_opens_a_slip(world: World, somebody: Callable[..., Person]) -> None:
    trade.people(world)
    desk = somebody("desk_clerk")
    desk.opens("/returns/new/")
    desk.page.check("input[name=wish][value=repair]", force=True)
    desk.page.check("input[name=reason][value=quality]", force=True)
    desk.page.fill("textarea[name=description]", "内胆漏水，要求维修。")
    for name, value in (("product_text_0", "热水器"), ("announced_0", "1"), ("contact_name", "周慧")):
        desk.page.fill(f"input[name={name}]", value)
    desk.page.locator(".formbar button.primary").click()
    desk.page.wait_for_url("**/returns/TH*/")
    desk.sees(the_slip().number)
