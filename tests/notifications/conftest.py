from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
import time_machine

from tests.notifications.smtp import SmtpServer

if TYPE_CHECKING:  # conftests are read before Django is set up
    from notifications.models import Message
    from organization.models import User

NOON = dt.datetime(2026, 11, 20, 4, 0, tzinfo=dt.UTC)  # 12:00 in Shanghai


@pytest.fixture
def clock() -> Iterator[Any]:
    """Time stands still at noon and moves by hand."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def room(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Templates and a rule of a room above, for this test alone. `room["readers"]`: who may read; None: everyone."""
    from notifications import readers, templates

    rule: dict[str, Any] = {"readers": None}
    monkeypatch.setattr(templates, "_templates", dict(templates._templates))
    monkeypatch.setitem(
        readers._readers, "test", lambda thread, user: rule["readers"] is None or user.pk in rule["readers"]
    )
    templates.register("plain", subject="Case {number}", body="Case {number} is here. {url}", names=["number"])
    templates.register(
        "receipt",
        subject="Received",
        body="Your number {number}, your code {code}.",
        names=["number"],
        secrets=["code"],
        sms="{number}: {code}",
    )
    return rule


@pytest.fixture
def person(db: None) -> Callable[..., User]:
    """Make a member of staff."""
    from django.contrib.auth import get_user_model

    def make(username: str = "li.si", **values: Any) -> User:
        values = {"email": f"{username}@example.com", "name": username, **values}
        user: User = get_user_model().objects.create(username=username, **values)
        return user

    return make


@pytest.fixture
def post(db: None) -> Callable[..., Message]:
    """Put a message into the outbox with sensible defaults."""
    from django.db import transaction

    from notifications.actions import NewMessage, enqueue

    count = iter(range(1, 1000))

    def put(**values: Any) -> Message:
        number = next(count)
        if "user_id" not in values:
            values = {"address": f"kunde{number}@example.com", "channel": "email", **values}
        values = {
            "dedupe_key": f"test:{number}",
            "kind": "plain",
            "thread": "test:1",
            "context": {"number": "2026-000123", "code": "A1B2C3"},
            **values,
        }
        with transaction.atomic():
            message = enqueue(NewMessage(**values))
        assert message is not None
        return message

    return put


@pytest.fixture
def smtp(settings: Any) -> Iterator[SmtpServer]:
    """A mail server of this test, set up as the program's own."""
    with SmtpServer() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_SSL = settings.EMAIL_USE_TLS = False
        yield server
