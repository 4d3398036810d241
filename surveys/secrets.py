"""The secret of an invitation's link: an HMAC, the same each time it is asked for; the table holds its digest."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode

from django.conf import settings


def _mac(purpose: str, words: str) -> bytes:
    return hmac.new(settings.ACCESS_KEY.encode(), f"{purpose}:{words}".encode(), hashlib.sha256).digest()


def link_token(case: int, round_: int) -> str:
    """The secret by which the customer of a round answers: 256 bits."""
    return urlsafe_b64encode(_mac("survey", f"{case}:{round_}")).rstrip(b"=").decode()


def digest(token: str) -> str:
    """How the secret is stored and compared."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def of_address(address: str) -> str:
    """By what an address is recognised without being kept."""
    return _mac("survey-to", address.strip().lower()).hex()
