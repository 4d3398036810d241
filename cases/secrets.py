"""The secrets that open a case for its customer: HMACs, the same each time they are asked for."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b32encode, urlsafe_b64encode

from django.conf import settings

from cases.models import Case

CODE_LENGTH = 8
#: Base 32 without what is misheard or misread on the telephone (0/O, 1/I).
_READABLE = str.maketrans("01IO", "2345")


def _mac(purpose: str, case: Case) -> bytes:
    return hmac.new(
        settings.ACCESS_KEY.encode(), f"{purpose}:{case.pk}:{case.number}".encode(), hashlib.sha256
    ).digest()


def link_token(case: Case) -> str:
    """The secret of the tracking link: 256 bits, the same each time it is asked for."""
    return urlsafe_b64encode(_mac("link", case)).rstrip(b"=").decode()


def access_code(case: Case) -> str:
    """The eight characters that open the case together with its number."""
    return b32encode(_mac("code", case)).decode()[:CODE_LENGTH].translate(_READABLE)


def digest(secret: str) -> str:
    """How a link's or code's secret is stored and compared."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
