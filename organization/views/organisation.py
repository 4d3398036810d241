"""The organisation's own facts."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.exceptions import DomainError
from organization import access
from organization.actions.organisation import update_organisation
from organization.forms import refusals
from organization.forms.organisation import OrganisationForm
from organization.queries import organisation as our_organisation
from organization.requests import person


@require_http_methods(["GET", "HEAD", "POST"])
def organisation(request: HttpRequest) -> HttpResponse:
    """Name, hotline, hours, and who takes what comes in without a first-asked person."""
    by = access.administrator(person(request))
    form = OrganisationForm(request.POST if request.method == "POST" else None, ours=our_organisation())
    if request.method == "POST" and form.is_valid():
        try:
            update_organisation(form.facts(), by=by, base=form.cleaned_data["base"])
        except DomainError as error:
            refusals.show(form, error)
        else:
            messages.success(request, _("Saved. Pages, messages and papers show it from now on."))
            return redirect("organisation")
    return render(request, "settings/organisation.html", {"form": form}, status=form.status)
