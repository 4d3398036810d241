"""Measures: planned, done, verified; or waived."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from cases.actions.measures import Check, Completion, Plan
from cases.forms.acts import ActForm, DepartmentField, PersonLookupField, files_field, reason_field, text_field
from cases.models import Measure
from documents.models import File
from organization.forms.fields import DayField, LineField, MinutesField


class PlanMeasureForm(ActForm):
    """One measure: what, by whom, until when (CAP-01, CAP-02)."""

    type = forms.ChoiceField(
        label=gettext_lazy("Type"),
        widget=forms.RadioSelect,
        choices=Measure.Type.choices,
        initial=Measure.Type.CORRECTIVE,
        help_text=gettext_lazy(
            "A correction repairs this case. Corrective and preventive actions keep it from happening again; only they "
            "count for closing."
        ),
    )
    text = text_field(gettext_lazy("What will be done"), rows=3)
    department = DepartmentField(gettext_lazy("Responsible department"))
    owner = PersonLookupField(gettext_lazy("Responsible person"))
    due_on = DayField(label=gettext_lazy("Until"))

    def plan(self) -> Plan:
        """The measure as the action takes it."""
        return Plan(**self.cleaned_data)


class CompleteMeasureForm(ActForm):
    """What shows that it was done."""

    evidence = text_field(gettext_lazy("How it can be seen that this was done"), rows=3)
    files = files_field(gettext_lazy("Evidence"))  # type: ignore[assignment]
    minutes = MinutesField()

    def completion(self, stored: tuple[File, ...]) -> Completion:
        """The completion as the action takes it, with the files that were taken in."""
        return Completion(**{**self.cleaned_data, "files": stored})


class VerifyMeasureForm(ActForm):
    """Whether it had its effect, and how that was checked (CAP-04)."""

    effective = forms.TypedChoiceField(
        label=gettext_lazy("Result"),
        widget=forms.RadioSelect,
        choices=[("yes", gettext_lazy("Effective")), ("no", gettext_lazy("Not effective"))],
        coerce=lambda value: value == "yes",
        help_text=gettext_lazy("“Not effective” opens the measure again and counts one more round."),
    )
    method = LineField(label=gettext_lazy("How it was checked"), max_length=300)
    evidence = text_field(gettext_lazy("Evidence"), rows=3, required=False)

    def check(self) -> Check:
        """The check as the action takes it."""
        return Check(**self.cleaned_data)


class AskWaiverForm(ActForm):
    """Why nothing has to be changed; the management representative decides (CAP-05)."""

    reason = reason_field(gettext_lazy("Why no measure is needed"))
