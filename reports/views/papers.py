"""An issued report as PDF and as a workbook; who took it stands in its history's readings."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit.actions import record_reading
from audit.actor import Actor
from documents.exceptions import PdfFailed
from documents.serving import serve_made
from documents.sheets import Stamp
from organization.requests import person
from reports import papers
from reports.access import get_report
from reports.models import Report
from reports.queries.issued import sections_of
from reports.tables import Section

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Make = Callable[[Report, list[Section], Stamp], bytes]


@require_safe
def report_pdf(request: HttpRequest, number: str) -> HttpResponse:
    """A4, ready to sign."""
    return _served(
        request, number, lambda row, sections, stamp: papers.as_pdf(row, sections, stamp=stamp), "pdf",
        "application/pdf",
    )  # fmt: skip


@require_safe
def report_xlsx(request: HttpRequest, number: str) -> HttpResponse:
    """Every table as a sheet."""
    return _served(
        request, number, lambda row, sections, stamp: papers.as_xlsx(row, sections, stamp=stamp), "xlsx", _XLSX
    )  # fmt: skip


def _served(request: HttpRequest, number: str, make: Make, ending: str, media_type: str) -> HttpResponse:
    access, row = get_report(person(request), number)
    if not row.is_issued:
        raise Http404
    now = timezone.now()
    try:
        content = make(row, sections_of(row), Stamp(access.user.name, now, row.number))
    except PdfFailed as error:
        messages.error(request, error.message)
        return redirect("report", row.number)
    record_reading(row.thread, "print", by=Actor.staff(access.user), at=now)
    return serve_made(content, filename=f"{row.title} {row.number}.{ending}", media_type=media_type)
