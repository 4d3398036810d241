"""Invitation links: single use, short-lived, and all wrong ones refused alike (threat 29)."""

from __future__ import annotations

import re
from datetime import timedelta
from unittest import mock

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.exceptions import InvalidMove
from audit.models import Event
from organization import limits
from organization.actions.invitations import accept_invitation, find_invitation, invite, token_hash
from organization.models import Invitation, User
from tests.world import PASSWORD, World

NEW = "a stable of brown horses"


def same(answer: object) -> str:
    """A page without what differs from one second to the next."""
    return re.sub(r'"server_time": "[^"]+"', "", answer.content.decode())  # type: ignore[attr-defined]


def link_to(token: str) -> str:
    return reverse("invitation_link", args=[token])


@pytest.fixture
def token(world: World) -> str:
    return invite(world.agent, by=world.actor("administrator"))


@pytest.mark.req("SEC-01", "SEC-09")
def test_an_invited_colleague_sets_a_password_and_signs_in(world: World, client: Client, token: str) -> None:
    answer = client.get(link_to(token))
    assert answer.headers["Location"] == reverse("invitation")  # the token leaves the address
    page = client.get(reverse("invitation"))
    assert token not in page.content.decode()
    assert "agent" in page.content.decode()
    answer = client.post(reverse("invitation"), {"password": NEW, "again": NEW})
    assert answer.headers["Location"] == reverse("account_login")
    assert client.login(username="agent", password=NEW)
    assert Event.objects.filter(thread=f"user:{world.agent.pk}", verb="accept_invitation").exists()


def test_only_a_hash_is_kept(world: World, token: str) -> None:
    row = Invitation.objects.get()
    assert row.token_hash == token_hash(token)
    assert token not in str(Invitation.objects.values())


def test_a_link_works_once(client: Client, token: str) -> None:
    client.get(link_to(token))
    client.post(reverse("invitation"), {"password": NEW, "again": NEW})
    assert Client().get(link_to(token)).status_code == 404
    assert client.post(reverse("invitation"), {"password": NEW, "again": NEW}).status_code == 404
    with pytest.raises(InvalidMove):
        accept_invitation(token, password=NEW)


def test_looking_does_not_use_it_up(client: Client, token: str) -> None:
    for _n in range(3):
        assert Client().head(link_to(token)).status_code == 302
        assert Client().get(link_to(token)).status_code == 302


def test_a_newer_link_ends_the_one_before(world: World, token: str) -> None:
    newer = invite(world.agent, by=world.actor("administrator"))
    assert find_invitation(token, now=timezone.now()) is None
    assert find_invitation(newer, now=timezone.now()) is not None


def test_it_lives_a_day_at_most(token: str) -> None:
    row = Invitation.objects.get()
    assert row.expires_at - row.created_at <= timedelta(hours=24)
    later = timezone.now() + timedelta(hours=24)
    assert find_invitation(token, now=later) is None
    with mock.patch("django.utils.timezone.now", return_value=later), pytest.raises(InvalidMove):
        accept_invitation(token, password=NEW)


WRONG = ["%20", "None", "null", "%00", "%00%00", "undefined", "x", "..", "a" * 43, "%F0%9F%98%80", "ｘ", "'--"]


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_tokens_are_refused_alike(token: str, wrong: str) -> None:
    reference = Client().get(link_to("b" * 43))
    answer = Client().get(f"/accounts/invitation/{wrong}/")
    assert answer.status_code == 404
    if wrong != "..":  # that one is another address
        assert same(answer) == same(reference)


def test_without_a_token_the_page_refuses_in_the_same_words(world: World, token: str) -> None:
    plain, wrong = Client().get(reverse("invitation")), Client().get(link_to("b" * 43))
    assert (plain.status_code, same(plain)) == (wrong.status_code, same(wrong))
    row = Invitation.objects.get()
    for change in ({"used_at": timezone.now()}, {"used_at": None, "expires_at": timezone.now()}):
        Invitation.objects.filter(pk=row.pk).update(**change)
        assert same(Client().get(link_to(token))) == same(wrong)
    Invitation.objects.filter(pk=row.pk).update(expires_at=timezone.now() + timedelta(hours=1))
    User.objects.filter(pk=world.agent.pk).update(is_active=False)
    assert same(Client().get(link_to(token))) == same(wrong)


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        ("short", "short", "12"),
        ("passwordpassword1", "passwordpassword2", "不一致"),
        ("agent@huiyin.example", "agent@huiyin.example", "相似"),
        ("1q2w3e4r5t6y", "1q2w3e4r5t6y", "常见"),
        ("", "", ""),
    ],
)
def test_the_rules_for_passwords_hold(client: Client, token: str, first: str, second: str, says: str) -> None:
    client.get(link_to(token))
    page = client.post(reverse("invitation"), {"password": first, "again": second})
    assert page.status_code == 422
    assert says in page.content.decode()
    assert User.objects.get(username="agent").check_password(PASSWORD)
    assert client.get(reverse("invitation")).status_code == 200  # the link still works


def test_a_foreign_session_is_left_before_the_new_password_counts(world: World, client: Client, token: str) -> None:
    client.force_login(world.manager)
    client.get(link_to(token))
    client.post(reverse("invitation"), {"password": NEW, "again": NEW})
    assert "_auth_user_id" not in client.session


def test_the_new_password_ends_every_old_session(world: World, token: str) -> None:
    old, new = Client(), Client()
    old.login(username="agent", password=PASSWORD)
    new.get(link_to(token))
    new.post(reverse("invitation"), {"password": NEW, "again": NEW})
    assert old.get(reverse("inbox")).status_code == 302


def test_guessing_is_limited_and_a_right_link_still_opens(client: Client, token: str) -> None:
    capacity, _seconds = settings.LIMITS["invitation_address"]
    answers = [client.get(link_to(f"guess-{n}")).status_code for n in range(capacity + 2)]
    assert answers[:capacity] == [404] * capacity
    assert answers[capacity:] == [429, 429]
    assert client.get(link_to(token)).status_code == 302
    assert not limits.allowed("invitation_address", "127.0.0.1")


def test_the_address_with_the_secret_is_neither_kept_nor_passed_on(client: Client, token: str) -> None:
    answer = client.get(link_to(token))
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
