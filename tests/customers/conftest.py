"""The customer of this folder's tests. Models are imported late: this file is read before the apps are."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def customer(world: Any) -> Any:
    """An organisation with a custodian in sales and something in every part of its file."""
    from tests.customers.files import filed

    return filed(world)
