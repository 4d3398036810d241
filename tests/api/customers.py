"""A customer for the API's tests, and how a program asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from customers.actions.people import Facts, open_file
from customers.models import Customer
from tests.world import World

Api = Callable[[str], Any]
LIST = "/api/v1/customers/"
#: Parts of what ``filed`` holds of how the customer is reached.
SECRETS = ("6588", "65880011", "office@", "中山四路")


def url(customer: Customer, tail: str = "") -> str:
    return f"{LIST}{customer.pk}/{tail}"


def post(client: Any, where: str, **body: Any) -> Any:
    return client.post(where, body, format="json")


def patch(client: Any, where: str, **body: Any) -> Any:
    return client.patch(where, body, format="json")


def named(world: World, *names: str) -> list[Customer]:
    return [open_file(Facts(name), by=world.actor("agent")) for name in names]


def walk(client: Any, way: str, start: str, **given: Any) -> list[int]:
    """The numbers of all pages in one direction."""
    found, where = [], start
    while where:
        page = client.get(where, given if where == start else None).json()
        ids = [row["id"] for row in page["results"]]
        found = found + ids if way == "next" else ids + found
        where = page[way]
    return found
