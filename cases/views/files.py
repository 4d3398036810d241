"""Files of a case: attached, shown as renditions, and handed out as originals to be saved."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit.actions import record_reading
from audit.actor import Actor
from cases.access import get_file
from cases.actions import files as actions
from cases.forms.files import AttachForm
from cases.views.acts import Sheet, open_act, perform, posted, take_in
from documents.serving import serve_original, serve_rendition
from organization.requests import person


@require_http_methods(["GET", "POST"])
def attach(request: HttpRequest, number: str) -> HttpResponse:
    """Evidence that comes later (INT-11)."""
    access = open_act(request, number, "attach")
    form = AttachForm(posted(request), request.FILES or None, case=access.case)
    sheet = Sheet(
        "attach",
        form,
        _("Attach files"),
        _("The files are attached."),
        lead=_("Originals are kept unchanged; pages show pictures without the place where they were taken."),
    )

    @transaction.atomic
    def run() -> None:
        by = access.actor("attach")
        data = form.cleaned_data
        stored = take_in(data["files"], by=by)
        actions.attach_files(access.case, stored, by=by, original=data["original"], kept_at=data["kept_at"])

    return perform(request, access, sheet, run)


@require_safe
def original(request: HttpRequest, number: str, pk: int) -> HttpResponseBase:
    """The original bytes, to be saved; who took them is kept (SEC-02)."""
    user = person(request)
    row = get_file(user, number, pk)
    response = serve_original(row.file)
    record_reading(row.case.thread, "attachment", by=Actor.staff(user), at=timezone.now())
    return response


@require_safe
def thumb(request: HttpRequest, number: str, pk: int) -> HttpResponseBase:
    """The small picture."""
    return serve_rendition(get_file(person(request), number, pk).file, thumb=True)


@require_safe
def picture(request: HttpRequest, number: str, pk: int) -> HttpResponseBase:
    """The picture as a page shows it."""
    return serve_rendition(get_file(person(request), number, pk).file)
