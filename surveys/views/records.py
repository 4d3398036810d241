"""What the callback desk achieved: the quota, the record of a quarter's calls, and that record as a workbook (F73)."""

from __future__ import annotations

from datetime import date
from functools import partial
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit.actions import record_reading
from audit.actor import Actor
from audit.exceptions import InvalidInput
from documents.serving import serve_original
from organization.paging import page_of
from organization.requests import person
from surveys.access import here
from surveys.actions.records import ask_for_record
from surveys.forms.desk import PurposeForm
from surveys.models import Draw, RecordExport
from surveys.queries import desk as queries
from surveys.queries import records as book
from surveys.tasks import write_record

EXPORTS_SHOWN = 20


@require_safe
def quota(request: HttpRequest) -> HttpResponse:
    """Each quarter's quota by level: closed, required, drawn, done, the rate achieved against the target (FX-05)."""
    h = here(person(request), "see_quota")
    return render(request, "surveys/quota.html", {"quarters": queries.quarters(), "may_call": h.has("call")})


@require_safe
def records(request: HttpRequest, year: int, number: int) -> HttpResponse:
    """《电话回访记录表》 of a quarter (F73), in the order in which the cases were drawn."""
    h, wanted = here(person(request), "see_quota"), _wanted(request, year, number)
    page = page_of(book.found(h.who, wanted), "drawn_at", descending=False, after=request.GET.get("after", ""))
    record_reading("surveys", "callback-records", by=Actor.staff(h.user), at=timezone.now(), rows=len(page.rows))
    kept = {"level": wanted.level} if wanted.level else {}
    levels = Draw.objects.filter(quarter=wanted.quarter).order_by("level").values_list("level", flat=True)
    context = {
        "rows": book.lines_of(page.rows, h.who),
        "year": year,
        "number": number,
        "level": wanted.level,
        "levels": list(levels.distinct()),
        "kept": urlencode(kept),
        "after": urlencode(kept | {"after": page.after}) if page.after else "",
        "first": not request.GET.get("after"),
        "may_export": h.has("export_record"),
    }
    return render(request, "surveys/records.html", context)


def _wanted(request: HttpRequest, year: int, number: int) -> book.Wanted:
    """Which calls an address wants; 404 for a quarter that was not drawn for."""
    if not (1 <= number <= 4 and 2000 <= year <= 2199):
        raise Http404
    first = date(year, number * 3 - 2, 1)
    if not Draw.objects.filter(quarter=first).exists():
        raise Http404
    return book.Wanted(first, book.level_of(request.GET.get("level", "")))


@require_http_methods(["GET", "HEAD", "POST"])
def exports(request: HttpRequest, year: int, number: int) -> HttpResponse:
    """Ask for the record as a workbook, and take it once it is written (SEC-13)."""
    h, wanted = here(person(request), "export_record"), _wanted(request, year, number)
    kept = f"?{urlencode({'level': wanted.level})}" if wanted.level else ""
    form = PurposeForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            row = ask_for_record(h.user, wanted, purpose=form.cleaned_data["purpose"], by=h.actor("export_record"))
        except InvalidInput as refusal:
            form.add_error("purpose", refusal.message)
        else:
            transaction.on_commit(partial(write_record.delay, row.pk), robust=True)
            messages.success(request, _("The record is being written. You are told when it is ready."))
            return redirect(reverse("callback_record_exports", args=[year, number]) + kept)
    mine = list(RecordExport.objects.filter(by=h.user).select_related("file")[:EXPORTS_SHOWN])
    context = {
        "form": form,
        "wanted": wanted,
        "exports": mine,
        "waiting": any(row.state in {"waiting", "running"} for row in mine),
        "chips": [wanted.words],
        "kept": kept,
    }
    return render(request, "surveys/record_exports.html", context, status=422 if form.errors else 200)


@require_safe
def export_file(request: HttpRequest, number: str) -> HttpResponseBase:
    """One's own workbook; who takes it is kept."""
    h = here(person(request), "export_record")
    row = RecordExport.objects.filter(number=number, by=h.user).exclude(file=None).select_related("file").first()
    if row is None or row.file is None:
        raise Http404
    by = Actor.staff(h.user)
    record_reading("surveys", "export", by=by, at=timezone.now(), rows=row.rows, reason=row.number)
    return serve_original(row.file)
