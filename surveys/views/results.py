"""The page of results."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from organization.requests import person
from surveys.access import open_results
from surveys.forms.results import ResultFilter
from surveys.queries.results import results_of


@require_safe
def results(request: HttpRequest) -> HttpResponse:
    """What answers add up to: all of it, or that of the departments one heads (SUR-22 to SUR-25)."""
    access, departments = open_results(person(request))
    form = ResultFilter(request.GET, departments=departments)
    wanted = form.wanted()
    context = {
        "form": form,
        "wanted": wanted,
        "results": results_of(wanted) if wanted else None,
        "only_own": departments is not None,
        "reads_surveys": access.has("read_surveys"),
        "sees_quota": access.has("see_quota"),
    }
    return render(request, "surveys/results.html", context)
