"""Wrong passwords are counted so that nobody is locked out by somebody else (threats 25, 26)."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from tests.world import PASSWORD, World

OFFICE, ELSEWHERE = "203.0.113.7", "198.51.100.9"
TRIES = settings.LIMITS["sign_in_pair"][0]


def sign_in(login: str, password: str, *, address: str = OFFICE, client: Client | None = None) -> Any:
    data = {"login": login, "password": password}
    return (client or Client()).post(reverse("account_login"), data, REMOTE_ADDR=address)


def fails(login: str, times: int, *, address: str = OFFICE) -> None:
    for _n in range(times):
        assert sign_in(login, "wrong password here", address=address).status_code == 200


@pytest.mark.req("SEC-01")
def test_a_name_at_an_address_has_so_many_tries(world: World) -> None:
    fails("agent", TRIES)
    refused = sign_in("agent", PASSWORD)
    assert refused.status_code == 200  # the form again, not the desk
    assert "稍候" in refused.content.decode() or "过" in refused.content.decode()


@pytest.mark.req("SEC-01")
def test_a_colleague_behind_the_same_address_signs_in(world: World) -> None:
    fails("agent", TRIES + 3)
    assert sign_in("agent2", PASSWORD).status_code == 302


def test_a_whole_office_signs_in_at_half_past_eight(world: World) -> None:
    answers = {sign_in("agent2", PASSWORD).status_code for _n in range(settings.LIMITS["sign_in_pair"][0] * 6)}
    assert answers == {302}


def test_the_same_person_signs_in_from_another_address(world: World) -> None:
    fails("agent", TRIES, address=ELSEWHERE)
    assert sign_in("agent", PASSWORD, address=OFFICE).status_code == 302


def test_a_stranger_who_tries_a_name_everywhere_does_not_keep_its_owner_out(world: World) -> None:
    known = Client()
    assert sign_in("agent", PASSWORD, client=known).status_code == 302
    known.post(reverse("account_logout"))
    capacity = settings.LIMITS["sign_in_account"][0]
    for n in range(capacity + 5):
        sign_in("agent", "wrong password here", address=f"198.51.100.{n}")
    assert sign_in("agent", PASSWORD, address="192.0.2.1").status_code == 200  # a browser nobody knows
    assert sign_in("agent", PASSWORD, client=known).status_code == 302  # the one that is known


def test_the_mark_of_a_browser_is_worth_nothing_for_another_name(world: World) -> None:
    known = Client()
    sign_in("agent", PASSWORD, client=known)
    known.post(reverse("account_logout"))
    fails("agent2", TRIES)
    assert sign_in("agent2", PASSWORD, client=known).status_code == 200


def test_a_forged_mark_is_worth_nothing(world: World) -> None:
    client = Client()
    client.cookies["known"] = "eyJ1c2VyIjo1fQ:forged"
    fails("agent", TRIES)
    assert sign_in("agent", PASSWORD, client=client).status_code == 200


def test_success_gives_the_tries_back(world: World) -> None:
    for _n in range(TRIES * 2):
        fails("agent", TRIES - 1) if _n == 0 else None
        assert sign_in("agent", PASSWORD).status_code == 302


def test_known_and_unknown_names_are_limited_alike(world: World) -> None:
    bodies = []
    for name in ("agent", "nobody-of-that-name"):
        fails(name, TRIES)
        answer = sign_in(name, "wrong password here")
        assert "errorlist" not in answer.content.decode()
        bodies.append((answer.status_code, answer.content.decode().count("form-error")))
    assert bodies[0] == bodies[1]


def test_the_preset_limits_are_on() -> None:
    assert settings.LIMITS["sign_in_pair"][0] <= 10
    assert settings.LIMITS["sign_in_account"][0] <= 60
    assert settings.ACCOUNT_RATE_LIMITS["login"]
