"""How a customer stands, and its classes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.actions.classes import Said, standing_facts
from customers.classes import Proposal
from customers.models import Customer, Mark, Standing, Tier, VisitClass
from organization.forms.based import BasedForm
from organization.forms.fields import LineField
from organization.stale import stamp

_NONE = ("", pgettext_lazy("class of a customer", "none"))


class StandingForm(BasedForm):
    """What counts beside contracts and orders."""

    marks = forms.MultipleChoiceField(
        label=_("What counts"), choices=Mark.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    national_rank = forms.IntegerField(label=_("National rank"), required=False, min_value=1, max_value=1_000_000)
    yearly_demand = forms.DecimalField(
        label=_("Yearly demand in yuan"), required=False, min_value=0, max_digits=14, decimal_places=2,
        help_text=_("What the customer could buy in a year."),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, customer: Customer) -> None:
        row = Standing.objects.filter(customer=customer).first() or Standing(customer=customer)
        initial = {"marks": row.marks, "national_rank": row.national_rank, "yearly_demand": row.yearly_demand}
        super().__init__(data, initial=initial | {"base": stamp(standing_facts(row))})

    def said(self) -> Said:
        """The cleaned values."""
        data = self.cleaned_data
        return Said(tuple(data["marks"]), data["national_rank"], data["yearly_demand"])


class ClassForm(BasedForm):
    """Both classes and why; begins with what the rules propose."""

    visit_class = forms.ChoiceField(
        label=_("Class"), choices=[*VisitClass.choices, _NONE], required=False, widget=forms.RadioSelect
    )
    tier = forms.ChoiceField(label=_("Tier"), choices=[*Tier.choices, _NONE], required=False, widget=forms.RadioSelect)
    reason = LineField(label=_("Why"), max_length=300)

    def __init__(self, data: Any = None, *, customer: Customer, proposal: Proposal) -> None:
        now = {"visit_class": customer.visit_class, "tier": customer.tier}
        offered = {
            "visit_class": proposal.visit_class or customer.visit_class,
            "tier": proposal.tier or customer.tier,
            "reason": " ".join(map(str, proposal.reasons))[:300],
        }
        super().__init__(data, initial=offered | {"base": stamp(now)})
