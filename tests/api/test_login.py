"""Keys of the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from organization.models import ApiToken
from tests.world import PASSWORD, World


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


def test_guessing_is_limited_by_account(world: World, client: Client) -> None:
    codes = [login(client, password=f"wrong {n}").status_code for n in range(12)]
    assert codes[:10] == [401] * 10
    assert codes[10:] == [429, 429]


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
