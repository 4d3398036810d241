"""What people agree to: the texts by purpose, each version for ever, and the next one (PIPL 14, 17)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.exceptions import DomainError
from customers.actions.consent import publish_consent_text
from customers.models import ConsentText, Purpose
from feedback_system.privacy.forms import ConsentTextForm
from organization import access
from organization.forms import refusals
from organization.requests import person


@require_http_methods(["GET", "HEAD", "POST"])
def consent_texts(request: HttpRequest) -> HttpResponse:
    """The texts in force and their earlier versions; the administrator publishes the next."""
    by = access.administrator(person(request))
    purpose = request.GET.get("purpose", "")
    purpose = purpose if purpose in Purpose.values else Purpose.FEEDBACK
    rows = list(ConsentText.objects.filter(purpose=purpose))
    newest = rows[0] if rows else ConsentText(purpose=purpose, version=0)
    initial = {"purpose": purpose, "text": newest.text, "text_en": newest.text_en, "base": newest.version}
    form = ConsentTextForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        try:
            row = publish_consent_text(
                data["purpose"], text=data["text"], text_en=data["text_en"], by=by, base=data["base"]
            )
        except DomainError as error:
            refusals.show(form, error)
        else:
            messages.success(request, _("Published as version %(n)d; it holds from now on.") % {"n": row.version})
            return redirect(f"{request.path}?purpose={row.purpose}")
    context = {"form": form, "rows": rows, "purpose": purpose, "purposes": Purpose.choices}
    return render(request, "privacy/texts.html", context, status=422 if form.is_bound else 200)
