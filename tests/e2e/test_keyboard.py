"""Everything can be reached and worked with the keyboard alone, and one always sees where one is.

On each page Tab is pressed until the focus leaves it. Whatever can be operated must have had the focus on the way, and
must have looked different with it. A field that is drawn by its label (a tick, a drop area) shows it there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from customers.actions.duplicates import look_for_duplicates
from customers.models import Customer, CustomerImport
from feedback_system.privacy.requests import Asked, open_request
from returns.actions.opening import register_return
from tests import world as w
from tests.customers.pairs import person as one
from tests.customers.pairs import twins
from tests.customers.tables import csv_of
from tests.e2e.people import Person
from tests.returns import trade as t
from tests.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

People = Callable[..., Person]

#: Numbers all that can be operated; a group of radio buttons is one stop.
MARK = """() => {
  const all = "a[href], button, input:not([type=hidden]), select, textarea, summary, audio, video, [tabindex]";
  const seen = new Set();
  let n = 0;
  for (const found of document.querySelectorAll(all)) {
    if (found.disabled || found.tabIndex < 0 || found.closest("[inert]")) continue;
    if (!found.checkVisibility({visibilityProperty: true})) continue;
    if (found.type === "radio") {
      const group = `${found.form?.action} ${found.name}`;
      if (seen.has(group)) continue;
      seen.add(group);
      for (const one of document.getElementsByName(found.name)) one.dataset.stop = n;
    } else found.dataset.stop = n;
    n += 1;
  }
  window.restingLook = new Map();
  for (const found of document.querySelectorAll("[data-stop]")) window.restingLook.set(found, lookOf(found));
  function lookOf(found) {
    return [found, found.closest("label"), ...(found.labels ?? []), found.parentElement].filter(Boolean).map((each) => {
      const style = getComputedStyle(each);
      return [style.outlineStyle, style.outlineWidth, style.boxShadow, style.borderColor, style.backgroundColor].join();
    }).join(";");
  }
  window.lookOf = lookOf;
  return n;
}"""
#: Where the focus is: the number of the stop, what it is, and whether one can see it.
HERE = """() => {
  const found = document.activeElement;
  if (!found || found === document.body) return null;
  const look = window.lookOf(found);
  return {
    stop: found.dataset.stop === undefined ? -1 : Number(found.dataset.stop),
    what: found.outerHTML.slice(0, 160),
    visible: look !== (window.restingLook.get(found) ?? look) || getComputedStyle(found).outlineStyle !== "none",
  };
}"""
MISSED = """(reached) => [...document.querySelectorAll("[data-stop]")]
  .filter((each) => !reached.includes(Number(each.dataset.stop))).map((each) => each.outerHTML.slice(0, 160))"""
MOST = 400


def walk(page: Any) -> tuple[list[str], list[str]]:
    """Press Tab through the whole page: what was never reached, and where one could not see the focus."""
    page.evaluate("document.activeElement?.blur(); window.getSelection().removeAllRanges()")
    stops = page.evaluate(MARK)
    reached: set[int] = set()
    unseen: dict[str, None] = {}
    turns = 0
    for _press in range(MOST):
        page.keyboard.press("Tab")
        here = page.evaluate(HERE)
        if here is None:  # the end of the page; where a field had the focus at first, its beginning comes only now
            turns += 1
            if turns == 2 or len(reached) >= stops:
                break
            continue
        if not here["visible"]:
            unseen[here["what"]] = None
        reached.add(here["stop"])
    return page.evaluate(MISSED, sorted(reached)), list(unseen)


def until(page: Any, condition: str) -> None:
    """Wait until something is so; not ``wait_for_function``, which the page's policy forbids."""
    for _try in range(200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never so: {condition}")


#: Who opens which pages, by the names of their addresses.
PAGES = {
    "agent": (
        "desk", "case_list", "case_search", "case_log", "inbox", "customer_list", "return_board", "return_new", "return_book",
        "profile_page",
    ),
    "production_head": ("desk", "case_list", "deputies"),
    "manager": ("overdue",),
    "administrator": (
        "settings", "users", "user_new", "organisation", "calendar", "categories", "category_new", "vocabulary",
        "functions", "routing", "profile", "sheets", "running", "messages", "handover", "customer_fields",
        "customer_rules", "consent_texts",
    ),
    "": ("feedback_form", "track", "account_login"),
}  # fmt: skip


@pytest.mark.parametrize("login", PAGES)
def test_all_that_can_be_operated_is_reached_and_one_sees_where_one_is(
    world: World, somebody: People, login: str
) -> None:
    case = w.received(world)
    w.closed(world)
    slip = register_return(t.wish(case=case), by=world.actor("agent"), source="case")
    person = somebody(login)
    more = {
        "agent": [f"/cases/{case.number}/", f"/returns/{slip.number}/"],
        "production_head": [f"/cases/{case.number}/"],
    }
    paths = (*map(reverse, PAGES[login]), *more.get(login, ()))
    faults = [fault for path in paths for fault in faults_of(person, path)]
    assert not faults, "\n".join(faults)


def faults_of(person: Person, path: str) -> list[str]:
    """What a walk over one page finds."""
    person.opens(path)
    missed, unseen = walk(person.page)
    return [f"{path}: not reached: {each}" for each in missed] + [
        f"{path}: no visible focus: {each}" for each in unseen
    ]


#: Who opens which pages of all customers, and of one customer and what belongs to it.
CUSTOMERS = {
    "hub_head": (
        "customer_list", "customer_new", "customer_duplicates", "customer_export", "privacy_requests",
        "privacy_destructions",
    ),
    "general_manager": ("customer_requests", "customer_readings"),
}  # fmt: skip
CUSTOMER = {
    "hub_head": (
        "customer", "customer_edit", "customer_duplicates_of", "customer_file_edit", "customer_ask", "customer_class",
        "customer_communication_new", "customer_rights",
    ),
    "general_manager": ("customer_grants",),
}  # fmt: skip


@pytest.mark.parametrize("login", CUSTOMERS)
def test_customers_files_and_rights_are_worked_by_keyboard(world: World, somebody: People, login: str) -> None:
    kept, merged = twins(world)
    look_for_duplicates()
    asked = open_request(Asked("erase", channel="phone"), of=one(world, "周慧"), by=world.actor("hub_head"))
    paths = [*map(reverse, CUSTOMERS[login]), *(reverse(name, args=[kept.pk]) for name in CUSTOMER[login])]
    if login == "hub_head":
        paths += [
            reverse("customer_merge", args=[kept.pk, merged.pk]),
            reverse("customer_communication", args=[kept.pk, kept.communications.get().pk]),
            reverse("customer_holding_new", args=[kept.pk, "product"]),
            reverse("customer_holding", args=[kept.pk, kept.holdings.order_by("pk")[0].pk]),
            reverse("privacy_request", args=[asked.pk]),
        ]
    person = somebody(login)
    faults = [fault for path in paths for fault in faults_of(person, path)]
    assert not faults, "\n".join(faults)


def test_a_file_is_opened_by_keyboard(world: World, somebody: People) -> None:
    kept, _merged = twins(world)
    page = (person := somebody("sales_handler")).page
    assert faults_of(person, f"/customers/{kept.pk}/file/") == []
    page.focus("[name=purpose]")
    page.keyboard.type("合同到期谈判")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    person.sees("月结三十天")
    missed, unseen = walk(page)
    assert (missed, unseen) == ([], [])


def test_a_table_is_brought_in_by_keyboard(world: World, somebody: People) -> None:
    page = (person := somebody("hub_head")).page
    assert faults_of(person, "/customers/imports/") == []
    file = csv_of([["客户名称", "联系电话", "颜色"], ["单于明", "13805126634", "红"], ["李雷", "没有", "蓝"]])
    page.set_input_files("[name=file]", {"name": "客户.csv", "mimeType": "text/csv", "buffer": file.read()})
    for act, seen in (("upload", "columns/"), ("columns", ""), ("run", "")):
        button = page.locator("main button.primary").filter(visible=True).first
        button.focus()
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert page.url.endswith(f"/customers/imports/{CustomerImport.objects.get().pk}/{seen}"), act
        assert walk(page) == ([], []), act
    assert Customer.objects.filter(name="单于明").exists()


def test_an_act_is_opened_walked_and_left_by_keyboard(world: World, somebody: People) -> None:
    case = w.acknowledged(world)
    page = (person := somebody("agent")).page
    person.opens(f"/cases/{case.number}/")
    act = page.locator('main a[hx-get$="/dispatch/"]').filter(visible=True).first
    act.focus()
    page.keyboard.press("Enter")
    page.locator("#sheet[open] form[hx-post]").wait_for()
    inside = "document.querySelector('#sheet').contains(document.activeElement)"
    until(page, inside)
    fields = page.locator("#sheet form").evaluate(
        "form => form.querySelectorAll('input:not([type=hidden]), textarea, select').length"
    )
    assert fields > 2
    for _press in range(60):
        page.keyboard.press("Tab")
        # Between the last field and the first lies the browser itself; never the page under the sheet.
        assert page.evaluate(f"document.activeElement === document.body || {inside}")
    page.keyboard.press("Escape")
    until(page, "!document.querySelector('#sheet').open")
    assert page.evaluate("document.activeElement.getAttribute('hx-get')?.endsWith('/dispatch/')")


def test_a_menu_opens_and_closes_by_keyboard(world: World, somebody: People) -> None:
    case = w.received(world)
    page = (person := somebody("agent")).page
    person.opens(f"/cases/{case.number}/")
    menu = page.locator(".page-head details.pop.end > summary").last
    menu.focus()
    page.keyboard.press("Enter")
    assert menu.evaluate("each => each.parentElement.open")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('details.pop') !== null")
    page.keyboard.press("Escape")
    assert not menu.evaluate("each => each.parentElement.open")
    assert menu.evaluate("each => document.activeElement === each")


# --- Switches ----------------------------------------------------------------------------------------------------


def test_a_link_that_is_left_out_and_one_without_focus_are_found(world: World, somebody: People) -> None:
    page = (person := somebody("agent")).page
    person.opens("/inbox/")
    assert walk(page) == ([], [])
    page.evaluate("""() => {
      const link = document.createElement("a");
      link.href = "/"; link.textContent = "x"; link.className = "planted";
      link.style.cssText = "outline: none !important; box-shadow: none !important";
      document.querySelector("main").append(link);
      const trap = document.createElement("button");
      trap.textContent = "y"; trap.className = "skipped";
      trap.addEventListener("focus", () => link.focus());
      document.querySelector("main").append(trap);
    }""")
    _missed, unseen = walk(page)
    assert any("planted" in each for each in unseen)
