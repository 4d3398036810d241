"""Results by the JSON API: the figures of the page, with the same small groups held back."""

from __future__ import annotations

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from organization.api.frame import Refusal
from surveys.access import open_results
from surveys.api.base import SurveysFrame, filters_of, refuse
from surveys.api.serializers.results import Figures, ResultsOut
from surveys.forms.results import ResultFilter
from surveys.models import Tally
from surveys.queries.results import results_of

#: See ``ResultFilter``.
_FILTERS = [
    OpenApiParameter("version", OpenApiTypes.INT, description="The id of a version; else the one answered last."),
    OpenApiParameter("since", OpenApiTypes.STR, description="From this month on: 2026-01; else twelve months."),
    OpenApiParameter("until", OpenApiTypes.STR, description="Until this month; else this one."),
    OpenApiParameter("department", OpenApiTypes.STR, description="Code of a department; those below it too."),
]


@extend_schema(tags=["surveys"])
class ResultViewSet(SurveysFrame[Tally]):
    """What answers add up to: all of it, or that of the departments one heads (SUR-22 to SUR-25)."""

    pagination_class = None
    queryset = Tally.objects.none()

    @extend_schema(
        summary="Results",
        parameters=_FILTERS,
        responses={200: ResultsOut, 400: Refusal, 403: Refusal, 404: Refusal},
    )
    def list(self, request: Request) -> Response:
        """404 as long as no questionnaire has been published; what makes no sense is refused, never ignored."""
        _access, departments = open_results(self._user)
        form = ResultFilter(filters_of(request), departments=departments)
        refuse(form.problems())
        wanted = form.wanted()
        if wanted is None:
            raise NotFound(_("No questionnaire has been published yet"))
        figures = Figures(wanted, results_of(wanted), departments is not None)
        return Response(ResultsOut(figures).data)
