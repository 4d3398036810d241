"""The settings' front page, and inviting colleagues."""

from __future__ import annotations

from django.conf import settings as project
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from audit.exceptions import DomainError
from feedback_system.invitations import make_invitation
from feedback_system.templatetags.settings_menu import groups_for
from organization import access
from organization.models import User
from organization.requests import number, person

#: Links on one page: more than that nobody hands out by hand.
LARGEST_BATCH = 50


@require_safe
def settings(request: HttpRequest) -> HttpResponse:
    """A card for each page of the settings."""
    user = person(request)
    access.administrator(user)
    return render(request, "settings/index.html", {"groups": groups_for(user)})


@require_POST
def user_invite(request: HttpRequest, pk: int) -> HttpResponse:
    """Make one invitation link and show it, this once."""
    access.administrator(person(request))
    return _invite(request, [access.row(User, pk)])


@require_POST
def users_invite(request: HttpRequest) -> HttpResponse:
    """Make links for the people ticked in the list."""
    access.administrator(person(request))
    keys = [pk for value in request.POST.getlist("ids")[:LARGEST_BATCH] if (pk := number(value))]
    return _invite(request, list(User.objects.filter(pk__in=keys, is_active=True)))


def _invite(request: HttpRequest, users: list[User]) -> HttpResponse:
    by = access.administrator(person(request))
    if not users:
        messages.warning(request, _("Nobody was chosen. Tick the people who need a link."))
        return redirect("users")
    try:
        made = [make_invitation(user, by=by) for user in users]
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("users")
    return render(request, "settings/invited.html", {"invitations": made, "hours": project.INVITATION_HOURS})
