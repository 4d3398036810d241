"""The page on which an invited colleague sets the first password: public, single use (threat 29)."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from audit.exceptions import DomainError, InvalidMove
from organization import limits, login_limits
from organization.actions.invitations import accept_invitation, find_invitation
from organization.forms import refusals
from organization.forms.people import PasswordForm

_KEPT = "invitation"


@login_not_required
@require_safe
def invitation_link(request: HttpRequest, token: str) -> HttpResponse:
    """Take the token out of the address into the session, so that it stands in no history and no referrer.

    Looking does not use the link up: mail scanners look, too.
    """
    if find_invitation(token, now=timezone.now()) is None:
        return _refused(request)
    request.session[_KEPT] = token
    return redirect("invitation")


@login_not_required
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest) -> HttpResponse:
    """Choose the password. Without a living invitation in the session: the same refusal as for any wrong link."""
    token = str(request.session.get(_KEPT, ""))
    found = find_invitation(token, now=timezone.now())
    if found is None:
        return _refused(request)
    form = PasswordForm(request.POST if request.method == "POST" else None, user=found.user)
    if request.method == "POST" and form.is_valid():
        try:
            accept_invitation(token, password=form.cleaned_data["password"])
        except InvalidMove:
            return _refused(request)
        except DomainError as error:
            refusals.show(form, error)
        else:
            logout(request)  # whoever was signed in here is somebody else, or has another password now
            messages.success(request, _("Your password is set. Please sign in with it."))
            response = redirect("account_login")
            login_limits.remember(request, response, found.user)  # whoever tries the name elsewhere keeps nobody out
            return response
    context = {"form": form, "invited": found.user, "until": found.expires_at}
    return render(request, "account/invitation.html", context, status=422 if request.method == "POST" else 200)


def _refused(request: HttpRequest) -> HttpResponse:
    limits.take("invitation_address", limits.network_of(request.META.get("REMOTE_ADDR", "")))
    request.session.pop(_KEPT, None)
    return render(request, "account/invitation_refused.html", status=404)
