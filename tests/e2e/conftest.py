"""What the browser tests share: people in front of a running server, and a picture of what went wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.e2e.people import Person

PICTURES = Path(__file__).resolve().parents[2] / "var" / "screenshots"
_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Remember, for the fixture below, that the test itself failed."""
    report = yield
    if report.when == "call" and report.failed:
        item.stash[_FAILED] = True
    return report


@pytest.fixture(autouse=True)
def pictures_of_failures(request: pytest.FixtureRequest) -> Iterator[None]:
    """After a failure, a picture of every open page lies in var/screenshots/."""
    if "open_page" not in request.fixturenames:
        yield
        return
    browser = request.getfixturevalue("browser")
    request.getfixturevalue("open_page")  # so that this ends before its pages are closed
    yield
    if not request.node.stash.get(_FAILED, False):
        return
    PICTURES.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^\w.-]+", "-", request.node.name)
    pages = [page for context in browser.contexts for page in context.pages]
    for n, page in enumerate(pages, 1):
        target = PICTURES / f"{name}-{n}.png"
        page.screenshot(path=target)
        print(f"picture: {target} of {page.url}")


@pytest.fixture
def somebody(open_page: Callable[..., Any], live_server: Any, settings: Any) -> Callable[..., Person]:
    """Make people who use the product: ``somebody("agent")``, ``somebody("production_handler", phone=True)``."""
    from tests.e2e.people import Person  # models are ready only now

    settings.SITE_URL = live_server.url

    def make(login: str = "", *, phone: bool = False) -> Person:
        page = open_page(width=360, height=740, has_touch=True, is_mobile=True) if phone else open_page()
        page.set_default_timeout(30_000)  # a busy machine is no reason to fail
        person = Person(page, live_server.url)
        if login:
            person.is_signed_in_as(login)
        return person

    return make
