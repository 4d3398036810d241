"""Whom we serve; each file one subject."""

from customers.models.classes import ClassChange, Mark, Standing
from customers.models.communications import Communication, CommunicationKind
from customers.models.consent import NEEDS_CONSENT, Consent, ConsentText, ContactWay, Purpose
from customers.models.duplicates import Candidate, Distinction
from customers.models.file import CustomerFile, FieldRule
from customers.models.grants import FileGrant
from customers.models.holdings import Holding, HoldingKind
from customers.models.imports import CustomerImport, ExternalNumber, ImportLine, ImportMapping, ImportState
from customers.models.merging import Merge
from customers.models.people import (
    ContactPoint,
    ContactType,
    Customer,
    CustomerKind,
    CustomerQuerySet,
    CustomerType,
    Secrecy,
    Tier,
    VisitClass,
)

__all__ = [
    "NEEDS_CONSENT",
    "Candidate",
    "ClassChange",
    "Communication",
    "CommunicationKind",
    "Consent",
    "ConsentText",
    "ContactPoint",
    "ContactType",
    "ContactWay",
    "Customer",
    "CustomerFile",
    "CustomerImport",
    "CustomerKind",
    "CustomerQuerySet",
    "CustomerType",
    "Distinction",
    "ExternalNumber",
    "FieldRule",
    "FileGrant",
    "Holding",
    "HoldingKind",
    "ImportLine",
    "ImportMapping",
    "ImportState",
    "Mark",
    "Merge",
    "Purpose",
    "Secrecy",
    "Standing",
    "Tier",
    "VisitClass",
]
