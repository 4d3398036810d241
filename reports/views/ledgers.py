"""Ledgers (台账): the list of them, each page by page, on paper, and as a workbook (RPT-01, F01)."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_safe

from audit.actions import record_reading
from audit.actor import Actor
from audit.exceptions import InvalidInput
from documents.exceptions import PdfFailed
from documents.pdf import render_pdf
from documents.serving import serve_made, serve_original
from documents.sheets import Stamp
from organization.queries import organisation
from organization.requests import person
from reports import ledger_progress
from reports.access import Here, here
from reports.actions.ledgers import ask_for_ledger
from reports.forms.ledgers import LedgerFilter, PurposeForm
from reports.models import LedgerExport, Report
from reports.models.report import LANGUAGE
from reports.periods import Period, month_before, month_of
from reports.queries.ledger_list import LEDGERS
from reports.queries.ledgers import CLIPPED, PRINTED, Clip, Ledger, Wanted
from reports.tasks import write_ledger

EXPORTS_SHOWN = 20


@require_safe
def ledgers(request: HttpRequest) -> HttpResponse:
    """All ledgers, and what stands in each."""
    access = here(person(request), "read_ledgers")
    context = {"ledgers": LEDGERS.values(), "has_reports": Report.objects.visible_to(access.who).exists()}
    return render(request, "reports/ledgers.html", context)


@require_safe
def ledger(request: HttpRequest, code: str) -> HttpResponse:
    """A ledger as this person may see it, the newest entry first."""
    access, found, form = _asked(request, code, "read_ledgers")
    page = found.page(access.who, form.wanted(), after=request.GET.get("after", ""))
    lines, clip = found.lines(page.rows, access.who), Clip(found.headings())
    record_reading("reports", f"ledger:{code}", by=Actor.staff(access.user), at=timezone.now(), rows=len(lines))
    kept = form.kept()
    context = {
        "ledger": found,
        "form": form,
        "headings": clip.headings,
        "lines": [(line.number, clip.shown(line)) for line in lines],
        "periods": _periods(form.today, form.wanted().period, kept),
        "kept": urlencode(kept),
        "after": urlencode(kept | {"after": page.after}) if page.after else "",
        "first": not request.GET.get("after"),
        "may_export": access.has("export_ledgers"),
    }
    return render(request, "reports/ledger.html", context)


def _asked(request: HttpRequest, code: str, permission: str) -> tuple[Here, Ledger, LedgerFilter]:
    """Who asks, for which ledger, narrowed by what; 404 for one that is none."""
    access, found = here(person(request), permission), LEDGERS.get(code)
    if found is None:
        raise Http404
    return access, found, LedgerFilter(request.GET, ledger=found, today=timezone.localdate())


def _periods(today: date, now: Period, kept: dict[str, str]) -> list[tuple[str, str, bool]]:
    """Days that are often wanted: label, address, and whether they are those that are shown."""
    year = Period("period", today.replace(month=1, day=1), today.replace(month=12, day=31))
    offered = (
        (_("This month"), month_of(today)), (_("Last month"), month_before(today)), (_("This year"), year),
    )  # fmt: skip
    return [
        (
            label,
            "?" + urlencode(kept | {"since": period.since.isoformat(), "until": period.until.isoformat()}),
            (period.since, period.until) == (now.since, now.until),
        )
        for label, period in offered
    ]


@require_safe
def ledger_pdf(request: HttpRequest, code: str) -> HttpResponse:
    """The ledger on paper, A4 across, with lines to sign; so many entries as paper is good for."""
    access, found, form = _asked(request, code, "read_ledgers")
    now, wanted = timezone.now(), form.wanted()
    lines, html, name = _paper(access, found, wanted, now)
    try:
        content = render_pdf(html, styles=("paper.css", "ledger.css"))
    except PdfFailed as error:
        messages.error(request, error.message)
        return redirect(f"{reverse('ledger', args=[code])}?{urlencode(form.kept())}")
    record_reading("reports", f"print:{code}", by=Actor.staff(access.user), at=now, rows=lines)
    return serve_made(content, filename=f"{name}.pdf", media_type="application/pdf")


def _paper(access: Here, found: Ledger, wanted: Wanted, now: datetime) -> tuple[int, str, str]:
    """How many entries stand on it, it, and its name: paper is in Chinese, whoever prints it."""
    number = f"{found.form or 'TZ'}-{timezone.localtime(now):%Y%m%d-%H%M%S}"
    with translation.override(LANGUAGE):
        lines, more = found.first(access.who, wanted)
        clip = Clip(found.headings())
        signatures = pgettext("paper", "Kept by"), pgettext("paper", "Checked by"), pgettext("paper", "Approved by")
        context = {
            "ledger": found, "headings": clip.headings, "lines": [(line.number, clip.shown(line)) for line in lines],
            "more": more, "most": PRINTED, "longest": CLIPPED, "words": found.words(wanted), "number": number,
            "organisation": organisation().name, "stamp": Stamp(access.user.name, now, number),
            "signatures": signatures,
        }  # fmt: skip
        return len(lines), render_to_string("reports/ledger_paper.html", context), f"{found.title} {number}"


@require_http_methods(["GET", "HEAD", "POST"])
def exports(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for a ledger as a workbook, and take it once it is written (SEC-13)."""
    access, found, filters = _asked(request, code, "export_ledgers")
    wanted, form = filters.wanted(), PurposeForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            row = ask_for_ledger(
                access.user, wanted, purpose=form.cleaned_data["purpose"], by=access.actor("export_ledgers")
            )
        except InvalidInput as refusal:
            form.add_error("purpose", refusal.message)
        else:
            transaction.on_commit(partial(write_ledger.delay, row.pk), robust=True)
            messages.success(request, _("The ledger is being written. You are told when it is ready."))
            return redirect(f"{reverse('ledger_exports', args=[code])}?{urlencode(filters.kept())}")
    context = {
        "ledger": found,
        "form": form,
        "chips": found.words(wanted),
        "kept": urlencode(filters.kept()),
    } | _mine(access, code)
    return render(request, "reports/ledger_exports.html", context, status=422 if form.errors else 200)


def _mine(access: Here, code: str) -> dict[str, Any]:
    """One's own workbooks of a ledger, with how far each is."""
    rows = LedgerExport.objects.filter(by=access.user, wanted__ledger=code).select_related("file")[:EXPORTS_SHOWN]
    shown = [(row, ledger_progress.percent(row)) for row in rows]
    return {"exports": shown, "waiting": any(row.state in {"waiting", "running"} for row, _percent in shown)}


@require_safe
def export_file(request: HttpRequest, number: str) -> HttpResponseBase:
    """One's own workbook; who takes it is kept."""
    access = here(person(request), "export_ledgers")
    row = LedgerExport.objects.filter(number=number, by=access.user).exclude(file=None).select_related("file").first()
    if row is None or row.file is None:
        raise Http404
    record_reading(
        "reports", "export", by=Actor.staff(access.user), at=timezone.now(), rows=row.rows, reason=row.number
    )  # fmt: skip
    return serve_original(row.file)
