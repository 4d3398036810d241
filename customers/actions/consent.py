"""What somebody agreed to."""

from __future__ import annotations

from datetime import datetime

from customers.models import Consent, ConsentText, Customer


def give_consent(
    text_version: ConsentText, *, thread: str, channel: str, at: datetime, customer: Customer | None = None
) -> Consent:
    """Keep that somebody agreed to a versioned text (CUS-19)."""
    return Consent.objects.create(text=text_version, thread=thread, channel=channel, given_at=at, customer=customer)
