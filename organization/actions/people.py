"""Colleagues: adding, changing, leaving, coming back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import Blocked, InvalidInput, InvalidMove, Reason
from organization import stale, text, tokens
from organization.models import Department, Function, Invitation, Membership, Role, User

#: What everybody may know of a colleague's file in the audit trail, and what is sealed.
_PERSONAL = ("name", "email", "phone")


@dataclass(frozen=True)
class Person:
    """What is known of a colleague; the login name is fixed once it is created."""

    username: str
    name: str
    role: str
    email: str = ""
    phone: str = ""
    second_factor: bool = False


@dataclass(frozen=True)
class Place:
    """A department somebody works in; the first place given is the main one."""

    department: Department
    is_head: bool = False


@transaction.atomic
def create_user(person: Person, *, by: Actor, places: Iterable[Place] = (), functions: Iterable[str] = ()) -> User:
    """Add a colleague without a password: an invitation lets her set one."""
    _check_username(person.username)
    user = User(username=person.username)
    user.set_unusable_password()
    _write(user, person)
    user.save()
    _set_places(user, places)
    _set_functions(user, functions)
    state = _state(user)
    record(
        f"user:{user.pk}",
        "create",
        by=by,
        at=timezone.now(),
        changes={"username": (None, user.username)} | {k: (None, v) for k, v in state.items() if v},
        sealed={name: (None, value) for name in _PERSONAL if (value := getattr(user, name))},
    )
    return user


def _check_username(username: str) -> None:
    try:
        UnicodeUsernameValidator()(username)
    except ValidationError as error:
        raise InvalidInput(
            "username", _("A login name has letters, digits and @ . + - _ only. Please choose another.")
        ) from error
    if User.objects.filter(username__iexact=username).exists():
        raise InvalidInput("username", _("The login name “%(name)s” exists already.") % {"name": username})


def _write(user: User, person: Person) -> None:
    if person.role not in Role.values:
        raise InvalidInput("role", _("Please choose a role."))
    if not person.name:
        raise InvalidInput("name", _("The name is needed."))
    if person.email and User.objects.filter(email__iexact=person.email).exclude(pk=user.pk).exists():
        raise InvalidInput("email", _("Somebody else has this e-mail address already. It is a login name, too."))
    user.name, user.role, user.email, user.phone = person.name, person.role, person.email, person.phone
    user.must_use_second_factor = person.second_factor
    user.name_key, user.initials = text.pinyin_key(person.name)[:300], text.initials(person.name)[:20]


def _set_places(user: User, places: Iterable[Place]) -> None:
    wanted = list(places)
    if len({place.department.pk for place in wanted}) < len(wanted):
        raise InvalidInput("places", _("A department is given twice. Please keep it once."))
    user.memberships.all().delete()
    Membership.objects.bulk_create(
        Membership(user=user, department=place.department, is_head=place.is_head, is_main=n == 0)
        for n, place in enumerate(wanted)
    )


def _set_functions(user: User, codes: Iterable[str]) -> None:
    user.functions.set(Function.objects.filter(code__in=list(codes), personal=True))


@transaction.atomic
def update_user(
    user: User,
    person: Person,
    *,
    by: Actor,
    places: Iterable[Place],
    functions: Iterable[str] = (),
    base: str = "",
) -> User:
    """Change a colleague; rights follow at the next request. Nobody changes the own role.

    ``base`` is the stamp of what the page showed (``facts_of``): raises ``StaleRecord`` when that is no longer so.
    """
    _lock_administrators()
    user = User.objects.select_for_update().get(pk=user.pk)
    stale.require_fresh(facts_of(user), base)
    before, personal = _state(user), {name: getattr(user, name) for name in _PERSONAL}
    if by.id == user.pk and person.role != user.role:
        raise Blocked([Reason("own_role", _("Nobody changes the own role. Ask another administrator."), "forbidden")])
    _write(user, person)
    user.save()
    _set_places(user, places)
    _set_functions(user, functions)
    if user.role != Role.ADMINISTRATOR and before["role"] == Role.ADMINISTRATOR:
        _require_another_administrator(user)
    after = _state(user)
    changes = {k: (before[k], after[k]) for k in after if before[k] != after[k]}
    sealed = {k: (old, getattr(user, k)) for k, old in personal.items() if old != getattr(user, k)}
    if changes or sealed:
        record(f"user:{user.pk}", "update", by=by, at=timezone.now(), changes=changes, sealed=sealed)
    return user


def facts_of(user: User) -> dict[str, object]:
    """All that the page of a colleague changes."""
    return {name: getattr(user, name) for name in _PERSONAL} | _state(user)


def _state(user: User) -> dict[str, object]:
    return {
        "role": user.role,
        "departments": sorted(user.memberships.values_list("department__code", flat=True)),
        "heads": sorted(user.memberships.filter(is_head=True).values_list("department__code", flat=True)),
        "functions": sorted(user.functions.values_list("code", flat=True)),
        "second_factor": user.must_use_second_factor,
    }


def _lock_administrators() -> None:
    # In one order and before any other user's row: two who dismiss each other do not both succeed.
    list(User.objects.select_for_update().filter(role=Role.ADMINISTRATOR).order_by("pk").values_list("pk"))


def _require_another_administrator(user: User) -> None:
    if not User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exclude(pk=user.pk).exists():
        raise Blocked(
            [
                Reason(
                    "last_administrator",
                    _("There must be at least one administrator. Make somebody else one first."),
                    "forbidden",
                )
            ]
        )


@transaction.atomic
def end_sessions(user: User, *, by: Actor) -> int:
    """Log a person out everywhere, programs too; returns from how many devices."""
    now = timezone.now()
    keys, ended = tokens.revoke_all(user, at=now), end_open_sessions(user)
    record(f"user:{user.pk}", "end_sessions", by=by, at=now, changes={"sessions": (ended, 0), "keys": (keys, 0)})
    return ended


def end_open_sessions(user: User) -> int:
    """End what is open in browsers, as a part of an action; returns how many."""
    sessions = list(UserSession.objects.filter(user=user))
    for session in sessions:
        session.end()
    return len(sessions)


@transaction.atomic
def deactivate_user(user: User, *, by: Actor) -> User:
    """Somebody leaves: no login, no keys, no sessions; the name stays on every record."""
    _lock_administrators()
    user = User.objects.select_for_update().get(pk=user.pk)
    if by.id == user.pk:
        raise Blocked([Reason("oneself", _("Nobody deactivates himself or herself. Ask a colleague."), "forbidden")])
    if user.role == Role.ADMINISTRATOR:
        _require_another_administrator(user)
    if not user.is_active:
        raise InvalidMove(_("%(name)s is not active.") % {"name": user.name})
    user.is_active = False
    user.save(update_fields=["is_active"])
    now = timezone.now()
    tokens.revoke_all(user, at=now)
    Invitation.objects.filter(user=user, used_at__isnull=True).update(used_at=now)
    end_open_sessions(user)
    record(f"user:{user.pk}", "deactivate", by=by, at=now, changes={"active": (True, False)})
    return user


@transaction.atomic
def reactivate_user(user: User, *, by: Actor) -> User:
    """Somebody comes back; a new invitation sets a new password."""
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.is_active:
        raise InvalidMove(_("%(name)s is active already.") % {"name": user.name})
    user.is_active = True
    user.set_unusable_password()
    user.save(update_fields=["is_active", "password"])
    record(f"user:{user.pk}", "reactivate", by=by, at=timezone.now(), changes={"active": (False, True)})
    return user


@transaction.atomic
def reset_second_factor(user: User, *, by: Actor) -> User:
    """Somebody lost the phone: the second factor goes, sessions and keys end; where required it is set up anew."""
    now = timezone.now()
    Authenticator.objects.filter(user=user).delete()
    tokens.revoke_all(user, at=now)
    end_open_sessions(user)
    record(f"user:{user.pk}", "reset_second_factor", by=by, at=now)
    return user
