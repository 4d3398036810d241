"""The fields of the customer file: what each is called, whom it is kept of, where it is shown, and what for.

Of natural persons nothing is asked that only an enterprise has (A-49). An organisation switches off what it does not
need and says in its own words what it needs the others for (CUS-20, ``FieldRule``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.models import CustomerFile, CustomerType, FieldRule

CARD, FILE = "card", "file"
_BOTH = frozenset(CustomerType)
_ORGANISATIONS = frozenset({CustomerType.ORGANISATION})


@dataclass(frozen=True)
class FileField:
    """One field: ``section`` is who may read it, the card's readers or the file's."""

    name: str
    label: str | Promise
    purpose: str | Promise
    section: str = FILE
    types: frozenset[str] = _ORGANISATIONS
    is_on: bool = True

    @property
    def is_long(self) -> bool:
        """Whether it takes several lines."""
        return CustomerFile._meta.get_field(self.name).get_internal_type() == "TextField"

    @property
    def max_length(self) -> int:
        """Characters that fit."""
        return getattr(CustomerFile._meta.get_field(self.name), "max_length", None) or LONGEST


LONGEST = 5000
FIELDS = (
    FileField("address", _("Address"), _("Visits on site, deliveries and letters."), CARD, _BOTH),
    FileField("postcode", _("Postcode"), _("Letters."), CARD, _BOTH),
    FileField("fax", _("Fax"), _("Replies to feedback that came by fax."), CARD),
    FileField("legal_representative", _("Legal representative"), _("Contracts and liability.")),
    FileField("registered_capital", _("Registered capital"), _("Limits of credit.")),
    FileField("business_scope", _("Business scope"), _("Which of our products are of use to the customer.")),
    FileField("qualifications", _("Qualifications"), _("Whether goods that need a licence may be delivered.")),
    FileField("major_changes", _("Major changes"), _("Whether contracts and limits still fit.")),
    FileField("dealings", _("Dealings so far"), _("Classification and terms."), FILE, _BOTH),
    FileField("credit", _("Credit"), _("Terms of payment."), FILE, _BOTH),
    FileField("finances", _("Financial situation"), _("Limits of credit.")),
    FileField("analysis", _("Analysis"), _("Visit plans and offers."), FILE, _BOTH),
    FileField("opinions", _("Opinions of the customer"), _("What we improve."), FILE, _BOTH),
)
BY_NAME = {field.name: field for field in FIELDS}


def collected() -> tuple[FileField, ...]:
    """All fields with what this organisation decided about them."""
    rules = {rule.name: rule for rule in FieldRule.objects.all()}
    return tuple(
        replace(field, is_on=rule.is_on, purpose=rule.purpose or field.purpose)
        if (rule := rules.get(field.name))
        else field
        for field in FIELDS
    )


def fields_for(customer_type: str, *sections: str) -> tuple[FileField, ...]:
    """The fields that are kept of such a customer, in these sections."""
    return tuple(
        field for field in collected() if field.is_on and customer_type in field.types and field.section in sections
    )
