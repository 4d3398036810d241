"""Colleagues: adding, changing, inviting, leaving; deputies."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import Blocked, InvalidInput, InvalidMove, Reason
from organization import text
from organization.models import ApiToken, Department, Deputy, Function, Invitation, Membership, Role, User


@dataclass(frozen=True)
class Person:
    """What is known of a colleague."""

    username: str
    name: str
    role: str
    email: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Place:
    """A department somebody works in; the first place given is the main one."""

    department: Department
    is_head: bool = False


@transaction.atomic
def create_user(person: Person, *, by: Actor, places: Iterable[Place] = (), functions: Iterable[str] = ()) -> User:
    """Add a colleague without a password: an invitation lets her set one."""
    if User.objects.filter(username__iexact=person.username).exists():
        raise InvalidInput("username", _("The login name “%(name)s” exists already.") % {"name": person.username})
    user = User(username=person.username)
    user.set_unusable_password()
    _write(user, person)
    user.save()
    _set_places(user, places)
    _set_functions(user, functions)
    record(
        f"user:{user.pk}",
        "create",
        by=by,
        at=timezone.now(),
        changes={"username": (None, user.username), "role": (None, user.role)},
        sealed={"name": (None, user.name)},
    )
    return user


def _write(user: User, person: Person) -> None:
    if person.role not in Role.values:
        raise InvalidInput("role", _("Please choose a role."))
    if not person.name:
        raise InvalidInput("name", _("The name is needed."))
    user.name, user.role, user.email, user.phone = person.name, person.role, person.email, person.phone
    user.name_key, user.initials = text.pinyin_key(person.name)[:300], text.initials(person.name)[:20]


def _set_places(user: User, places: Iterable[Place]) -> None:
    wanted = list(places)
    user.memberships.all().delete()
    Membership.objects.bulk_create(
        Membership(user=user, department=place.department, is_head=place.is_head, is_main=n == 0)
        for n, place in enumerate(wanted)
    )


def _set_functions(user: User, codes: Iterable[str]) -> None:
    user.functions.set(Function.objects.filter(code__in=list(codes), personal=True))


@transaction.atomic
def update_user(
    user: User, person: Person, *, by: Actor, places: Iterable[Place], functions: Iterable[str] = ()
) -> User:
    """Change a colleague; rights follow at the next request."""
    user = User.objects.select_for_update().get(pk=user.pk)
    before = _state(user)
    _write(user, person)
    user.save()
    _set_places(user, places)
    _set_functions(user, functions)
    after = _state(user)
    changes = {k: (before[k], after[k]) for k in after if before[k] != after[k]}
    if user.role != Role.ADMINISTRATOR and before["role"] == Role.ADMINISTRATOR:
        _require_another_administrator(user)
    record(f"user:{user.pk}", "update", by=by, at=timezone.now(), changes=changes)
    return user


def _state(user: User) -> dict[str, object]:
    return {
        "role": user.role,
        "departments": sorted(user.memberships.values_list("department__code", flat=True)),
        "heads": sorted(user.memberships.filter(is_head=True).values_list("department__code", flat=True)),
        "functions": sorted(user.functions.values_list("code", flat=True)),
    }


def _require_another_administrator(user: User) -> None:
    if not User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exclude(pk=user.pk).exists():
        raise Blocked([Reason("last_administrator", _("There must be at least one administrator."), "forbidden")])


def end_sessions(user: User) -> None:
    """Log a person out everywhere."""
    for session in UserSession.objects.filter(user=user):
        session.end()


@transaction.atomic
def deactivate_user(user: User, *, by: Actor) -> User:
    """Somebody leaves: no login, no keys, no sessions; the name stays on every record."""
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.role == Role.ADMINISTRATOR:
        _require_another_administrator(user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    now = timezone.now()
    ApiToken.objects.filter(user=user, revoked_at__isnull=True).update(revoked_at=now)
    Invitation.objects.filter(user=user, used_at__isnull=True).update(used_at=now)
    end_sessions(user)
    record(f"user:{user.pk}", "deactivate", by=by, at=now)
    return user


@transaction.atomic
def reactivate_user(user: User, *, by: Actor) -> User:
    """Somebody comes back; a new invitation sets a new password."""
    user.is_active = True
    user.set_unusable_password()
    user.save(update_fields=["is_active", "password"])
    record(f"user:{user.pk}", "reactivate", by=by, at=timezone.now())
    return user


def token_hash(token: str) -> str:
    """How an invitation's token is stored and compared."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


@transaction.atomic
def invite(user: User, *, by: Actor) -> str:
    """Make a single-use link's token with which the person sets a password; earlier ones end. Shown once."""
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
    """The living invitation with this token; nothing for an empty, used, expired or foreign one."""
    if not token.strip():
        return None
    return (
        Invitation.objects.select_related("user")
        .filter(token_hash=token_hash(token), used_at__isnull=True, expires_at__gt=now, user__is_active=True)
        .first()
    )


@transaction.atomic
def accept_invitation(token: str, *, password: str) -> User:
    """Set the first password; the link is used up, all sessions end."""
    now = timezone.now()
    invitation = find_invitation(token, now=now)
    row = (
        Invitation.objects.select_for_update().filter(pk=invitation.pk, used_at__isnull=True).first()
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
    end_sessions(user)
    record(f"user:{user.pk}", "accept_invitation", by=Actor.staff(user), at=now)
    return user


@transaction.atomic
def appoint_deputy(principal: User, deputy: User, *, by: Actor, starts_at: datetime, ends_at: datetime) -> Deputy:
    """Let somebody act for a colleague between two dates (ORG-15); the owner of cases stays."""
    if principal.pk == deputy.pk:
        raise InvalidInput("deputy", _("Nobody is his or her own deputy."))
    if ends_at <= starts_at:
        raise InvalidInput("ends_at", _("The end must lie after the beginning."))
    row = Deputy.objects.create(principal=principal, deputy=deputy, starts_at=starts_at, ends_at=ends_at)
    record(
        f"user:{principal.pk}",
        "appoint_deputy",
        by=by,
        at=timezone.now(),
        changes={
            "deputy": (None, deputy.pk),
            "from": (None, starts_at.isoformat()),
            "until": (None, ends_at.isoformat()),
        },
    )
    return row


@transaction.atomic
def dismiss_deputy(row: Deputy, *, by: Actor) -> None:
    """End a deputyship now."""
    now = timezone.now()
    if row.starts_at >= now:
        row.delete()
    else:
        row.ends_at = now
        row.save(update_fields=["ends_at"])
    record(f"user:{row.principal_id}", "dismiss_deputy", by=by, at=now, changes={"deputy": (row.deputy_id, None)})
