"""Contacts, notes, recusals, and the offers behind the fields in which one types a name."""

from __future__ import annotations

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cases.access import department_of, get_case
from cases.actions import agreement, contacts, recusal
from cases.actions import internal as actions
from cases.forms.internal import AgreeDateForm, NoteForm, RecordContactForm, RecuseForm
from cases.queries.people import colleagues
from cases.views.acts import Sheet, open_act, perform, posted, take_in
from customers.queries.card import cards_of
from customers.queries.search import match
from organization.requests import person, words

METHODS = ["GET", "POST"]


@require_http_methods(METHODS)
def record_contact(request: HttpRequest, number: str) -> HttpResponse:
    """One contact with the customer (RES-16)."""
    access = open_act(request, number, "record_contact")
    form = RecordContactForm(posted(request), request.FILES or None, case=access.case)
    sheet = Sheet("record_contact", form, _("Record a contact"), _("The contact is kept."))

    @transaction.atomic
    def run() -> None:
        by = access.actor("record_contact")
        contacts.record_contact(access.case, form.contact(take_in(form.cleaned_data["files"], by=by)), by=by)

    return perform(request, access, sheet, run)


@require_http_methods(METHODS)
def agree_date(request: HttpRequest, number: str) -> HttpResponse:
    """Another date of the answer, by the customer's consent (A-08)."""
    access = open_act(request, number, "agree_date")
    form = AgreeDateForm(posted(request), case=access.case)
    sheet = Sheet(
        "agree_date",
        form,
        _("Agree on another date"),
        _("The date is changed, and the customer is told."),
        lead=_("The consent is kept as a contact. A later date does not decide whether the limit was kept."),
    )
    return perform(
        request,
        access,
        sheet,
        lambda: agreement.agree_date(access.case, form.agreement(), by=access.actor("agree_date")),
    )


@require_http_methods(METHODS)
def note(request: HttpRequest, number: str) -> HttpResponse:
    """A note among colleagues; the customer never sees it."""
    access = open_act(request, number, "note")
    form = NoteForm(posted(request), case=access.case, department=department_of(access))
    sheet = Sheet(
        "note",
        form,
        _("Internal note"),
        _("The note is kept."),
        lead=_("The customer never sees it, and search never finds it."),
    )
    return perform(request, access, sheet, lambda: actions.add_note(access.case, form.note(), by=access.actor("note")))


@require_http_methods(METHODS)
def recuse(request: HttpRequest, number: str) -> HttpResponse:
    """回避: the accused and the conflicted lose the case at once (RTE-18)."""
    access = open_act(request, number, "recuse")
    form = RecuseForm(posted(request), case=access.case)
    sheet = Sheet(
        "recuse",
        form,
        _("Recuse somebody"),
        _("This person no longer sees the case."),
        lead=_(
            "This person loses the case at once: page, list, search, messages and files, also as deputy or manager."
        ),
        danger=True,
    )

    def run() -> None:
        data = form.cleaned_data
        recusal.accuse(
            access.case, (data["person"],), by=access.actor("recuse"), reason=data["reason"], accused=data["accused"]
        )

    return perform(request, access, sheet, run)


@require_safe
def people(request: HttpRequest, number: str) -> HttpResponse:
    """Offers of colleagues while a name is typed; the barred are not offered."""
    access = get_case(person(request), number)
    access.require_full()
    found = colleagues(words(request), barred=access.case.barred)
    return render(request, "cases/case/offers.html", {"people": found, "customers": []})


@require_safe
def customers(request: HttpRequest, number: str) -> HttpResponse:
    """Offers of customers' files while a name or number is typed; for those who may see contacts."""
    access = get_case(person(request), number, "correct")
    if not access.contact:
        raise Http404
    return render(
        request,
        "cases/case/offers.html",
        {"people": [], "customers": cards_of(match(words(request), who=access.who), access.who)},
    )
