"""What a customer asks of his or her data, on the tracking page; who asks is made sure of by a colleague (PIPL 50)."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.actor import Actor
from audit.exceptions import DomainError
from cases.views import visitors
from feedback_system.models import DataRequest
from feedback_system.privacy.access import opened_case
from feedback_system.privacy.forms import PublicAskForm
from feedback_system.privacy.requests import open_request
from organization.forms import refusals

ROWS_SHOWN = 20


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def track_data(request: HttpRequest, number: str) -> HttpResponse:
    """Ask, and see how far it is; only for who opened the case with its whole code or link."""
    if not visitors.sees(request, number, full=True):
        messages.info(request, _("Please open your link again, or enter number and code."))
        return redirect("track")
    case = opened_case(number)
    form = PublicAskForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            open_request(form.asked(), of=case, by=Actor.customer())
        except DomainError as error:
            refusals.show(form, error)
        else:
            messages.success(request, _("We have your request. Somebody will make sure that it is you."))
            return redirect("track_data", number)
    rows = list(DataRequest.objects.filter(case=case).order_by("-asked_at")[:ROWS_SHOWN])
    context = {"number": number, "form": form, "rows": rows}
    return render(request, "public/data.html", context, status=422 if form.is_bound else 200)
