"""Every answer carries the headers that keep a browser from being turned against its user (threats 8, 44, 45)."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.test.utils import override_settings

from cases.secrets import link_token
from tests.security.addresses import start
from tests.security.faulty import FAULTS
from tests.world import World, log_call

pytestmark = [pytest.mark.req("SEC-01"), pytest.mark.timeout(300)]

FRAGMENT = {"HX-Request": "true", "HX-Target": "sheet-body"}
NEVER = ("'unsafe-inline'", "'unsafe-eval'", "*", "http:", "https:")


def missing(response: Any) -> list[str]:
    """What is wrong with the headers of one answer."""
    headers, found = response.headers, []
    policy = headers.get("Content-Security-Policy", "")
    directives = dict(part.strip().partition(" ")[::2] for part in policy.split(";") if part.strip())
    if directives.get("default-src") != "'none'":
        found.append("the policy does not begin with nothing allowed")
    if "sandbox" not in directives and directives.get("frame-ancestors") != "'none'":
        found.append("it can be framed")
    found += [f"{name} allows {word}" for name, value in directives.items() for word in NEVER if word in value.split()]
    if headers.get("X-Content-Type-Options") != "nosniff":
        found.append("its type may be guessed")
    if headers.get("X-Frame-Options") != "DENY":
        found.append("old browsers may frame it")
    if headers.get("Referrer-Policy") not in {"same-origin", "no-referrer"}:
        found.append("its address is passed on")
    if "no-store" not in headers.get("Cache-Control", "") and "private" not in headers.get("Cache-Control", ""):
        found.append("it may be kept")
    if "Permissions-Policy" not in headers:
        found.append("camera and microphone are not forbidden")
    return found


def test_every_answer_of_every_address_carries_them(world: World) -> None:
    walk = start(world)
    wrong, statuses = [], set()
    for address in walk.addresses():
        for method, more in (("get", {"headers": FRAGMENT}), ("post", {"data": {"version": "1"}})):
            response = walk.ask(address, method, **more)
            statuses.add(response.status_code)
            wrong += [f"{method} {address.name} {response.status_code}: {what}" for what in missing(response)]
    assert wrong == []
    assert statuses >= {200, 302, 404, 405, 422}


@pytest.mark.urls("tests.security.faulty")
def test_faults_carry_them_too_and_tell_nothing(world: World) -> None:
    for headers in ({}, FRAGMENT):
        client = Client(raise_request_exception=False, headers=headers)
        client.force_login(world.agent)
        for name, (_error, status) in FAULTS.items():
            response = client.get(f"/faulty/{name}/")
            said = response.content.decode()
            assert (name, response.status_code, missing(response)) == (name, status, [])
            assert "canary-of-a-traceback" not in said
            assert "Traceback" not in said


@pytest.mark.parametrize(
    "asked",
    [
        {"path": "/nowhere/"},
        {"path": "/cases/log/", "HTTP_HOST": "evil.example"},
        {"path": "/%00/"},
        {"path": "/static/nothing.css"},
        {"path": "/static/../manage.py"},
    ],
    ids=lambda asked: asked["path"] + asked.get("HTTP_HOST", ""),
)
def test_what_never_reaches_a_page_carries_them(db: None, asked: dict[str, str]) -> None:
    response = Client(raise_request_exception=False).get(**asked)
    assert response.status_code in {302, 400, 404}
    assert missing(response) == []


def test_a_body_that_cannot_be_read_carries_them(db: None) -> None:
    response = Client().post("/feedback/", "x", content_type="multipart/form-data; boundary=\x01")
    assert response.status_code == 400
    assert missing(response) == []


def test_scripts_and_styles_carry_them_and_are_no_pages(db: None) -> None:
    response = Client().get("/static/js/frame.js")
    assert response.status_code == 200
    assert b"".join(response.streaming_content)
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Type"].startswith("text/javascript")
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


def test_on_https_browsers_are_told_to_stay_there(world: World) -> None:
    with override_settings(SECURE_HSTS_SECONDS=31_536_000, SECURE_HSTS_INCLUDE_SUBDOMAINS=True):
        response = Client().get("/feedback/", secure=True)
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_the_address_of_a_secret_goes_nowhere(world: World) -> None:
    case = log_call(world)
    response = Client().get(f"/track/{link_token(case)}/")
    assert response.status_code == 302
    assert link_token(case) not in response.headers["Location"]
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "no-store"
    assert "noindex" in response.headers["X-Robots-Tag"]


def test_after_signing_out_nothing_is_left_in_the_browser(world: World) -> None:
    client = Client()
    client.force_login(world.agent)
    assert "no-store" in client.get("/cases/").headers["Cache-Control"]
    response = client.post("/accounts/logout/")
    assert response.status_code == 302
    assert response.cookies[settings.SESSION_COOKIE_NAME].value == ""
    assert client.get("/cases/").status_code == 302


def test_without_the_policy_this_test_would_fail(world: World) -> None:
    weaker = {"DIRECTIVES": {"default-src": ["'self'"], "script-src": ["'self'", "'unsafe-inline'"]}}
    with override_settings(CONTENT_SECURITY_POLICY=weaker):
        found = missing(Client().get("/feedback/"))
    assert "script-src allows 'unsafe-inline'" in found
    assert "it can be framed" in found
