"""What is kept when two files are made one; why two are not the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.access import CustomerAccess
from customers.actions.merging import SINGLE, merge_facts
from customers.fields import CARD, FILE, fields_for
from customers.models import Customer, CustomerFile
from customers.queries.card import organisations_of
from customers.queries.updates import LABELS
from organization.forms.based import BasedForm
from organization.forms.fields import LineField
from organization.stale import stamp

KEPT, MERGED = "kept", "merged"
#: Characters of an answer that still look like a button.
SHORT = 40


class MergeForm(BasedForm):
    """For each thing that there is only one of and that differs: whose value is kept.

    What this person may not read is not asked: there the other file only fills what is empty.
    """

    more_labels = LABELS

    def __init__(self, data: Any = None, *, kept: CustomerAccess, merged: CustomerAccess) -> None:
        super().__init__(data, initial={"base": stamp(merge_facts(kept.customer, merged.customer))})
        one, other = kept.customer, merged.customer
        self._newer = MERGED if _updated(other) > _updated(one) else KEPT
        self.filled: list[str] = []
        self._long: set[str] = set()
        self._ask_of_cards(one, other, kept)
        self._ask_of_files(one, other, reads=bool(kept.file_right and merged.file_right))

    def rows(self) -> Iterator[tuple[BoundField, str]]:
        """The questions, each with its shape: long answers stand below each other."""
        return ((self[name], "list" if name in self._long else "choices") for name in self.fields if name != "base")

    def taken(self) -> frozenset[str]:
        """The fields of which the value of the other one is kept."""
        chosen = {name for name, value in self.cleaned_data.items() if value == MERGED}
        return frozenset(chosen | {*self.filled})

    def _ask_of_cards(self, one: Customer, other: Customer, access: CustomerAccess) -> None:
        names = organisations_of([one, other], access.who)
        for name in SINGLE:
            if name == "organisation":
                keys = (one.organisation_id, other.organisation_id)
                shown: tuple[Any, Any] = tuple(names.get(key, "") if key else "" for key in keys)  # type: ignore[assignment]
                if any(key and key not in names for key in keys):
                    continue  # whom this person may not know of stays, unseen
            else:
                shown = getattr(one, name) or "", getattr(other, name) or ""
            self._ask(name, str(LABELS[name]), *map(str, shown))

    def _ask_of_files(self, one: Customer, other: Customer, *, reads: bool) -> None:
        rows = {row.customer_id: row for row in CustomerFile.objects.filter(customer__in=[one, other])}
        mine, theirs = rows.get(one.pk, CustomerFile()), rows.get(other.pk, CustomerFile())
        for section in (CARD, FILE):
            for each in fields_for(one.type, section):
                values = getattr(mine, each.name), getattr(theirs, each.name)
                if section == CARD or reads:
                    self._ask(each.name, str(each.label), *values)
                elif values[1] and not values[0]:
                    self.filled.append(each.name)

    def _ask(self, name: str, label: str, mine: str, theirs: str) -> None:
        if mine == theirs:
            return
        if max(len(mine), len(theirs)) > SHORT:
            self._long.add(name)
        default = self._newer if mine and theirs and name != "name" else KEPT if mine else MERGED
        self.fields[name] = forms.ChoiceField(
            label=label,
            choices=[(KEPT, mine or _("nothing")), (MERGED, theirs or _("nothing"))],
            widget=forms.RadioSelect,
            initial=default,
            required=False,  # one is always chosen
        )


class ApartForm(forms.Form):
    """Why two are not the same."""

    reason = LineField(
        label=gettext_lazy("Why are they not the same?"),
        max_length=300,
        help_text=gettext_lazy("They are not proposed again. It stands in the update log of both."),
    )


def labels_of(names: Iterable[str]) -> list[str]:
    """What the update log calls these fields."""
    return [str(LABELS.get(name, name)) for name in names]


def _updated(customer: Customer) -> Any:
    return customer.file_updated_at or customer.created_at
