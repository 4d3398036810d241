"""Customers of the generated organisation, with one telephone each."""

from __future__ import annotations

from datetime import datetime, timedelta

from feedback_system.load.people import LOADER, Known, keys_of, person_name, words_of
from feedback_system.load.shelf import Shelf
from feedback_system.load.story import contact_words
from feedback_system.load.tables import Writer

_PREFIXES = (
    "130",
    "131",
    "133",
    "135",
    "136",
    "137",
    "138",
    "139",
    "150",
    "151",
    "152",
    "158",
    "159",
    "186",
    "188",
    "189",
)


def write_customers(shelf: Shelf, count: int, writer: Writer, *, since: datetime) -> None:
    """So many, as ``customers.actions.people.create_customer`` would have added them."""
    for n in range(count):
        name, at = person_name(shelf.rng), since + timedelta(seconds=n)
        phone = f"{_PREFIXES[n % len(_PREFIXES)]}{n * 7919 % 10**8:08d}"
        pk = shelf.customers.add(**keys_of(name), type="person", created_at=at, search=words_of(name))
        shelf.points.add(customer_id=pk, type="phone", value=phone, normal=f"+86{phone}", reversed=phone[::-1])
        shelf.history.begin(f"customer:{pk}")
        shelf.history.record("create", LOADER, at, {"type": (None, "person")}, {"name": name})
        shelf.history.end()
        shelf.town.customers.append(Known(pk, name, phone, contact_words(name, phone)))
        writer.flush()
