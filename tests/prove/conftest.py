"""The longest begin first: beside them, on the other processor, all others find their place."""

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The two proofs of kills to the front, in whatever order the rest comes; a stable sort leaves that alone."""
    items.sort(key=lambda item: 0 if "_kills_among_" in item.name else 1)
