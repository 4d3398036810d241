"""Single responses: their list, one with all that was said, whether it is genuine, a correction."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit.actions import record_reading
from audit.actor import Actor
from audit.exceptions import DomainError, InvalidInput
from cases.models import Case
from customers.rights import serves
from organization.forms.layout import LaidOut
from organization.masks import mask_name
from organization.paging import page_of
from organization.requests import person
from surveys.access import absent, get_response, here
from surveys.actions.checking import check_response, correct_answer
from surveys.forms.results import CheckForm, CorrectForm, ResponseFilter
from surveys.models import FollowUp, Response
from surveys.queries import responses as queries
from surveys.queries.follow_ups import listed, rows_of


@require_safe
def responses(request: HttpRequest) -> HttpResponse:
    """The responses that this person may see, the newest first; every figure of the results leads here."""
    access = here(person(request), "read_answers")
    form = ResponseFilter(request.GET)
    rows = queries.to_list(queries.found(access.who, form.sought()))
    page = page_of(rows, "submitted_at", descending=True, after=request.GET.get("after", ""))
    kept = {name: value for name, value in request.GET.items() if name != "after" and value}
    context = {
        "rows": page.rows,
        "form": form,
        "kept": urlencode(kept),
        "after": urlencode(kept | {"after": page.after}) if page.after else "",
        "first": not request.GET.get("after"),
        "sees_results": access.has("results") or access.has("own_results"),
    }
    return render(request, "surveys/responses.html", context)


@require_safe
def response(request: HttpRequest, pk: int) -> HttpResponse:
    """One response: what was said, how it came, what follows from it."""
    access, row = get_response(person(request), pk)
    record_reading(row.thread, "page", by=Actor.staff(access.user), at=timezone.now())
    follow_ups = rows_of(listed(FollowUp.objects.visible_to(access.who).filter(response=row)).order_by("pk"))
    low = frozenset(one.row.item for one in follow_ups if one.row.reason == FollowUp.Reason.LOW)
    context = {
        "row": row,
        "said_by": row.said_by if serves(access.who) else mask_name(row.said_by),
        "groups": list(queries.said(row, low)),
        "follow_ups": follow_ups,
        "may_check": access.has("check"),
        "case_visible": Case.objects.visible_to(access.who).filter(pk=row.case_id).exists(),
    }
    return render(request, "surveys/response.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """Say whether it is genuine (SUR-21)."""
    access, row = get_response(person(request), pk)
    access.require("check")
    form = CheckForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        try:
            check_response(row, data["genuine"], by=access.actor("check"), reason=data["reason"])
        except InvalidInput as refusal:
            form.refuse(refusal)
        except DomainError as refusal:
            return _form(request, row, form, _("Check the answer"), str(refusal))
        else:
            messages.success(request, _("The check is written down."))
            return redirect("survey_response", row.pk)
    return _form(request, row, form, _("Check the answer"))


@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, pk: int, answer: int) -> HttpResponse:
    """Put an answer right that was entered wrongly; what stood there is kept (SUR-21)."""
    access, row = get_response(person(request), pk)
    access.require("check")
    found = row.given.filter(pk=answer).exclude(option="").first()
    if found is None:
        raise absent()
    asks = row.version.asks
    item = asks.item(found.item)
    posted = request.POST if request.method == "POST" else None
    form = CorrectForm(posted, asks=asks, item=item, initial={"option": found.option})
    if posted is not None and form.is_valid():
        try:
            correct_answer(found, form.option(), by=access.actor("check"), reason=form.cleaned_data["reason"])
        except InvalidInput as refusal:
            form.refuse(refusal)
        except DomainError as refusal:
            return _form(request, row, form, item.name, str(refusal))
        else:
            messages.success(request, _("Corrected. What stood there before is kept."))
            return redirect("survey_response", row.pk)
    return _form(request, row, form, item.name, lead=queries.given_words(asks, item, found.option))


def _form(
    request: HttpRequest, row: Response, form: LaidOut, title: str, problem: str = "", lead: str = ""
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "title": title,
        "button": _("Save"),
        "lead": _("It reads: %(value)s") % {"value": lead} if lead else "",
        "number": row.case.number,
        "back": reverse("survey_response", args=[row.pk]),
        "problem": problem,
    }
    return render(request, "surveys/act.html", context, status=409 if problem else 422 if form.errors else 200)
