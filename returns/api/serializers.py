"""What answers say of a return and its parts: as much as its page, masked where it is masked there (SEC-08)."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from audit.models import Event
from cases.verbs import actor_of
from customers.models import Customer
from organization.masks import mask_email, mask_name, mask_phone
from regulations.models import Approval
from returns import rights
from returns.access import ReturnAccess
from returns.lifecycle import Handling, Outcome, Place, State
from returns.models import (
    Inspection,
    Refund,
    RefundRefusal,
    RepairNote,
    RepairOrder,
    ReturnClock,
    Satisfaction,
    SlipContact,
    SlipFile,
    SlipLine,
    Source,
)
from returns.queries.board import Row
from returns.queries.facts import LineSums
from returns.queries.moves import may_explain, offers
from returns.queries.page import Dossier
from returns.windows import Sum


class ReturnRow(serializers.Serializer[Row]):
    """A return in a list: what stands on the board and in the account book."""

    number = serializers.CharField(source="slip.number")
    state = serializers.ChoiceField(choices=State.choices, source="slip.state")
    wish = serializers.ChoiceField(choices=Handling.choices, source="slip.wish")
    handling = serializers.ChoiceField(choices=Handling.choices, allow_blank=True, source="slip.handling")
    reason = serializers.CharField(source="slip.reason")
    outcome = serializers.ChoiceField(choices=Outcome.choices, allow_blank=True, source="slip.outcome")
    customer = serializers.CharField()
    goods = serializers.CharField()
    units = serializers.IntegerField()
    turn = serializers.CharField(source="slip.turn", allow_blank=True, help_text="The function whose step is next.")
    turn_since = serializers.DateTimeField(source="slip.turn_since")
    registered_at = serializers.DateTimeField(source="slip.registered_at")
    due_at = serializers.DateTimeField(source="slip.due_at", allow_null=True)
    version = serializers.IntegerField(source="slip.version")


class ReturnContactOut(serializers.Serializer[Any]):
    """Who returns it. Name, telephone and e-mail are masked, the address left out, for whom they are on the page."""

    name = serializers.CharField()
    organisation = serializers.CharField(allow_blank=True)
    phone = serializers.CharField(allow_blank=True)
    email = serializers.CharField(allow_blank=True)
    address = serializers.CharField(required=False, allow_blank=True)


class SumOut(serializers.Serializer[Sum]):
    """A return window or the warranty, as it was computed; ``holds`` null where a date is missing."""

    label = serializers.CharField()  # type: ignore[assignment]
    begins = serializers.DateField(allow_null=True)
    ends = serializers.DateField(allow_null=True)
    day = serializers.IntegerField(allow_null=True)
    holds = serializers.BooleanField(allow_null=True)


class ReturnLineOut(serializers.ModelSerializer[SlipLine]):
    """One sort of goods."""

    product = serializers.CharField(source="product.code", default=None, allow_null=True)
    name = serializers.CharField(source="__str__")

    class Meta:
        model = SlipLine
        fields = [
            "id", "product", "name", "product_text", "batch", "serial", "announced", "counted", "difference",
            "difference_note", "purchased_on", "received_on", "accepted_on", "warranty_ends_on", "excluded",
        ]  # fmt: skip
        read_only_fields = fields


class LineSumsOut(serializers.Serializer[LineSums]):
    """The windows and the warranty of one line."""

    line = serializers.IntegerField(source="line.pk")
    windows = SumOut(many=True)
    warranty = SumOut()
    in_warranty = serializers.BooleanField()


class InspectionOut(serializers.ModelSerializer[Inspection]):
    """A re-inspection; ``passed`` is null while it has no result."""

    by = serializers.CharField(source="by.username", default=None, allow_null=True)

    class Meta:
        model = Inspection
        fields = ["id", "purpose", "question", "asked_at", "passed", "findings", "by", "at"]
        read_only_fields = fields


class RepairNoteOut(serializers.ModelSerializer[RepairNote]):
    """A piece of progress."""

    by = serializers.CharField(source="by.username")

    class Meta:
        model = RepairNote
        fields = ["kind", "text", "quantity", "minutes", "by", "at"]
        read_only_fields = fields


class RepairOut(serializers.ModelSerializer[RepairOrder]):
    """The work order."""

    repairer = serializers.CharField(source="repairer.username")

    class Meta:
        model = RepairOrder
        fields = [
            "number", "repairer", "planned_on", "tools", "free", "scheduled_at", "started_at", "detection",
            "work", "cause", "finished_at", "response", "effect", "attitude",
        ]  # fmt: skip
        read_only_fields = fields


class RefundOut(serializers.ModelSerializer[Refund]):
    """The payment."""

    by = serializers.CharField(source="by.username")

    class Meta:
        model = Refund
        fields = ["amount", "way", "reference", "paid_on", "by", "at"]
        read_only_fields = fields


class RefundRefusalOut(serializers.ModelSerializer[RefundRefusal]):
    """A payment that the gate refused."""

    by = serializers.CharField(source="by.username", default=None, allow_null=True)
    reasons = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = RefundRefusal
        fields = ["via", "amount", "reasons", "by", "at"]
        read_only_fields = fields


class RefundApprovalOut(serializers.ModelSerializer[Approval]):
    """The question to the general manager; ``granted`` is null while nobody decided."""

    class Meta:
        model = Approval
        fields = ["asked_at", "decided_at", "granted"]
        read_only_fields = fields


class ReturnClockOut(serializers.ModelSerializer[ReturnClock]):
    """A limit of a return."""

    state = serializers.CharField()

    class Meta:
        model = ReturnClock
        fields = [
            "id", "kind", "started_at", "due_at", "first_due_at", "provisional", "met_at", "breached_at",
            "breach_reason", "state",
        ]  # fmt: skip
        read_only_fields = fields


class ReturnFileOut(serializers.ModelSerializer[SlipFile]):
    """A file of a return; its bytes are at ``/returns/<number>/files/<id>/``."""

    name = serializers.CharField(source="file.claimed_name")
    size = serializers.IntegerField(source="file.size")
    sha256 = serializers.CharField(source="file.sha256")
    state = serializers.CharField(source="file.state")

    class Meta:
        model = SlipFile
        fields = ["id", "name", "size", "sha256", "state", "subject", "from_customer", "at"]
        read_only_fields = fields


class ReturnTalkOut(serializers.ModelSerializer[SlipContact]):
    """A letter, call or visit."""

    number = serializers.CharField()
    direction = serializers.ChoiceField(choices=SlipContact.Direction.values)
    channel = serializers.CharField(source="channel.code")
    by = serializers.CharField(source="by.username")

    class Meta:
        model = SlipContact
        fields = ["number", "direction", "channel", "text", "happened_at", "by"]
        read_only_fields = fields


class HappeningOut(serializers.Serializer[Event]):
    """A happening of the history."""

    at = serializers.DateTimeField()
    verb = serializers.CharField()
    actor = serializers.SerializerMethodField()

    def get_actor(self, event: Event) -> str:
        """Who did it, as the page names it."""
        return actor_of(event)


class ReasonOut(serializers.Serializer[Any]):
    """Something that stands against an act."""

    code = serializers.CharField()
    text = serializers.CharField(source="__str__")


class OfferOut(serializers.Serializer[Any]):
    """What this person may do now; with ``reasons`` it is blocked yet."""

    name = serializers.CharField()
    reasons = ReasonOut(many=True)


class ReturnDetail(serializers.Serializer[Dossier]):
    """A return with everything that this reader sees on its page."""

    number = serializers.CharField(source="slip.number")
    state = serializers.ChoiceField(choices=State.choices, source="slip.state")
    wish = serializers.ChoiceField(choices=Handling.choices, source="slip.wish")
    handling = serializers.ChoiceField(choices=Handling.choices, allow_blank=True, source="slip.handling")
    reason = serializers.CharField(source="slip.reason")
    outcome = serializers.ChoiceField(choices=Outcome.choices, allow_blank=True, source="slip.outcome")
    version = serializers.IntegerField(source="slip.version")
    source = serializers.ChoiceField(choices=Source.choices, source="slip.source")  # type: ignore[assignment]
    turn = serializers.CharField(source="slip.turn", allow_blank=True)
    turn_since = serializers.DateTimeField(source="slip.turn_since")
    due_at = serializers.DateTimeField(source="slip.due_at", allow_null=True)
    description = serializers.CharField(source="slip.description", allow_blank=True)
    unused = serializers.BooleanField(source="slip.unused")
    claimed_amount = serializers.DecimalField(
        source="slip.claimed_amount", max_digits=12, decimal_places=2, allow_null=True
    )
    contact = serializers.SerializerMethodField()
    customer = serializers.SerializerMethodField()
    case = serializers.CharField(source="slip.case.number", default=None, allow_null=True)
    detached_reason = serializers.CharField(source="slip.detached_reason", allow_blank=True)
    continues = serializers.CharField(source="slip.continues.number", default=None, allow_null=True)
    registered_at = serializers.DateTimeField(source="slip.registered_at")
    accepted_at = serializers.DateTimeField(source="slip.accepted_at", allow_null=True)
    received_at = serializers.DateTimeField(source="slip.received_at", allow_null=True)
    confirmed_at = serializers.DateTimeField(source="slip.confirmed_at", allow_null=True)
    refused_at = serializers.DateTimeField(source="slip.refused_at", allow_null=True)
    released_at = serializers.DateTimeField(source="slip.released_at", allow_null=True)
    delivered_at = serializers.DateTimeField(source="slip.delivered_at", allow_null=True)
    delivery_assumed = serializers.BooleanField(source="slip.delivery_assumed")
    ended_at = serializers.DateTimeField(source="slip.ended_at", allow_null=True)
    place = serializers.ChoiceField(choices=Place.choices, source="slip.place")
    opinion = serializers.CharField(source="slip.opinion", allow_blank=True)
    refund_amount = serializers.DecimalField(
        source="slip.refund_amount", max_digits=12, decimal_places=2, allow_null=True
    )
    exception_reason = serializers.CharField(source="slip.exception_reason", allow_blank=True)
    refused_reason = serializers.CharField(source="slip.refused_reason", allow_blank=True)
    shipment = serializers.CharField(source="slip.shipment", allow_blank=True)
    end_note = serializers.CharField(source="slip.end_note", allow_blank=True)
    liable_department = serializers.CharField(source="slip.liable_department.code", default=None, allow_null=True)
    liable_person = serializers.CharField(source="slip.liable_text", allow_blank=True)
    liable_handling = serializers.CharField(source="slip.liable_handling", allow_blank=True)
    satisfaction = serializers.ChoiceField(choices=Satisfaction.choices, allow_blank=True, source="slip.satisfaction")
    satisfaction_note = serializers.CharField(source="slip.satisfaction_note", allow_blank=True)
    called_back_at = serializers.DateTimeField(source="slip.called_back_at", allow_null=True)
    lines = ReturnLineOut(many=True)
    sums = LineSumsOut(many=True)
    inspections = InspectionOut(many=True)
    repair = RepairOut(source="order", allow_null=True)
    notes = RepairNoteOut(many=True)
    refund = RefundOut(allow_null=True)
    refusals = RefundRefusalOut(many=True)
    approval = RefundApprovalOut(allow_null=True)
    clocks = ReturnClockOut(many=True)
    files = ReturnFileOut(many=True)
    contacts = ReturnTalkOut(many=True)
    events = HappeningOut(many=True)
    acts = serializers.SerializerMethodField()
    may_explain = serializers.SerializerMethodField()

    @property
    def _access(self) -> ReturnAccess:
        found: ReturnAccess = self.context["access"]
        return found

    @extend_schema_field(ReturnContactOut)
    def get_contact(self, dossier: Dossier) -> dict[str, str]:
        """As the page shows it to this person."""
        slip = dossier.slip
        name = slip.contact_name if rights.sees_name(self._access.who, slip) else mask_name(slip.contact_name)
        found = {"name": name, "organisation": slip.contact_organisation}
        if self._access.contact:
            return found | {
                "phone": slip.contact_phone, "email": slip.contact_email, "address": slip.contact_address,
            }  # fmt: skip
        masked = {"phone": mask_phone(slip.contact_phone), "email": mask_email(slip.contact_email)}
        return found | masked

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_customer(self, dossier: Dossier) -> int | None:
        """The customer's number; null where there is none of whom this person may know."""
        if dossier.slip.customer_id is None:
            return None
        known = Customer.objects.visible_to(self._access.who).filter(pk=dossier.slip.customer_id)
        return dossier.slip.customer_id if known.exists() else None

    @extend_schema_field(OfferOut(many=True))
    def get_acts(self, dossier: Dossier) -> Any:
        """The buttons of the page."""
        access = self._access
        found = offers(dossier, access.permissions, access.who)
        return OfferOut([*found.head, *found.more], many=True).data

    def get_may_explain(self, dossier: Dossier) -> bool:
        """Whether this person says what became of a difference."""
        return may_explain(dossier, self._access.permissions)
