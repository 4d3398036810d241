"""Follow-ups: their list, one with all that led to it, and what is done with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_safe

from audit.actions import record_reading
from audit.actor import Actor
from audit.exceptions import DomainError, InvalidInput, InvalidMove
from cases.models import Case
from organization.paging import page_of
from organization.requests import person
from surveys.access import Here, get_follow_up, here
from surveys.actions import follow_ups as actions
from surveys.forms import results as f
from surveys.models import FollowUp, Response
from surveys.queries import follow_ups as queries
from surveys.queries.responses import heard

Run = Callable[[FollowUp, Any, Actor], object]


@dataclass(frozen=True)
class Sheet:
    """What an act's page asks, what is done with it, what is said afterwards."""

    title: str | Promise
    form: type[f.FollowUpForm]
    run: Run
    done: str | Promise
    lead: str | Promise = ""
    permission: str = ""


ACTS: dict[str, Sheet] = {
    "finish": Sheet(
        lazy("Finish the follow-up"),
        f.FinishForm,
        lambda row, form, by: actions.finish_follow_up(row, form.finding(), by=by),
        lazy("The follow-up is finished."),
        lazy("Find the cause and solve it before you finish."),
    ),
    "hand_on": Sheet(
        lazy("Hand on"),
        f.HandOnForm,
        lambda row, form, by: actions.hand_on(row, form.cleaned_data["owner"], by=by),
        lazy("Handed on; the colleague is told."),
    ),
    "propose_reopening": Sheet(
        lazy("Propose to reopen the case"),
        f.ProposeForm,
        lambda row, form, by: actions.propose_reopening(row, by=by, reason=form.cleaned_data["reason"]),
        lazy("Proposed; the hub decides."),
        lazy("The hub reopens the case, or says why not."),
    ),
    "decide_reopening": Sheet(
        lazy("Decide on the reopening"),
        f.DecideForm,
        lambda row, form, by: actions.decide_reopening(
            row, by=by, granted=form.granted_now(), reason=form.cleaned_data["reason"]
        ),
        lazy("Decided."),
        permission="confirm_reopening",
    ),
}


@require_safe
def follow_ups(request: HttpRequest) -> HttpResponse:
    """One's own open ones, or all that one may see; what is due first comes first."""
    access = here(person(request), "read_answers")
    scope = request.GET.get("scope", "")
    if scope not in queries.SCOPES:
        scope = "mine"
    ended = scope == "ended"
    rows = queries.listed(queries.found(access.who, scope))
    page = page_of(rows, "due_on", descending=ended, after=request.GET.get("after", ""))
    context = {
        "rows": queries.rows_of(page.rows),
        "scope": scope,
        "scopes": list(queries.SCOPES.items()),
        "overdue": queries.found(access.who, "late").count(),
        "after": urlencode({"scope": scope, "after": page.after}) if page.after else "",
        "first": not request.GET.get("after"),
    }
    return render(request, "surveys/follow_ups.html", context)


@require_safe
def follow_up(request: HttpRequest, pk: int) -> HttpResponse:
    """What was said, what was found, and what may be done now."""
    access, row = get_follow_up(person(request), pk)
    record_reading(row.thread, "page", by=Actor.staff(access.user), at=timezone.now())
    response = row.response
    said = heard(row)
    offers = queries.offers(row, access.who)
    context = {
        "row": queries.rows_of([row])[0],
        "given": said.given,
        "words": said.words,
        "offers": [(offer, reverse(f"follow_up_{offer.name}", args=[row.pk])) for offer in offers],
        "response_visible": Response.objects.visible_to(access.who).filter(pk=response.pk).exists(),
        "case_visible": Case.objects.visible_to(access.who).filter(pk=response.case_id).exists(),
    }
    return render(request, "surveys/follow_up.html", context)


def view_of(name: str) -> Callable[..., HttpResponse]:
    """The view of one act."""

    @require_http_methods(["GET", "HEAD", "POST"])
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        sheet = ACTS[name]
        access, row = get_follow_up(person(request), pk)
        by = _actor(access, row, sheet)
        if request.method != "POST" and name not in {offer.name for offer in queries.offers(row, access.who)}:
            raise InvalidMove(_("This is not possible any more. Reload the page of the follow-up."))
        return _perform(request, row, sheet, by)

    return view


def _actor(access: Here, row: FollowUp, sheet: Sheet) -> Actor:
    if sheet.permission:
        access.require(sheet.permission)
        return access.actor(sheet.permission)
    return access.actor_on(row)


def _perform(request: HttpRequest, row: FollowUp, sheet: Sheet, by: Actor) -> HttpResponse:
    form, problem = sheet.form(request.POST if request.method == "POST" else None, row=row), ""
    if form.is_bound and form.is_valid():
        try:
            sheet.run(row, form, by)
        except InvalidInput as refusal:
            form.refuse(refusal)
        except DomainError as refusal:
            problem = str(refusal)
        else:
            messages.success(request, str(sheet.done))
            return _back(request, row)
    context = {
        "form": form,
        "title": sheet.title,
        "button": sheet.title,
        "lead": sheet.lead,
        "proposal": row.proposal if row.state == FollowUp.State.PROPOSED else "",
        "number": row.response.case.number,
        "back": reverse("follow_up", args=[row.pk]),
        "problem": problem,
    }
    return render(request, "surveys/act.html", context, status=409 if problem else 422 if form.errors else 200)


def _back(request: HttpRequest, row: FollowUp) -> HttpResponse:
    """To the follow-up; who handed it on and may not read it any more goes to the list."""
    visible = FollowUp.objects.visible_to(here_of(request).who).filter(pk=row.pk).exists()
    return redirect("follow_up", row.pk) if visible else redirect("follow_ups")


def here_of(request: HttpRequest) -> Here:
    """The person anew, as rights stand now."""
    return here(person(request), "read_answers")
