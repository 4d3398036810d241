"""Signing in: sessions, the second factor, and answers that tell a stranger nothing (threats 25, 27, 28)."""

from __future__ import annotations

import base64
import hmac
import re
import time
from typing import Any
from unittest import mock

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.contrib.auth import hashers
from django.test import Client
from django.urls import reverse

from audit.models import Event
from notifications.models import Message
from organization.models import User
from tests.world import PASSWORD, World

LOGIN = "account_login"


def sign_in(client: Client, login: str, password: str = PASSWORD) -> Any:
    return client.post(reverse(LOGIN), {"login": login, "password": password})


@pytest.mark.req("SEC-01")
@pytest.mark.parametrize("login", ["agent", "AGENT", "agent@huiyin.example"])
def test_people_sign_in_with_name_or_address(world: World, client: Client, login: str) -> None:
    assert sign_in(client, login).headers["Location"] == "/"
    assert client.get(reverse("inbox")).status_code == 200


def test_nobody_signs_up(client: Client, db: None) -> None:
    page = client.post(reverse("account_signup"), {"username": "x", "password1": "y" * 14, "password2": "y" * 14})
    assert page.status_code in {200, 403}
    assert not User.objects.exists()


# --- Nothing to learn for strangers -----------------------------------------------------------------


def without_token(content: bytes) -> str:
    text = re.sub(r'(csrfmiddlewaretoken" value|nonce)="[^"]+"', "", content.decode())
    return re.sub(r'"server_time": "[^"]+"', "", text)


@pytest.mark.parametrize("page", [LOGIN, "account_reset_password"])
def test_a_known_and_an_unknown_name_are_answered_alike(world: World, page: str) -> None:
    answers = []
    for name in ("agent", "nobody-of-that-name"):
        data = {"login": f"{name}@huiyin.example", "email": f"{name}@huiyin.example", "password": "wrong password here"}
        answer = Client().post(reverse(page), data)
        answers.append((answer.status_code, without_token(answer.content).replace(name, "")))
    assert answers[0] == answers[1]


@pytest.mark.parametrize("name", ["agent", "nobody-of-that-name", "gone"])
def test_a_password_is_hashed_once_whether_the_name_exists_or_not(world: World, name: str) -> None:
    User.objects.filter(username="agent2").update(username="gone", is_active=False)
    hasher = type(hashers.get_hasher())
    with mock.patch.object(hasher, "encode", autospec=True, side_effect=hasher.encode) as encode:
        sign_in(Client(), name, "wrong password here")
    assert encode.call_count == 1


def test_a_deactivated_colleague_learns_nothing_from_a_wrong_password(world: World) -> None:
    User.objects.filter(username="agent2").update(is_active=False)
    gone, unknown = (sign_in(Client(), name, "wrong password here") for name in ("agent2", "nobody-of-that-name"))
    assert gone.status_code == unknown.status_code
    assert without_token(gone.content).replace("agent2", "") == without_token(unknown.content).replace(
        "nobody-of-that-name", ""
    )


# --- A forgotten password ------------------------------------------------------------------------------


def reset_link(client: Client, email: str) -> str:
    client.post(reverse("account_reset_password"), {"email": email})
    return str(Message.objects.get(kind="password_reset").context["link"])


def test_the_link_for_a_new_password_goes_through_the_outbox(world: World, client: Client) -> None:
    link = reset_link(client, "agent@huiyin.example")
    page = client.get(link, follow=True)
    assert page.status_code == 200
    changed = client.post(
        page.request["PATH_INFO"], {"password1": "a stable of brown horses", "password2": "a stable of brown horses"}
    )
    assert changed.status_code == 302
    assert Client().login(username="agent", password="a stable of brown horses")
    assert Client().get(link, follow=True).context["token_fail"]


def test_nothing_is_sent_to_strangers(world: World, client: Client) -> None:
    client.post(reverse("account_reset_password"), {"email": "stranger@elsewhere.example"})
    assert not Message.objects.exists()


def test_who_was_never_let_in_gets_no_link_for_a_new_password(world: World, client: Client) -> None:
    user = world.agent
    user.set_unusable_password()
    user.save()
    client.post(reverse("account_reset_password"), {"email": user.email})
    assert not Message.objects.exists()


# --- Sessions -------------------------------------------------------------------------------------------


def test_the_session_key_changes_at_sign_in(world: World, client: Client) -> None:
    client.get(reverse(LOGIN))
    session = client.session
    session["planted"] = True
    session.save()
    before = session.session_key
    sign_in(client, "agent")
    assert client.session.session_key != before


@pytest.mark.req("SEC-01")
def test_all_sessions_end_when_the_password_changes(world: World, client: Client) -> None:
    other = Client()
    for device in (client, other):
        sign_in(device, "agent")
    new = "a stable of brown horses"
    client.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert User.objects.get(username="agent").check_password(new)
    assert Event.objects.filter(thread=f"user:{world.agent.pk}", verb="set_password").exists()
    assert [device.get(reverse("inbox")).status_code for device in (client, other)] == [302, 302]


def test_signing_out_ends_the_session(world: World, client: Client) -> None:
    sign_in(client, "agent")
    stolen = Client()
    stolen.cookies["sessionid"] = client.cookies["sessionid"].value
    client.post(reverse("account_logout"))
    assert stolen.get(reverse("inbox")).status_code == 302


# --- Second factor ---------------------------------------------------------------------------------------


@pytest.fixture
def demanding(settings: Any) -> None:
    settings.SECOND_FACTOR_ROLES = frozenset({"administrator"})


@pytest.mark.req("SEC-01")
def test_administrators_set_a_second_factor_up_before_anything_else(
    world: World, client: Client, demanding: None
) -> None:
    sign_in(client, "administrator")
    for name in ("users", "desk", "running"):
        assert client.get(reverse(name)).headers["Location"] == reverse("mfa_activate_totp"), name
    assert client.post(reverse("user_deactivate", args=[world.agent.pk])).status_code == 302
    assert User.objects.get(username="agent").is_active
    htmx = client.get(reverse("users"), headers={"HX-Request": "true"})
    assert htmx.headers["HX-Redirect"] == reverse("mfa_activate_totp")


def totp(secret: str) -> str:
    """Six digits as an authenticator app shows them (RFC 6238)."""
    digest = hmac.digest(base64.b32decode(secret), int(time.time() // 30).to_bytes(8, "big"), "sha1")
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"


@pytest.mark.req("SEC-01")
def test_the_set_up_can_be_walked_to_its_end(world: World, client: Client, demanding: None) -> None:
    sign_in(client, "administrator")
    page = client.get(reverse("users"), follow=True)  # asks for the password once more
    assert page.request["PATH_INFO"] == reverse("account_reauthenticate")
    page = client.post(
        f"{page.request['PATH_INFO']}?{page.request['QUERY_STRING']}", {"password": PASSWORD}, follow=True
    )
    assert page.request["PATH_INFO"] == reverse("mfa_activate_totp")
    page = client.post(reverse("mfa_activate_totp"), {"code": totp(page.context["form"].secret)}, follow=True)
    assert client.get(reverse("users")).status_code == 200
    assert "JBSW" not in str(Authenticator.objects.get(type="totp").data)
    again = Client()
    sign_in(again, "administrator")
    assert again.get(reverse("users")).status_code == 302  # half signed in is not signed in


def test_with_it_set_up_the_way_is_free(world: World, client: Client, demanding: None) -> None:
    client.force_login(world.administrator)
    Authenticator.objects.create(user=world.administrator, type=Authenticator.Type.TOTP, data={"secret": "x"})
    assert client.get(reverse("users")).status_code == 200


def test_the_others_are_not_asked(world: World, client: Client, demanding: None) -> None:
    sign_in(client, "agent")
    assert client.get(reverse("inbox")).status_code == 200


def test_one_person_can_be_asked_for_it(world: World, client: Client) -> None:
    User.objects.filter(username="agent").update(must_use_second_factor=True)
    sign_in(client, "agent")
    assert client.get(reverse("inbox")).headers["Location"] == reverse("mfa_activate_totp")


def test_who_must_have_it_cannot_switch_it_off(world: World, demanding: None) -> None:
    factor = Authenticator.objects.create(user=world.administrator, type=Authenticator.Type.TOTP, data={"secret": "x"})
    assert not get_adapter().can_delete_authenticator(factor)
    factor.user = world.agent
    assert get_adapter().can_delete_authenticator(factor)


def test_its_secret_is_stored_encrypted(world: World, client: Client) -> None:
    adapter = get_adapter()
    assert adapter.decrypt(adapter.encrypt("JBSWY3DP")) == "JBSWY3DP"
    assert "JBSWY3DP" not in adapter.encrypt("JBSWY3DP")
