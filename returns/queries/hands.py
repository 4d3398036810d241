"""Who repaired, and who inspected, the goods of a case (SUR-15)."""

from __future__ import annotations

from cases.queries.hands import Acts, Hands
from returns.models import Inspection, RepairNote, RepairOrder, ReturnSlip

_WORK = ("schedule", "start", "note_work", "finish", "inspect", "record_inspection", "hand_over")
HANDS = (
    Hands(RepairOrder, case="slip__case", people=("repairer", "finished_by")),
    Hands(RepairNote, case="order__slip__case", people=("by",)),
    Hands(Inspection, case="slip__case", people=("by",)),
    # Who had the repair before it was handed over, whose repair did not pass, and in whose place a deputy did it.
    Acts(ReturnSlip, case="case", prefix="return", verbs=_WORK, names="repairer"),
)
