"""A restore knows before it begins which keys will hold afterwards (quality: T9)."""

from __future__ import annotations

from typing import Any

import pytest

from feedback_system import fingerprints
from feedback_system.fingerprints import fingerprint, misfits, refusal

THEIRS, OURS = "theirs-" + "x" * 40, "ours-" + "y" * 40
MANIFEST = {
    "secret_key": fingerprint(THEIRS),
    "audit_key": fingerprint("audit:" + THEIRS),
    "access_key": fingerprint("access:" + THEIRS),
}
ALL = ["SECRET_KEY", "AUDIT_KEY", "ACCESS_KEY"]


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ALL:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(fingerprints.embedded, "secret_key", lambda: OURS)


def test_the_key_that_a_backup_brings_will_hold() -> None:
    assert misfits(MANIFEST, brought=THEIRS) == []


def test_without_it_the_own_key_holds_and_nothing_fits() -> None:
    assert misfits(MANIFEST, brought="") == ALL


def test_a_key_of_the_environment_comes_before_the_one_that_is_brought(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", OURS)
    assert misfits(MANIFEST, brought=THEIRS) == ALL
    assert "take SECRET_KEY out of it" in refusal(ALL, brought=THEIRS)
    monkeypatch.setenv("SECRET_KEY", THEIRS)
    assert misfits(MANIFEST, brought=THEIRS) == []


@pytest.mark.parametrize("name", ["AUDIT_KEY", "ACCESS_KEY"])
def test_each_key_is_compared(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "another")
    assert misfits(MANIFEST, brought=THEIRS) == [name]
    assert name in refusal([name], brought=THEIRS)


def test_a_secret_key_that_was_rotated_fits_while_the_old_one_is_a_fallback(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    for name, value in (("SECRET_KEY", OURS), ("AUDIT_KEY", "audit:" + THEIRS), ("ACCESS_KEY", "access:" + THEIRS)):
        monkeypatch.setenv(name, value)
    assert misfits(MANIFEST, brought="") == ["SECRET_KEY"]
    settings.SECRET_KEY_FALLBACKS = [THEIRS]
    assert misfits(MANIFEST, brought="") == []


def test_a_backup_of_an_earlier_version_says_less_and_is_compared_in_that() -> None:
    older = {name: value for name, value in MANIFEST.items() if name != "secret_key"}
    assert misfits(older, brought=THEIRS) == []
    assert misfits(older, brought="") == ["AUDIT_KEY", "ACCESS_KEY"]
