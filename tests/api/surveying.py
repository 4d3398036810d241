"""What the API's tests of surveys send, how a program asks, and what must not change by a refusal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import Event
from cases.models import Case, Hold
from notifications.models import Message
from organization.models import Deputy, User
from surveys.models import Answer, Attempt, Callback, FollowUp, Invitation, Response, Tally

Api = Callable[[str], Any]
ROOM = "/api/v1/surveys/"
RESPONSES, CALLBACKS, FOLLOW_UPS = f"{ROOM}responses/", f"{ROOM}callbacks/", f"{ROOM}follow-ups/"
RESULTS, QUESTIONNAIRES = f"{ROOM}results/", f"{ROOM}questionnaires/"


def post(client: Any, where: str, **body: Any) -> Any:
    return client.post(where, body, format="json")


def done(client: Any, where: str, **body: Any) -> dict[str, Any]:
    """Post what must be accepted; the row afterwards."""
    answer = post(client, where, **body)
    assert answer.status_code in {200, 201}, answer.content.decode()
    return dict(answer.json())


def answers(options: dict[str, str], **words: str) -> list[dict[str, str]]:
    """The body's list of these options, with words beside some of them, or alone."""
    return [
        {"item": item, "option": options.get(item, ""), "comment": words.get(item, "")}
        for item in dict.fromkeys((*options, *words))
    ]


def state() -> list[Any]:
    """All that acts of this room leave behind."""
    tables = (Response, Answer, Attempt, Callback, FollowUp, Invitation, Tally, Hold, Message)
    rows: list[Any] = [table.objects.order_by("pk").values() for table in tables]
    rows.append(Event.objects.filter(thread__regex="^(survey|case):").order_by("pk").values())
    return [list(each) for each in rows] + [list(Case.objects.order_by("pk").values("pk", "state", "round", "version"))]


def count_of(client: Any, where: str) -> int:
    """How many queries a second request asks."""
    client.get(where)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(where).status_code == 200
    return len(seen)


def walk(client: Any, where: str | None) -> list[int]:
    """The numbers of all pages."""
    found: list[int] = []
    while where:
        page = client.get(where).json()
        found += [row["id"] for row in page["results"]]
        where = page["next"]
    return found


def deputise(principal: User, deputy: User) -> None:
    """From yesterday until tomorrow."""
    now = timezone.now()
    Deputy.objects.create(
        principal=principal, deputy=deputy, starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=1)
    )
