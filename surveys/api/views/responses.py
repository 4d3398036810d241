"""Single responses: their list, one with all that was said, whether it is genuine, a correction, one filled in on
behalf.
"""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers as drf
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response as Reply

from audit.actions import record_reading
from audit.exceptions import InvalidInput
from cases.access import CaseAccess, open_access
from cases.models.intake import Severity
from customers.rights import serves
from organization.api.frame import Refusal, refusals
from organization.masks import mask_name
from surveys.access import Here, absent, get_response, here
from surveys.actions.answering import Origin
from surveys.actions.checking import check_response, correct_answer
from surveys.actions.on_behalf import fill_in_for
from surveys.api import bodies
from surveys.api.base import DIGITS, SurveysFrame, filters_of, refuse
from surveys.api.paging import LatestResponseFirst
from surveys.api.serializers import responses as s
from surveys.forms.results import ResponseFilter
from surveys.models import FollowUp, QuestionnaireVersion, Response
from surveys.queries import responses as queries
from surveys.queries.desk import offered_versions, why_not_asked
from surveys.queries.follow_ups import listed, rows_of


def _one_of(name: str, choices: Any) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, enum=list(choices))


def _said(name: str, words: str, kind: Any = OpenApiTypes.STR) -> OpenApiParameter:
    return OpenApiParameter(name, kind, description=words)


#: What the list is narrowed by; see ``ResponseFilter``. The ``query`` of a line of results says the same.
_FILTERS = [
    _said("version", "The id of a version of a questionnaire.", OpenApiTypes.INT),
    _said("since", "Answered in this month or later: 2026-01."), _said("until", "In this month or earlier."),
    _said("department", "Code of a department; those below it too."), _one_of("source", Response.Source.values),
    _one_of("genuine", Response.Genuine.values), _one_of("level", Severity.values),
    _said("item", "Code of a question that was answered."),
    OpenApiParameter("value", OpenApiTypes.INT, enum=[5, 4, 3, 2, 1], description="With how many points of five."),
    _said("unit", "Key of one department alone; none."), _said("person", "Key of a person whose work it judges."),
    _said("product", "Key of a product."),
]  # fmt: skip


class ResponseFrame(SurveysFrame[Response]):
    """What both views of responses answer with."""

    def _detail(self, pk: int, code: int = status.HTTP_200_OK) -> Reply:
        """All that the page shows; who reads it is kept (SEC-02)."""
        access, row = get_response(self._user, pk)
        record_reading(row.thread, "page", by=self._actor(), at=timezone.now())
        return Reply(s.ResponseDetail(_shown(access, row)).data, status=code)


def _shown(access: Here, row: Response) -> s.Shown:
    follow_ups = rows_of(listed(FollowUp.objects.visible_to(access.who).filter(response=row)).order_by("pk"))
    low = frozenset(one.row.item for one in follow_ups if one.row.reason == FollowUp.Reason.LOW)
    checks = access.has("check")
    return s.Shown(
        row,
        row.said_by if serves(access.who) else mask_name(row.said_by),
        [
            s.Line(said, checks and said.may_correct)
            for group in queries.said(row, low)
            for said in group.answers
        ],
        follow_ups,
        checks,
    )  # fmt: skip


@extend_schema(tags=["surveys"])
class ResponseViewSet(ResponseFrame):
    """Responses: list, read, say whether one is genuine, put right what was entered wrongly."""

    pagination_class = LatestResponseFirst
    queryset = Response.objects.none()

    @extend_schema(
        summary="Responses, the newest first",
        parameters=_FILTERS,
        responses={200: s.ResponseRow(many=True), 400: Refusal, 403: Refusal, 404: Refusal},
    )
    def list(self, request: Request) -> Reply:
        """Those that this person may see; what makes no sense is refused, never ignored."""
        access = here(self._user, "read_answers")
        form = ResponseFilter(filters_of(request))
        refuse(form.problems())
        page: Any = self.paginate_queryset(queries.to_list(queries.found(access.who, form.sought())))
        return self.get_paginated_response(s.ResponseRow(page, many=True).data)

    @extend_schema(summary="One response", responses={200: s.ResponseDetail, 404: Refusal})
    def retrieve(self, request: Request, pk: str) -> Reply:
        """What was said, how it came, what follows from it; the reading is written down (SEC-02)."""
        return self._detail(int(pk))

    @extend_schema(
        summary="Say whether it is genuine",
        request=bodies.ResponseVerdictIn,
        responses={200: s.ResponseDetail, 400: Refusal, **refusals()},
    )
    @action(detail=True, methods=["post"])
    def check(self, request: Request, pk: str) -> Reply:
        """Not by who asked, entered it or is judged by it; a doubtful one counts nowhere (SUR-21)."""
        access, row = get_response(self._user, int(pk))
        access.require("check")
        data = self._clean(bodies.ResponseVerdictIn)
        by = self._as_key(access.actor("check"))
        check_response(row, data["genuine"], by=by, reason=data.get("reason", ""))
        return self._detail(row.pk)

    @extend_schema(
        summary="Correct an answer",
        parameters=[OpenApiParameter("part", OpenApiTypes.INT, OpenApiParameter.PATH)],
        request=bodies.SurveyAnswerCorrection,
        responses={200: s.ResponseDetail, 400: Refusal, **refusals()},
    )
    @action(detail=True, methods=["post"], url_path=f"answers/(?P<part>{DIGITS})/correct")
    def correct(self, request: Request, pk: str, part: str) -> Reply:
        """What stood there first is kept for ever, the figures follow at once (SUR-21)."""
        access, row = get_response(self._user, int(pk))
        access.require("check")
        found = row.given.filter(pk=int(part)).exclude(option="").first()
        if found is None:
            raise absent()
        data = self._clean(bodies.SurveyAnswerCorrection)
        try:
            option = bodies.option_of(row.version.asks.item(found.item), data["option"])
        except InvalidInput as refusal:
            raise InvalidInput("option", refusal.message) from None
        correct_answer(found, option, by=self._as_key(access.actor("check")), reason=data["reason"])
        return self._detail(row.pk)


@extend_schema(tags=["surveys"], parameters=[OpenApiParameter("number", OpenApiTypes.STR, OpenApiParameter.PATH)])
class FillInViewSet(ResponseFrame):
    """Answers that staff asked or collected for the customer of a case who cannot write (SUR-17, SUR-45)."""

    queryset = Response.objects.none()

    @extend_schema(
        summary="What can be filled in for a case", responses={200: s.FillInOffer, 403: Refusal, 404: Refusal}
    )
    def retrieve(self, request: Request, number: str) -> Reply:
        """The questionnaires on offer, and why nobody is asked about this case."""
        case, _access = self._case(number)
        found = {"refusal": why_not_asked(case.case), "questionnaires": offered_versions()}
        return Reply(s.FillInOffer(found).data)

    @extend_schema(
        summary="Fill in for the customer of a case",
        request=bodies.OnBehalfIn,
        responses={201: s.ResponseDetail, 204: None, 400: Refusal, **refusals()},
    )
    def create(self, request: Request, number: str) -> Reply:
        """Marked with who asked, left out of personal appraisal; not by who worked on the case (SUR-15)."""
        case, access = self._case(number)
        data = self._clean(bodies.OnBehalfIn)
        version = _offered(data.get("questionnaire", ""))
        origin = Origin(data["source"], asked_by=data.get("asked_by", access.user), situation=data["situation"])
        filled = bodies.filled_of(version.asks, data)
        row = fill_in_for(case.case, version, filled, by=self._as_key(access.actor("fill_in")), origin=origin)
        try:
            return self._detail(row.pk, status.HTTP_201_CREATED)
        except Http404:
            return Reply(status=status.HTTP_204_NO_CONTENT)

    def _case(self, number: str) -> tuple[CaseAccess, Here]:
        case = open_access(self._user, number)
        case.require_full()
        return case, here(self._user, "fill_in")


def _offered(code: str) -> QuestionnaireVersion:
    """The one that is named, else the first on offer."""
    for version in offered_versions():
        if code in ("", version.questionnaire.code):
            return version
    raise drf.ValidationError(
        {"questionnaire": [_("This questionnaire is not offered any more. Please choose again.")]}
    )
