"""The filters of the account book, what an export is for, and a refund by the number of its slip."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from organization.forms.fields import DayField, LineField
from organization.models import Product
from returns.forms.acts import reason_field
from returns.lifecycle import Handling, Outcome, State
from returns.policy import ReturnsPart
from returns.queries.book import Wanted

_ANY = pgettext_lazy("filter", "Any")


class BookFilter(forms.Form):
    """What may stand in the address of the book; what makes no sense is left out and named."""

    q = LineField(label=_("Search"), required=False, max_length=100)
    state = forms.ChoiceField(label=_("State"), choices=[("", _ANY), *State.choices], required=False)
    wish = forms.ChoiceField(label=_("What is asked for"), choices=[("", _ANY), *Handling.choices], required=False)
    reason = forms.ChoiceField(label=_("Reason"), required=False)
    outcome = forms.ChoiceField(label=_("Outcome"), choices=[("", _ANY), *Outcome.choices], required=False)
    product = forms.ModelChoiceField(
        Product.objects.all(), label=_("Product"), required=False, empty_label=_ANY, to_field_name="code",
        widget=forms.Select(attrs={"data-combo": ""}),
    )  # fmt: skip
    batch = LineField(label=_("Batch"), required=False, max_length=60)
    serial = LineField(label=_("Serial number"), required=False, max_length=80)
    since = DayField(label=_("Registered from"), required=False)
    until = DayField(label=_("Registered until"), required=False)

    def __init__(self, data: QueryDict, *, policy: ReturnsPart) -> None:
        super().__init__(data)
        self.fields["reason"].choices = [  # type: ignore[attr-defined]
            ("", _ANY), *((rule.code, rule.name) for rule in policy.reasons),
        ]  # fmt: skip
        self.full_clean()

    def wanted(self) -> Wanted:
        """What is valid of it."""
        data: dict[str, Any] = self.cleaned_data
        product = data.get("product")
        names = ("state", "wish", "reason", "outcome", "batch", "serial")
        return Wanted(
            words=data.get("q", ""), product=product.pk if product else None, since=data.get("since"),
            until=data.get("until"), **{name: data.get(name, "") for name in names},
        )  # fmt: skip

    def ignored(self) -> list[str]:
        """Labels of the filters whose value makes no sense."""
        return [str(self.fields[name].label) for name in self.errors if name in self.fields]

    @property
    def is_narrow(self) -> bool:
        """Whether anything is filtered."""
        return any(value for value in self.cleaned_data.values())


class PurposeForm(forms.Form):
    """What the list is for."""

    purpose = reason_field(_("What is the list for?"))


class ByNumberForm(forms.Form):
    """A slip by the number that stands on the paper."""

    number = LineField(label=_("Slip number"), max_length=20)

    def clean_number(self) -> str:
        """As it is printed."""
        return str(self.cleaned_data["number"]).upper().replace(" ", "")
