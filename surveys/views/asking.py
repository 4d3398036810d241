"""Questionnaires, and surveys switched on and off: what quality and the managers see and decide (SUR-06, SUR-14)."""

from __future__ import annotations

import json

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.exceptions import InvalidInput, InvalidMove
from organization import requests
from organization.requests import person
from surveys.access import Here, get_invitation, get_questionnaire, get_survey, here
from surveys.actions import inviting, questionnaires
from surveys.forms.asking import QuestionnaireForm, StartForm, VersionForm
from surveys.forms.filling import FillingForm
from surveys.models import Invitation, Questionnaire, QuestionnaireVersion, Survey
from surveys.queries import asking as queries

GET_OR_POST = ["GET", "HEAD", "POST"]


@require_safe
def surveys(request: HttpRequest) -> HttpResponse:
    """The running surveys and the past ones, with how many were asked, answered, left out, and why."""
    access = here(person(request), "read_surveys")
    rows = queries.overview()
    running = {row.survey.kind for row in rows if row.survey.stopped_at is None}
    context = {
        "rows": rows,
        "idle": [(kind.value, kind.label) for kind in Survey.Kind if kind.value not in running],
        "manages": access.has("manage"),
    }
    return render(request, "surveys/surveys.html", context)


@require_safe
def survey(request: HttpRequest, pk: int) -> HttpResponse:
    """One survey, and whom it asked, the newest first."""
    access = here(person(request), "read_surveys")
    row = get_survey(pk)
    state = request.GET.get("state", "")
    state = state if state in Invitation.State.values else ""
    before = requests.number(request.GET.get("before"))
    context = {
        "survey": row,
        "counted": queries.counted_of([row.pk]).get(row.pk, queries.Counted()),
        "page": queries.asked_of(row, access.who, state=state, before=before),
        "state": state,
        "states": Invitation.State.choices,
        "first": before is None,
        "manages": access.has("manage"),
    }
    return render(request, "surveys/survey.html", context)


@require_http_methods(GET_OR_POST)
def survey_start(request: HttpRequest, kind: str) -> HttpResponse:
    """Switch a survey on, or let another version take the place of the running one."""
    access = here(person(request), "manage")
    if kind not in Survey.Kind.values:
        raise Http404
    running = queries.running(kind)
    form = StartForm(
        request.POST if request.method == "POST" else None, initial={"replacing": running.pk if running else None}
    )
    if form.is_bound and form.is_valid():
        # Another one than the page showed is not replaced unseen.
        seen = running if running and running.pk == form.cleaned_data["replacing"] else None
        try:
            questionnaires.start_survey(kind, form.cleaned_data["version"], by=access.actor("manage"), replacing=seen)
        except InvalidMove as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("The survey is switched on. Who is closed from now on is asked."))
            return redirect("surveys")
    context = {"form": form, "kind": Survey.Kind(kind).label, "running": running}
    return render(request, "surveys/start.html", context, status=_status(form))


def _status(form: forms.Form) -> int:
    return 422 if form.errors else 200


@require_http_methods(GET_OR_POST)
def survey_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what switching off does, and do it."""
    access = here(person(request), "manage")
    row = get_survey(pk)
    if request.method == "POST":
        questionnaires.stop_survey(row, by=access.actor("manage"))
        messages.success(request, _("The survey is switched off."))
        return redirect("survey", pk)
    counted = queries.counted_of([row.pk]).get(row.pk, queries.Counted())
    return render(request, "surveys/stop.html", {"survey": row, "counted": counted})


@require_safe
def questionnaire_list(request: HttpRequest) -> HttpResponse:
    """All questionnaires."""
    access = here(person(request), "read_surveys")
    context = {"rows": queries.questionnaires(), "manages": access.has("manage")}
    return render(request, "surveys/questionnaires.html", context)


@require_safe
def questionnaire(request: HttpRequest, code: str, number: int | None = None) -> HttpResponse:
    """One questionnaire as the customer sees it, with its versions."""
    access = here(person(request), "read_surveys")
    row = get_questionnaire(code)
    versions = list(queries.versions_of(row))
    shown = next((version for version in versions if number in (None, version.number)), None)
    if shown is None:
        raise Http404
    context = {
        "questionnaire": row,
        "versions": versions,
        "version": shown,
        "form": FillingForm(asks=shown.asks, auto_id="preview_%s"),
        "manages": access.has("manage"),
    }
    return render(request, "surveys/questionnaire.html", context)


@require_http_methods(GET_OR_POST)
def questionnaire_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Publish the next version; the current one is what one begins with."""
    access = here(person(request), "manage")
    row = get_questionnaire(code)
    newest = queries.newest_of(row)
    if request.method != "POST":
        form = VersionForm(initial={"document": _as_text(newest), "base": newest.number if newest else None})
        return _editor(request, form, row)
    form = VersionForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            questionnaires.publish_version(row, data["document"], by=access.actor("manage"), base=data["base"])
        except InvalidInput as error:
            form.add_error("document", error.message)
        except InvalidMove as error:
            form.add_error(None, error.message)
            return _editor(request, form, row, status=409)
        else:
            messages.success(request, _("The version is published. Switch a survey to it to have it asked."))
            return redirect("questionnaire", code)
    return _editor(request, form, row)


def _as_text(version: QuestionnaireVersion | None) -> str:
    """The document as it is written by hand: in its order, and without what goes without saying."""
    if version is None:
        return ""
    return json.dumps(version.asks.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False, indent=2)


def _editor(
    request: HttpRequest, form: forms.Form, row: Questionnaire | None, *, status: int | None = None
) -> HttpResponse:
    context = {"form": form, "questionnaire": row}
    return render(request, "surveys/questionnaire_edit.html", context, status=status or _status(form))


@require_http_methods(GET_OR_POST)
def questionnaire_add(request: HttpRequest) -> HttpResponse:
    """A questionnaire of one's own, beginning with a copy of another one."""
    access = here(person(request), "manage")
    if request.method != "POST":
        copied = queries.to_be_copied(requests.words(request, "copy"))
        return _editor(request, QuestionnaireForm(initial={"document": _as_text(copied)}), None)
    form = QuestionnaireForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            questionnaires.add_questionnaire(data["code"], data["name"], data["document"], by=access.actor("manage"))
        except InvalidInput as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, _("The questionnaire is there. Switch a survey to it to have it asked."))
            return redirect("questionnaire", data["code"])
    return _editor(request, form, None)


def _retiring(request: HttpRequest, code: str) -> tuple[Here, Questionnaire]:
    access = here(person(request), "manage")
    return access, get_questionnaire(code)


@require_POST
def questionnaire_retire(request: HttpRequest, code: str) -> HttpResponse:
    """No new survey asks it."""
    access, row = _retiring(request, code)
    questionnaires.retire_questionnaire(row, by=access.actor("manage"))
    messages.success(request, _("The questionnaire is retired; what was answered stays."))
    return redirect("questionnaire", code)


@require_POST
def questionnaire_restore(request: HttpRequest, code: str) -> HttpResponse:
    """Surveys may ask it again."""
    access, row = _retiring(request, code)
    questionnaires.restore_questionnaire(row, by=access.actor("manage"))
    messages.success(request, _("The questionnaire is in use again."))
    return redirect("questionnaire", code)


@require_POST
def invitation_ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask somebody who has no address by a printed code."""
    access = here(person(request), "manage")
    row = inviting.ask_on_paper(get_invitation(access, pk), by=access.actor("manage"))
    messages.success(request, _("The code is ready to be printed and handed over."))
    return redirect("survey", row.survey_id)
