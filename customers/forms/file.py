"""The file beyond the card; which fields are collected."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy

from customers.actions.file import file_facts, rule_facts
from customers.fields import BY_NAME, FileField, collected, fields_for
from customers.models import Customer, CustomerFile
from organization.forms.based import BasedForm
from organization.forms.fields import LineField, TextField
from organization.stale import stamp


class FileForm(BasedForm):
    """The fields that are collected of this customer, in these sections, each with what it is for."""

    def __init__(self, data: Any = None, *, customer: Customer, sections: tuple[str, ...]) -> None:
        file = CustomerFile.objects.filter(customer=customer).first() or CustomerFile(customer=customer)
        shown = fields_for(customer.type, *sections)
        initial: dict[str, Any] = {field.name: getattr(file, field.name) for field in shown}
        super().__init__(data, initial=initial | {"base": stamp(file_facts(file, *sections))})
        self.names = [field.name for field in shown]
        for field in shown:
            self.fields[field.name] = _form_field(field)

    def rows(self) -> Iterator[tuple[BoundField, bool]]:
        """Each field, and whether it takes the whole width."""
        for name in self.names:
            yield self[name], isinstance(self.fields[name], TextField)

    def values(self) -> dict[str, str]:
        """The cleaned values."""
        return {name: self.cleaned_data[name] for name in self.names}


def _form_field(field: FileField) -> forms.Field:
    if field.is_long:
        return TextField(
            label=str(field.label), required=False, max_length=field.max_length, help_text=str(field.purpose)
        )
    return LineField(label=str(field.label), required=False, max_length=field.max_length, help_text=str(field.purpose))


class FieldRuleForm(BasedForm):
    """Whether each field is collected, and what for (CUS-20)."""

    more_labels = {name: field.label for name, field in BY_NAME.items()}

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"base": stamp(rule_facts())})
        self.shown = collected()
        for field in self.shown:
            self.fields[f"{field.name}_on"] = forms.BooleanField(
                label=str(field.label), required=False, initial=field.is_on
            )
            self.fields[f"{field.name}_purpose"] = LineField(
                label=gettext_lazy("What for"), required=False, max_length=200, initial=str(field.purpose)
            )

    def rows(self) -> Iterator[tuple[BoundField, BoundField, FileField]]:
        """Switch, purpose, and the field they are about."""
        for field in self.shown:
            yield self[f"{field.name}_on"], self[f"{field.name}_purpose"], field

    def rules(self) -> dict[str, tuple[bool, str]]:
        """The cleaned values."""
        data = self.cleaned_data
        return {f.name: (data[f"{f.name}_on"], data[f"{f.name}_purpose"]) for f in self.shown}
