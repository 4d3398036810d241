"""One return: its page, a new slip and its correction."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.actions import record_reading
from audit.actor import Actor
from audit.exceptions import DomainError, InvalidInput, InvalidMove, NotAllowed
from cases import rights as case_rights
from cases.access import open_access
from cases.models import Case
from cases.verbs import actor_of
from cases.views.acts import take_in
from customers.models import Customer, Holding
from notifications.actions import mark_telephoned
from notifications.queries import to_telephone_of, words_of
from notifications.templates import Rendered
from organization.forms import refusals
from organization.masks import mask_email, mask_phone
from organization.queries import Identity, identity_of
from organization.requests import number as key_of
from organization.requests import person
from returns import rights
from returns.access import ReturnAccess, get_return
from returns.actions.opening import Goods, correct_slip, register_return
from returns.forms.opening import SlipForm
from returns.models import ReturnSlip, Source
from returns.queries.moves import may_explain, offers
from returns.queries.page import load
from returns.verbs import label_of
from returns.views.board import policy

#: The button that asks for room for another line.
ADD = "add_line"


@require_safe
def page(request: HttpRequest, number: str) -> HttpResponse:
    """Everything about one return that this person may see, with exactly what may be done now."""
    access = get_return(person(request), number)
    slip = access.slip
    record_reading(slip.thread, "page", by=Actor.staff(access.user), at=timezone.now())
    dossier = load(slip, access.who)
    show = (lambda value, _mask: value) if access.contact else (lambda value, mask: mask(value))
    context = {
        "slip": slip,
        "dossier": dossier,
        "offers": offers(dossier, access.permissions, access.who),
        "may": access.permissions,
        "may_explain": may_explain(dossier, access.permissions),
        "phone": show(slip.contact_phone, mask_phone),
        "email": show(slip.contact_email, mask_email),
        "contact": access.contact,
        "case": _case_of(slip, access.who),
        "customer_card": _customer_of(slip, access.who),
        "events": [(event, actor_of(event), label_of(event.verb)) for event in dossier.events],
        "now": timezone.now(),
        "unsent": _unsent(access),
    }
    return render(request, "returns/page.html", context)


@require_POST
def told(request: HttpRequest, number: str) -> HttpResponse:
    """Note that the customer was told by telephone what could not be sent."""
    access = get_return(person(request), number, "told")
    for message in to_telephone_of(access.slip.thread):
        with suppress(InvalidMove):  # a colleague was quicker
            mark_telephoned(message, by=Actor.staff(access.user))
    messages.success(request, _("Noted: the customer was told by telephone."))
    return redirect("return", number)


def _unsent(access: ReturnAccess) -> list[Rendered]:
    """What could not be sent, for who tells it by telephone."""
    return [words_of(row) for row in to_telephone_of(access.slip.thread)] if "told" in access.permissions else []


def _case_of(slip: ReturnSlip, who: Identity) -> Case | None:
    """The case, for who may read it; the others see the number alone."""
    return Case.objects.visible_to(who).filter(pk=slip.case_id).first() if slip.case_id else None


def _customer_of(slip: ReturnSlip, who: Identity) -> Customer | None:
    return Customer.objects.visible_to(who).filter(pk=slip.customer_id).first() if slip.customer_id else None


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Open a slip (RET-01, RET-02): from a case, for a customer, or from nothing."""
    user = person(request)
    who = identity_of(user)
    if not rights.places_anywhere(who, "register"):
        raise NotAllowed
    case, customer = _given_case(request, user), _given_customer(request, who)
    posted = request.POST if request.method == "POST" else None
    first, lines = _first_values(case, customer, who)
    form = SlipForm(posted, request.FILES or None, policy=policy(), initial=first, lines=lines)
    if posted is not None and ADD in posted:
        form = SlipForm.with_another_line(posted, policy=policy())
    elif posted is not None and form.is_valid():
        try:
            with transaction.atomic():
                by = Actor.staff(user)
                files, papers = (take_in(form.cleaned_data[name], by=by) for name in ("files", "certificates"))
                wish = form.wished(case=case, customer=customer, files=files, certificates=papers)
                slip = register_return(wish, by=by, source=Source.CASE if case else Source.DESK)
        except InvalidInput as error:
            form.add_error("product_0" if error.field == "goods" else _known(form, error.field), error.message)
        except DomainError as error:
            refusals.show(form, error)
        else:
            messages.success(request, _("The slip %(number)s is open.") % {"number": slip.number})
            return redirect("return", slip.number)
    context = {"form": form, "case": case, "customer": customer, "query": request.GET.urlencode()}
    return render(request, "returns/new.html", context, status=form.status)


def _known(form: SlipForm, name: str) -> str | None:
    return name if name in form.fields else None


def _given_case(request: HttpRequest, user: Any) -> Case | None:
    number = request.GET.get("case", "")
    if not number:
        return None
    access = open_access(user, number)
    access.require_full()
    return access.case


def _given_customer(request: HttpRequest, who: Identity) -> Customer | None:
    pk = key_of(request.GET.get("customer"))
    return Customer.objects.visible_to(who).filter(pk=pk).first() if pk else None


def _first_values(case: Case | None, customer: Customer | None, who: Identity) -> tuple[dict[str, Any], list[Goods]]:
    """What is known already, so that nobody types it again: the caller, the goods, the dates of the product held."""
    customer = customer or (case.customer if case else None)
    first: dict[str, Any] = {}
    if customer is not None:
        known = Customer.objects.clear_to(who).filter(pk=customer.pk).exists()
        first |= {"contact_name": customer.name if known else "", "contact_phone": _phone(customer) if known else ""}
        if customer.organisation:
            first["contact_organisation"] = customer.organisation.name
    lines: list[Goods] = []
    if case is not None:
        if case_rights.sees_contact(who, case):
            first |= {"contact_name": case.reporter_name or first.get("contact_name", "")}
            first |= {"contact_phone": case.reporter_phone, "contact_email": case.reporter_email}
        first |= {"contact_organisation": case.reporter_organisation, "description": case.text}
        lines = [_line_of(case)]
    return first, lines


def _phone(customer: Customer) -> str:
    point = customer.contact_points.filter(type="phone", refused=False).order_by("pk").first()
    return point.value if point else ""


def _line_of(case: Case) -> Goods:
    """What the case says of the goods, and the customer's file of a product that fits it."""
    line = Goods(1, case.product, case.product_text, case.batch, case.serial, case.purchased_on)
    held = Holding.objects.filter(customer=case.customer_id, kind="product", removed_at=None).exclude(serial="")
    for holding in held.order_by("-pk")[:20]:
        if case.serial in {"", holding.serial} and holding.product_id in {None, case.product_id}:
            return replace(
                line,
                serial=case.serial or holding.serial,
                accepted_on=holding.starts_on,
                warranty_ends_on=holding.ends_on,
            )
    return line


@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, number: str) -> HttpResponse:
    """Correct what the slip says while nothing is decided."""
    access = get_return(person(request), number, "correct")
    slip = access.slip
    posted = request.POST if request.method == "POST" else None
    form = SlipForm(posted, policy=slip.policy, slip=slip)
    if posted is not None and ADD in posted:
        form = SlipForm.with_another_line(posted, policy=slip.policy, slip=slip)
    elif posted is not None and form.is_valid():
        try:
            correct_slip(slip, form.wished(), by=access.actor("correct"), base=form.cleaned_data["base"])
        except InvalidInput as error:
            form.add_error("product_0" if error.field == "goods" else _known(form, error.field), error.message)
        except DomainError as error:
            refusals.show(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("return", slip.number)
    return render(request, "returns/correct.html", {"form": form, "slip": slip}, status=form.status)
