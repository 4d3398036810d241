"""Colleagues: the list, one of them, leaving and coming back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.actor import Actor
from audit.exceptions import DomainError
from organization import access, listing
from organization.actions import people
from organization.forms import refusals
from organization.forms.people import PersonForm, PlaceForms, places_of
from organization.models import Department, Role, User
from organization.requests import number, person, words
from organization.second_factor import has_second_factor
from organization.trees import indented

PAGE = 50


@require_safe
def users(request: HttpRequest) -> HttpResponse:
    """The list of colleagues, searched and filtered by its address."""
    access.administrator(person(request))
    wanted = _wanted(request)
    page = Paginator(listing.find_users(wanted), PAGE).get_page(request.GET.get("page"))
    kept = request.GET.copy()
    kept.pop("page", None)
    context = {
        "page": page,
        "wanted": wanted,
        "kept": kept.urlencode(),
        "roles": Role.choices,
        "departments": indented(Department),
        "states": _states(),
    }
    return render(request, "settings/users.html", context)


def _wanted(request: HttpRequest) -> listing.Wanted:
    role, state = request.GET.get("role", ""), request.GET.get("state", "")
    pk = number(request.GET.get("department"))
    return listing.Wanted(
        words=words(request),
        role=role if role in Role.values else "",
        department=Department.objects.filter(pk=pk).first() if pk else None,
        state=state if state in listing.STATES else listing.STATES[0],
    )


def _states() -> list[tuple[str, str]]:
    return [
        ("active", _("Active")),
        ("invited", _("No password yet")),
        ("inactive", _("Deactivated")),
        ("all", _("All")),
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def user_new(request: HttpRequest) -> HttpResponse:
    """Add a colleague; the invitation is the next step, on the colleague's own page."""
    by = access.administrator(person(request))
    form, places = _forms(request, None)
    if request.method == "POST" and form.is_valid() and places.is_valid():
        try:
            user = people.create_user(form.person(), by=by, places=places.places(), functions=form.functions_chosen())
        except DomainError as error:
            refusals.show(form, error)
        else:
            messages.success(
                request,
                _("%(name)s was added. Now make the invitation link with which the password is set.") % {"name": user},
            )
            return redirect("user", user.pk)
    return _page(request, form, places, None)


@require_http_methods(["GET", "HEAD", "POST"])
def user(request: HttpRequest, pk: int) -> HttpResponse:
    """One colleague: see and change."""
    by = access.administrator(person(request))
    colleague = access.row(User, pk)
    form, places = _forms(request, colleague)
    if request.method == "POST" and form.is_valid() and places.is_valid():
        try:
            people.update_user(
                colleague,
                form.person(),
                by=by,
                places=places.places(),
                functions=form.functions_chosen(),
                base=form.cleaned_data["base"],
            )
        except DomainError as error:
            refusals.show(form, error)
        else:
            messages.success(request, _("Saved. The rights of %(name)s follow at once.") % {"name": form.person().name})
            return redirect("user", pk)
    return _page(request, form, places, colleague)


def _forms(request: HttpRequest, colleague: User | None) -> tuple[PersonForm, Any]:
    data = request.POST if request.method == "POST" else None
    return PersonForm(data, user=colleague), PlaceForms(data, initial=places_of(colleague), prefix="places")


def _page(request: HttpRequest, form: PersonForm, places: Any, colleague: User | None) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "places": places, "colleague": colleague}
    if colleague is not None:
        context |= {
            "has_password": colleague.has_usable_password(),
            "has_factor": has_second_factor(colleague),
            "is_oneself": colleague == request.user,
            "deputies": [row.deputy for row in colleague.deputies.select_related("deputy").on(_now())],
        }
    return render(request, "settings/user.html", context, status=form.status)


def _now() -> Any:
    from django.utils import timezone

    return timezone.now()


def _act(request: HttpRequest, pk: int, act: Callable[[User, Actor], str]) -> HttpResponse:
    by = access.administrator(person(request))
    colleague = access.row(User, pk)
    try:
        messages.success(request, act(colleague, by))
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("user", pk)


@require_POST
def user_deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody leaves."""

    def act(colleague: User, by: Actor) -> str:
        people.deactivate_user(colleague, by=by)
        return _(
            "%(name)s can no longer sign in; open sessions, links and keys ended. Now hand over the open work."
        ) % {"name": colleague}

    return _act(request, pk, act)


@require_POST
def user_reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody comes back."""

    def act(colleague: User, by: Actor) -> str:
        people.reactivate_user(colleague, by=by)
        return _("%(name)s is active again. Make an invitation link for a new password.") % {"name": colleague}

    return _act(request, pk, act)


@require_POST
def user_end_sessions(request: HttpRequest, pk: int) -> HttpResponse:
    """Log somebody out everywhere."""

    def act(colleague: User, by: Actor) -> str:
        count = people.end_sessions(colleague, by=by)
        return ngettext(
            "%(count)d session was ended, and every key of the API.",
            "%(count)d sessions were ended, and every key of the API.",
            count,
        ) % {"count": count}

    return _act(request, pk, act)


@require_POST
def user_reset_factor(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody lost the phone."""

    def act(colleague: User, by: Actor) -> str:
        people.reset_second_factor(colleague, by=by)
        return _("The second factor of %(name)s was removed.") % {"name": colleague}

    return _act(request, pk, act)
