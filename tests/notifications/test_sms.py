from __future__ import annotations

import json
import threading
import warnings
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from apprise import Apprise

from notifications.channels import Refused
from notifications.delivery import sweep_due
from notifications.models import Message, State

pytestmark = pytest.mark.django_db
Post = Callable[..., Message]
taken: list[tuple[str, str, str]] = []


class OwnAdapter:
    """An adapter as an installation would write it."""

    def send(self, to: str, text: str, *, key: str) -> None:
        if to == "000":
            raise Refused("no such number", bad_address=True)
        taken.append((to, text, key))


@pytest.fixture(autouse=True)
def _nothing_taken() -> None:
    taken.clear()


@pytest.fixture
def gateway() -> Iterator[HTTPServer]:
    """A gateway that takes JSON; its `status` is what it answers, its `bodies` what it got."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            self.server.bodies.append((self.path, json.loads(self.rfile.read(size))))  # type: ignore[attr-defined]
            self.send_response(self.server.status)  # type: ignore[attr-defined]
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    with warnings.catch_warnings(action="ignore"):  # apprise imports what Python is going to drop
        Apprise().add("json://127.0.0.1")
    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.status, server.bodies = 200, []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def send(post: Post, address: str = "13800000000") -> Message:
    message = post(kind="receipt", channel="sms", address=address)
    sweep_due()
    return Message.objects.get(pk=message.pk)


def test_a_file_takes_text_messages_in_development(post: Post, settings: Any, tmp_path: Path) -> None:
    settings.SMS_URL = f"file://{tmp_path}/sms%20box/sms.log"
    message = send(post)
    line = json.loads((tmp_path / "sms box" / "sms.log").read_text())
    assert (line["to"], line["text"], line["key"]) == ("13800000000", "2026-000123: A1B2C3", message.dedupe_key)
    assert message.state == State.SENT
    assert "A1B2C3" not in message.body


def test_an_installation_brings_its_own_adapter(post: Post, settings: Any) -> None:
    settings.SMS_ADAPTER = f"{__name__}.OwnAdapter"
    message = send(post)
    assert taken == [("13800000000", "2026-000123: A1B2C3", message.dedupe_key)]


def test_an_adapter_that_refuses_a_number_is_believed(post: Post, settings: Any) -> None:
    settings.SMS_ADAPTER = f"{__name__}.OwnAdapter"
    message = send(post, "000")
    assert (message.state, message.error, message.refused) == (State.FAILED, "no such number", True)


def test_any_gateway_that_apprise_knows_can_be_used(post: Post, settings: Any, gateway: Any) -> None:
    settings.SMS_URL = f"json://127.0.0.1:{gateway.server_port}/to/{{to}}"
    message = send(post, "+86 138/0000")
    path, body = gateway.bodies[0]
    assert message.state == State.SENT
    assert "138" in path
    assert body["message"] == "2026-000123: A1B2C3"


def test_a_gateway_that_fails_is_tried_later(post: Post, settings: Any, gateway: Any) -> None:
    gateway.status = 500
    settings.SMS_URL = f"json://127.0.0.1:{gateway.server_port}/to/{{to}}"
    message = send(post)
    assert (message.state, message.attempts, len(gateway.bodies)) == (State.QUEUED, 1, 1)
    assert message.error
