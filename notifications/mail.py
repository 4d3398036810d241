"""E-mail as we send it."""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

from django.conf import settings


def message_id(dedupe_key: str) -> str:
    """The Message-ID of a message: the same for every attempt, so that a mail program drops a repetition."""
    domain = urlsplit(settings.SITE_URL).hostname or "localhost"
    return f"<{hashlib.sha256(dedupe_key.encode()).hexdigest()[:32]}.outbox@{domain}>"
