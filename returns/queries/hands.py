"""Who repaired, and who inspected, the goods of a case (SUR-15)."""

from __future__ import annotations

from cases.queries.hands import Hands
from returns.models import Inspection, RepairNote, RepairOrder

HANDS = (
    Hands(RepairOrder, case="slip__case", people=("repairer", "finished_by")),
    Hands(RepairNote, case="order__slip__case", people=("by",)),
    Hands(Inspection, case="slip__case", people=("by",)),
)
