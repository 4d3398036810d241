"""The classes of a customer: proposed by rule, confirmed by a person, with history (CUS-07, CUS-08, F62)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from audit.exceptions import DomainError
from customers.access import CustomerAccess, get_customer
from customers.actions.classes import classify_customer, say_standing
from customers.classes import Proposal
from customers.forms.classes import ClassForm, StandingForm
from customers.models import Customer
from customers.queries.classes import changes_of, proposal_for
from organization.forms import refusals
from organization.requests import person

CHANGES_SHOWN = 50


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """What the rules propose and why; confirm it or decide otherwise."""
    access = _access(request, pk)
    posted = request.POST if request.method == "POST" else None
    proposal = proposal_for(access.customer)
    form = ClassForm(posted, customer=access.customer, proposal=proposal)
    if posted is not None and form.is_valid():
        data = form.cleaned_data
        try:
            classify_customer(
                access.customer, data["visit_class"], data["tier"], reason=data["reason"], by=access.user,
                base=data["base"],
            )  # fmt: skip
        except DomainError as error:
            refusals.show(form, error)
        else:
            messages.success(request, _("Classified; the history keeps the reason."))
            return redirect("customer", pk)
    return _render(request, access.customer, proposal, form, StandingForm(customer=access.customer), status=form.status)


@require_POST
def standing(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what counts; the proposal follows."""
    access = _access(request, pk)
    form = StandingForm(request.POST, customer=access.customer)
    if form.is_valid():
        try:
            say_standing(access.customer, form.said(), by=access.actor, base=form.cleaned_data["base"])
        except DomainError as error:
            refusals.show(form, error)
        else:
            messages.success(request, _("Saved. The proposal follows it."))
            return redirect("customer_class", pk)
    proposal = proposal_for(access.customer)
    confirm = ClassForm(customer=access.customer, proposal=proposal)
    return _render(request, access.customer, proposal, confirm, form, status=form.status)


def _access(request: HttpRequest, pk: int) -> CustomerAccess:
    access = get_customer(person(request), pk)
    access.require(access.edits_card)
    return access


def _render(
    request: HttpRequest,
    customer: Customer,
    proposal: Proposal,
    form: ClassForm,
    standing_form: StandingForm,
    *,
    status: int,
) -> HttpResponse:
    context = {
        "customer": customer,
        "form": form,
        "standing_form": standing_form,
        "proposal": proposal,
        "changes": changes_of(customer)[:CHANGES_SHOWN],
    }
    return render(request, "customers/class.html", context, status=status)
