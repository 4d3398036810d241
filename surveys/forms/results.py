"""What may stand in the address of the results and of the list of responses, and the acts on both and on follow-ups."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from cases.forms.acts import PersonLookupField, reason_field, text_field
from cases.models import Case
from cases.models.intake import Severity
from organization import bounds
from organization.forms.layout import LaidOut
from organization.models import Department
from organization.requests import number
from surveys.actions.follow_ups import Finding
from surveys.document import Item, QuestionnaireDocument
from surveys.forms.selects import LongSelect
from surveys.models import FollowUp, QuestionnaireVersion, Response
from surveys.queries.responses import NOBODY, Sought
from surveys.queries.results import Wanted, first_choice, last_months, versions

_ANY = pgettext_lazy("filter", "Any")


class MonthField(forms.DateField):
    """A month, with the browser's own picker; its first day."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(attrs={"type": "month", "placeholder": "2026-01"}, format="%Y-%m")
        super().__init__(widget=widget, input_formats=["%Y-%m", "%Y/%m", "%Y%m"], required=False, **kwargs)

    def validate(self, value: Any) -> None:
        """Refuse the year 1 and the year 9999."""
        super().validate(value)
        if value is not None and not bounds.is_day(value):
            raise ValidationError(bounds.day_problem(), "out_of_bounds")


class KeyField(forms.CharField):
    """The number of a row, hidden in an address; ``also`` is a word that stands for none."""

    def __init__(self, *, also: str = "", **kwargs: Any) -> None:
        self.also = also
        super().__init__(max_length=19, required=False, widget=forms.HiddenInput, **kwargs)

    def validate(self, value: Any) -> None:
        """Refuse what can be no key."""
        super().validate(value)
        if value and value != self.also and number(value) is None:
            raise ValidationError(_("Please choose one of the offered values."), "no_key")


class _Address(forms.Form):
    """A form in an address: what makes no sense is left out and named."""

    def problems(self) -> dict[str, list[str]]:
        """What makes no sense, by field, in words."""
        return {name: [str(word) for word in words] for name, words in self.errors.items()}

    def ignored(self) -> list[str]:
        """Labels of what makes no sense."""
        return [str(self.fields[name].label) for name in self.problems() if name in self.fields]

    def _months(self) -> tuple[date | None, date | None]:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        return (until, since) if since and until and since > until else (since, until)


class ResultFilter(_Address):
    """Of which questionnaire, from which month to which, of which department."""

    version = forms.ModelChoiceField(QuestionnaireVersion.objects.none(), label=lazy("Questionnaire"), required=False)
    since = MonthField(label=lazy("From month"))
    until = MonthField(label=lazy("Until month"))
    department = forms.ModelChoiceField(
        Department.objects.all(), label=lazy("Department"), required=False, empty_label=_ANY, to_field_name="code",
        widget=LongSelect(attrs={"data-combo": ""}),
    )  # fmt: skip

    def __init__(self, data: QueryDict, *, departments: frozenset[int] | None) -> None:
        self.departments = departments
        super().__init__(data)
        self.fields["version"].queryset = versions()  # type: ignore[attr-defined]
        self.fields["version"].empty_label = None  # type: ignore[attr-defined]
        if departments is not None:
            self.fields["department"].queryset = Department.objects.filter(pk__in=departments)  # type: ignore[attr-defined]
        self.full_clean()
        chosen: QuestionnaireVersion | None = self.cleaned_data.get("version") or first_choice()
        since, until = self._months()
        begins, ends = last_months(timezone.localdate())
        self.chosen, self.begins, self.ends = chosen, since or min(begins, until or begins), until or ends
        # What is shown is what was taken; a value that was left out is named above the form, not beside another one.
        self.left_out = super().problems()
        self.errors.clear()
        self.data = data.copy()
        for name, value in (("version", chosen.pk if chosen else ""), ("since", self.begins), ("until", self.ends)):
            self.data[name] = f"{value:%Y-%m}" if isinstance(value, date) else str(value)

    def problems(self) -> dict[str, list[str]]:
        """What made no sense."""
        return self.left_out

    def wanted(self) -> Wanted | None:
        """What is asked for; None as long as no questionnaire was published."""
        if self.chosen is None:
            return None
        department: Department | None = self.cleaned_data.get("department")
        found = self.departments
        scope = found
        if department is not None:
            below = frozenset(Department.objects.filter(lineage__contains=[department.pk]).values_list("pk", flat=True))
            found = below if found is None else below & found
        return Wanted(self.chosen, self.begins, self.ends, found, department, scope)


class ResponseFilter(_Address):
    """What the list of responses can be narrowed to; figures lead here."""

    version = forms.ModelChoiceField(
        QuestionnaireVersion.objects.none(), label=lazy("Questionnaire"), required=False, empty_label=_ANY
    )
    since = MonthField(label=lazy("From month"))
    until = MonthField(label=lazy("Until month"))
    department = forms.ModelChoiceField(
        Department.objects.all(), label=lazy("Department"), required=False, empty_label=_ANY, to_field_name="code",
        widget=LongSelect(attrs={"data-combo": ""}),
    )  # fmt: skip
    source = forms.ChoiceField(
        label=lazy("Way of asking"), choices=[("", _ANY), *Response.Source.choices], required=False
    )
    genuine = forms.ChoiceField(
        label=lazy("Authenticity"), choices=[("", _ANY), *Response.Genuine.choices], required=False
    )
    level = forms.ChoiceField(label=lazy("Severity"), choices=[("", _ANY), *Severity.choices], required=False)
    item = forms.RegexField(r"^[a-z][a-z0-9_]{0,39}$", required=False, widget=forms.HiddenInput, label=lazy("Question"))
    value = forms.IntegerField(
        min_value=1, max_value=5, required=False, widget=forms.HiddenInput, label=lazy("Points of five")
    )
    unit = KeyField(label=lazy("Department"), also=NOBODY)
    person = KeyField(label=lazy("Person"))
    product = KeyField(label=lazy("Product"))

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        self.fields["version"].queryset = versions()  # type: ignore[attr-defined]
        self.full_clean()

    def sought(self) -> Sought:
        """What is valid of it."""
        data = self.cleaned_data
        since, until = self._months()
        return Sought(
            version=data.get("version"), since=since, until=until, department=data.get("department"),
            unit=data.get("unit", ""), item=data.get("item", ""), value=data.get("value"),
            person=number(data.get("person")), product=number(data.get("product")), level=data.get("level", ""),
            source=data.get("source", ""), genuine=data.get("genuine", ""),
        )  # fmt: skip

    @property
    def is_narrow(self) -> bool:
        """Whether anything is filtered."""
        return any(value for value in self.cleaned_data.values())


class CheckForm(LaidOut):
    """Whether a response is authentic."""

    genuine = forms.ChoiceField(
        label=lazy("Is the answer genuine?"), widget=forms.RadioSelect,
        choices=[(Response.Genuine.GENUINE, lazy("Genuine")), (Response.Genuine.DOUBTFUL, lazy("Not genuine"))],
    )  # fmt: skip
    reason = reason_field(lazy("How it was checked, or why it is not genuine"), required=False)


class CorrectForm(LaidOut):
    """The value that was meant, and why."""

    reason = reason_field(lazy("Reason of the correction"))
    field_order = ("option", "reason")

    def __init__(self, *args: Any, asks: QuestionnaireDocument, item: Item, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if item.kind == "points":
            self.fields["option"] = forms.IntegerField(label=lazy("Points"), min_value=0, max_value=item.points)
        else:
            choices = [(option.code, option.name) for option in asks.scale(item.scale).options]
            self.fields["option"] = forms.ChoiceField(
                label=lazy("Right value"), choices=choices, widget=forms.RadioSelect
            )
        self.order_fields(self.field_order)

    def option(self) -> str:
        """The cleaned value as answers hold it."""
        return str(self.cleaned_data["option"])


class FollowUpForm(LaidOut):
    """The form of one act on a follow-up."""

    def __init__(self, *args: Any, row: FollowUp, **kwargs: Any) -> None:
        self.row = row
        super().__init__(*args, **kwargs)
        self.prepare()

    def prepare(self) -> None:
        """What depends on the follow-up."""


class FinishForm(FollowUpForm):
    """What was behind it, and what was done (SUR-26)."""

    cause = text_field(lazy("Cause"), rows=3)
    result = text_field(lazy("What was done about it"), rows=4)

    def finding(self) -> Finding:
        """The cleaned values."""
        return Finding(self.cleaned_data["cause"], self.cleaned_data["result"])


class HandOnForm(FollowUpForm):
    """Who goes on with it."""

    owner = PersonLookupField(lazy("Who goes on with it"))

    def prepare(self) -> None:
        """The offers are the colleagues who may take part in the case."""
        case: Case = self.row.response.case
        self.fields["owner"].widget.arguments = [case.number]


class ProposeForm(FollowUpForm):
    """Why the case should be taken up again."""

    reason = reason_field(lazy("Why the case should be reopened"))


class DecideForm(FollowUpForm):
    """Whether it is."""

    granted = forms.ChoiceField(
        label=lazy("Decision"), widget=forms.RadioSelect,
        choices=[("yes", lazy("Reopen the case")), ("no", lazy("Do not reopen it"))],
    )  # fmt: skip
    reason = reason_field(lazy("Reason"), required=False, help_text=lazy("Needed where it is not reopened."))

    def granted_now(self) -> bool:
        """The cleaned decision."""
        return bool(self.cleaned_data["granted"] == "yes")
