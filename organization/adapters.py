"""How allauth behaves here: no sign-up, no inactive people, secrets of the second factor encrypted."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from audit.actions import record
from audit.actor import Actor
from organization import login_limits, tokens
from organization.limits import TooMany
from organization.models import User


class StaffAccountAdapter(DefaultAccountAdapter):
    """People are invited, nobody signs up; failed sign-ins are counted by ``login_limits``."""

    attempt: login_limits.Attempt | None = None

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the try before the password is looked at."""
        login = credentials.get("email") or credentials.get("username") or ""
        try:
            self.attempt = login_limits.begin(request, login)
        except TooMany as error:
            raise ValidationError(error.message, code="too_many_login_attempts") from error

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """As allauth does; a right password gives the try back."""
        user: User | None = super().authenticate(request, **credentials)
        if user is not None and self.attempt is not None:
            self.attempt.succeeded()
        return user

    def post_login(self, request: HttpRequest, user: User, **options: Any) -> HttpResponse:
        """Go on, and remember that this browser is known."""
        response: HttpResponse = super().post_login(request, user, **options)
        login_limits.remember(request, response, user)
        return response

    def set_password(self, user: User, password: str) -> None:
        """As allauth does, and written down: the own password is changed, or set anew by mail. Keys of the API end."""
        now = timezone.now()
        with transaction.atomic():
            super().set_password(user, password)
            tokens.revoke_all(user, at=now)
            record(f"user:{user.pk}", "set_password", by=Actor.staff(user), at=now)

    def is_safe_url(self, url: str | None) -> bool:
        """Lead back only to where the person is: not to another of ALLOWED_HOSTS, such as a person's own machine."""
        request: HttpRequest = context.request
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        )

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *rest: Any, **more: Any
    ) -> None:
        """As allauth does, but that somebody has signed in is plain to see on the desk."""
        if message_template != "account/messages/logged_in.txt":
            super().add_message(request, level, message_template, *rest, **more)


def _fernet() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet(
        [Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"second-factor:{key}".encode()).digest())) for key in keys]
    )


class SecondFactorAdapter(DefaultMFAAdapter):
    """TOTP secrets and recovery codes are stored encrypted; who must have a second factor keeps it."""

    def encrypt(self, text: str) -> str:
        """Encrypt a secret for the database."""
        return _fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Read a secret back; old keys work until they are taken out of the fallbacks."""
        return _fernet().decrypt(encrypted_text.encode()).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Not where it is required; an administrator resets a lost one."""
        return authenticator.type != Authenticator.Type.TOTP or not authenticator.user.must_prove_second_factor
