"""Taking a list of customers out of the house: by right, for a purpose, numbered and written down (SEC-09, SEC-13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record, record_reading
from audit.actor import Actor
from audit.exceptions import InvalidInput, NotAllowed
from customers import notices, rights
from customers.queries.export import Selection
from customers.queries.grants import reads_all_files
from organization.models import User
from organization.numbering import next_number
from organization.queries import identity_of

SERIES = "customer_export"


@dataclass(frozen=True)
class Export:
    """An export that was allowed and written down: its number, whom it holds, whether with the fields of the file."""

    number: str
    at: datetime
    keys: list[int]
    whole_file: bool


@transaction.atomic
def export_customers(selection: Selection, *, by: User, purpose: str, paper: bool = False) -> Export:
    """Allow an export and write it down, before a row of it is made.

    Raises ``NotAllowed``, and ``InvalidInput`` without a purpose, for nobody, and for more customers than one file
    may hold (quality 82). Of many the general manager is told.
    """
    who, now = identity_of(by), timezone.now()
    if not rights.exports(who):
        raise NotAllowed
    if not purpose:
        raise InvalidInput("purpose", _("Please say what the list is for."))
    most = settings.CUSTOMER_EXPORT_ROWS
    keys = selection.keys(who, most=most)
    if not keys:
        raise InvalidInput("purpose", _("There is no customer to export."))
    if len(keys) > most:
        sentence = _("More than %(n)s customers fit. Please narrow the list by class, tier or search first.")
        raise InvalidInput("purpose", sentence % {"n": f"{most:,}"})
    whole_file = reads_all_files(who, now=now) and not paper
    number = next_number(SERIES, at=now)
    changes = {
        "number": (None, number), "rows": (None, len(keys)), "file": (None, whole_file), "paper": (None, paper),
        "visit_class": (None, selection.wanted.visit_class), "tier": (None, selection.wanted.tier),
    }  # fmt: skip
    sealed = {"purpose": (None, purpose), "typed": (None, selection.typed)}
    record("customers", "export", by=Actor.staff(by), at=now, changes=changes, sealed=sealed)
    record_reading("customers", "export", by=Actor.staff(by), at=now, rows=len(keys), reason=purpose)
    if len(keys) >= settings.CUSTOMER_EXPORT_TOLD_FROM:
        notices.customers_exported(by, number=number, rows=len(keys), purpose=purpose)
    return Export(number, now, keys, whole_file)
