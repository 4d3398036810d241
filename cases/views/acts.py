"""One way for every act on a case: access, form, action, redirect; the same as page and as sheet.

A refusal of the action comes back with the form and everything that was typed: 422 with the sentence at
its field or the reasons above, 409 with what changed meanwhile.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.exceptions import Blocked, InvalidInput, InvalidMove, Reason, StaleRecord
from cases.access import CaseAccess, get_case
from cases.forms.acts import ActForm
from cases.lifecycle import MOVES, State
from cases.models import Case
from cases.queries.moves import ACTS, PART_ACTS
from documents.actions import store_upload
from documents.exceptions import StoreFull
from documents.limits import staff_limits
from documents.models import File
from organization.requests import person

logger = logging.getLogger(__name__)

SHEET_TARGET = "sheet-body"


@dataclass(frozen=True)
class Sheet:
    """What an act's page says around its form.

    ``lead`` explains in a sentence what happens; ``context`` is for the act's own template; ``reasons``
    are those that block the act before anything was sent.
    """

    act: str
    form: ActForm
    title: str | Promise
    done: str | Promise
    lead: str | Promise = ""
    button: str | Promise = ""
    danger: bool = False
    context: dict[str, Any] = field(default_factory=dict)
    reasons: list[Reason] = field(default_factory=list)


@dataclass(frozen=True)
class Problem:
    """Why nothing was done: a sentence and a list, above the form."""

    sentence: str
    reasons: list[str]
    status: int
    tone: str = "amber"


def open_act(request: HttpRequest, number: str, act: str) -> CaseAccess:
    """The case for this act: 404, 403; on opening the page also 409 where the state does not allow it.

    When something is sent, the action itself asks the state, under its lock.
    """
    access = get_case(person(request), number, act, version=request.POST.get("version"))
    if request.method != "POST" and act in ACTS:
        require_state(access.case, ACTS[act].sources)
    return access


def require_state(case: Case, sources: frozenset[State]) -> None:
    """Raise ``InvalidMove`` where an act cannot be done in the case's state."""
    if State(case.state) not in sources:
        raise InvalidMove(
            _("This is not possible while the case is “%(state)s”. Go back to the case to see what can be done now.")
            % {"state": case.get_state_display()}
        )


def label_of(act: str) -> str:
    """The words on an act's button."""
    if act in ACTS:
        return str(ACTS[act].label)
    return str(PART_ACTS[act][1] if act in PART_ACTS else MOVES[act].label)


def perform(request: HttpRequest, access: CaseAccess, sheet: Sheet, run: Callable[[], object]) -> HttpResponse:
    """Show the form, or carry the act out and go back to the case."""
    if request.method != "POST":
        return _show(request, access, sheet)
    if not sheet.form.is_valid():
        return _show(request, access, sheet, Problem("", [], 422))
    try:
        run()
    except InvalidInput as refusal:
        sheet.form.refuse(refusal)
        return _show(request, access, sheet, Problem("", [], 422))
    except (Blocked, StaleRecord, InvalidMove, StoreFull) as refusal:
        return _show(request, access, sheet, _problem(request, access, sheet, refusal))
    messages.success(request, str(sheet.done))
    return back_to_case(request, access.case)


def _problem(request: HttpRequest, access: CaseAccess, sheet: Sheet, refusal: Any) -> Problem:
    if isinstance(refusal, Blocked):
        if any(reason.kind == "forbidden" for reason in refusal.reasons):
            logger.warning(
                "refused: %s on case %s by user %s: %s", sheet.act, access.case.pk, person(request).pk,
                [reason.code for reason in refusal.reasons],
            )  # fmt: skip
        return Problem(_("This is not possible yet:"), [str(reason) for reason in refusal.reasons], 422, "red")
    if isinstance(refusal, StaleRecord):
        sentence = _("The case was changed while this page was open. Nothing was done, and your entry is still here.")
        return Problem(sentence, list(refusal.changed), 409)
    return Problem(refusal.message, [], 503 if isinstance(refusal, StoreFull) else 409, "red")


def _show(request: HttpRequest, access: CaseAccess, sheet: Sheet, problem: Problem | None = None) -> HttpResponse:
    in_sheet = getattr(request, "htmx", False) and request.htmx.target in {SHEET_TARGET, "act"}  # type: ignore[attr-defined]
    context = {
        "case": access.case,
        "access": access,
        "sheet": sheet,
        "form": sheet.form,
        "problem": problem,
        "reasons": [str(reason) for reason in sheet.reasons] if problem is None else [],
        # The version of this moment: who has read what changed may send the same entry again.
        "version": Case.objects.values_list("version", flat=True).get(pk=access.case.pk),
        "button": sheet.button or label_of(sheet.act),
        "in_sheet": in_sheet and request.htmx.target == SHEET_TARGET,  # type: ignore[attr-defined]
        "url": request.path,
        **sheet.context,
    }
    template = "cases/case/act_form.html" if in_sheet else "cases/case/act.html"
    return render(request, template, context, status=problem.status if problem else 200)


def back_to_case(request: HttpRequest, case: Case) -> HttpResponse:
    """To the case's page: a redirect, which htmx follows as a whole page."""
    url = reverse("case", args=[case.number])
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)


def take_in(files: Iterable[UploadedFile], *, by: Actor) -> tuple[File, ...]:
    """Store what was sent with a form; call it in the transaction of the act it belongs to."""
    return tuple(store_upload(file, by=by, limits=staff_limits()) for file in files)


def posted(request: HttpRequest) -> QueryDict | None:
    """What was sent, even when it holds no field at all; None on opening the page."""
    return request.POST if request.method == "POST" else None
