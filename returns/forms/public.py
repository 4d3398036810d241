"""The public form for goods that are to come back: what, why, refund or repair; the rest as for any feedback."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from cases.forms.public import FeedbackForm
from cases.models import Kind
from cases.queries import public as offers
from organization.forms.fields import DayField, LineField
from returns.actions.opening import Contact, Goods, Wish
from returns.lifecycle import Handling
from returns.policy import ReturnsPart

_NO_WISH = lazy("Please choose what you want.")
_NO_REASON = lazy("Please choose why.")
#: The kind of feedback that each wish is.
KINDS = {Handling.REFUND: "return_request", Handling.REPAIR: "service_request"}


class ReturnRequestForm(FeedbackForm):
    """A return or a repair asked for by a customer; a slip is opened with the feedback (A-24)."""

    wish = forms.ChoiceField(
        label=lazy("What do you want?"), choices=Handling.choices,
        widget=forms.RadioSelect(attrs={"data-missing": _NO_WISH}), error_messages={"required": _NO_WISH},
    )  # fmt: skip
    reason = forms.ChoiceField(
        label=lazy("Why?"), widget=forms.RadioSelect(attrs={"data-missing": _NO_REASON}),
        error_messages={"required": _NO_REASON},
    )  # fmt: skip
    quantity = forms.IntegerField(label=lazy("How many"), min_value=1, max_value=1_000_000, initial=1)
    serial = LineField(label=lazy("Serial number"), required=False, max_length=80)
    purchased_on = DayField(label=lazy("Bought on"), required=False)
    received_on = DayField(label=lazy("Received on"), required=False)
    unused = forms.BooleanField(label=lazy("Not used, complete"), required=False)

    def __init__(self, *args: Any, policy: ReturnsPart, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["kind"]
        self.fields["reason"].choices = [(rule.code, rule.name) for rule in policy.reasons]  # type: ignore[attr-defined]
        product = self.fields["product_text"]
        product.required, product.label = True, _("Product")
        product.error_messages["required"] = _("Please name the product.")

    def _check_kind(self, data: dict[str, Any]) -> None:
        """The kind follows from the wish; the product decides which regulations it stands under."""
        self.named = offers.named(data.get("product_text", ""))
        today = timezone.localdate()
        bought, got = data.get("purchased_on"), data.get("received_on")
        for name, day in (("purchased_on", bought), ("received_on", got)):
            if day is not None and day > today:
                self.add_error(name, _("This day lies in the future."))
        if bought and got and got < bought:
            self.add_error("received_on", _("The goods cannot have been received before they were bought."))
        if data.get("wish"):
            data["kind"] = Kind.objects.get(code=KINDS[cast(Handling, data["wish"])])

    def goods(self) -> Goods:
        """The one line of the slip."""
        data, named = self.cleaned_data, self.named
        return Goods(
            data["quantity"], named.product, named.words or (str(named.site) if named.site else ""),
            serial=data["serial"], purchased_on=data["purchased_on"], received_on=data["received_on"],
        )  # fmt: skip

    def wished(self) -> Wish:
        """What the slip says; case and files come with the feedback."""
        data = self.cleaned_data
        contact = data["contact"]
        who = Contact(
            data["name"] or _("(no name given)"),
            phone="" if "@" in contact else contact,
            email=contact if "@" in contact else "",
        )
        return Wish(data["wish"], data["reason"], data["text"], (self.goods(),), who, unused=data["unused"])
