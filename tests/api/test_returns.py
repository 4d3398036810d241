"""Returns by the JSON API: both paths to their ends by programs alone, through the same gates as the pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from audit.models import Event
from organization.models import Deputy
from returns.api.acts import ActsOnReturns
from returns.models import Refund, RefundRefusal, ReturnClock, ReturnSlip
from returns.queries.moves import ACTS
from returns.views.acts import SHEETS
from tests import world as w
from tests.api.returning import LIST, WISH, Api, done, payment, post, url
from tests.returns import trade as t
from tests.world import World

pytestmark = pytest.mark.django_db
#: Words of pages that are another address here.
OTHERWISE = {"attach": "files"}


@pytest.fixture
def world(trade: World) -> World:
    """The people of returns have keys, too."""
    return trade


def addresses(name: str) -> list[str]:
    """The addresses of an act in the API, with and without the number of a part."""
    word, found = OTHERWISE.get(name, name).replace("_", "-"), []
    for pk in ({}, {"pk": "1"}):
        try:
            found.append(reverse(f"api-return-{word}", kwargs={"number": "TH2026-000001"} | pk))
        except NoReverseMatch:
            continue
    return found


def missing() -> list[str]:
    return sorted(name for name in {*SHEETS, *ACTS, "explain", "give_breach_reason"} if not addresses(name))


def test_every_act_of_the_pages_has_its_address() -> None:
    assert missing() == []


def test_an_act_that_only_the_pages_have_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SHEETS, "shred", SHEETS["start"])
    assert missing() == ["shred"]


def test_nothing_can_be_done_here_that_no_page_does() -> None:
    from returns.api.views import ReturnViewSet

    words = {action.__name__ for action in ReturnViewSet.get_extra_actions()}
    assert words - {*SHEETS, "files", "file", "correct"} == {"explain", "give_breach_reason"}
    assert {action.__name__ for action in ActsOnReturns.get_extra_actions()} == words - {"files", "file", "correct"}


# --- Both paths ------------------------------------------------------------------------------------------


@pytest.mark.req("RET-01", "RET-02", "RET-03", "RET-04", "RET-05", "RET-06", "RET-09", "RET-11", "INV-11")
def test_a_refund_goes_to_its_end_by_programs_alone(trade: World, api: Api) -> None:
    desk, keeper, quality, finance = (
        api(name) for name in ("desk_clerk", "store_keeper", "quality_head", "finance_handler")
    )
    detail = done(desk, LIST, **WISH)
    slip = ReturnSlip.objects.get(number=detail["number"])
    assert (detail["state"], detail["turn"], slip.registered_by) == (
        "registered",
        "warehouse",
        trade.users["desk_clerk"],
    )
    line = detail["lines"][0]["id"]
    detail = done(keeper, url(slip, "receive/"), counted=[{"line": line, "quantity": 1}])
    assert detail["turn"] == "returns_desk"
    blocked = post(quality, url(slip, "confirm/"), handling="refund", refund_amount="1299", opinion="属实")
    assert (blocked.status_code, [r["code"] for r in blocked.json()["reasons"]]) == (422, ["difference"])
    done(desk, url(slip, f"lines/{line}/explain/"), difference="not_sent", note="只寄来一台")
    done(quality, url(slip, "ask_inspection/"), question="查焊缝")
    done(api("inspector"), url(slip, "record_inspection/"), passed=False, findings="焊缝有沙眼")
    detail = done(quality, url(slip, "confirm/"), handling="refund", refund_amount="1299", opinion="属实，同意退款")
    assert (detail["state"], detail["turn"], detail["inspections"][0]["passed"]) == ("confirmed", "finance", False)
    done(quality, url(slip, "name_liable/"), department="production", person="焊工", handling="重新培训")
    detail = done(finance, url(slip, "pay/"), **payment())
    assert (detail["outcome"], detail["refund"]["amount"], detail["refund"]["by"]) == (
        "refunded",
        "1299.00",
        "finance_handler",
    )
    detail = done(finance, url(slip, "amend_refund/"), **payment(reference="PZ-1128"), reason="凭证号写错")
    assert detail["refund"]["reference"] == "PZ-1128"
    said = {"direction": "in", "channel": "phone", "text": "来电询问退款进度"}
    detail = done(desk, url(slip, "record_contact/"), **said)
    assert detail["contacts"][0]["number"] == f"{slip.number}-01"
    detail = done(api("callback_agent"), url(slip, "call_back/"), satisfaction="satisfied")
    assert (detail["turn"], detail["satisfaction"], detail["liable_department"]) == ("", "satisfied", "production")
    acts = Event.objects.filter(thread=slip.thread)
    assert set(acts.values_list("actor_kind", flat=True)) == {"token"}


@pytest.mark.req("RET-23", "CAP-14")
def test_a_repair_at_the_customers_and_its_case_by_programs_alone(trade: World, api: Api) -> None:
    head, desk, quality = api("repair_head"), api("desk_clerk"), api("quality_head")
    slip = ReturnSlip.objects.get(number=done(desk, LIST, **WISH | {"wish": "repair"})["number"])
    detail = done(head, url(slip, "accept/"), place="on_site")
    assert (detail["place"], detail["turn"]) == ("on_site", "repair")
    assert done(head, url(slip, "change_place/"), place="factory", reason="需返厂")["turn"] == "warehouse"
    assert done(head, url(slip, "change_place/"), place="on_site", reason="客户无法拆机")["turn"] == "repair"
    assert head.post(url(slip, "change_place/"), {"place": "moon", "reason": "-"}, format="json").status_code == 400
    day = str(timezone.localdate() + timedelta(days=1))
    done(head, url(slip, "schedule/"), repairer="repairer", planned_on=day)
    done(api("repairer"), url(slip, "start/"))
    done(api("repairer"), url(slip, "finish/"), detection="乱码", work="升级程序", cause="旧程序")
    done(quality, url(slip, "inspect/"), passed=True, findings="相符")
    assert done(desk, url(slip, "decline_repair/"), reason="仍有乱码")["state"] == "repairing"
    matter = {"kind": "complaint", "text": "同批显示屏乱码"}
    refused = desk.post(url(slip, "open_case/"), matter | {"channel": "import"}, format="json")
    assert refused.status_code == 400
    assert done(desk, url(slip, "open_case/"), **matter, channel="phone")["case"]


@pytest.mark.req("RET-18", "RET-21", "RET-22", "RET-24", "RET-25", "SLA-23", "INV-12")
def test_a_repair_goes_to_its_end_by_programs_alone(trade: World, api: Api) -> None:
    head, repairer, keeper, quality = (
        api(name) for name in ("repair_head", "repairer", "store_keeper", "quality_head")
    )
    slip = ReturnSlip.objects.get(number=done(api("desk_clerk"), LIST, **WISH | {"wish": "repair"})["number"])
    done(head, url(slip, "accept/"), opinion="请寄到售后部")
    line = slip.lines.get().pk
    done(keeper, url(slip, "receive/"), counted=[{"line": line, "quantity": 2}])
    day = str(timezone.localdate() + timedelta(days=1))
    detail = done(head, url(slip, "schedule/"), repairer="repairer", planned_on=day, tools="焊机")
    assert (detail["repair"]["repairer"], detail["clocks"][0]["kind"]) == ("repairer", "repair")
    done(repairer, url(slip, "start/"))
    detail = done(repairer, url(slip, "note_work/"), kind="part", text="内胆 60L", quantity="2")
    assert detail["notes"][0]["quantity"] == "2.00"
    report = {"detection": "焊缝渗水", "work": "换内胆", "cause": "焊接电流偏低"}
    done(repairer, url(slip, "finish/"), **report)
    assert done(quality, url(slip, "inspect/"), passed=False, findings="仍渗水")["state"] == "repairing"
    done(repairer, url(slip, "finish/"), **report)
    assert done(quality, url(slip, "inspect/"), passed=True, findings="合格")["state"] == "passed"
    done(keeper, url(slip, "release/"), shipment="顺丰 SF1")
    assert done(api("desk_clerk"), url(slip, "deliver/"))["outcome"] == "repaired"
    detail = done(api("agent"), url(slip, "call_back/"), satisfaction="satisfied", effect=5, response=4)
    assert (detail["repair"]["effect"], detail["repair"]["attitude"]) == (5, None)


def test_what_does_not_go_the_straight_way(trade: World, api: Api) -> None:
    desk, quality = api("desk_clerk"), api("quality_head")
    refused = t.received(trade)
    assert done(quality, url(refused, "refuse/"), reason="人为损坏")["state"] == "refused"
    taken_back = t.registered(trade)
    assert done(desk, url(taken_back, "cancel/"), reason="来电撤回")["outcome"] == "cancelled"
    repairing = t.repairing(trade)
    detail = done(api("repairer"), url(repairing, "redirect/"), reason="配件停产")
    assert (detail["wish"], detail["state"], detail["turn"]) == ("refund", "received", "quality")
    case, slip, hub = w.log_call(trade), t.registered(trade), api("agent")
    assert post(desk, url(slip, "link/"), number=case.number).status_code == 400  # a case that the desk does not see
    assert done(hub, url(slip, "link/"), number=case.number)["case"] == case.number
    assert done(desk, url(slip, "detach/"), reason="不是一件事")["case"] is None


@pytest.mark.req("SLA-04")
def test_the_reason_of_a_missed_limit_is_given(trade: World, api: Api) -> None:
    slip = t.scheduled(trade)
    clock = ReturnClock.objects.get(slip=slip)
    head = api("repair_head")
    where = url(slip, f"clocks/{clock.pk}/give_breach_reason/")
    assert post(head, where, reason="等配件").status_code == 422
    ReturnClock.objects.update(breached_at=timezone.now())
    assert done(head, where, reason="等配件")["clocks"][0]["breach_reason"] == "等配件"
    assert post(head, url(slip, "clocks/987654321/give_breach_reason/"), reason="x").status_code == 404


@pytest.mark.req("A-22")
def test_the_general_manager_decides_where_the_profile_asks(trade: World, api: Api) -> None:
    from audit.actor import Actor
    from regulations import profiles
    from regulations.models import Profile

    profile = Profile.objects.get()
    body = profile.versions.latest("number").document | {"returns": {"manager_gate": True}}
    profiles.publish(profile, body, by=Actor.system("test"), reason="总经理审批")
    slip, manager, finance = t.confirmed(trade), api("general_manager"), api("finance_handler")
    blocked = post(finance, url(slip, "pay/"), **payment())
    assert (blocked.status_code, blocked.json()["reasons"][0]["code"]) == (422, "no_approval")
    assert post(manager, url(slip, "decide_refund/"), granted=False).status_code == 422
    assert done(manager, url(slip, "decide_refund/"), granted=True)["approval"]["granted"] is True
    assert done(finance, url(slip, "pay/"), **payment())["outcome"] == "refunded"


# --- The gates -------------------------------------------------------------------------------------------


@pytest.mark.gate(1)
@pytest.mark.req("RET-09")
@pytest.mark.parametrize(
    "state", ["registered", "received", "refused", "scheduled", "inspecting", "passed", "released"]
)
def test_no_program_is_paid_without_a_confirmed_slip_and_the_refusal_is_kept(
    trade: World,
    api: Api,
    state: str,
) -> None:
    slip = t.MAKERS[state](trade)
    answer = post(api("finance_handler"), url(slip, "pay/"), **payment(), version=slip.version + 7)
    assert (answer.status_code, answer.json()["reasons"][0]["code"]) == (422, "not_confirmed")
    assert "未经确认" in answer.json()["reasons"][0]["text"]
    row = RefundRefusal.objects.get()
    assert (row.slip, row.via, row.by, row.reasons) == (slip, "api", trade.finance_handler, ["not_confirmed"])
    assert Event.objects.filter(thread=slip.thread, verb="refuse_refund", actor_kind="token").count() == 1
    assert (Refund.objects.count(), t.fresh(slip).state) == (0, state)


@pytest.mark.gate(1)
@pytest.mark.req("RET-09")
def test_another_amount_and_a_second_payment_are_refused_and_kept(trade: World, api: Api) -> None:
    slip, finance = t.confirmed(trade), api("finance_handler")
    other = post(finance, url(slip, "pay/"), **payment(amount="1299.01"))
    assert (other.status_code, other.json()["reasons"][0]["code"]) == (422, "other_amount")
    done(finance, url(slip, "pay/"), **payment())
    again = post(finance, url(slip, "pay/"), **payment())
    assert (again.status_code, again.json()["reasons"][0]["code"]) == (422, "paid")
    amended = post(finance, url(slip, "amend_refund/"), **payment(amount="1"), reason="少付")
    assert amended.status_code == 422
    kept = RefundRefusal.objects.order_by("pk").values_list("via", "reasons")
    assert list(kept) == [("api", ["other_amount"]), ("api", ["paid"]), ("amendment", ["other_amount"])]
    assert Refund.objects.get().amount == t.HUNDRED


@pytest.mark.gate(1)
@pytest.mark.req("RET-09")
def test_only_who_pays_reaches_the_gate(trade: World, api: Api) -> None:
    slip = t.confirmed(trade)
    for name in ("desk_clerk", "quality_head", "auditor", "administrator"):
        answers = [post(api(name), where, **payment()) for where in (url(slip, "pay/"), f"{LIST}TH2026-999999/pay/")]
        assert [answer.status_code for answer in answers] == [403, 403], name
    assert post(api("finance_handler"), f"{LIST}TH2026-999999/pay/", **payment()).status_code == 404
    assert not RefundRefusal.objects.exists()


@pytest.mark.req("RTE-18", "ORG-15")
def test_nobody_pays_in_the_place_of_somebody_whom_the_case_bars(trade: World, api: Api) -> None:
    from cases.actions.recusal import accuse

    case, now = w.log_call(trade), timezone.now()
    slip = t.of_case(trade, case)
    Deputy.objects.create(
        principal=trade.finance_handler, deputy=trade.sales_handler,
        starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=1),
    )  # fmt: skip
    deputy = api("sales_handler")
    assert post(deputy, url(slip, "pay/"), **payment()).status_code == 422
    accuse(case.__class__.objects.get(pk=case.pk), (trade.finance_handler,), by=trade.actor("hub_head"), reason="亲属")
    for client in (deputy, api("finance_handler")):
        assert post(client, url(slip, "pay/"), **payment()).status_code == 404
    assert RefundRefusal.objects.count() == 1


@pytest.mark.gate(2)
@pytest.mark.req("RET-24")
@pytest.mark.parametrize("state", ["accepted", "scheduled", "repairing", "inspecting"])
def test_no_program_releases_what_quality_has_not_passed(trade: World, api: Api, state: str) -> None:
    slip = t.MAKERS[state](trade)
    answer = post(api("desk_clerk"), url(slip, "release/"), shipment="SF1")
    assert answer.status_code == 422
    assert {reason["code"] for reason in answer.json()["reasons"]} <= {"not_passed", "not_repaired"}
    assert (t.fresh(slip).released_at, t.fresh(slip).state) == (None, state)


@pytest.mark.req("RET-04", "RET-09")
def test_the_head_of_repair_grants_no_money_for_what_was_to_be_repaired(trade: World, api: Api) -> None:
    slip = t.received(trade, "repair")
    answer = post(api("repair_head"), url(slip, "confirm/"), handling="refund", refund_amount="9999", opinion="同意")
    assert answer.status_code == 409
    assert t.fresh(slip).confirmed_at is None


def test_whoever_repaired_it_neither_passes_it_nor_asks_about_it(trade: World, api: Api) -> None:
    from organization.models import Membership

    slip = t.inspecting(trade)
    Membership.objects.create(user=trade.repairer, department=trade.quality, is_main=False)
    answer = post(api("repairer"), url(slip, "inspect/"), passed=True, findings="好了")
    assert (answer.status_code, "维修" in answer.json()["detail"]) == (409, True)
