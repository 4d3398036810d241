"""What sign-in needs from the outbox: the link for a new password goes out like every other message."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications import templates
from notifications.actions import NewMessage, enqueue
from notifications.models import ChannelName
from organization.adapters import StaffAccountAdapter
from organization.models import User

#: Left to the sweep, so that the answer takes as long for an address that nobody has (threat 27).
_SOON = timedelta(seconds=1)


def register() -> None:
    """Make the text known to the outbox."""
    templates.register(
        "password_reset",
        subject=_("Set a new password"),
        body=_(
            "Somebody, probably you, asked for a new password for the account {login}.\n"
            "Open this link to choose one. It works once and for a limited time:\n{link}\n\n"
            "It was not you? Then do nothing: your password stays as it is."
        ),
        names=("login",),
        secrets=("link",),
    )


class AccountAdapter(StaffAccountAdapter):
    """Nothing is sent past the outbox."""

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """Write the link into the outbox; only people who were let in once get one."""
        if not user.has_usable_password():
            return
        now = timezone.now()
        with transaction.atomic():
            enqueue(
                NewMessage(
                    dedupe_key=f"user:{user.pk}:password-reset:{uuid4()}", kind="password_reset",
                    thread=f"user:{user.pk}", channel=ChannelName.EMAIL, user_id=user.pk, language=user.language,
                    context={"login": user.username, "link": _our_own(context["password_reset_url"])},
                    not_before=now + _SOON, expires_at=now + timedelta(hours=24),
                )
            )  # fmt: skip


def _our_own(url: str) -> str:
    """The same place under our own address: the request's Host header is the sender's choice (threat 32)."""
    return settings.SITE_URL + urlsplit(url).path
