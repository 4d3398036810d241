"""Personal data as those see it who are not of the handling group (SEC-08)."""

from __future__ import annotations

STARS = "****"


def mask_name(name: str) -> str:
    """The first character: 周慧 becomes 周**."""
    return f"{name.strip()[:1]}**" if name.strip() else ""


def mask_phone(phone: str) -> str:
    """Three digits in front and four behind, as on a bill: 138****6634; short numbers keep two."""
    phone = phone.strip()
    if len(phone) < 8:
        return f"{STARS}{phone[-2:]}" if phone else ""
    return f"{phone[:3]}{STARS}{phone[-4:]}"


def mask_email(email: str) -> str:
    """The first letter and the domain: z****@example.com."""
    name, at, domain = email.strip().partition("@")
    return f"{name[:1]}{STARS}{at}{domain}" if email.strip() else ""
