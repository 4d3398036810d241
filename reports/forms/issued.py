"""Forms of issued reports."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from audit.exceptions import InvalidInput
from organization.forms.fields import DayField, LineField, TextField
from organization.models import User
from reports.models import Report
from reports.periods import Period, month_before, month_of, quarter_before, quarter_of

#: So many months and quarters back are offered; what is older is a period of one's own.
MONTHS, QUARTERS = 24, 8


class ReportsForm(forms.Form):
    """A form that shows at its field what an action refused."""

    def refuse(self, refusal: InvalidInput) -> None:
        """Show what the action refused at its field."""
        self.add_error(refusal.field if refusal.field in self.fields else None, refusal.message)


class AskForm(ReportsForm):
    """Of which period: a month, a quarter, or days of one's own."""

    kind = forms.ChoiceField(label=lazy("Report"), choices=Report.Kind.choices, initial="month")
    month = forms.ChoiceField(label=lazy("Month"), help_text=lazy("for a monthly report"), required=False)
    quarter = forms.ChoiceField(label=lazy("Quarter"), help_text=lazy("for a quarterly report"), required=False)
    since = DayField(label=lazy("First day"), help_text=lazy("for any other period"), required=False)
    until = DayField(label=lazy("Last day"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        self.fields["month"].choices = _past(today, MONTHS, month_before)  # type: ignore[attr-defined]
        self.fields["quarter"].choices = _past(today, QUARTERS, quarter_before)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The chosen kind needs its own days."""
        data = super().clean() or {}
        if data.get("kind") == "period":
            for name in ("since", "until"):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, _("Please enter a day."))
        elif data.get("kind") and not data.get(data["kind"]) and data["kind"] not in self.errors:
            self.add_error(data["kind"], _("Please choose a period."))
        return data

    def period(self) -> Period:
        """What was chosen."""
        data = self.cleaned_data
        if data["kind"] == "period":
            return Period("period", data["since"], data["until"])
        first = date.fromisoformat(data[data["kind"]])
        return month_of(first) if data["kind"] == "month" else quarter_of(first)


def _past(today: date, count: int, before: Any) -> list[tuple[str, str]]:
    found, day = [], today
    for _n in range(count):
        period = before(day)
        found.append((period.since.isoformat(), period.label))
        day = period.since
    return found


class AgainForm(ReportsForm):
    """Nothing is asked."""


class CorrectForm(ReportsForm):
    """Why it is built once more."""

    reason = TextField(label=lazy("Reason"), max_length=500, rows=3)


class ApproveForm(ReportsForm):
    """What the signer has to say, if anything."""

    opinion = LineField(label=lazy("Opinion"), required=False, max_length=500)


class SendForm(ReportsForm):
    """To whom it goes."""

    people = forms.ModelMultipleChoiceField(
        label=lazy("People"), queryset=User.objects.none(), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["people"].queryset = User.objects.filter(is_active=True).order_by("name_key")  # type: ignore[attr-defined]
