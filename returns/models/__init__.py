"""The rows of the room."""

from returns.models.books import BookExport
from returns.models.clocks import ReturnAlert, ReturnClock
from returns.models.refund import Refund, RefundRefusal
from returns.models.repair import RepairNote, RepairOrder
from returns.models.slip import Inspection, ReturnSlip, Satisfaction, SlipContact, SlipFile, SlipLine, Source

__all__ = [
    "BookExport",
    "Inspection",
    "Refund",
    "RefundRefusal",
    "RepairNote",
    "RepairOrder",
    "ReturnAlert",
    "ReturnClock",
    "ReturnSlip",
    "Satisfaction",
    "SlipContact",
    "SlipFile",
    "SlipLine",
    "Source",
]
