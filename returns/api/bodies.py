"""What requests may say, body by body: checked and cleaned like the forms of the pages."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from cases.api.bodies import UploadIn, Versioned
from cases.models import Case, Channel, Kind
from customers.models import Customer
from organization.api.fields import CodeField, DayField, LineField, TextField, TimeField
from organization.models import Department, Product, User
from organization.queries import Identity
from organization.requests import number
from returns.actions.opening import MOST_LINES
from returns.lifecycle import Handling, Place
from returns.models import Refund, RepairNote, Satisfaction, SlipContact, SlipLine

_REASON, _TEXT = 500, 20_000
_QUANTITY = 1_000_000
_MONEY: dict[str, Any] = {"max_digits": 12, "decimal_places": 2, "min_value": Decimal("0.01")}
_MARK: dict[str, Any] = {"min_value": 1, "max_value": 5, "required": False, "allow_null": True}


class CustomerField(serializers.IntegerField):
    """A customer by number; nobody names one of whom he or she may not know."""

    def to_internal_value(self, data: Any) -> Any:
        """The row."""
        known = Customer.objects.visible_to(self.context["who"])
        found = known.filter(pk=number(str(super().to_internal_value(data))) or 0).first()
        if found is None:
            raise serializers.ValidationError(_("There is no such customer."))
        return found


def case_of(number: str, who: Identity) -> Case:
    """A case by its number; one that this person may not see is like an absent one."""
    found = Case.objects.visible_to(who).filter(number=number).first()
    if found is None:
        raise serializers.ValidationError(_("There is no case with this number."))
    return found


class GoodsIn(serializers.Serializer[Any]):
    """One line of a slip: a product of the list or a name, and how many."""

    product = CodeField(queryset=Product.objects.active(), required=False, allow_null=True)
    product_text = LineField(max_length=120, required=False, allow_blank=True)
    announced = serializers.IntegerField(min_value=1, max_value=_QUANTITY)
    batch = LineField(max_length=60, required=False, allow_blank=True)
    serial = LineField(max_length=80, required=False, allow_blank=True)
    purchased_on = DayField(required=False, allow_null=True)
    received_on = DayField(required=False, allow_null=True)
    accepted_on = DayField(required=False, allow_null=True)
    warranty_ends_on = DayField(required=False, allow_null=True)
    excluded = serializers.ChoiceField(choices=SlipLine.Excluded.choices, required=False, allow_blank=True)

    def get_fields(self) -> dict[str, Any]:
        """A correction goes on taking the products that the slip holds, also retired ones."""
        fields: dict[str, Any] = super().get_fields()
        if slip := self.context.get("slip"):
            held = Product.objects.filter(pk__in=slip.lines.values("product"))
            fields["product"].queryset = fields["product"].queryset | held
        return fields


class ReturningContactIn(serializers.Serializer[Any]):
    """Who returns the goods, and where they go back to."""

    name = LineField(max_length=100)
    organisation = LineField(max_length=100, required=False, allow_blank=True)
    phone = LineField(max_length=60, required=False, allow_blank=True)
    email = serializers.EmailField(max_length=120, required=False, allow_blank=True)
    address = LineField(max_length=200, required=False, allow_blank=True)


class ReturnIn(serializers.Serializer[Any]):
    """A return acceptance slip to open. The same ``submission_key`` returns the slip of the first submission."""

    wish = serializers.ChoiceField(choices=Handling.choices)
    reason = LineField(max_length=40)
    description = TextField(max_length=_TEXT)
    unused = serializers.BooleanField(default=False)
    claimed_amount = serializers.DecimalField(required=False, allow_null=True, **_MONEY)
    contact = ReturningContactIn()
    goods = serializers.ListField(child=GoodsIn(), min_length=1, max_length=MOST_LINES)
    case = LineField(max_length=20, required=False, help_text="Number of the case it belongs to.")
    customer = CustomerField(required=False, allow_null=True, help_text="Number of the customer whose file knows it.")
    submission_key = serializers.UUIDField(required=False, allow_null=True)

    def validate_case(self, given: str) -> Case:
        """The row."""
        return case_of(given, self.context["who"])


class ContactChange(ReturningContactIn):
    """What of the contact is to change."""

    name = LineField(max_length=100, required=False)


class ReturnCorrection(Versioned):
    """The fields to correct; what is not sent stays as it is. ``goods`` are sent whole, in the order of the lines."""

    reason = LineField(max_length=40, required=False)
    description = TextField(max_length=_TEXT, required=False)
    unused = serializers.BooleanField(required=False)
    claimed_amount = serializers.DecimalField(required=False, allow_null=True, **_MONEY)
    contact = ContactChange(required=False)
    goods = serializers.ListField(child=GoodsIn(), min_length=1, max_length=MOST_LINES, required=False)


class ReturnReasonIn(Versioned):
    """Why."""

    reason = TextField(max_length=_REASON)


class RepairOpinionIn(Versioned):
    """Where it is repaired, and an opinion for the customer, which may be empty."""

    place = serializers.ChoiceField(choices=Place.choices, default=Place.FACTORY)
    opinion = TextField(max_length=_TEXT, required=False, allow_blank=True)


class DifferenceIn(serializers.Serializer[Any]):
    """What became of a difference, and in words why."""

    difference = serializers.ChoiceField(choices=SlipLine.Difference.choices)
    note = LineField(max_length=_REASON, required=False, allow_blank=True)


class ExplanationIn(Versioned, DifferenceIn):
    """The same as an act of its own."""


class CountIn(DifferenceIn):
    """What was counted of one line; a difference may be explained later."""

    line = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    quantity = serializers.IntegerField(min_value=0, max_value=_QUANTITY)
    difference = serializers.ChoiceField(choices=SlipLine.Difference.choices, required=False, allow_blank=True)


class ArrivalCountIn(Versioned):
    """The counted quantity of each line."""

    counted = serializers.ListField(child=CountIn(), min_length=1, max_length=MOST_LINES)
    happened_at = TimeField(required=False, allow_null=True)


class QuestionIn(Versioned):
    """What the inspector should look at."""

    question = TextField(max_length=_REASON)


class InspectionIn(Versioned):
    """What a re-inspection found. Photographs are attached before, as files."""

    passed = serializers.BooleanField()
    findings = TextField(max_length=_TEXT)


class ConfirmationIn(Versioned):
    """The decision of the head who owns the reason."""

    handling = serializers.ChoiceField(choices=Handling.choices)
    opinion = TextField(max_length=_TEXT)
    refund_amount = serializers.DecimalField(required=False, allow_null=True, **_MONEY)
    exception = TextField(max_length=_REASON, required=False, allow_blank=True)


class RefundDecisionIn(Versioned):
    """The general manager's decision; a refusal needs words."""

    granted = serializers.BooleanField()
    opinion = TextField(max_length=_REASON, required=False, allow_blank=True)


class PaymentIn(serializers.Serializer[Any]):
    """What finance paid. Without ``version``: the gate is asked whatever the program has read, and keeps a refusal."""

    amount = serializers.DecimalField(**_MONEY)
    way = serializers.ChoiceField(choices=Refund.Way.choices)
    reference = LineField(max_length=60)
    paid_on = DayField()


class AmendedPaymentIn(PaymentIn, Versioned):
    """The payment as it should have been recorded, and what was wrong."""

    reason = TextField(max_length=_REASON)


class LiabilityIn(Versioned):
    """Who caused it, and how that was handled."""

    department = CodeField(queryset=Department.objects.active())
    person = LineField(max_length=120, required=False, allow_blank=True)
    handling = TextField(max_length=_TEXT)


class OtherPlaceIn(Versioned):
    """The other place, and why it is repaired there."""

    place = serializers.ChoiceField(choices=Place.choices)
    reason = TextField(max_length=_REASON)


class ScheduleIn(Versioned):
    """Who repairs it, when and with what."""

    repairer = CodeField(queryset=User.objects.filter(is_active=True), slug_field="username")
    planned_on = DayField()
    tools = LineField(max_length=300, required=False, allow_blank=True)


class WorkIn(Versioned):
    """Work done with its minutes, or a part that was put in with its quantity."""

    kind = serializers.ChoiceField(choices=RepairNote.Kind.choices)
    text = LineField(max_length=300)
    quantity = serializers.DecimalField(
        max_digits=9, decimal_places=2, min_value=Decimal("0.01"), default=Decimal(1), required=False
    )
    minutes = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=10_080)


class RepairReportIn(Versioned):
    """What the repair record needs."""

    detection = TextField(max_length=_TEXT)
    work = TextField(max_length=_TEXT)
    cause = TextField(max_length=_TEXT)


class ReleaseIn(Versioned):
    """How it goes back: carrier and number, or handed over to whom."""

    shipment = LineField(max_length=120)


class DeliveryIn(Versioned):
    """When the customer had it; now where nothing is sent."""

    happened_at = TimeField(required=False, allow_null=True)


class CallbackIn(Versioned):
    """What the customer said; marks from 1 to 5 for a repair only."""

    satisfaction = serializers.ChoiceField(choices=Satisfaction.choices)
    note = TextField(max_length=_TEXT, required=False, allow_blank=True)
    response = serializers.IntegerField(**_MARK)
    effect = serializers.IntegerField(**_MARK)
    attitude = serializers.IntegerField(**_MARK)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        """What would be left aside in silence is refused (F47)."""
        slip = self.context["slip"]
        marks = [name for name in ("response", "effect", "attitude") if data.get(name) is not None]
        if marks and slip.outcome not in {"", "repaired"}:
            raise serializers.ValidationError(dict.fromkeys(marks, _("Marks are given for a repair only.")))
        return data


class ReturnTalkIn(Versioned):
    """A letter, call or visit about the return."""

    direction = serializers.ChoiceField(choices=SlipContact.Direction.values)  # as in a contact of a case
    channel = CodeField(queryset=Channel.objects.active())
    text = TextField(max_length=_TEXT)
    happened_at = TimeField(required=False, allow_null=True)


class MatterIn(Versioned):
    """What the new case is about."""

    kind = CodeField(queryset=Kind.objects.active())
    channel = CodeField(queryset=Channel.objects.active().exclude(code="import"))
    text = TextField(max_length=_TEXT)


class LinkIn(Versioned):
    """Which case."""

    number = LineField(max_length=20)

    def validate_number(self, given: str) -> Case:
        """The row."""
        return case_of(given, self.context["who"])


class ReturnUploadIn(UploadIn):
    """Files to attach (multipart); ``certificate`` where they are the copy of the acceptance certificate."""

    certificate = serializers.BooleanField(default=False)
