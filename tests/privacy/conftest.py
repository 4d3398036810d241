"""The person of this folder's tests. Models are imported late: this file is read before the apps are."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def customer(world: Any) -> Any:
    """A person with a number, who called once; the case is closed."""
    from tests.privacy.people import known

    return known(world)
