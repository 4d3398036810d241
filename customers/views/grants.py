"""Who may read a file: asked for, allowed, refused, taken back (CUS-18)."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.exceptions import DomainError, NotAllowed
from customers import rights
from customers.access import get_customer
from customers.actions import grants as actions
from customers.forms.grants import AskForm, DecideForm, GiveForm
from customers.models import FileGrant
from customers.queries.grants import grants_of, requests_waiting
from organization.forms import refusals
from organization.queries import identity_of
from organization.requests import LARGEST_ID, person


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the general manager to read this file."""
    access = get_customer(person(request), pk)
    form = AskForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            period, purpose = form.period(), form.cleaned_data["purpose"]
            actions.ask_to_read(access.customer, access.user, purpose=purpose, period=period)
        except DomainError as error:
            refusals.show(form, error)
        else:
            messages.success(request, _("The general manager was asked. The answer comes to your inbox."))
            return redirect("customer", pk)
    context = {"customer": access.customer, "form": form}
    return render(request, "customers/ask.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def listing(request: HttpRequest, pk: int) -> HttpResponse:
    """Who may read this file, for the general manager, who also gives the right here."""
    access = get_customer(person(request), pk)
    access.require(access.grants)
    form = GiveForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            customer = None if data["everything"] else access.customer
            actions.give_grant(customer, data["person"], purpose=data["purpose"], period=form.period(), by=access.user)
        except DomainError as error:
            refusals.show(form, error)
        else:
            messages.success(request, _("Allowed, and told."))
            return redirect("customer_grants", pk)
    context = {
        "customer": access.customer,
        "form": form,
        "rows": list(grants_of(access.customer)[:100]),
        "now": timezone.now(),
    }
    return render(request, "customers/grants.html", context, status=422 if form.is_bound else 200)


@require_safe
def requests(request: HttpRequest) -> HttpResponse:
    """What waits for the general manager."""
    _require_general_manager(request)
    return render(request, "customers/requests.html", {"rows": list(requests_waiting()[:100]), "form": DecideForm()})


@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Allow or refuse what somebody asked."""
    _require_general_manager(request)
    grant, form = _grant(pk), DecideForm(request.POST)
    granted = request.POST.get("answer") == "allow"
    try:
        if not form.is_valid():
            raise NotAllowed(_("The opinion is too long: at most 500 characters."))
        actions.decide_request(grant, by=person(request), granted=granted, opinion=form.cleaned_data["opinion"])
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Allowed, and told.") if granted else _("Refused, and told."))
    return redirect("customer_requests")


@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a permission back at once."""
    _require_general_manager(request)
    grant = actions.revoke_grant(_grant(pk), by=person(request))
    messages.success(request, _("%(name)s may not read it any more.") % {"name": grant.person.name})
    return redirect("customer_grants", grant.customer_id) if grant.customer_id else redirect("customer_list")


def _require_general_manager(request: HttpRequest) -> None:
    if not rights.is_general_manager(identity_of(person(request))):
        raise NotAllowed


def _grant(pk: int) -> FileGrant:
    rows = FileGrant.objects.select_related("customer", "person", "approval")
    found = rows.filter(pk=pk).first() if pk <= LARGEST_ID else None
    if found is None:
        raise Http404
    return found
