"""Inbox and account: everybody's own, and nobody else's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from audit.models import Event
from notifications.actions import NewMessage, enqueue
from notifications.delivery import sweep_due
from notifications.models import Message
from organization.models import ApiToken, Deputy, User
from tests.cases.test_intake_form import NONSENSE
from tests.forms import submit
from tests.world import World, client_of


def tell(user: User, count: int = 1, path: str = "/cases/") -> list[Message]:
    with transaction.atomic():
        for n in range(count):
            number = f"2026-{n + 1:06d}"
            context = dict.fromkeys(("due", "text", "department", "person", "clock", "name", "count"), "")
            enqueue(
                NewMessage(
                    dedupe_key=f"test:{user.pk}:{n}:{path}", kind="arrived", thread=f"user:{user.pk}", user_id=user.pk,
                    context=context | {"number": number, "subject": "漏水"}, path=path,
                )
            )  # fmt: skip
    sweep_due()
    return list(Message.objects.inbox_of(user.pk, timezone.now()).order_by("-pk"))


def test_the_inbox_shows_the_newest_first_and_pages_by_key(world: World) -> None:
    tell(world.agent, 30)
    client = client_of(world, "agent")
    page = client.get("/inbox/").content.decode()
    assert page.index("2026-000030") < page.index("2026-000029")
    assert "2026-000005" not in page
    last = Message.objects.inbox_of(world.agent.pk, timezone.now()).order_by("-pk")[24]
    assert f'href="/inbox/?before={last.pk}"' in page
    assert "2026-000005" in client.get(f"/inbox/?before={last.pk}").content.decode()


def test_messages_are_read_one_by_one_or_all(world: World) -> None:
    messages = tell(world.agent, 3)
    client = client_of(world, "agent")
    client.post("/inbox/read/", {"message": messages[0].pk})
    assert client.get("/counters/").json()["unread"] == "2"
    assert client.get("/inbox/?unread=1").content.decode().count('class="unread"') == 2
    client.post("/inbox/read/")
    assert client.get("/counters/").json()["unread"] == "0"
    assert "全部已读" in client.get("/inbox/?unread=1").content.decode()


@pytest.mark.req("SEC-01")
def test_nobody_opens_or_reads_a_colleagues_message(world: World) -> None:
    (message,) = tell(world.agent)
    other = client_of(world, "agent2")
    assert other.get(f"/inbox/{message.pk}/").status_code == 404
    other.post("/inbox/read/", {"message": message.pk})
    other.post("/inbox/read/")
    message.refresh_from_db()
    assert message.read_at is None
    assert "2026-000001" not in other.get("/inbox/").content.decode()


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_a_message_leads_nowhere_else(world: World, path: str) -> None:
    (message,) = tell(world.agent, path=path)
    assert client_of(world, "agent").get(f"/inbox/{message.pk}/")["Location"] == "/inbox/"


@pytest.mark.parametrize("value", NONSENSE)
def test_nonsense_in_the_inbox_is_no_fault(world: World, value: str) -> None:
    client = client_of(world, "agent")
    sent = value.encode("utf-8", "surrogatepass").decode("latin-1")
    assert client.get("/inbox/", {"before": sent, "unread": sent}).status_code == 200
    assert client.post("/inbox/read/", {"message": sent}).status_code == 302
    assert client.get(f"/inbox/{10**30}/").status_code == 404


# The account


def test_the_account_says_who_i_am_here(world: World) -> None:
    now = timezone.now()
    span = {"starts_at": now - timedelta(days=1), "ends_at": now + timedelta(days=1)}
    Deputy.objects.create(principal=world.production_head, deputy=world.production_handler, **span)
    page = client_of(world, "production_head").get("/me/").content.decode()
    for text in ("何强", "部门负责人", "生产部（负责人）" if "生产部（负责人）" in page else "生产部", "吴磊 代理我"):
        assert text in page
    other = client_of(world, "production_handler")
    assert "我代理 何强" in other.get("/me/").content.decode()
    assert "您还代理 1 位同事" in other.get("/").content.decode()


def test_the_language_is_mine_and_stays(world: World) -> None:
    client = client_of(world, "agent")
    answer = client.post("/me/language/", {"language": "en"}, follow=True)
    assert "Pages and messages are in English" in answer.content.decode()
    world.agent.refresh_from_db()
    assert world.agent.language == "en"
    assert "Desk" in client.get("/").content.decode()
    assert Event.objects.filter(thread=f"user:{world.agent.pk}", verb="choose_language").count() == 1
    assert client.post("/me/language/", {"language": "xx"}).status_code == 422
    assert client.post("/me/language/").status_code == 422


@pytest.mark.req("SEC-07")
def test_a_key_is_shown_once_works_and_ends(world: World) -> None:
    client = client_of(world, "agent")
    page = submit(client, "/me/", holds="name", name="呼叫中心")
    token = ApiToken.objects.get()
    key = page.context["key"]
    assert key in page.content.decode()
    assert key not in client.get("/me/").content.decode()
    assert "呼叫中心" in client.get("/me/").content.decode()
    api = Client(headers={"Authorization": f"Token {key}"})
    assert api.get("/api/v1/cases/").status_code == 200
    client.post(f"/me/tokens/{token.pk}/revoke/")
    assert api.get("/api/v1/cases/").status_code == 401
    assert client.post(f"/me/tokens/{token.pk}/revoke/").status_code == 404


@pytest.mark.req("SEC-01")
def test_nobody_revokes_a_colleagues_key(world: World) -> None:
    submit(client_of(world, "agent"), "/me/", holds="name", name="呼叫中心")
    token = ApiToken.objects.get()
    assert client_of(world, "agent2").post(f"/me/tokens/{token.pk}/revoke/").status_code == 404
    assert client_of(world, "agent").post(f"/me/tokens/{10**30}/revoke/").status_code == 404
    token.refresh_from_db()
    assert token.revoked_at is None


def test_a_key_needs_a_purpose_and_there_is_an_end_to_keys(world: World) -> None:
    client = client_of(world, "agent")
    assert client.post("/me/tokens/", {"name": " "}).status_code == 422
    for n in range(20):
        assert client.post("/me/tokens/", {"name": f"程序 {n}"}).status_code == 200
    assert client.post("/me/tokens/", {"name": "一把太多"}).status_code == 422
    assert ApiToken.objects.count() == 20
