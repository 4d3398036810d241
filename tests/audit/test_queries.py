from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from audit.actions import record_reading
from audit.actor import Actor
from audit.models import Event
from audit.queries import Change, changes_of, events_of, events_of_many, events_since, readings_by, readings_of
from tests.audit.conftest import CLERK, MORNING

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
Write = Callable[..., Event]


def test_a_history_comes_in_order_and_only_what_is_new(write: Write) -> None:
    for verb in ("open", "act", "close"):
        write("case:1", verb)
    write("case:2", "open")
    assert [event.verb for event in events_of("case:1")] == ["open", "act", "close"]
    assert [event.verb for event in events_of("case:1", after=2)] == ["close"]


def test_histories_of_several_threads_are_merged_by_time(write: Write) -> None:
    write("case:1", "second", at=MORNING + HOUR)
    write("customer:5", "first")
    write("case:3", "elsewhere")
    assert [event.verb for event in events_of_many(["case:1", "customer:5"])] == ["first", "second"]


def test_open_and_sealed_changes_are_shown_together(write: Write) -> None:
    event = write(changes={"state": ("a", "b")}, sealed={"phone": ("1", "2")})
    assert changes_of(event) == [Change("phone", "1", "2", personal=True), Change("state", "a", "b")]


def test_ten_events_take_as_many_queries_as_one(write: Write, django_assert_num_queries: Any) -> None:
    for _ in range(10):
        write(sealed={"phone": ("1", "2")})
    with django_assert_num_queries(2):
        assert sum(len(changes_of(event)) for event in events_of("case:1")) == 10


def test_a_reader_that_keeps_its_place_gets_the_next_events(write: Write) -> None:
    first, second = write("case:1"), write("case:2")
    assert list(events_since(first.pk)) == [second]


@pytest.mark.req("SEC-02")
def test_readings_are_found_by_thread_and_by_person() -> None:
    record_reading("customer:5", "page", by=CLERK, at=MORNING)
    record_reading("customer:5", "page", by=Actor("staff", 8, "王五"), at=MORNING + HOUR)
    record_reading("customer:6", "page", by=CLERK, at=MORNING + HOUR)
    assert [reading.actor_id for reading in readings_of("customer:5")] == [8, 7]
    assert [reading.thread for reading in readings_by(7, since=MORNING + HOUR)] == ["customer:6"]
