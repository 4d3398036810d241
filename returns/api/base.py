"""What every view of the API does: access first, then the body, then the action, then the return as it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers as drf
from rest_framework import status
from rest_framework.response import Response

from audit.actions import record_reading
from audit.actor import Actor
from organization.api.frame import Body, Frame, Refusal, refusals
from returns.access import ReturnAccess, get_return
from returns.api import serializers as s
from returns.models import ReturnSlip
from returns.queries.page import load

#: The number of a part of a return in an address.
PK = "(?P<pk>[0-9]{1,18})"


def act(request_body: Any, summary: str) -> Callable[..., Any]:
    """The schema of an act: its body, and the return afterwards; 204 where it is out of the person's sight then."""
    answers = {200: s.ReturnDetail, 204: None, 400: Refusal, **refusals()}
    return extend_schema(request=request_body, responses=answers, summary=summary)


class ReturnFrame(Frame[ReturnSlip]):
    """The frame of all that is asked and done about returns."""

    def _by(self, access: ReturnAccess, permission: str) -> Actor:
        """As on the page (see ``ReturnAccess.actor``), but named after the key that was used."""
        actor = access.actor(permission)
        return Actor("token", actor.id, actor.label, actor.deputy_for) if self.request.auth else actor

    def _detail(self, number: str, code: int = status.HTTP_200_OK) -> Response:
        """All that the page shows; who reads it is kept (SEC-02)."""
        access = get_return(self._user, number)
        record_reading(access.slip.thread, "page", by=self._actor(), at=timezone.now())
        dossier = load(access.slip, access.who)
        return Response(s.ReturnDetail(dossier, context={"access": access}).data, status=code)

    def _after(self, number: str) -> Response:
        """The return after an act; 204 where this person may not read it."""
        try:
            return self._detail(number)
        except Http404:
            return Response(status=status.HTTP_204_NO_CONTENT)

    def _open(
        self, number: str, permission: str, serializer: type[drf.Serializer[Any]]
    ) -> tuple[ReturnAccess, Actor, Body]:
        """Access first, so that a wrong body tells nothing of a return that is not visible; then the body."""
        access = get_return(self._user, number, permission)
        data = self._clean(serializer, slip=access.slip, who=access.who)
        access.slip.expected_version = data.pop("version", None)
        return access, self._by(access, permission), data
