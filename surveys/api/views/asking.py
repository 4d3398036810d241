"""Questionnaires with their versions, and surveys: read here, decided on the pages."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from organization.api.frame import Refusal
from surveys.access import get_questionnaire, get_survey, here
from surveys.api.base import SurveysFrame, one_of
from surveys.api.paging import NewestFirst
from surveys.api.serializers import asking as s
from surveys.models import Invitation, Questionnaire, Survey
from surveys.queries import asking as queries

_STATE = OpenApiParameter("state", OpenApiTypes.STR, enum=list(Invitation.State.values))


@extend_schema(tags=["surveys"])
class QuestionnaireViewSet(SurveysFrame[Questionnaire]):
    """Questionnaires: what is asked, version by version (SUR-06, SUR-10)."""

    lookup_field = "code"
    lookup_value_regex = "[-a-zA-Z0-9_]{1,40}"
    pagination_class = None
    queryset = Questionnaire.objects.none()

    @extend_schema(
        summary="Questionnaires, those in use first", responses={200: s.QuestionnaireRow(many=True), 403: Refusal}
    )
    def list(self, request: Request) -> Response:
        """All of them, also retired ones."""
        here(self._user, "read_surveys")
        return Response(s.QuestionnaireRow(queries.questionnaires(), many=True).data)

    @extend_schema(
        summary="One questionnaire in its newest version",
        responses={200: s.QuestionnaireDetail, 403: Refusal, 404: Refusal},
    )
    def retrieve(self, request: Request, code: str) -> Response:
        """What it asks, and its versions."""
        return self._detail(code)

    @extend_schema(
        summary="One version of a questionnaire",
        parameters=[OpenApiParameter("version", OpenApiTypes.INT, OpenApiParameter.PATH)],
        responses={200: s.QuestionnaireDetail, 403: Refusal, 404: Refusal},
    )
    @action(detail=True, methods=["get"], url_path="versions/(?P<version>[0-9]{1,9})")
    def version(self, request: Request, code: str, version: str) -> Response:
        """What it asked then; a published version never changes (SUR-10)."""
        return self._detail(code, int(version))

    def _detail(self, code: str, number: int | None = None) -> Response:
        here(self._user, "read_surveys")
        row = get_questionnaire(code)
        versions = list(queries.versions_of(row))
        shown = next((version for version in versions if number in (None, version.number)), None)
        if shown is None:
            raise Http404
        found = {"questionnaire": row, "version": shown, "versions": versions}
        return Response(s.QuestionnaireDetail(found).data)


@extend_schema(tags=["surveys"])
class SurveyViewSet(SurveysFrame[Survey]):
    """Surveys that run, and past ones: how far they came, and whom they asked."""

    pagination_class = None
    queryset = Survey.objects.none()

    @extend_schema(summary="Surveys, the running ones first", responses={200: s.SurveyOut(many=True), 403: Refusal})
    def list(self, request: Request) -> Response:
        """With how many were asked, answered and left out, and why."""
        here(self._user, "read_surveys")
        rows: Any = queries.overview()  # the library types one row
        return Response(s.SurveyOut(rows, many=True).data)

    @extend_schema(summary="One survey", responses={200: s.SurveyOut, 403: Refusal, 404: Refusal})
    def retrieve(self, request: Request, pk: str) -> Response:
        """How far it came."""
        here(self._user, "read_surveys")
        row = get_survey(int(pk))
        counted = queries.counted_of([row.pk]).get(row.pk, queries.Counted())
        return Response(s.SurveyOut(queries.Running(row, counted)).data)

    @extend_schema(
        summary="Whom a survey asked, the newest first",
        parameters=[_STATE],
        responses={200: s.InvitationOut(many=True), 400: Refusal, 403: Refusal, 404: Refusal},
    )
    @action(detail=True, methods=["get"], pagination_class=NewestFirst)
    def invitations(self, request: Request, pk: str) -> Response:
        """Or left out, and why; nobody of a case that bars the reader (RTE-18)."""
        access = here(self._user, "read_surveys")
        row = get_survey(int(pk))
        rows: Any = Invitation.objects.visible_to(access.who).filter(survey=row).select_related("case")
        if state := one_of(request, "state", Invitation.State.choices):
            rows = rows.filter(state=state)
        page: Any = self.paginate_queryset(rows)
        return self.get_paginated_response(s.InvitationOut(page, many=True).data)
