"""The callback desk in the browser: ten calls, and no mouse."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from surveys.actions.drawing import draw_callbacks
from surveys.models import Attempt, Callback, FollowUp, Response
from tests.e2e.people import Person
from tests.surveys import callbacks as c
from tests.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240), pytest.mark.e2e]
FOCUS = "document.activeElement.name || document.activeElement.textContent"


def ten_due(world: World) -> None:
    """Ten callbacks of P1 wait and are due."""
    case = c.closed(c.desk(world), "")
    c.survey()
    c.copies(case, 12, severity="P1")
    draw_callbacks()
    assert Callback.objects.count() == 10
    Callback.objects.update(next_at=timezone.now())


@pytest.mark.req("SUR-14", "RES-15")
@pytest.mark.form("F73")
@pytest.mark.system("S48")
def test_ten_calls_are_made_without_a_mouse(world: World, somebody: Callable[..., Person]) -> None:
    ten_due(world)
    caller = somebody("caller")
    keys = caller.page.keyboard
    caller.opens("/surveys/callbacks/")
    for key in ("j", "j", "k"):
        keys.press(key)
    with caller.page.expect_navigation():
        keys.press("Enter")  # the second of the queue
    assert Callback.objects.get(taken_by=world.caller).pk == Callback.objects.order_by("next_at", "id")[1].pk

    for _ in range(6):
        caller.page.wait_for_function("document.activeElement.name === 'item_solved'")
        for digit in ("1", "2", "1", "1", "1"):
            keys.press(digit)
        assert caller.page.evaluate(FOCUS) == "item_suggestion"
        sends(caller, "Control+Enter")
    for key in ("Alt+1", "Alt+2", "Alt+5"):
        caller.page.wait_for_function("document.activeElement.name === 'item_solved'")
        sends(caller, key)
    # The tenth: a line beside an answer, words at the end, and not solved.
    caller.page.wait_for_function("document.activeElement.name === 'item_solved'")
    for digit in ("2", "5"):
        keys.press(digit)
    keys.press("3")
    keys.press("Shift+Tab")
    assert caller.page.evaluate(FOCUS) == "comment_speed"
    keys.type("等了12天")
    keys.press("Enter")
    assert caller.page.evaluate(FOCUS) == "item_skill"
    for digit in ("2", "2"):
        keys.press(digit)
    keys.type("请派人来看。")
    sends(caller, "Control+Enter")
    assert caller.page.url.endswith("/surveys/callbacks/")

    assert Response.objects.count() == 7
    assert Attempt.objects.count() == 10
    assert sorted(Callback.objects.values_list("state", flat=True)) == ["done"] * 7 + ["refused"] + ["waiting"] * 2
    last = Response.objects.latest("pk")
    assert last.solved is False
    assert last.given.get(item="speed").comment == "等了12天"
    assert last.given.get(item="suggestion").comment == "请派人来看。"
    assert {row.reason for row in FollowUp.objects.filter(response=last)} == {"low", "unsolved", "remark"}


def sends(caller: Person, key: str) -> None:
    with caller.page.expect_navigation():
        caller.page.keyboard.press(key)


@pytest.mark.req("SUR-14")
def test_a_call_fits_a_telephone_and_works_by_touch(world: World, somebody: Callable[..., Person]) -> None:
    ten_due(world)
    caller = somebody("caller", phone=True)
    call = Callback.objects.earliest("pk")
    for path in ("/surveys/quota/", "/surveys/callbacks/", f"/surveys/callbacks/{call.pk}/"):
        caller.opens(path)
        caller.fits()
    with caller.page.expect_navigation():
        caller.page.locator("form[action$='/take/'] button").tap()
    caller.page.locator("form[data-calling]").wait_for()
    assert Callback.objects.get(taken_by=world.caller) == call
    caller.fits()
    today, quality = timezone.localdate(), somebody("quality_head")
    for path in ("/surveys/quota/", f"/surveys/quota/{today.year}/{(today.month + 2) // 3}/"):
        quality.opens(path)
        quality.fits()
