"""Every address once, as somebody who may use it: what the tests of this package walk."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.test import Client
from django.urls import NoReverseMatch, reverse

from tests.access.matrix import ADDRESSES
from tests.access.walker import Matter, build_matter, names
from tests.world import World

#: Whoever may do most is asked first.
_ASKED = (
    "hub_head", "production_head", "quality_head", "representative", "administrator", "manager", "agent",
    "general_manager", "auditor",
)  # fmt: skip


@dataclass(frozen=True)
class Address:
    """One address with everything in its place, and who may use it (empty: anybody)."""

    name: str
    url: str
    person: str


@dataclass
class Walk:
    """A world with one case, and a client for each person who is asked."""

    world: World
    matter: Matter
    checks_csrf: bool = False
    _clients: dict[str, Client] = field(default_factory=dict)

    def client(self, person: str) -> Client:
        """Somebody's browser, signed in."""
        if person not in self._clients:
            client = Client(enforce_csrf_checks=self.checks_csrf, raise_request_exception=False)
            if person:
                client.force_login(self.world.users[person])
            self._clients[person] = client
        return self._clients[person]

    def addresses(self) -> Iterator[Address]:
        """Every named address that can be written."""
        for name, wanted in sorted(names()):
            if name not in ADDRESSES:
                continue  # the access matrix complains about it
            arguments = self.matter.arguments(name, wanted, own=True)
            with contextlib.suppress(NoReverseMatch):
                yield Address(name, reverse(name, kwargs=arguments), who(name))

    def ask(self, address: Address, method: str = "get", **given: Any) -> Any:
        """One request; what it changed is taken back, so that the next one meets the same world."""
        client = self.client(address.person)
        cookies = client.cookies.copy()
        with transaction.atomic():
            response = getattr(client, method)(address.url, **given)
            if response.streaming:
                response.getvalue()  # to its end, which gives the file back
            else:
                response.content  # noqa: B018 - rendered while its rows are still there
            transaction.set_rollback(True)
        client.cookies = cookies
        return response


def who(name: str) -> str:
    """Somebody who may use an address."""
    rule = ADDRESSES[name]
    if rule.sort == "public":
        return ""
    people = rule.people if rule.sort != "login" else frozenset(_ASKED)
    return next((person for person in _ASKED if person in people), "agent")


def start(world: World, *, checks_csrf: bool = False) -> Walk:
    """A case that production has received, with a visit, a measure, a request for more time; everybody signed in."""
    walk = Walk(world, build_matter(world), checks_csrf)
    for person in ("", *_ASKED):
        walk.client(person)
    return walk


def fingerprint(*, but: frozenset[str] = frozenset()) -> dict[str, str]:
    """Every table with the number of its rows and a sum over all that stands in them."""
    with connection.cursor() as cursor:
        tables = [t for t in connection.introspection.table_names(cursor) if t not in but]
        cursor.execute(
            " UNION ALL ".join(
                f"SELECT '{table}', count(*) || '/' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)"
                f' FROM "{table}" AS t'
                for table in tables
            )
        )
        return {str(name): str(found) for name, found in cursor.fetchall()}


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Names of the tables in which something is different."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
