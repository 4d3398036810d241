"""What was kept long enough: the dry run, the lists, their approval, the certificate (SEC-04, SEC-05)."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from audit.actions import record_reading
from audit.exceptions import DomainError, NotAllowed
from documents.pdf import render_paper
from documents.serving import serve_made
from documents.sheets.writing import Stamp
from feedback_system.models import Destruction, DestructionState, LegalHold, Record
from feedback_system.privacy import holds, retention
from feedback_system.privacy.access import get_destruction, get_hold
from feedback_system.privacy.forms import OpinionForm
from feedback_system.privacy.places import place_words
from feedback_system.privacy.rights import officer
from feedback_system.tasks import destroy
from organization.queries import organisation
from organization.requests import number as number_of
from organization.requests import person

LISTS_SHOWN = 50
LINES_SHOWN = 100


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """What is due today by type, what is kept and why, and the lists so far."""
    here = officer(person(request))
    waiting = set(
        Destruction.objects.filter(state__in=[DestructionState.LISTED, DestructionState.APPROVED]).values_list(
            "type", flat=True
        )
    )
    context = {
        "here": here,
        "due": retention.overview(timezone.now()),
        "waiting": waiting,
        "lists": list(Destruction.objects.select_related("listed_by")[:LISTS_SHOWN]),
        "holds": list(
            LegalHold.objects.filter(lifted_at=None).select_related("customer", "case", "placed_by")[:LISTS_SHOWN]
        ),
    }
    return render(request, "privacy/destructions.html", context)


@require_POST
def make_list(request: HttpRequest, type: str) -> HttpResponse:  # noqa: A002 - the word of the address
    """List what is due of one type, and ask for approval."""
    here = officer(person(request))
    if not here.answers:
        raise NotAllowed
    if type not in Record.values:
        raise Http404
    try:
        row = retention.list_due(Record(type), by=here.user)
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("privacy_destructions")
    messages.success(request, _("Listed. The general manager was asked."))
    return redirect("privacy_destruction", row.number)


@require_safe
def one(request: HttpRequest, number: str) -> HttpResponse:
    """One list, page by page, and what came of it."""
    here = officer(person(request))
    return _page(request, get_destruction(number), OpinionForm(), approves=here.approves)


def _page(
    request: HttpRequest, row: Destruction, form: OpinionForm, *, approves: bool, status: int = 200
) -> HttpResponse:
    page = max(1, number_of(request.GET.get("page")) or 1)
    start = min((page - 1) * LINES_SHOWN, max(0, len(row.keys) - 1)) // LINES_SHOWN * LINES_SHOWN
    context = {
        "row": row,
        "form": form,
        "may_decide": approves and row.state == DestructionState.LISTED,
        "lines": retention.lines_of(row, start=start, size=LINES_SHOWN),
        "before": start // LINES_SHOWN if start else 0,
        "after": start // LINES_SHOWN + 2 if start + LINES_SHOWN < len(row.keys) else 0,
        "places": sorted((place_words(name), count) for name, count in row.rows.items()),
        "decisions": list(row.approval.decisions.select_related("by")) if row.approval else [],
    }
    return render(request, "privacy/destruction.html", context, status=status)


@require_POST
def decide(request: HttpRequest, number: str) -> HttpResponse:
    """Approve, and the worker begins; or refuse."""
    here = officer(person(request))
    if not here.approves:
        raise NotAllowed
    row, form = get_destruction(number), OpinionForm(request.POST)
    granted = request.POST.get("answer") == "approve"
    if not form.is_valid():
        return _page(request, row, form, approves=True, status=422)
    try:
        retention.decide_destruction(row, granted=granted, opinion=form.cleaned_data["opinion"], by=here.user)
    except DomainError as error:
        if getattr(error, "field", "") == "opinion":
            form.add_error("opinion", error.message)
            return _page(request, row, form, approves=True, status=422)
        messages.error(request, error.message)
    else:
        messages.success(request, _("Approved. It is being carried out.") if granted else _("Refused."))
        if granted:
            transaction.on_commit(partial(destroy.delay, row.pk), robust=True)
    return redirect("privacy_destruction", number)


@require_safe
def certificate(request: HttpRequest, number: str) -> HttpResponse:
    """The certificate of destruction 《销毁证明》 as A4, once it is done."""
    here = officer(person(request))
    row = get_destruction(number)
    if row.state != DestructionState.DONE:
        raise Http404
    now = timezone.now()
    context = {
        "row": row,
        "organisation": organisation().name,
        "places": sorted((place_words(name), count) for name, count in row.rows.items()),
        "decisions": list(row.approval.decisions.select_related("by")) if row.approval else [],
        "signatures": (_("Listed by"), _("Approved by"), _("Witness")),
    }
    try:
        stamp = Stamp(here.user.name, now, row.number)
        content = render_paper("privacy/certificate_paper.html", context, stamp=stamp)
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("privacy_destruction", number)
    record_reading(f"destruction:{row.pk}", "print", by=here.actor, at=now)
    name = _("Certificate of destruction %(number)s") % {"number": row.number}
    return serve_made(content, filename=f"{name}.pdf", media_type="application/pdf")


@require_POST
def lift(request: HttpRequest, pk: int) -> HttpResponse:
    """Lift a legal hold."""
    here = officer(person(request))
    if not here.answers:
        raise NotAllowed
    holds.lift_hold(get_hold(pk), by=here.user)
    messages.success(request, _("Lifted. What is asked for or due may go again."))
    return redirect("privacy_destructions")
