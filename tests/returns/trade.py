"""The people who handle returns, and returns in each state; made through the actions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from cases.models import Case
from organization import text
from organization.models import Department, Function, Membership, Product, Role, User
from returns.actions import arrival, deciding, leaving, opening, refund, repair
from returns.models import ReturnSlip
from tests.world import World

#: code -> (name, function)
DEPARTMENTS = {
    "returns_desk": ("市场部", "returns_desk"),
    "warehouse": ("仓库", "warehouse"),
    "inspection": ("检验科", "inspection"),
    "callback_desk": ("回访组", "callback_desk"),
}
#: username -> (name, role, department, is head)
PEOPLE = {
    "desk_clerk": ("陆瑶", Role.HANDLER, "returns_desk", False),
    "store_keeper": ("石勇", Role.HANDLER, "warehouse", True),
    "inspector": ("严明", Role.HANDLER, "inspection", False),
    "repair_head": ("马俊", Role.HEAD, "repair", True),
    "repairer": ("丁磊", Role.HANDLER, "repair", False),
    "callback_agent": ("夏雨", Role.AGENT, "callback_desk", False),
}
HUNDRED = Decimal("1299.00")


def people(world: World) -> World:
    """The world with everybody whom a return needs."""
    for code, (name, function) in DEPARTMENTS.items():
        above = world.head_office
        row = Department.objects.create(code=code, name=name, name_key=text.pinyin_key(name), parent=above)
        row.lineage = [*above.lineage, row.pk]
        row.save()
        row.functions.set(Function.objects.filter(code=function))
        world.departments[code] = row
    for username, (name, role, department, is_head) in PEOPLE.items():
        user = User.objects.create_user(
            username=username, password="correct horse battery", name=name, role=role,
            name_key=text.pinyin_key(name), initials=text.initials(name), email=f"{username}@huiyin.example",
        )  # fmt: skip
        Membership.objects.create(user=user, department=world.departments[department], is_head=is_head)
        world.users[username] = user
    return world


def goods(announced: int = 1, **values: Any) -> opening.Goods:
    """A line: water heaters of one batch, bought last month."""
    today = timezone.localdate()
    given: dict[str, Any] = {
        "product": Product.objects.get(code="DSZF-60"),
        "batch": "B2610",
        "serial": "HB60-24031177",
        "purchased_on": today - timedelta(days=5),
        "received_on": today - timedelta(days=3),
        "accepted_on": today - timedelta(days=3),
    }
    return opening.Goods(announced=announced, **(given | values))


def wish(wish: str = "refund", *lines: opening.Goods, **values: Any) -> opening.Wish:
    """What a customer wants."""
    given: dict[str, Any] = {
        "reason": "quality",
        "description": "内胆漏水，要求处理。",
        "contact": opening.Contact("周慧", "苏州安居物业", "13805126634", address="星湖街 218 号"),
        "claimed_amount": HUNDRED if wish == "refund" else None,
    }
    return opening.Wish(wish=wish, goods=lines or (goods(),), **(given | values))


def registered(world: World, kind: str = "refund", *lines: opening.Goods, **values: Any) -> ReturnSlip:
    """A slip that the desk opened."""
    return opening.register_return(wish(kind, *lines, **values), by=world.actor("desk_clerk"))


def all_of(slip: ReturnSlip) -> dict[int, arrival.Counted]:
    """Everything arrived."""
    return {line.pk: arrival.Counted(line.announced) for line in slip.lines.all()}


def received(world: World, kind: str = "refund", *lines: opening.Goods, **values: Any) -> ReturnSlip:
    """Goods counted, as many as announced; a repair was accepted before."""
    slip = registered(world, kind, *lines, **values)
    if kind == "repair":
        slip = deciding.accept_repair(slip, by=world.actor("repair_head"))
    return arrival.receive_goods(slip, all_of(slip), by=world.actor("store_keeper"))


def confirmed(world: World, *lines: opening.Goods, handling: str = "refund", **values: Any) -> ReturnSlip:
    """The head of quality found it justified."""
    slip = received(world, "refund", *lines, **values)
    decision = deciding.Confirmation(handling, "情况属实", HUNDRED if handling == "refund" else None)
    return deciding.confirm_return(slip, decision, by=world.actor("quality_head"))


def payment(amount: Decimal = HUNDRED, **values: Any) -> refund.Payment:
    """What finance writes down."""
    return refund.Payment(
        amount, **({"way": "transfer", "reference": "PZ-1127", "paid_on": timezone.localdate()} | values)
    )


def refunded(world: World, **values: Any) -> ReturnSlip:
    """Paid; it has ended."""
    slip = confirmed(world, **values)
    refund.pay_refund(slip, payment(), by=world.actor("finance_handler"))
    return fresh(slip)


def plan(world: World, day: date | None = None) -> repair.Schedule:
    """Who repairs it tomorrow."""
    return repair.Schedule(world.repairer, day or timezone.localdate() + timedelta(days=1), tools="焊机")


def scheduled(world: World, *lines: opening.Goods, **values: Any) -> ReturnSlip:
    """Given to the repairer."""
    slip = received(world, "repair", *lines, **values)
    repair.schedule_repair(slip, plan(world), by=world.actor("repair_head"))
    return fresh(slip)


def repairing(world: World, *lines: opening.Goods, **values: Any) -> ReturnSlip:
    """On the bench."""
    return repair.start_repair(scheduled(world, *lines, **values), by=world.actor("repairer"))


REPORT = repair.Report(detection="焊缝渗水", work="更换内胆", cause="焊接电流偏低")


def inspecting(world: World, *lines: opening.Goods, **values: Any) -> ReturnSlip:
    """Repaired, waiting for quality."""
    return repair.finish_repair(repairing(world, *lines, **values), REPORT, by=world.actor("repairer"))


def passed(world: World, *lines: opening.Goods, **values: Any) -> ReturnSlip:
    """Quality passed it."""
    return repair.inspect_repair(
        inspecting(world, *lines, **values), by=world.actor("quality_head"), passed=True, findings="通电四小时，合格"
    )


def released(world: World, *lines: opening.Goods, **values: Any) -> ReturnSlip:
    """On its way."""
    return leaving.release_goods(
        passed(world, *lines, **values), by=world.actor("store_keeper"), shipment="顺丰 SF1234"
    )


def repaired(world: World, *lines: opening.Goods, **values: Any) -> ReturnSlip:
    """The customer has it back; it has ended."""
    return leaving.record_delivery(released(world, *lines, **values), by=world.actor("desk_clerk"))


def refused(world: World, **values: Any) -> ReturnSlip:
    """Not justified; the goods are still here."""
    return deciding.refuse_return(received(world, **values), by=world.actor("quality_head"), reason="人为损坏")


#: A return in each state, by the state's name.
MAKERS: dict[str, Callable[[World], ReturnSlip]] = {
    "registered": registered,
    "accepted": lambda world: deciding.accept_repair(registered(world, "repair"), by=world.actor("repair_head")),
    "received": received,
    "confirmed": confirmed,
    "scheduled": scheduled,
    "repairing": repairing,
    "inspecting": inspecting,
    "passed": passed,
    "refused": refused,
    "released": released,
    "ended": refunded,
}


def fresh(slip: ReturnSlip) -> ReturnSlip:
    """The row as it stands."""
    return ReturnSlip.objects.get(pk=slip.pk)


def of_case(world: World, case: Case, kind: str = "refund") -> ReturnSlip:
    """A return that belongs to a case."""
    return opening.register_return(wish(kind, case=case), by=world.actor("desk_clerk"), source="case")
