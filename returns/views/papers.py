"""Papers of a return: the acceptance slip (F41), the repair record (F44, F46), the tags with their code (F54)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from audit.actions import record_reading
from audit.actor import Actor
from documents.codes import code_of
from documents.exceptions import PdfFailed
from documents.pdf import render_paper, render_pdf
from documents.serving import serve_made
from documents.sheets import Stamp
from organization.masks import mask_name, mask_phone
from organization.queries import organisation
from organization.requests import person
from returns.access import ReturnAccess, get_return
from returns.queries.page import load


@require_safe
def slip_pdf(request: HttpRequest, number: str) -> HttpResponse:
    """The return acceptance slip 《退货受理单》 with its signature lines (F41)."""
    access, context = _paper(request, number)
    context["signatures"] = [
        _("Returns desk"), _("Head of the owning department"), _("Warehouse"), _("Finance"), _("Customer"),
    ]  # fmt: skip
    return _serve(
        request, access, lambda: render_paper("returns/slip_paper.html", context, stamp=context["stamp"]),
        _("Return acceptance slip %(number)s") % {"number": access.slip.number},
    )  # fmt: skip


@require_safe
def repair_pdf(request: HttpRequest, number: str) -> HttpResponse:
    """The repair record 《产品维修记录单》 (F44, F46)."""
    access, context = _paper(request, number)
    if context["dossier"].order is None:
        raise Http404(_("There is no work order for this return."))
    context["signatures"] = [_("Repairer"), _("Quality"), _("Head of repair"), _("Customer")]
    return _serve(
        request, access, lambda: render_paper("returns/repair_paper.html", context, stamp=context["stamp"]),
        _("Repair record %(number)s") % {"number": context["dossier"].order.number},
    )  # fmt: skip


@require_safe
def tags_pdf(request: HttpRequest, number: str) -> HttpResponse:
    """A tag for each line of the slip, for a label printer; its code opens the return on a telephone (F54)."""
    access, context = _paper(request, number)
    url = settings.SITE_URL.rstrip("/") + reverse("return", args=[access.slip.number])
    html = render_to_string("returns/tags_paper.html", context)
    return _serve(
        request, access, lambda: render_pdf(html, styles=("tag.css",), pictures={"code": code_of(url)}),
        _("Tags %(number)s") % {"number": access.slip.number},
    )  # fmt: skip


def _paper(request: HttpRequest, number: str) -> tuple[ReturnAccess, dict[str, Any]]:
    access = get_return(person(request), number, "print")
    slip = access.slip
    return access, {
        "slip": slip,
        "dossier": load(slip, access.who),
        "organisation": organisation().name,
        "name": slip.contact_name if access.contact else mask_name(slip.contact_name),
        "phone": slip.contact_phone if access.contact else mask_phone(slip.contact_phone),
        "contact": access.contact,
        "stamp": Stamp(access.user.name, timezone.now(), slip.number),
    }


def _serve(request: HttpRequest, access: ReturnAccess, make: Callable[[], bytes], name: str) -> HttpResponse:
    try:
        content = make()
    except PdfFailed as error:
        messages.error(request, error.message)
        return redirect("return", access.slip.number)
    record_reading(access.slip.thread, "print", by=Actor.staff(access.user), at=timezone.now())
    return serve_made(content, filename=f"{name}.pdf", media_type="application/pdf")
