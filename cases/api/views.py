"""The API's views: access -> serializer -> action -> detail, as the pages do it."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import APIException
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from audit.actions import record_reading
from audit.exceptions import InvalidInput, NotAllowed
from cases import rights
from cases.access import department_of, files_of, get_assignment, get_case, get_extension, get_file, get_measure
from cases.actions import (
    agreement,
    assignment,
    closure,
    contacts,
    correction,
    files,
    intake,
    internal,
    investigation,
    measures,
    reply,
)
from cases.actions.intake import Accused, Classification, Goods, Intake, Reporter
from cases.api import bodies
from cases.api import serializers as s
from cases.api.base import PK, move
from cases.api.parts import PartMoves
from cases.lifecycle import SHORT_OUTCOMES, State
from cases.models import Case, Measure, Note
from cases.places import taking, verifying
from cases.queries.search import Term, TooSlow, checked, matching, patience, term_of
from documents.actions import store_upload
from documents.limits import staff_limits
from documents.serving import serve_original
from organization.api.fields import MomentFilter
from organization.api.frame import Body, Refusal, filled, refusals
from organization.api.paging import ByTime
from organization.queries import identity_of


class SearchGivenUp(APIException):
    """The database gave the search up."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = gettext_lazy(
        "This took too long and was given up. Please add a word, or use the filters of the case list."
    )


class NewestFirst(ByTime):
    """What was received last comes first."""

    ordering = ("-received_at", "-id")


class CaseFilter(filters.FilterSet):
    """What the list may be narrowed by; unknown values find nothing or are refused, never ignored."""

    state = filters.MultipleChoiceFilter(choices=State.choices)
    kind = filters.CharFilter(field_name="kind__code", max_length=40)
    channel = filters.CharFilter(field_name="channel__code", max_length=40)
    urgency = filters.CharFilter(max_length=12)
    lead_department = filters.CharFilter(field_name="lead_department__code", max_length=40)
    received_after = MomentFilter(field_name="received_at", lookup_expr="gte")
    received_before = MomentFilter(field_name="received_at", lookup_expr="lt")

    class Meta:
        model = Case
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(
        summary="Cases, newest first",
        parameters=[OpenApiParameter("q", OpenApiTypes.STR, description="Search: text, number, telephone tail, name.")],
        responses={200: s.CaseRow(many=True), 400: Refusal},
    )
)
class CaseViewSet(PartMoves):
    """Cases: list, register, read, and each move by its own word."""

    lookup_field = "number"
    lookup_value_regex = "[0-9]{4}-[0-9]{6,12}"
    filter_backends = [filters.DjangoFilterBackend]
    filterset_class = CaseFilter
    pagination_class = NewestFirst
    serializer_class = s.CaseRow
    queryset = Case.objects.none()

    def get_queryset(self) -> QuerySet[Case]:
        """Every read starts from what this person may see."""
        if getattr(self, "swagger_fake_view", False):
            return Case.objects.none()
        who = identity_of(self._user)
        if self._term is not None and self._term.is_empty:
            return Case.objects.none()  # signs alone: nothing can hold them, and everything would be looked through
        rows = matching(self._term, who) if self._term else Case.objects.visible_to(who)
        return rows.select_related("kind", "channel", "category", "lead_department", "owner")

    @property
    def _term(self) -> Term | None:
        words = str(self.request.query_params.get("q", ""))[:200]
        return term_of(words) if words.strip() else None

    def list(self, request: Request) -> Response:
        """A page of cases."""
        rows = self.filter_queryset(self.get_queryset().defer("search", "contact_search"))
        if self._term is None:
            return self.get_paginated_response(s.CaseRow(self.paginate_queryset(rows) or [], many=True).data)
        try:
            with patience():
                page = self.paginate_queryset(rows.select_related("customer", "product")) or []
                # Neighbouring pairs may fit by chance; what is shown is checked letter by letter.
                found = list(checked(list(page), self._term, identity_of(self._user)))
        except TooSlow as error:
            raise SearchGivenUp from error
        return self.get_paginated_response(s.CaseRow(found, many=True).data)

    @extend_schema(summary="One case", responses={200: s.CaseDetail, 404: Refusal})
    def retrieve(self, request: Request, number: str) -> Response:
        """What this person may see of it."""
        return self._detail(number)

    @extend_schema(
        summary="Register feedback",
        request=bodies.CaseIn,
        responses={201: s.CaseDetail, 400: Refusal, 403: Refusal, 422: Refusal},
    )
    def create(self, request: Request) -> Response:
        """The same submission_key returns the case of the first submission."""
        if "log" not in rights.general_permissions(identity_of(self._user)):
            raise NotAllowed()
        data = self._clean(bodies.CaseIn)
        reporter = Reporter(**filled(data["reporter"], "name", "organisation", "phone", "email", "refused"))
        case = intake.open_case(
            Intake(
                kind=data["kind"],
                channel=data["channel"],
                text=data["text"],
                reporter=reporter,
                goods=Goods(product=data.get("product")),
                accused=Accused(site=data.get("site")),
                **filled(
                    data,
                    "subject",
                    "demand",
                    "customer_deadline",
                    "stage",
                    "received_at",
                    "late_reason",
                    "submission_key",
                ),
            ),
            by=self._actor(),
        )
        try:
            return self._detail(case.number, code=status.HTTP_201_CREATED)
        except Http404:
            # Somebody else's submission key: its case is none of this person's business.
            raise InvalidInput("submission_key", _("This key has been used. Please send a new one.")) from None

    # --- The hub ---------------------------------------------------------------------------------------

    @move(bodies.ClassificationIn, "Acknowledge")
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, number: str) -> Response:
        """Take it on."""
        access, by, data = self._open(number, "acknowledge", bodies.ClassificationIn)
        assignment.acknowledge_case(
            access.case, by=by, classification=_classification(data), reason=data.get("reason", "")
        )
        return self._detail(number)

    @move(bodies.DeclineIn, "Decline")
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, number: str) -> Response:
        """Say that it is not ours."""
        access, by, data = self._open(number, "decline", bodies.DeclineIn)
        assignment.decline_case(access.case, by=by, reason=data["reason"], reply=data["reply"])
        return self._detail(number)

    @move(bodies.VerifyIn, "Verify")
    @action(detail=True, methods=["post"])
    def verify(self, request: Request, number: str) -> Response:
        """Whether it is genuine."""
        access, by, data = self._open(number, "verify", bodies.VerifyIn)
        assignment.verify_case(access.case, by=by, result=data["result"], basis=data["basis"])
        return self._detail(number)

    @move(bodies.ReclassificationIn, "Classify")
    @action(detail=True, methods=["post"])
    def classify(self, request: Request, number: str) -> Response:
        """Classify or re-classify."""
        access, by, data = self._open(number, "classify", bodies.ReclassificationIn)
        change = assignment.Reclassification(_classification(data), data.get("kind"), data.get("reason", ""))
        access.require(change.permission(access.case))
        assignment.classify_case(access.case, change, by=by)
        return self._detail(number)

    @move(bodies.DispatchIn, "Dispatch")
    @action(detail=True, methods=["post"], url_path="dispatch", url_name="dispatch")
    def dispatch_case(self, request: Request, number: str) -> Response:
        """Send it to a lead department and any co-handling ones."""
        access, by, data = self._open(number, "dispatch", bodies.DispatchIn)
        helpers = tuple(assignment.Task(**task) for task in data.get("helpers", ()))
        assignment.dispatch_case(access.case, assignment.Task(**data["lead"]), by=by, helpers=helpers)
        return self._detail(number)

    @move(bodies.ReasonIn, "Ask the customer for completion")
    @action(detail=True, methods=["post"])
    def ask_completion(self, request: Request, number: str) -> Response:
        """Put it on hold; ``reason`` is what the customer is asked for."""
        access, by, data = self._open(number, "ask_completion", bodies.ReasonIn)
        correction.ask_completion(access.case, by=by, missing=data["reason"])
        return self._detail(number)

    # --- Departments -----------------------------------------------------------------------------------

    @move(bodies.Versioned, "Receive")
    @action(detail=True, methods=["post"], url_path=f"assignments/{PK}/receive")
    def receive(self, request: Request, number: str, pk: str) -> Response:
        """Confirm that the department has it."""
        access, _data = self._enter(number, "receive", bodies.Versioned)
        row = get_assignment(access, int(pk), "receive")
        by = self._by(access, "receive", row)
        assignment.receive_assignment(row, by=by)
        return self._detail(number)

    @move(bodies.ReasonIn, "Return to the hub")
    @action(detail=True, methods=["post"], url_path=f"assignments/{PK}/return_to_hub")
    def return_to_hub(self, request: Request, number: str, pk: str) -> Response:
        """Never to another department. Afterwards the case is out of sight: 204."""
        access, data = self._enter(number, "return_to_hub", bodies.ReasonIn)
        row = get_assignment(access, int(pk), "return_to_hub")
        by = self._by(access, "return_to_hub", row)
        assignment.return_assignment(row, by=by, reason=data["reason"])
        try:
            return self._detail(number)
        except Http404:
            return Response(status=status.HTTP_204_NO_CONTENT)

    @move(bodies.PersonIn, "Pass on")
    @action(detail=True, methods=["post"], url_path=f"assignments/{PK}/pass_on")
    def pass_on(self, request: Request, number: str, pk: str) -> Response:
        """Pass the work on to a colleague."""
        access, data = self._enter(number, "pass_on", bodies.PersonIn)
        row = get_assignment(access, int(pk), "pass_on")
        by = self._by(access, "pass_on", row)
        assignment.pass_on(row, by=by, to=data["to"], note=data["note"])
        return self._detail(number)

    @move(bodies.Versioned, "Take")
    @action(detail=True, methods=["post"], url_path=f"assignments/{PK}/take")
    def take(self, request: Request, number: str, pk: str) -> Response:
        """Take what was passed on."""
        access, _data = self._enter(number, "take", bodies.Versioned)
        row = get_assignment(access, int(pk), "take")
        by = self._by(access, "take", row, fits=taking(row))
        assignment.take(row, by=by)
        return self._detail(number)

    @move(bodies.AnswerIn, "Answer")
    @action(detail=True, methods=["post"], url_path=f"assignments/{PK}/answer")
    def answer(self, request: Request, number: str, pk: str) -> Response:
        """Hand in the department's answer."""
        access, data = self._enter(number, "answer", bodies.AnswerIn)
        row = get_assignment(access, int(pk), "answer")
        by = self._by(access, "answer", row)
        assignment.answer_assignment(row, by=by, answer=data["answer"])
        return self._detail(number)

    @move(bodies.ExtensionIn, "Ask for more time")
    @action(detail=True, methods=["post"], url_path=f"assignments/{PK}/ask_extension")
    def ask_extension(self, request: Request, number: str, pk: str) -> Response:
        """The hub decides."""
        access, data = self._enter(number, "ask_extension", bodies.ExtensionIn)
        row = get_assignment(access, int(pk), "ask_extension")
        by = self._by(access, "ask_extension", row)
        assignment.ask_extension(row, by=by, until=data["until"], reason=data["reason"])
        return self._detail(number)

    @move(bodies.DecisionIn, "Decide a request for more time")
    @action(detail=True, methods=["post"], url_path=f"extensions/{PK}/decide")
    def decide_extension(self, request: Request, number: str, pk: str) -> Response:
        """Grant or refuse."""
        access, by, data = self._open(number, "decide_extension", bodies.DecisionIn)
        row = get_extension(access, int(pk))
        assignment.decide_extension(row, by=by, granted=data["granted"], opinion=data.get("opinion", ""))
        return self._detail(number)

    # --- Handling --------------------------------------------------------------------------------------

    @move(bodies.FindingsIn, "Record an investigation")
    @action(detail=True, methods=["post"])
    def investigate(self, request: Request, number: str) -> Response:
        """Facts, cause, responsibility."""
        access, by, data = self._open(number, "investigate", bodies.FindingsIn)
        investigation.record_investigation(access.case, investigation.Findings(**data), by=by)
        return self._detail(number)

    @move(bodies.Versioned, "Start handling")
    @action(detail=True, methods=["post"])
    def act(self, request: Request, number: str) -> Response:
        """The handling has begun."""
        access, by, _data = self._open(number, "act", bodies.Versioned)
        investigation.start_move(access.case, "act", by=by)
        return self._detail(number)

    @extend_schema(methods=["get"], summary="Measures", responses={200: s.MeasureOut(many=True), **refusals()})
    @extend_schema(
        methods=["post"],
        summary="Plan a measure",
        request=bodies.MeasureIn,
        responses={201: s.MeasureOut, **refusals()},
    )
    @action(detail=True, methods=["get", "post"], filterset_class=None, pagination_class=None)
    def measures(self, request: Request, number: str) -> Response:
        """List, or plan one."""
        if request.method == "GET":
            access = get_case(self._user, number)
            access.require_full()
            rows = Measure.objects.filter(case=access.case).select_related("department", "owner")
            return Response(s.MeasureOut(rows, many=True).data)
        access, by, data = self._open(number, "plan_measure", bodies.MeasureIn)
        row = measures.plan_measure(access.case, measures.Plan(**data), by=by)
        return Response(s.MeasureOut(row).data, status=status.HTTP_201_CREATED)

    @move(bodies.EvidenceIn, "Complete a measure")
    @action(detail=True, methods=["post"], url_path=f"measures/{PK}/complete")
    def complete_measure(self, request: Request, number: str, pk: str) -> Response:
        """It is done."""
        access, by, data = self._open(number, "complete_measure", bodies.EvidenceIn)
        completion = measures.Completion(data["evidence"], data.get("minutes"))
        measures.complete_measure(get_measure(access, int(pk)), completion, by=by)
        return self._detail(number)

    @move(bodies.CheckIn, "Verify a measure")
    @action(detail=True, methods=["post"], url_path=f"measures/{PK}/verify")
    def verify_measure(self, request: Request, number: str, pk: str) -> Response:
        """Never by the implementer."""
        access, data = self._enter(number, "verify_measure", bodies.CheckIn)
        row = get_measure(access, int(pk))
        by = self._by(access, "verify_measure", fits=verifying(row, access.who))
        check = measures.Check(data["effective"], data["method"], data.get("evidence", ""))
        measures.verify_measure(row, check, by=by)
        return self._detail(number)

    # --- The customer ----------------------------------------------------------------------------------

    @move(bodies.ContactIn, "Record a contact")
    @action(detail=True, methods=["post"])
    def record_contact(self, request: Request, number: str) -> Response:
        """A contact with the customer."""
        access, by, data = self._open(number, "record_contact", bodies.ContactIn)
        contacts.record_contact(access.case, contacts.NewContact(**data), by=by)
        return self._detail(number)

    @move(bodies.AgreementIn, "Agree on another date")
    @action(detail=True, methods=["post"])
    def agree_date(self, request: Request, number: str) -> Response:
        """Another date of the answer, by the customer's recorded consent."""
        access, by, data = self._open(number, "agree_date", bodies.AgreementIn)
        day = data.pop("day")
        agreement.agree_date(access.case, agreement.Agreement(day, contacts.NewContact(**data)), by=by)
        return self._detail(number)

    @move(bodies.NoteIn, "Write an internal note")
    @action(detail=True, methods=["post"])
    def note(self, request: Request, number: str) -> Response:
        """The customer never sees it."""
        access, by, data = self._open(number, "note", bodies.NoteIn)
        department = department_of(access) if data["audience"] == Note.Audience.DEPARTMENT else None
        row = internal.NewNote(data["text"], data["audience"], department)
        internal.add_note(access.case, row, by=by)
        return self._detail(number)

    @move(bodies.ReplyIn, "Reply")
    @action(detail=True, methods=["post"])
    def reply(self, request: Request, number: str) -> Response:
        """The final answer."""
        access, by, data = self._open(number, "reply", bodies.ReplyIn)
        answer = reply.Answer(**filled(data, "text", "way", "happened_at", "late_reason", "minutes"))
        reply.reply_to_customer(access.case, answer, by=by)
        return self._detail(number)

    @move(bodies.ProgressIn, "Send a progress notice")
    @action(detail=True, methods=["post"])
    def send_progress(self, request: Request, number: str) -> Response:
        """How far it is."""
        access, by, data = self._open(number, "send_progress", bodies.ProgressIn)
        answer = reply.Answer(**filled(data, "text", "way", "happened_at", "late_reason", "minutes"))
        reply.send_progress(access.case, answer, by=by, expected_at=data.get("expected_at"))
        return self._detail(number)

    @move(bodies.AskOpinionIn, "Ask for the opinion")
    @action(detail=True, methods=["post"])
    def ask_opinion(self, request: Request, number: str) -> Response:
        """One attempt."""
        access, by, data = self._open(number, "ask_opinion", bodies.AskOpinionIn)
        reply.ask_opinion(access.case, by=by, way=data["way"], result=data.get("result", ""), reached=data["reached"])
        return self._detail(number)

    @move(bodies.OpinionIn, "Record the opinion")
    @action(detail=True, methods=["post"])
    def record_opinion(self, request: Request, number: str) -> Response:
        """What the customer said."""
        access, by, data = self._open(number, "record_opinion", bodies.OpinionIn)
        reply.record_opinion(access.case, reply.CustomerOpinion(**data), by=by)
        return self._detail(number)

    # --- The end ---------------------------------------------------------------------------------------

    @move(bodies.CloseIn, "Close")
    @action(detail=True, methods=["post"])
    def close(self, request: Request, number: str) -> Response:
        """Through the gate, or short with its own proof."""
        access, by, data = self._open(number, "close", bodies.CloseIn)
        if data["outcome"] == "invalid":
            access.require("close_invalid")
        if data["outcome"] in SHORT_OUTCOMES:
            other = get_case(self._user, data["duplicate_of"]).case if data.get("duplicate_of") else None
            end = closure.ShortEnd(data["outcome"], data.get("reason", ""), data.get("proof", ""), other)
            closure.close_short(access.case, end, by=by)
        else:
            summary = closure.Summary(**filled(data, "course", "cause", "decision", "lesson"))
            closure.close_case(access.case, by=by, outcome=data["outcome"], summary=summary)
        return self._detail(number)

    @move(bodies.ReopenIn, "Reopen")
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, number: str) -> Response:
        """The next round."""
        access, by, data = self._open(number, "reopen", bodies.ReopenIn)
        closure.reopen_case(access.case, by=by, reason=data["reason"], classification=_classification(data))
        return self._detail(number)

    @move(bodies.Versioned, "Archive")
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, number: str) -> Response:
        """File it."""
        access, by, _data = self._open(number, "archive", bodies.Versioned)
        closure.archive_case(access.case, by=by)
        return self._detail(number)

    # --- Files -----------------------------------------------------------------------------------------

    @extend_schema(methods=["get"], summary="Files", responses={200: s.FileOut(many=True), **refusals()})
    @extend_schema(
        methods=["post"],
        summary="Attach files",
        request={"multipart/form-data": bodies.UploadIn},
        responses={201: s.FileOut(many=True), 400: Refusal, **refusals()},
    )
    @action(
        detail=True,
        methods=["get", "post"],
        parser_classes=[MultiPartParser],
        filterset_class=None,
        pagination_class=None,
    )
    def files(self, request: Request, number: str) -> Response:
        """List, or attach."""
        access = get_case(self._user, number)
        if request.method == "POST":
            access, by, data = self._open(number, "attach", bodies.UploadIn)
            with transaction.atomic():
                stored = tuple(store_upload(file, by=by, limits=staff_limits()) for file in data["files"])
                files.attach_files(access.case, stored, by=by)
        code = status.HTTP_201_CREATED if request.method == "POST" else status.HTTP_200_OK
        return Response(s.FileOut(files_of(access), many=True).data, status=code)

    @extend_schema(
        summary="A file's original bytes",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY, 404: Refusal},
    )
    @action(detail=True, methods=["get"], url_path=f"files/{PK}", filterset_class=None, pagination_class=None)
    def file(self, request: Request, number: str, pk: str) -> HttpResponseBase:
        """Always as an attachment; who took it is kept (SEC-02)."""
        row = get_file(self._user, number, int(pk))
        response = serve_original(row.file)
        record_reading(row.case.thread, "attachment", by=self._actor(), at=timezone.now())
        return response


def _classification(data: Body) -> Classification:
    given = filled(data, "category", "urgency", "priority", "severity")
    return Classification(criteria=tuple(data["criteria"]) if "criteria" in data else None, **given)
