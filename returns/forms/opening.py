"""The slip as a form: who, what goods, why, what is asked for; up to so many lines."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from cases.forms.acts import files_field, text_field
from cases.forms.intake_fields import KeyField, MailField
from cases.models import Case
from customers.models import Customer
from documents.models import File
from organization.forms.based import BasedForm
from organization.forms.fields import DayField, LineField, keep_offering
from organization.models import Product
from organization.stale import stamp
from returns.actions.opening import MOST_LINES, Contact, Goods, Wish, slip_facts
from returns.forms.acts import MONEY
from returns.lifecycle import Handling
from returns.models import ReturnSlip, SlipLine
from returns.policy import ReturnsPart

#: Empty lines offered on a new slip beside those that are filled.
SPARE = 1
_LINE = (
    "product", "product_text", "announced", "batch", "serial", "purchased_on", "received_on", "accepted_on",
    "warranty_ends_on", "excluded",
)  # fmt: skip


class SlipForm(BasedForm):
    """Who returns what, and why (F41, F45)."""

    wish = forms.ChoiceField(label=lazy("What is asked for"), choices=Handling.choices, widget=forms.RadioSelect)
    reason = forms.ChoiceField(label=lazy("Reason"), widget=forms.RadioSelect)
    description = text_field(lazy("What is wrong"), rows=3)
    unused = forms.BooleanField(label=lazy("Not used, complete"), required=False)
    claimed_amount = forms.DecimalField(label=lazy("Amount asked for (yuan)"), required=False, **MONEY)
    contact_name = LineField(label=lazy("Name"), max_length=100)
    contact_organisation = LineField(label=lazy("Organisation"), required=False, max_length=100)
    contact_phone = LineField(label=lazy("Telephone"), required=False, max_length=60)
    contact_email = MailField(label=lazy("E-mail"), required=False, max_length=120)
    contact_address = LineField(label=lazy("Address to send back to"), required=False, max_length=200)
    files = files_field(lazy("Photographs"))  # type: ignore[assignment]
    certificates = files_field(lazy("Acceptance certificate (copy), receipt"))
    submission_key = KeyField()

    def __init__(
        self, data: Any = None, files: Any = None, *, policy: ReturnsPart, slip: ReturnSlip | None = None, **kwargs: Any
    ) -> None:
        self.slip = slip
        given = kwargs.pop("initial", {})
        initial = {"submission_key": uuid.uuid4(), "wish": Handling.REFUND} | given
        self.stored: list[SlipLine] = list(slip.lines.select_related("product")) if slip else []
        if slip is not None:
            said = {name: getattr(slip, name) for name in self.base_fields if hasattr(slip, name)}
            initial = said | {"base": stamp(slip_facts(slip)), "submission_key": uuid.uuid4()} | given
        lines, more = kwargs.pop("lines", []), kwargs.pop("more", 0)
        super().__init__(data, files, initial=initial, **kwargs)
        self.fields["reason"].choices = [(rule.code, rule.name) for rule in policy.reasons]  # type: ignore[attr-defined]
        if slip is not None:
            for name in ("files", "certificates"):
                del self.fields[name]
            self.fields["wish"].disabled = True
        self.count = min(more or self._count(data, len(lines) or len(self.stored)), MOST_LINES)
        for n in range(self.count):
            known = self.stored[n] if n < len(self.stored) else lines[n] if n < len(lines) else None
            self._add_line(n, known)

    @classmethod
    def with_another_line(cls, posted: Any, *, policy: ReturnsPart, slip: ReturnSlip | None = None) -> SlipForm:
        """What was typed so far, unjudged, with room for one line more."""
        sent = cls(posted, policy=policy, slip=slip)
        kept = {name: value for name, value in posted.items() if name in sent.fields}
        return cls(policy=policy, slip=slip, initial=kept, more=sent.count + 1)

    @property
    def is_full(self) -> bool:
        """Whether the slip has no room for another line."""
        return self.count >= MOST_LINES

    def _count(self, data: Any, known: int) -> int:
        if data is not None:
            sent = [int(name[6:]) for name in data if name.startswith("goods_") and name[6:].isdigit()]
            return min(max([known, *(n + 1 for n in sent if n < MOST_LINES)], default=1), MOST_LINES)
        return min(max(known + (SPARE if not self.slip else 0), 1), MOST_LINES)

    def _add_line(self, n: int, known: Any) -> None:
        def first(name: str) -> Any:
            return getattr(known, name, None) if known is not None else None

        product = forms.ModelChoiceField(
            Product.objects.active(), label=_("Product"), required=False, empty_label=_("not in the list"),
            widget=forms.Select(attrs={"data-combo": ""}), initial=first("product"),
        )  # fmt: skip
        fields: dict[str, forms.Field] = {
            "product": product,
            "product_text": LineField(label=_("or its name"), required=False, max_length=120),
            "announced": forms.IntegerField(label=_("Quantity"), min_value=1, max_value=1_000_000, required=False),
            "batch": LineField(label=_("Batch"), required=False, max_length=60),
            "serial": LineField(label=_("Serial number"), required=False, max_length=80),
            "purchased_on": DayField(label=_("Bought on"), required=False),
            "received_on": DayField(label=_("Received on"), required=False),
            "accepted_on": DayField(label=_("Accepted on"), required=False),
            "warranty_ends_on": DayField(label=_("Warranty until (by contract)"), required=False),
            "excluded": forms.ChoiceField(
                label=_("Excluded from warranty"), choices=[("", _("no")), *SlipLine.Excluded.choices], required=False
            ),
        }
        for name, field in fields.items():
            field.initial = first(name) if field.initial is None else field.initial
            self.fields[f"{name}_{n}"] = field
        marker = forms.CharField(widget=forms.HiddenInput, required=False, initial="1")
        self.fields[f"goods_{n}"] = marker
        keep_offering(self, f"product_{n}", first("product"))

    def lines(self) -> Iterator[dict[str, BoundField]]:
        """The fields of each line, for the page."""
        for n in range(self.count):
            yield {name: self[f"{name}_{n}"] for name in (*_LINE, "goods")} | {}

    def _is_blank(self, n: int) -> bool:
        data = self.cleaned_data
        return not any(data.get(f"{name}_{n}") for name in _LINE)

    def clean(self) -> dict[str, Any]:
        """A line names its goods and how many; blank ones beside the first are left out."""
        data = super().clean() or self.cleaned_data
        for n in range(self.count):
            if self._is_blank(n) and (n or self.count > 1) and not self._wrong(n):
                continue
            if not data.get(f"product_{n}") and not data.get(f"product_text_{n}"):
                self.add_error(f"product_{n}", _("Please choose the product, or write its name."))
            if not data.get(f"announced_{n}") and f"announced_{n}" not in self.errors:
                self.add_error(f"announced_{n}", _("Please enter how many."))
        if not self.errors and not self.goods():
            self.add_error("product_0", _("Please name at least one product."))
        return data

    def _wrong(self, n: int) -> bool:
        return any(f"{name}_{n}" in self.errors for name in _LINE)

    def goods(self) -> tuple[Goods, ...]:
        """The cleaned lines."""
        data = self.cleaned_data
        return tuple(
            Goods(**{name: data[f"{name}_{n}"] for name in _LINE}) for n in range(self.count) if not self._is_blank(n)
        )

    def wished(
        self,
        *,
        case: Case | None = None,
        customer: Customer | None = None,
        files: tuple[File, ...] = (),
        certificates: tuple[File, ...] = (),
    ) -> Wish:
        """The cleaned values."""
        data = self.cleaned_data
        contact = Contact(
            data["contact_name"], data["contact_organisation"], data["contact_phone"], data["contact_email"],
            data["contact_address"],
        )  # fmt: skip
        return Wish(
            wish=data["wish"], reason=data["reason"], description=data["description"], goods=self.goods(),
            contact=contact, unused=data["unused"], claimed_amount=data["claimed_amount"], case=case,
            customer=customer, files=files, certificates=certificates, submission_key=data["submission_key"],
        )  # fmt: skip
