"""Dockerfile and docker-compose.yml: what they call exists, what they set is understood, and nothing runs as root."""

import importlib.util
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import yaml

from feedback_system import healthcheck
from feedback_system.embedded import binaries, places
from feedback_system.embedded.postgres import _DATABASE_RIGHTS, _ROLES

PROJECT = places.PROJECT
DOCKERFILE = (PROJECT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ["web", "clock-worker", "work-worker", "beat", "migrate"]
_VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


def filled_in(text: str) -> str:
    """A value as compose fills it in: the default, else something that will do."""
    return _VARIABLE.sub(
        lambda m: m[3] if m[2] == "-" else {"SITE_URL": "https://example.com"}.get(m[1], "secret"), text
    )


def environment_of(service: str) -> dict[str, str]:
    """What the process in the container sees: the image's variables and the service's."""
    image = dict(re.findall(r"(\w+)=(\S+)", DOCKERFILE[DOCKERFILE.index("\nENV") : DOCKERFILE.index("\nWORKDIR")]))
    given = {name: filled_in(str(value)) for name, value in SERVICES[service]["environment"].items()}
    return {"PATH": os.environ["PATH"]} | image | given


def image_command() -> list[str]:
    return re.findall(r'"([^"]*)"', DOCKERFILE[DOCKERFILE.index("\nCMD") :])


@pytest.mark.parametrize("service", OURS)
def test_what_a_service_calls_exists(service: str) -> None:
    command = SERVICES[service].get("command") or image_command()
    calls = [command]
    if "healthcheck" in SERVICES[service]:
        calls.append(SERVICES[service]["healthcheck"]["test"][1:])
    for call in calls:
        assert call[0] == "python"
        if call[1] == "-m":
            assert importlib.util.find_spec(call[2]), call
        else:
            assert (PROJECT / call[1]).is_file()
            assert call[2] in known_commands()


def known_commands() -> set[str]:
    from django.core.management import get_commands

    return set(get_commands())


def test_the_commands_in_the_comments_exist() -> None:
    named = re.findall(r"manage\.py (\w+)", (PROJECT / "docker-compose.yml").read_text() + DOCKERFILE)
    assert named
    assert set(named) <= known_commands()


def test_the_queues_that_the_schedule_fills_are_the_queues_that_are_worked_on() -> None:
    from feedback_system.celery import app

    worked_on = {SERVICES[name]["command"][7] for name in ("clock-worker", "work-worker")}
    filled = {entry["options"]["queue"] for entry in app.conf.beat_schedule.values()} | {app.conf.task_default_queue}
    assert filled == worked_on


@pytest.mark.parametrize("service", OURS)
def test_settings_load_with_what_a_service_sets(service: str) -> None:
    code = """
import django; django.setup()
from django.conf import settings as s
print(s.DATABASES["default"]["USER"], s.DATABASES["default"]["HOST"], s.CELERY_BROKER_URL, s.DEMO, s.DEBUG, s.PROCESS)
"""
    environment = environment_of(service)
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    owner = service == "migrate"
    role, process = ("huiyin_owner", "owner") if owner else ("huiyin", environment["HUIYIN_PROCESS"])
    assert done.stdout.split() == [role, "postgres", "redis://redis:6379/0", "False", "False", process]


def test_only_the_owner_knows_the_owners_password() -> None:
    for service in set(OURS) - {"migrate"}:
        assert "OWNER" not in str(SERVICES[service]["environment"])


def test_nothing_runs_as_root_or_with_more_than_it_needs() -> None:
    users = re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE)
    assert users
    assert users[-1] not in ("root", "0")
    assert DOCKERFILE.index("\nUSER") < DOCKERFILE.index("\nCMD")
    for name, service in SERVICES.items():
        assert "privileged" not in service
        assert service.get("user", "huiyin") not in ("root", "0"), name
        if name not in OURS:
            assert service["user"], name
        else:
            assert service["cap_drop"] == ["ALL"], name
            assert service["read_only"] is True, name


def test_every_service_is_watched_and_keeps_its_data_in_a_volume() -> None:
    for name, service in SERVICES.items():
        assert "healthcheck" in service or name == "migrate"
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (PROJECT / source).exists(), (name, volume)
    redis = SERVICES["redis"]["command"]
    assert redis[redis.index("--appendonly") + 1] == "yes"
    assert redis[redis.index("--maxmemory-policy") + 1] == "noeviction"
    assert SERVICES["web"]["ports"][0].startswith("127.0.0.1:")


def test_the_image_has_what_paper_needs_and_no_secret() -> None:
    for package in ("fonts-noto-cjk", "libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"):
        assert package in DOCKERFILE
    assert "collectstatic" in DOCKERFILE
    ignored = (PROJECT / ".dockerignore").read_text().split()
    assert {".env", "var", ".git", ".venv"} <= set(ignored)


def test_every_variable_of_the_services_is_explained_and_the_required_ones_come_first() -> None:
    example = (PROJECT / ".env.example").read_text()
    offered = set(re.findall(r"^(\w+)=", example, re.MULTILINE))
    asked = {m[1]: m[2] for m in _VARIABLE.finditer((PROJECT / "docker-compose.yml").read_text())}
    assert set(asked) == offered
    required = {name for name, kind in asked.items() if kind == "?"}
    first = example[: example.index("May be set")]
    assert required == set(re.findall(r"^(\w+)=", first, re.MULTILINE))


def test_roles_of_the_container_are_those_of_the_embedded_database(tmp_path: Path, monkeypatch: Any) -> None:
    """The script is run for real, on a database from which the embedded roles were taken away."""
    from feedback_system import embedded
    from feedback_system.embedded import keys

    if "DATABASE_URL" in os.environ:
        pytest.skip("needs a superuser, which only the embedded database has")
    monkeypatch.setenv("HUIYIN_DATA", str(tmp_path / "data"))
    tmp_path.chmod(0o755)
    try:
        with embedded.services("test", redis=False) as running:
            connection = running.postgres._connect()
            connection.autocommit = True
            with connection.cursor() as cursor:
                before = roles(cursor)
                cursor.execute("DROP DATABASE huiyin")
                cursor.execute("DROP ROLE huiyin_owner")
                cursor.execute("DROP ROLE huiyin")
                environment = {
                    "PATH": f"{binaries.postgres_program('psql').parent}:{os.environ['PATH']}",
                    "PGHOST": str(places.socket_dir()),
                    "PGPORT": str(running.postgres.port),
                    "PGPASSWORD": keys.read()["postgres"],
                    "POSTGRES_USER": "postgres",
                    "HUIYIN_APP_PASSWORD": "of-the-app",
                    "HUIYIN_OWNER_PASSWORD": "it's the owner's",
                }
                script = ["sh", str(PROJECT / "docker" / "roles.sh")]
                subprocess.run(script, env=environment, check=True, capture_output=True)
                assert roles(cursor) == before
            connection.close()
            address = {"host": environment["PGHOST"], "port": environment["PGPORT"], "dbname": "huiyin"}
            psycopg2.connect(user="huiyin", password="of-the-app", **address).close()
            psycopg2.connect(user="huiyin_owner", password="it's the owner's", **address).close()
    finally:
        places.remove_socket_dir()
    assert "huiyin_owner" in _ROLES
    assert "PUBLIC" in _DATABASE_RIGHTS


def roles(cursor: Any) -> list[tuple[Any, ...]]:
    """All that matters about the two roles and the database, without oids and passwords."""
    cursor.execute(
        "SELECT rolname, rolsuper, rolcreatedb, rolcreaterole, rolcanlogin, rolconfig,"
        " ARRAY(SELECT b.rolname FROM pg_auth_members m JOIN pg_roles b ON b.oid = m.roleid WHERE m.member = r.oid)"
        " FROM pg_roles r WHERE rolname LIKE 'huiyin%' ORDER BY 1"
    )
    found = cursor.fetchall()
    cursor.execute("SELECT pg_get_userbyid(datdba), datacl::text FROM pg_database WHERE datname = 'huiyin'")
    return [*found, *cursor.fetchall()]


# --- Health checks ----------------------------------------------------------------------------------------------------


def test_a_web_process_that_does_not_answer_is_not_healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "9")
    assert healthcheck.main(["web"]) == 1


@pytest.mark.django_db(transaction=True)
def test_a_web_process_that_answers_is_healthy(live_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", str(live_server.thread.port))
    assert healthcheck.main(["web"]) == 0


def test_a_worker_is_healthy_while_its_heart_beats_through_the_queue(db: None, time_machine: Any) -> None:
    from notifications.tasks import heartbeat

    assert healthcheck.main(["clock"]) == 1
    time_machine.move_to("2026-11-20T08:00:00Z", tick=False)
    heartbeat("clock")
    assert (healthcheck.main(["clock"]), healthcheck.main(["work"])) == (0, 1)
    time_machine.move_to("2026-11-20T08:05:01Z", tick=False)
    assert healthcheck.main(["clock"]) == 1


def test_beat_is_healthy_while_it_writes_its_schedule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUIYIN_DATA", str(tmp_path))
    assert healthcheck.main(["beat"]) == 1
    schedule = tmp_path / "beat-schedule.db"
    schedule.touch()
    assert healthcheck.main(["beat"]) == 0
    long_ago = time.time() - 3600
    os.utime(schedule, (long_ago, long_ago))
    assert healthcheck.main(["beat"]) == 1


def test_an_unknown_check_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert healthcheck.main(["cook"]) == 2
    assert "web|clock|work|beat" in capsys.readouterr().err
