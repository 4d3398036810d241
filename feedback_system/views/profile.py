"""The regulation profile: what is in force and what was; routing, which is part of it."""

from __future__ import annotations

import copy
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit.exceptions import DomainError
from cases.actions.vocabulary import change_routes
from cases.forms.vocabulary import RoutingForm
from cases.models import Category
from cases.policy import CasesPart
from feedback_system import profile_words
from organization import access
from organization.forms import refusals
from organization.requests import person
from organization.trees import forest, walk
from regulations.models import Profile, ProfileUse, ProfileVersion


def profile_in_use(code: str = "") -> Profile:
    """The profile with that code, or the one that applies where no other does."""
    uses = ProfileUse.objects.filter(site=None, line=None).select_related("profile")
    found = Profile.objects.filter(code=code).first() if code else (use.profile if (use := uses.first()) else None)
    if found is None:
        raise Http404
    return found


@require_safe
def profile(request: HttpRequest) -> HttpResponse:
    """The newest version of the profile that applies by default, with the history."""
    access.administrator(person(request))
    chosen = profile_in_use(request.GET.get("profile", ""))
    return _page(request, chosen, chosen.versions.latest("number"))


@require_safe
def profile_version(request: HttpRequest, code: str, version: int) -> HttpResponse:
    """One version, and what differs from the one before."""
    access.administrator(person(request))
    chosen = profile_in_use(code)
    row = chosen.versions.filter(number=version).first()
    if row is None:
        raise Http404
    return _page(request, chosen, row)


def _page(request: HttpRequest, chosen: Profile, row: ProfileVersion) -> HttpResponse:
    before = chosen.versions.filter(number=row.number - 1).first()
    sections = profile_words.describe(row.document)
    context = {
        "profile": chosen,
        "version": row,
        "versions": chosen.versions.select_related("by"),
        "others": Profile.objects.exclude(pk=chosen.pk),
        "uses": chosen.uses.select_related("site", "line"),
        "sections": sections,
        "before": before,
        "differences": profile_words.differences(profile_words.describe(before.document), sections) if before else [],
    }
    return render(request, "settings/profile.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def routing(request: HttpRequest) -> HttpResponse:
    """Who leads which category: seen, changed, previewed, published as the profile's next version (RTE-02)."""
    by = access.administrator(person(request))
    chosen = profile_in_use()
    current = chosen.versions.latest("number")
    tree: list[Any] = [node.row for node, _depth in walk(forest(Category.objects.active()))]
    data = request.POST if request.method == "POST" else None
    form = RoutingForm(data, categories=tree, routes=list(current.part(CasesPart).routes), base=current.number)
    differences = None
    if form.is_bound and form.is_valid():
        if "publish" in request.POST:
            try:
                version = change_routes(
                    chosen, form.routes(), by=by, base=form.cleaned_data["base"], reason=form.cleaned_data["reason"]
                )
            except DomainError as error:
                refusals.show(form, error)
            else:
                messages.success(request, _("Published as %(version)s. New cases follow it.") % {"version": version})
                return redirect("profile")
        differences = _preview(current, form)
    context = {"form": form, "profile": chosen, "current": current, "differences": differences}
    return render(request, "settings/routing.html", context, status=422 if form.errors else 200)


def _preview(current: ProfileVersion, form: RoutingForm) -> list[profile_words.Difference]:
    body = copy.deepcopy(current.document)
    body["cases"]["routes"] = [route.model_dump(exclude_defaults=True) for route in form.routes()]
    return profile_words.differences(profile_words.describe(current.document), profile_words.describe(body))
