"""Money goes out only through the gate: RET-01 to RET-06, RET-09; hard gate 1."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.exceptions import Blocked, InvalidInput, InvalidMove
from audit.models import Event
from organization.models import Counter
from returns.actions import arrival, deciding, files, opening, refund
from returns.models import Refund, RefundRefusal, ReturnClock, ReturnSlip
from tests.returns import trade as t
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.mark.req("RET-02", "RET-01")
@pytest.mark.form("F41")
def test_slips_are_numbered_without_gaps_and_begin_with_whose_turn_it_is(trade: World) -> None:
    year = timezone.localdate().year
    slips = [t.registered(trade), t.registered(trade, "repair")]
    assert [slip.number for slip in slips] == [f"TH{year}-000001", f"TH{year}-000002"]
    assert [t.fresh(slip).turn for slip in slips] == ["warehouse", "repair"]
    with pytest.raises(InvalidInput):
        t.registered(trade, reason="whim")
    assert Counter.objects.get(series="return").last == 2
    assert t.registered(trade).number == f"TH{year}-000003"


@pytest.mark.req("RET-02")
def test_letters_and_calls_about_a_return_are_numbered_and_kept_with_it(trade: World) -> None:
    slip = t.registered(trade)
    for text in ("来信：要求尽快退款", "来电：问进度"):
        files.record_contact(
            t.fresh(slip), files.Heard("in", trade.channel("letter"), text), by=trade.actor("desk_clerk")
        )
    assert [row.number for row in slip.contacts.all()] == [f"{slip.number}-01", f"{slip.number}-02"]
    with pytest.raises(InvalidInput):
        files.record_contact(t.fresh(slip), files.Heard("in", trade.channel("phone"), " "), by=trade.actor("agent"))
    ended = t.refunded(trade)
    files.record_contact(ended, files.Heard("out", trade.channel("phone"), "告知已退款"), by=trade.actor("agent"))


@pytest.mark.req("RET-03")
def test_a_difference_is_explained_before_anything_is_decided(trade: World) -> None:
    slip = t.registered(trade, "refund", t.goods(10))
    line = slip.lines.get()
    slip = arrival.receive_goods(slip, {line.pk: arrival.Counted(8)}, by=trade.actor("store_keeper"))
    assert slip.turn == "returns_desk"
    with pytest.raises(Blocked) as blocked:
        deciding.confirm_return(
            slip, deciding.Confirmation("refund", "属实", t.HUNDRED), by=trade.actor("quality_head")
        )
    assert [reason.code for reason in blocked.value.reasons] == ["difference"]
    with pytest.raises(InvalidInput):
        arrival.explain_difference(slip, line, arrival.Counted(0, "not_sent"), by=trade.actor("desk_clerk"))
    slip = arrival.explain_difference(
        slip, line, arrival.Counted(0, "not_sent", "客户只寄了八台"), by=trade.actor("desk_clerk")
    )
    assert slip.turn == "quality"
    deciding.confirm_return(slip, deciding.Confirmation("refund", "属实", t.HUNDRED), by=trade.actor("quality_head"))


@pytest.mark.req("RET-03", "SLA-21")
def test_what_comes_later_gets_a_slip_of_its_own(trade: World) -> None:
    slip = t.registered(trade, "repair", t.goods(21))
    slip = deciding.accept_repair(slip, by=trade.actor("repair_head"))
    counted = {slip.lines.get().pk: arrival.Counted(11, "later")}
    slip = arrival.receive_goods(slip, counted, by=trade.actor("store_keeper"))
    rest = ReturnSlip.objects.get(continues=slip)
    assert (rest.state, rest.lines.get().announced, rest.turn) == ("accepted", 10, "warehouse")
    clock = ReturnClock.objects.get(slip=slip)
    assert clock.policy["amount"] == 2  # eleven units arrived: their own batch


@pytest.mark.req("RET-04", "RET-05")
@pytest.mark.parametrize(
    ("reason", "owner"),
    [
        ("quality", "quality"),
        ("standard", "technical"),
        ("delivery", "sales"),
        ("packaging", "sales"),
        ("transport", "sales"),
    ],
)
def test_the_function_that_owns_the_reason_decides(trade: World, reason: str, owner: str) -> None:
    assert t.received(trade, reason=reason).turn == owner


@pytest.mark.req("RET-06")
def test_a_reinspection_is_attached_before_the_decision(trade: World) -> None:
    slip = t.received(trade)
    deciding.ask_inspection(slip, by=trade.actor("quality_handler"), question="查内胆焊缝")
    assert t.fresh(slip).turn == "inspection"
    decision = deciding.Confirmation("refund", "属实", t.HUNDRED)
    with pytest.raises(Blocked) as blocked:
        deciding.confirm_return(slip, decision, by=trade.actor("quality_head"))
    assert [reason.code for reason in blocked.value.reasons] == ["inspection_open"]
    with pytest.raises(InvalidMove):
        deciding.ask_inspection(slip, by=trade.actor("quality_handler"), question="再查")
    deciding.record_inspection(slip, by=trade.actor("inspector"), passed=False, findings="焊缝有沙眼")
    assert t.fresh(slip).turn == "quality"
    with pytest.raises(InvalidMove):
        deciding.record_inspection(slip, by=trade.actor("inspector"), passed=True, findings="改口")
    deciding.confirm_return(slip, decision, by=trade.actor("quality_head"))
    with pytest.raises(InvalidMove):
        deciding.record_inspection(slip, by=trade.actor("inspector"), passed=True, findings="改口")


@pytest.mark.req("RET-09", "RET-11")
def test_a_confirmed_return_is_refunded_once_and_the_customer_is_asked(trade: World) -> None:
    slip = t.confirmed(trade)
    assert slip.turn == "finance"
    refund.pay_refund(slip, t.payment(), by=trade.actor("finance_handler"))
    slip = t.fresh(slip)
    assert (slip.state, slip.outcome, slip.turn) == ("ended", "refunded", "callback_desk")
    assert ReturnClock.objects.get(slip=slip).kind == "callback"
    with pytest.raises(Blocked) as blocked:
        refund.pay_refund(slip, t.payment(), by=trade.actor("finance_handler"))
    assert [reason.code for reason in blocked.value.reasons] == ["paid"]
    assert Refund.objects.count() == 1


@pytest.mark.req("RET-09", "A-24")
@pytest.mark.gate(1)
@pytest.mark.parametrize(
    "state", ["registered", "received", "refused", "inspecting", "passed", "released", "scheduled"]
)
def test_without_a_confirmed_slip_nothing_is_paid_and_the_refusal_is_kept(trade: World, state: str) -> None:
    slip = t.MAKERS[state](trade)
    with pytest.raises(Blocked):
        refund.pay_refund(slip, t.payment(), by=trade.actor("finance_handler"), via="api")
    row = RefundRefusal.objects.get()
    assert (row.slip, row.via, row.by, row.amount) == (slip, "api", trade.finance_handler, t.HUNDRED)
    assert Event.objects.filter(thread=slip.thread, verb="refuse_refund").count() == 1
    assert (Refund.objects.count(), t.fresh(slip).state) == (0, state)


@pytest.mark.gate(1)
def test_another_amount_than_the_confirmed_one_is_refused_also_when_it_is_corrected(trade: World) -> None:
    slip = t.confirmed(trade)
    with pytest.raises(Blocked):
        refund.pay_refund(slip, t.payment(Decimal("9999")), by=trade.actor("finance_handler"))
    row = refund.pay_refund(slip, t.payment(), by=trade.actor("finance_handler"))
    with pytest.raises(Blocked):
        refund.amend_refund(row, t.payment(Decimal("1300")), by=trade.actor("finance_handler"), reason="少付一元")
    assert list(RefundRefusal.objects.order_by("pk").values_list("via", flat=True)) == ["page", "amendment"]
    refund.amend_refund(row, t.payment(reference="PZ-1128"), by=trade.actor("finance_handler"), reason="凭证号写错")
    assert Refund.objects.get().reference == "PZ-1128"


@pytest.mark.gate(1)
@pytest.mark.parametrize("state", ["registered", "received", "passed"])
def test_the_database_itself_refuses_a_payment_without_a_confirmed_slip(trade: World, state: str) -> None:
    slip = t.MAKERS[state](trade)
    with pytest.raises(IntegrityError), transaction.atomic():
        Refund.objects.create(slip=slip, by=trade.finance_handler, at=timezone.now(), **vars(t.payment()))
    with pytest.raises(IntegrityError), transaction.atomic():
        ReturnSlip.objects.filter(pk=slip.pk).update(state="ended", ended_at=timezone.now(), outcome="refunded")


@pytest.mark.gate(1)
def test_the_database_holds_the_amount(trade: World) -> None:
    slip = t.confirmed(trade)
    with pytest.raises(IntegrityError), transaction.atomic():
        Refund.objects.create(slip=slip, by=trade.finance_handler, at=timezone.now(), **vars(t.payment(Decimal(1))))


@pytest.mark.req("SLA-24", "A-25")
def test_after_every_window_a_refund_needs_words_why(trade: World) -> None:
    today = timezone.localdate()
    late = t.goods(purchased_on=today - timedelta(days=40), received_on=today - timedelta(days=39))
    slip = t.received(trade, "refund", late)
    decision = deciding.Confirmation("refund", "属实", t.HUNDRED)
    with pytest.raises(InvalidInput) as refusal:
        deciding.confirm_return(slip, decision, by=trade.actor("quality_head"))
    assert refusal.value.field == "exception"
    kind = deciding.Confirmation("refund", "属实", t.HUNDRED, exception="老客户，批次缺陷")
    assert deciding.confirm_return(slip, kind, by=trade.actor("quality_head")).exception_reason == "老客户，批次缺陷"


def test_money_for_what_was_to_be_repaired_is_confirmed_like_any_other(trade: World) -> None:
    slip = t.repairing(trade)
    slip = deciding.redirect_to_refund(slip, by=trade.actor("repairer"), reason="配件停产")
    assert (slip.state, slip.wish, slip.handling, slip.turn) == ("received", "refund", "", "quality")
    with pytest.raises(Blocked):
        refund.pay_refund(slip, t.payment(), by=trade.actor("finance_handler"))
    assert ReturnClock.objects.get(slip=slip).state == "stopped"


def test_what_the_slip_says_is_corrected_until_it_is_decided(trade: World) -> None:
    slip = t.received(trade)
    base = opening.stale.stamp(opening.slip_facts(slip))
    new = t.wish("refund", t.goods(1, batch="B2611"), description="内胆和阀门都漏水")
    slip = opening.correct_slip(slip, new, by=trade.actor("desk_clerk"), base=base)
    assert (slip.lines.get().batch, slip.description) == ("B2611", "内胆和阀门都漏水")
    with pytest.raises(opening.stale.StaleRecord):
        opening.correct_slip(slip, new, by=trade.actor("desk_clerk"), base=base)
    with pytest.raises(InvalidMove):
        opening.correct_slip(t.confirmed(trade), new, by=trade.actor("desk_clerk"))


@pytest.mark.req("INV-11")
def test_who_is_liable_and_how_that_was_handled_is_kept(trade: World) -> None:
    slip = t.confirmed(trade)
    named = deciding.Liability(trade.production, "焊工李某", "批评教育，重新培训")
    slip = deciding.name_liable(slip, named, by=trade.actor("quality_head"))
    assert (slip.liable_department, slip.liable_handling) == (trade.production, "批评教育，重新培训")
    sealed = Event.objects.get(thread=slip.thread, verb="name_liable")
    assert "批评教育" not in str(sealed.changes)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"wish": "exchange"}, "wish"),
        ({"description": " "}, "description"),
        ({"goods": ()}, "goods"),
        ({"contact": opening.Contact(" ")}, "contact_name"),
        ({"goods": (opening.Goods(0, product_text="x"),)}, "goods"),
        ({"goods": (opening.Goods(1),)}, "goods"),
        ({"goods": tuple(opening.Goods(1, product_text="x") for _n in range(21))}, "goods"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(trade: World, changes: dict[str, object], field: str) -> None:
    given = vars(t.wish()) | changes
    with pytest.raises(InvalidInput) as refusal:
        opening.register_return(opening.Wish(**given), by=trade.actor("desk_clerk"))
    assert refusal.value.field == field
    assert ReturnSlip.objects.count() == 0


def test_the_same_key_gives_the_first_slip(trade: World) -> None:
    import uuid

    key = uuid.uuid4()
    first, second = (t.registered(trade, submission_key=key) for _n in range(2))
    assert first.pk == second.pk


@pytest.mark.req("A-22")
def test_where_the_profile_asks_for_it_the_general_manager_approves_each_refund(trade: World) -> None:
    from audit.actor import Actor
    from regulations import profiles
    from regulations.models import Approval, Profile

    profile = Profile.objects.get()
    body = profile.versions.latest("number").document | {"returns": {"manager_gate": True}}
    profiles.publish(profile, body, by=Actor.system("test"), reason="总经理审批")
    slip = t.confirmed(trade)
    assert slip.turn == "general_manager"
    with pytest.raises(Blocked) as blocked:
        refund.pay_refund(slip, t.payment(), by=trade.actor("finance_handler"))
    assert [reason.code for reason in blocked.value.reasons] == ["no_approval"]
    slip = deciding.decide_refund(Approval.objects.get(), slip, by=trade.actor("general_manager"), granted=True)
    assert slip.turn == "finance"
    refund.pay_refund(slip, t.payment(), by=trade.actor("finance_handler"))
    other = t.confirmed(trade)
    asked = Approval.objects.get(thread=other.thread)
    other = deciding.decide_refund(asked, other, by=trade.actor("general_manager"), granted=False, opinion="金额过高")
    assert (other.state, other.confirmed_at, other.turn) == ("received", None, "quality")


def test_the_rest_of_what_is_to_be_refunded_after_all_is_no_accepted_repair(trade: World) -> None:
    slip = t.registered(trade, "repair", t.goods(3))
    slip = deciding.accept_repair(slip, by=trade.actor("repair_head"))
    slip = deciding.redirect_to_refund(slip, by=trade.actor("desk_clerk"), reason="客户改主意")
    counted = {slip.lines.get().pk: arrival.Counted(1, "later")}
    arrival.receive_goods(slip, counted, by=trade.actor("store_keeper"))
    rest = ReturnSlip.objects.get(continues=slip)
    assert (rest.state, rest.handling, rest.turn) == ("registered", "", "warehouse")


@pytest.mark.req("RET-04")
def test_what_is_to_be_repaired_is_accepted_first_and_never_confirmed_as_a_refund(trade: World) -> None:
    slip = t.registered(trade, "repair")
    with pytest.raises(InvalidMove):
        arrival.receive_goods(slip, t.all_of(slip), by=trade.actor("desk_clerk"))
    slip = t.received(trade, "repair")
    with pytest.raises(InvalidMove):
        deciding.confirm_return(slip, deciding.Confirmation("refund", "同意", t.HUNDRED), by=trade.actor("repair_head"))
    assert (t.fresh(slip).confirmed_at, t.fresh(slip).handling) == (None, "repair")
