"""What may stand in the address of a ledger, and what an export of it is for."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext, pgettext_lazy

from organization.forms.fields import DayField, LineField
from organization.models import Department
from reports.periods import month_of
from reports.queries.ledgers import Ledger, Wanted


class LedgerFilter(forms.Form):
    """Days (this month, where none are named), department, state, and what else narrows a ledger.

    What makes no sense is left out and named.
    """

    since = DayField(label=pgettext_lazy("ledger", "From day"), required=False)
    until = DayField(label=pgettext_lazy("ledger", "Until day"), required=False)
    department = forms.ModelChoiceField(
        Department.objects.all(), label=lazy("Department"), required=False, to_field_name="code",
        widget=forms.Select(attrs={"data-combo": ""}),
    )  # fmt: skip
    what = forms.ChoiceField(required=False)
    state = forms.ChoiceField(label=lazy("State"), required=False)

    def __init__(self, data: QueryDict, *, ledger: Ledger, today: date) -> None:
        self.ledger, self.today = ledger, today
        super().__init__(_with_days(data, today))
        anything = ("", pgettext("filter", "Any"))
        fields: dict[str, Any] = self.fields
        fields["department"].empty_label = anything[1]
        fields["state"].choices = [anything, *ledger.states()]
        fields["what"].choices = [anything, *ledger.whats()]
        fields["what"].label = ledger.what
        self.full_clean()

    def clean(self) -> dict[str, Any]:
        """The first day comes before the last."""
        data = super().clean() or {}
        since, until = data.get("since"), data.get("until")
        if since and until and since > until:
            self.add_error("until", _("The last day comes before the first."))
        return data

    def wanted(self) -> Wanted:
        """What is valid of it; a day that is missing is made from the other."""
        data: dict[str, Any] = self.cleaned_data
        since, until = data.get("since"), data.get("until")
        if since is None:
            since = (until or self.today).replace(day=1)
        if until is None:
            until = max(since, month_of(self.today).until)
        department = data.get("department")
        return Wanted(
            self.ledger.code, since, until, department.pk if department else None, data.get("state", ""),
            data.get("what", ""),
        )  # fmt: skip

    def kept(self) -> dict[str, str]:
        """What is valid of it, as an address has it."""
        wanted, department = self.wanted(), self.cleaned_data.get("department")
        kept = {
            "since": wanted.since.isoformat(), "until": wanted.until.isoformat(),
            "department": department.code if department else "", "what": wanted.what, "state": wanted.state,
        }  # fmt: skip
        return {name: value for name, value in kept.items() if value}

    def ignored(self) -> list[str]:
        """Labels of the filters whose value makes no sense."""
        return [str(self.fields[name].label) for name in self.errors if name in self.fields]

    @property
    def is_narrow(self) -> bool:
        """Whether anything but the days narrows it."""
        return any(self.cleaned_data.get(name) for name in ("department", "what", "state"))


def _with_days(data: QueryDict, today: date) -> QueryDict:
    """The same with both days: of this month, or up to its end, or from the first of the month in which it ends."""
    filled = data.copy()
    since, until = (_day(data.get(name, "")) for name in ("since", "until"))
    if not data.get("since"):
        filled["since"] = (until or today).replace(day=1).isoformat()
    if not data.get("until"):
        filled["until"] = max(since or today, month_of(today).until).isoformat()
    return filled


def _day(text: str) -> date | None:
    """The day that a text names; None for anything else, which the form refuses."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


class PurposeForm(forms.Form):
    """What the list is for."""

    purpose = LineField(label=lazy("What is the list for?"), max_length=200)
