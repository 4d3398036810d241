"""A further contact on an open case instead of a second case (RTE-08)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.actor import Actor
from audit.exceptions import DomainError, InvalidMove
from cases.access import CaseAccess, get_case
from cases.actions import drafts
from cases.actions.drafts import Typed
from cases.actions.intake import LONGEST_TEXT
from cases.forms.contacts import AddContactForm, of_draft, typed_contact
from cases.forms.drafting import subject_line
from cases.models import Case, Draft
from cases.views.drafts import draft_url, get_draft, parse_uuid
from documents.exceptions import StoreFull
from organization import text
from organization.forms import refusals
from organization.models import User
from organization.requests import person


@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, number: str) -> HttpResponse:
    """Add what was typed to an open case as the n-th contact."""
    user = person(request)
    access = get_case(user, number, "record_contact")
    closed = "" if access.case.is_open else _("The case has been closed meanwhile. Please log a new one and link it.")
    if request.method == "GET":
        if closed:
            raise InvalidMove(closed)
        draft = get_draft(user, request.GET["draft"]) if request.GET.get("draft") else None
        return _page(request, access.case, Opened(_new_form(draft.data if draft else {}), draft))
    draft = _own_draft(request, user)
    if request.POST.get("act") == "pdf":
        return _text_to_file(request, access, draft)
    form = AddContactForm(request.POST, request.FILES)
    if form.is_valid() and closed:
        form.add_error(None, closed)
    if not (form.is_valid() and _recorded(form, access, draft)):
        opened = Opened(form, _kept_refused(request, form, user) or draft)
        return _page(request, access.case, opened, status=409 if closed else 422)
    access.case.refresh_from_db(fields=["contact_count"])
    messages.success(
        request,
        _("Recorded as contact no. %(n)d of %(number)s.") % {"n": access.case.contact_count, "number": number},
    )
    return redirect("case", number)


@dataclass(frozen=True)
class Opened:
    """The form as it is shown, and the draft behind it."""

    form: AddContactForm
    draft: Draft | None


def _own_draft(request: HttpRequest, user: User) -> Draft | None:
    """The draft that the page names, if it was ever kept; a second click finds it gone, and its contact there."""
    key = parse_uuid(request.GET.get("draft") or request.POST.get("draft"))
    return Draft.objects.filter(pk=key, user=user, form="log").first() if key else None


def _recorded(form: AddContactForm, access: CaseAccess, draft: Draft | None) -> bool:
    """Whether it was kept; otherwise the form says why not."""
    by = access.actor("record_contact")
    try:
        with transaction.atomic():
            stored = drafts.files_of(draft) if draft else []
            stored += drafts.store_files(form.cleaned_data["files"], beside=len(stored), by=Actor.staff(access.user))
            drafts.add_to_case(access.case, form.contact(tuple(stored)), by=by, draft=draft)
    except StoreFull as full:
        form.add_error("files", full.message)
        return False
    except DomainError as refused:
        refusals.show(form, refused)
        return False
    return True


# What was typed is kept


def _kept(request: HttpRequest, user: User, **changed: Any) -> Draft:
    """The draft of what is in the form; one of the log form keeps the rest of what it holds."""
    key = parse_uuid(request.GET.get("draft") or request.POST.get("draft")) or uuid.uuid4()
    values = typed_contact(request.POST) | changed
    row = drafts.save_draft(key, Typed(values, subject_line(values)), user=user, keep=True)
    assert row is not None  # noqa: S101 - only a typed submission key finds its record
    return row


def _kept_refused(request: HttpRequest, form: AddContactForm, user: User) -> Draft | None:
    """A refused form's draft, with those of its files that are right."""
    try:
        with transaction.atomic():
            draft = _kept(request, user)
            drafts.add_files(draft, form.cleaned_data.get("files") or (), by=Actor.staff(user))
            return draft
    except DomainError as error:
        messages.warning(request, error.message)
        return None


def _text_to_file(request: HttpRequest, access: CaseAccess, draft: Draft | None) -> HttpResponse:
    """Keep a text that is too long as a file, and show the form with its beginning."""
    whole, user = text.clean(request.POST.get("text", "")), access.user
    try:
        with transaction.atomic():
            row = _kept(request, user, text=whole[:LONGEST_TEXT])
            drafts.add_files(row, request.FILES.getlist("files"), by=Actor.staff(user))
            row = drafts.move_text_to_file(row, whole, by=Actor.staff(user))
    except DomainError as refused:
        messages.warning(request, refused.message)
        form = AddContactForm(request.POST)
        return _page(request, access.case, Opened(form, draft), status=422)
    return _page(request, access.case, Opened(_new_form(row.data), row))


def _new_form(typed: dict[str, Any]) -> AddContactForm:
    values = of_draft(typed)
    values["channel"] = values["channel"] or "phone"
    return AddContactForm(initial=values | {"submission_key": str(uuid.uuid4())})


def _page(request: HttpRequest, case: Case, opened: Opened, status: int = 200) -> HttpResponse:
    draft = opened.draft
    context = {
        "case": case,
        "form": opened.form,
        "draft": draft,
        "draft_key": draft.pk if draft else request.POST.get("draft") or uuid.uuid4(),
        "files": drafts.files_of(draft) if draft else [],
        "next": case.contact_count + 1,
        "back": draft_url(draft.pk) if draft else reverse("case_log"),
    }
    return render(request, "cases/log_add.html", context, status=status)
