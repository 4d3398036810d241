"""The tracking page: open it by link or code, read, add, judge, ask for somebody higher."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.actor import Actor
from audit.exceptions import InvalidInput, InvalidMove, NotAllowed
from cases.actions import tracking as actions
from cases.forms.public import DemandForm, OpinionForm, SupplementForm, TrackForm
from cases.models import Case
from cases.queries import tracking as queries
from cases.queries.beside import beside
from cases.views import visitors
from documents.limits import MB, public_limits
from documents.serving import serve_rendition
from organization import limits

P = ParamSpec("P")
NumberView = Callable[Concatenate[HttpRequest, str, P], HttpResponseBase]


def _too_many(error: limits.TooMany) -> str:
    minutes = max(1, round(error.retry_after / 60))
    return ngettext(
        "There were too many attempts. To protect everybody's data please wait %(n)d minute, or open the link that we "
        "sent you: it always works.",
        "There were too many attempts. To protect everybody's data please wait %(n)d minutes, or open the link that "
        "we sent you: it always works.",
        minutes,
    ) % {"n": minutes}


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def track(request: HttpRequest) -> HttpResponse:
    """Look up by number and code (everything) or number and four digits of the telephone (stage and date)."""
    form = TrackForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return _track_page(request, form, status=422 if form.is_bound else 200)
    try:
        opened = actions.open_by_number(**form.cleaned_data, sender=visitors.sender(request))
    except limits.TooMany as error:
        return _refused(request, form, error)
    if opened is None:
        form.add_error(
            None,
            _(
                "Number and code do not fit together. Please check both: the code has eight letters and digits and "
                "stands in your receipt and in our messages."
            ),
        )
        return _track_page(request, form, status=422)
    visitors.let_in(request, opened.case, full=opened.full)
    return redirect("track_case")


@login_not_required
@require_safe
def track_link(request: HttpRequest, token: str) -> HttpResponse:
    """Exchange the secret of a link for a mark in the session, and go on to an address without it."""
    try:
        case = actions.open_by_link(token, sender=visitors.sender(request))
    except limits.TooMany as error:
        return _refused(request, TrackForm(), error)
    if case is None:
        messages.error(
            request,
            _(
                "This link does not open anything. Perhaps it was cut off; please copy all of it, or use number "
                "and code."
            ),
        )
        return _track_page(request, TrackForm(), status=404)
    visitors.let_in(request, case, full=True)
    return redirect("track_case")


def _refused(request: HttpRequest, form: forms.Form, error: limits.TooMany) -> HttpResponse:
    response = _track_page(request, form, status=429, sentence=_too_many(error))
    response["Retry-After"] = str(error.retry_after)
    return response


def _track_page(
    request: HttpRequest, form: forms.Form, *, status: int = 200, sentence: str = "", unsent: str = ""
) -> HttpResponse:
    context = {"form": form, "sentence": sentence, "unsent": unsent, "opened": visitors.opened(request)}
    return render(request, "public/track.html", context, status=status)


@login_not_required
@require_safe
def track_case(request: HttpRequest, number: str = "") -> HttpResponse:
    """The case that was opened last, or another one that this visitor opened."""
    number = number or visitors.last(request)
    if not visitors.sees(request, number):
        return _shut(request)
    case = _case(number)
    if not visitors.sees(request, number, full=True):
        return render(request, "public/stage.html", {"found": queries.stage_of(case), **_around(request, number)})
    return _case_page(request, case)


def _case(number: str) -> Case:
    return (
        Case.objects.select_related("kind", "product", "site", "lead_department")
        .defer("search", "contact_search")
        .get(number=number)
    )


def _shut(request: HttpRequest) -> HttpResponse:
    messages.info(request, _("Please open your link again, or enter number and code: this browser has no open case."))
    return redirect("track")


def _case_page(request: HttpRequest, case: Case, *, status: int = 200, **forms_given: forms.Form) -> HttpResponse:
    limit = public_limits()
    context = {
        "found": queries.public_case(case),
        "beside": beside(case),
        "supplement": SupplementForm(),
        "opinion": OpinionForm(),
        "demand": DemandForm(),
        "most_files": limit.files,
        "most_mb": limit.bytes_per_file // MB,
        **_around(request, case.number),
        **forms_given,
    }
    return render(request, "public/case.html", context, status=status)


def _around(request: HttpRequest, number: str) -> dict[str, Any]:
    return {"others": [other for other in visitors.opened(request) if other != number]}


def _for_its_customer(view: NumberView[P]) -> NumberView[P]:
    """A step of the customer's own: the case is open in full in this browser, and nobody is logged in as staff.

    A text that comes too late, after the view was ended, is shown again instead of being lost.
    """

    @login_not_required
    @require_POST
    @wraps(view)
    def checked(request: HttpRequest, number: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not visitors.sees(request, number, full=True):
            typed = request.POST.get("text") or request.POST.get("remark") or request.POST.get("demand") or ""
            messages.warning(
                request, _("Nothing was sent: this browser has no open case any more. Please open your link again.")
            )
            return _track_page(request, TrackForm(), status=403, unsent=typed)
        if request.user.is_authenticated:
            raise NotAllowed(
                _(
                    "You are signed in as a colleague. Only the customer can answer here; record it on the "
                    "case's own page."
                )
            )
        return view(request, number, *args, **kwargs)

    return checked


@_for_its_customer
def track_supplement(request: HttpRequest, number: str) -> HttpResponse:
    """Add text and files; an incomplete case goes on by itself."""
    case = _case(number)
    form = SupplementForm(request.POST, request.FILES)
    if not form.is_valid():
        return _case_page(request, case, status=422, supplement=form)
    try:
        added = actions.add_supplement(case, form.supplement(), by=Actor.customer(), sender=visitors.sender(request))
    except limits.TooMany as error:
        form.add_error(None, visitors.too_much(error))
        response = _case_page(request, case, status=429, supplement=form)
        response["Retry-After"] = str(error.retry_after)
        return response
    except InvalidInput as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return _case_page(request, case, status=422, supplement=form)
    messages.success(request, _("Thank you, we have added it."))
    if added.lost:
        messages.warning(request, visitors.lost_files(added.lost))
    return redirect("track_case_of", number=number)


@_for_its_customer
def track_opinion(request: HttpRequest, number: str) -> HttpResponse:
    """Satisfied, or not solved yet (RES-07)."""
    case = _case(number)
    form = OpinionForm(request.POST)
    if not form.is_valid():
        return _case_page(request, case, status=422, opinion=form)
    data = form.cleaned_data
    try:
        given = actions.give_opinion(
            case,
            by=Actor.customer(),
            satisfied=data["opinion"] == "yes",
            remark=data["remark"],
            key=data["submission_key"],
        )
    except InvalidMove as error:
        messages.info(request, error.message)
        return _case_page(request, _case(number), status=409)
    if given.satisfied:
        messages.success(request, _("Thank you. We are glad that it is settled."))
    else:
        messages.info(request, _("Thank you for telling us. We take it up again and will contact you."))
    return redirect("track_case_of", number=number)


@_for_its_customer
def track_demand(request: HttpRequest, number: str) -> HttpResponse:
    """Ask for somebody senior (RTE-23)."""
    case = _case(number)
    form = DemandForm(request.POST)
    if not form.is_valid():
        return _case_page(request, case, status=422, demand=form)
    try:
        actions.demand_higher_level(case, by=Actor.customer(), demand=form.cleaned_data["demand"])
    except InvalidMove as error:
        messages.info(request, error.message)
        return _case_page(request, _case(number), status=409, demand=form)
    messages.success(request, _("Your demand has gone to our management. Somebody senior will answer you."))
    return redirect("track_case_of", number=number)


@login_not_required
@require_safe
def track_file(request: HttpRequest, number: str, pk: int) -> HttpResponseBase:
    """The picture of a file that the customer sent; never the original, never somebody else's."""
    if not visitors.sees(request, number, full=True):
        raise Http404
    row = queries.own_files(_case(number)).select_related("file").filter(pk=pk).first()
    if row is None:
        raise Http404
    return serve_rendition(row.file, thumb="thumb" in request.GET)


@login_not_required
@require_POST
def track_leave(request: HttpRequest) -> HttpResponse:
    """End the view, for the next person at a shared computer."""
    visitors.leave(request)
    messages.success(request, _("The view has been ended. Your link or code opens it again."))
    return redirect("track")
