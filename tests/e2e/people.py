"""Somebody who uses the product in a browser, as people do: by what stands on the page."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.test import Client

from organization.models import User
from tests.world import PASSWORD


class Person:
    """One person, one window."""

    def __init__(self, page: Any, base: str) -> None:
        self.page, self.base = page, base

    def is_signed_in_as(self, login: str) -> None:
        """The session that a sign-in leaves; the sign-in itself is a test of its own."""
        client = Client()
        client.force_login(User.objects.get(username=login))
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        self.page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": self.base}])

    def signs_in(self, login: str) -> None:
        """Through the sign-in page, by keyboard."""
        self.opens("/accounts/login/")
        self.page.fill("input[name=login]", login)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.press("input[name=password]", "Enter")
        self.page.wait_for_url(f"{self.base}/")

    def opens(self, path: str) -> None:
        """An address of the product."""
        answer = self.page.goto(self.base + path if path.startswith("/") else path)
        assert answer.ok, (path, answer.status)

    def sees(self, text: str) -> None:
        """Wait until this can be read."""
        self.page.get_by_text(text).filter(visible=True).first.wait_for()

    def does(self, act: str, **values: Any) -> None:
        """Press the button of an act, fill in its sheet, and send it; the case's page comes back.

        ``act`` is the word that button, address and audit share; a part's act is found the same way.
        """
        self.page.wait_for_load_state()  # a link pressed before the scripts are there opens a page, not the sheet
        button = self._button(act)
        if button.evaluate("element => element.tagName") == "BUTTON":  # one click, no question
            with self.page.expect_navigation():
                button.click()
            return
        button.click()
        sheet = self.page.locator("#sheet[open] form[hx-post]")
        sheet.wait_for()
        for name, value in values.items():
            self.fills(sheet, name, value)
        with self.page.expect_navigation():
            sheet.locator("footer button.primary, footer button.danger").click()
        assert self.page.locator("#sheet[open]").count() == 0

    def _button(self, act: str) -> Any:
        """Where an act is offered: beside the title, in the menu under it, or at its part."""
        places = self.page.locator(f'main a[hx-get$="/{act}/"], main form[action$="/{act}/"] button')
        visible = places.filter(visible=True)
        if visible.count() == 0:
            assert places.count(), f"{act} is not offered on {self.page.url}"
            self.page.locator(".page-head details.pop.end > summary", has=self.page.locator("svg")).last.click()
            visible = places.filter(visible=True)
        return visible.first

    def fills(self, form: Any, name: str, value: Any) -> None:
        """Fill in one field, whatever it looks like; the fold it lies in is opened first."""
        field = form.locator(f'[name="{name}"]').first
        for fold in form.locator(f'details.fold:not([open]):has([name="{name}"]) > summary').all():
            fold.click()
        kind = field.evaluate("element => element.type")
        if kind == "radio":
            form.locator(f'label:has([name="{name}"][value="{value}"])').click()
        elif kind == "checkbox":
            field.set_checked(bool(value))
        elif kind == "select-one":
            self._chooses(form.locator(f'.combo:has(select[name="{name}"]) input[role=combobox]'), field, value)
        else:
            field.fill(value)

    def _chooses(self, box: Any, select: Any, words: str) -> None:
        """A list with a box to type in, or a plain one."""
        if box.count() == 0:
            select.select_option(label=words)
            return
        box.fill(words)
        self.page.locator("[role=option]", has_text=words).filter(visible=True).first.wait_for()
        box.press("Enter")
        taken = box.input_value()
        assert taken == words, f"{words!r} was chosen, {taken!r} was taken"

    def picks(self, name: str, words: str) -> None:
        """Somebody or something from the offers of the server, in the open sheet."""
        box = self.page.locator(f'#sheet[open] .combo:has(input[name="{name}"]) input[role=combobox]')
        box.fill(words)
        self.page.locator("#sheet[open] [role=option]", has_text=words).first.wait_for()
        box.press("Enter")

    def fits(self) -> None:
        """Nothing sticks out of the screen sideways."""
        wide, screen = self.page.evaluate(
            "[document.scrollingElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert wide <= screen, f"{self.page.url} is {wide} px wide on a screen of {screen} px"
