"""The guide's pictures, taken from a running demonstration: ``python -m tests.pictures http://127.0.0.1:8000``.

Every picture is a page as its person sees it, wide (1440) and narrow (360), in ``docs/guide/``. Run it after
``make run`` with a fresh demo, look at each picture, and commit those that changed.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.browser import find_chromium

GUIDE = Path(__file__).resolve().parent.parent / "docs" / "guide"
#: The demo's one known password (feedback_system.demo.people), read without starting Django.
PASSWORD = "huiyin-demo"
SIZES = {"wide": (1440, 900), "narrow": (360, 780)}


@dataclass(frozen=True)
class Picture:
    """One page: its file name, who sees it (empty: a customer), its address, what is done before the shot."""

    name: str
    login: str
    path: str
    prepare: str = ""


PICTURES = (
    Picture("desk", "linxiao", "/"),
    Picture("log", "linxiao", "/cases/log/", "log"),
    Picture("list", "sunqian", "/cases/"),
    Picture("case", "linxiao", "first:/cases/?q=热水器内胆漏水"),
    Picture("overdue", "chenjianguo", "/cases/overdue/"),
    Picture("settings", "admin", "/settings/"),
    Picture("running", "admin", "/settings/running/"),
    Picture("calendar", "admin", "/settings/calendar/"),
    Picture("public-form", "", "/feedback/", "public"),
    Picture("tracking", "", "/track/"),
)


def log_in(page: Page, base: str, login: str) -> None:
    """Through the login page, as a person does."""
    page.goto(f"{base}/accounts/login/")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{base}/")


def prepare(page: Page, what: str) -> None:
    """Type what makes the page worth a picture."""
    if what == "log":
        page.fill("[name=caller]", "13805126634")
        page.wait_for_timeout(900)
        page.fill("[name=text]", "热水器内胆漏水，上月已报修一次，师傅换了密封圈，这两天又漏了，要求换新机。")
        page.wait_for_timeout(900)
    elif what == "public":
        page.fill("[name=text]", "充电器用了一周就发热严重，外壳有点变形，担心有危险。希望退货。")
        page.fill("[name=contact]", "13912345678")
        page.fill("[name=name]", "周女士")


def shoot(browser: Any, base: str, picture: Picture, size: str) -> None:
    """One picture in one size."""
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN", device_scale_factor=1)
    page = context.new_page()
    if picture.login:
        log_in(page, base, picture.login)
    first = picture.path.startswith("first:")
    page.goto(base + picture.path.removeprefix("first:"))
    if first:
        page.goto(base + str(page.locator("table.list a[href^='/cases/2']").first.get_attribute("href")))
    prepare(page, picture.prepare)
    page.wait_for_timeout(700)
    page.screenshot(path=GUIDE / f"{picture.name}-{size}.png", full_page=size == "narrow")
    context.close()


def main(base: str) -> None:
    """All pictures."""
    GUIDE.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium())
        for picture in PICTURES:
            for size in SIZES:
                shoot(browser, base, picture, size)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
