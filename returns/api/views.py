"""Returns in the JSON API: the list, a new slip, reading, correcting, files; the acts are in ``acts``."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponseBase, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers as drf
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from audit.actions import record_reading
from audit.exceptions import InvalidInput, NotAllowed
from cases.access import open_access
from documents.actions import store_upload
from documents.limits import staff_limits
from documents.serving import serve_original
from organization.api.frame import Body, Refusal, refusals
from organization.api.paging import ByTime
from organization.queries import identity_of
from returns import rights
from returns.access import get_file, get_return
from returns.actions import files
from returns.actions.opening import Contact, Goods, Wish, correct_slip, register_return
from returns.api import bodies
from returns.api import serializers as s
from returns.api.acts import ActsOnReturns
from returns.api.base import PK, act
from returns.forms.book import BookFilter
from returns.lifecycle import Handling, Outcome, State
from returns.models import ReturnSlip, SlipFile, Source
from returns.queries.board import listed, rows_of
from returns.queries.book import found
from returns.views.board import policy

_CONTACT = ("name", "organisation", "phone", "email", "address")
_GOODS = (
    "announced", "product", "product_text", "batch", "serial", "purchased_on", "received_on", "accepted_on",
    "warranty_ends_on", "excluded",
)  # fmt: skip


class LatestSlipFirst(ByTime):
    """What was registered last comes first, as in the account book."""

    ordering = ("-registered_at", "-id")


def _one_of(name: str, choices: Any) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, enum=list(choices))


#: What the account book is narrowed by; see ``BookFilter``.
_FILTERS = [
    OpenApiParameter("q", OpenApiTypes.STR, description="Number of a slip, or words of its goods, text or customer."),
    _one_of("state", State.values), _one_of("wish", Handling.values), _one_of("outcome", Outcome.values),
    OpenApiParameter("reason", OpenApiTypes.STR, description="Code of a reason."),
    OpenApiParameter("product", OpenApiTypes.STR, description="Code of a product or of a group of products."),
    OpenApiParameter("batch", OpenApiTypes.STR), OpenApiParameter("serial", OpenApiTypes.STR),
    OpenApiParameter("since", OpenApiTypes.DATE, description="Registered on this day or later."),
    OpenApiParameter("until", OpenApiTypes.DATE, description="Registered on this day or earlier."),
]  # fmt: skip


@extend_schema(tags=["returns"])
class ReturnViewSet(ActsOnReturns):
    """Returns: list, open, read, and each act by its own word."""

    lookup_field = "number"
    lookup_value_regex = "TH[0-9]{4}-[0-9]{6,12}"
    pagination_class = LatestSlipFirst
    queryset = ReturnSlip.objects.none()

    @extend_schema(
        summary="Returns, the newest first",
        parameters=_FILTERS,
        responses={200: s.ReturnRow(many=True), 400: Refusal, 403: Refusal, 404: Refusal},
    )
    def list(self, request: Request) -> Response:
        """The account book, as far as this person may see it (F42); what makes no sense is refused, never ignored."""
        who = identity_of(self._user)
        if not rights.knows_returns(who):
            raise NotAllowed
        form = BookFilter(_asked(request), policy=policy())
        if form.errors:
            raise drf.ValidationError({name: [str(word) for word in words] for name, words in form.errors.items()})
        rows: QuerySet[ReturnSlip] = listed(found(who, form.wanted()))
        page: Any = rows_of(self.paginate_queryset(rows) or [], who)  # the library types one row
        return self.get_paginated_response(s.ReturnRow(page, many=True).data)

    @extend_schema(summary="One return", responses={200: s.ReturnDetail, 404: Refusal})
    def retrieve(self, request: Request, number: str) -> Response:
        """What this person may see of it; the reading is written down (SEC-02)."""
        return self._detail(number)

    @extend_schema(
        summary="Open a return acceptance slip",
        request=bodies.ReturnIn,
        responses={201: s.ReturnDetail, 400: Refusal, **refusals()},
    )
    def create(self, request: Request) -> Response:
        """A number without gaps, and it stands in the account book (RET-01, RET-02). Files are attached afterwards."""
        who = identity_of(self._user)
        if not rights.places_anywhere(who, "register"):
            raise NotAllowed
        data = self._clean(bodies.ReturnIn, who=who)
        if case := data.get("case"):
            open_access(self._user, case.number).require_full()
        contact = Contact(**data.pop("contact"))
        goods = tuple(Goods(**line) for line in data.pop("goods"))
        source = Source.CASE if case else Source.DESK
        slip = register_return(Wish(contact=contact, goods=goods, **data), by=self._actor(), source=source)
        try:
            return self._detail(slip.number, code=status.HTTP_201_CREATED)
        except Http404:
            # Somebody else's submission key: its return is none of this person's business.
            raise InvalidInput("submission_key", _("This key has been used. Please send a new one.")) from None

    @act(bodies.ReturnCorrection, "Correct what the slip says")
    @action(detail=True, methods=["post"])
    def correct(self, request: Request, number: str) -> Response:
        """While nothing is decided; the old values stay in the history. The wish is changed by ``redirect``."""
        access, by, data = self._open(number, "correct", bodies.ReturnCorrection)
        if "contact" in data and not access.contact:
            raise NotAllowed
        correct_slip(access.slip, _corrected(access.slip, data), by=by)
        return self._after(number)

    # --- Files -----------------------------------------------------------------------------------------

    @extend_schema(methods=["get"], summary="Files", responses={200: s.ReturnFileOut(many=True), **refusals()})
    @extend_schema(
        methods=["post"],
        summary="Attach files",
        request={"multipart/form-data": bodies.ReturnUploadIn},
        responses={201: s.ReturnFileOut(many=True), 400: Refusal, **refusals()},
    )
    @action(detail=True, methods=["get", "post"], parser_classes=[MultiPartParser], pagination_class=None)
    def files(self, request: Request, number: str) -> Response:
        """List, or attach photographs and papers (RET-18)."""
        access = get_return(self._user, number)
        if request.method == "POST":
            self._attach(number)
        code = status.HTTP_201_CREATED if request.method == "POST" else status.HTTP_200_OK
        rows = SlipFile.objects.filter(slip=access.slip).select_related("file")
        return Response(s.ReturnFileOut(rows, many=True).data, status=code)

    def _attach(self, number: str) -> None:
        access, by, data = self._open(number, "attach", bodies.ReturnUploadIn)
        with transaction.atomic():
            stored = tuple(store_upload(file, by=by, limits=staff_limits()) for file in data["files"])
            files.attach_files(access.slip, stored, by=by, certificate=data["certificate"])

    @extend_schema(
        summary="A file's original bytes",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY, 404: Refusal},
    )
    @action(detail=True, methods=["get"], url_path=f"files/{PK}", pagination_class=None)
    def file(self, request: Request, number: str, pk: str) -> HttpResponseBase:
        """Always as an attachment; who took it is kept (SEC-02)."""
        row = get_file(self._user, number, int(pk))
        response = serve_original(row.file)
        record_reading(row.slip.thread, "attachment", by=self._actor(), at=timezone.now())
        return response


def _asked(request: Request) -> QueryDict:
    """The filters alone."""
    asked = request.query_params.copy()
    for name in ("cursor", "page_size"):
        asked.pop(name, None)
    return asked


def _corrected(slip: ReturnSlip, data: Body) -> Wish:
    """The slip as it stands, with what was sent."""
    contact = Contact(**{name: getattr(slip, f"contact_{name}") for name in _CONTACT})
    lines = slip.lines.select_related("product").order_by("pk")
    wish = Wish(
        wish=slip.wish, reason=slip.reason, description=slip.description, unused=slip.unused,
        claimed_amount=slip.claimed_amount, contact=replace(contact, **data.pop("contact", {})),
        goods=tuple(Goods(**{name: getattr(line, name) for name in _GOODS}) for line in lines),
    )  # fmt: skip
    if "goods" in data:
        data["goods"] = tuple(Goods(**line) for line in data["goods"])
    return replace(wish, **data)
