"""Inviting colleagues: the link is shown once, and goes out by mail where mail is set up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.actor import Actor
from notifications import templates
from notifications.actions import NewMessage, enqueue
from notifications.mail import Mail
from notifications.models import ChannelName
from organization.actions.invitations import invite
from organization.models import User


@dataclass(frozen=True)
class Made:
    """An invitation as the administrator sees it, once."""

    user: User
    link: str
    mailed: bool
    why_not: str = ""


def register() -> None:
    """Make the text known to the outbox."""
    templates.register(
        "invitation",
        subject=gettext_lazy("Your account for customer feedback"),
        body=gettext_lazy(
            "Hello {name},\nan account was made for you; your login name is {login}. Open this link and choose a"
            " password. It works once and until {until}:\n{link}"
        ),
        names=("name", "login", "until"),
        secrets=("link",),
    )


@transaction.atomic
def make_invitation(user: User, *, by: Actor) -> Made:
    """Make the link; earlier ones of this person end."""
    token = invite(user, by=by)
    link = settings.SITE_URL + reverse("invitation_link", args=[token])
    if not user.email:
        return Made(user, link, mailed=False, why_not=_("no e-mail address"))
    if not Mail().is_configured():
        return Made(user, link, mailed=False, why_not=_("mail is not set up"))
    until = timezone.now() + timedelta(hours=settings.INVITATION_HOURS)
    enqueue(
        NewMessage(
            dedupe_key=f"user:{user.pk}:invitation:{uuid4()}",
            kind="invitation",
            thread=f"user:{user.pk}",
            channel=ChannelName.EMAIL,
            user_id=user.pk,
            language=user.language,
            context={"name": user.name, "login": user.username, "until": until, "link": link},
            expires_at=until,
        )
    )
    return Made(user, link, mailed=True)
