"""Nothing that people wrote runs in anybody's browser, on any page (T11; threats 12, 14, 40).

Every text that can be written holds payloads (``full_world``), every address that answers with a page is opened in a
real browser by somebody who may open it (``every_address``, read from the URLconf), and what must not happen is counted
(``watching``): dialogs, violations of the policy, requests to other hosts, requests that only a payload makes, errors of
scripts, markup that no template of ours wrote, templates evaluated twice. What htmx puts into pages is opened as htmx
does it. The same pages must fit a small telephone, and what the server logs meanwhile stays one line for each record
and gives nothing away.

The switches take the protection away: with one variable of one template left unescaped the same counting finds the
payloads; without the policy as well, they run.
"""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.template import engines
from django.template.loaders import filesystem

from cases.secrets import link_token
from feedback_system.logs import LineFormatter, Scrub
from tests.browser import Answering
from tests.e2e.every_address import Doors
from tests.e2e.full_world import Full, build, clean_fields
from tests.e2e.payloads import PAYLOADS, fitting
from tests.e2e.watching import NOTHING, Watch, counted, report
from tests.recording import record, replay
from tests.world import PASSWORD

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
MAIN = ("/", "/cases/?state=all", "/search/?q=canary", "/cases/log/", "/inbox/", "/returns/", "/settings/")
#: Forms that refuse what is typed here and show it again, and who fills them in.
FORMS = {
    "/feedback/": "", "/track/": "", "/accounts/login/": "", "/cases/log/": "agent", "/returns/new/": "desk_clerk",
    "/settings/users/new/": "administrator", "/settings/categories/new/": "administrator",
    "/settings/organisation/": "administrator",
}  # fmt: skip
#: Puts the given texts into the fields of the page's form, one after the other, and sends it without its own checks.
FILL_IN = """(texts) => {
  const form = [...document.querySelectorAll("main form[method=post]")].find((form) => form.querySelector(".field"));
  let n = 0;
  for (const field of form.querySelectorAll("textarea, input:is([type=text], [type=email], [type=tel], :not([type]))"))
    field.value = texts[n++ % texts.length];
  form.noValidate = true;
  form.requestSubmit();
}"""
#: Somebody in each role, and the language in which that person reads.
ROLES = {
    "agent": "zh-hans", "production_handler": "zh-hans", "production_head": "en", "manager": "en",
    "auditor": "zh-hans", "administrator": "zh-hans",
}  # fmt: skip
#: Never raw in a line of the log: what ends a line, moves a terminal's cursor, or turns the direction of the text.
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def recorded_full_world(django_db_setup: None, django_db_blocker: Any, recorded_world: Any) -> Any:
    """Its rows, built once for this file."""
    with django_db_blocker.unblock():
        return record(lambda: build(replay(recorded_world)))


@pytest.fixture
def full(recorded_full_world: Any, transactional_db: None) -> Full:
    """The world in which every text is a payload."""
    found: Full = replay(recorded_full_world)
    return found


class Visitors:
    """Windows of everybody who opens pages; all that happens in any of them is ``found``."""

    def __init__(self, browser: Any, base: str, doors: Doors) -> None:
        self.browser, self.base, self.doors = browser, base, doors
        self.found: list[tuple[str, str, str]] = []
        self.log = io.StringIO()
        self._windows: dict[tuple[str, bool], Watch] = {}

    def window(self, person: str, *, phone: bool = False, language: str = "zh-hans") -> Watch:
        """The window of one person, at the desk or on a telephone."""
        if (person, phone) not in self._windows:
            options = (PHONE if phone else DESK) | {"locale": "zh-CN", "timezone_id": "Asia/Shanghai"}
            context = self.browser.new_context(**options)
            cookies = {
                django_settings.SESSION_COOKIE_NAME: self.doors.cookie(person),
                django_settings.LANGUAGE_COOKIE_NAME: language,
            }
            context.add_cookies([{"name": name, "value": value, "url": self.base} for name, value in cookies.items()])
            self._windows[person, phone] = Watch(context, self.base, self.found)
        return self._windows[person, phone]

    def leave(self) -> None:
        for watch in self._windows.values():
            watch.page.context.close()


@pytest.fixture
def visitors(full: Full, browser: Any, live_server: Any, settings: Any, answering: Answering) -> Iterator[Visitors]:
    """People in front of the running server; not ``open_page``, because the switches want what it forbids."""
    settings.SITE_URL, settings.PUBLIC_FORM_SECONDS = live_server.url, 0
    made = Visitors(browser, live_server.url, Doors(full))
    writer = logging.StreamHandler(made.log)
    writer.setFormatter(LineFormatter())
    writer.addFilter(Scrub())
    logging.getLogger().addHandler(writer)
    yield made
    logging.getLogger().removeHandler(writer)
    made.leave()
    answering.wait()


def test_every_text_that_people_can_write_holds_a_payload(full: Full) -> None:
    assert len(PAYLOADS) >= 60
    assert clean_fields() == [], "full_world.py must write into these, or name them as codes"


def test_no_stored_payload_runs_on_any_page_and_every_page_fits_a_telephone(visitors: Visitors) -> None:
    pages, unopened = visitors.doors.pages()
    assert unopened == {}, "somebody must be able to open these, or every_address.py must explain them"
    wide: list[str] = []
    elsewhere: list[str] = []
    shown: set[str] = set()
    for page in [*pages, *visitors.doors.further()]:
        watch = visitors.window(page.person, phone=True)
        if page.fragment and watch.is_framed:
            watch.opens_sheet(page.path, page.name)
        else:
            answer = watch.opens(page.path, page.name)
            if answer.status == 200 and urlsplit(answer.url).path != urlsplit(page.path).path:
                elsewhere.append(f"{page.name} led to {answer.url}")
        wide += watch.wide
        shown |= watch.shown
    assert counted(visitors.found) == NOTHING, report(visitors.found)
    assert not wide, "\n".join(wide)
    assert not elsewhere, "\n".join(elsewhere)
    assert len(shown) >= 60, "the pages do not show what was stored"
    assert told(visitors) == []


def told(visitors: Visitors) -> list[str]:
    """Lines of the log that are torn, or that give something away (threat 40)."""
    secrets = ["13805126634", PASSWORD, *map(link_token, visitors.doors.full.cases.values())]
    lines = visitors.log.getvalue().removesuffix("\n").split("\n")
    assert any("/nowhere/" in line for line in lines)
    return [
        line for line in lines if UNSEEN.search(line) or not is_whole(line) or any(each in line for each in secrets)
    ]


def is_whole(line: str) -> bool:
    """Whether a line is a record of its own."""
    try:
        return json.loads(line).keys() >= {"at", "level", "message"}
    except ValueError:
        return False


def test_no_payload_runs_for_anybody(visitors: Visitors) -> None:
    """What everybody works with, in every role; some of it is refused, and a refusal is a page, too."""
    case = visitors.doors.full.cases["working"]
    for person, language in ROLES.items():
        watch = visitors.window(person, language=language)
        for path in (*MAIN, f"/cases/{case.number}/"):
            watch.opens(path, f"{path} as {person}")
    assert counted(visitors.found) == NOTHING, report(visitors.found)


def test_what_is_typed_and_what_is_offered_for_it_come_back_as_text(visitors: Visitors) -> None:
    watch = visitors.window("agent")
    watch.opens("/cases/log/")
    for box in watch.page.locator(".combo[data-combo] input[role=combobox]:visible").all():
        box.fill("canary")
        watch.page.locator(".combo-list:visible").wait_for()
        watch.looks()
        box.press("Escape")
    for path, person in FORMS.items():
        watch = visitors.window(person)
        watch.opens(path)
        with watch.page.expect_event("load"):
            watch.page.evaluate(FILL_IN, [fitting(turn, 400) for turn in range(0, len(PAYLOADS), 7)])
        watch.looks()
        assert len(watch.shown) > 5, f"{path} does not show what was typed"
    assert counted(visitors.found) == NOTHING, report(visitors.found)


# --- Switches: without the protection the same counting finds it ----------------------------------------------


@pytest.fixture
def unescaped() -> Iterator[None]:
    """The customer's words stand in the case's page as they are."""
    read = filesystem.Loader.get_contents

    def careless(self: filesystem.Loader, origin: Any) -> str:
        source: str = read(self, origin)
        if origin.template_name != "cases/case/original.html":
            return source
        assert "{{ case.text }}" in source
        return source.replace("{{ case.text }}", "{{ case.text|safe }}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(filesystem.Loader, "get_contents", careless)
        forget_templates()
        yield
    forget_templates()


def forget_templates() -> None:
    """The next page reads them anew."""
    for loader in engines["django"].engine.template_loaders:
        loader.reset()


def opens_the_case(visitors: Visitors) -> dict[str, int]:
    watch = visitors.window("hub_head")
    watch.opens(f"/cases/{visitors.doors.full.cases['registered'].number}/")
    return counted(visitors.found)


def test_one_variable_that_is_not_escaped_is_found(visitors: Visitors, unescaped: None) -> None:
    found = opens_the_case(visitors)
    assert found["markup"] > 50
    assert found["violation"] > 20
    assert found["gadget"] > 5
    assert found["dialog"] == 0, "the policy holds alone"


def test_without_the_policy_as_well_payloads_run(visitors: Visitors, unescaped: None, settings: Any) -> None:
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": {"default-src": ["*", "data:", "'unsafe-inline'"]}}
    found = opens_the_case(visitors)
    assert found["dialog"] > 10
    assert found["foreign"] > 10


def test_faults_and_pages_that_are_too_wide_are_found(visitors: Visitors) -> None:
    watch = visitors.window("hub_head", phone=True)
    watch.opens("/inbox/")
    assert (counted(visitors.found), watch.wide) == (NOTHING, [])
    watch.page.evaluate("setTimeout(() => canary())")
    watch.page.evaluate("document.querySelector('main').append('49canary')")
    watch.page.evaluate("document.querySelector('main').style.width = '400px'")
    watch.looks()
    assert counted(visitors.found) == NOTHING | {"error": 1, "evaluated": 1}
    assert watch.wide
