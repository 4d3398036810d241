"""What a customer has of us: one page for adding and changing."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from audit.exceptions import DomainError
from customers.access import CustomerAccess, get_customer, get_holding
from customers.actions.grants import note_reading
from customers.actions.holdings import add_holding, change_holding, remove_holding
from customers.forms.holdings import HoldingForm
from customers.models import Holding, HoldingKind
from customers.views import purposes
from organization.forms import refusals
from organization.requests import person


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """Add one of a kind."""
    if kind not in HoldingKind.values:
        raise Http404
    access = get_customer(person(request), pk)
    access.require(access.edits_holdings(kind))
    return _page(request, access, kind, None)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int, part: int) -> HttpResponse:
    """Correct one."""
    access = get_customer(person(request), pk)
    holding = get_holding(access, part)
    if holding.kind not in Holding.ON_CARD and request.method != "POST":
        purpose = purposes.held(request, pk)
        if not purpose:
            return redirect("customer_file", pk)
        note_reading(access.customer, by=access.actor, purpose=purpose, right=access.file_right)
    return _page(request, access, holding.kind, holding)


@require_POST
def remove(request: HttpRequest, pk: int, part: int) -> HttpResponse:
    """Take one out."""
    access = get_customer(person(request), pk)
    holding = remove_holding(get_holding(access, part), by=access.actor)
    messages.success(request, _("“%(name)s” was taken out; the update log keeps it.") % {"name": holding.name})
    return redirect(_back(holding.kind), pk)


def _page(request: HttpRequest, access: CustomerAccess, kind: str, holding: Holding | None) -> HttpResponse:
    form = HoldingForm(request.POST if request.method == "POST" else None, kind=kind, holding=holding)
    if request.method == "POST" and form.is_valid():
        try:
            if holding:
                change_holding(holding, form.held(), by=access.actor, base=form.cleaned_data["base"])
            else:
                add_holding(access.customer, form.held(), by=access.actor)
        except DomainError as error:
            refusals.show(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect(_back(kind), access.customer.pk)
    context = {
        "customer": access.customer,
        "form": form,
        "holding": holding,
        "kind": HoldingKind(kind).label,
        "back": _back(kind),
    }
    return render(request, "customers/holding.html", context, status=form.status)


def _back(kind: str) -> str:
    return "customer" if kind in Holding.ON_CARD else "customer_file"
