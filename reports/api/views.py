"""Issued reports by the JSON API: the same rights, acts and sentences as on the pages (RPT-05, RPT-21)."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from audit.actor import Actor
from audit.exceptions import InvalidInput
from organization.api.frame import Frame, Refusal, refusals
from organization.api.paging import ByTime
from reports import tasks
from reports.access import Here, get_report, here
from reports.actions import issuing
from reports.api import bodies
from reports.api import serializers as s
from reports.figures import DIMENSIONS
from reports.models import Report
from reports.periods import Period, month_of, quarter_of
from reports.queries import issued as queries

_FIGURE = [OpenApiParameter("figure", OpenApiTypes.STR, required=True), OpenApiParameter("after", OpenApiTypes.STR)]
_NARROWED = [OpenApiParameter(name, OpenApiTypes.STR) for name in DIMENSIONS]


class NewestAsked(ByTime):
    """What was asked for last comes first."""

    ordering = ("-asked_at", "-id")


@extend_schema(tags=["reports"])
class ReportViewSet(Frame[Report]):
    """Issued reports: asked for, built in the background, corrected by the next version, approved, sent."""

    lookup_field = "number"
    lookup_value_regex = "BB[0-9]{4}-[0-9]{6,9}"
    pagination_class = NewestAsked
    queryset = Report.objects.none()

    def _by(self, access: Here, permission: str) -> Actor:
        actor = access.actor(permission)
        return Actor("token", actor.id, actor.label, actor.deputy_for) if self.request.auth else actor

    @extend_schema(summary="Reports", responses={200: s.ReportRow(many=True)})
    def list(self, request: Request) -> Response:
        """Those that this person may read, the newest first."""
        access = here(self._user)
        rows: Any = queries.reports_of(access.who).select_related("corrects", "asked_by", "approved_by")
        page: Any = self.paginate_queryset(rows)
        return self.get_paginated_response(s.ReportRow(page, many=True).data)

    @extend_schema(summary="One report", responses={200: s.ReportDetail, 404: Refusal})
    def retrieve(self, request: Request, number: str) -> Response:
        """Every table as the page shows it; ``find`` leads to the records of a figure."""
        access, row = get_report(self._user, number)
        issuing.note_opening(row, access.user)
        return Response(s.ReportDetail(row).data)

    @extend_schema(
        summary="Ask for a report",
        request=bodies.ReportIn,
        responses={201: s.ReportRow, 400: Refusal, 403: Refusal, 409: Refusal, 422: Refusal},
    )
    def create(self, request: Request) -> Response:
        """It is built in the background; ``state`` says how far it is."""
        access = here(self._user, "build_report")
        data = self._clean(bodies.ReportIn)
        row = issuing.ask_for_report(_period(data), by=self._by(access, "build_report"))
        return self._asked(row)

    def _asked(self, row: Report) -> Response:
        transaction.on_commit(partial(tasks.build_report.delay, row.pk), robust=True)
        return Response(s.ReportRow(row).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Correct a report",
        request=bodies.ReportCorrectionIn,
        responses={201: s.ReportRow, 400: Refusal, **refusals()},
    )
    @action(detail=True, methods=["post"])
    def correct(self, request: Request, number: str) -> Response:
        """The next version, built anew; the old one stays as it is."""
        access, row = get_report(self._user, number)
        access.require("build_report")
        data = self._clean(bodies.ReportCorrectionIn)
        return self._asked(issuing.correct_report(row, by=self._by(access, "build_report"), reason=data["reason"]))

    @extend_schema(
        summary="Approve a report",
        request=bodies.ReportApprovalIn,
        responses={200: s.ReportRow, 400: Refusal, **refusals()},
    )
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, number: str) -> Response:
        """Never by who asked for it."""
        access, row = get_report(self._user, number)
        access.require("approve_report")
        data = self._clean(bodies.ReportApprovalIn)
        done = issuing.approve_report(
            row, by=self._by(access, "approve_report"), user=access.user, opinion=data.get("opinion", "")
        )
        return Response(s.ReportRow(done).data)

    @extend_schema(
        summary="Send a report",
        request=bodies.ReportSendingIn,
        responses={200: s.ReportRow, 400: Refusal, **refusals()},
    )
    @action(detail=True, methods=["post"])
    def send(self, request: Request, number: str) -> Response:
        """Puts people on its distribution list, once it is approved."""
        access, row = get_report(self._user, number)
        access.require("build_report")
        data = self._clean(bodies.ReportSendingIn)
        issuing.send_report(row, data["people"], by=self._by(access, "build_report"))
        return Response(s.ReportRow(Report.objects.get(pk=row.pk)).data)

    @extend_schema(
        summary="The records behind a figure",
        parameters=[*_FIGURE, *_NARROWED],
        responses={200: s.ReportRecords, 404: Refusal},
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def records(self, request: Request, number: str) -> Response:
        """Numbers of cases or returns, as far as this person may see them."""
        access, row = get_report(self._user, number)
        found = queries.records_behind(row, request.query_params, access.who)
        numbers = [line.case.number for line in found.cases] + [slip.number for slip in found.returns]
        shown = {"counted": found.counted, "visible": found.visible, "numbers": numbers, "after": found.after}
        return Response(s.ReportRecords(shown).data)


def _period(data: dict[str, Any]) -> Period:
    if data["kind"] == Report.Kind.MONTH:
        return month_of(data["since"])
    if data["kind"] == Report.Kind.QUARTER:
        return quarter_of(data["since"])
    if data.get("until") is None:
        raise InvalidInput("until", _("Please enter a day."))
    return Period("period", data["since"], data["until"])
