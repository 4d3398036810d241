"""The slip of paper with the code of an invitation: scanned with a telephone, answered there (SUR-14, F71)."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from audit.actions import record_reading
from audit.exceptions import InvalidMove
from documents.codes import code_of
from documents.exceptions import PdfFailed
from documents.pdf import render_pdf
from documents.serving import serve_made
from organization.queries import organisation
from organization.requests import person
from surveys.access import get_invitation, here
from surveys.models import Invitation
from surveys.secrets import link_token


@require_safe
def invitation_paper(request: HttpRequest, pk: int) -> HttpResponse:
    """The code of one open invitation as PDF, in the customer's language; who printed it is kept."""
    access = here(person(request), "manage")
    row, now = get_invitation(access, pk), timezone.now()
    if not row.may_be_answered(now):
        raise InvalidMove(_("This link takes no answer any more, so there is nothing to print."))
    try:
        content = _paper(row)
    except PdfFailed as error:
        messages.error(request, error.message)
        return redirect("survey", row.survey_id)
    record_reading(row.thread, "print", by=access.actor("manage"), at=now)
    name = _("Survey %(number)s") % {"number": row.case.number}
    return serve_made(content, filename=f"{name}.pdf", media_type="application/pdf")


def _paper(row: Invitation) -> bytes:
    url = settings.SITE_URL.rstrip("/") + reverse("survey_answer", args=[link_token(row.case_id, row.round)])
    with translation.override(row.case.language):
        context = {"invitation": row, "case": row.case, "organisation": organisation().name, "url": url}
        html = render_to_string("surveys/invitation_paper.html", context)
    return render_pdf(html, styles=("survey.css",), pictures={"code": code_of(url)})
