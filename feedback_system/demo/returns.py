"""Goods that come back to the demo organisation: a return at every step of both paths, lived through the actions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from cases.models import Case
from feedback_system.demo.live import moved_clock
from feedback_system.demo.people import Cast
from notifications.models import Message
from notifications.models import State as MessageState
from returns.actions import arrival, deciding, leaving, opening, refund, repair
from returns.lifecycle import Place
from returns.models import ReturnSlip

#: What never comes in and is never sent.
_MOVED = frozenset({"received", "released"})
#: How far a return goes; each step includes those before it.
REFUND = ("registered", "received", "confirmed", "refunded", "asked")
REPAIR = (
    "registered", "accepted", "received", "scheduled", "repairing", "inspecting", "passed", "released", "delivered",
    "asked",
)  # fmt: skip


@dataclass(frozen=True)
class Tale:
    """One return of the demo: how long ago, whose, what, why, and how far it has come."""

    hours_ago: int
    who: str
    wish: str
    product: str
    quantity: int
    what: str
    reach: str
    reason: str = "quality"
    batch: str = "B2609"
    serial: str = ""
    bought_days_ago: int = 20
    got_days_ago: int = 3
    amount: str = ""
    counted: int | None = None
    excluded: str = ""
    of_case: bool = False
    place: str = Place.FACTORY


TALES = (
    Tale(400, "刘经理", "refund", "SH-17", 120, "壶盖密封圈批量老化，客户整批退货。", "asked", amount="9480", got_days_ago=18),
    Tale(330, "周女士", "repair", "DSZF-60", 1, "内胆渗水，要求返厂维修。", "asked", serial="HB60-24031177"),
    Tale(210, "陈先生", "refund", "PD-65W", 1, "快递外箱压坏，充电器外壳开裂。", "refunded", "transport", amount="129"),
    Tale(160, "赵工", "repair", "DSZF-80", 12, "十二台加热慢，疑似加热管批次问题。", "released", batch="B2607", bought_days_ago=200),
    Tale(120, "郭先生", "refund", "TB-11", 1, "屏幕有划痕，要求退款。", "refused", amount="1899", bought_days_ago=70, got_days_ago=66),
    Tale(96, "周慧", "repair", "DSZF-60", 2, "两台热水器漏水，上月已报修一次。", "inspecting", serial="HB60-24031901", of_case=True),
    Tale(80, "孙先生", "repair", "SH-17", 1, "加热到一半自动断电。", "repairing", excluded="human"),
    Tale(60, "王经理", "refund", "SH-17", 30, "到货晚了两周，错过促销，要求退货。", "confirmed", "delivery", amount="2370"),
    Tale(50, "李女士", "repair", "TB-11", 1, "充不进电。", "scheduled"),
    Tale(44, "赵工", "repair", "DSZF-80", 3, "三台显示屏乱码，远程判断需升级程序。", "passed", place=Place.ON_SITE),
    Tale(30, "吴阿姨", "refund", "SH-17", 1, "烧水有异味，要求退款。", "received", amount="79", of_case=True),
    Tale(26, "王经理", "refund", "SH-17", 24, "外包装受潮，要求退货。", "received", "packaging", amount="1896", counted=22),
    Tale(20, "周女士", "repair", "DSZF-60", 1, "点不着火，显示 E3。", "accepted"),
    Tale(9, "陈先生", "repair", "PD-65W", 1, "插上没有反应。", "registered"),
    Tale(3, "刘经理", "refund", "SH-17", 10, "多发了十只，未拆封，要求退回。", "registered", "delivery", amount="790"),
)  # fmt: skip


def live_returns(cast: Cast) -> int:
    """All of them, oldest first, so that numbers follow time; returns how many."""
    now = timezone.now()
    for tale in sorted(TALES, key=lambda tale: -tale.hours_ago):
        _Teller(cast, tale, now).tell()
    # Customers were told long ago; only the last day's messages wait to go out.
    old = Message.objects.filter(thread__startswith="return:", created_at__lt=now - timedelta(days=1), user=None)
    old.update(state=MessageState.WITHDRAWN, context={})
    return len(TALES)


class _Teller:
    """Tells one return: every step some hours after the one before, never in the future."""

    def __init__(self, cast: Cast, tale: Tale, now: datetime) -> None:
        self.cast, self.tale_, self.now = cast, tale, now
        self.at = now - timedelta(hours=tale.hours_ago)

    def later(self, hours: float) -> datetime:
        """Some hours later, and never later than now."""
        self.at = min(self.at + timedelta(hours=hours), self.now - timedelta(seconds=40))
        return self.at

    def tell(self) -> None:
        tale = self.tale_
        path = REFUND if tale.wish == "refund" else REPAIR
        with moved_clock(self.at):
            self.slip = self._register()
        for step in path[1 : path.index("received" if tale.reach == "refused" else tale.reach) + 1]:
            if tale.place == Place.ON_SITE and step in _MOVED:
                continue
            with moved_clock(self.later(9 if step in {"received", "repairing"} else 2)):
                getattr(self, f"_{step}")()
            self.slip = ReturnSlip.objects.get(pk=self.slip.pk)
        if tale.reach == "refused":
            with moved_clock(self.later(5)):
                reason = "划痕系使用中造成，且已超过七天退货期限。"
                deciding.refuse_return(self.slip, by=self.cast.actor("zhaomin"), reason=reason)

    def _register(self) -> ReturnSlip:
        tale = self.tale_
        customer = self.cast.customers[tale.who]
        point = customer.contact_points.first()
        today = timezone.localdate(self.at)
        goods = opening.Goods(
            tale.quantity, self.cast.products[tale.product], batch=tale.batch, serial=tale.serial,
            purchased_on=_before(today, tale.bought_days_ago), received_on=_before(today, tale.got_days_ago),
            excluded=tale.excluded,
        )  # fmt: skip
        contact = opening.Contact(
            tale.who, customer.organisation.name if customer.organisation else "", point.value if point else ""
        )
        case = Case.objects.open().filter(customer=customer).order_by("-pk").first() if tale.of_case else None
        wish = opening.Wish(
            wish=tale.wish, reason=tale.reason, description=tale.what, goods=(goods,), contact=contact,
            claimed_amount=Decimal(tale.amount) if tale.amount else None, customer=customer, case=case,
            unused=tale.reason == "delivery",
        )  # fmt: skip
        by = self.cast.actor("linxiao" if case else "zhanggong")
        return opening.register_return(wish, by=by, source="case" if case else "desk")

    def _accepted(self) -> None:
        there = self.tale_.place == Place.ON_SITE
        opinion = "工程师携程序卡上门升级。" if there else "请寄至售后部，运费到付。"
        deciding.accept_repair(self.slip, by=self.cast.actor("zhanggong"), opinion=opinion, place=self.tale_.place)

    def _received(self) -> None:
        tale = self.tale_
        arrived = tale.quantity if tale.counted is None else tale.counted
        counted = {line.pk: arrival.Counted(arrived) for line in self.slip.lines.all()}
        arrival.receive_goods(self.slip, counted, by=self.cast.actor("tangwei"))

    def _confirmed(self) -> None:
        owner = {"quality": "zhaomin", "standard": "linong"}.get(self.tale_.reason, "zhoutao")
        decision = deciding.Confirmation("refund", "经核实情况属实，同意退款。", self.slip.claimed_amount)
        deciding.confirm_return(self.slip, decision, by=self.cast.actor(owner))

    def _refunded(self) -> None:
        amount = self.slip.refund_amount or Decimal(1)
        paid = refund.Payment(amount, "transfer", f"FK{self.at:%m%d}-{self.slip.pk:03d}", timezone.localdate(self.at))
        refund.pay_refund(self.slip, paid, by=self.cast.actor("jiangli"))

    def _scheduled(self) -> None:
        plan = repair.Schedule(
            self.cast.users["maqi"], timezone.localdate(self.at) + timedelta(days=1), tools="万用表、检漏仪"
        )
        repair.schedule_repair(self.slip, plan, by=self.cast.actor("zhanggong"))

    def _repairing(self) -> None:
        repair.start_repair(self.slip, by=self.cast.actor("maqi"))
        piece = repair.Piece("work", "拆机检测", minutes=40)
        repair.note_work(ReturnSlip.objects.get(pk=self.slip.pk), piece, by=self.cast.actor("maqi"))

    def _inspecting(self) -> None:
        there = self.tale_.place == Place.ON_SITE
        part = repair.Piece("part", "程序卡" if there else "内胆密封圈", Decimal(self.tale_.quantity))
        repair.note_work(self.slip, part, by=self.cast.actor("maqi"))
        sealed = ("密封圈处渗漏，绝缘正常。", "更换密封圈并重新打压。", "密封圈硬度偏低，疑似来料批次问题。")
        upgraded = ("程序为 V1.2，显示错位。", "现场升级至 V1.4。", "旧程序与新批次显示屏不匹配。")
        report = repair.Report(*(upgraded if there else sealed))
        repair.finish_repair(ReturnSlip.objects.get(pk=self.slip.pk), report, by=self.cast.actor("maqi"))

    def _passed(self) -> None:
        there = self.tale_.place == Place.ON_SITE
        findings = "核对升级记录与现场照片，显示正常。" if there else "保压两小时无渗漏，通电四小时正常。"
        repair.inspect_repair(self.slip, by=self.cast.actor("zhaomin"), passed=True, findings=findings)

    def _released(self) -> None:
        leaving.release_goods(self.slip, by=self.cast.actor("tangwei"), shipment=f"顺丰 SF10{self.slip.pk:06d}")

    def _delivered(self) -> None:
        leaving.record_delivery(self.slip, by=self.cast.actor("zhanggong"))

    def _asked(self) -> None:
        marks = {"response": 5, "effect": 4, "attitude": 5} if self.tale_.wish == "repair" else {}
        said = leaving.Callback("satisfied", "客户表示满意。", **marks)
        leaving.call_back(self.slip, said, by=self.cast.actor("luyuan"))


def _before(day: date, days: int) -> date:
    return day - timedelta(days=days)
