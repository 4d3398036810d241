"""Keys of the JSON API: shown once, stored hashed, expiring."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from audit.actions import record
from audit.actor import Actor
from organization.models import ApiToken, User
from organization.second_factor import has_second_factor

KEYWORD = b"token"
LIFETIME = timedelta(days=90)


def digest(key: str) -> str:
    """How a key is stored and compared."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


@transaction.atomic
def issue(user: User, *, name: str, by: Actor, lifetime: timedelta = LIFETIME) -> tuple[ApiToken, str]:
    """Make a key; its plain text is returned once and never again."""
    key, now = secrets.token_urlsafe(32), timezone.now()
    token = ApiToken.objects.create(
        user=user, name=name, key_hash=digest(key), created_at=now, expires_at=now + lifetime
    )
    record(f"user:{user.pk}", "issue_token", by=by, at=now, changes={"name": (None, name)})
    return token, key


@transaction.atomic
def revoke(token: ApiToken, *, by: Actor) -> ApiToken:
    """End a key at once."""
    token.revoked_at = timezone.now()
    token.save(update_fields=["revoked_at"])
    record(f"user:{token.user_id}", "revoke_token", by=by, at=token.revoked_at, changes={"name": (token.name, None)})
    return token


def revoke_all(user: User, *, at: datetime) -> int:
    """End every key of a person, as a part of an action that writes it down; returns how many."""
    return ApiToken.objects.filter(user=user, revoked_at__isnull=True).update(revoked_at=at)


def find(key: str, *, now: datetime) -> ApiToken | None:
    """The living key with this plain text."""
    if not key:
        return None
    return (
        ApiToken.objects.select_related("user")
        .filter(key_hash=digest(key), revoked_at__isnull=True, expires_at__gt=now, user__is_active=True)
        .first()
    )


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Token KEY``."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The user and key, None when no key was sent; a wrong key is 401."""
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != KEYWORD:
            return None
        now = timezone.now()
        token = find(parts[1].decode("ascii", "replace"), now=now) if len(parts) == 2 else None
        if token is None:
            raise AuthenticationFailed(_("This token is unknown, expired or revoked. Please log in again."))
        if token.user.must_prove_second_factor and not has_second_factor(token.user):
            raise AuthenticationFailed(_("Your account needs a second factor first. Please set it up on the page."))
        if token.last_used_at is None or now - token.last_used_at > timedelta(minutes=5):
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Makes a refusal 401 instead of 403."""
        return "Token"


class TokenScheme(OpenApiAuthenticationExtension):
    """How the schema describes it."""

    target_class = "organization.tokens.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """An API key in the Authorization header."""
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "Token KEY"}
