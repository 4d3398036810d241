"""A client of the API with a key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Client = Any


@pytest.fixture
def api(world: Any) -> Callable[[str], Client]:
    """``api("agent")``: a client that sends that person's key."""
    from rest_framework.test import APIClient

    from audit.actor import Actor
    from organization import tokens

    def client(name: str) -> Client:
        user = world.users[name]
        _token, key = tokens.issue(user, name="test", by=Actor.staff(user))
        found = APIClient()
        found.credentials(HTTP_AUTHORIZATION=f"Token {key}")
        return found

    return client


@pytest.fixture
def customer(world: Any) -> Any:
    """An organisation with something in every part of its file."""
    from tests.customers.files import filed

    return filed(world)
