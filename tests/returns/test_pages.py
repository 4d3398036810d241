"""The pages of returns: every act through its form, what is refused, what each function sees."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from returns.models import Refund, RefundRefusal, ReturnSlip
from tests import world as w
from tests.forms import submit
from tests.returns import trade as t
from tests.returns.pages import done, page_of
from tests.world import World, client_of

pytestmark = pytest.mark.django_db


@pytest.mark.req("RET-01", "RET-02", "RET-03", "RET-04", "RET-05", "RET-09", "RET-11")
@pytest.mark.system("S06")
def test_a_refund_goes_through_the_pages_of_everybody_whose_turn_it_is(trade: World) -> None:
    clerk, keeper, quality, finance = (
        client_of(trade, name) for name in ("desk_clerk", "store_keeper", "quality_head", "finance_handler")
    )
    answer = submit(
        clerk, "/returns/new/", wish="refund", reason="quality", description="内胆漏水", contact_name="周慧",
        contact_phone="13805126634", claimed_amount="1299", product_0="", product_text_0="电热水器 DSZF-60",
        announced_0="2", batch_0="B2610", received_on_0=str(timezone.localdate() - timedelta(days=2)),
    )  # fmt: skip
    done(answer)
    slip = ReturnSlip.objects.get()
    page = f"/returns/{slip.number}/"
    assert answer.headers["Location"] == page
    assert finance.get(page).status_code == 404
    line = slip.lines.get()
    assert "收货" in page_of(keeper, slip)
    done(submit(keeper, f"{page}receive/", **{f"counted_{line.pk}": "1"}))
    assert "说明差异" in page_of(clerk, slip)
    assert quality.get(f"{page}confirm/").status_code == 200
    blocked = submit(quality, f"{page}confirm/", opinion="属实", refund_amount="1299")
    assert blocked.status_code == 422
    done(submit(clerk, f"{page}lines/{line.pk}/explain/", difference="not_sent", note="只寄来一台"))
    done(submit(quality, f"{page}confirm/", opinion="情况属实，同意退款", refund_amount="1299"))
    assert slip.number in finance.get("/returns/refunds/").content.decode()
    done(submit(finance, f"{page}pay/", reference="PZ-1127"))
    assert Refund.objects.get().amount == 1299
    done(submit(client_of(trade, "callback_agent"), f"{page}call_back/", satisfaction="satisfied"))
    assert "客户回访" in page_of(clerk, t.fresh(slip)) or "回访" in page_of(clerk, t.fresh(slip))


@pytest.mark.req("RET-21", "RET-22", "RET-24", "RET-25", "SLA-23")
@pytest.mark.system("S41")
def test_a_repair_goes_through_the_pages_of_everybody_whose_turn_it_is(trade: World) -> None:
    slip = t.registered(trade, "repair")
    page = f"/returns/{slip.number}/"
    head, repairer, keeper, quality, clerk = (
        client_of(trade, name) for name in ("repair_head", "repairer", "store_keeper", "quality_head", "desk_clerk")
    )
    done(submit(head, f"{page}accept/", opinion="请寄到售后部"))
    done(submit(keeper, f"{page}receive/", **{f"counted_{slip.lines.get().pk}": "1"}))
    day = str(timezone.localdate() + timedelta(days=1))
    done(submit(head, f"{page}schedule/", repairer=str(trade.repairer.pk), planned_on=day))
    done(repairer.post(f"{page}start/", {"version": t.fresh(slip).version}))
    done(submit(repairer, f"{page}note_work/", kind="part", text="内胆 60L"))
    assert "放行" in page_of(keeper, slip)
    assert "blocked" in page_of(keeper, slip)
    assert submit(keeper, f"{page}release/", shipment="SF1").status_code in {409, 422}
    done(submit(repairer, f"{page}finish/", detection="焊缝渗水", work="换内胆", cause="焊接电流偏低"))
    refused = keeper.post(f"{page}release/", {"shipment": "SF1"})
    assert refused.status_code == 422
    assert t.fresh(slip).released_at is None
    done(submit(quality, f"{page}inspect/", passed="yes", findings="合格"))
    done(submit(keeper, f"{page}release/", shipment="顺丰 SF1"))
    done(submit(clerk, f"{page}deliver/", holds="version"))
    assert t.fresh(slip).state == "ended"
    done(submit(client_of(trade, "agent"), f"{page}call_back/", satisfaction="satisfied", effect="5"))
    assert t.fresh(slip).outcome == "repaired"


@pytest.mark.gate(1)
def test_finance_is_refused_at_the_gate_by_page_and_by_number(trade: World) -> None:
    slip = t.received(trade)
    finance = client_of(trade, "finance_handler")
    answer = submit(finance, "/returns/refunds/", number=slip.number.lower())
    assert answer.status_code == 422
    assert "未经确认" in answer.content.decode()
    data = {"amount": "1299", "way": "transfer", "reference": "x", "paid_on": str(timezone.localdate())}
    assert finance.post(f"/returns/{slip.number}/pay/", data).status_code == 422
    assert RefundRefusal.objects.count() == 2
    assert slip.number in finance.get("/returns/refunds/").content.decode()
    assert finance.get(f"/returns/{slip.number}/pay/").status_code == 404
    assert client_of(trade, "desk_clerk").post(f"/returns/{slip.number}/pay/", data).status_code == 403
    assert submit(finance, "/returns/refunds/", number="TH2026-999999").status_code == 422


@pytest.mark.parametrize("state", sorted(t.MAKERS))
@pytest.mark.parametrize(
    "name",
    ["desk_clerk", "store_keeper", "quality_head", "finance_handler", "repair_head", "repairer", "inspector", "agent",
     "callback_agent", "manager", "auditor", "general_manager", "sales_head"],
)  # fmt: skip
def test_the_page_opens_for_everybody_who_may_see_it_and_every_button_leads_somewhere(
    trade: World, state: str, name: str
) -> None:
    slip = t.MAKERS[state](trade)
    client = client_of(trade, name)
    answer = client.get(f"/returns/{slip.number}/")
    if answer.status_code == 404:
        return
    page = answer.content.decode()
    for url in set(re.findall(rf'hx-get="(/returns/{slip.number}/[^"]+)"', page)):
        assert client.get(url).status_code == 200, url


def test_a_page_from_an_older_state_changes_nothing(trade: World) -> None:
    slip = t.received(trade)
    quality = client_of(trade, "quality_head")
    data = {"version": slip.version - 1, "handling": "refund", "refund_amount": "1", "opinion": "属实"}
    answer = quality.post(f"/returns/{slip.number}/confirm/", data)
    assert answer.status_code == 409
    assert t.fresh(slip).state == "received"


@pytest.mark.req("RET-34", "RET-25")
@pytest.mark.form("F42")
def test_the_account_book_finds_every_slip_by_number_batch_serial_and_customer(trade: World) -> None:
    slip, other = t.registered(trade), t.registered(trade, "repair", t.goods(batch="B9", serial="X-1"))
    client = client_of(trade, "desk_clerk")
    assert client.get(f"/returns/book/?q={slip.number}").headers["Location"] == f"/returns/{slip.number}/"
    for query, found, left in (
        ("batch=B9", other, slip), ("serial=HB60-24031177", slip, other), ("wish=repair", other, slip),
        ("q=X-1", other, slip),
    ):  # fmt: skip
        page = client.get(f"/returns/book/?{query}").content.decode()
        assert found.number in page, query
        assert left.number not in page, query
    assert slip.number in client.get("/returns/book/?q=13805126634").content.decode()
    assert slip.number not in client_of(trade, "inspector").get("/returns/book/").content.decode()
    assert client.get("/returns/book/?state=nonsense&since=x").status_code == 200
    assert "<canary>" not in (page := client.get(f"/returns/book/?q=<canary>{'x' * 100}").content.decode())
    assert f"&lt;canary&gt;{'x' * 100}" in page


@pytest.mark.req("RET-32")
def test_a_case_shows_its_returns_and_opens_one_with_what_is_known(trade: World) -> None:
    case = w.log_call(trade)
    agent = client_of(trade, "agent")
    form = agent.get(f"/returns/new/?case={case.number}").content.decode()
    assert "周慧" in form
    assert "13805126634" in form
    done(
        submit(
            agent, f"/returns/new/?case={case.number}", wish="refund", reason="quality", product_text_0="热水器",
            announced_0="1",
        )
    )  # fmt: skip
    slip = ReturnSlip.objects.get()
    assert slip.case == case
    assert slip.number in agent.get(f"/returns/of/case/{case.number}/").content.decode()
    page = agent.get(f"/cases/{case.number}/").content.decode()
    assert f'hx-get="/returns/of/case/{case.number}/" hx-trigger="load"' in page
    panel = agent.get(f"/returns/of/case/{case.number}/", headers={"HX-Request": "true"}).content.decode()
    assert slip.number in panel
    assert "<html" not in panel
    assert f'href="/returns/new/?case={case.number}"' in panel
    assert client_of(trade, "finance_handler").get(f"/returns/of/case/{case.number}/").status_code == 404


def test_what_cannot_be_comes_back_with_everything_that_was_typed(trade: World) -> None:
    clerk = client_of(trade, "desk_clerk")
    answer = submit(
        clerk, "/returns/new/", wish="refund", reason="quality", description="漏水", contact_name="周慧",
        product_text_0="热水器", announced_0="0",
    )  # fmt: skip
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "热水器" in page
    assert not ReturnSlip.objects.exists()


@pytest.mark.req("RTE-18")
def test_who_must_not_know_of_the_case_does_not_find_its_return(trade: World) -> None:
    from cases.actions.recusal import accuse

    case = w.log_call(trade)
    slip = t.of_case(trade, case)
    accuse(case.__class__.objects.get(pk=case.pk), (trade.agent2,), by=trade.actor("hub_head"), reason="亲属")
    assert client_of(trade, "agent").get(f"/returns/{slip.number}/").status_code == 200
    other = client_of(trade, "agent2")
    assert other.get(f"/returns/{slip.number}/").status_code == 404
    assert slip.number not in other.get("/returns/?turn=all").content.decode()
    assert slip.number not in other.get("/returns/book/").content.decode()


@pytest.mark.form("F41", "F44", "F54")
def test_slip_record_and_tags_are_papers(trade: World) -> None:
    slip = t.passed(trade)
    client = client_of(trade, "repair_head")
    for name in ("slip", "repair", "tags"):
        answer = client.get(f"/returns/{slip.number}/{name}.pdf")
        assert answer.status_code == 200, name
        assert answer.content.startswith(b"%PDF-"), name


@pytest.mark.req("RET-23")
@pytest.mark.form("F54")
def test_what_comes_to_the_workshop_is_tagged_and_the_code_opens_its_return(
    trade: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    slip = t.received(trade, "repair")
    made: dict[str, Any] = {}

    def render(html: str, **values: Any) -> bytes:
        made.update(values, html=html)
        return b"%PDF-"

    monkeypatch.setattr("returns.views.papers.render_pdf", render)
    monkeypatch.setattr("returns.views.papers.code_of", lambda url: url)
    assert client_of(trade, "desk_clerk").get(f"/returns/{slip.number}/tags.pdf").status_code == 200
    assert made["pictures"]["code"].endswith(f"/returns/{slip.number}/")
    line = slip.lines.get()
    for said in (slip.number, str(line), line.serial, slip.contact_name):
        assert said in made["html"]


def test_the_board_asks_as_often_for_twenty_as_for_two(trade: World, django_assert_max_num_queries: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = client_of(trade, "desk_clerk")
    counts = []
    for _n in range(2):
        for _m in range(2 if not counts else 10):
            t.registered(trade)
        client.get("/returns/?turn=all")
        with CaptureQueriesContext(
            connection,
        ) as seen:
            client.get("/returns/?turn=all")
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_what_could_not_be_sent_is_told_by_telephone_from_the_return_and_the_desk(trade: World) -> None:
    from notifications.delivery import sweep_due
    from notifications.queries import to_telephone_of

    slip = t.registered(trade)
    sweep_due()
    assert to_telephone_of(slip.thread).count() == 1
    clerk = client_of(trade, "desk_clerk")
    assert f"您的退货 {slip.number} 已登记" in page_of(clerk, slip)
    assert f"您的退货 {slip.number} 已登记" in clerk.get("/").content.decode()
    assert client_of(trade, "store_keeper").post(f"/returns/{slip.number}/told/").status_code == 403
    done(clerk.post(f"/returns/{slip.number}/told/"))
    assert to_telephone_of(slip.thread).count() == 0
