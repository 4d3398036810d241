from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audit import checkpoints
from audit.checkpoints import make_checkpoint
from audit.models import Checkpoint, CheckpointHead, Event, Head
from audit.queries import latest_checkpoint
from audit.tasks import checkpoint
from audit.verification import verify
from tests.audit.conftest import MORNING

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
Write = Callable[..., Event]


@pytest.fixture
def commit(django_capture_on_commit_callbacks: Any) -> Any:
    return lambda: django_capture_on_commit_callbacks(execute=True)


def test_a_checkpoint_holds_the_heads_of_all_touched_threads(write: Write, commit: Any) -> None:
    write("case:1")
    last = write("case:1")
    write("case:2")
    with commit():
        point = make_checkpoint(at=MORNING)
    assert point is not None
    assert (point.number, point.threads, point.events) == (1, 2, 3)
    assert CheckpointHead.objects.get(thread="case:1").hash == last.hash
    assert verify().ok


def test_the_next_checkpoint_holds_only_what_was_touched_since(write: Write, commit: Any) -> None:
    write("case:1")
    write("case:2")
    with commit():
        first = make_checkpoint(at=MORNING)
    write("case:2")
    with commit():
        second = make_checkpoint(at=MORNING + DAY)
    assert first is not None
    assert second is not None
    assert (second.number, second.threads, second.prev) == (2, 1, first.hash)
    assert latest_checkpoint() == second
    assert verify().ok


def test_there_is_one_checkpoint_a_day_also_of_a_day_without_events(commit: Any) -> None:
    with commit():
        assert make_checkpoint(at=MORNING)
        assert make_checkpoint(at=MORNING + dt.timedelta(hours=2)) is None
        assert make_checkpoint(at=MORNING + DAY)
    assert Checkpoint.objects.count() == 2


def test_the_day_is_that_of_the_organisation(commit: Any) -> None:
    evening = dt.datetime(2026, 11, 20, 15, 59, tzinfo=dt.UTC)  # 23:59 in Shanghai
    with commit():
        assert make_checkpoint(at=evening)
        assert make_checkpoint(at=evening + dt.timedelta(minutes=2))


def test_the_file_says_what_the_database_says(write: Write, commit: Any, checkpoint_dir: Path) -> None:
    event = write("case:1")
    with commit():
        point = make_checkpoint(at=MORNING)
    assert point is not None
    text = (checkpoint_dir / "checkpoint-000001.txt").read_text()
    assert text.startswith(f"case:1\t1\t{event.hash}\n")
    assert f"# hash {point.hash}\n" in text
    assert checkpoints.numbers_on_disk() == [1]


def test_a_crash_between_commit_and_renaming_does_not_lose_the_file(write: Write, checkpoint_dir: Path) -> None:
    write()
    make_checkpoint(at=MORNING)  # nothing after the commit runs
    assert not (checkpoint_dir / "checkpoint-000001.txt").exists()
    assert verify().ok
    assert (checkpoint_dir / "checkpoint-000001.txt").exists()


def test_a_head_that_was_not_marked_stands_in_the_next_checkpoint_again(write: Write, commit: Any) -> None:
    write("case:1")
    with commit():
        make_checkpoint(at=MORNING)
    Head.objects.update(checked_seq=0)
    with commit():
        point = make_checkpoint(at=MORNING + DAY)
    assert point is not None
    assert point.threads == 1
    assert verify().ok


def test_the_task_writes_the_checkpoint_of_today(commit: Any) -> None:
    with commit():
        checkpoint()
        checkpoint()
    assert Checkpoint.objects.count() == 1
