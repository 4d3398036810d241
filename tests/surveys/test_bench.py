"""What the bench measures of surveys works: forms are found and kept, a draw leaves nothing, pages open."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from audit.models import Event
from cases.models import Case, Round
from feedback_system.bench import answers, surveys
from feedback_system.bench.client import Answer, Failed
from feedback_system.bench.draws import measure_draw
from feedback_system.bench.figures import Run
from feedback_system.bench.readers import Reader, sign_in
from organization.queries import identity_of
from surveys.models import Callback, Draw, Response, Survey
from surveys.queries.drawing import quarter_of, span_of
from tests import world as w
from tests.surveys import answers as a
from tests.surveys import asked
from tests.surveys import callbacks as c
from tests.world import World

pytestmark = pytest.mark.django_db
STACK: Any = SimpleNamespace(port=0, meter=lambda: lambda: 0.0, spent=lambda: 0.0)


class Client:
    """The bench's client without a network."""

    def __init__(self, port: int, *, session: str = "", address: str = "") -> None:
        self.browser = Browser(REMOTE_ADDR=address or "127.0.0.1")
        if session:
            self.browser.cookies["sessionid"] = session

    def get(self, path: str) -> Answer:
        page = self.browser.get(path)
        assert page.status_code == 200, path
        return Answer(200, {}, page.content, 0.01)

    def post(self, path: str, values: dict[str, str]) -> Answer:
        answer = self.browser.post(path, values)
        assert answer.status_code == 302, answer.content.decode()
        return Answer(302, {}, b"", 0.01)

    def close(self) -> None:
        pass


class Queue:
    """One after the other, on the test's connection."""

    def __init__(self, clients: int) -> None:
        pass

    def __enter__(self) -> Queue:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def map(self, act: Callable[[Any], object], visitors: Iterable[Any]) -> Iterator[object]:
        return map(act, visitors)


@pytest.fixture(autouse=True)
def _without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "Client", Client)
    monkeypatch.setattr(answers, "ThreadPoolExecutor", Queue)
    monkeypatch.setattr(surveys, "Client", Client)


def _silent(line: str) -> None:
    pass


def test_customers_of_the_bench_answer_by_their_links_once(world: World) -> None:
    asked.running()
    for _n in range(4):
        w.closed(world)
    run = Run(0)
    answers.measure_answers(run, STACK, count=2, say=_silent)
    assert Response.objects.filter(source="link").count() == 4
    for way in ("visit", "form sent"):
        found = run.facts["answers"][way]
        assert (found["kept"], found["errors"], found["doubled"], found["lost"]) == (2, 0, 0, 0)
    with pytest.raises(Failed, match="Only 0 closed rounds are left"):
        answers.measure_answers(run, STACK, count=1, say=_silent)


@pytest.mark.req("SUR-14")
def test_a_measured_draw_draws_and_leaves_nothing(world: World) -> None:
    run, now = Run(0), timezone.now()
    w.closed(world)
    with pytest.raises(Failed, match="has a level"):
        measure_draw(run, times=1, say=_silent)
    c.version()
    c.closed(world, "P1")
    at = span_of(quarter_of(timezone.localdate(now)))[0] - timedelta(days=5)
    Case.objects.update(closed_at=at)
    Round.objects.update(closed_at=at)
    before = Event.objects.count()
    measure_draw(run, times=2, say=_silent)
    assert [figure.what for figure in run.figures] == ["quota of a quarter", "quota looked at again"]
    assert run.figures[0].note.startswith("1 drawn for 1 rounds")
    assert (Callback.objects.count(), Draw.objects.count(), Survey.objects.count()) == (0, 0, 0)
    assert Event.objects.count() == before


@pytest.mark.parametrize("login", ["manager", "caller", "sales_head"])
def test_every_page_that_is_measured_opens(world: World, login: str) -> None:
    c.desk(world)
    first = a.answered(w.closed(world))
    for _n in range(5):
        a.copy_of(first)
    asked.callback(c.closed(world))
    user = world.users[login]
    run = Run(0)
    surveys.measure_surveys(run, Reader(user, login, sign_in(user), identity_of(user)), STACK, times=1, say=_silent)
    measured = {figure.what for figure in run.figures}
    assert {"bare page", "responses, newest", "follow-ups, mine"} <= measured
    assert ("results, 12 months" in measured) == (login != "caller")
    assert ("queue of the desk" in measured) == (login == "caller")
