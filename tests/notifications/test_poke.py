"""A broker in any state neither stops nor fails a request (threat 51)."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.db import transaction

from notifications import poke as pokes
from notifications.models import Message
from notifications.poke import REST, TIMEOUT, breaker, poke

Post = Callable[..., Message]


@pytest.fixture(autouse=True)
def _on(settings: Any) -> Iterator[None]:
    settings.NOTIFICATIONS_POKE = True
    conf = current_app.conf
    before = {"task_always_eager": conf.task_always_eager, "broker_url": conf.broker_url}
    conf.task_always_eager = False
    breaker.reset()
    yield
    conf.update(before)
    breaker.reset()
    pokes._producers.cache_clear()


@pytest.fixture
def broker() -> Callable[[str], None]:
    return lambda url: current_app.conf.update(broker_url=url)


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that accepts connections and never says a word, like a frozen Redis."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(50)
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


@pytest.fixture
def redis_process(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A Redis of this test alone, which may be frozen."""
    from feedback_system.embedded.binaries import find_redis

    program = find_redis()
    if program is None:
        pytest.skip("no redis-server here")
    path = tmp_path / "r.sock"
    process = subprocess.Popen(
        [str(program), "--port", "0", "--unixsocket", str(path), "--save", ""], cwd=tmp_path, stdout=subprocess.DEVNULL
    )
    for _ in range(100):
        if path.exists():
            break
        time.sleep(0.05)
    yield f"redis+socket://{path}?virtual_host=0", process
    process.send_signal(signal.SIGCONT)
    process.kill()
    process.wait()


def waiting(url: str) -> list[bytes]:
    """The tasks in the clock's queue."""
    with current_app.connection_for_write(url) as connection:
        channel: Any = connection.default_channel
        redis = channel.client
        return [task for key in redis.keys("clock*") for task in redis.lrange(key, 0, -1)]


def test_a_broker_that_refuses_does_not_disturb(broker: Any, caplog: pytest.LogCaptureFixture) -> None:
    broker("redis://127.0.0.1:1/0")
    poke(1)
    assert breaker.is_open()
    assert "by the sweep" in caplog.text


def test_a_broker_that_never_answers_is_left_alone_after_a_moment(
    broker: Any, silent: str, caplog: pytest.LogCaptureFixture
) -> None:
    broker(silent)
    began = time.monotonic()
    poke(1)
    assert time.monotonic() - began < 5 * TIMEOUT  # not a matter of speed: without time limits it is minutes
    assert breaker.is_open()


def test_after_a_failure_nobody_tries_for_half_a_minute(
    broker: Any, silent: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broker(silent)
    poke(1)
    tried: list[int] = []
    monkeypatch.setattr(pokes, "_publish", lambda _task, args: tried.extend(args))
    poke(2)
    assert tried == []
    now = time.monotonic()
    monkeypatch.setattr(pokes.time, "monotonic", lambda: now + REST + 1)
    poke(3)
    assert tried == [3]


@pytest.mark.django_db(transaction=True)
def test_a_message_is_saved_whatever_the_broker_does(
    broker: Any, silent: str, post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    broker(silent)
    after: list[str] = []
    with transaction.atomic():
        post()
        transaction.on_commit(lambda: after.append("still called"))
    assert Message.objects.count() == 1
    assert after == ["still called"]


def test_a_broker_that_freezes_and_comes_back_is_used_again(
    broker: Any, redis_process: Any, caplog: pytest.LogCaptureFixture
) -> None:
    url, process = redis_process
    broker(url)
    poke(1)
    assert (breaker.is_open(), len(waiting(url))) == (False, 1)
    os.kill(process.pid, signal.SIGSTOP)
    poke(2)
    assert breaker.is_open()
    os.kill(process.pid, signal.SIGCONT)
    breaker.reset()
    poke(3)
    assert not breaker.is_open()
    assert len(waiting(url)) >= 2


def test_a_poke_holds_a_number_and_nothing_personal(broker: Any, redis_process: Any) -> None:
    url, _process = redis_process
    broker(url)
    poke(4711)
    [raw] = waiting(url)
    assert b"notifications.tasks.deliver" in raw
    assert b"4711" in raw


def test_a_sweep_overtakes_any_number_of_pokes(broker: Any, redis_process: Any) -> None:
    url, _process = redis_process
    broker(url)
    for number in range(5):
        poke(number)
    # By a connection of its own: the application's pool may still lead to the broker of another test.
    with current_app.connection_for_write(url) as connection:
        current_app.send_task("notifications.tasks.sweep_due", queue="clock", connection=connection)
    with current_app.connection_for_read(url) as connection:
        first = connection.SimpleQueue("clock").get(timeout=10)
    assert first.headers["task"] == "notifications.tasks.sweep_due"


def test_without_redis_the_broker_of_files_is_poked(broker: Any, tmp_path: Path) -> None:
    folders = {name: str(tmp_path / name) for name in ("data_folder_in", "processed_folder", "control_folder")}
    for folder in folders.values():
        Path(folder).mkdir()
    conf = current_app.conf
    before = conf.broker_transport_options
    conf.update(broker_transport_options=folders | {"data_folder_out": folders["data_folder_in"]})
    try:
        broker("filesystem://localhost/")
        poke(1)
    finally:
        conf.update(broker_transport_options=before)
    assert not breaker.is_open()
    assert len(list((tmp_path / "data_folder_in").iterdir())) == 1


def test_it_can_be_switched_off(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.NOTIFICATIONS_POKE = False
    monkeypatch.setattr(pokes, "_publish", lambda number: pytest.fail("poked"))
    poke(1)
