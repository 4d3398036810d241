"""Who measures: the fixed people of the generated load, signed in without a password page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from audit.actor import Actor
from organization import tokens
from organization.models import User
from organization.queries import Identity, identity_of

#: login -> as the figures call them.
READERS = {
    "load-agent": "hub agent",
    "load-manager": "manager",
    "load-head2": "head of 2 %",
    "load-head01": "head of 0.1 %",
    "load-handler": "handler of 500",
}


@dataclass(frozen=True)
class Reader:
    """Somebody who reads, with a session of the database."""

    user: User
    label: str
    session: str
    who: Identity


def sign_in(user: User) -> str:
    """A session as signing in makes it; its key goes into the cookie."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    return str(store.session_key)


def readers() -> list[Reader]:
    """The five of them."""
    found = []
    for login, label in READERS.items():
        user = User.objects.get(username=login)
        found.append(Reader(user, label, sign_in(user), identity_of(user)))
    return found


def api_key(user: User) -> str:
    """A key of the JSON API for a day."""
    return tokens.issue(user, name="bench", by=Actor.system("bench"), lifetime=timedelta(days=1))[1]
