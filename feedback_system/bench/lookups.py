"""The caller look-up among very many customers: every way of typing, every kind of reader, SQL alone and as a page."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.db import connection
from django.db.models import QuerySet

from customers.models import ContactPoint, Customer
from customers.queries import search
from feedback_system.bench.client import Client
from feedback_system.bench.figures import Figure, Run
from feedback_system.bench.pages import Samples
from feedback_system.bench.readers import Reader, sign_in
from feedback_system.bench.stack import Stack
from organization.models import User
from organization.queries import Identity, identity_of

#: What was promised for the look-up among a million customers (quality C4).
SQL_MS, PAGE_MS = 30.0, 60.0
#: login -> whom the reader may know, and how.
READERS = {
    "load-agent": "hub, keeps all",
    "load-manager": "manager, no secret ones",
    "sales-0": "sales, own secret ones",
    "load-handler": "handler, masked",
}
#: So many different values of each way of typing.
VALUES = 7
Say = Callable[[str], None]


@dataclass(frozen=True)
class Typed:
    """A way of typing, and what is typed."""

    way: str
    values: tuple[str, ...]


def lookup_readers() -> list[Reader]:
    """One of each kind, signed in."""
    found = []
    for login, label in READERS.items():
        user = User.objects.get(username=login)
        found.append(Reader(user, label, sign_in(user), identity_of(user)))
    return found


def typed_values() -> list[Typed]:
    """Numbers, tails, names, initials, syllables of customers here and there; terms that many and few have; misses."""
    points = _spread(ContactPoint.objects.filter(type="phone").values_list("value", flat=True))
    people = _spread(Customer.objects.filter(type="person").values_list("name", flat=True))
    firms = _spread(Customer.objects.filter(type="organisation").values_list("name", flat=True))
    keys = _spread(Customer.objects.filter(type="person").values_list("name_key", flat=True))
    initials = _spread(Customer.objects.filter(type="person").values_list("initials", flat=True))
    return [
        Typed("number", points),
        Typed("tail of 4", tuple(value[-4:] for value in points)),
        Typed("tail of 6", tuple(value[-6:] for value in points)),
        Typed("name", people),
        Typed("name of a firm", firms),
        Typed("first character", tuple(name[:1] for name in people)),
        Typed("initials", initials),
        Typed("one letter", tuple(value[:1] for value in initials)),
        Typed("pinyin", tuple(key.split(" ")[0].rstrip("12345") for key in keys)),
        Typed("frequent term", ("有限公司", "公司", "物业", "苏州物业", "科技", "酒店有限", "超市")),
        Typed("rare term", tuple(name[2:-4] for name in firms)),
        Typed("number of nobody", ("12000000001", "0999-9999999", "19999999999")),
        Typed("tail of nobody", ("000000000", "999999999")),
        Typed("name of nobody", ("龘靐齉", "单于爨", "qzxqzx")),
    ]


def _spread(rows: QuerySet[Any, str]) -> tuple[str, ...]:
    """Values from all over a table, the same every time."""
    count = rows.count()
    step = max(1, count // VALUES)
    ordered = rows.order_by("pk")
    return tuple(ordered[n] for n in range(step // 2, count, step))[:VALUES]


def measure_lookups(run: Run, reader: Reader, running: Stack, *, times: int, say: Say) -> None:
    """Each way of typing; the values by turns, so that none is only measured warm."""
    client, meter = Client(running.port, session=reader.session), running.meter()
    for typed in typed_values():
        sql, page = list(_statement_s(reader.who, typed, times)), Samples()
        for turn in range(-1, times):
            path = f"/cases/log/caller/?q={quote(typed.values[turn % len(typed.values)])}"
            if turn < 0:
                client.get(path)
            else:
                page.take(lambda: client.get(path), meter)  # noqa: B023 - called at once
        alone = Figure.of(f"{typed.way}, SQL alone", reader.label, sql)
        alone.limit_ms = SQL_MS
        run.figures += [alone, page.figure(typed.way, reader.label, limit_ms=PAGE_MS)]
    client.close()
    say(f"  {reader.label}: measured")


def _statement_s(who: Identity, typed: Typed, times: int) -> Iterator[float]:
    """Seconds that the statements of one look-up take, with their ways to the server and back."""
    for turn in range(-1, times):
        spent = [0.0]
        with connection.execute_wrapper(_clock(spent)):
            search.match(typed.values[turn % len(typed.values)], who=who)
        if turn >= 0:
            yield spent[0]


def _clock(spent: list[float]) -> Callable[..., Any]:
    def timed(execute: Callable[..., Any], *args: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(*args)
        finally:
            spent[0] += time.perf_counter() - started

    return timed
