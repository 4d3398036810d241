"""Drafts: kept while typing, found again after a lost session, thrown away."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from audit.actor import Actor
from cases.actions import drafts
from cases.actions.drafts import Typed
from cases.forms.contacts import typed_contact
from cases.forms.drafting import is_worth_keeping, subject_line, typed_values
from cases.models import Draft
from cases.queries.intake import drafts_of
from cases.views.rights import require
from organization.models import User
from organization.requests import person


def get_draft(user: User, pk: str | None) -> Draft:
    """A person's own draft; somebody else's is as absent as one that never was."""
    key = parse_uuid(pk)
    row = Draft.objects.filter(pk=key, user=user, form="log").first() if key else None
    if row is None:
        raise Http404(_("This draft is not here any more: it was registered or discarded."))
    return row


def parse_uuid(value: str | None) -> uuid.UUID | None:
    """The key that a text names, or None."""
    try:
        return uuid.UUID(value) if value else None
    except ValueError:
        return None


def draft_url(pk: object, number: str = "") -> str:
    """The address at which a draft goes on: the log form, or the further contact on the case of that number."""
    return f"{reverse('case_add', args=[number]) if number else reverse('case_log')}?draft={pk}"


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep what is being typed; 204 when there is nothing to keep."""
    user = person(request)
    require(user, "log")
    added = typed_contact(request.POST)
    values = added or typed_values(request.POST)
    key = parse_uuid(request.POST.get("draft"))
    if key is None:
        raise Http404
    if not is_worth_keeping(values):
        return HttpResponse(status=204)
    typed = Typed(values, subject_line(values), parse_uuid(request.POST.get("submission_key")))
    row = drafts.save_draft(key, typed, user=user, keep=bool(added))
    if row is None:
        return HttpResponse(status=204)
    return JsonResponse({"draft": str(row.pk), "url": draft_url(row.pk, str(added.get("add_to", "")))})


@require_http_methods(["GET"])
def listing(request: HttpRequest) -> HttpResponse:
    """All that this person has not finished."""
    user = person(request)
    require(user, "log")
    context = {"drafts": drafts_of(user), "kept_days": settings.DRAFTS_KEPT_DAYS}
    return render(request, "cases/drafts.html", context)


@require_POST
def discard(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Throw one draft away."""
    user = person(request)
    require(user, "log")
    drafts.discard_draft(get_draft(user, str(pk)), by=Actor.staff(user))
    return redirect("case_drafts")
