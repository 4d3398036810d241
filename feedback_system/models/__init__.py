"""Rows that concern the whole installation, or several rooms at once."""

from feedback_system.models.handover import Handover, HandoverRefusal
from feedback_system.models.installation import Installation
from feedback_system.models.privacy import (
    PENDING,
    Ask,
    DataRequest,
    Destruction,
    DestructionState,
    Erasure,
    LegalHold,
    Record,
    RequestState,
)

__all__ = [
    "PENDING",
    "Ask",
    "DataRequest",
    "Destruction",
    "DestructionState",
    "Erasure",
    "Handover",
    "HandoverRefusal",
    "Installation",
    "LegalHold",
    "Record",
    "RequestState",
]
