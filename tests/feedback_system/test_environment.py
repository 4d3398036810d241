"""What an operator sets in the environment does what .env.example says, and nothing is left out there."""

from __future__ import annotations

import re
import runpy
from typing import Any

import pytest

from feedback_system.embedded import places

SETTINGS = places.PROJECT / "feedback_system" / "settings.py"
#: For tests and workers of tests only.
NOT_FOR_PEOPLE = {"HUIYIN_PROFILE", "PYTEST_XDIST_WORKER"}


def settings_with(monkeypatch: pytest.MonkeyPatch, **environment: str) -> dict[str, Any]:
    """The settings as a process with these variables reads them."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(SETTINGS))


def test_every_variable_that_settings_read_stands_in_the_example() -> None:
    read = set(re.findall(r'(?:environ\.get|env_flag|env_list|own_key)\(\s*"(\w+)"', SETTINGS.read_text()))
    assert {"SECRET_KEY", "EMAIL_USE_TLS", "ALLOWED_HOSTS", "AUDIT_KEY"} <= read
    example = (places.PROJECT / ".env.example").read_text()
    offered = set(re.findall(r"^(?:# )?(\w+)=", example, re.MULTILINE))
    assert read - NOT_FOR_PEOPLE <= offered


def test_one_more_host_does_not_take_the_sites_own_away(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings_with(monkeypatch, SITE_URL="https://feedback.example.com", ALLOWED_HOSTS="intranet.example.com")
    assert {"feedback.example.com", "intranet.example.com", "127.0.0.1"} <= set(found["ALLOWED_HOSTS"])


def test_one_more_origin_does_not_take_the_sites_own_away(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"SITE_URL": "https://feedback.example.com", "CSRF_TRUSTED_ORIGINS": "https://portal.example.com"}
    found = settings_with(monkeypatch, **given)
    assert set(found["CSRF_TRUSTED_ORIGINS"]) == set(given.values())


@pytest.mark.parametrize(
    ("given", "ssl", "tls"),
    [
        ({}, True, False),
        ({"EMAIL_PORT": "465"}, True, False),
        ({"EMAIL_PORT": "587"}, False, True),
        ({"EMAIL_PORT": "587", "EMAIL_USE_SSL": "1"}, True, False),
        ({"EMAIL_PORT": "587", "EMAIL_USE_TLS": "0"}, False, False),
        ({"EMAIL_PORT": "25"}, False, False),
        ({"EMAIL_PORT": "587", "EMAIL_USE_SSL": "", "EMAIL_USE_TLS": ""}, False, True),
    ],
)
def test_mail_is_encrypted_as_its_port_expects(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], ssl: bool, tls: bool
) -> None:
    for name in ("EMAIL_PORT", "EMAIL_USE_SSL", "EMAIL_USE_TLS"):
        monkeypatch.delenv(name, raising=False)
    found = settings_with(monkeypatch, **given)
    assert (found["EMAIL_USE_SSL"], found["EMAIL_USE_TLS"]) == (ssl, tls)


def test_a_variable_that_is_there_and_empty_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("MESSAGES_KEPT_DAYS", "TZ_NAME", "LOG_LEVEL", "EMAIL_PORT", "SECURE_SSL_REDIRECT", "DEFAULT_FROM_EMAIL")
    found = settings_with(monkeypatch, SITE_URL="https://feedback.example.com", **dict.fromkeys(names, ""))
    assert (found["MESSAGES_KEPT_DAYS"], found["TIME_ZONE"], found["EMAIL_PORT"]) == (1096, "Asia/Shanghai", 465)
    assert found["SECURE_SSL_REDIRECT"] is True
    assert (found["LOGGING"]["root"]["level"], found["DEFAULT_FROM_EMAIL"]) == ("INFO", "huiyin@localhost")
