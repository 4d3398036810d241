"""Whoever must have a second factor sets it up before anything else (SEC-01, threat 25)."""

from __future__ import annotations

from collections.abc import Callable

from allauth.mfa.models import Authenticator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from organization.models import User

Handler = Callable[[HttpRequest], HttpResponse]
#: Signing out, setting the factor up, proving the password again, changing the language.
ALWAYS_OPEN = ("/accounts/", "/i18n/", "/static/", "/healthz", "/readyz")
#: In the session once the factor was seen, so that it is asked of the database once a login.
SEEN = "second_factor_seen"


def has_second_factor(user: User) -> bool:
    """Whether the person has an authenticator app."""
    return Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()


def is_owed(request: HttpRequest) -> bool:
    """Whether this person has to set a second factor up before going on."""
    user = request.user
    if not isinstance(user, User) or not user.must_prove_second_factor or request.session.get(SEEN):
        return False
    if has_second_factor(user):
        request.session[SEEN] = True
        return False
    return True


class SecondFactorMiddleware:
    """Lead people of the roles in ``SECOND_FACTOR_ROLES`` to the set-up page until they have one."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Go on, or lead to the set-up page."""
        if request.path.startswith(ALWAYS_OPEN) or not request.user.is_authenticated or not is_owed(request):
            return self.get_response(request)
        target = reverse("mfa_activate_totp")
        if "HX-Request" in request.headers:
            return HttpResponse(status=204, headers={"HX-Redirect": target})
        return redirect(target)
