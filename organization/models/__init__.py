"""Rows of the organisation; each file one subject."""

from organization.models.calendar import Calendar, CalendarDay
from organization.models.counters import Bucket, Counter
from organization.models.people import ApiToken, Deputy, Invitation, Membership, Role, User
from organization.models.profile import Organisation
from organization.models.sheets import SheetUpload
from organization.models.units import Department, Function, Product, Site

__all__ = [
    "ApiToken",
    "Bucket",
    "Calendar",
    "CalendarDay",
    "Counter",
    "Department",
    "Deputy",
    "Function",
    "Invitation",
    "Membership",
    "Organisation",
    "Product",
    "Role",
    "SheetUpload",
    "Site",
    "User",
]
