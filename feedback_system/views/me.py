"""One's own account: who I am here, language, deputies, keys of the API, ways to the security pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET, require_POST

from audit.actor import Actor
from organization import tokens
from organization.access import appoints_deputies
from organization.actions.own import choose_language
from organization.forms.fields import LineField
from organization.models import ApiToken, Deputy, User
from organization.requests import LARGEST_ID, person

MOST_TOKENS = 20


class TokenForm(forms.Form):
    """A new key: what it is for."""

    name = LineField(
        label=lazy("What the key is for"),
        max_length=60,
        error_messages={"required": lazy("Please write what the key is for, so that you know it again.")},
    )


@require_GET
def me(request: HttpRequest) -> HttpResponse:
    """The page."""
    return _page(request, TokenForm())


def _page(request: HttpRequest, form: TokenForm, *, key: str = "", status: int = 200) -> HttpResponse:
    user, now = person(request), timezone.now()
    current = Deputy.objects.filter(ends_at__gt=now).select_related("principal", "deputy")
    context: dict[str, Any] = {
        "me": user,
        "places": user.memberships.select_related("department").order_by("-is_main", "department__name_key"),
        "functions": user.functions.all(),
        "deputies": current.filter(principal=user),
        "deputyships": current.filter(deputy=user),
        "appoints": appoints_deputies(user),
        "tokens": _living(user),
        "languages": [code for code, _name in settings.LANGUAGES],
        "form": form,
        "key": key,
        "now": now,
    }
    return render(request, "desk/me.html", context, status=status)


def _living(user: User) -> list[ApiToken]:
    rows = ApiToken.objects.filter(user=user, revoked_at=None, expires_at__gt=timezone.now())
    return list(rows[: MOST_TOKENS + 1])


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Choose the language of pages and messages."""
    user = person(request)
    row = choose_language(user, request.POST.get("language", ""), by=Actor.staff(user))
    translation.activate(row.language)
    messages.success(request, _("Pages and messages are in English from now on."))
    response = redirect("profile_page")
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        row.language,
        max_age=365 * 24 * 3600,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=False,
        samesite="Lax",
    )
    return response


@require_POST
def issue_token(request: HttpRequest) -> HttpResponse:
    """Make a key of the API; it is shown in this answer and never again."""
    user = person(request)
    form = TokenForm(request.POST)
    if form.is_valid() and len(_living(user)) >= MOST_TOKENS:
        form.add_error(None, _("You have %(n)d keys already. Please revoke one first.") % {"n": MOST_TOKENS})
    if not form.is_valid():
        return _page(request, form, status=422)
    _token, key = tokens.issue(user, name=form.cleaned_data["name"], by=Actor.staff(user))
    return _page(request, TokenForm(), key=key)


@require_POST
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of one's own keys."""
    user = person(request)
    token = ApiToken.objects.filter(pk=pk, user=user, revoked_at=None).first() if pk <= LARGEST_ID else None
    if token is None:
        raise Http404
    tokens.revoke(token, by=Actor.staff(user))
    messages.success(request, _("The key “%(name)s” no longer works.") % {"name": token.name})
    return redirect("profile_page")
