"""Customers in the JSON API: the list, the contact card, opening a file and changing the card."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from audit.exceptions import InvalidInput, NotAllowed
from customers import rights
from customers.actions.people import Facts, Reach, facts_of, open_file, update_customer
from customers.api import bodies
from customers.api import serializers as s
from customers.api.base import moved, writing
from customers.api.parts import PartsOfCustomer
from customers.models import Customer
from customers.queries import search
from customers.queries.card import belongs_unseen, cards_of
from organization.api.frame import Body, Refusal, filled
from organization.queries import Identity, identity_of
from organization.stale import stamp

MATCHES = 25


@extend_schema(tags=["customers"])
class CustomerViewSet(PartsOfCustomer):
    """Customers: list, open, read and change."""

    lookup_value_regex = "[0-9]{1,18}"
    pagination_class = None
    queryset = Customer.objects.none()

    @extend_schema(
        summary="Customers in the order of their names, or those who fit what is searched",
        parameters=[bodies.CustomersWanted],
        responses={200: s.CustomerPage, 400: Refusal, 403: Refusal, 404: Refusal},
    )
    def list(self, request: Request) -> Response:
        """Whom this person may know of, with what stands on the page."""
        who = identity_of(self._user)
        if not rights.works_with_customers(who):
            raise NotAllowed
        given = bodies.CustomersWanted(data=request.query_params)
        given.is_valid(raise_exception=True)
        wanted = given.validated_data
        page = _found(who, wanted["q"]) if wanted.get("q") else _page(who, wanted)
        cards: Any = cards_of(page.customers, who)
        return Response(
            {
                "next": self._beside("after", page.after),
                "previous": self._beside("before", page.before),
                "results": s.CustomerRow(cards, many=True).data,
            }
        )

    def _beside(self, name: str, key: str) -> str | None:
        if not key:
            return None
        other = "before" if name == "after" else "after"
        return replace_query_param(remove_query_param(self.request.build_absolute_uri(), other), name, key)

    @extend_schema(summary="The contact card of one customer", responses={200: s.CustomerDetail, **moved()})
    def retrieve(self, request: Request, pk: str) -> Response:
        """What this person may see of it; the reading is written down (SEC-02)."""
        return self._detail(pk)

    @extend_schema(
        summary="Open a file",
        request=bodies.NewCustomerIn,
        responses={201: s.CustomerDetail, 400: Refusal, 403: Refusal, 409: s.Moved, 422: Refusal},
    )
    def create(self, request: Request) -> Response:
        """For who collects what is known of customers (CUS-29)."""
        who = identity_of(self._user)
        if not rights.collects(who):
            raise NotAllowed
        data = self._clean(bodies.NewCustomerIn, who=who)
        key = data.pop("submission_key", None)
        facts = _changed(Facts(""), data, None, who)
        customer = open_file(facts, by=self._actor(), submission_key=key)
        try:
            return self._detail(str(customer.pk), code=status.HTTP_201_CREATED)
        except Http404:
            # Somebody else's submission key: of that customer this person may not know.
            raise InvalidInput("submission_key", _("This key has been used. Please send a new one.")) from None

    @extend_schema(
        summary="Change the card",
        request=bodies.CardIn,
        responses={200: s.CustomerDetail, **writing()},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """For who collects and sees the numbers, and the custodian (CUS-29); only what is sent changes."""
        access = self._access(pk)
        access.require(access.edits_card)
        customer = access.customer
        # The stamp is made before what it stands for is read: what changes in between makes it stale, never lost.
        read = stamp(facts_of(customer))
        data, base = self._given(access, bodies.CardIn)
        facts = _changed(_facts(customer), data, customer, access.who)
        update_customer(customer, facts, by=self._actor(), base=base or read)
        return self._detail(pk)


def _found(who: Identity, term: str) -> search.Page:
    return search.Page(search.match(term, who=who, limit=MATCHES))


def _page(who: Identity, wanted: Body) -> search.Page:
    """A page of the list. On the page a key that fits nobody is none; a program would begin again and never end."""
    narrow = search.Wanted(**filled(wanted, "visit_class", "tier"))
    place = filled(wanted, "after", "before")
    for key in place.values():
        if not search.listed(who, narrow).filter(pk=search.number(key) or 0).exists():
            raise NotFound(_("The customer at which this page begins left the list. Please begin at its first page."))
    return search.page_of(who, wanted=narrow, size=wanted["page_size"], **place)


def _facts(customer: Customer) -> Facts:
    """The card as it stands."""
    points = customer.contact_points.order_by("type", "id")
    return Facts(
        name=customer.name,
        type=customer.type,
        organisation=customer.organisation,
        kinds=tuple(customer.kinds.all()),
        salesperson=customer.salesperson,
        attention=customer.attention,
        contacts=tuple(Reach(point.type, point.value, point.refused) for point in points),
        custodian=customer.custodian,
        secrecy=customer.secrecy,
    )


def _changed(facts: Facts, data: Body, customer: Customer | None, who: Identity) -> Facts:
    """The card with what was sent, as far as this person may change it."""
    if customer is not None and belongs_unseen(customer, who):
        data.pop("organisation", None)  # whom this person may not know of stays, unseen
    if "contacts" in data:
        data["contacts"] = tuple(Reach(**reach) for reach in data["contacts"])
    if "kinds" in data:
        data["kinds"] = tuple(data["kinds"])
    wanted = replace(facts, **data)
    kept = (wanted.custodian, wanted.secrecy) == (facts.custodian, facts.secrecy)
    if not kept and not rights.heads_the_files(who):
        raise NotAllowed(_("Custodian and secrecy are set by who heads the customers' files."))
    return wanted
