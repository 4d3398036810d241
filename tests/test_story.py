"""The whole life of a complaint, through HTTP, with the clock moved by hand.

One matter goes from the first call to the archive and comes back once: every step is taken on the page
that its person would use, and what the clock, the outbox and the customer see is checked on the way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from unittest import mock
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from audit.verification import verify
from cases import challenge
from cases.actions import sweep
from cases.models import Case, CaseClock
from cases.secrets import access_code, link_token
from notifications.delivery import sweep_due
from notifications.models import Message
from reports.actions import issuing
from reports.models import Report
from returns.actions import sweep as return_sweep
from returns.models import ReturnClock, ReturnSlip
from surveys.actions import drawing, inviting, tallying
from surveys.models import Callback, FollowUp, Invitation, QuestionnaireVersion, Response
from surveys.secrets import link_token as survey_token
from tests.cases import visitors
from tests.forms import submit
from tests.returns import trade
from tests.world import PASSWORD, World, closed, satisfied

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 16, 9, 12, tzinfo=SHANGHAI)


class Hand:
    """The hand that moves the clock."""

    def __init__(self) -> None:
        self.now = MONDAY

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: int) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def hand() -> Iterator[Hand]:
    moved = Hand()
    with mock.patch("django.utils.timezone.now", side_effect=moved):
        yield moved


def person(name: str) -> Client:
    """Somebody who logs in on the login page."""
    client = Client()
    answer = submit(client, "/accounts/login/", login=name, password=PASSWORD)
    assert answer.status_code == 302, answer.content.decode()[:500]
    return client


def after(answer: Any, case: Case) -> Case:
    """The case after an act that was carried out."""
    assert answer.status_code in {302, 303}, re.sub(r"\s+", " ", answer.content.decode())[:3000]
    return Case.objects.get(pk=case.pk)


def at(moment: datetime) -> str:
    """How a person types a moment."""
    return timezone.localtime(moment, SHANGHAI).strftime("%Y-%m-%dT%H:%M")


def clock(case: Case, kind: str) -> CaseClock:
    return CaseClock.objects.filter(case=case, kind=kind).latest("pk")


@pytest.mark.req("RES-20", "RTE-04", "SLA-05", "SLA-06", "SLA-07", "RES-11", "RES-21", "INT-24")
@pytest.mark.form("F02")
def test_one_complaint_goes_all_the_way_through(world: World, hand: Hand, settings: Any, tmp_path: Any) -> None:
    settings.SMS_ADAPTER = ""

    # A call comes in; the agent logs it and takes it on in the same step.
    agent = person("agent")
    assert "登记反馈" in agent.get("/").content.decode()
    answer = submit(
        agent,
        "/cases/log/",
        reporter_name="周慧",
        reporter_phone="13805126634",
        text="热水器内胆漏水，上月已报修一次，这两天又漏了，要求换新机。",
        kind="complaint",
        category="product.quality",
        priority="1",
        acknowledge="on",
    )
    assert answer.status_code in {302, 303}, re.findall(r"class=\"error\"[^>]*>(.*?)<", answer.content.decode(), re.S)
    case = Case.objects.get()
    assert answer.status_code in {302, 303}
    assert (case.number, case.state) == ("2026-000001", "acknowledged")
    assert (case.first_asked, case.owner) == (world.agent, world.agent)
    receipt = agent.get(answer.headers["Location"]).content.decode()
    assert case.number in receipt
    assert clock(case, "acknowledgement").state == "met"

    # The receipt could not be sent by SMS, so it waits on the desk to be told by telephone.
    sweep_due()
    assert set(Message.objects.filter(thread=case.thread, user=None).values_list("state", flat=True)) == {"not_sent"}

    # Somebody else finds the case by two characters; another department finds nothing.
    page = f"/cases/{case.number}/"
    assert case.number in agent.get("/search/?q=漏水").content.decode()
    assert person("finance_handler").get(page).status_code == 404

    # Verified, then dispatched to production, with quality co-handling.
    hand.forward(minutes=20)
    case = after(submit(agent, f"{page}verify/", result="substantiated", basis="照片与上月维修记录一致"), case)
    case = after(
        submit(
            agent, f"{page}dispatch/", department=str(world.production.pk), requirement="查明焊缝原因，提出处理意见。",
            due_at=at(hand.now + timedelta(days=3)), helper_1=str(world.quality.pk), helper_1_requirement="核对同批次",
            helper_1_due_at=at(hand.now + timedelta(days=2)),
        ),
        case,
    )  # fmt: skip
    assert (case.state, case.lead_department) == ("dispatched", world.production)
    lead, helper = case.assignments.get(is_lead=True), case.assignments.get(is_lead=False)

    # Nobody receives it in time: the head is warned, then the breach is told, each once.
    hand.now = clock(case, "receipt").due_at + timedelta(minutes=1)
    sweep.sweep_clocks()
    sweep.sweep_clocks()
    sweep_due()
    head = person("production_head")
    assert case.number in head.get("/inbox/").content.decode()
    assert clock(case, "receipt").state == "breached"
    case = after(submit(head, f"{page}assignments/{lead.pk}/receive/", holds="version"), case)
    assert (case.state, case.owner) == ("received", world.production_head)
    quality = person("quality_head")
    case = after(submit(quality, f"{page}assignments/{helper.pk}/receive/", holds="version"), case)

    # A visit is necessary; it happened in time, recorded the same day.
    case = after(submit(head, f"{page}plan_visit/", necessity="客户要求上门查看"), case)
    hand.forward(hours=16)
    head = person("production_head")
    visit = case.visits.get()
    case = after(
        submit(
            head, f"{page}visits/{visit.pk}/record_visit/", arrived_at=at(hand.now - timedelta(hours=1)),
            findings="内胆焊缝处渗水，已拍照。", customer_statement="希望换新机。",
        ),
        case,
    )  # fmt: skip
    assert clock(case, "on_site").state == "met"

    # Why, and what we change: done by one, verified by another.
    case = after(
        submit(
            head, f"{page}investigate/", facts="内胆环缝有砂眼，属实。", cause="焊接电流偏低",
            responsible_department=str(world.production.pk),
        ),
        case,
    )  # fmt: skip
    case = after(
        submit(
            head, f"{page}plan_measure/", type="corrective", text="焊机参数上锁，同批次复检",
            department=str(world.production.pk), owner=str(world.production_handler.pk),
            due_on=(hand.now + timedelta(days=4)).date().isoformat(),
        ),
        case,
    )  # fmt: skip
    measure = case.measures.get()
    worker = person("production_handler")
    case = after(submit(worker, f"{page}measures/{measure.pk}/complete_measure/", evidence="参数锁定照片"), case)
    assert worker.get(f"{page}measures/{measure.pk}/verify_measure/").status_code == 403
    quality = person("quality_head")
    case = after(
        submit(quality, f"{page}measures/{measure.pk}/verify_measure/", effective="yes", method="抽检 20 台"), case
    )

    # The lead waits for its helper; then both answer, and the hub owns it again.
    refused = submit(head, f"{page}assignments/{lead.pk}/answer/", answer="已整改，同意换新机")
    assert refused.status_code == 422
    case = after(submit(quality, f"{page}assignments/{helper.pk}/answer/", answer="同批次已隔离"), case)
    case = after(submit(head, f"{page}assignments/{lead.pk}/answer/", answer="已整改，同意换新机"), case)
    assert case.owner == world.agent

    # The answer; the resolution clock ends. Closing is still refused, and says why.
    agent = person("agent")
    case = after(submit(agent, f"{page}reply/", way="phone", result="为您换新机一台。", measures="已整改。"), case)
    assert clock(case, "resolution").state == "met"
    assert submit(agent, f"{page}close/", outcome="settled", course="来电", decision="换新").status_code == 422

    # The customer follows it with number and code, and is not satisfied yet.
    customer = Client()
    answer = submit(customer, "/track/", number=case.number, secret=access_code(case))
    mine = customer.get(answer.headers["Location"]).content.decode()
    assert "为您换新机一台" in mine
    assert "焊接电流" not in mine
    assert "林晓" not in mine
    submit(customer, answer.headers["Location"], opinion="no", remark="还没有收到新机")
    case.refresh_from_db()
    assert case.state == "awaiting_opinion"

    # Answered again; the link is used; now it is settled.
    hand.forward(hours=20)
    agent = person("agent")
    case = after(submit(agent, f"{page}reply/", way="phone", result="新机今日已送达。"), case)
    stranger = Client()
    clean = stranger.get(f"/track/{link_token(case)}/", follow=True)
    assert clean.redirect_chain
    assert link_token(case) not in clean.redirect_chain[-1][0]
    submit(stranger, clean.redirect_chain[-1][0], opinion="yes")
    case.refresh_from_db()
    assert case.opinions.latest("pk").satisfied

    # The missed receipt owes its reason; then the gate is empty.
    refused = submit(agent, f"{page}close/", outcome="settled", course="来电反映漏水", decision="换新机")
    assert refused.status_code == 422
    breached = CaseClock.objects.filter(case=case, breached_at__isnull=False)
    for row in breached:
        case = after(submit(agent, f"{page}clocks/{row.pk}/give_breach_reason/", reason="交接班漏看"), case)
    assert clock(case, "receipt").breach_reason == "交接班漏看"
    case = after(
        submit(
            agent, f"{page}close/", outcome="settled", course="客户来电反映漏水", cause="焊接电流偏低", decision="换新机",
            lesson="每班点检焊机",
        ),
        case,
    )  # fmt: skip
    assert (case.state, case.outcome, case.rounds.get().outcome) == ("closed", "settled", "settled")
    slip = agent.get(f"{page}slip/").content.decode()
    assert case.number in slip
    assert "焊接电流偏低" in slip

    # Weeks later it leaks again: same number, next round, new clocks; the old round stays closed.
    hand.forward(days=20)
    agent = person("agent")
    closed_at = case.closed_at
    case = after(submit(agent, f"{page}reopen/", reason="客户来电：新机也漏水"), case)
    assert (case.round, case.state) == (2, "acknowledged")
    assert case.rounds.get(n=1).closed_at == closed_at
    assert clock(case, "resolution").started_at == hand.now

    # Nothing of all this was lost or altered.
    assert verify(files=False).ok


@pytest.mark.req(
    "RET-01", "RET-02", "RET-03", "RET-04", "RET-09", "RET-11", "RET-21", "RET-24", "RET-32", "SLA-21", "SLA-23"
)
@pytest.mark.system("S06", "S41")
@pytest.mark.form("F41", "F44")
def test_the_story_goes_on_through_a_refunded_return_and_a_repaired_one(
    world: World, hand: Hand, settings: Any, tmp_path: Any
) -> None:
    settings.SMS_ADAPTER = ""
    trade.people(world)

    # The complaint's kettle comes back: the agent opens a slip from the case, whose closing now waits for it.
    case = satisfied(world)
    agent = person("agent")
    answer = submit(
        agent, f"/returns/new/?case={case.number}", wish="refund", reason="quality", product_text_0="电水壶 SH-17",
        announced_0="2", batch_0="B2610", claimed_amount="158", received_on_0=str(timezone.localdate() - timedelta(days=3)),
    )  # fmt: skip
    assert answer.status_code == 302
    slip = ReturnSlip.objects.get()
    page = f"/returns/{slip.number}/"
    closing = {"outcome": "settled", "course": "来电", "cause": "密封圈", "decision": "退款", "lesson": "换供应商"}
    assert slip.number in submit(agent, f"/cases/{case.number}/close/", **closing).content.decode()

    # The warehouse counts one too few; nothing is decided before the desk has said why.
    hand.forward(days=1)
    line = slip.lines.get()
    keeper, quality, clerk = (person(name) for name in ("store_keeper", "quality_head", "desk_clerk"))
    assert submit(keeper, f"{page}receive/", **{f"counted_{line.pk}": "1"}).status_code == 302
    confirming = {"opinion": "密封圈老化，情况属实", "refund_amount": "79"}
    assert submit(quality, f"{page}confirm/", **confirming).status_code == 422
    told = submit(clerk, f"{page}lines/{line.pk}/explain/", difference="not_sent", note="客户只寄了一只")
    assert told.status_code == 302

    # Finance tries too early, by the number on the paper: refused, and kept. After the confirmation it pays.
    finance = person("finance_handler")
    assert submit(finance, "/returns/refunds/", number=slip.number).status_code == 422
    done = submit(quality, f"{page}confirm/", **confirming)
    assert done.status_code == 302, re.findall(r"class=\"error\"[^>]*>(.*?)</div>", done.content.decode(), re.S)
    hand.forward(hours=3)
    assert submit(finance, f"{page}pay/", reference="FK-1117").status_code == 302
    slip.refresh_from_db()
    assert (slip.outcome, slip.refusals.count(), slip.refund.amount) == ("refunded", 1, 79)

    # The return has ended, so the case may close; the customer is asked afterwards.
    agent = person("agent")
    case = after(submit(agent, f"/cases/{case.number}/close/", **closing), case)
    assert case.state == "closed"
    assert submit(agent, f"{page}call_back/", satisfaction="satisfied", holds="version").status_code == 302

    # A customer asks for the repair of eleven machines on the public form.
    customer = Client()
    # The library that checks the proof of work reads the machine's own clock, not the one that is moved here.
    puzzle = challenge.new_challenge(now=datetime.now(SHANGHAI))
    form = visitors.filled_in(text="十一台热水器漏水", proof=visitors.solve(puzzle)) | {
        "wish": "repair", "reason": "quality", "product_text": "电热水器 DSZF-60", "quantity": "11",
    }  # fmt: skip
    receipt = customer.post("/feedback/return/", form)
    assert receipt.status_code == 302
    slip = ReturnSlip.objects.get(wish="repair")
    page = f"/returns/{slip.number}/"
    assert slip.number in customer.get(receipt.headers["Location"]).content.decode()
    head = person("repair_head")
    assert submit(head, f"{page}accept/", opinion="请寄到售后部").status_code == 302
    hand.forward(days=1)
    keeper, head = person("store_keeper"), person("repair_head")
    assert submit(keeper, f"{page}receive/", **{f"counted_{slip.lines.get().pk}": "11"}).status_code == 302
    limit = ReturnClock.objects.get(slip=slip)
    assert limit.policy["amount"] == 2  # eleven units: two days
    day = str(timezone.localdate() + timedelta(days=1))
    assert submit(head, f"{page}schedule/", repairer=str(world.repairer.pk), planned_on=day).status_code == 302

    # The limit passes while the machines lie there: the ladder is told, once, and the reason is owed.
    hand.now = limit.due_at + timedelta(minutes=1)
    return_sweep.sweep_clocks()
    return_sweep.sweep_clocks()
    sweep_due()
    repairer, head, keeper, quality = (
        person(name) for name in ("repairer", "repair_head", "store_keeper", "quality_head")
    )
    assert slip.number in repairer.get("/inbox/").content.decode()
    assert submit(head, f"{page}clocks/{limit.pk}/give_breach_reason/", reason="等密封圈到货").status_code == 302
    assert repairer.post(f"{page}start/", {}).status_code == 302
    report = {"detection": "焊缝渗水", "work": "更换内胆", "cause": "焊接电流偏低"}
    assert submit(repairer, f"{page}finish/", **report).status_code == 302

    # Nothing leaves before quality passed it; the first time it does not.
    assert keeper.post(f"{page}release/", {"shipment": "顺丰 SF1"}).status_code == 422
    assert submit(quality, f"{page}inspect/", passed="no", findings="一台仍渗水").status_code == 302
    assert submit(repairer, f"{page}finish/", **report).status_code == 302
    assert submit(quality, f"{page}inspect/", passed="yes", findings="全部保压合格").status_code == 302
    assert submit(keeper, f"{page}release/", shipment="顺丰 SF1").status_code == 302
    followed = customer.get(f"/track/{link_token(slip.case)}/", follow=True)
    assert "顺丰 SF1" in followed.content.decode()

    # Nobody confirms the receipt: after three days it counts, and the callback is due three days later.
    hand.forward(days=3, minutes=1)
    assert return_sweep.sweep_deliveries() == 1
    slip.refresh_from_db()
    assert (slip.outcome, slip.turn) == ("repaired", "callback_desk")
    caller = person("callback_agent")
    assert slip.number in caller.get("/").content.decode()
    said = {"satisfaction": "satisfied", "effect": "5"}
    assert submit(caller, f"{page}call_back/", **said).status_code == 302
    head = person("repair_head")
    for name in ("slip", "repair"):
        assert head.get(f"{page}{name}.pdf").content.startswith(b"%PDF-")

    # Nothing of all this was lost or altered.
    assert verify(files=False).ok


@pytest.mark.req("SUR-10", "SUR-14", "SUR-15", "SUR-17", "SUR-26", "SUR-27", "RES-15", "A-50")
@pytest.mark.system("S48")
@pytest.mark.form("F71", "F73")
def test_the_story_goes_on_through_an_answer_a_refused_proxy_and_a_low_score_followed_up(
    world: World, hand: Hand, settings: Any
) -> None:
    settings.SMS_ADAPTER = ""
    trade.people(world)

    # Quality switches on both ways of asking; what is closed afterwards is asked about.
    quality = person("quality_head")
    for kind, code in (("link", "five_level"), ("callback", "callback")):
        version = QuestionnaireVersion.objects.get(questionnaire__code=code)
        assert submit(quality, f"/surveys/start/{kind}/", version=str(version.pk)).status_code == 302
    hand.forward(minutes=5)
    asked, called = closed(world), closed(world)
    Case.objects.filter(pk=called.pk).update(severity="P4")

    # The quota of one closed case of level P4 is one call, and it is the independent desk's, not the handlers'.
    drawing.draw_callbacks()
    call = Callback.objects.get()
    assert (call.case, call.draw.closed, call.draw.required) == (called, 1, 1)
    desk, agent = person("callback_agent"), person("agent")
    assert called.number in desk.get("/surveys/callbacks/").content.decode()
    assert agent.get(f"/surveys/callbacks/{call.pk}/").status_code == 403

    # Two working days after the closing the customer is asked, once, by a link that opens without a login.
    hand.forward(days=1)
    inviting.sweep_invitations()
    assert not Invitation.objects.exists()
    hand.forward(days=2)
    inviting.sweep_invitations()
    inviting.sweep_invitations()
    link = f"/survey/{survey_token(asked.pk, asked.round)}/"
    customer = Client()
    assert asked.number in customer.get(link).content.decode()

    # She is content but for the price of parts, and says so: each becomes a matter of its own.
    items = QuestionnaireVersion.objects.get(questionnaire__code="five_level").asks.items
    given = {f"item_{item.code}": "o1" for item in items if item.kind == "choice"}
    given |= {"item_price_parts": "o5", "comment_price_parts": "太贵", "item_suggestion": "请公示配件价格"}
    assert submit(customer, link, holds="submission_key", **given).status_code == 302
    assert "<form" not in customer.get(link).content.decode().split("<main")[1]
    response = Response.objects.get()
    assert (response.source, response.total, response.answers) == ("link", 51, 11)
    assert sorted(response.follow_ups.values_list("reason", "item")) == [("low", "price_parts"), ("remark", "")]

    # Nobody fills in for her now, however well meant.
    refused = person("agent").get(f"/surveys/fill-in/{asked.number}/").content.decode()
    assert "客户已就该案件作答" in refused

    # The head of the department looks into the price; the answer stands in the case's history of the asking.
    head = person("production_head")
    low = response.follow_ups.get(reason="low")
    assert "配件" in head.get("/").content.decode()
    done = {"cause": "网点没有公示价格", "result": "已张贴价目表并短信告知"}
    assert submit(head, f"/surveys/follow-ups/{low.pk}/finish/", **done).status_code == 302
    low.refresh_from_db()
    assert low.state == "done"

    # On the telephone the other customer says that it leaks again: reopening is proposed, and the hub confirms it.
    desk = person("callback_agent")
    said = {"item_solved": "o2", "item_overall": "o4", "item_speed": "o2", "item_skill": "o2", "item_manner": "o1"}
    assert desk.post(f"/surveys/callbacks/{call.pk}/take/").status_code == 302
    assert submit(desk, f"/surveys/callbacks/{call.pk}/", holds="submission_key", **said).status_code == 302
    call.refresh_from_db()
    assert call.state == "done"
    unsolved = FollowUp.objects.get(reason="unsolved")
    head = person("production_head")
    path = f"/surveys/follow-ups/{unsolved.pk}"
    assert submit(head, f"{path}/propose_reopening/", reason="客户称又漏水").status_code == 302
    hub = person("hub_head")
    assert submit(hub, f"{path}/decide_reopening/", granted="yes").status_code == 302
    called.refresh_from_db()
    unsolved.refresh_from_db()
    assert (called.round, called.closed_at, unsolved.state) == (2, None, "reopened")

    # What two customers said is too little to be shown; the quota of the quarter is kept.
    tallying.tally()
    assert "样本" in quality_results(person("quality_head"))
    assert "100.0 %" in person("quality_head").get("/surveys/quota/").content.decode()
    assert verify(files=False).ok


def quality_results(client: Client) -> str:
    """The page of results as quality sees it."""
    return client.get("/surveys/results/").content.decode()


@pytest.mark.req("RPT-05", "RPT-21", "SLA-39")
@pytest.mark.form("F92")
def test_the_story_ends_in_next_months_report_whose_figures_lead_back(world: World, hand: Hand, settings: Any) -> None:
    settings.SMS_ADAPTER = ""
    trade.people(world)

    # In November a complaint is handled, its goods come back and are paid for, its customer answers.
    quality = person("quality_head")
    version = QuestionnaireVersion.objects.get(questionnaire__code="five_level")
    assert submit(quality, "/surveys/start/link/", version=str(version.pk)).status_code == 302
    hand.forward(minutes=5)
    case = satisfied(world)
    agent = person("agent")
    made = submit(
        agent, f"/returns/new/?case={case.number}", wish="refund", reason="quality", product_text_0="电水壶 SH-17",
        announced_0="1", batch_0="B2610", claimed_amount="79", received_on_0=str(timezone.localdate()),
    )  # fmt: skip
    assert made.status_code == 302
    slip = ReturnSlip.objects.get()
    page, line = f"/returns/{slip.number}/", slip.lines.get()
    assert submit(person("store_keeper"), f"{page}receive/", **{f"counted_{line.pk}": "1"}).status_code == 302
    assert submit(quality, f"{page}confirm/", opinion="属实", refund_amount="79").status_code == 302
    assert submit(person("finance_handler"), f"{page}pay/", reference="FK-1117").status_code == 302
    closing = {"outcome": "settled", "course": "来电", "cause": "密封圈", "decision": "退款", "lesson": "换供应商"}
    case = after(submit(agent, f"/cases/{case.number}/close/", **closing), case)
    hand.forward(days=4)
    inviting.sweep_invitations()
    given = {f"item_{item.code}": "o1" for item in version.asks.items if item.kind == "choice"}
    link = f"/survey/{survey_token(case.pk, case.round)}/"
    assert submit(Client(), link, holds="submission_key", **given).status_code == 302

    # On the first of December the calendar asks for the report, the worker builds it, a manager signs and sends it.
    hand.now = datetime(2026, 12, 1, 1, 5, tzinfo=SHANGHAI)
    for row in issuing.ask_for_due():
        assert issuing.build_report(row.pk)
    report = Report.objects.get()
    sweep_due()
    manager = person("manager")
    assert "2026年11月" in manager.get("/inbox/").content.decode()
    path = f"/reports/issued/{report.number}/"
    assert submit(manager, f"{path}approve/", opinion="同意").status_code == 302
    assert submit(person("quality_head"), f"{path}send/", people=str(world.production_head.pk)).status_code == 302
    shown = person("production_head").get(path).content.decode()
    assert "2026年11月共收到反馈 1 件" in shown

    # Months later its figures still lead back to the complaint, its return and its answer.
    hand.forward(days=90)
    manager = person("manager")
    for figure, found in (
        ("round.received", case.number), ("round.handled", case.number), ("return.outcome:refunded", slip.number),
        ("answer.answered", case.number), ("clock.resolution:kept", case.number),
    ):  # fmt: skip
        assert f"={figure.replace(':', '%3A')}" in shown, figure
        assert f"/{found}/" in manager.get(f"{path}records/?figure={figure}").content.decode(), figure
    for name in ("report.pdf", "report.xlsx"):
        assert manager.get(f"{path}{name}").status_code == 200
    assert verify(files=False).ok
