"""Rows of the cases room; each file one subject."""

from cases.models.assignment import Assignment, Extension
from cases.models.browse import SavedView
from cases.models.bulk import BulkAct, BulkRefusal
from cases.models.clocks import Alert, CaseClock
from cases.models.closure import Escalation, Hold, Round
from cases.models.drafts import Draft
from cases.models.imports import Import, ImportRow
from cases.models.intake import (
    Access,
    Case,
    CaseFile,
    CaseOrigin,
    Category,
    Channel,
    Contact,
    Kind,
    Recusal,
    Verification,
)
from cases.models.internal import Note
from cases.models.investigation import Investigation, Visit
from cases.models.measures import Measure, MeasureCheck
from cases.models.reply import Opinion, OpinionRequest, Reply

__all__ = [
    "Access",
    "Alert",
    "Assignment",
    "BulkAct",
    "BulkRefusal",
    "Case",
    "CaseClock",
    "CaseFile",
    "CaseOrigin",
    "Category",
    "Channel",
    "Contact",
    "Draft",
    "Escalation",
    "Extension",
    "Hold",
    "Import",
    "ImportRow",
    "Investigation",
    "Kind",
    "Measure",
    "MeasureCheck",
    "Note",
    "Opinion",
    "OpinionRequest",
    "Recusal",
    "Reply",
    "Round",
    "SavedView",
    "Verification",
    "Visit",
]
