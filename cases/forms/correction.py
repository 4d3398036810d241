"""Correcting typed fields, with the old value kept (CLS-17, INT-10)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.actions.correction import CORRECTABLE
from cases.forms.acts import ActForm, DepartmentField, LookupWidget, PersonLookupField, reason_field, text_field
from cases.models import Case
from cases.models.intake import Stage
from cases.queries.history import LABELS
from customers.models import Customer
from customers.queries.merging import living_key
from organization.forms.fields import DayField, LineField
from organization.models import Product, Site
from organization.queries import Identity
from organization.requests import number

_LINES = {
    "subject": 120, "reporter_name": 100, "reporter_organisation": 100, "reporter_phone": 60, "product_text": 120,
    "batch": 60, "serial": 60, "quantity": 40, "order_number": 60,
}  # fmt: skip


class CustomerField(forms.Field):
    """A customer's file, picked from the offers; the entry itself keeps what the reporter said (INT-10)."""

    def __init__(self, who: Identity, **kwargs: Any) -> None:
        super().__init__(required=False, widget=LookupWidget("case_customers"), **kwargs)
        self.who = who

    def to_python(self, value: Any) -> Customer | None:
        """The file, or None when the text was emptied."""
        picked, typed = value if isinstance(value, tuple | list) else ("", "")
        if not typed.strip():
            return None
        found = Customer.objects.visible_to(self.who).filter(pk=living_key(number(picked) or 0)).first()
        if found is None:
            raise ValidationError(_("Please pick the customer from the offers."))
        return found


class CorrectForm(ActForm):
    """Every field that may be corrected, with what stands in it now, and why."""

    template = "cases/case/acts/correct.html"

    def __init__(self, *args: Any, case: Case, who: Identity, contact: bool = True, **kwargs: Any) -> None:
        kwargs["initial"] = {name: getattr(case, name) for name in CORRECTABLE} | (kwargs.get("initial") or {})
        super().__init__(*args, case=case, **kwargs)
        for name, longest in _LINES.items():
            self.fields[name] = LineField(max_length=longest, required=name == "subject")
        self.fields["reporter_email"] = forms.EmailField(max_length=120, required=False)
        self.fields["contact_refused"] = forms.BooleanField(required=False)
        self.fields["demand"] = text_field(None, rows=3, required=False)
        for name in ("purchased_on", "shipped_on"):
            self.fields[name] = DayField(required=False)
        self.fields["stage"] = forms.ChoiceField(required=False, choices=[("", "—"), *Stage.choices])
        self.fields["product"] = _word(Product.objects.active())
        self.fields["site"] = _word(Site.objects.active())
        self.fields["accused_department"] = DepartmentField(None, required=False)
        self.fields["salesperson"] = PersonLookupField(None, required=False)
        self.fields["customer"] = CustomerField(who)
        for name, field in self.fields.items():
            field.label = str(LABELS[name])
        self.connect_lookups()
        self.fields["reason"] = reason_field(gettext_lazy("Why this is corrected"))
        if not contact:
            for name in ("reporter_phone", "reporter_email", "customer"):
                del self.fields[name]

    def changed(self) -> dict[str, Any]:
        """The fields whose value is another one now."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name in CORRECTABLE and value != getattr(self.case, name)
        }

    def clean(self) -> dict[str, Any]:
        """Something must have been changed."""
        data = super().clean() or {}
        if not self.errors and not self.changed():
            raise ValidationError(_("Nothing was changed. Correct a field, or cancel."))
        return data

    def section(self, *names: str) -> list[forms.BoundField]:
        """Those of the named fields that this person may correct."""
        return [self[name] for name in names if name in self.fields]

    def who(self) -> list[forms.BoundField]:
        """Fields about the reporter."""
        return self.section(
            "reporter_name", "reporter_organisation", "reporter_phone", "reporter_email", "customer", "contact_refused"
        )

    def what(self) -> list[forms.BoundField]:
        """Fields about the product."""
        return self.section(
            "product", "product_text", "batch", "serial", "quantity", "order_number", "purchased_on", "shipped_on"
        )

    def where(self) -> list[forms.BoundField]:
        """Fields about place and people."""
        return self.section("site", "accused_department", "salesperson", "stage")


def _word(rows: Any) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(rows, required=False, empty_label="—", widget=forms.Select(attrs={"data-combo": ""}))
