"""Deputies with dates (ORG-15)."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from audit.actor import Actor
from audit.exceptions import DomainError
from organization import access
from organization.actions.deputies import appoint_deputy, dismiss_deputy
from organization.forms import refusals
from organization.forms.people import DeputyForm
from organization.models import Deputy
from organization.requests import person

#: Ended deputyships stay on the page for so long.
SHOWN = timedelta(days=30)


@require_http_methods(["GET", "HEAD", "POST"])
def deputies(request: HttpRequest) -> HttpResponse:
    """Who acts for whom; administrators for all, heads and managers for themselves."""
    user = person(request)
    by = access.deputies_page(user)
    for_all = access.is_administrator(user)
    form = DeputyForm(request.POST if request.method == "POST" else None, for_others=for_all)
    if request.method == "POST" and form.is_valid() and _appoint(request, form, by):
        return redirect("deputies")
    rows = Deputy.objects.select_related("principal", "deputy").filter(ends_at__gt=timezone.now() - SHOWN)
    if not for_all:
        rows = rows.filter(principal=user) | rows.filter(deputy=user)
    context = {"form": form, "rows": rows.order_by("-ends_at"), "for_all": for_all, "now": timezone.now()}
    return render(request, "settings/deputies.html", context, status=422 if request.method == "POST" else 200)


def _appoint(request: HttpRequest, form: DeputyForm, by: Actor) -> bool:
    data = form.cleaned_data
    try:
        row = appoint_deputy(
            access.principal(person(request), data.get("principal")),
            data["deputy"],
            by=by,
            starts_at=data["starts_at"],
            ends_at=data["ends_at"],
        )
    except DomainError as error:
        refusals.show(form, error)
        return False
    messages.success(request, _("%(deputy)s acts for %(name)s.") % {"deputy": row.deputy, "name": row.principal})
    return True


@require_POST
def deputy_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a deputyship now."""
    user = person(request)
    row = access.deputyship(user, pk)
    try:
        dismiss_deputy(row, by=Actor.staff(user))
        messages.success(
            request, _("%(deputy)s no longer acts for %(name)s.") % {"deputy": row.deputy, "name": row.principal}
        )
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("deputies")
