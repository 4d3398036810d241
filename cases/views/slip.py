"""The case slip 处理单: as page and as A4 PDF (F02, RES-13, SEC-13)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from audit.actions import record_reading
from cases.access import CaseAccess, get_case
from cases.queries.case import load
from cases.queries.slip import paper_context
from cases.queries.slip import slip as make_slip
from documents.exceptions import PdfFailed
from documents.pdf import render_paper
from documents.serving import serve_made
from documents.sheets.writing import Stamp
from organization.queries import organisation
from organization.requests import person


@require_safe
def slip(request: HttpRequest, number: str) -> HttpResponse:
    """The slip as a page, to be read or printed by the browser."""
    access = _access(request, number)
    return render(request, "cases/slip.html", _context(access))


@require_safe
def slip_pdf(request: HttpRequest, number: str) -> HttpResponse:
    """The slip as a PDF; who printed it is kept. Where no PDF can be made, the page is there with the reason."""
    access = _access(request, number)
    context = _context(access)
    try:
        content = render_paper("cases/slip_paper.html", context, stamp=context["stamp"])
    except PdfFailed as error:
        messages.error(request, error.message)
        return redirect("case_slip", number=access.case.number)
    record_reading(access.case.thread, "print", by=access.actor("print"), at=timezone.now())
    name = _("Case slip %(number)s") % {"number": access.case.number}
    return serve_made(content, filename=f"{name}.pdf", media_type="application/pdf")


def _access(request: HttpRequest, number: str) -> CaseAccess:
    return get_case(person(request), number, "print")


def _context(access: CaseAccess) -> dict[str, Any]:
    found = make_slip(load(access.case, access.assignments, access.who), contact=access.contact)
    stamp = Stamp(access.user.name, timezone.now(), access.case.number)
    return {**paper_context(found, organisation=organisation().name), "access": access, "stamp": stamp}
