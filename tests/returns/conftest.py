"""The world with the people of returns, built once in each process."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(scope="session")
def recorded_trade(django_db_setup: None, django_db_blocker: Any) -> Any:
    """The rows of a world in which goods come back."""
    from tests.recording import record
    from tests.returns.trade import people
    from tests.world import build_world

    with django_db_blocker.unblock():
        return record(lambda: people(build_world()))


@pytest.fixture
def trade(recorded_trade: Any, db: None) -> Any:
    """Everybody whom a return needs."""
    from tests.recording import replay

    return replay(recorded_trade)
