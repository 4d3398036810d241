"""Whom we serve; each file one subject."""

from customers.models.classes import ClassChange, Mark, Standing
from customers.models.communications import Communication, CommunicationKind
from customers.models.consent import Consent, ConsentText
from customers.models.file import CustomerFile, FieldRule
from customers.models.grants import FileGrant
from customers.models.holdings import Holding, HoldingKind
from customers.models.imports import CustomerImport, ExternalNumber, ImportLine, ImportMapping, ImportState
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
    "ClassChange",
    "Communication",
    "CommunicationKind",
    "Consent",
    "ConsentText",
    "ContactPoint",
    "ContactType",
    "Customer",
    "CustomerFile",
    "CustomerImport",
    "CustomerKind",
    "CustomerQuerySet",
    "CustomerType",
    "ExternalNumber",
    "FieldRule",
    "FileGrant",
    "Holding",
    "HoldingKind",
    "ImportLine",
    "ImportMapping",
    "ImportState",
    "Mark",
    "Secrecy",
    "Standing",
    "Tier",
    "VisitClass",
]
