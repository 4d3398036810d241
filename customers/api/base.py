"""What every view about one customer does: access first, then the body, then the action, then the card as it stands."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest
from rest_framework import status
from rest_framework.permissions import SAFE_METHODS
from rest_framework.response import Response

from audit.actions import record_reading
from customers.access import CustomerAccess, WasMerged, get_customer
from customers.api import serializers as s
from customers.models import Customer
from customers.queries.card import cards_of
from customers.views.following import new_address
from organization.api.frame import Body, Frame, Refusal, refusals

#: The number of something that belongs to a customer, in an address.
PART = "(?P<part>[0-9]{1,18})"


def moved() -> dict[int, Any]:
    """How a question about one customer can be answered besides: led to the one that stays, or refused."""
    return {302: s.Moved, 403: Refusal, 404: Refusal}


def writing() -> dict[int, Any]:
    """How an act on one customer can be refused."""
    return {400: Refusal, **refusals(), 409: s.Moved}


class CustomerFrame(Frame[Customer]):
    """The frame of all that is asked and done about customers."""

    def handle_exception(self, exc: Exception) -> Response:
        """Who is part of another now is asked for there (302); what is written is refused, with that number (409)."""
        if not isinstance(exc, WasMerged):
            return super().handle_exception(exc)
        body = {"detail": exc.message, "kept": exc.kept.pk}
        if self.request.method not in SAFE_METHODS:
            return Response(body, status=status.HTTP_409_CONFLICT)
        asked = cast(HttpRequest, self.request)  # what the library's request lacks it takes from Django's
        return Response(body, status=status.HTTP_302_FOUND, headers={"Location": new_address(asked, self.kwargs, exc)})

    def _access(self, pk: str) -> CustomerAccess:
        return get_customer(self._user, int(pk))

    def _note_reading(self, access: CustomerAccess) -> None:
        """Who reads of a customer is kept, as on the page (SEC-02)."""
        record_reading(access.customer.thread, "page", by=self._actor(), at=access.now)

    def _detail(self, pk: str, code: int = status.HTTP_200_OK) -> Response:
        access = self._access(pk)
        self._note_reading(access)
        card = cards_of([access.customer], access.who)[0]
        return Response(s.CustomerDetail(card, context={"access": access}).data, status=code)

    def _given(self, access: CustomerAccess, serializer: Any, **context: Any) -> tuple[Body, str]:
        """What was sent, and the stamp of what its sender had read ("" where it does not say)."""
        data = self._clean(serializer, customer=access.customer, who=access.who, **context)
        return data, data.pop("base", "")
