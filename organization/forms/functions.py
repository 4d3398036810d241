"""The form of functions: one row each."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms import formset_factory
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from organization.actions.functions import FunctionWords, facts_of
from organization.forms.based import BasedForm
from organization.forms.fields import LineField
from organization.models import Function
from organization.stale import stamp


class FunctionForm(BasedForm):
    """What one function is called."""

    number = forms.IntegerField(widget=forms.HiddenInput)
    name = LineField(label=pgettext_lazy("of a thing", "Name"), max_length=60)
    name_en = LineField(label=_("English name"), max_length=60, required=False)

    def words(self) -> FunctionWords:
        """The cleaned values."""
        return FunctionWords(**self.cleaned_data)


FunctionForms: Any = formset_factory(FunctionForm, extra=0, max_num=99)


def rows_of(functions: list[Function]) -> list[dict[str, Any]]:
    """What the forms begin with."""
    return [{"number": row.pk, "base": stamp(facts_of(row))} | facts_of(row) for row in functions]
