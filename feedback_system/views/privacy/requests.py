"""Requests about personal data: the list by due time, and one of them from the question to the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from audit.exceptions import Blocked, DomainError, NotAllowed
from documents.serving import serve_made
from feedback_system.models import Ask, DataRequest, Erasure, RequestState
from feedback_system.privacy import erasure_requests
from feedback_system.privacy import requests as actions
from feedback_system.privacy.access import get_request
from feedback_system.privacy.copying import copy_for
from feedback_system.privacy.erasure import places
from feedback_system.privacy.forms import AnswerForm, IdentityForm, OpinionForm
from feedback_system.privacy.hindrances import hindrances
from feedback_system.privacy.places import place_words
from feedback_system.privacy.rights import Officer, officer
from organization.requests import person

ANSWERED_SHOWN = 50


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """What waits for an answer, the most urgent first; below what was answered last."""
    here = officer(person(request))
    rows = DataRequest.objects.select_related("customer", "case")
    context = {
        "here": here,
        "pending": list(rows.pending()[:500]),
        "answered": list(rows.exclude(answered_at=None).order_by("-answered_at")[:ANSWERED_SHOWN]),
        "now": timezone.now(),
    }
    return render(request, "privacy/requests.html", context)


@require_safe
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """One request: who asks what, what stands in the way, what would go, and what can be done now."""
    here = officer(person(request))
    return _page(request, here, get_request(pk))


def _page(
    request: HttpRequest, here: Officer, row: DataRequest, *, status: int = 200, **bound: forms.Form
) -> HttpResponse:
    is_live = row.is_pending and row.state != RequestState.ERASING
    subject = actions.subject_of(row) if is_live else None
    context: dict[str, Any] = {
        "row": row,
        "here": here,
        "now": timezone.now(),
        "may_decide": here.approves and row.state == RequestState.APPROVING,
        "may_answer": here.answers and row.state == RequestState.OPEN,
        "reasons": hindrances(subject, now=timezone.now(), besides=row) if subject and row.kind == Ask.ERASE else [],
        "places": places(subject) if subject and row.kind in {Ask.ERASE, Ask.COPY} else [],
        **_proof(row),
        "identity_form": IdentityForm(),
        "answer_form": AnswerForm(),
        "opinion_form": OpinionForm(),
    }
    return render(request, "privacy/request.html", context | bound, status=status)


def _proof(row: DataRequest) -> dict[str, Any]:
    """What an erasure did: rows by place, and where words still stand."""
    proof = Erasure.objects.filter(request=row).first()
    if proof is None:
        return {}
    erased: dict[str, int] = {}
    for name, count in proof.rows.items():
        erased[place_words(name)] = erased.get(place_words(name), 0) + count
    residue = [(place_words(name.rpartition(".")[0]), count) for name, count in (proof.residue or {}).items()]
    return {"proof": proof, "erased": sorted(erased.items(), key=lambda each: -each[1]), "residue": residue}


Done = Callable[[DataRequest, Officer, dict[str, Any]], str]


def _act(
    request: HttpRequest, pk: int, name: str, form: forms.Form, done: Done, *, approves: bool = False
) -> HttpResponse:
    """One act on a request: refused with its sentence beside what was typed, or done and said."""
    here = officer(person(request))
    if not (here.approves if approves else here.answers):
        raise NotAllowed
    row = get_request(pk)
    if not form.is_valid():
        return _page(request, here, row, status=422, **{name: form})
    try:
        said = done(row, here, form.cleaned_data)
    except Blocked as error:
        messages.error(request, " ".join(str(reason) for reason in error.reasons))
    except DomainError as error:
        field = getattr(error, "field", None)
        if field in form.fields:
            form.add_error(field, error.message)
            return _page(request, here, row, status=422, **{name: form})
        messages.error(request, error.message)
    else:
        messages.success(request, said)
    return redirect("privacy_request", pk)


@require_POST
def identity(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down how the person was recognised."""

    def done(row: DataRequest, here: Officer, data: dict[str, Any]) -> str:
        actions.check_identity(row, identity=data["identity"], by=here.user)
        return _("Saved.")

    return _act(request, pk, "identity_form", IdentityForm(request.POST), done)


@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Done, or refused with the reason."""

    def done(row: DataRequest, here: Officer, data: dict[str, Any]) -> str:
        if request.POST.get("answer_is") == "refuse":
            actions.refuse_request(row, answer=data["answer"], by=here.user)
            return _("Refused. Please tell the person, with the reason.")
        actions.finish_request(row, answer=data["answer"], by=here.user)
        return _("Done. Please tell the person.")

    return _act(request, pk, "answer_form", AnswerForm(request.POST), done)


@require_POST
def ask_erasure(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the general manager."""

    def done(row: DataRequest, here: Officer, _data: dict[str, Any]) -> str:
        erasure_requests.ask_erasure(row, by=here.user)
        return _("The general manager was asked. The answer comes to your inbox.")

    return _act(request, pk, "answer_form", forms.Form(request.POST), done)


@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve, and erase at once; or refuse."""

    def done(row: DataRequest, here: Officer, data: dict[str, Any]) -> str:
        granted = request.POST.get("answer") == "approve"
        found = erasure_requests.decide_erasure(row, granted=granted, opinion=data["opinion"], by=here.user)
        if not granted:
            return _("Refused, and told.")
        erasure_requests.carry_out(found)
        return _("The personal data were erased.")

    return _act(request, pk, "opinion_form", OpinionForm(request.POST), done, approves=True)


@require_POST
def copy(request: HttpRequest, pk: int) -> HttpResponse:
    """The copy as a ZIP, to be handed to the person; only after somebody has made sure who asks."""
    here = officer(person(request))
    if not here.answers:
        raise NotAllowed
    row = get_request(pk)
    try:
        content = copy_for(row, by=here.user)
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("privacy_request", pk)
    name = _("Copy of personal data %(number)s") % {"number": row.number}
    return serve_made(content, filename=f"{name}.zip", media_type="application/zip")
