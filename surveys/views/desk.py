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
from audit.exceptions import DomainError, InvalidInput, InvalidMove, NotAllowed
from cases.access import open_access
from organization.forms import refusals
from organization.requests import person
from surveys.access import Here, absent, here
from surveys.actions import calling, on_behalf
from surveys.actions.drawing import HELD
from surveys.forms.desk import SITUATIONS, AttemptForm, OnBehalfForm
from surveys.forms.filling import FillingForm
from surveys.models import Attempt, Callback, QuestionnaireVersion, Response, Survey
from surveys.queries import desk as queries
from surveys.queries.drawing import callable_now, independent

Result = Attempt.Result
#: The buttons of a call without answers, in the order of their keys Alt+1, Alt+2 …
UNANSWERED = (Result.NO_ANSWER, Result.BUSY, Result.OFF, Result.WRONG, Result.REFUSED)


@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """The queue: what is due, what comes later today, and how far the quarter is (SUR-14)."""
    h, now = here(person(request), "call"), timezone.now()
    context = {
        "queue": queries.queue_of(h.who, now, HELD),
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
    row = _callback(h, pk)
    calling.take(row, by=h.actor("call"))
    return redirect("callback", row.pk)


def _callback(h: Here, pk: int) -> Callback:
    """A callback that this person may make; who worked on its case is told why not (SUR-15, hard gate 9)."""
    rows = Callback.objects.filter(pk=pk).select_related(
        "case__profile_version", "draw__survey__version", "taken_by"
    )  # fmt: skip
    row = independent(rows, h.who).first()
    if row is not None:
        return row
    if rows.readable_by(h.who).exists():
        raise NotAllowed(_("Whoever worked on a case does not ask its customer. A colleague must make this call."))
    raise absent()


@require_http_methods(["GET", "HEAD", "POST"])
def call(request: HttpRequest, pk: int) -> HttpResponse:
    """One call: what was reported and answered beside the questionnaire, filled in while talking (F73)."""
    h, now = here(person(request), "call"), timezone.now()
    row = _callback(h, pk)
    version = row.draw.survey.version
    first = {"said_by": row.case.reporter_name}
    form, attempt = FillingForm(asks=version.asks, names_speaker=True, initial=first), AttemptForm()
    if request.method == "POST":
        result = request.POST.get("result", Result.REACHED)
        if result == Result.REACHED:
            form = FillingForm(request.POST, asks=version.asks, names_speaker=True)
            attempt = AttemptForm({"result": result, "note": request.POST.get("note", "")})
            done = _answered(row, form, attempt, by=h.actor("call"))
        else:
            # What was already filled in stays on the page, without being asked to be whole.
            form = FillingForm(asks=version.asks, names_speaker=True, initial=request.POST.dict())
            attempt = AttemptForm(request.POST)
            done = _unanswered(row, attempt, by=h.actor("call"))
        if done:
            messages.success(request, done)
            return _on(request, h)
    else:
        record_reading(row.thread, "page", by=Actor.staff(h.user), at=now)
    open_ = callable_now(Callback.objects.filter(pk=row.pk)).exists()
    context = {
        "callback": row,
        "case": row.case,
        "asks": version.asks,
        "dossier": queries.dossier_of(row, h.who),
        "customer": queries.name_of(row.case, clear=True),
        "form": form,
        "attempt": attempt,
        "results": [(f"Alt+{n}", code, code.label) for n, code in enumerate(UNANSWERED, 1)],
        "holder": calling.held_by(row, h.user.pk, now),
        "is_open": open_,
    }
    return render(request, "surveys/call.html", context, status=422 if form.errors or attempt.errors else 200)


def _answered(row: Callback, form: FillingForm, attempt: AttemptForm, *, by: Actor) -> str:
    """Keep the answers; "" where the form says what is wrong."""
    if not (form.is_valid() and attempt.is_valid()):
        return ""
    try:
        calling.record_call(row, form.filled(), by=by, note=attempt.cleaned_data["note"])
    except InvalidInput as refusal:
        form.refuse(refusal)
    except InvalidMove as refusal:
        form.add_error(None, refusal.message)
    else:
        return _("%(number)s: the answers are saved.") % {"number": row.case.number}
    return ""


def _unanswered(row: Callback, attempt: AttemptForm, *, by: Actor) -> str:
    """Note the call; "" where the form says what is wrong."""
    if not attempt.is_valid():
        return ""
    try:
        after = calling.record_attempt(row, attempt.heard(), by=by)
    except (InvalidInput, InvalidMove) as refusal:
        refusals.show(attempt, refusal)
        return ""
    if after.state != Callback.State.WAITING:
        return _("%(number)s: noted, not called again.") % {"number": row.case.number}
    again = timezone.localtime(after.next_at)
    return _("%(number)s: noted, to be called again at %(at)s.") % {
        "number": row.case.number, "at": f"{again:%m-%d %H:%M}",
    }  # fmt: skip


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
