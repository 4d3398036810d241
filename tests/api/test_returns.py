"""Returns by the JSON API: both paths to their ends, every refusal, the same access, masks and gates as on the pages."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from audit.models import Event, Reading
from organization.models import Deputy
from returns.actions import arrival
from returns.api.acts import ActsOnReturns
from returns.models import Refund, RefundRefusal, ReturnClock, ReturnSlip, SlipFile
from returns.queries.moves import ACTS
from returns.views.acts import SHEETS
from tests import world as w
from tests.documents.samples import jpeg
from tests.returns import trade as t
from tests.world import World

pytestmark = pytest.mark.django_db
Api = Callable[[str], Any]
LIST = "/api/v1/returns/"
WISH: dict[str, Any] = {
    "wish": "refund",
    "reason": "quality",
    "description": "内胆漏水，要求处理。",
    "contact": {"name": "周慧", "phone": "13805126634", "email": "zhou@example.com", "address": "星湖街 218 号"},
    "goods": [{"product": "DSZF-60", "announced": 2, "batch": "B2610"}],
    "claimed_amount": "1299.00",
}
PAID = {"amount": "1299.00", "way": "transfer", "reference": "PZ-1127"}
#: Words of pages that are another address here.
OTHERWISE = {"attach": "files"}


@pytest.fixture
def world(trade: World) -> World:
    """The people of returns have keys, too."""
    return trade


def url(slip: ReturnSlip, tail: str = "") -> str:
    return f"{LIST}{slip.number}/{tail}"


def post(client: Any, where: str, **body: Any) -> Any:
    return client.post(where, body, format="json")


def done(client: Any, where: str, **body: Any) -> dict[str, Any]:
    """Post what must be accepted; the return afterwards."""
    answer = post(client, where, **body)
    assert answer.status_code in {200, 201}, answer.content.decode()
    return dict(answer.json())


def payment(**values: Any) -> dict[str, Any]:
    return PAID | {"paid_on": str(timezone.localdate())} | values


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


# --- Access ----------------------------------------------------------------------------------------------


@pytest.mark.req("SEC-01", "SEC-07")
def test_a_return_of_others_is_absent(trade: World, api: Api) -> None:
    slip = t.registered(trade)
    for name in ("finance_handler", "inspector", "production_head", "administrator"):
        client = api(name)
        foreign, absent = client.get(url(slip)), client.get(f"{LIST}TH2026-999999/")
        assert (foreign.status_code, foreign.json()) == (404, absent.json()), name
        for tail in ("correct/", "cancel/", "release/", "files/"):
            assert post(client, url(slip, tail)).status_code == 404, name
        listed = client.get(LIST)
        assert listed.status_code == 403 or slip.number not in listed.content.decode()


def test_visible_but_not_allowed_is_403_for_every_act(trade: World, api: Api) -> None:
    slip, auditor = t.scheduled(trade), api("auditor")
    clock, line = ReturnClock.objects.get().pk, slip.lines.get().pk
    tails = [f"{name}/" for name in SHEETS if name != "attach"]
    for tail in (*tails, "correct/", f"lines/{line}/explain/", f"clocks/{clock}/give_breach_reason/"):
        assert post(auditor, url(slip, tail)).status_code == 403, tail
    assert auditor.post(url(slip, "files/"), {}, format="multipart").status_code == 403
    assert auditor.get(url(slip)).json()["acts"] == []
    assert post(auditor, LIST, **WISH).status_code == 403


@pytest.mark.req("RTE-18")
def test_who_must_not_know_of_the_case_finds_nothing_by_the_api(trade: World, api: Api) -> None:
    from cases.actions.recusal import accuse

    case = w.log_call(trade)
    slip = t.of_case(trade, case)
    accuse(case.__class__.objects.get(pk=case.pk), (trade.agent2,), by=trade.actor("hub_head"), reason="亲属")
    other = api("agent2")
    assert other.get(url(slip)).status_code == 404
    assert other.get(LIST).json()["results"] == []
    assert other.get(LIST, {"q": slip.number}).json()["results"] == []
    assert post(other, LIST, **WISH, case=case.number).status_code == 400
    assert api("agent").get(url(slip)).status_code == 200


@pytest.mark.req("SEC-08")
def test_contact_data_are_masked_where_the_page_masks_them(trade: World, api: Api) -> None:
    slip = t.confirmed(trade)
    clear = api("desk_clerk").get(url(slip)).json()
    assert (clear["contact"]["name"], clear["contact"]["phone"]) == ("周慧", "13805126634")
    assert clear["contact"]["address"] == "星湖街 218 号"
    for name, known in (("finance_handler", "周慧"), ("auditor", "周**")):  # finance pays to somebody
        client = api(name)
        masked = client.get(url(slip)).json()["contact"]
        assert (masked["name"], masked["phone"], "address" in masked) == (known, "138****6634", False)
        words = client.get(url(slip)).content.decode() + client.get(LIST).content.decode()
        assert "13805126634" not in words
        assert ("周慧" in words) == (name == "finance_handler")
        assert client.get(LIST, {"q": "13805126634"}).json()["results"] == []


@pytest.mark.req("SEC-02")
def test_who_reads_a_return_is_kept(trade: World, api: Api) -> None:
    slip = t.registered(trade)
    api("desk_clerk").get(url(slip))
    row = Reading.objects.get(thread=slip.thread)
    assert (row.what, row.actor_kind, row.actor_id) == ("page", "token", trade.users["desk_clerk"].pk)


@pytest.mark.req("ORG-15")
def test_a_deputy_acts_in_the_place_of_another(trade: World, api: Api) -> None:
    slip, now = t.received(trade), timezone.now()
    Deputy.objects.create(
        principal=trade.quality_head, deputy=trade.sales_head,
        starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=1),
    )  # fmt: skip
    done(api("sales_head"), url(slip, "confirm/"), handling="refund", refund_amount="1", opinion="属实")
    event = Event.objects.get(thread=slip.thread, verb="confirm")
    assert (event.actor_id, event.deputy_for) == (trade.sales_head.pk, trade.quality_head.pk)


# --- Narrow places ---------------------------------------------------------------------------------------


def test_the_same_submission_key_returns_the_first_slip_and_nothing_to_others(trade: World, api: Api) -> None:
    desk, key = api("desk_clerk"), str(uuid.uuid4())
    numbers = {done(desk, LIST, **WISH, submission_key=key)["number"] for _n in range(2)}
    assert len(numbers) == ReturnSlip.objects.count() == 1
    from cases.actions.recusal import accuse

    case, other = w.log_call(trade), str(uuid.uuid4())
    assert done(api("agent"), LIST, **WISH, submission_key=other, case=case.number)["source"] == "case"
    accuse(case.__class__.objects.get(pk=case.pk), (trade.agent2,), by=trade.actor("hub_head"), reason="亲属")
    answer = post(api("agent2"), LIST, **WISH, submission_key=other)
    assert (answer.status_code, answer.json()["field"]) == (422, "submission_key")


def test_a_stale_version_changes_nothing_and_says_what_happened(trade: World, api: Api) -> None:
    slip, desk = t.received(trade), api("desk_clerk")
    first = done(desk, url(slip, "correct/"), description="内胆和阀门都漏水", version=slip.version)
    answer = post(desk, url(slip, "correct/"), description="又改", version=slip.version)
    assert (answer.status_code, len(answer.json()["changed"])) == (409, 1)
    late = post(api("quality_head"), url(slip, "refuse/"), reason="x", version=slip.version)
    assert (late.status_code, t.fresh(slip).state, first["version"]) == (409, "received", slip.version + 1)


def test_what_the_slip_says_is_corrected_field_by_field(trade: World, api: Api) -> None:
    slip, desk = t.registered(trade), api("desk_clerk")
    detail = done(desk, url(slip, "correct/"), contact={"phone": "13912345678"}, reason="transport")
    assert (detail["contact"]["phone"], detail["contact"]["name"], detail["reason"]) == (
        "13912345678",
        "周慧",
        "transport",
    )
    assert detail["lines"][0]["serial"] == "HB60-24031177"
    lines = [{"product": "DSZF-60", "announced": 3}, {"product_text": "阀门", "announced": 1}]
    assert [line["announced"] for line in done(desk, url(slip, "correct/"), goods=lines)["lines"]] == [3, 1]
    assert post(desk, url(t.confirmed(trade), "correct/"), description="晚了").status_code == 409
    assert post(api("store_keeper"), url(slip, "correct/"), description="x").status_code == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"goods": []}, 400), ({"goods": [{"announced": 1}]}, 422), ({"goods": [{"product_text": "x", "announced": 0}]}, 400),
        ({"goods": [{"product_text": "x", "announced": 1}] * 21}, 400), ({"reason": "whim"}, 422), ({"wish": "gift"}, 400),
        ({"contact": {"name": ""}}, 400), ({"contact": {"name": "周", "email": "x"}}, 400), ({"claimed_amount": "0"}, 400),
        ({"customer": 987654321}, 400), ({"case": "2026-999999"}, 400), ({"description": "  "}, 400),
        ({"goods": [{"product_text": "x", "announced": 1, "purchased_on": "2999-01-01"}]}, 400),
        ({"goods": [{"product_text": "x", "announced": 1, "purchased_on": "2120-01-01"}]}, 422),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_a_sentence(
    trade: World,
    api: Api,
    body: dict[str, Any],
    status: int,
) -> None:
    answer = post(api("desk_clerk"), LIST, **WISH | body)
    assert answer.status_code == status, answer.content.decode()
    assert not ReturnSlip.objects.exists()


def test_every_act_refuses_an_empty_body_or_a_wrong_state(trade: World, api: Api) -> None:
    slip = t.refunded(trade)
    before = t.fresh(slip).version
    names = ("desk_clerk", "quality_head", "repair_head", "inspector", "finance_handler", "general_manager")
    clients = [api(name) for name in names]
    for tail in (*(f"{name}/" for name in SHEETS if name != "attach"), "correct/"):
        statuses = {post(client, url(slip, tail)).status_code for client in clients}
        assert statuses <= {400, 403, 404, 409, 422}, (tail, statuses)
        assert statuses & {400, 404, 409}, (tail, statuses)
    assert t.fresh(slip).version == before


def test_a_repair_that_nobody_accepted_is_not_received(trade: World, api: Api) -> None:
    slip = t.registered(trade, "repair")
    counted = [{"line": slip.lines.get().pk, "quantity": 1}]
    assert post(api("store_keeper"), url(slip, "receive/"), counted=counted).status_code in {404, 409}
    assert post(api("desk_clerk"), url(slip, "receive/"), counted=counted).status_code == 409
    assert t.fresh(slip).received_at is None


def test_counts_are_complete_and_of_this_slip(trade: World, api: Api) -> None:
    slip, other, desk = t.registered(trade), t.registered(trade), api("desk_clerk")
    foreign = [{"line": other.lines.get().pk, "quantity": 1}]
    assert post(desk, url(slip, "receive/"), counted=foreign).status_code == 422
    line = slip.lines.get().pk
    assert post(desk, url(slip, "receive/"), counted=[{"line": line, "quantity": 0}]).status_code == 422
    tomorrow = (timezone.now() + timedelta(days=1)).isoformat()
    late = post(desk, url(slip, "receive/"), counted=[{"line": line, "quantity": 1}], happened_at=tomorrow)
    assert (late.status_code, late.json()["field"]) == (422, "happened_at")
    assert post(desk, url(slip, f"lines/{foreign[0]['line']}/explain/"), difference="later").status_code == 404


def test_marks_are_for_a_repair_only(trade: World, api: Api) -> None:
    slip, client = t.refunded(trade), api("callback_agent")
    assert post(client, url(slip, "call_back/"), satisfaction="satisfied", effect=5).status_code == 400
    assert post(client, url(slip, "call_back/"), satisfaction="unsatisfied").status_code == 422
    assert done(client, url(slip, "call_back/"), satisfaction="unreached", note="三次未接")["turn"] == ""


@pytest.mark.req("RET-18", "SEC-02")
def test_files_are_attached_listed_and_taken(trade: World, api: Api) -> None:
    slip, desk = t.registered(trade), api("desk_clerk")
    sent = {"files": [SimpleUploadedFile("a.jpg", jpeg())], "certificate": "true"}
    answer = desk.post(url(slip, "files/"), sent, format="multipart")
    assert (answer.status_code, answer.json()[0]["subject"]) == (201, "certificate")
    taken = desk.get(url(slip, f"files/{answer.json()[0]['id']}/"))
    assert (taken.status_code, b"".join(taken.streaming_content)[:2]) == (200, b"\xff\xd8")
    assert Reading.objects.filter(thread=slip.thread, what="attachment", actor_kind="token").count() == 1
    assert [row["name"] for row in desk.get(url(slip, "files/")).json()] == ["a.jpg"]
    assert SlipFile.objects.get().by == trade.users["desk_clerk"]
    assert desk.post(url(slip, "files/"), {}, format="multipart").status_code == 400
    foreign = t.registered(trade)
    assert desk.get(url(foreign, f"files/{answer.json()[0]['id']}/")).status_code == 404


# --- The list --------------------------------------------------------------------------------------------


@pytest.mark.form("F42")
def test_the_list_is_narrowed_like_the_account_book(trade: World, api: Api) -> None:
    slip, other = t.registered(trade), t.registered(trade, "repair", t.goods(batch="B9", serial="X-1"))
    desk, today = api("desk_clerk"), str(timezone.localdate())
    for asked, found in (
        ({"wish": "repair"}, [other]), ({"batch": "B9"}, [other]), ({"serial": "HB60-24031177"}, [slip]),
        ({"q": slip.number}, [slip]), ({"q": "13805126634"}, [other, slip]), ({"product": "heater"}, [other, slip]),
        ({"state": "ended"}, []), ({"since": today, "until": today}, [other, slip]), ({"outcome": "refunded"}, []),
        ({"reason": "quality"}, [other, slip]), ({"q": "！！"}, []),
    ):  # fmt: skip
        answer = desk.get(LIST, asked)
        assert [row["number"] for row in answer.json()["results"]] == [one.number for one in found], asked
    row = desk.get(LIST, {"q": slip.number}).json()["results"][0]
    assert (row["customer"], row["units"], row["turn"]) == ("周慧 · 苏州安居物业", 1, "warehouse")


@pytest.mark.parametrize(
    "asked", [{"state": "lost"}, {"since": "x"}, {"product": "none"}, {"wish": "gift"}, {"reason": "whim"}]
)
def test_a_filter_that_makes_no_sense_is_refused(trade: World, api: Api, asked: dict[str, str]) -> None:
    answer = api("desk_clerk").get(LIST, asked)
    assert (answer.status_code, list(answer.json())) == (400, list(asked))


def test_the_list_is_paged_by_key_and_asks_as_often_for_many_as_for_few(trade: World, api: Api) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    desk, counts = api("desk_clerk"), []
    for n in (2, 8):
        for _m in range(n):
            t.registered(trade)
        desk.get(LIST)
        with CaptureQueriesContext(connection) as seen:
            desk.get(LIST)
        counts.append(len(seen))
    assert counts[0] == counts[1]
    numbers, where = [], f"{LIST}?page_size=4"
    while where:
        page = desk.get(where).json()
        numbers += [row["number"] for row in page["results"]]
        where = page["next"]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == 10


@pytest.mark.parametrize("number", ["TH2026-00000", "x", "TH2026-000001'--", "%00", "TH2026-" + "1" * 40])
def test_absurd_numbers_are_absent(trade: World, api: Api, number: str) -> None:
    assert api("desk_clerk").get(f"{LIST}{number}/").status_code == 404


def test_what_comes_later_is_a_slip_that_names_the_first(trade: World, api: Api) -> None:
    slip = t.registered(trade, "refund", t.goods(3))
    counted = [{"line": slip.lines.get().pk, "quantity": 1, "difference": "later"}]
    done(api("store_keeper"), url(slip, "receive/"), counted=counted)
    rest = ReturnSlip.objects.get(continues=slip)
    detail = api("desk_clerk").get(url(rest)).json()
    assert (detail["continues"], detail["lines"][0]["announced"], detail["state"]) == (slip.number, 2, "registered")
    assert arrival.Difference.LATER == "later"


@pytest.mark.req("SEC-01", "SEC-07")
def test_the_matrix_of_access_says_what_the_addresses_do(trade: World, api: Api) -> None:
    from cases.actions.intake import Accused
    from tests.access.matrix import ADDRESSES, STAFF

    case = w.received(trade, accused=Accused(people=(trade.agent2, trade.general_manager)))
    slip = t.of_case(trade, case)
    slip = arrival.receive_goods(slip, t.all_of(slip), by=trade.actor("store_keeper"))
    line = slip.lines.get().pk
    clock = ReturnClock.objects.create(
        slip=slip,
        kind="repair",
        started_at=timezone.now(),
        due_at=timezone.now(),
        first_due_at=timezone.now(),
        policy={},
    ).pk
    tails = {name: f"{name}/" for name in (*SHEETS, "correct") if name != "attach"}
    tails |= {"explain": f"lines/{line}/explain/", "give_breach_reason": f"clocks/{clock}/give_breach_reason/"}
    for person in sorted(STAFF):
        client = api(person)
        sees = client.get(url(slip)).status_code == 200
        for name, tail in tails.items():
            rule = ADDRESSES[f"api-return-{name.replace('_', '-')}"]
            status = post(client, url(slip, tail)).status_code
            may = person in rule.people and (sees or name == "pay")
            assert (status not in {403, 404}) == may or (may and name in {"decide_refund", "amend_refund"}), (
                person,
                name,
                status,
            )
