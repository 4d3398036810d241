"""Customers of the generated organisation, with one telephone each."""

from __future__ import annotations

from datetime import datetime, timedelta

from customers.models import Secrecy
from feedback_system.load.people import LOADER, Known, keys_of, person_name, words_of
from feedback_system.load.shelf import Shelf
from feedback_system.load.story import contact_words
from feedback_system.load.tables import Writer
from feedback_system.load.words import ORGANISATIONS, PLACES

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


#: Every so-manieth is an organisation, confidential, secret, or belongs to the salesperson who measures.
_FIRM, _CONFIDENTIAL, _SECRET, _SOLD = 10, 50, 100, 53
_PLACES = PLACES.split()


def write_customers(shelf: Shelf, count: int, writer: Writer, *, since: datetime) -> None:
    """So many, as ``customers.actions.people.create_customer`` would have added them, and a head of the files then
    classified as confidential or secret, and gave to a salesperson.
    """
    seller = shelf.town.departments["sales"].people[1].pk
    for n in range(count):
        firm = n % _FIRM == _FIRM - 1
        name, at = _firm_name(n) if firm else person_name(shelf.rng), since + timedelta(seconds=n)
        phone = f"{_PREFIXES[n % len(_PREFIXES)]}{n * 7919 % 10**8:08d}"
        kind = "organisation" if firm else "person"
        more = {"secrecy": _secrecy(n), "salesperson_id": seller if n % _SOLD == 0 else None}
        pk = shelf.customers.add(**keys_of(name), type=kind, created_at=at, search=words_of(name), **more)
        shelf.points.add(customer_id=pk, type="phone", value=phone, normal=f"+86{phone}", reversed=phone[::-1])
        shelf.history.begin(f"customer:{pk}")
        shelf.history.record("create", LOADER, at, {"type": (None, kind)}, {"name": name})
        shelf.history.end()
        shelf.town.customers.append(Known(pk, name, phone, contact_words(name, phone)))
        writer.flush()


def _firm_name(n: int) -> str:
    return f"{_PLACES[n % len(_PLACES)]}{ORGANISATIONS[n // 7 % len(ORGANISATIONS)]}{n}有限公司"


def _secrecy(n: int) -> str:
    if n % _SECRET == _SECRET // 2 + 1:
        return Secrecy.SECRET.value
    return Secrecy.CONFIDENTIAL.value if n % _CONFIDENTIAL == 1 else Secrecy.INTERNAL.value
