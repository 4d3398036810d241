"""Kind, category, urgency by listed facts, priority, severity (CLS-01..07, CLS-17)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from cases.actions.assignment import Reclassification, asks_less
from cases.actions.intake import Classification
from cases.forms.acts import ActForm, reason_field
from cases.models import Case, Category, Kind
from cases.models.intake import Priority, Severity, Urgency


class CategoryField(forms.ModelChoiceField):
    """The category tree that the case's regulations offer: roots as headings, their children to choose."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            Category.objects.active(),
            label=gettext_lazy("Category"),
            widget=forms.Select(attrs={"data-combo": ""}),
            **kwargs,
        )

    def offer(self, case: Case) -> None:
        """Offer what the profile names; a category in use stays even where it is not offered any more."""
        roots = case.policy.categories
        rows = list(Category.objects.active().select_related("parent"))
        if roots:
            rows = [row for row in rows if (row.parent or row).code in roots or row.pk == case.category_id]
        groups: dict[str, list[tuple[int, str]]] = {str(row): [] for row in rows if row.parent is None}
        for row in rows:
            groups.setdefault(str(row.parent or row), []).append((row.pk, str(row)))
        self.queryset = Category.objects.filter(pk__in=[row.pk for row in rows])
        self.choices = [("", _("Please choose")), *groups.items()]


class ClassificationForm(ActForm):
    """What both acknowledging and re-classifying ask."""

    template = "cases/case/acts/classify.html"

    category = CategoryField()
    criteria = forms.MultipleChoiceField(
        label=gettext_lazy("Facts that decide the urgency"), required=False, widget=forms.CheckboxSelectMultiple
    )
    urgency = forms.ChoiceField(label=gettext_lazy("Urgency"), widget=forms.RadioSelect, choices=Urgency.choices)
    priority = forms.TypedChoiceField(
        label=gettext_lazy("Priority"), widget=forms.RadioSelect, choices=Priority.choices, coerce=int
    )
    severity = forms.ChoiceField(
        label=gettext_lazy("Severity (IT service)"), required=False, choices=[("", "—"), *Severity.choices]
    )

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        kwargs["initial"] = self.first_values(case) | (kwargs.get("initial") or {})
        super().__init__(*args, case=case, **kwargs)
        self.fields["category"].offer(case)  # type: ignore[attr-defined]
        english = get_language() == "en"
        self.fields["criteria"].choices = [  # type: ignore[attr-defined]
            (c.code, c.label_en if english and c.label_en else c.label) for c in case.policy.criteria
        ]

    def first_values(self, case: Case) -> dict[str, Any]:
        """What stands in the form when it is opened: what is known, else what is suggested."""
        return {
            "category": case.category_id or case.suggested_category_id,
            "criteria": case.criteria,
            "urgency": case.urgency,
            "priority": case.priority or Priority.MEDIUM,
            "severity": case.severity,
        }

    def classification(self) -> Classification:
        """The decision as the action takes it."""
        data = self.cleaned_data
        return Classification(
            category=data["category"],
            urgency=data["urgency"],
            criteria=tuple(data["criteria"]),
            priority=data["priority"],
            severity=data["severity"],
        )


class AcknowledgeForm(ClassificationForm):
    """Take it on as ours (受理)."""

    reason = reason_field(
        gettext_lazy("Reason"),
        required=False,
        help_text=gettext_lazy("Needed when an urgency is lowered that a ticked fact forced."),
    )


class ClassifyForm(ClassificationForm):
    """Classify again: another kind too, and why."""

    kind = forms.ModelChoiceField(Kind.objects.active(), label=gettext_lazy("Kind"), empty_label=None)
    reason = reason_field(
        gettext_lazy("Reason"),
        required=False,
        help_text=gettext_lazy(
            "Needed after acknowledgement, and when an urgency is lowered that a ticked fact forces."
        ),
    )
    field_order = ["kind"]

    def __init__(self, *args: Any, case: Case, may_ask_less: bool, **kwargs: Any) -> None:
        super().__init__(*args, case=case, **kwargs)
        kinds = [
            kind.pk
            for kind in Kind.objects.filter(code__in=case.policy.kinds)
            if may_ask_less or case.acknowledged_at is None or not asks_less(case, kind)
        ]
        self.fields["kind"].queryset = Kind.objects.filter(pk__in=kinds)  # type: ignore[attr-defined]
        urgency = self.fields["urgency"]
        urgency.required = False
        urgency.choices = [("", _("As the ticked facts say")), *Urgency.choices]  # type: ignore[attr-defined]

    def first_values(self, case: Case) -> dict[str, Any]:
        """As for acknowledging; the urgency follows the facts unless somebody chooses one."""
        return super().first_values(case) | {"kind": case.kind_id, "urgency": "" if case.criteria else case.urgency}

    def reclassification(self) -> Reclassification:
        """The change as the action takes it."""
        kind = self.cleaned_data["kind"]
        return Reclassification(
            classification=self.classification(),
            kind=kind if kind.pk != self.case.kind_id else None,
            reason=self.cleaned_data["reason"],
        )
