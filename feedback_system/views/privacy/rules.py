"""Thresholds of classes and times of retention: seen, changed, previewed, published as the profile's next version."""

from __future__ import annotations

import copy
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from audit.exceptions import DomainError
from customers.models import Tier
from customers.policy import CustomersPart
from feedback_system import profile_words
from feedback_system.customer_words import measures
from feedback_system.models import Record
from feedback_system.privacy.policy import RetentionPart
from feedback_system.privacy.rules import apply, change_rules
from feedback_system.views.profile import profile_in_use
from organization import access
from organization.forms import refusals
from organization.forms.fields import LineField
from organization.requests import person
from regulations.models import ProfileVersion

TIERS = (("key", Tier.KEY.label), ("stable", Tier.STABLE.label))
CRITERIA = (
    ("years", gettext_lazy("Years running")),
    ("yearly_amount", gettext_lazy("Amount of each year, yuan")),
    ("single_amount", gettext_lazy("Single contract, yuan")),
    ("yearly_demand", gettext_lazy("Yearly demand, yuan")),
    ("rank", gettext_lazy("National rank at most")),
)


class RulesForm(forms.Form):
    """Every threshold and time; an empty one is not set (A-17)."""

    b_measure = forms.ChoiceField(label=gettext_lazy("Class B: which amount"))
    b_amount = forms.IntegerField(label=gettext_lazy("Class B: at least, yuan"), min_value=1)
    answer_working_days = forms.IntegerField(
        label=gettext_lazy("Requests about personal data are answered within (working days)"), min_value=1, max_value=60
    )
    reason = LineField(label=gettext_lazy("Reason of the change"), max_length=500, required=False)
    base = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, version: ProfileVersion) -> None:
        customers, retention = version.part(CustomersPart), version.part(RetentionPart)
        known = {"b_measure": customers.b_measure, "b_amount": customers.b_amount, "base": version.number}
        super().__init__(data, initial=known | {"answer_working_days": retention.answer_working_days})
        measure = self.fields["b_measure"]
        assert isinstance(measure, forms.ChoiceField)  # noqa: S101
        measure.choices = list(measures().items())
        self.tiers = [(title, self._tier(code, customers)) for code, title in TIERS]
        self.records = [(record.label, self._record(record, retention)) for record in Record]

    def _tier(self, code: str, part: CustomersPart) -> list[Any]:
        rule = getattr(part, code)
        for name, label in CRITERIA:
            required = name == "years"
            self.fields[f"{code}_{name}"] = forms.IntegerField(
                label=label, min_value=1, required=required, initial=getattr(rule, name)
            )
        ways = [("any", _("one of them is enough")), ("all", _("all of them"))]
        self.fields[f"{code}_combine"] = forms.ChoiceField(
            label=gettext_lazy("How many must be met"), choices=ways, initial=rule.combine
        )
        return [self[f"{code}_{name}"] for name in (*dict(CRITERIA), "combine")]

    def _record(self, record: Record, part: RetentionPart) -> list[Any]:
        rule = part.of(record)
        self.fields[f"{record}_keep_days"] = forms.IntegerField(
            label=gettext_lazy("Kept for (days)"), min_value=1, max_value=36_500, required=False, initial=rule.keep_days
        )
        self.fields[f"{record}_legal_days"] = forms.IntegerField(
            label=gettext_lazy("By law at least (days)"), min_value=0, max_value=36_500, initial=rule.legal_days
        )
        return [self[f"{record}_keep_days"], self[f"{record}_legal_days"]]

    def customers(self) -> dict[str, Any]:
        """What the form says of classes."""
        data = self.cleaned_data
        tiers = {code: {name: data[f"{code}_{name}"] for name in (*dict(CRITERIA), "combine")} for code, _t in TIERS}
        return {"b_measure": data["b_measure"], "b_amount": data["b_amount"], **tiers}

    def retention(self) -> dict[str, Any]:
        """What the form says of keeping."""
        data = self.cleaned_data
        kept = {r.value: {name: data[f"{r}_{name}"] for name in ("keep_days", "legal_days")} for r in Record}
        return {"answer_working_days": data["answer_working_days"], **kept}


@require_http_methods(["GET", "HEAD", "POST"])
def customer_rules(request: HttpRequest) -> HttpResponse:
    """The administrator's page; nothing is saved before it is published with a reason."""
    by = access.administrator(person(request))
    chosen = profile_in_use()
    current = chosen.versions.latest("number")
    form = RulesForm(request.POST if request.method == "POST" else None, version=current)
    differences = None
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        try:
            differences = _preview(current, form)
            if "publish" in request.POST:
                version = change_rules(
                    chosen, form.customers(), form.retention(), by=by, base=data["base"], reason=data["reason"]
                )
                messages.success(request, _("Published as %(version)s.") % {"version": version})
                return redirect("profile")
        except DomainError as error:
            refusals.show(form, error)
    context = {"form": form, "current": current, "differences": differences}
    return render(request, "privacy/rules.html", context, status=422 if form.errors else 200)


def _preview(current: ProfileVersion, form: RulesForm) -> list[profile_words.Difference]:
    body = copy.deepcopy(current.document)
    apply(body, form.customers(), form.retention())
    return profile_words.differences(profile_words.describe(current.document), profile_words.describe(body))
