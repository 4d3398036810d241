"""Single-use links with which people set their first password (threat 29)."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import InvalidInput, InvalidMove
from organization import tokens
from organization.actions.people import end_open_sessions
from organization.models import Invitation, User


def token_hash(token: str) -> str:
    """How an invitation's token is stored and compared."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


@transaction.atomic
def invite(user: User, *, by: Actor) -> str:
    """Make a single-use link's token with which the person sets a password; earlier ones end. Shown once."""
    user = User.objects.select_for_update().get(pk=user.pk)
    if not user.is_active:
        raise InvalidMove(_("%(name)s is not active.") % {"name": user.name})
    now = timezone.now()
    Invitation.objects.filter(user=user, used_at__isnull=True).update(used_at=now)
    token = secrets.token_urlsafe(32)
    Invitation.objects.create(
        user=user,
        token_hash=token_hash(token),
        created_at=now,
        expires_at=now + timedelta(hours=settings.INVITATION_HOURS),
    )
    record(f"user:{user.pk}", "invite", by=by, at=now)
    return token


def find_invitation(token: str, *, now: datetime) -> Invitation | None:
    """The living invitation with this token; nothing for an empty, used, expired or foreign one.

    Only a hash is looked up, so the comparison tells nothing by the time it takes.
    """
    if not token.strip():
        return None
    return (
        Invitation.objects.select_related("user")
        .filter(token_hash=token_hash(token), used_at__isnull=True, expires_at__gt=now, user__is_active=True)
        .first()
    )


@transaction.atomic
def accept_invitation(token: str, *, password: str) -> User:
    """Set a password by a link; the link is used up, all sessions and keys end."""
    now = timezone.now()
    invitation = find_invitation(token, now=now)
    row = (
        Invitation.objects.select_for_update(of=("self",)).filter(pk=invitation.pk, used_at__isnull=True).first()
        if invitation
        else None
    )
    if row is None:
        raise InvalidMove(_("This link has been used or has expired. Please ask your administrator for a new one."))
    user = row.user
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput("password", " ".join(error.messages)) from error
    user.set_password(password)
    user.save(update_fields=["password"])
    row.used_at = now
    row.save(update_fields=["used_at"])
    tokens.revoke_all(user, at=now)
    end_open_sessions(user)
    record(f"user:{user.pk}", "accept_invitation", by=Actor.staff(user), at=now)
    return user
