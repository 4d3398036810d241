"""Limits are settings: an operator moves one by a variable; none of them switches it off."""

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from feedback_system.settings import env_limit

PRESET = (3000, 3600)


def limit(monkeypatch: pytest.MonkeyPatch, given: str) -> tuple[int, int]:
    monkeypatch.setenv("LIMIT_PUBLIC_SUBMIT_ALL", given)
    return env_limit("public_submit_all", PRESET)


def test_a_variable_moves_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert limit(monkeypatch, "6000/600") == (6000, 600)


def test_without_a_variable_the_preset_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    assert limit(monkeypatch, "") == PRESET
    monkeypatch.delenv("LIMIT_PUBLIC_SUBMIT_ALL")
    assert env_limit("public_submit_all", PRESET) == PRESET


@pytest.mark.parametrize(
    "given", ["0/3600", "100/0", "off", "none", "-1/60", "1.5/60", "6000", "6000/", "/60", "1/2/3"]
)
def test_no_value_switches_a_limit_off(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="such as 3000/3600"):
        limit(monkeypatch, given)


def test_a_proof_of_work_counts_once_whatever_the_environment_says() -> None:
    assert settings.LIMITS["proof_once"] == (1, 86_400)
