"""A table of customers: the file, and what its columns mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from customers.actions.imports import Meaning
from customers.imports.columns import Target
from customers.imports.mapping import Places
from customers.models import CustomerImport, CustomerType
from organization.forms.fields import LineField


class UploadForm(forms.Form):
    """The file."""

    file = forms.FileField(
        label=_("File"), widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
        help_text=_(".xlsx, or .csv in UTF-8 or GBK; titles in the first row."),
    )  # fmt: skip


class ColumnsForm(forms.Form):
    """One choice for each column, and what holds for all rows."""

    system = LineField(
        label=_("Old system"), required=False, max_length=40,
        help_text=_("Where the numbers come from; numbers of two systems are kept apart."),
    )  # fmt: skip
    default_type = forms.ChoiceField(
        label=_("Rows that do not say it are"), choices=CustomerType.choices, widget=forms.RadioSelect
    )
    reason = LineField(
        label=_("Reason of the classes"), required=False, max_length=300,
        help_text=_("For rows that name a class and no reason."),
    )  # fmt: skip
    all_or_nothing = forms.BooleanField(
        label=_("All or nothing: while one row is refused, none comes in"), required=False
    )

    def __init__(self, data: Any = None, *, row: CustomerImport, places: Places, known: tuple[Target, ...]) -> None:
        initial = {
            "system": row.system, "default_type": row.default_type, "reason": row.class_reason,
            "all_or_nothing": row.all_or_nothing,
        }  # fmt: skip
        super().__init__(data, initial=initial)
        self.row = row
        choices = [("", _("not imported")), *((target.code, target.title) for target in known)]
        fills = {place: code for code, each in places.items() for place in each}
        for place, title in enumerate(row.header):
            self.fields[f"column_{place}"] = forms.ChoiceField(
                label=title, choices=choices, required=False, initial=fills.get(place, ""),
                widget=forms.Select(attrs={"class": "input"}),
            )  # fmt: skip

    def columns(self) -> Iterator[tuple[str, list[str], BoundField]]:
        """Title, first values and choice of each column."""
        for place, title in enumerate(self.row.header):
            samples = [row[place] for row in self.row.samples if place < len(row) and row[place]]
            yield title, samples, self[f"column_{place}"]

    def meaning(self) -> Meaning:
        """The cleaned choices."""
        data = self.cleaned_data
        places: dict[str, tuple[int, ...]] = {}
        for place in range(len(self.row.header)):
            if code := data[f"column_{place}"]:
                places[code] = (*places.get(code, ()), place)
        return Meaning(places, data["system"], data["default_type"], data["reason"], data["all_or_nothing"])
