"""Nobody is led to another site, and no link that we write points there (threats 31, 32)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.test.utils import override_settings

from notifications.models import Message
from tests.world import PASSWORD, World, log_call

pytestmark = [pytest.mark.req("SEC-01"), pytest.mark.timeout(300)]

AWAY = (
    "https://evil.example/", "http://evil.example", "//evil.example", "///evil.example", "////evil.example/..",
    "/\\evil.example", "\\/evil.example", "\\\\evil.example", "/\\/evil.example", "https:evil.example",
    "https:/evil.example", "https:///evil.example", "HTTPS://EVIL.EXAMPLE", "//evil.example%2f@testserver",
    "https://testserver@evil.example", "https://testserver.evil.example", "//testserver:80@evil.example",
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "javascript://testserver/%0aalert(1)", "data:text/html,<script>1</script>",
    "vbscript:x", " https://evil.example", "\thttps://evil.example", "\nhttps://evil.example", "/\t/evil.example",
    "/\n/evil.example", "\x00//evil.example", "%2f%2fevil.example", "https://evil.example\\@testserver/",
    "//[::1]/", "ftp://evil.example/", "//evil。example", "https://еvil.example/",
)  # fmt: skip


def leads_away(location: str) -> bool:
    """Whether a browser that gets this Location leaves the site: read as browsers read it."""
    seen = re.sub(r"[\t\r\n]", "", location.strip("\x00\x20\t\r\n\x0c")).replace("\\", "/")
    parts = urlsplit(seen)
    return (
        bool(parts.scheme and parts.scheme not in {"http", "https"})
        or bool(parts.netloc and parts.netloc != "testserver")
        or seen.startswith("//")
    )


def test_there_are_enough_of_them_and_they_all_lead_away_or_nowhere() -> None:
    assert len(AWAY) >= 30
    assert sum(map(leads_away, AWAY)) >= 25
    assert not leads_away("/cases/?q=//evil.example")


def answers_to(target: str, signed_in: Client) -> list[Any]:
    """What every address that leads somewhere says to one target."""
    return [
        Client().post("/accounts/login/", {"login": "agent", "password": PASSWORD, "next": target}),
        Client().post(f"/accounts/login/?next={target}", {"login": "agent", "password": PASSWORD}),
        signed_in.get("/accounts/login/", {"next": target}),
        signed_in.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": target}),
        signed_in.post("/i18n/setlang/", {"language": "en", "next": target}),
        signed_in.post("/i18n/setlang/", {"language": "en"}, headers={"Referer": target.strip().replace("\n", "")}),
        Client().post("/i18n/setlang/", {"language": "en", "next": target}),
        signed_in.post("/cases/views/", {"name": "x", "query": "q=1", "back": target}),
        signed_in.post("/cases/bulk/acknowledge/", {"back": target}),
        signed_in.post("/accounts/logout/", {"next": target}),
    ]


def test_no_next_leads_away(world: World) -> None:
    signed_in = Client()
    for target in AWAY:
        signed_in.force_login(world.agent)
        answers = answers_to(target, signed_in)
        for answer in answers:
            for header in ("Location", "HX-Redirect", "HX-Location", "Refresh"):
                assert not leads_away(answer.headers.get(header, "")), (answer.request["PATH_INFO"], header, target)
        assert answers[0].status_code == 302, "nobody was signed in, so nothing was tried"


def test_a_next_inside_the_house_is_followed(world: World) -> None:
    answer = Client().post("/accounts/login/", {"login": "agent", "password": PASSWORD, "next": "/cases/?q=1"})
    assert answer.headers["Location"] == "/cases/?q=1"


def test_a_foreign_host_is_refused(world: World) -> None:
    for name in ("evil.example", "testserver.evil.example", "testserver@evil.example", "evil.example:80"):
        assert Client().get("/feedback/", HTTP_HOST=name).status_code == 400
    assert Client().get("/feedback/", HTTP_X_FORWARDED_HOST="evil.example").status_code == 200


@override_settings(ALLOWED_HOSTS=["*"], SITE_URL="https://huiyin.example")
def test_links_in_messages_come_from_the_settings_and_not_from_the_request(world: World) -> None:
    answer = Client().post("/accounts/password/reset/", {"email": "agent@huiyin.example"}, HTTP_HOST="evil.example")
    assert answer.status_code == 302
    signed_in = Client()
    signed_in.force_login(world.administrator)
    invited = signed_in.post(f"/settings/users/{world.agent.pk}/invite/", HTTP_HOST="evil.example")
    case = log_call(world)
    written = " ".join(str(message.context) + message.path for message in Message.objects.all())
    assert Message.objects.filter(kind="password_reset").count() == 1
    assert "https://huiyin.example/accounts/password/reset/key/" in written
    assert "evil.example" not in written.replace("huiyin.example", "")
    assert "evil.example" not in _texts(signed_in, invited)
    assert case.number


def _texts(client: Client, answer: Any) -> str:
    """What an answer says, and the page it leads to."""
    location = answer.headers.get("Location", "")
    page = client.get(location, HTTP_HOST="huiyin.example").content.decode() if location else ""
    return answer.content.decode() + page
