"""What every view of the API does: access first, then the body, then the action, then the case as it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers as drf
from rest_framework import status
from rest_framework.response import Response

from audit.actor import Actor
from cases.access import CaseAccess, get_case
from cases.api import serializers as s
from cases.models import Assignment, Case
from cases.places import Fits
from organization.api.frame import Body, Frame, Refusal, refusals

#: The number of a part of a case in an address.
PK = "(?P<pk>[0-9]{1,18})"


def move(request_body: Any, summary: str) -> Callable[..., Any]:
    """The schema of a move: its body, and the case afterwards."""
    return extend_schema(
        request=request_body, responses={200: s.CaseDetail, 400: Refusal, **refusals()}, summary=summary
    )


class CaseMoves(Frame[Case]):
    """The frame of all moves on a case."""

    def _by(
        self, access: CaseAccess, permission: str, row: Assignment | None = None, *, fits: Fits | None = None
    ) -> Actor:
        """As on the page (see ``CaseAccess.actor``), but named after the key that was used."""
        actor = access.actor(permission, row, fits=fits)
        return Actor("token", actor.id, actor.label, actor.deputy_for) if self.request.auth else actor

    def _detail(self, number: str, code: int = status.HTTP_200_OK) -> Response:
        access = get_case(self._user, number)
        return Response(s.CaseDetail(access.case, context={"access": access}).data, status=code)

    def _enter(self, number: str, permission: str, serializer: type[drf.Serializer[Any]]) -> tuple[CaseAccess, Body]:
        """Access first, so that a wrong body tells nothing of a case that is not visible; then the body."""
        access = get_case(self._user, number, permission)
        data = self._clean(serializer)
        access.case.expected_version = data.pop("version", None)
        return access, data

    def _open(
        self, number: str, permission: str, serializer: type[drf.Serializer[Any]]
    ) -> tuple[CaseAccess, Actor, Body]:
        """As ``_enter``, with the actor for an act on the case itself."""
        access, data = self._enter(number, permission, serializer)
        return access, self._by(access, permission), data
