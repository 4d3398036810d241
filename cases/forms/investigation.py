"""Facts, cause and responsibility; on-site visits."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from cases.actions.investigation import Arrival, Findings, VisitPlan
from cases.forms.acts import (
    ActForm,
    DepartmentField,
    PersonLookupField,
    files_field,
    late_reason_field,
    reason_field,
    text_field,
)
from cases.models import Investigation
from documents.models import File
from organization.forms.fields import LineField, LocalDateTimeField, MinutesField


class InvestigationForm(ActForm):
    """What was established; saving again keeps the earlier version in the timeline (INV-01..03, INV-13)."""

    facts = text_field(gettext_lazy("Established facts"))
    reason_confirmed = forms.ChoiceField(
        label=gettext_lazy("Is the customer's reason confirmed?"),
        required=False,
        choices=[("", "—"), *Investigation.Confirmed.choices],
    )
    severity = forms.ChoiceField(
        label=gettext_lazy("Severity"), required=False, choices=[("", "—"), *Investigation.Severity.choices]
    )
    cause = text_field(gettext_lazy("Cause"), rows=3, required=False)
    effect = text_field(gettext_lazy("Effect"), rows=2, required=False)
    responsible_department = DepartmentField(gettext_lazy("Responsible unit"), required=False)
    responsible_text = LineField(
        label=gettext_lazy("Responsible person or outside party"), required=False, max_length=120
    )
    sources = text_field(gettext_lazy("Sources: records, samples, interviews"), rows=2, required=False)
    minutes = MinutesField()

    def findings(self) -> Findings:
        """The findings as the action takes them."""
        return Findings(**self.cleaned_data)


def first_findings(last: Investigation | None) -> dict[str, Any]:
    """The last version, so that only what is new has to be typed."""
    if last is None:
        return {}
    names = ("facts", "reason_confirmed", "severity", "cause", "effect", "responsible_text", "sources")
    values = {name: getattr(last, name) for name in names}
    return values | {"responsible_department": last.responsible_department_id}


class PlanVisitForm(ActForm):
    """Why somebody must go there, who and when (INV-04)."""

    necessity = reason_field(gettext_lazy("Why a visit is needed"))
    planned_at = LocalDateTimeField(label=gettext_lazy("Planned arrival"), required=False)
    visitor = PersonLookupField(gettext_lazy("Who goes there"), required=False)
    participants = LineField(
        label=gettext_lazy("With whom"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("Marketing, technical and production together where the survey is a joint one."),
    )
    place = LineField(label=gettext_lazy("Where"), required=False, max_length=200)

    def plan(self) -> VisitPlan:
        """The plan as the action takes it."""
        return VisitPlan(**self.cleaned_data)


class RecordVisitForm(ActForm):
    """What was found; the time of arrival decides, not that of recording."""

    arrived_at = LocalDateTimeField(label=gettext_lazy("Arrival"))
    minutes = MinutesField()
    findings = text_field(gettext_lazy("What was found"))
    customer_statement = text_field(gettext_lazy("What the customer says about it"), rows=3, required=False)
    participants = LineField(label=gettext_lazy("Who was there"), required=False, max_length=300)
    files = files_field(gettext_lazy("Photographs and records"))  # type: ignore[assignment]
    late_reason = late_reason_field()

    def arrival(self, stored: tuple[File, ...]) -> Arrival:
        """The arrival as the action takes it, with the files that were taken in."""
        return Arrival(**{**self.cleaned_data, "files": stored})
