"""What was asked about a case, beside it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from cases.access import open_access
from organization.requests import person
from surveys import rights
from surveys.queries import desk, responses


@require_safe
def of_case(request: HttpRequest, number: str) -> HttpResponse:
    """Panel on a case's page: invitation, callback, answers, follow-ups, and the way to fill in on behalf."""
    access = open_access(person(request), number)
    if not access.full:
        raise Http404
    may = rights.has(access.who, "fill_in") and not desk.why_not_asked(access.case)
    context = {
        "asked": responses.of_case(access.case, access.who),
        "fill_in_url": reverse("survey_fill_in", args=[access.case.number]) if may else "",
    }
    in_page = getattr(request, "htmx", False)
    return render(request, "surveys/panel.html" if in_page else "surveys/panel_page.html", context)
