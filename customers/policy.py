"""What a regulation profile says of customers: the thresholds of their classes (CUS-07, CUS-08, FX-08)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from regulations.document import Part

Measure = Literal["last_12_months", "cumulative", "largest"]


class TierRule(Part):
    """Criteria of a tier; one without a value is inactive, a tier without any is never proposed (A-17).

    Amounts are in yuan: so many ``years`` running with at least ``yearly_amount`` of contracts each; one contract of
    ``single_amount``; bought or in prospect ``yearly_demand`` in a year; national ``rank`` at most.
    """

    years: int = Field(default=3, gt=0)
    yearly_amount: int | None = Field(default=None, gt=0)
    single_amount: int | None = Field(default=None, gt=0)
    yearly_demand: int | None = Field(default=None, gt=0)
    rank: int | None = Field(default=None, gt=0)
    combine: Literal["any", "all"] = "any"


class VisitQuota(Part):
    """How often in a year customers of a class are visited, and by whom at least (SLA-32)."""

    visit_class: Literal["A", "B", "C"]
    visitor: Literal["general_manager", "marketing_head", "supervisor"]
    times: int = Field(gt=0)


class CustomersPart(Part):
    """Everything the customers room asks the profile; a document without it follows these presets.

    B is an amount of orders, by default of the last twelve months and exactly ten million counts (A-14).
    """

    b_measure: Measure = "last_12_months"
    b_amount: int = Field(default=10_000_000, gt=0)
    key: TierRule = TierRule()
    stable: TierRule = TierRule(years=2)
    visits: tuple[VisitQuota, ...] = (
        VisitQuota(visit_class="A", visitor="general_manager", times=1),
        VisitQuota(visit_class="B", visitor="marketing_head", times=2),
        VisitQuota(visit_class="C", visitor="supervisor", times=3),
    )
