"""The hub's decisions and the departments' hand-overs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.actions.assignment import Task, usual_due
from cases.forms.acts import ActForm, DepartmentField, PersonChoiceField, reason_field, text_field
from cases.models import Assignment, Case, Verification
from cases.queries.suggestions import department_for
from organization.forms.fields import LocalDateTimeField
from organization.models import Department, User

#: Rows for co-handling departments in the sheet; more are added afterwards one by one.
HELPERS = 3


def suggested_lead(case: Case) -> Department | None:
    """Where the routing table leads the category as it was decided, else what was suggested at registration."""
    if case.category_id is not None and case.category_id != case.suggested_category_id:
        return department_for(case.profile_version, case.category) or case.suggested_department
    return case.suggested_department


class DeclineForm(ActForm):
    """Not ours (不予受理): why, and what the customer is told."""

    reason = reason_field(gettext_lazy("Why it is not ours"))
    reply = text_field(gettext_lazy("What the customer is told"))


class AskCompletionForm(ActForm):
    """What the customer should tell us (待补充)."""

    missing = text_field(
        gettext_lazy("What is missing"), help_text=gettext_lazy("The customer is asked in these words.")
    )


class VerifyForm(ActForm):
    """Whether it is genuine (INT-19)."""

    result = forms.ChoiceField(
        label=gettext_lazy("Result"), widget=forms.RadioSelect, choices=Verification.Result.choices
    )
    basis = text_field(
        gettext_lazy("What this rests on"),
        rows=3,
        help_text=gettext_lazy("For example: call records, photographs, the repair record, a call to the shop."),
    )


class TaskForm(ActForm):
    """One department's task: what, until when (RTE-10)."""

    department = DepartmentField(gettext_lazy("Department"))
    requirement = text_field(gettext_lazy("What it should do"), rows=3)
    due_at = LocalDateTimeField(label=gettext_lazy("Until"))

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        kwargs["initial"] = {"due_at": usual_due(case)} | (kwargs.get("initial") or {})
        super().__init__(*args, case=case, **kwargs)
        busy = Assignment.objects.filter(case=case, round=case.round).reading().values("department")
        self.fields["department"].queryset = Department.objects.active().exclude(pk__in=busy)  # type: ignore[attr-defined]

    def task(self) -> Task:
        """The task as the action takes it."""
        data = self.cleaned_data
        return Task(data["department"], data["requirement"], data["due_at"])


class DispatchForm(TaskForm):
    """One lead department, and any that help (RTE-01, RTE-14)."""

    template = "cases/case/acts/dispatch.html"

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        self.suggested = suggested_lead(case)
        kwargs["initial"] = {"department": self.suggested} | (kwargs.get("initial") or {})
        super().__init__(*args, case=case, **kwargs)
        self.fields["department"].label = _("Lead department")
        for n in range(1, HELPERS + 1):
            helper = DepartmentField(_("Co-handling department"), required=False)
            helper.queryset = self.fields["department"].queryset  # type: ignore[attr-defined]
            self.fields[f"helper_{n}"] = helper
            self.fields[f"helper_{n}_requirement"] = text_field(_("What it should do"), rows=2, required=False)
            self.fields[f"helper_{n}_due_at"] = LocalDateTimeField(label=_("Until"), required=False)

    def helper_rows(self) -> list[tuple[forms.BoundField, forms.BoundField, forms.BoundField]]:
        """The three fields of each co-handling department."""
        return [
            (self[f"helper_{n}"], self[f"helper_{n}_requirement"], self[f"helper_{n}_due_at"])
            for n in range(1, HELPERS + 1)
        ]

    def clean(self) -> dict[str, Any]:
        """A helper needs a task of its own; one without a stated due time has the lead's (RTE-14)."""
        data = super().clean() or {}
        chosen = [data.get("department")]
        for n in range(1, HELPERS + 1):
            helper = data.get(f"helper_{n}")
            if helper is None:
                if data.get(f"helper_{n}_requirement"):
                    self.add_error(f"helper_{n}", _("Please choose the department that should do this."))
                continue
            if helper in chosen:
                self.add_error(f"helper_{n}", _("This department is named twice."))
            chosen.append(helper)
        return data

    def helpers(self) -> tuple[Task, ...]:
        """The tasks of the co-handling departments."""
        data = self.cleaned_data
        return tuple(
            Task(
                data[f"helper_{n}"],
                data[f"helper_{n}_requirement"] or data["requirement"],
                data[f"helper_{n}_due_at"] or data["due_at"],
            )
            for n in range(1, HELPERS + 1)
            if data.get(f"helper_{n}")
        )


class ReasonForm(ActForm):
    """Only a reason."""

    reason = reason_field(gettext_lazy("Reason"))


class PassOnForm(ActForm):
    """To which colleague, with a note (RTE-13)."""

    to = PersonChoiceField(User.objects.none(), gettext_lazy("To"))
    note = reason_field(gettext_lazy("Note for the colleague"))

    def __init__(self, *args: Any, case: Case, assignment: Assignment, **kwargs: Any) -> None:
        super().__init__(*args, case=case, **kwargs)
        barred = [-principal for principal in case.barred]
        self.fields["to"].queryset = (  # type: ignore[attr-defined]
            User.objects.filter(is_active=True, memberships__department__lineage__contains=[assignment.department_id])
            .exclude(pk__in=[*barred, assignment.holder_id or 0])
            .distinct()
        )


class AnswerForm(ActForm):
    """What the department did, for the hub's reply."""

    answer = text_field(gettext_lazy("What your department did, and what it proposes"), rows=6)


class AskExtensionForm(ActForm):
    """More time (申请延期)."""

    until = LocalDateTimeField(label=gettext_lazy("Until"))
    reason = reason_field(gettext_lazy("Why more time is needed"))


class DecisionForm(ActForm):
    """Yes or no to what somebody asked; a no needs its reason."""

    granted = forms.TypedChoiceField(
        label=gettext_lazy("Decision"),
        widget=forms.RadioSelect,
        choices=[("yes", gettext_lazy("Grant")), ("no", gettext_lazy("Refuse"))],
        coerce=lambda value: value == "yes",
    )
    opinion = reason_field(gettext_lazy("Opinion"), required=False, help_text=gettext_lazy("Needed for a refusal."))

    def clean(self) -> dict[str, Any]:
        """A refusal says why."""
        data = super().clean() or {}
        if data.get("granted") is False and not data.get("opinion"):
            self.add_error("opinion", ValidationError(_("Please say why it is refused.")))
        return data
