"""Customers from a table in the browser: upload, columns, check, import (CUS-29)."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.actor import Actor
from audit.exceptions import DomainError
from customers.access import get_import, require_head
from customers.actions import imports
from customers.forms.imports import ColumnsForm, UploadForm
from customers.imports.columns import Target, targets
from customers.imports.mapping import Places, header_digest, propose, restored
from customers.models import CustomerImport, CustomerKind, ImportState
from customers.queries.grants import reads_all_files
from customers.queries.imports import imports_of, refused_lines, usual_mapping
from customers.tasks import work_on_import
from documents.kinds import FACTS, Kind
from documents.serving import serve_made
from documents.sheets import Column, Sheet, Stamp, write_errors, write_xlsx
from organization.forms import refusals
from organization.requests import person

REFUSALS_SHOWN = 100
XLSX = FACTS[Kind.XLSX].media_type


@require_http_methods(["GET", "HEAD", "POST"])
def listing(request: HttpRequest) -> HttpResponse:
    """One's own imports of the last weeks, and the upload of another table."""
    user = person(request)
    require_head(user)
    posted = request.method == "POST"
    form = UploadForm(request.POST, request.FILES) if posted else UploadForm()
    if posted and form.is_valid():
        try:
            row = imports.open_import(form.cleaned_data["file"], by=user)
        except DomainError as error:
            form.add_error("file", error.message)
        else:
            return redirect("customer_import_columns", row.pk)
    context = {"form": form, "imports": imports_of(user), "kept_days": settings.CUSTOMER_IMPORTS_KEPT_DAYS}
    return render(request, "customers/imports.html", context, status=422 if posted else 200)


@require_safe
def template(request: HttpRequest) -> HttpResponse:
    """An empty table with all titles, and a sheet that says what belongs into them."""
    user = person(request)
    known = _targets(request)
    notes = [(str(target.title), _says(target)) for target in known]
    notes.append((_("Kinds of customer"), "、".join(str(kind) for kind in CustomerKind.objects.active())))
    stamp = Stamp(user.name, timezone.now(), _("Customers"), notes)
    sheet = Sheet(_("Customers"), [Column(str(target.title), width=22) for target in known], [])
    with tempfile.TemporaryDirectory(prefix="huiyin-customers-") as folder:
        path = Path(folder) / "template.xlsx"
        write_xlsx(path, [sheet], stamp=stamp)
        name = _("Template for customers")
        return serve_made(path.read_bytes(), filename=f"{name}.xlsx", media_type=XLSX)


def _says(target: Target) -> str:
    must = _("must be filled") if target.required else ""
    return "；".join(part for part in (must, str(target.says)) if part)


def _targets(request: HttpRequest) -> tuple[Target, ...]:
    return targets(whole_file=reads_all_files(require_head(person(request))))


@require_safe
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """How far an import is, what it will do or did, and which rows stay out."""
    row = get_import(person(request), pk)
    if row.state == ImportState.NEW and not row.problem:
        return redirect("customer_import_columns", pk)
    if request.headers.get("HX-Target") == "import-progress":
        if row.is_at_work:
            return render(request, "customers/_import_progress.html", {"row": row})
        return HttpResponse(headers={"HX-Refresh": "true"})  # the whole page is another one now
    lines = list(refused_lines(row)[:REFUSALS_SHOWN])
    context = {"row": row, "refused": lines, "shown": len(lines), "steps": _steps(row)}
    return render(request, "customers/import.html", context)


def _steps(row: CustomerImport) -> list[tuple[str, str]]:
    """The steps of an import, each done, at hand or to come."""
    labels = [_("File"), _("Columns"), _("Check"), _("Import")]
    current = {ImportState.NEW: 1, ImportState.CHECKING: 2, ImportState.CHECKED: 2, ImportState.RUNNING: 3}
    here = current.get(ImportState(row.state), len(labels))
    return [(label, "done" if n < here else "now" if n == here else "") for n, label in enumerate(labels)]


@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: HttpRequest, pk: int) -> HttpResponse:
    """What the columns mean: proposed from the titles or as the last time; then the check begins."""
    row = get_import(person(request), pk)
    known = _targets(request)
    posted = request.POST if request.method == "POST" else None
    form = ColumnsForm(posted, row=row, places=_places(row, known), known=known)
    if posted is not None and form.is_valid():
        try:
            imports.map_columns(row, form.meaning(), known)
        except DomainError as error:
            refusals.show(form, error)
        else:
            transaction.on_commit(partial(work_on_import.delay, row.pk), robust=True)
            return redirect("customer_import", pk)
    context = {"row": row, "form": form, "steps": _steps(row), "whole": any(target.of_file for target in known)}
    return render(request, "customers/import_columns.html", context, status=422 if form.errors else 200)


def _places(row: CustomerImport, known: tuple[Target, ...]) -> Places:
    if row.mapping:
        return restored(row.mapping, len(row.header), known)
    if usual := usual_mapping(header_digest(row.header)):
        row.system, row.default_type = usual[1], usual[2]
        return restored(usual[0], len(row.header), known)
    return propose(row.header, known)


@require_POST
def sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """Look at another sheet of the workbook."""
    row = get_import(person(request), pk)
    try:
        imports.choose_sheet(row, request.POST.get("sheet", ""))
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("customer_import_columns", pk)


@require_POST
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the good rows in; the worker does it."""
    row = get_import(person(request), pk)
    try:
        imports.start_import(row)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        transaction.on_commit(partial(work_on_import.delay, row.pk), robust=True)
    return redirect("customer_import", pk)


@require_safe
def refused(request: HttpRequest, pk: int) -> HttpResponse:
    """The refused rows alone, each with its reason: correct them there and bring that table in."""
    user = person(request)
    row = get_import(user, pk)
    lines = refused_lines(row).iterator(2_000)
    name = f"{row.number}.errors"
    with tempfile.TemporaryDirectory(prefix="huiyin-customers-") as folder:
        path = Path(folder) / f"{name}.xlsx"
        stamp = Stamp(user.name, timezone.now(), row.number)
        write_errors(path, row.header, ((line.row, line.values, line.message) for line in lines), stamp=stamp)
        return serve_made(path.read_bytes(), filename=path.name, media_type=XLSX)


@require_POST
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw the upload away, with the rows that stayed out; what is in stays."""
    user = person(request)
    row = get_import(user, pk)
    try:
        imports.discard_import(row, by=Actor.staff(user))
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("customer_import", pk)
    messages.success(request, _("The table was thrown away."))
    return redirect("customer_imports")
