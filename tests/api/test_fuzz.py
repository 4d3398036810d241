"""The API against its own schema: whatever is sent, it answers, and never with a fault of its own (T7)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings

from cases.models import Case
from customers.models import Holding
from tests import world as w
from tests.reports import months
from tests.returns import trade
from tests.surveys import asked, callbacks
from tests.world import World

#: Requests for each operation: about 100 in the suite, 2,000 in the proof.
FEW, MANY = 3, 60


@pytest.fixture
def kept_connection() -> Iterator[None]:
    """The raw WSGI application would close the test's own database connection."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def _key(world: World, name: str) -> str:
    from audit.actor import Actor
    from organization import tokens

    user = world.users[name]
    return tokens.issue(user, name="fuzz", by=Actor.staff(user))[1]


def _holding(world: World, received: Case) -> Holding:
    from customers.actions.holdings import Held, add_holding

    assert received.customer
    return add_holding(received.customer, Held("product", name="热水器"), by=world.actor("agent"))


def _of_surveys(world: World) -> dict[str, dict[str, str]]:
    """What stands in the addresses of surveys, by a word of the address."""
    survey = asked.running()
    response = asked.answered(world, service_speed="o5")
    parts = {"id": str(response.pk), "part": str(response.given.earliest("pk").pk)}
    asks = {"code": survey.version.questionnaire.code, "version": "1"}
    closed = callbacks.closed(world)
    return {
        "/surveys/responses/": parts,
        "/surveys/follow-ups/": {"id": str(response.follow_ups.get().pk)},
        "/surveys/callbacks/": {"id": str(asked.callback(closed).pk)},
        "/surveys/fill-in/": {"number": closed.number},
        "/surveys/questionnaires/": asks,
        "/surveys/": {"id": str(survey.pk)},
    }


def _faults(world: World, name: str, examples: int, *, only: str = "", under: str = "") -> list[str]:
    from feedback_system.wsgi import application

    received = w.received(world)
    there = {"number": received.number, "id": str(received.customer_id), "part": str(_holding(world, received).pk)}
    slip = trade.registered(trade.people(world))
    of_returns = {"number": slip.number, "id": str(slip.lines.get().pk)}
    of_surveys = _of_surveys(world)
    of_reports = {"number": months.built(world, by="hub_head").number}
    key = _key(world, name)
    schema = schemathesis.openapi.from_wsgi("/api/schema/?format=json", application)
    faults: list[str] = []
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path.endswith(("/login/", "/logout/")) or (only and operation.path != only):
            continue
        if not operation.path.startswith(under):
            continue

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[hypothesis.Phase.generate],
        )
        @hypothesis.given(case=operation.as_strategy())
        def send(case: Any) -> None:
            given = next((found for word, found in of_surveys.items() if word in case.path), there)
            given = of_returns if "/returns/" in case.path else of_reports if "/reports/" in case.path else given
            known = {name: value for name, value in given.items() if name in case.path_parameters}
            case.path_parameters |= {name: value for name, value in known.items() if random.random() < 0.7}
            answer = case.call(headers={"Authorization": f"Token {key}"})
            if answer.status_code >= 500:
                faults.append(f"{case.method} {case.path} {answer.status_code}")

        send()
    return faults


@pytest.mark.django_db
@pytest.mark.timeout(300)
def test_no_request_of_an_agent_breaks_the_api(world: World, kept_connection: None) -> None:
    assert _faults(world, "agent", FEW) == []


@pytest.mark.django_db
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("name", "room"), [("callback_agent", "surveys"), ("quality_head", "surveys"), ("quality_head", "reports")]
)
def test_no_request_about_a_room_breaks_the_api(world: World, kept_connection: None, name: str, room: str) -> None:
    assert _faults(world, name, FEW, under=f"/api/v1/{room}/") == []


@pytest.mark.prove
@pytest.mark.django_db
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", ["agent", "production_head", "auditor", "manager", "quality_head", "callback_agent"])
def test_two_thousand_requests_of_each_role_break_nothing(world: World, kept_connection: None, name: str) -> None:
    assert _faults(world, name, MANY) == []


@pytest.mark.django_db
def test_the_fuzz_would_notice_a_fault(world: World, kept_connection: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from cases.api.views import CaseViewSet

    def broken(self: object, request: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(CaseViewSet, "list", broken)
    assert _faults(world, "agent", 1, only="/api/v1/cases/") == ["GET /api/v1/cases/ 500"]
