"""One customer's rights: what was agreed to, what was asked, whether use is restricted or kept (PIPL 15, 44 to 47)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from audit.exceptions import Blocked, DomainError
from customers.access import CustomerAccess, get_customer
from customers.actions.consent import record_consent, withdraw_consent
from customers.models import Consent, CustomerType
from feedback_system.models import DataRequest, LegalHold
from feedback_system.privacy import holds, restriction
from feedback_system.privacy.forms import AskForm, ConsentForm, ReasonForm
from feedback_system.privacy.requests import open_request
from feedback_system.privacy.rights import Officer
from organization.forms import refusals
from organization.requests import LARGEST_ID, person

ROWS_SHOWN = 100


@require_safe
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything about a customer's rights on one page."""
    access, here = _access(request, pk)
    return _page(request, access, here)


def _access(request: HttpRequest, pk: int) -> tuple[CustomerAccess, Officer]:
    access = get_customer(person(request), pk)
    here = Officer(access.user, access.who)
    access.require(here.writes_down and access.sees_contacts)
    return access, here


def _page(
    request: HttpRequest, access: CustomerAccess, here: Officer, *, status: int = 200, **bound: forms.Form
) -> HttpResponse:
    customer = access.customer
    consents = Consent.objects.filter(customer=customer).select_related("text", "recorded_by")
    context: dict[str, Any] = {
        "customer": customer,
        "here": here,
        "now": timezone.now(),
        "is_person": customer.type == CustomerType.PERSON,
        "consents": list(consents.order_by("-given_at", "-pk")[:ROWS_SHOWN]),
        "requests": list(DataRequest.objects.filter(customer=customer).order_by("-asked_at")[:ROWS_SHOWN]),
        "hold": LegalHold.objects.filter(customer=customer, lifted_at=None).select_related("placed_by").first(),
        "ask_form": AskForm(),
        "consent_form": ConsentForm(),
        "hold_form": ReasonForm(prefix="hold"),
        "lift_form": ReasonForm(prefix="lift"),
    }
    return render(request, "privacy/person.html", context | bound, status=status)


@require_POST
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down what the customer asks."""
    access, here = _access(request, pk)
    form = AskForm(request.POST)
    if form.is_valid():
        try:
            row = open_request(form.asked(), of=access.customer, by=access.actor)
        except DomainError as error:
            _show(form, error)
        else:
            messages.success(request, _("Written down. It must be answered until the day shown."))
            return redirect("privacy_request", row.pk) if here.answers else redirect("customer_rights", pk)
    return _page(request, access, here, status=422, ask_form=form)


@require_POST
def agree(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down an agreement."""
    access, here = _access(request, pk)
    form = ConsentForm(request.POST)
    if form.is_valid():
        try:
            record_consent(access.customer, form.agreed(), by=access.user)
        except DomainError as error:
            _show(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("customer_rights", pk)
    return _page(request, access, here, status=422, consent_form=form)


@require_POST
def withdraw(request: HttpRequest, pk: int, part: int) -> HttpResponse:
    """Take an agreement back."""
    access, _here = _access(request, pk)
    rows = Consent.objects.select_related("text").filter(customer=access.customer, pk=part)
    consent = rows.first() if part <= LARGEST_ID else None
    if consent is None:
        raise Http404
    withdraw_consent(consent, by=access.actor)
    messages.success(request, _("Withdrawn. It holds from now on."))
    return redirect("customer_rights", pk)


@require_POST
def hold(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep everything of this customer."""
    access, here = _access(request, pk)
    access.require(here.answers)
    form = ReasonForm(request.POST, prefix="hold")
    if form.is_valid():
        try:
            holds.place_hold(access.customer, reason=form.cleaned_data["reason"], by=access.user)
        except DomainError as error:
            _show(form, error)
        else:
            messages.success(request, _("Nothing of this customer is erased until the hold is lifted."))
            return redirect("customer_rights", pk)
    return _page(request, access, here, status=422, hold_form=form)


@require_POST
def use_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Lift the restriction."""
    access, here = _access(request, pk)
    access.require(here.answers)
    form = ReasonForm(request.POST, prefix="lift")
    if form.is_valid():
        try:
            restriction.lift_restriction(access.customer, by=access.actor, reason=form.cleaned_data["reason"])
        except DomainError as error:
            _show(form, error)
        else:
            messages.success(request, _("These data are used again."))
            return redirect("customer_rights", pk)
    return _page(request, access, here, status=422, lift_form=form)


def _show(form: forms.Form, error: DomainError) -> None:
    if isinstance(error, Blocked):
        for reason in error.reasons:
            form.add_error(None, str(reason))
    else:
        refusals.show(form, error)
