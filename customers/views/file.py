"""The whole file: read for a purpose, each time written down; changed by its custodian (A-31, CUS-18)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit.exceptions import DomainError, NotAllowed
from customers import rights
from customers.access import CustomerAccess, get_customer
from customers.actions.file import set_field_rules, update_file
from customers.actions.grants import note_reading
from customers.fields import CARD, FILE
from customers.forms.file import FieldRuleForm, FileForm
from customers.forms.grants import PurposeForm
from customers.models import Customer, HoldingKind
from customers.queries.file import filled
from customers.queries.grants import readings
from customers.queries.holdings import holdings_of
from customers.queries.updates import updates_of
from customers.views import purposes
from organization import access as settings_access
from organization.forms import refusals
from organization.queries import identity_of
from organization.requests import number, person

UPDATES_SHOWN = 100
PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
def file(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask what for, write it down, show everything."""
    access = get_customer(person(request), pk)
    access.require(access.file_right)
    form = PurposeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        purposes.keep(request, pk, form.cleaned_data["purpose"])
        return redirect("customer_file", pk)
    purpose = purposes.held(request, pk)
    if not purpose or request.method == "POST":
        context = {"customer": access.customer, "form": form, "grant": access.grant}
        return render(request, "customers/purpose.html", context, status=422 if form.is_bound else 200)
    note_reading(access.customer, by=access.actor, purpose=purpose, right=access.file_right)
    return render(request, "customers/file.html", _whole(access) | {"purpose": purpose})


def _whole(access: CustomerAccess) -> dict[str, Any]:
    customer = access.customer
    return {
        "access": access,
        "today": timezone.localdate(),
        "customer": customer,
        "card_fields": filled(customer, CARD),
        "file_fields": filled(customer, FILE),
        "holdings": list(holdings_of(customer)),
        "kinds_of_holding": [(kind.value, kind.label) for kind in HoldingKind] if access.edits_file else [],
        "updates": updates_of(customer, access.who, personal=True, file=True, most=UPDATES_SHOWN),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Address, postcode and fax for whoever changes cards; all of it for the custodian, who says what for first."""
    access = get_customer(person(request), pk)
    access.require(access.edits_file or access.edits_card)
    sections = (CARD, FILE) if access.edits_file else (CARD,)
    if access.edits_file and request.method != "POST" and not purposes.held(request, pk):
        return redirect("customer_file", pk)
    form = FileForm(request.POST if request.method == "POST" else None, customer=access.customer, sections=sections)
    if request.method == "POST" and form.is_valid():
        try:
            values, base = form.values(), form.cleaned_data["base"]
            update_file(access.customer, values, by=access.actor, sections=sections, base=base)
        except DomainError as error:
            refusals.show(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("customer_file" if access.edits_file else "customer", pk)
    if access.edits_file and request.method != "POST":
        note_reading(access.customer, by=access.actor, purpose=purposes.held(request, pk), right=access.file_right)
    context = {"customer": access.customer, "form": form, "whole": access.edits_file}
    return render(request, "customers/file_edit.html", context, status=form.status)


@require_safe
def reading_list(request: HttpRequest) -> HttpResponse:
    """Who looked at which customer, and what for: for the general manager and the auditors (SEC-02, F67)."""
    who = identity_of(person(request))
    if not rights.reviews_readings(who):
        raise NotAllowed
    pk = number(request.GET.get("customer"))
    page = Paginator(readings(thread=f"customer:{pk}" if pk else ""), PAGE).get_page(request.GET.get("page"))
    names = _names(page.object_list, shown=rights.keeps_all(who))
    rows = [(row, names.get(row.thread, row.thread.partition(":")[2])) for row in page.object_list]
    return render(request, "customers/readings.html", {"page": page, "rows": rows, "only": pk})


def _names(rows: Any, *, shown: bool) -> dict[str, str]:
    """Auditors see numbers, not names."""
    keys = {int(row.thread.partition(":")[2]) for row in rows if row.thread.partition(":")[2].isdigit()}
    known = Customer.objects.filter(pk__in=keys).values_list("pk", "name") if shown else []
    return {f"customer:{pk}": name for pk, name in known}


@require_http_methods(["GET", "HEAD", "POST"])
def field_rules(request: HttpRequest) -> HttpResponse:
    """Which fields are collected, and what for (CUS-20); the administrator's."""
    by = settings_access.administrator(person(request))
    form = FieldRuleForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            set_field_rules(form.rules(), by=by, base=form.cleaned_data["base"])
        except DomainError as error:
            _show_at_purpose(form, error)
        else:
            messages.success(request, _("Saved. It holds for every file from now on."))
            return redirect("customer_fields")
    return render(request, "customers/fields.html", {"form": form}, status=form.status)


def _show_at_purpose(form: FieldRuleForm, error: DomainError) -> None:
    field = f"{getattr(error, 'field', '')}_purpose"
    if field in form.fields:
        form.add_error(field, error.message)
    else:
        refusals.show(form, error)
