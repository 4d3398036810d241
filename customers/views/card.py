"""Opening a file and changing the card."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.actor import Actor
from audit.exceptions import DomainError, NotAllowed
from customers import rights
from customers.access import CustomerAccess, get_customer
from customers.actions.people import open_file, update_customer
from customers.forms.card import CardForm, ReachForms, reaches_of
from customers.models import Customer
from organization.forms import refusals
from organization.queries import Identity, identity_of
from organization.requests import person


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Open a file for somebody who is not in it yet."""
    user = person(request)
    who = identity_of(user)
    if not rights.collects(who):
        raise NotAllowed
    return _page(request, Actor.staff(user), who, None)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change name, contacts, kinds; who heads the files also names the custodian and sets the secrecy."""
    access = get_customer(person(request), pk)
    access.require(access.edits_card)
    return _page(request, access.actor, access.who, access)


def _page(request: HttpRequest, by: Actor, who: Identity, access: CustomerAccess | None) -> HttpResponse:
    customer = access.customer if access else None
    posted = request.POST if request.method == "POST" else None
    form = CardForm(posted, who=who, heads_files=rights.heads_the_files(who), customer=customer)
    reaches = ReachForms(posted, initial=reaches_of(customer), prefix="reach")
    if posted is not None and all([form.is_valid(), reaches.is_valid()]):
        try:
            saved = _save(form, reaches, customer, by=by)
        except DomainError as error:
            refusals.show(form, error)
        else:
            messages.success(request, _("Saved.") if customer else _("The file is open."))
            return redirect("customer", saved.pk)
    return render(
        request,
        "customers/edit.html",
        {"form": form, "reaches": reaches, "customer": customer, "heads_files": "custodian" in form.fields},
        status=form.status if form.errors or not posted else 422,
    )


def _save(form: CardForm, reaches: ReachForms, customer: Customer | None, *, by: Actor) -> Customer:
    facts = form.facts(reaches.reaches())
    if customer is None:
        return open_file(facts, by=by)
    return update_customer(customer, facts, by=by, base=form.cleaned_data["base"])
