"""The board, the account book and its exports, and what finance may pay."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit.actions import record_reading
from audit.actor import Actor
from audit.exceptions import Blocked, InvalidInput, NotAllowed
from documents.serving import serve_original
from organization.models import User
from organization.paging import page_of
from organization.queries import Identity, identity_of
from organization.requests import person
from regulations.profiles import part_in_force
from returns import rights
from returns.access import get_for_refund
from returns.actions.book import ask_for_book
from returns.actions.refund import require_payable
from returns.forms.book import BookFilter, ByNumberForm, PurposeForm
from returns.models import BookExport
from returns.policy import ReturnsPart
from returns.queries import board as queries
from returns.queries import book as books
from returns.queries import refunds as money
from returns.tasks import write_book

EXPORTS_SHOWN = 20


def _who(request: HttpRequest) -> tuple[User, Identity]:
    user = person(request)
    who = identity_of(user)
    if not rights.knows_returns(who):
        raise NotAllowed
    return user, who


def policy() -> ReturnsPart:
    """The returns' part of the profile in force for the whole organisation."""
    return part_in_force(ReturnsPart)


@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Where every item is, whose turn it is, since when, what is next; what waits longest comes first."""
    _user, who = _who(request)
    names = queries.turn_names()
    scope = request.GET.get("turn", "")
    if scope not in {"all", *names}:
        scope = "mine"
    rows = queries.mine(who) if scope == "mine" else queries.waiting(who, turn="" if scope == "all" else scope)
    page = page_of(queries.listed(rows), "turn_since", descending=False, after=request.GET.get("after", ""))
    context = {
        "rows": queries.rows_of(page.rows, who),
        "scope": scope,
        "scopes": [("mine", _("My turn")), ("all", _("Everything open")), *_turns(who, names)],
        "after": urlencode({"turn": scope, "after": page.after}) if page.after else "",
        "first": not request.GET.get("after"),
        "may_open": bool(rights.places_anywhere(who, "register")),
        "pays": rights.pays(who),
        "now": timezone.now(),
    }
    return render(request, "returns/board.html", context)


def _turns(who: Identity, names: dict[str, str]) -> list[tuple[str, str]]:
    """The functions whose steps this person may see waiting."""
    everything = any(rights.reads_all(one) for one in who.acting)
    shown = queries.TURNS if everything else [code for code in queries.TURNS if code in queries.functions_of(who)]
    return [(code, names[code]) for code in shown if code in names]


@require_safe
def book(request: HttpRequest) -> HttpResponse:
    """The account book 退货帐册 (F42): every slip, the newest first."""
    _user, who = _who(request)
    form = BookFilter(request.GET, policy=policy())
    number = books.by_number(form.cleaned_data.get("q", ""), who)
    if number is not None and len(request.GET) == 1:
        return redirect("return", number.number)
    rows = queries.listed(books.found(who, form.wanted()))
    page = page_of(rows, "registered_at", descending=True, after=request.GET.get("after", ""))
    kept = {name: value for name, value in request.GET.items() if name != "after" and value}
    context = {
        "rows": queries.rows_of(page.rows, who),
        "form": form,
        "kept": urlencode(kept),
        "after": urlencode(kept | {"after": page.after}) if page.after else "",
        "first": not request.GET.get("after"),
        "may_export": rights.keeps_book(who),
    }
    return render(request, "returns/book.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def exports(request: HttpRequest) -> HttpResponse:
    """Ask for the book as a workbook, and take it once it is written (SEC-13)."""
    user, who = _who(request)
    if not rights.keeps_book(who):
        raise NotAllowed
    posted = request.POST if request.method == "POST" else None
    form, filters = PurposeForm(posted), BookFilter(request.GET, policy=policy())
    if posted is not None and form.is_valid():
        try:
            row = ask_for_book(user, filters.wanted(), purpose=form.cleaned_data["purpose"], by=Actor.staff(user))
        except InvalidInput as error:
            form.add_error("purpose", error.message)
        else:
            transaction.on_commit(partial(write_book.delay, row.pk), robust=True)
            messages.success(request, _("The book is being written. You are told when it is ready."))
            return redirect("return_exports")
    mine = BookExport.objects.filter(by=user).select_related("file")[:EXPORTS_SHOWN]
    context = {
        "form": form,
        "exports": list(mine),
        "waiting": any(row.state in {"waiting", "running"} for row in mine),
        "chips": [str(value) for value in filters.wanted().as_json().values()],
        "query": urlencode({name: value for name, value in request.GET.items() if value}),
    }
    return render(request, "returns/exports.html", context, status=422 if form.errors else 200)


@require_safe
def export_file(request: HttpRequest, number: str) -> HttpResponseBase:
    """One's own workbook; who takes it is kept."""
    user, who = _who(request)
    row = BookExport.objects.filter(number=number, by=user).exclude(file=None).select_related("file").first()
    if row is None or row.file is None or not rights.keeps_book(who):
        raise Http404
    by = Actor.staff(user)
    record_reading("returns", "export", by=by, at=timezone.now(), rows=row.rows, reason=row.number)
    return serve_original(row.file)


@require_http_methods(["GET", "HEAD", "POST"])
def refunds(request: HttpRequest) -> HttpResponse:
    """What finance may pay, and what the gate refused; a slip by its number is asked for at the gate (RET-09)."""
    user, who = _who(request)
    if not rights.reviews_refusals(who):
        raise NotAllowed
    posted = request.POST if request.method == "POST" else None
    if posted is not None and not rights.pays(who):
        raise NotAllowed
    form, reasons = ByNumberForm(posted), []
    if posted is not None and form.is_valid():
        try:
            access = get_for_refund(user, form.cleaned_data["number"])
            require_payable(access.slip, by=access.actor("pay"))
            return redirect("return_pay", access.slip.number)
        except Http404:
            form.add_error("number", _("There is no slip with this number."))
        except Blocked as refusal:
            reasons = [str(reason) for reason in refusal.reasons]
    context: dict[str, Any] = {
        "rows": queries.rows_of(queries.listed(money.to_pay(who))[:50], who),
        "refusals": [refusal_words(row) for row in money.refusals(who)],
        "form": form,
        "reasons": reasons,
        "pays": rights.pays(who),
    }
    return render(request, "returns/refunds.html", context, status=422 if reasons or form.errors else 200)


def refusal_words(row: Any) -> dict[str, Any]:
    """One refusal as the list shows it."""
    return {"row": row, "reasons": [money.reason_words(code) for code in row.reasons]}
