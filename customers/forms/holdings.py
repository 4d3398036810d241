"""One product, vehicle, project, contract or order."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.actions.holdings import Held, holding_facts
from customers.models import Holding, HoldingKind
from organization.forms.based import BasedForm
from organization.forms.fields import DayField, LineField, keep_offering
from organization.models import Product
from organization.stale import stamp

#: What the fields are called for each kind; a field that is not named is not asked for.
LABELS: dict[str, dict[str, str | Promise]] = {
    HoldingKind.PRODUCT: {
        "product": _("Product"), "name": _("Other name"), "serial": _("Serial number"), "starts_on": _("Accepted on"),
        "ends_on": _("Warranty until"),
    },
    HoldingKind.VEHICLE: {
        "name": _("Make and model"), "serial": _("Number plate"), "starts_on": _("First registered on"),
        "ends_on": _("Warranty until"),
    },
    HoldingKind.PROJECT: {
        "name": pgettext_lazy("of a thing", "Name"), "starts_on": _("Begun on"), "ends_on": _("Ends on"),
    },
    HoldingKind.CONTRACT: {
        "name": _("Subject"), "serial": _("Contract number"), "starts_on": _("Signed on"), "ends_on": _("Valid until"),
        "amount": _("Amount in yuan"),
    },
    HoldingKind.ORDER: {
        "name": _("What was ordered"), "serial": _("Order number"), "starts_on": _("Ordered on"),
        "amount": _("Amount in yuan"),
    },
}  # fmt: skip


class HoldingForm(BasedForm):
    """The fields of one kind."""

    name = LineField(max_length=200, required=False)
    product = forms.ModelChoiceField(
        queryset=Product.objects.active(),
        required=False,
        widget=forms.Select(attrs={"data-combo": True}),
        empty_label="",
    )
    serial = LineField(max_length=80, required=False)
    starts_on = DayField(required=False)
    ends_on = DayField(required=False)
    amount = forms.DecimalField(max_digits=14, decimal_places=2, min_value=0, required=False)
    note = LineField(label=_("Note"), max_length=500, required=False)

    def __init__(self, data: Any = None, *, kind: str, holding: Holding | None = None) -> None:
        initial: dict[str, Any] = {}
        if holding is not None:
            initial = {name: getattr(holding, name) for name in self.base_fields if name != "base"}
            initial["base"] = stamp(holding_facts(holding))
        super().__init__(data, initial=initial)
        keep_offering(self, "product", holding.product if holding else None)
        self.kind, labels = kind, LABELS[kind]
        self.order_fields(["base", *labels, "note"])
        for name in list(self.fields):
            if name in labels:
                self.fields[name].label = str(labels[name])
            elif name not in {"base", "note"}:
                del self.fields[name]
        if kind != HoldingKind.PRODUCT:
            self.fields["name"].required = True

    def held(self) -> Held:
        """The cleaned values."""
        return Held(kind=self.kind, **{name: value for name, value in self.cleaned_data.items() if name != "base"})
