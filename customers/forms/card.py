"""The page on which a card is opened or changed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from customers.actions.people import Facts, Reach, facts_of
from customers.models import ContactType, Customer, CustomerKind, CustomerType, Secrecy
from customers.queries.card import belongs_unseen
from organization.forms.based import BasedForm
from organization.forms.fields import LineField, keep_offering
from organization.forms.lookup import LookupWidget
from organization.forms.people import PersonChoice
from organization.queries import Identity
from organization.requests import number
from organization.stale import stamp

#: Rows beside those that are filled.
SPARE = 2
MOST = 20


class OrganisationField(forms.Field):
    """An organisation of the file, picked from the offers."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, widget=LookupWidget("customer_offers"), **kwargs)
        self.who: Identity | None = None

    def to_python(self, value: Any) -> Customer | None:
        """The organisation, or None when the text was emptied."""
        picked, typed = value if isinstance(value, tuple | list) else ("", "")
        if not typed.strip():
            return None
        known = Customer.objects.visible_to(self.who) if self.who else Customer.objects.none()
        found = known.filter(pk=number(picked) or 0).first()
        if found is None:
            raise ValidationError(_("Please pick the organisation from the offers."))
        return found


class CardForm(BasedForm):
    """Who it is, and who looks after the file."""

    more_labels = {"contacts": gettext_lazy("Telephone and e-mail")}

    name = LineField(label=pgettext_lazy("of a person or an organisation", "Name"), max_length=100)
    type = forms.ChoiceField(
        label=gettext_lazy("Person or organisation"),
        choices=CustomerType.choices,
        widget=forms.RadioSelect,
        initial=CustomerType.PERSON,
    )
    organisation = OrganisationField(
        label=gettext_lazy("Organisation"),
        help_text=gettext_lazy("Where a person belongs to one. Type two characters."),
    )
    kinds = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Kinds of customer"),
        queryset=CustomerKind.objects.active(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    attention = LineField(
        label=gettext_lazy("Please note"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Whoever takes a call reads it first."),
    )
    salesperson = PersonChoice(label=gettext_lazy("Salesperson"), required=False, empty_label="—")
    custodian = PersonChoice(
        label=gettext_lazy("Custodian"),
        required=False,
        empty_label="—",
        help_text=gettext_lazy("Keeps the file up to date and may read all of it."),
    )
    secrecy = forms.ChoiceField(
        label=gettext_lazy("Secrecy"),
        choices=Secrecy.choices,
        widget=forms.RadioSelect,
        initial=Secrecy.INTERNAL,
        help_text=gettext_lazy(
            "Of a confidential customer only the keepers see how to reach it; of a secret one only they know."
        ),
    )

    def __init__(self, data: Any = None, *, who: Identity, heads_files: bool, customer: Customer | None = None) -> None:
        initial: dict[str, Any] = {}
        if customer is not None:
            names = ("name", "type", "organisation", "attention", "salesperson", "custodian", "secrecy")
            initial = {name: getattr(customer, name) for name in names}
            initial |= {"kinds": list(customer.kinds.all()), "base": stamp(facts_of(customer))}
        super().__init__(data, initial=initial)
        self.customer = customer
        if customer is not None:
            keep_offering(self, "salesperson", customer.salesperson)
            keep_offering(self, "custodian", customer.custodian)
            keep_offering(self, "kinds", *customer.kinds.all())
        self.keeps_organisation = customer is not None and belongs_unseen(customer, who)
        if self.keeps_organisation:
            self.initial["organisation"] = None  # whom this person may not know of stays, unseen
        field = self.fields["organisation"]
        assert isinstance(field, OrganisationField)  # noqa: S101 - narrows the type for mypy
        field.who = who
        if not heads_files:
            del self.fields["custodian"], self.fields["secrecy"]

    def facts(self, contacts: tuple[Reach, ...]) -> Facts:
        """The cleaned values; what this person may not change stays as it is."""
        data, row = self.cleaned_data, self.customer
        return Facts(
            name=data["name"],
            type=data["type"],
            organisation=row.organisation if row and self.keeps_organisation else data["organisation"],
            kinds=tuple(data["kinds"]),
            salesperson=data["salesperson"],
            attention=data["attention"],
            contacts=contacts,
            custodian=data.get("custodian", row.custodian if row else None),
            secrecy=data.get("secrecy", row.secrecy if row else Secrecy.INTERNAL),
        )


class ReachForm(forms.Form):
    """One number or address; an empty one does not count."""

    type = forms.ChoiceField(label=gettext_lazy("How"), choices=ContactType.choices)
    value = LineField(label=gettext_lazy("Number or address"), required=False, max_length=120)
    refused = forms.BooleanField(label=gettext_lazy("does not want to be reached here"), required=False)

    def clean(self) -> dict[str, Any]:
        """An e-mail address has a form; a number has digits, which the action asks."""
        data = super().clean() or {}
        if data.get("type") == ContactType.EMAIL and data.get("value"):
            try:
                forms.EmailField().clean(data["value"])
            except ValidationError as error:
                self.add_error("value", error)
        return data


class _Reaches(BaseFormSet):
    def reaches(self) -> tuple[Reach, ...]:
        """What was given, in its order."""
        rows = [form.cleaned_data for form in self.forms if form.cleaned_data.get("value")]
        return tuple(Reach(row["type"], row["value"], row["refused"]) for row in rows)


ReachForms: Any = formset_factory(ReachForm, formset=_Reaches, extra=SPARE, max_num=MOST, absolute_max=2 * MOST)


def reaches_of(customer: Customer | None) -> list[dict[str, Any]]:
    """What the rows of numbers and addresses begin with."""
    if customer is None:
        return []
    points = customer.contact_points.order_by("type", "id")
    return [{"type": point.type, "value": point.value, "refused": point.refused} for point in points]
