"""The callback desk: its queue, one call, what came of it (SUR-14, SUR-15, F73)."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from audit.actions import record_reading
from organization.api.frame import Refusal, refusals
from surveys.access import Here, get_callback, here
from surveys.actions import calling
from surveys.api import bodies
from surveys.api.base import SurveysFrame
from surveys.api.serializers import desk as s
from surveys.models import Callback
from surveys.queries import desk as queries
from surveys.queries.drawing import callable_now


@extend_schema(tags=["surveys"])
class CallbackViewSet(SurveysFrame[Callback]):
    """Callbacks: the queue, one call, taking it, what came of it; not for who worked on the case."""

    pagination_class = None
    queryset = Callback.objects.none()

    @extend_schema(summary="The queue", responses={200: s.CallbackQueue, 403: Refusal})
    def list(self, request: Request) -> Response:
        """The calls that this person may make today: due ones, and what comes later."""
        access = here(self._user, "call")
        return Response(s.CallbackQueue(queries.queue_of(access.who, timezone.now())).data)

    @extend_schema(summary="One call", responses={200: s.CallbackDetail, 403: Refusal, 404: Refusal})
    def retrieve(self, request: Request, pk: str) -> Response:
        """What was reported and answered, whom to call, what is asked; the reading is written down (SEC-02)."""
        access = here(self._user, "call")
        return self._detail(access, get_callback(access, int(pk)))

    def _detail(self, access: Here, row: Callback) -> Response:
        now = timezone.now()
        record_reading(row.thread, "page", by=self._actor(), at=now)
        calling_now = s.Calling(
            row,
            queries.name_of(row.case, clear=True),
            queries.dossier_of(row, access.who),
            queries.colleague_on(row, access.user.pk, now),
            row.taken_by_id == access.user.pk,
            callable_now(Callback.objects.filter(pk=row.pk)).exists(),
        )
        return Response(s.CallbackDetail(calling_now).data)

    @extend_schema(
        summary="Take the next call", request=None, responses={200: s.CallbackDetail, 204: None, 403: Refusal}
    )
    @action(detail=False, methods=["post"])
    def next(self, request: Request) -> Response:
        """The one that is due longest and nobody is making; 204 when none is due."""
        access = here(self._user, "call")
        row = calling.take_next(by=self._as_key(access.actor("call")))
        if row is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        return self._detail(access, get_callback(access, row.pk))

    @extend_schema(summary="Take a call", request=None, responses={200: s.CallbackDetail, **refusals()})
    @action(detail=True, methods=["post"])
    def take(self, request: Request, pk: str) -> Response:
        """It is this person's for as long as the profile says; what came of it is recorded by who has taken it."""
        access = here(self._user, "call")
        row = calling.take(get_callback(access, int(pk)), by=self._as_key(access.actor("call")))
        return self._detail(access, get_callback(access, row.pk))

    @extend_schema(
        summary="Record a call without answers",
        request=bodies.CallAttemptIn,
        responses={200: s.CallbackDetail, 400: Refusal, **refusals()},
    )
    @action(detail=True, methods=["post"])
    def attempt(self, request: Request, pk: str) -> Response:
        """When it is made again, or that it is not (A-45)."""
        access = here(self._user, "call")
        row = get_callback(access, int(pk))
        data = self._clean(bodies.CallAttemptIn)
        heard = calling.Heard(data["result"], data.get("note", ""), data.get("next_at"))
        calling.record_attempt(row, heard, by=self._as_key(access.actor("call")))
        return self._detail(access, get_callback(access, row.pk))

    @extend_schema(
        summary="Record the answers of a call",
        request=bodies.CallAnswersIn,
        responses={200: s.CallbackDetail, 400: Refusal, **refusals()},
    )
    @action(detail=True, methods=["post"])
    def answer(self, request: Request, pk: str) -> Response:
        """The questionnaire as it was filled in while talking; the callback is done (F73)."""
        access = here(self._user, "call")
        row = get_callback(access, int(pk))
        data = self._clean(bodies.CallAnswersIn)
        filled = bodies.filled_of(row.draw.survey.version.asks, data)
        calling.record_call(row, filled, by=self._as_key(access.actor("call")), note=data.get("note", ""))
        return self._detail(access, get_callback(access, row.pk))
