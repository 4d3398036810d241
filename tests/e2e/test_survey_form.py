"""The customer's questionnaire on a telephone: answered with a thumb in a minute, with and without scripts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from surveys.models import Response
from tests.surveys import asking as a
from tests.world import World

pytestmark = [
    pytest.mark.django_db(transaction=True), pytest.mark.timeout(240), pytest.mark.req("SUR-06", "SUR-14"),
    pytest.mark.form("F71"),
]  # fmt: skip
PHONE: dict[str, Any] = {"width": 360, "height": 740, "has_touch": True, "is_mobile": True}


def taps(page: Any, item: str, option: str) -> None:
    """The label of an option, as a thumb meets it."""
    page.locator(f'label:has(input[name="item_{item}"][value="{option}"])').tap()


def fits(page: Any) -> None:
    """Nothing sticks out sideways, and what is tapped is as high as a thumb."""
    assert page.evaluate("document.scrollingElement.scrollWidth <= document.documentElement.clientWidth")
    low = page.locator(
        "main label:has(input[type=radio]):visible, main button:visible, main summary:visible"
    ).evaluate_all("all => all.filter(one => one.getBoundingClientRect().height < 40).map(one => one.innerText)")
    assert low == []


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])
def test_a_customer_answers_on_a_telephone(
    world: World, open_page: Callable[..., Any], live_server: Any, settings: Any, scripts: bool
) -> None:
    settings.SITE_URL = live_server.url
    row = a.invited(world)
    items = [item.code for item in row.survey.version.asks.items if item.kind == "choice"]
    page = open_page(**PHONE, java_script_enabled=scripts)
    page.goto(live_server.url + a.link(row))
    fits(page)

    # One question forgotten: it is pointed at, and nothing that was said is lost.
    for item in items[1:]:
        taps(page, item, "o2")
    page.locator("details:has(input[name=comment_service_speed]) summary").tap()
    page.fill("input[name=comment_service_speed]", "当天就上门了")
    page.fill("textarea[name=item_suggestion]", "配件价格请公示")
    page.locator("form.survey button.primary").tap()
    page.locator(f'input[name="item_{items[0]}"]:focus').wait_for()
    assert not Response.objects.exists()
    assert page.locator('input[name="item_service_speed"][value="o2"]').is_checked()
    assert page.input_value("input[name=comment_service_speed]") == "当天就上门了"

    taps(page, items[0], "o1")
    with page.expect_navigation():
        page.locator("form.survey button.primary").tap()
    page.get_by_text("感谢您").first.wait_for()
    assert page.locator("main form").count() == 0
    response = Response.objects.get()
    assert (response.source, response.answers, response.has_remark) == ("link", 11, True)
    assert response.given.get(item="service_speed").comment == "当天就上门了"

    # Back and sent again: thanked, and one answer.
    page.go_back()
    page.goto(live_server.url + a.link(row))
    page.get_by_text("感谢您").first.wait_for()
    assert Response.objects.count() == 1


def test_a_form_marked_by_points_takes_digits_and_says_what_is_too_much(
    world: World, open_page: Callable[..., Any], live_server: Any, settings: Any
) -> None:
    settings.SITE_URL = live_server.url
    row = a.invited(world, code="points_300")
    page = open_page(**PHONE)
    page.goto(live_server.url + a.link(row))
    fits(page)
    fields = page.locator("main input[type=number], main input[inputmode=numeric]")
    assert fields.count() == 10
    for n in range(10):
        fields.nth(n).fill("24")
    page.evaluate("document.querySelector('form.survey').noValidate = true")
    fields.nth(0).fill("31")
    with page.expect_navigation():
        page.locator("form.survey button.primary").tap()
    page.get_by_text("30").first.wait_for()
    assert not Response.objects.exists()
    page.locator("main input[type=number], main input[inputmode=numeric]").nth(0).fill("24")
    with page.expect_navigation():
        page.locator("form.survey button.primary").tap()
    page.get_by_text("感谢您").first.wait_for()
    assert (Response.objects.get().points, Response.objects.get().band) == (240, "satisfied")
