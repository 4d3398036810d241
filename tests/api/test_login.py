"""Keys of the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from organization.actions import invitations, people
from organization.models import ApiToken, User
from tests.world import PASSWORD, World

NEW = "a stable of brown horses"


def login(client: Client, **changed: str) -> Any:
    body = {"username": "agent", "password": PASSWORD, "name": "脚本"} | changed
    return client.post("/api/v1/login/", body, content_type="application/json")


def test_a_key_opens_the_api_until_it_is_ended(world: World, client: Client) -> None:
    key = login(client).json()["token"]
    header = {"HTTP_AUTHORIZATION": f"Token {key}"}
    assert client.get("/api/v1/cases/", **header).status_code == 200
    assert client.post("/api/v1/logout/", **header).status_code == 204
    assert client.get("/api/v1/cases/", **header).status_code == 401


def test_only_the_hash_of_a_key_is_stored(world: World, client: Client) -> None:
    key = login(client).json()["token"]
    assert key not in str(ApiToken.objects.values())


@pytest.mark.parametrize("wrong", [{"password": "wrong password"}, {"username": "nobody"}])
def test_a_wrong_name_and_a_wrong_password_answer_alike(world: World, client: Client, wrong: dict[str, str]) -> None:
    answer = login(client, **wrong)
    assert (answer.status_code, set(answer.json())) == (401, {"detail"})


def guesses(count: int, address: str) -> list[int]:
    """Wrong passwords for one account, each from the address that ``address`` makes of its number."""
    return [
        login(Client(REMOTE_ADDR=address.format(n)), password=f"wrong {n}").status_code for n in range(1, count + 1)
    ]


@pytest.mark.req("SEC-01")
def test_guessing_is_limited_by_account_and_address(world: World) -> None:
    tries = settings.LIMITS["sign_in_pair"][0]
    assert guesses(tries + 2, "203.0.113.7") == [401] * tries + [429, 429]


@pytest.mark.req("SEC-01")
def test_all_addresses_of_one_ipv6_customer_are_one_guesser(world: World) -> None:
    tries = settings.LIMITS["sign_in_pair"][0]
    assert guesses(tries + 2, "2001:db8::{:x}") == [401] * tries + [429, 429]


@pytest.mark.req("SEC-01")
def test_guessing_from_everywhere_is_limited_by_account(world: World) -> None:
    tries = settings.LIMITS["sign_in_account"][0]
    assert guesses(tries + 1, "198.51.100.{}") == [401] * tries + [429]


@pytest.mark.req("SEC-01")
def test_the_page_and_the_api_are_two_doors_with_one_limit(world: World, client: Client) -> None:
    for _n in range(settings.LIMITS["sign_in_pair"][0]):
        client.post(reverse("account_login"), {"login": "agent", "password": "wrong password here"})
    assert login(client).status_code == 429


def test_a_right_password_does_not_count_as_a_try(world: World, client: Client) -> None:
    codes = {login(client).status_code for _n in range(settings.LIMITS["sign_in_pair"][0] * 2)}
    assert codes == {201}


@pytest.mark.req("SEC-01")
def test_who_must_have_a_second_factor_gets_no_key_for_a_password(world: World, client: Client) -> None:
    User.objects.filter(username="production_head").update(must_use_second_factor=True)
    assert login(client, username="production_head").status_code == 403
    assert not ApiToken.objects.exists()


@pytest.mark.req("SEC-01")
def test_a_key_rests_until_the_second_factor_that_is_asked_for_is_there(world: World, client: Client) -> None:
    header = {"HTTP_AUTHORIZATION": f"Token {login(client).json()['token']}"}
    User.objects.filter(username="agent").update(must_use_second_factor=True)
    assert client.get("/api/v1/cases/", **header).status_code == 401
    Authenticator.objects.create(user=world.agent, type=Authenticator.Type.TOTP, data={"secret": "x"})
    assert client.get("/api/v1/cases/", **header).status_code == 200


def end_sessions(world: World) -> None:
    people.end_sessions(world.agent, by=world.actor("administrator"))


def accept_invitation(world: World) -> None:
    link = invitations.invite(world.agent, by=world.actor("administrator"))
    invitations.accept_invitation(link, password=NEW)


def change_password(world: World) -> None:
    browser = Client()
    browser.force_login(world.agent)
    browser.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})


def reset_second_factor(world: World) -> None:
    people.reset_second_factor(world.agent, by=world.actor("administrator"))


@pytest.mark.req("SEC-01")
@pytest.mark.parametrize("ending", [end_sessions, accept_invitation, change_password, reset_second_factor])
def test_what_ends_the_sessions_ends_the_keys(world: World, client: Client, ending: Callable[[World], None]) -> None:
    header = {"HTTP_AUTHORIZATION": f"Token {login(client).json()['token']}"}
    assert client.get("/api/v1/cases/", **header).status_code == 200
    ending(world)
    assert client.get("/api/v1/cases/", **header).status_code == 401


def test_an_expired_key_and_that_of_somebody_who_left_open_nothing(world: World, client: Client) -> None:
    key = login(client).json()["token"]
    header = {"HTTP_AUTHORIZATION": f"Token {key}"}
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get("/api/v1/cases/", **header).status_code == 401
    ApiToken.objects.update(expires_at=timezone.now() + timedelta(days=1))
    world.agent.is_active = False
    world.agent.save()
    assert client.get("/api/v1/cases/", **header).status_code == 401


@pytest.mark.parametrize("header", ["Token", "Token ", "Token a b", "Token \udcff", "Bearer x"])
def test_malformed_keys_are_refused(world: World, client: Client, header: str) -> None:
    assert client.get(
        "/api/v1/cases/", headers={"authorization": header.encode("utf-8", "replace").decode()}
    ).status_code in {401, 403}


def test_without_login_there_are_shapes_and_nothing_else(world: World, client: Client) -> None:
    assert client.get("/api/schema/?format=json").status_code == 200
    assert client.get("/api/docs/").status_code == 200
    assert client.get("/api/v1/cases/").status_code == 401
    assert "安居电器" not in client.get("/api/schema/?format=json").content.decode()
