"""A further contact on an open case instead of a second case (RTE-08)."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.actor import Actor
from audit.exceptions import InvalidInput, InvalidMove
from cases.access import CaseAccess, get_case
from cases.actions import drafts
from cases.forms.contacts import AddContactForm
from cases.models import Case, Draft
from cases.views.drafts import draft_url, get_draft
from documents.actions import store_upload
from documents.exceptions import StoreFull
from documents.limits import staff_limits
from documents.models import File
from organization.models import User
from organization.requests import person


@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, number: str) -> HttpResponse:
    """Add what was typed to an open case as the n-th contact."""
    user = person(request)
    access = get_case(user, number, "record_contact")
    if not access.case.is_open:
        raise InvalidMove(_("The case has been closed meanwhile. Please log a new one and link it."))
    key = request.GET.get("draft") or request.POST.get("draft")
    draft = get_draft(user, key) if key else None
    if request.method == "GET":
        return _page(request, access.case, AddContactForm(initial=_of_draft(draft)), draft)
    form = AddContactForm(request.POST, request.FILES)
    if not (form.is_valid() and _recorded(form, access, draft)):
        return _page(request, access.case, form, draft, status=422)
    access.case.refresh_from_db(fields=["contact_count"])
    messages.success(
        request,
        _("Recorded as contact no. %(n)d of %(number)s.") % {"n": access.case.contact_count, "number": number},
    )
    return redirect("case", number)


def _recorded(form: AddContactForm, access: CaseAccess, draft: Draft | None) -> bool:
    """Whether it was kept; otherwise the form says why not."""
    try:
        with transaction.atomic():
            files = (*(drafts.files_of(draft) if draft else ()), *_store(form, access.user))
            drafts.add_to_case(access.case, form.contact(files), by=access.actor("record_contact"), draft=draft)
    except InvalidInput as refused:
        form.add_error(refused.field if refused.field in form.fields else None, refused.message)
        return False
    except StoreFull as full:
        form.add_error("files", full.message)
        return False
    return True


def _store(form: AddContactForm, user: User) -> tuple[File, ...]:
    by, limits = Actor.staff(user), staff_limits()
    return tuple(store_upload(upload, by=by, limits=limits) for upload in form.cleaned_data["files"])


def _of_draft(draft: Draft | None) -> dict[str, Any]:
    typed = draft.data if draft else {}
    return {
        "submission_key": str(uuid.uuid4()),
        "text": typed.get("text", ""),
        "person": typed.get("reporter_name", ""),
        "channel": typed.get("channel") or "phone",
        "happened_at": typed.get("received_at") or None,
    }


def _page(
    request: HttpRequest, case: Case, form: AddContactForm, draft: Draft | None, status: int = 200
) -> HttpResponse:
    context = {
        "case": case,
        "form": form,
        "draft": draft,
        "files": drafts.files_of(draft) if draft else [],
        "next": case.contact_count + 1,
        "back": draft_url(draft.pk) if draft else reverse("case_log"),
    }
    return render(request, "cases/log_add.html", context, status=status)
