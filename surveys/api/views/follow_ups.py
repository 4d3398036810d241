"""Follow-ups: their list, one with all that led to it, and each of its acts by its own word."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers as drf
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response as Reply

from audit.actions import record_reading
from audit.actor import Actor
from organization.api.frame import Body, Refusal, refusals
from surveys.access import get_follow_up, here
from surveys.actions import follow_ups as actions
from surveys.api import bodies
from surveys.api.base import SurveysFrame, one_of
from surveys.api.paging import ByDue
from surveys.api.serializers import follow_ups as s
from surveys.models import FollowUp, Response
from surveys.queries import follow_ups as queries
from surveys.queries.responses import heard

_SCOPE = OpenApiParameter("scope", OpenApiTypes.STR, enum=list(queries.SCOPES), default="mine")


def _act(request_body: Any, summary: str) -> Any:
    """The schema of an act: its body, and the follow-up afterwards; 204 where it is out of the person's sight then."""
    answers = {200: s.FollowUpDetail, 204: None, 400: Refusal, **refusals()}
    return extend_schema(request=request_body, responses=answers, summary=summary)


@extend_schema(tags=["surveys"])
class FollowUpViewSet(SurveysFrame[FollowUp]):
    """Follow-ups: list, read, finish, hand on, propose to reopen the case, decide on that (SUR-26, SUR-27, RES-15)."""

    pagination_class = ByDue
    queryset = FollowUp.objects.none()

    @extend_schema(
        summary="Follow-ups, what is due first first",
        parameters=[_SCOPE],
        responses={200: s.FollowUpRow(many=True), 400: Refusal, 403: Refusal, 404: Refusal},
    )
    def list(self, request: Request) -> Reply:
        """One's own open ones, or of another scope those that this person may see; ended ones the last first."""
        access = here(self._user, "read_answers")
        scope = one_of(request, "scope", list(queries.SCOPES.items()), "mine")
        paginator: Any = self.paginator
        if scope == "ended":
            paginator.ordering = ("-due_on", "-id")
        rows = self.paginate_queryset(queries.listed(queries.found(access.who, scope))) or []
        page: Any = queries.rows_of(rows)  # the library types one row
        return self.get_paginated_response(s.FollowUpRow(page, many=True).data)

    @extend_schema(summary="One follow-up", responses={200: s.FollowUpDetail, 404: Refusal})
    def retrieve(self, request: Request, pk: str) -> Reply:
        """What was said, what was found, what may be done now; the reading is written down (SEC-02)."""
        return self._detail(int(pk))

    def _detail(self, pk: int) -> Reply:
        access, row = get_follow_up(self._user, pk)
        record_reading(row.thread, "page", by=self._actor(), at=timezone.now())
        visible = Response.objects.visible_to(access.who).filter(pk=row.response_id).exists()
        matter = s.Matter(
            queries.rows_of([row])[0],
            heard(row),
            row.response_id if visible else None,
            queries.offers(row, access.who),
        )
        return Reply(s.FollowUpDetail(matter).data)

    def _after(self, pk: int) -> Reply:
        """The follow-up after an act; 204 where this person may not read it any more."""
        try:
            return self._detail(pk)
        except Http404:
            return Reply(status=status.HTTP_204_NO_CONTENT)

    def _open(
        self, pk: str, serializer: type[drf.Serializer[Any]], permission: str = ""
    ) -> tuple[FollowUp, Actor, Body]:
        """Access first, so that a wrong body tells nothing of what is not visible; then the body.

        Without a permission it is an act of who works on the follow-up, else of who has that permission.
        """
        access, row = get_follow_up(self._user, int(pk))
        if permission:
            access.require(permission)
        by = access.actor(permission) if permission else access.actor_on(row)
        return row, self._as_key(by), self._clean(serializer)

    @_act(bodies.FollowUpFindingIn, "Finish a follow-up")
    @action(detail=True, methods=["post"])
    def finish(self, request: Request, pk: str) -> Reply:
        """The cause was found and the matter solved (SUR-26)."""
        row, by, data = self._open(pk, bodies.FollowUpFindingIn)
        actions.finish_follow_up(row, actions.Finding(**data), by=by)
        return self._after(row.pk)

    @_act(bodies.FollowUpOwnerIn, "Hand a follow-up on")
    @action(detail=True, methods=["post"])
    def hand_on(self, request: Request, pk: str) -> Reply:
        """To a colleague who may take part in the case."""
        row, by, data = self._open(pk, bodies.FollowUpOwnerIn)
        actions.hand_on(row, data["owner"], by=by)
        return self._after(row.pk)

    @_act(bodies.ReopeningProposalIn, "Propose to reopen the case")
    @action(detail=True, methods=["post"])
    def propose_reopening(self, request: Request, pk: str) -> Reply:
        """The hub confirms or refuses (RES-15)."""
        row, by, data = self._open(pk, bodies.ReopeningProposalIn)
        actions.propose_reopening(row, by=by, reason=data["reason"])
        return self._after(row.pk)

    @_act(bodies.ReopeningDecisionIn, "Decide on the reopening")
    @action(detail=True, methods=["post"])
    def decide_reopening(self, request: Request, pk: str) -> Reply:
        """The heads of the hub: the case is taken up again, or why not."""
        row, by, data = self._open(pk, bodies.ReopeningDecisionIn, "confirm_reopening")
        actions.decide_reopening(row, by=by, granted=data["granted"], reason=data.get("reason", ""))
        return self._after(row.pk)
