"""A real browser for tests/e2e: Debian's Chromium, driven by Playwright."""

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.signals import request_finished, request_started

NO_CHROMIUM = "no Chromium was found on this machine (apt-get install chromium, or set HUIYIN_CHROMIUM)"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """HUIYIN_CHROMIUM, else the first of the usual names on PATH."""
    given = os.environ.get("HUIYIN_CHROMIUM")
    return given or next((found for name in _NAMES if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser. Its absence skips, and fails where CI=true: there it was promised."""
    if found := find_chromium():
        return found
    if os.environ.get("CI", "").lower() in {"1", "true", "yes"}:
        pytest.fail(f"CI is set, but {NO_CHROMIUM}")
    pytest.skip(NO_CHROMIUM)


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    """One Chromium for the run; it reaches this machine only."""
    from playwright.sync_api import sync_playwright

    # Playwright's loop lives in this thread, and Django would refuse its ORM there.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    rules = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, headless=True, args=[rules])
        yield launched
        launched.close()


class Answering:
    """How many requests the server of the test is answering just now; the server is threads of this process."""

    def __init__(self) -> None:
        self.count, self._lock = 0, threading.Lock()

    def _started(self, **_: Any) -> None:
        with self._lock:
            self.count += 1

    def _finished(self, **_: Any) -> None:
        with self._lock:
            self.count -= 1

    def __enter__(self) -> "Answering":
        request_started.connect(self._started)
        request_finished.connect(self._finished)
        return self

    def __exit__(self, *_: object) -> None:
        request_started.disconnect(self._started)
        request_finished.disconnect(self._finished)

    def wait(self, seconds: float = 10) -> None:
        """Until nothing is answered any more: the tables are emptied next, and a question under way would lock them."""
        ends, quiet = time.monotonic() + seconds, 0
        while quiet < 3 and time.monotonic() < ends:
            quiet = quiet + 1 if self.count <= 0 else 0
            time.sleep(0.02)


@pytest.fixture
def answering() -> Iterator[Answering]:
    """The requests of this test; what a closed window has asked for is still being answered."""
    with Answering() as found:
        yield found


@pytest.fixture
def open_page(browser: Any, answering: Answering) -> Iterator[Callable[..., Any]]:
    """Make pages of separate visitors: `open_page(width=360, height=740)`. What the console complains about fails."""
    contexts, complaints = [], []

    def note(message: Any) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            complaints.append(message.text)

    def make(width: int = 1280, height: int = 800, **options: Any) -> Any:
        options = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai"} | options
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        made = context.new_page()
        made.on("console", note)
        made.on("pageerror", lambda error: complaints.append(str(error)))
        return made

    yield make
    for context in contexts:
        context.close()
    answering.wait()
    assert not complaints, complaints


@pytest.fixture
def page(open_page: Callable[..., Any]) -> Any:
    """A page as wide as a desk's screen."""
    return open_page()


@pytest.fixture
def phone(open_page: Callable[..., Any]) -> Any:
    """A page as wide as a small telephone."""
    return open_page(width=360, height=740, has_touch=True, is_mobile=True)
