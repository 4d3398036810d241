"""The callback desk: the queue and one call; and answers filled in on behalf."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.actions import record_reading
from audit.actor import Actor
from audit.exceptions import DomainError, InvalidInput, InvalidMove
from cases.access import open_access
from organization.forms import refusals
from organization.requests import person
from surveys.access import Here, get_callback, here
from surveys.actions import calling, on_behalf
from surveys.forms.desk import SITUATIONS, AttemptForm, OnBehalfForm
from surveys.forms.filling import FillingForm
from surveys.models import Attempt, Callback, QuestionnaireVersion, Response, Survey
from surveys.queries import desk as queries
from surveys.queries.drawing import callable_now

Result = Attempt.Result
#: The buttons of a call without answers, in the order of their keys Alt+1, Alt+2 …
UNANSWERED = (Result.NO_ANSWER, Result.BUSY, Result.OFF, Result.WRONG, Result.REFUSED)


@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """The queue: what is due, what comes later today, and how far the quarter is (SUR-14)."""
    h, now = here(person(request), "call"), timezone.now()
    context = {
        "queue": queries.queue_of(h.who, now),
        "levels": queries.this_quarter(now),
        "running": Survey.objects.filter(kind=Survey.Kind.CALLBACK, stopped_at=None).exists(),
        "may_see_quota": h.has("see_quota"),
    }
    return render(request, "surveys/desk.html", context)


@require_POST
def next_call(request: HttpRequest) -> HttpResponse:
    """Take the call that is due longest, and show it."""
    return _on(request, here(person(request), "call"))


def _on(request: HttpRequest, h: Here) -> HttpResponseRedirect:
    """To the next due call; to the queue where none is due."""
    row = calling.take_next(by=h.actor("call"))
    if row is not None:
        return redirect("callback", row.pk)
    messages.info(request, _("No further call is due now."))
    return redirect("callback_desk")


@require_POST
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one call out of the queue."""
    h = here(person(request), "call")
    row = get_callback(h, pk)
    calling.take(row, by=h.actor("call"))
    return redirect("callback", row.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def call(request: HttpRequest, pk: int) -> HttpResponse:
    """One call: what was reported and answered beside the questionnaire, filled in while talking (F73).

    The telephone number and the questionnaire are shown to who has taken the call.
    """
    h, now = here(person(request), "call"), timezone.now()
    row = get_callback(h, pk)
    asks = row.draw.survey.version.asks
    first = {"said_by": row.case.reporter_name}
    form, attempt = FillingForm(asks=asks, names_speaker=True, initial=first), AttemptForm()
    if request.method == "POST":
        result = request.POST.get("result", Result.REACHED)
        if result == Result.REACHED:
            form = FillingForm(request.POST, asks=asks, names_speaker=True)
            attempt = AttemptForm({"result": result, "note": request.POST.get("note", "")})
            done = _answered(row, form, attempt, by=h.actor("call"))
        else:
            # What was already filled in stays on the page, without being asked to be whole.
            form = FillingForm(asks=asks, names_speaker=True, initial=request.POST.dict())
            attempt = AttemptForm(request.POST)
            done = _unanswered(row, attempt, by=h.actor("call"))
        if done:
            messages.success(request, done)
            return _on(request, h)
        row = get_callback(h, pk)  # as it stands after the refusal
    else:
        record_reading(row.thread, "page", by=Actor.staff(h.user), at=now)
    context = _page_of(row, h) | {"form": form, "attempt": attempt, "asks": asks}
    return render(request, "surveys/call.html", context, status=422 if form.errors or attempt.errors else 200)


def _page_of(row: Callback, h: Here) -> dict[str, Any]:
    """What the page shows beside the forms."""
    return {
        "callback": row,
        "case": row.case,
        "dossier": queries.dossier_of(row, h.who),
        "customer": queries.name_of(row.case, clear=True),
        "results": [(f"Alt+{n}", code, code.label) for n, code in enumerate(UNANSWERED, 1)],
        "holder": queries.colleague_on(row, h.user.pk, timezone.now()),
        "is_mine": row.taken_by_id == h.user.pk,
        "is_open": callable_now(Callback.objects.filter(pk=row.pk)).exists(),
    }


def _answered(row: Callback, form: FillingForm, attempt: AttemptForm, *, by: Actor) -> str:
    """Keep the answers; "" where the form says what is wrong."""
    if not (form.is_valid() and attempt.is_valid()):
        return ""
    try:
        calling.record_call(row, form.filled(), by=by, note=attempt.cleaned_data["note"])
    except InvalidInput as refusal:
        form.refuse(refusal)
    except InvalidMove as refusal:
        form.add_error(None, _words_of(refusal, row, by=by))
    else:
        return _("%(number)s: the answers are saved.") % {"number": row.case.number}
    return ""


def _unanswered(row: Callback, attempt: AttemptForm, *, by: Actor) -> str:
    """Note the call; "" where the form says what is wrong."""
    if not attempt.is_valid():
        return ""
    try:
        after = calling.record_attempt(row, attempt.heard(), by=by)
    except InvalidInput as refusal:
        refusals.show(attempt, refusal)
        return ""
    except InvalidMove as refusal:
        attempt.add_error(None, _words_of(refusal, row, by=by))
        return ""
    if after.state != Callback.State.WAITING:
        return _("%(number)s: noted, not called again.") % {"number": row.case.number}
    again = timezone.localtime(after.next_at)
    return _("%(number)s: noted, to be called again at %(at)s.") % {
        "number": row.case.number, "at": f"{again:%m-%d %H:%M}",
    }  # fmt: skip


def _words_of(refusal: InvalidMove, row: Callback, *, by: Actor) -> str:
    """What the form says. A call that nobody had taken is taken now: what was typed stays, and is saved by pressing
    again.
    """
    if not isinstance(refusal, calling.NotTaken):
        return refusal.message
    try:
        calling.take(row, by=by)
    except InvalidMove as later:  # a colleague was quicker
        return later.message
    return _("Nobody had taken this call; it is yours now. Look at the calls so far, then save again.")


@require_http_methods(["GET", "HEAD", "POST"])
def fill_in(request: HttpRequest, number: str) -> HttpResponse:
    """Answers that staff asked or collected for a customer who cannot write (SUR-17, SUR-45)."""
    access = open_access(person(request), number)
    access.require_full()
    h = here(access.user, "fill_in")
    versions = queries.offered_versions()
    version = _chosen(request, versions)
    context: dict[str, Any] = {"case": access.case, "versions": versions, "version": version, "form": None}
    if version is None:
        return render(request, "surveys/fill_in.html", context)
    posted = request.POST if request.method == "POST" else None
    first = {"said_by": access.case.reporter_name if access.contact else "", "source": Response.Source.PROXY}
    form = OnBehalfForm(posted, asks=version.asks, me=h.user, number=access.case.number, initial=first)
    if posted is not None and form.is_valid():
        try:
            on_behalf.fill_in_for(
                access.case, version, form.filled(), by=h.actor("fill_in"), origin=form.origin()
            )  # fmt: skip
        except InvalidInput as refusal:
            form.refuse(refusal)
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("The answers are saved, marked as filled in by staff."))
            return redirect("case", access.case.number)
    context |= {"form": form, "situations": SITUATIONS, "refusal": queries.why_not_asked(access.case)}
    return render(request, "surveys/fill_in.html", context, status=422 if form.errors else 200)


def _chosen(request: HttpRequest, versions: list[QuestionnaireVersion]) -> QuestionnaireVersion | None:
    """The questionnaire named in the address, else the first on offer."""
    code = request.GET.get("questionnaire", "")
    return next((one for one in versions if one.questionnaire.code == code), versions[0] if versions else None)
