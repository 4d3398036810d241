from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from celery import current_app

from notifications import tasks
from notifications.models import Heartbeat, Message

pytestmark = pytest.mark.django_db


def test_a_message_is_delivered_by_its_number_and_only_once(
    post: Callable[..., Message], mailoutbox: list[Any]
) -> None:
    message = post()
    tasks.deliver(message.pk)
    tasks.deliver(message.pk)
    tasks.deliver(message.pk + 1000)
    assert len(mailoutbox) == 1


def test_the_sweep_delivers_what_nobody_poked_for(post: Callable[..., Message], mailoutbox: list[Any]) -> None:
    post()
    tasks.sweep_due()
    assert len(mailoutbox) == 1


def test_a_queue_shows_that_it_works() -> None:
    tasks.heartbeat("work")
    assert Heartbeat.objects.get().name == "work"


def test_the_schedule_names_tasks_that_exist() -> None:
    import audit.tasks  # noqa: F401

    for entry in current_app.conf.beat_schedule.values():
        if entry["task"].startswith(("notifications.", "audit.")):
            assert entry["task"] in current_app.tasks
