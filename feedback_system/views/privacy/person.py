"""One customer's rights: what was agreed to, what was asked, whether use is restricted or kept (PIPL 15, 44 to 47)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from audit.exceptions import DomainError
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


Done = Callable[[CustomerAccess, dict[str, Any]], str]


def _act(
    request: HttpRequest, pk: int, name: str, form: forms.Form, done: Done, *, heads: bool = False
) -> HttpResponse:
    """One act: refused with its sentence beside what was typed, or done and said; ``heads``: only who answers."""
    access, here = _access(request, pk)
    access.require(here.answers or not heads)
    if form.is_valid():
        try:
            said = done(access, form.cleaned_data)
        except DomainError as error:
            refusals.show(form, error)
        else:
            messages.success(request, said)
            return redirect("customer_rights", pk)
    return _page(request, access, here, status=422, **{name: form})


@require_POST
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down what the customer asks."""
    form = AskForm(request.POST)

    def done(access: CustomerAccess, _data: dict[str, Any]) -> str:
        open_request(form.asked(), of=access.customer, by=access.actor)
        return _("Written down. It must be answered until the day shown.")

    return _act(request, pk, "ask_form", form, done)


@require_POST
def agree(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down an agreement."""
    form = ConsentForm(request.POST)

    def done(access: CustomerAccess, _data: dict[str, Any]) -> str:
        record_consent(access.customer, form.agreed(), by=access.user)
        return _("Saved.")

    return _act(request, pk, "consent_form", form, done)


@require_POST
def hold(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep everything of this customer."""

    def done(access: CustomerAccess, data: dict[str, Any]) -> str:
        holds.place_hold(access.customer, reason=data["reason"], by=access.user)
        return _("Nothing of this customer is erased until the hold is lifted.")

    return _act(request, pk, "hold_form", ReasonForm(request.POST, prefix="hold"), done, heads=True)


@require_POST
def use_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Lift the restriction."""

    def done(access: CustomerAccess, data: dict[str, Any]) -> str:
        restriction.lift_restriction(access.customer, by=access.actor, reason=data["reason"])
        return _("These data are used again.")

    return _act(request, pk, "lift_form", ReasonForm(request.POST, prefix="lift"), done, heads=True)


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
