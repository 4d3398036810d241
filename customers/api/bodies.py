"""What requests may say: checked and cleaned like the forms of the pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Model
from django.utils.translation import gettext as _
from rest_framework import serializers

from customers.forms.card import MOST
from customers.forms.communications import VISITORS
from customers.forms.holdings import LABELS
from customers.models import (
    CommunicationKind,
    ContactType,
    Customer,
    CustomerKind,
    CustomerType,
    Holding,
    HoldingKind,
    Secrecy,
    Tier,
    VisitClass,
)
from customers.queries.search import PAGE_SIZE
from organization.api.fields import CodeField, DayField, LineField, TextField, TimeField
from organization.models import Product, User
from organization.requests import number

_PEOPLE = User.objects.filter(is_active=True)
_LONGEST = 5000


class CustomersWanted(serializers.Serializer[Any]):
    """Which customers a list shows, and where its page begins."""

    q = LineField(
        max_length=200, required=False, allow_blank=True,
        help_text="Number, its last digits (where numbers are not masked), name, initials or e-mail: the best 25. Not"
        " together with the others.",
    )  # fmt: skip
    visit_class = serializers.ChoiceField(choices=VisitClass.choices, required=False)
    tier = serializers.ChoiceField(choices=Tier.choices, required=False)
    after = LineField(max_length=20, required=False, help_text="The page behind this customer; ``next`` holds it.")
    before = LineField(max_length=20, required=False, help_text="The page before it; ``previous`` holds it.")
    page_size = serializers.IntegerField(min_value=1, max_value=100, default=PAGE_SIZE)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        """What would be left aside in silence is refused."""
        if data.get("q") and data.keys() & {"visit_class", "tier", "after", "before"}:
            raise serializers.ValidationError({"q": _("Search, or narrow the list: not both at once.")})
        if {"after", "before"} <= data.keys():
            raise serializers.ValidationError({"before": _("Either the page behind or the page before.")})
        return data


class OrganisationField(serializers.IntegerField):
    """An organisation by its number; nobody names one of which he or she may not know."""

    def to_internal_value(self, data: Any) -> Any:
        """The row."""
        known = Customer.objects.visible_to(self.context["who"])
        found = known.filter(pk=number(str(super().to_internal_value(data))) or 0).first()
        if found is None:
            raise serializers.ValidationError(_("There is no such organisation."))
        return found


class ReachIn(serializers.Serializer[Any]):
    """A number or address, and whether the customer refuses to be reached there."""

    type = serializers.ChoiceField(choices=ContactType.choices)
    value = LineField(max_length=120)
    refused = serializers.BooleanField(default=False)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        """An e-mail address has a form; a number has digits, which the action asks."""
        if data["type"] == ContactType.EMAIL:
            try:
                validate_email(data["value"])
            except ValidationError as error:
                raise serializers.ValidationError({"value": error.messages}) from error
        return data


class _Card(serializers.Serializer[Any]):
    type = serializers.ChoiceField(choices=CustomerType.choices, required=False)
    organisation = OrganisationField(required=False, allow_null=True)
    kinds = CodeField(queryset=CustomerKind.objects.active(), many=True, required=False)
    attention = LineField(max_length=200, required=False, allow_blank=True)
    salesperson = CodeField(queryset=_PEOPLE, slug_field="username", required=False, allow_null=True)
    custodian = CodeField(queryset=_PEOPLE, slug_field="username", required=False, allow_null=True)
    secrecy = serializers.ChoiceField(choices=Secrecy.choices, required=False)
    contacts = serializers.ListField(child=ReachIn(), max_length=MOST, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        customer: Customer | None = self.context.get("customer")
        if customer is not None:
            _keep_taking(self.fields["salesperson"], [customer.salesperson])
            _keep_taking(self.fields["custodian"], [customer.custodian])
            kinds: Any = self.fields["kinds"]
            _keep_taking(kinds.child_relation, customer.kinds.all())


class CardIn(_Card):
    """What of a card is to change; what is left out stays. ``contacts`` and ``kinds`` are sent whole.

    ``custodian`` and ``secrecy`` are for who heads the files. ``base`` is that of the card as it was read: what
    somebody changed meanwhile is then answered with 409.
    """

    name = LineField(max_length=100, required=False)
    base = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class NewCustomerIn(_Card):
    """A file to open. The same ``submission_key`` returns the customer of the first submission."""

    name = LineField(max_length=100)
    submission_key = serializers.UUIDField(required=False, allow_null=True)


class _Thing(serializers.Serializer[Any]):
    name = LineField(max_length=200, required=False, allow_blank=True)
    product = CodeField(queryset=Product.objects.active(), required=False, allow_null=True)
    serial = LineField(max_length=80, required=False, allow_blank=True)
    starts_on = DayField(required=False, allow_null=True)
    ends_on = DayField(required=False, allow_null=True)
    note = LineField(max_length=500, required=False, allow_blank=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        holding: Holding | None = self.context.get("holding")
        if holding is not None:
            _keep_taking(self.fields["product"], [holding.product])

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        """Only what is asked of such a thing on its page; only a product may do without a name."""
        holding: Holding | None = self.context.get("holding")
        kind = holding.kind if holding else data["kind"]
        unasked = {name for name, value in data.items() if value} - {*LABELS[kind], "kind", "note", "base"}
        if unasked:
            raise serializers.ValidationError(dict.fromkeys(unasked, _("This is not asked of such a thing.")))
        if kind != HoldingKind.PRODUCT and not data.get("name", holding.name if holding else ""):
            raise serializers.ValidationError({"name": _("Please say what it is.")})
        return data


class HoldingChange(_Thing):
    """What of a thing is to change; what is left out stays. ``base`` is that of the thing as it was read."""

    base = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class HoldingIn(_Thing):
    """Something that the customer has of us; contracts and orders belong to the file and are not taken here."""

    kind = serializers.ChoiceField(choices=[(kind.value, kind.label) for kind in Holding.ON_CARD])


class FollowUpIn(serializers.Serializer[Any]):
    """What is to be done after it, by whom and until when."""

    what = LineField(max_length=500)
    by = CodeField(queryset=_PEOPLE, slug_field="username")
    on = DayField()


class CommunicationIn(serializers.Serializer[Any]):
    """A visit, call, letter, meeting or event to write down (CUS-11, CUS-15)."""

    kind = serializers.ChoiceField(choices=CommunicationKind.choices)
    happened_at = TimeField()
    content = TextField(max_length=_LONGEST)
    place = LineField(max_length=200, required=False, allow_blank=True)
    persons_met = LineField(max_length=200, required=False, allow_blank=True)
    visitors = serializers.ListField(
        child=CodeField(queryset=_PEOPLE, slug_field="username"), max_length=VISITORS, required=False
    )
    opinions = TextField(max_length=_LONGEST, required=False, allow_blank=True)
    handling = TextField(max_length=_LONGEST, required=False, allow_blank=True)
    result = TextField(max_length=_LONGEST, required=False, allow_blank=True)
    follow_up = FollowUpIn(required=False, allow_null=True)


def _keep_taking(field: Any, stored: Iterable[Model | None]) -> None:
    """Go on taking what is stored, also who left and what is retired: else what was read could not be sent back."""
    if keys := [row.pk for row in stored if row is not None]:
        field.queryset = field.queryset | field.queryset.model._default_manager.filter(pk__in=keys)
