"""How allauth behaves here: no sign-up, no inactive people, secrets of the second factor encrypted."""

from __future__ import annotations

import base64
import hashlib

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.http import HttpRequest


class StaffAccountAdapter(DefaultAccountAdapter):
    """People are invited; nobody signs up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False


def _fernet() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet(
        [Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"second-factor:{key}".encode()).digest())) for key in keys]
    )


class SecondFactorAdapter(DefaultMFAAdapter):
    """TOTP secrets and recovery codes are stored encrypted."""

    def encrypt(self, text: str) -> str:
        """Encrypt a secret for the database."""
        return _fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Read a secret back; old keys work until they are taken out of the fallbacks."""
        return _fernet().decrypt(encrypted_text.encode()).decode()
