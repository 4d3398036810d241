"""Giving a customer access to the case: hashes of the link and the code."""

from __future__ import annotations

from datetime import datetime

from cases.models import Access, Case
from cases.secrets import access_code, digest, link_token


def grant_access(case: Case, *, at: datetime) -> Access:
    """Store the hashes with which the customer's link and code are recognised."""
    return Access.objects.create(
        case=case, link_hash=digest(link_token(case)), code_hash=digest(access_code(case)), created_at=at
    )
