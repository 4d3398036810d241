"""``manage.py check --deploy`` has nothing to say about a production, and something about each mistake (T10)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test.utils import override_settings
from django.utils import timezone

from feedback_system import checks
from organization.models import Calendar
from tests.security.deployed import ENVIRONMENT, PRODUCTION, SETTINGS
from tests.world import World

PROJECT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.req("SEC-01"), pytest.mark.timeout(300), pytest.mark.xdist_group("deployment")]


def run(folder: Path, *command: str, **changed: str) -> subprocess.CompletedProcess[str]:
    """A program in a production's environment, and nothing of ours in it."""
    given = {"PATH": os.environ["PATH"], "HOME": str(folder), "HUIYIN_DATA": str(folder), "LANG": "C.UTF-8"}
    return subprocess.run(
        [sys.executable, *command], env=given | PRODUCTION | changed, cwd=PROJECT, capture_output=True, text=True,
        timeout=280, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What the check says about a production, whole and spoilt in every way."""
    done = run(tmp_path_factory.mktemp("production"), "-m", "tests.security.deployed")
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_a_production_passes(tmp_path: Path) -> None:
    done = run(tmp_path, "manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert (done.returncode, done.stderr) == (0, "")
    assert "no issues" in done.stdout


def test_nothing_is_said_of_a_production(found: dict[str, list[str]]) -> None:
    assert found["good"] == []


@pytest.mark.parametrize("name", [*ENVIRONMENT, *SETTINGS])
def test_each_mistake_is_named(found: dict[str, list[str]], name: str) -> None:
    assert (ENVIRONMENT | SETTINGS)[name][1] in found[name]


def test_there_are_enough_mistakes() -> None:
    assert len(ENVIRONMENT | SETTINGS) >= 30


def _said() -> list[str | None]:
    return [
        message.id for message in run_checks(tags=["database"], include_deployment_checks=True, databases=["default"])
    ]


def test_a_calendar_that_ends_soon_is_named(world: World) -> None:
    Calendar.objects.update(complete_through=timezone.localdate().replace(year=timezone.localdate().year + 1))
    assert "huiyin.W007" not in _said()
    Calendar.objects.update(complete_through=timezone.localdate())
    assert "huiyin.W007" in _said()
    assert checks.check_what_is_connected(None) == []  # without a database nothing is asked


def test_a_redis_that_forgets_is_named(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    answers: dict[str, Any] = {"noeviction": False, "allkeys-lru": True, None: False}
    for policy, named in answers.items():
        monkeypatch.setattr(checks, "_memory_policy", lambda url, policy=policy: policy)
        with override_settings(REDIS_BROKER_URL="redis://127.0.0.1:1"):
            assert ("huiyin.W008" in _said()) is named
