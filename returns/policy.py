"""What a regulation profile says of returns: who decides on which reason, windows, warranty, targets, gates."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from django.utils.translation import get_language
from pydantic import Field

from regulations.document import ClockShape, LimitRule, Part

Owner = Literal["quality", "technical", "sales", "returns_desk", "repair", "warehouse", "hub"]

#: The clocks of this room; a profile's limits may name them (SLA-01).
CLOCKS: Mapping[str, ClockShape] = MappingProxyType(
    {
        "repair": ClockShape(frozenset({"received"}), frozenset({"repaired"})),
        "callback": ClockShape(frozenset({"delivered"}), frozenset({"called_back"})),
    }
)


class ReasonRule(Part):
    """A reason for returning goods, and the function whose head decides whether it is justified (RET-04)."""

    code: str
    label: str
    label_en: str = ""
    owner: Owner

    @property
    def name(self) -> str:
        """What the reader calls it."""
        return self.label_en if self.label_en and get_language() == "en" else self.label


class Window(Part):
    """A period in which a return may be asked for, from a recorded date (A-25)."""

    code: str
    label: str
    label_en: str = ""
    days: int = Field(gt=0)
    since: Literal["received", "purchased"]
    reasons: tuple[str, ...] = Field(default=(), description="Reasons it is for; empty is for all.")
    unused: bool = Field(default=False, description="Only for goods that were not used.")

    @property
    def name(self) -> str:
        """What the reader calls it."""
        return self.label_en if self.label_en and get_language() == "en" else self.label


_REASONS = (
    ReasonRule(code="quality", label="质量问题", label_en="Quality", owner="quality"),
    ReasonRule(code="standard", label="技术标准理解不一致", label_en="Technical standard", owner="technical"),
    ReasonRule(code="delivery", label="交货延误", label_en="Late delivery", owner="sales"),
    ReasonRule(code="packaging", label="包装问题", label_en="Packaging", owner="sales"),
    ReasonRule(code="transport", label="运输损坏", label_en="Transport", owner="sales"),
)
_WINDOWS = (
    Window(
        code="claim", label="收货后质量问题退换", label_en="Quality claim after receipt", days=7, since="received",
        reasons=("quality",),
    ),
    Window(
        code="unused", label="未使用商品退货", label_en="Return of unused goods", days=7, since="received", unused=True
    ),
    Window(
        code="service", label="购买后质量问题售后", label_en="Service after purchase", days=30, since="purchased",
        reasons=("quality",),
    ),
)  # fmt: skip


class ReturnsPart(Part):
    """Everything the returns room asks the profile; a document without it follows these presets.

    A batch of n units is to be repaired within ceil(n / ``units_per_day``) days of its receipt (SLA-21), unless
    the profile's limits name the clock "repair" (SLA-22). ``transport_days`` after it was sent a repaired machine
    counts as received where nobody confirmed it (A-54). ``manager_gate``: the general manager approves each refund
    (A-22).
    """

    reasons: tuple[ReasonRule, ...] = _REASONS
    windows: tuple[Window, ...] = _WINDOWS
    warranty_months: int = Field(default=12, gt=0)
    units_per_day: int = Field(default=10, gt=0)
    repair_unit: Literal["calendar_days", "working_days"] = "calendar_days"
    callback_days: int = Field(default=3, gt=0)
    transport_days: int = Field(default=3, gt=0)
    manager_gate: bool = False

    def reason(self, code: str) -> ReasonRule:
        """The rule of a reason; raises ``KeyError`` for one that the profile does not offer."""
        for rule in self.reasons:
            if rule.code == code:
                return rule
        raise KeyError(code)

    def limit(self, clock: str, *, units: int) -> LimitRule:
        """The limit of a clock of this room as its presets compute it, for so many units."""
        if clock == "repair":
            return LimitRule(
                clock=clock, amount=batch_days(units, self.units_per_day), unit=self.repair_unit, start="received",
                end="repaired", move_off_holidays=False,
            )  # fmt: skip
        return LimitRule(
            clock=clock, amount=self.callback_days, unit="calendar_days", start="delivered", end="called_back"
        )


def batch_days(units: int, per_day: int) -> int:
    """Days for a batch: 10 units 1, 11 units 2, 20 units 2, 21 units 3 with ten a day; at least one (SLA-21, A-53)."""
    return max(1, -(-units // per_day))
