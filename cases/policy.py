"""The cases' part of a regulation profile: what is offered, required, routed, gated."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Literal

from pydantic import Field

from regulations.document import ClockShape, Part

GateItem = Literal[
    "facts", "responsible", "cause", "measures", "assignments", "reply", "opinion", "summary", "documents", "holds"
]

#: The events that may start and end each clock (SLA-01, A-05); the actions ask the limits for theirs.
CLOCKS: Mapping[str, ClockShape] = MappingProxyType(
    {
        "acknowledgement": ClockShape(frozenset({"received"}), frozenset({"acknowledged"})),
        "on_site": ClockShape(frozenset({"received", "acknowledged"}), frozenset({"arrived"})),
        "resolution": ClockShape(frozenset({"received", "acknowledged"}), frozenset({"replied", "closed"})),
        "receipt": ClockShape(frozenset({"sent"}), frozenset({"received"})),
        "task": ClockShape(frozenset({"sent"}), frozenset({"answered"}), stated=True),
    }
)


class KindRule(Part):
    """What the profile asks of one kind of feedback (CLS-01)."""

    gate: tuple[GateItem, ...]
    required: tuple[str, ...] = ()
    measures_or_waiver: bool = False
    verify_before_dispatch: bool = False
    urgency: Literal["urgent", "important", "general"] = "general"

    def asks_less_than(self, other: KindRule) -> bool:
        """Whether something that ``other`` asks before the end is not asked under this rule (RES-11, CAP-05)."""
        return (
            not set(self.gate) >= set(other.gate)
            or self.measures_or_waiver < other.measures_or_waiver
            or self.verify_before_dispatch < other.verify_before_dispatch
        )


class Criterion(Part):
    """A ticked fact that forces a level of urgency (CLS-04, CLS-05)."""

    code: str
    level: Literal["urgent", "important"]
    label: str
    label_en: str = ""


class Route(Part):
    """A category's lead department: by its code, or by the function it carries (RTE-02)."""

    category: str
    department: str = ""
    function: str = ""


class CasesPart(Part):
    """Everything the cases room asks the profile; vocabulary by code."""

    RETIRED: ClassVar[frozenset[str]] = frozenset({"resolution_ends"})

    kinds: dict[str, KindRule]
    categories: tuple[str, ...] = Field(default=(), description="Roots of the category tree that are offered.")
    criteria: tuple[Criterion, ...] = ()
    routes: tuple[Route, ...] = ()
    task_working_days: int = Field(default=3, gt=0)
    repeat_months: int = Field(default=12, gt=0)
    no_answer_tries: int = Field(default=3, gt=0)
    no_answer_days_between: int = Field(default=1, ge=0)
    department_reads_own_only: bool = False

    def rule(self, kind: str) -> KindRule:
        """The rule of a kind; raises ``KeyError`` for one that the profile does not offer."""
        return self.kinds[kind]
