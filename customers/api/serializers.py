"""What answers say of a customer: as much as the page of the card, never more (A-31, SEC-08)."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from customers.access import CustomerAccess
from customers.actions.holdings import holding_facts
from customers.actions.people import facts_of
from customers.fields import CARD
from customers.models import (
    Communication,
    CommunicationKind,
    ContactType,
    CustomerType,
    Holding,
    Secrecy,
    Tier,
    VisitClass,
)
from customers.queries.card import CallerCard
from customers.queries.file import filled
from customers.queries.holdings import holdings_of
from organization.stale import stamp


class Moved(serializers.Serializer[Any]):
    """This customer is part of another now; or why something was refused, without ``kept``."""

    detail = serializers.CharField()
    kept = serializers.IntegerField(required=False, help_text="The number of the customer that stays.")


class OrganisationOut(serializers.Serializer[Any]):
    """The organisation to which a person belongs."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class CustomerRow(serializers.Serializer[CallerCard]):
    """A customer in a list: what stands on the page, masked where it is masked there."""

    id = serializers.IntegerField(source="customer.pk")
    type = serializers.ChoiceField(choices=CustomerType.choices, source="customer.type")
    name = serializers.CharField(source="customer.name")
    organisation = serializers.SerializerMethodField()
    phones = serializers.ListField(child=serializers.CharField(), source="phones_shown")
    emails = serializers.ListField(child=serializers.CharField(), source="emails_shown")
    visit_class = serializers.ChoiceField(choices=VisitClass.choices, allow_blank=True)
    tier = serializers.ChoiceField(choices=Tier.choices, allow_blank=True, source="customer.tier")
    secrecy = serializers.ChoiceField(choices=Secrecy.choices, source="customer.secrecy")

    @extend_schema_field(OrganisationOut(allow_null=True))
    def get_organisation(self, card: CallerCard) -> dict[str, Any] | None:
        """Null where there is none that this person may know of."""
        return {"id": card.customer.organisation_id, "name": card.organisation} if card.organisation else None


@extend_schema_serializer(many=False)
class CustomerPage(serializers.Serializer[Any]):
    """A page of customers in the order of their names; ``next`` and ``previous`` are addresses, null at the ends."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = CustomerRow(many=True)


class ReachOut(serializers.Serializer[Any]):
    """A number or address; ``refused`` ones only for who changes the card, as on the pages."""

    type = serializers.ChoiceField(choices=ContactType.choices)
    value = serializers.CharField()
    refused = serializers.BooleanField()


class HoldingOut(serializers.ModelSerializer[Holding]):
    """A product, vehicle or project of a customer. ``base`` goes back with a change; empty for who may not change."""

    product = serializers.CharField(source="product.code", default=None, allow_null=True)
    base = serializers.SerializerMethodField()

    class Meta:
        model = Holding
        fields = ["id", "kind", "name", "product", "serial", "starts_on", "ends_on", "note", "version", "base"]
        read_only_fields = fields

    def get_base(self, row: Holding) -> str:
        """The stamp of what was read."""
        return stamp(holding_facts(row)) if self.context["access"].edits_card else ""


class CustomerDetail(CustomerRow):
    """The contact card (A-31): contacts masked where ``is_masked``; ``base`` is for who may change it, else empty."""

    kinds = serializers.SerializerMethodField()
    attention = serializers.CharField()
    salesperson = serializers.CharField(source="customer.salesperson.username", default=None, allow_null=True)
    custodian = serializers.CharField(source="customer.custodian.username", default=None, allow_null=True)
    is_masked = serializers.SerializerMethodField()
    contacts = serializers.SerializerMethodField()
    fields_of_card = serializers.SerializerMethodField()
    holdings = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField(source="customer.created_at")
    updated_at = serializers.DateTimeField(source="customer.file_updated_at", allow_null=True)
    version = serializers.IntegerField(source="customer.version")
    base = serializers.SerializerMethodField()

    @property
    def _access(self) -> CustomerAccess:
        access: CustomerAccess = self.context["access"]
        return access

    def get_kinds(self, card: CallerCard) -> list[str]:
        """The codes of its kinds (CUS-03)."""
        return [kind.code for kind in card.customer.kinds.all()]

    def get_is_masked(self, card: CallerCard) -> bool:
        """Whether numbers and addresses are masked for this person (SEC-08, CUS-17)."""
        return not self._access.sees_contacts

    @extend_schema_field(ReachOut(many=True))
    def get_contacts(self, card: CallerCard) -> list[dict[str, Any]]:
        """As on the card; with those at which the customer refuses to be reached, for who changes it."""
        if self._access.edits_card:
            points = card.customer.contact_points.all()
            return [{"type": point.type, "value": point.value, "refused": point.refused} for point in points]
        ways = ((ContactType.EMAIL, card.emails_shown), (ContactType.PHONE, card.phones_shown))
        return [{"type": kind, "value": value, "refused": False} for kind, values in ways for value in values]

    @extend_schema_field(serializers.DictField(child=serializers.CharField()))
    def get_fields_of_card(self, card: CallerCard) -> dict[str, str]:
        """Address, postcode, fax: what is collected (CUS-20) and filled; nothing where contacts are masked."""
        lines = filled(card.customer, CARD) if self._access.sees_contacts else []
        return {line.name: line.value for line in lines}

    @extend_schema_field(HoldingOut(many=True))
    def get_holdings(self, card: CallerCard) -> Any:
        """Products, vehicles and projects; contracts and orders belong to the file."""
        return HoldingOut(holdings_of(card.customer).on_card(), many=True, context=self.context).data

    def get_base(self, card: CallerCard) -> str:
        """The stamp of what was read, for who changes it."""
        # For nobody else: a masked number could be guessed from its digest.
        return stamp(facts_of(card.customer)) if self._access.edits_card else ""


class FollowUpOut(serializers.Serializer[Communication]):
    """What is to be done after a communication, by whom, until when; and that it was done."""

    what = serializers.CharField(source="follow_up")
    by = serializers.CharField(source="follow_up_by.username")
    on = serializers.DateField(source="follow_up_on")
    done_at = serializers.DateTimeField(source="followed_up_at", allow_null=True)
    done = serializers.CharField(source="followed_up_note")


class CommunicationOut(serializers.ModelSerializer[Communication]):
    """A visit, call, letter, meeting or event; ``customer`` may be a person of the organisation that was asked for."""

    kind = serializers.ChoiceField(choices=CommunicationKind.choices)
    visitors: Any = serializers.SlugRelatedField(slug_field="username", many=True, read_only=True)
    follow_up = serializers.SerializerMethodField()
    recorded_by = serializers.CharField(source="recorded_by.username")

    class Meta:
        model = Communication
        fields = [
            "id",
            "customer",
            "kind",
            "happened_at",
            "place",
            "persons_met",
            "visitors",
            "content",
            "opinions",
            "handling",
            "result",
            "follow_up",
            "recorded_by",
            "recorded_at",
            "version",
        ]
        read_only_fields = fields

    @extend_schema_field(FollowUpOut(allow_null=True))
    def get_follow_up(self, row: Communication) -> Any:
        """Null where nothing is to be followed up."""
        return FollowUpOut(row).data if row.follow_up else None
