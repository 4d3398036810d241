"""Visits and talks with a customer: writing down, reading, following up, printing (CUS-11, CUS-15)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.actions import record_reading
from audit.exceptions import DomainError
from customers.access import CustomerAccess, get_communication, get_customer
from customers.actions.communications import correct_communication, finish_follow_up, record_communication
from customers.forms.communications import CommunicationForm, FollowedUpForm
from customers.models import Communication
from documents.exceptions import PdfFailed
from documents.pdf import render_paper
from documents.serving import serve_made
from documents.sheets.writing import Stamp
from organization.forms import refusals
from organization.queries import organisation
from organization.requests import number, person


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down a visit or talk."""
    access = _access(request, pk)
    return _page(request, access, None)


@require_safe
def one(request: HttpRequest, pk: int, part: int) -> HttpResponse:
    """Read one; the cases that came of it are a panel of the room above."""
    access = _access(request, pk)
    row = get_communication(access, part)
    context = {
        "customer": access.customer,
        "row": row,
        "form": FollowedUpForm(),
        "may_correct": may_correct(access, row),
        "overdue": row.is_overdue(timezone.localdate()),
    }
    return render(request, "customers/communication.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int, part: int) -> HttpResponse:
    """Correct one: who wrote it down, and the custodian."""
    access = _access(request, pk)
    row = get_communication(access, part)
    access.require(may_correct(access, row))
    return _page(request, access, row)


@require_POST
def followed_up(request: HttpRequest, pk: int, part: int) -> HttpResponse:
    """What was to be followed up is done."""
    access = _access(request, pk)
    row, form = get_communication(access, part), FollowedUpForm(request.POST)
    try:
        note = form.cleaned_data["note"] if form.is_valid() else ""
        finish_follow_up(row, note=note, by=access.actor, expected_version=number(request.POST.get("version")))
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Noted as done."))
    return redirect("customer_communication", pk, part)


@require_safe
def slip_pdf(request: HttpRequest, pk: int, part: int) -> HttpResponse:
    """The communication slip 《沟通记录表》 as A4 for signing (F21); who printed it is kept."""
    access = _access(request, pk)
    row = get_communication(access, part)
    paper = f"{timezone.localtime(row.happened_at):%Y%m%d}-{row.pk}"
    stamp = Stamp(access.user.name, timezone.now(), paper)
    context: dict[str, Any] = {"row": row, "organisation": organisation().name, "number": paper}
    context["signatures"] = (_("Written by"), _("Department head"), _("Customer"))
    try:
        content = render_paper("customers/communication_paper.html", context, stamp=stamp)
    except PdfFailed as error:
        messages.error(request, error.message)
        return redirect("customer_communication", pk, part)
    record_reading(row.customer.thread, "print", by=access.actor, at=timezone.now())
    name = _("Communication slip %(number)s") % {"number": paper}
    return serve_made(content, filename=f"{name}.pdf", media_type="application/pdf")


def may_correct(access: CustomerAccess, row: Communication) -> bool:
    """Who wrote it down, and who keeps that customer's file."""
    keepers = {one.user_id for one in access.who.acting}
    return row.recorded_by_id == access.user.pk or row.customer.custodian_id in keepers


def _access(request: HttpRequest, pk: int) -> CustomerAccess:
    access = get_customer(person(request), pk)
    access.require(access.sees_contacts)
    return access


def _page(request: HttpRequest, access: CustomerAccess, row: Communication | None) -> HttpResponse:
    posted = request.POST if request.method == "POST" else None
    form = CommunicationForm(posted, user=access.user, row=row)
    if posted is not None and form.is_valid():
        try:
            if row:
                saved = correct_communication(row, form.talk(), by=access.actor, base=form.cleaned_data["base"])
            else:
                saved = record_communication(access.customer, form.talk(), by=access.actor)
        except DomainError as error:
            refusals.show(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("customer_communication", access.customer.pk, saved.pk)
    context = {"customer": access.customer, "form": form, "row": row}
    return render(request, "customers/communication_edit.html", context, status=form.status)
