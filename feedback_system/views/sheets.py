"""Departments, products and users from a spreadsheet: template, check, import."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.exceptions import DomainError, InvalidInput
from documents.limits import MB, SheetLimits
from documents.sheets import Column, Sheet, Stamp, as_text, read_table, write_errors, write_xlsx
from organization import access
from organization import sheets as tables
from organization.models import Function, Role, SheetUpload
from organization.requests import person

LARGEST_FILE = 5 * MB
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROWS_SHOWN = 100


@require_safe
def sheets(request: HttpRequest) -> HttpResponse:
    """One card for each sort of table: template, upload."""
    access.administrator(person(request))
    return _front(request)


def _front(request: HttpRequest, *, wrong: str = "", sentence: str = "") -> HttpResponse:
    kinds = [(what, label, tables.COLUMNS[what]) for what, label in SheetUpload.What.choices]
    context = {"kinds": kinds, "wrong": wrong, "sentence": sentence, "max_rows": tables.MAX_ROWS}
    return render(request, "settings/sheets.html", context, status=422 if sentence else 200)


def _known(what: str) -> str:
    if what not in tables.COLUMNS:
        raise Http404
    return what


@require_safe
def sheet_template(request: HttpRequest, what: str) -> HttpResponse:
    """An empty table with the right columns, and a sheet that says what belongs into them."""
    access.administrator(person(request))
    columns = tables.COLUMNS[_known(what)]
    label = str(SheetUpload.What(what).label)
    notes = [(str(column.title), _says(column)) for column in columns]
    if what == "users":
        notes.append((_("Roles"), "、".join(str(role) for role in Role.labels)))
    if what != "products":
        found = Function.objects.filter(personal=what == "users")
        notes.append((_("Functions"), "；".join(str(function) for function in found)))
    stamp = Stamp(person(request).name, timezone.now(), label, notes)
    response = _download(f"huiyin-{what}.xlsx")
    titles = [Column(str(column.title), width=24) for column in columns]
    with _folder() as folder:
        path = folder / "template.xlsx"
        write_xlsx(path, [Sheet(label, titles, [])], stamp=stamp)
        response.write(path.read_bytes())
    return response


def _says(column: tables.Column) -> str:
    must = _("must be filled") if column.required else ""
    return "；".join(part for part in (must, str(column.says)) if part)


def _download(name: str) -> HttpResponse:
    return HttpResponse(content_type=XLSX, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="huiyin-sheet-") as name:
        yield Path(name)


@require_POST
def sheet_check(request: HttpRequest, what: str) -> HttpResponse:
    """Read an uploaded table and keep its rows for the check; nothing is imported yet."""
    user = person(request)
    by = access.administrator(user)
    uploaded = request.FILES.get("file")
    try:
        header, lines = _read(_known(what), uploaded)
        tables.check(what, header, lines[:1], by=by)  # a wrong header is told here, beside the upload
    except DomainError as error:
        return _front(request, wrong=what, sentence=error.message)
    row = SheetUpload.objects.create(
        what=what, file_name=str(uploaded)[:120], header=header, rows=lines, by=user, created_at=timezone.now()
    )
    return redirect("sheet_checked", row.pk)


def _read(what: str, uploaded: UploadedFile | None) -> tuple[list[str], list[tables.Line]]:
    if uploaded is None:
        raise InvalidInput("file", _("Please choose a file first."))
    if (uploaded.size or 0) > LARGEST_FILE:
        raise InvalidInput("file", _("The file is larger than 5 MB. Please cut the table into parts."))
    with _folder() as folder:
        ending = Path(uploaded.name or "").suffix.lower()[:6]
        path = folder / f"table{ending or '.xlsx'}"
        with path.open("wb") as target:
            for chunk in uploaded.chunks():
                target.write(chunk)
        table = read_table(path, limits=SheetLimits(rows=tables.MAX_ROWS + 10))
        lines: list[tables.Line] = [(row.number, [as_text(value) for value in row.values]) for row in table.rows]
    if len(lines) > tables.MAX_ROWS:
        raise InvalidInput(
            "file", _("The table has more than %(count)d rows. Please cut it into parts.") % {"count": tables.MAX_ROWS}
        )
    if not lines:
        raise InvalidInput("file", _("The table has no rows below its titles."))
    return list(table.header), lines


def _upload(request: HttpRequest, pk: int) -> SheetUpload:
    fresh = SheetUpload.objects.filter(created_at__gte=timezone.now() - tables.KEPT)
    row = fresh.filter(pk=pk, by=person(request)).first()
    if row is None:
        raise Http404
    return row


@require_http_methods(["GET", "HEAD", "POST"])
def sheet_checked(request: HttpRequest, pk: int) -> HttpResponse:
    """What the import would do, row by row; with a POST it does it."""
    by = access.administrator(person(request))
    row = _upload(request, pk)
    if request.method == "POST":
        outcome = tables.bring_in(row.what, row.header, row.rows, by=by)
        row.delete()
        messages.success(
            request,
            _("Imported: %(new)d new, %(changed)d changed, %(same)d as they were, %(wrong)d left out.")
            % {
                "new": len(outcome.created),
                "changed": len(outcome.changed),
                "same": len(outcome.same),
                "wrong": len(outcome.errors),
            },
        )
        return redirect(row.what)
    outcome = tables.check(row.what, row.header, row.rows, by=by)
    context: dict[str, Any] = {
        "row": row,
        "label": SheetUpload.What(row.what).label,
        "outcome": outcome,
        "shown": ROWS_SHOWN,
        "good": len(outcome.created) + len(outcome.changed),
    }
    return render(request, "settings/sheet_checked.html", context)


@require_safe
def sheet_errors(request: HttpRequest, pk: int) -> HttpResponse:
    """The wrong rows as a table with what is wrong beside them: correct it and import it on top."""
    user = person(request)
    by = access.administrator(user)
    row = _upload(request, pk)
    outcome = tables.check(row.what, row.header, row.rows, by=by)
    values = dict(row.rows)
    response = _download(f"huiyin-{row.what}-errors.xlsx")
    with _folder() as folder:
        path = folder / "errors.xlsx"
        wrong = [(number, values[number], sentence) for number, sentence in outcome.errors]
        write_errors(path, row.header, wrong, stamp=Stamp(user.name, timezone.now(), row.file_name))
        response.write(path.read_bytes())
    return response
