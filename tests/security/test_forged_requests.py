"""Another site in the same browser can make nobody do anything (T2's neighbour; threat 30)."""

from __future__ import annotations

from typing import Any

import pytest
from django.middleware.csrf import CsrfViewMiddleware
from django.test import Client

from tests.access.matrix import ADDRESSES
from tests.security.addresses import Walk, changed, fingerprint, start
from tests.world import World

pytestmark = [pytest.mark.req("SEC-01"), pytest.mark.timeout(300)]

#: Sign-in to the API answers with a key, not with a cookie: nothing that a browser would send along.
NO_COOKIE = frozenset({"api-login"})
#: What reading leaves behind: who read what (SEC-02), a session of its own, how often somebody asked, and a copy of
#: the address of whoever opens allauth's page of addresses.
LEFT_BY_READING = frozenset(
    {"audit_reading", "django_session", "organization_bucket", "usersessions_usersession", "account_emailaddress"}
)


def forged(walk: Walk, *, only: str = "") -> list[str]:
    """Addresses that take a POST without a token; ``only`` those whose name begins so."""
    before = fingerprint()
    wrong = []
    for address in walk.addresses():
        if address.name in NO_COOKIE or not address.name.startswith(only):
            continue
        response = walk.ask(address, "post", data={"text": "伪造", "reason": "伪造"})
        refused = response.status_code == 403 and _says_so(response)
        if not refused and response.status_code != 405:
            wrong.append(f"{address.name}: {response.status_code}")
    assert changed(before, fingerprint()) == []
    return wrong


def _says_so(response: Any) -> bool:
    body = response.content.decode()
    return "这个页面已经失效" in body or "CSRF" in body  # the API says it in its framework's words


def test_no_address_takes_a_post_from_another_site(world: World) -> None:
    assert forged(start(world, checks_csrf=True)) == []


def test_without_the_check_this_test_would_fail(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CsrfViewMiddleware, "process_view", lambda self, request, *rest: None)
    found = forged(start(world, checks_csrf=True), only="case_re")
    assert [fault.partition(":")[0] for fault in found] == [
        "case_receive", "case_record_contact", "case_record_opinion", "case_record_visit", "case_recuse", "case_reopen",
        "case_reply", "case_return_to_hub",
    ]  # fmt: skip


def test_a_page_that_is_out_of_date_says_so_in_a_sentence(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.agent)
    body = client.post("/cases/log/", {"text": "x"})
    assert body.status_code == 403
    assert "返回上一页" in body.content.decode()
    assert body.headers["Content-Security-Policy"]


def test_the_token_of_the_page_is_accepted(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.agent)
    token = client.get("/me/").context["csrf_token"]
    assert client.post("/i18n/setlang/", {"language": "en", "csrfmiddlewaretoken": str(token)}).status_code == 302
    assert client.post("/i18n/setlang/", {"language": "en"}, headers={"X-CSRFToken": str(token)}).status_code == 302


def test_looking_changes_nothing(world: World) -> None:
    walk = start(world)
    before = fingerprint(but=LEFT_BY_READING)
    for address in walk.addresses():
        response = walk.client(address.person).get(address.url)
        if response.streaming:
            response.getvalue()  # to its end, which gives the file back
        assert response.status_code < 500, (address.name, response.status_code)
    assert changed(before, fingerprint(but=LEFT_BY_READING)) == []


def test_signing_in_from_another_site_is_refused(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/accounts/login/", {"login": "agent", "password": "correct horse battery"})
    assert response.status_code == 403
    assert ADDRESSES["account_login"].sort == "public"
