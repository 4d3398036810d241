"""Every action of the room leaves one event with its word; what people wrote is sealed beside it, never chained."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from django.utils import timezone

from audit.exceptions import Blocked
from audit.models import Event, Sealed
from audit.verification import verify
from cases.models import Channel, Kind
from documents.actions import store_upload
from documents.limits import staff_limits
from feedback_system import personal
from regulations.models import Approval
from returns import verbs
from returns.actions import arrival, clocks, deciding, files, handover, leaving, opening, refund, repair, sweep, ties
from returns.actions.moves import SEALED_FIELDS
from returns.models import ReturnClock, ReturnSlip
from returns.queries.refunds import APPROVAL
from tests import world as w
from tests.cases.visitors import picture
from tests.returns import trade as t
from tests.world import World, client_of

pytestmark = [pytest.mark.django_db, pytest.mark.req("SEC-09")]
ACTIONS = Path(__file__).resolve().parents[2] / "returns" / "actions"
#: Stands in every text that is handed to an action, and in nothing else.
WORD = "龘靐"


def said(sentence: str) -> str:
    return f"{WORD}{sentence}"


def short(world: World) -> ReturnSlip:
    """Two announced, one came."""
    slip = t.registered(world, "refund", t.goods(2))
    return arrival.receive_goods(slip, {slip.lines.get().pk: arrival.Counted(1)}, by=world.actor("store_keeper"))


def asked(world: World) -> ReturnSlip:
    """The inspector was asked."""
    slip = t.received(world)
    deciding.ask_inspection(slip, by=world.actor("quality_head"), question="看焊缝")
    return t.fresh(slip)


def waiting(world: World) -> ReturnSlip:
    """The general manager was asked, where the profile wants it."""
    slip = t.confirmed(world)
    Approval.objects.create(
        thread=slip.thread, kind=APPROVAL, steps=["approve_refund"], asked_at=timezone.now(),
        asked_by=world.quality_head, reason="属实",
    )  # fmt: skip
    return slip


def late(world: World) -> ReturnSlip:
    """Its repair was due yesterday."""
    slip = t.scheduled(world)
    past = w.in_days(-1)
    ReturnClock.objects.filter(slip=slip).update(
        started_at=w.in_days(-3), due_at=past, first_due_at=past, next_alert_at=past
    )
    return t.fresh(slip)


def tied(world: World) -> ReturnSlip:
    return t.fresh(t.of_case(world, w.received(world)))


def _line(slip: ReturnSlip, quantity: int = 1, note: str = "") -> dict[int, arrival.Counted]:
    return {slip.lines.get().pk: arrival.Counted(quantity, "not_sent" if note else "", note)}


def _correct(world: World, slip: ReturnSlip) -> object:
    wish = t.wish("refund", t.goods(batch=said("B")), description=said("更正"))
    contact = opening.Contact(*(said(each) for each in ("周慧", "物业", "1380", "a@b.example", "星湖街")))
    return opening.correct_slip(slip, replace(wish, contact=contact), by=world.actor("desk_clerk"))


def _attach(world: World, slip: ReturnSlip) -> object:
    by = world.actor("desk_clerk")
    return files.attach_files(slip, (store_upload(picture(said("图.png")), by=by, limits=staff_limits()),), by=by)


def _pay(world: World, slip: ReturnSlip) -> object:
    return refund.pay_refund(slip, t.payment(reference=said("PZ-1")), by=world.actor("finance_handler"))


def _refuse_refund(world: World, slip: ReturnSlip) -> object:
    with pytest.raises(Blocked):
        _pay(world, slip)
    return None


def _amend(world: World, slip: ReturnSlip) -> object:
    payment = t.payment(reference=said("PZ-2"))
    return refund.amend_refund(slip.refund, payment, by=world.actor("finance_handler"), reason=said("抄错"))


def _decide(world: World, slip: ReturnSlip) -> object:
    row = Approval.objects.get(thread=slip.thread)
    return deciding.decide_refund(row, slip, by=world.actor("general_manager"), granted=True, opinion=said("同意"))


def _record_inspection(world: World, slip: ReturnSlip) -> object:
    return deciding.record_inspection(slip, by=world.actor("inspector"), passed=False, findings=said("确有裂纹"))


def _name_liable(world: World, slip: ReturnSlip) -> object:
    liability = deciding.Liability(world.workshop, said("郑凯"), said("培训"))
    return deciding.name_liable(slip, liability, by=world.actor("quality_head"))


def _schedule(world: World, slip: ReturnSlip) -> object:
    return repair.schedule_repair(slip, replace(t.plan(world), tools=said("焊机")), by=world.actor("repair_head"))


def at_the_customers(world: World) -> ReturnSlip:
    """Repaired on site, and quality passed it."""
    slip = deciding.accept_repair(t.registered(world, "repair"), by=world.actor("repair_head"), place="on_site")
    repair.schedule_repair(slip, t.plan(world), by=world.actor("repair_head"))
    slip = repair.start_repair(t.fresh(slip), by=world.actor("repairer"))
    slip = repair.finish_repair(slip, t.REPORT, by=world.actor("repairer"))
    return repair.inspect_repair(slip, by=world.actor("quality_head"), passed=True, findings="合格")


def _open_case(world: World, slip: ReturnSlip) -> object:
    kind, channel = Kind.objects.get(code="complaint"), Channel.objects.get(code="phone")
    return ties.open_case_of(slip, ties.Matter(kind, channel, said("同批漏水")), by=world.actor("quality_head"))


def _record_contact(world: World, slip: ReturnSlip) -> object:
    heard = files.Heard("in", Channel.objects.get(code="phone"), said("来电催办"))
    return files.record_contact(slip, heard, by=world.actor("desk_clerk"))


Act = Callable[[World, ReturnSlip], object]
#: verb -> (the return it starts from, the action, who does it, whether words are handed over)
STEPS: dict[str, tuple[Callable[[World], ReturnSlip], Act, str, bool]] = {
    "correct": (t.registered, _correct, "desk_clerk", True),
    "link": (t.registered, lambda x, s: ties.link_case(s, w.received(x), by=x.actor("desk_clerk")), "desk_clerk", False),
    "open_case": (t.refunded, _open_case, "quality_head", False),
    "detach": (tied, lambda x, s: ties.detach_case(s, by=x.actor("desk_clerk"), reason=said("无关")), "desk_clerk", True),
    "attach": (t.registered, _attach, "desk_clerk", False),
    "record_contact": (t.registered, _record_contact, "desk_clerk", True),
    "accept": (lambda x: t.registered(x, "repair"), lambda x, s: deciding.accept_repair(
        s, by=x.actor("repair_head"), opinion=said("请寄来")), "repair_head", True),
    "receive": (lambda x: t.registered(x, "refund", t.goods(2)), lambda x, s: arrival.receive_goods(
        s, _line(s, note=said("少一台")), by=x.actor("store_keeper")), "store_keeper", True),
    "explain": (short, lambda x, s: arrival.explain_difference(
        s, s.lines.get(), arrival.Counted(1, "lost", said("途中丢失")), by=x.actor("desk_clerk")), "desk_clerk", True),
    "ask_inspection": (t.received, lambda x, s: deciding.ask_inspection(
        s, by=x.actor("quality_head"), question=said("看焊缝")), "quality_head", True),
    "record_inspection": (asked, _record_inspection, "inspector", True),
    "confirm": (t.received, lambda x, s: deciding.confirm_return(
        s, deciding.Confirmation("refund", said("属实"), t.HUNDRED), by=x.actor("quality_head")), "quality_head", True),
    "refuse": (t.received, lambda x, s: deciding.refuse_return(
        s, by=x.actor("quality_head"), reason=said("人为损坏")), "quality_head", True),
    "redirect": (t.scheduled, lambda x, s: deciding.redirect_to_refund(
        s, by=x.actor("desk_clerk"), reason=said("不修了")), "desk_clerk", True),
    "decide_refund": (waiting, _decide, "general_manager", True),
    "pay": (t.confirmed, _pay, "finance_handler", True),
    "amend_refund": (t.refunded, _amend, "finance_handler", True),
    "name_liable": (t.received, _name_liable, "quality_head", True),
    "schedule": (lambda x: t.received(x, "repair"), _schedule, "repair_head", True),
    "decline_repair": (at_the_customers, lambda x, s: leaving.decline_repair(
        s, by=x.actor("desk_clerk"), reason=said("仍有乱码")), "desk_clerk", True),
    "change_place": (t.MAKERS["accepted"], lambda x, s: repair.change_place(
        s, "on_site", by=x.actor("repair_head"), reason=said("无法拆机")), "repair_head", True),
    "start": (t.scheduled, lambda x, s: repair.start_repair(s, by=x.actor("repairer")), "repairer", False),
    "note_work": (t.repairing, lambda x, s: repair.note_work(
        s, repair.Piece("part", said("内胆")), by=x.actor("repairer")), "repairer", True),
    "finish": (t.repairing, lambda x, s: repair.finish_repair(
        s, repair.Report(said("渗水"), said("换内胆"), said("电流偏低")), by=x.actor("repairer")), "repairer", True),
    "inspect": (t.inspecting, lambda x, s: repair.inspect_repair(
        s, by=x.actor("quality_head"), passed=True, findings=said("合格")), "quality_head", True),
    "release": (t.passed, lambda x, s: leaving.release_goods(
        s, by=x.actor("store_keeper"), shipment=said("顺丰")), "store_keeper", True),
    "deliver": (t.released, lambda x, s: leaving.record_delivery(s, by=x.actor("desk_clerk")), "desk_clerk", False),
    "cancel": (t.registered, lambda x, s: leaving.cancel_return(s, by=x.actor("desk_clerk"), reason=said("不退了")), "desk_clerk", True),
    "call_back": (t.refunded, lambda x, s: leaving.call_back(
        s, leaving.Callback("unsatisfied", said("太慢")), by=x.actor("callback_agent")), "callback_agent", True),
    "give_breach_reason": (late, lambda x, s: clocks.give_breach_reason(
        s.clocks.get(), by=x.actor("repair_head"), reason=said("缺件")), "repair_head", True),
    "hand_over": (t.repairing, lambda x, s: handover.hand_over(
        x.repairer, x.repair_head, by=x.actor("administrator")), "administrator", False),
    "breach": (late, lambda x, s: sweep.sweep_clocks(), "", False),
}  # fmt: skip


@pytest.mark.parametrize("verb", STEPS)
def test_an_action_leaves_one_event_and_seals_what_people_wrote(trade: World, verb: str) -> None:
    start, action, person, words = STEPS[verb]
    slip = start(trade)
    before = set(Event.objects.filter(thread=slip.thread).values_list("pk", flat=True))
    action(trade, slip)
    events = Event.objects.filter(thread=slip.thread).exclude(pk__in=before)
    assert [event.verb for event in events] == [verb]
    event = events.get()
    assert event.actor_id == (trade.users[person].pk if person else None)
    assert WORD not in json.dumps(event.changes, ensure_ascii=False)
    sealed = [row for row in Sealed.objects.filter(event=event) if WORD in f"{row.old}{row.new}"]
    assert bool(sealed) == words
    assert verify().findings == []


def test_opening_leaves_one_event_and_seals_what_people_wrote(trade: World) -> None:
    names = ("周慧", "物业", "1380", "a@b.example", "星湖街")
    wish = t.wish(
        "refund", t.goods(batch=said("B")), description=said("漏水"), contact=opening.Contact(*map(said, names))
    )
    slip = opening.register_return(wish, by=trade.actor("desk_clerk"))
    event = Event.objects.get(thread=slip.thread)
    assert (event.verb, event.actor_id) == ("register", trade.desk_clerk.pk)
    assert WORD not in json.dumps(event.changes, ensure_ascii=False)
    assert {"description", "contact_name", "contact_phone"} <= {
        row.field for row in Sealed.objects.filter(event=event) if WORD in str(row.new)
    }


@pytest.mark.django_db(transaction=True)
@pytest.mark.gate(1)
def test_a_refused_refund_leaves_one_event_although_nothing_was_done(trade: World) -> None:
    slip = t.received(trade)
    before = set(Event.objects.filter(thread=slip.thread).values_list("pk", flat=True))
    _refuse_refund(trade, slip)
    event = Event.objects.exclude(pk__in=before).get(thread=slip.thread)
    assert (event.verb, event.actor_id) == ("refuse_refund", trade.finance_handler.pk)
    assert event.changes["reasons"] == [None, ["not_confirmed"]]
    assert WORD not in json.dumps(event.changes, ensure_ascii=False)


def recorded_verbs() -> set[str]:
    """Every verb that an action of the room records on a return, read from the source."""
    found = set()
    for path in ACTIONS.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or len(node.args) < 2:
                continue
            thread, verb = node.args[0], node.args[1]
            on_a_return = node.func.id == "finish" or ast.unparse(thread).endswith(".thread")
            if node.func.id in {"finish", "record", "Entry"} and on_a_return and isinstance(verb, ast.Constant):
                found.add(str(verb.value))
    return found


def test_every_verb_of_the_room_has_its_words_and_is_tested_here() -> None:
    assert recorded_verbs() == set(verbs.LABELS)
    assert set(STEPS) | {"register", "refuse_refund"} == set(verbs.LABELS)


def test_what_is_sealed_is_personal_and_what_is_personal_is_sealed() -> None:
    personal_of_slips = {name for label, name in personal.named(personal.CUSTOMERS) if label == "returns.ReturnSlip"}
    assert personal_of_slips - {"search", "contact_search"} == SEALED_FIELDS


def test_a_page_tells_the_whole_life_in_words(trade: World) -> None:
    slip = t.repaired(trade)
    page = client_of(trade, "desk_clerk").get(f"/returns/{slip.number}/")
    told = [label for _event, _actor, label in page.context["events"]]
    assert len(told) == Event.objects.filter(thread=slip.thread).count() == 9
    assert not set(map(str, told)) & set(verbs.LABELS)
