"""What belongs to one customer: communications, and the products, vehicles and projects of the card."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from customers.access import CustomerAccess, get_communication, get_holding
from customers.actions.communications import FollowUp, Talk, record_communication
from customers.actions.holdings import Held, add_holding, change_holding, holding_facts, remove_holding
from customers.api import bodies
from customers.api import serializers as s
from customers.api.base import PART, CustomerFrame, moved, writing
from customers.models import Holding
from customers.queries.communications import communications_of
from customers.queries.holdings import holdings_of
from organization.api.frame import Body
from organization.api.paging import ByTime
from organization.stale import stamp


class LatestFirst(ByTime):
    """What happened last comes first."""

    ordering = ("-happened_at", "-id")


class PartsOfCustomer(CustomerFrame):
    """For who sees the customer's numbers, communications; for who changes the card, the rest (A-31, SEC-08)."""

    # --- Communications --------------------------------------------------------------------------------

    @extend_schema(
        methods=["get"],
        summary="Communications, the latest first",
        responses={200: s.CommunicationOut(many=True), **moved()},
    )
    @extend_schema(
        methods=["post"],
        summary="Write a communication down",
        request=bodies.CommunicationIn,
        responses={201: s.CommunicationOut, **writing()},
    )
    @action(detail=True, methods=["get", "post"], pagination_class=LatestFirst)
    def communications(self, request: Request, pk: str) -> Response:
        """Of an organisation also those with its people; only where contact data are not masked."""
        if request.method == "POST":
            return self._write_down(pk)
        access = self._access(pk)
        access.require(access.sees_contacts)
        self._note_reading(access)
        rows: Any = communications_of(access.customer, access.who)
        page: Any = self.paginate_queryset(rows)
        return self.get_paginated_response(s.CommunicationOut(page, many=True).data)

    def _write_down(self, pk: str) -> Response:
        access = self._access(pk)
        access.require(access.sees_contacts)
        data = self._clean(bodies.CommunicationIn)
        talk = _talk(data)
        row = record_communication(access.customer, talk, by=self._actor())
        return Response(s.CommunicationOut(row).data, status=status.HTTP_201_CREATED)

    @extend_schema(summary="One communication", responses={200: s.CommunicationOut, **moved()})
    @action(detail=True, methods=["get"], url_path=f"communications/{PART}", pagination_class=None)
    def communication(self, request: Request, pk: str, part: str) -> Response:
        """As on its page."""
        access = self._access(pk)
        row = get_communication(access, int(part))
        self._note_reading(access)
        return Response(s.CommunicationOut(row).data)

    # --- What the customer has of us -------------------------------------------------------------------

    @extend_schema(
        methods=["get"],
        summary="Products, vehicles and projects",
        responses={200: s.HoldingOut(many=True), **moved()},
    )
    @extend_schema(
        methods=["post"],
        summary="Add a product, vehicle or project",
        request=bodies.HoldingIn,
        responses={201: s.HoldingOut, **writing()},
    )
    @action(detail=True, methods=["get", "post"], pagination_class=None)
    def holdings(self, request: Request, pk: str) -> Response:
        """As on the card; contracts and orders belong to the file."""
        access = self._access(pk)
        if request.method == "POST":
            access.require(access.edits_card)
            held = Held(**self._clean(bodies.HoldingIn))
            row = add_holding(access.customer, held, by=self._actor())
            return self._holding(access, row, status.HTTP_201_CREATED)
        self._note_reading(access)
        rows = holdings_of(access.customer).on_card()
        return Response(s.HoldingOut(rows, many=True, context={"access": access}).data)

    @extend_schema(
        summary="Change a product, vehicle or project",
        request=bodies.HoldingChange,
        responses={200: s.HoldingOut, **writing()},
    )
    @action(detail=True, methods=["patch"], url_path=f"holdings/{PART}", pagination_class=None)
    def holding(self, request: Request, pk: str, part: str) -> Response:
        """Only what is sent; its kind stays."""
        access = self._access(pk)
        row = get_holding(access, int(part), kinds=Holding.ON_CARD)
        read = stamp(holding_facts(row))
        data, base = self._given(access, bodies.HoldingChange, holding=row)
        held = replace(_held(row), **data)
        return self._holding(access, change_holding(row, held, by=self._actor(), base=base or read))

    @extend_schema(summary="Take it out of the card", request=None, responses={204: None, **writing()})
    @action(detail=True, methods=["post"], url_path=f"holdings/{PART}/remove", pagination_class=None)
    def remove_holding(self, request: Request, pk: str, part: str) -> Response:
        """The update log keeps it."""
        access = self._access(pk)
        remove_holding(get_holding(access, int(part), kinds=Holding.ON_CARD), by=self._actor())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _holding(self, access: CustomerAccess, row: Holding, code: int = status.HTTP_200_OK) -> Response:
        return Response(s.HoldingOut(row, context={"access": access}).data, status=code)


def _talk(data: Body) -> Talk:
    follow_up, visitors = data.pop("follow_up", None), data.pop("visitors", ())
    return Talk(
        **data,
        visitors=tuple({person.pk: person for person in visitors}.values()),
        follow_up=FollowUp(**follow_up) if follow_up else None,
    )


def _held(row: Holding) -> Held:
    """The thing as it stands."""
    return Held(row.kind, row.name, row.product, row.serial, row.starts_on, row.ends_on, row.amount, row.note)
