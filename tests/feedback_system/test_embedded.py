"""The embedded servers: private, two roles, and nothing that stops the next start."""

import contextlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg2
import pytest
import redis

from feedback_system import embedded
from feedback_system.embedded import binaries, keys, places
from feedback_system.embedded.postgres import Postgres
from feedback_system.embedded.redis_server import Redis

needs_root = pytest.mark.skipif(not places.IS_ROOT, reason="only root hands servers to another account")


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder with a space and 回音 in its path of 150 bytes, beside that of this test run."""
    top = Path(tempfile.mkdtemp(prefix="huiyin-test-", dir="/tmp"))
    top.chmod(0o755)
    inside = top / "a b" / "回音" / ("x" * (150 - len(os.fsencode(top)) - 12))
    monkeypatch.setenv("HUIYIN_DATA", str(inside))
    monkeypatch.setenv("HUIYIN_PROFILE", "test")  # does not wait for the disk; all else is the same
    yield inside
    places.remove_socket_dir()
    shutil.rmtree(top)


@pytest.fixture(scope="module")
def made_once() -> Iterator[Path]:
    """A finished data folder: initdb takes half a second, a copy a tenth."""
    top = Path(tempfile.mkdtemp(prefix="huiyin-test-", dir="/tmp"))
    top.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUIYIN_DATA", str(top / "data"))
        with embedded.services("test", redis=False):
            pass
        places.remove_socket_dir()
    yield top / "data"
    shutil.rmtree(top)


@pytest.fixture
def made(folder: Path, made_once: Path) -> Path:
    """A data folder with a database that was made before."""
    folder.parent.mkdir(parents=True)
    subprocess.run(["cp", "-a", made_once, folder], check=True)
    return folder


def ask(role: str, question: str) -> object:
    connection = psycopg2.connect(embedded.database_url(role))  # type: ignore[arg-type]
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(question)
            return cursor.fetchone()[0] if cursor.description else None
    finally:
        connection.close()


def test_addresses_are_computed_without_starting_anything(folder: Path) -> None:
    first = embedded.database_url("app"), embedded.database_url("owner"), embedded.redis_url(1), embedded.secret_key()
    assert first == (
        embedded.database_url("app"),
        embedded.database_url("owner"),
        embedded.redis_url(1),
        embedded.secret_key(),
    )
    assert not (folder / "postgres").exists()
    assert not places.socket_dir().exists()
    assert stat.S_IMODE(keys.path().stat().st_mode) == 0o600


def test_importing_needs_no_django() -> None:
    code = "import sys, feedback_system.embedded; sys.exit(any(m in sys.modules for m in ('django', 'psycopg2')))"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=places.PROJECT)


def test_the_socket_fits_into_107_bytes_however_long_the_data_folder_is(folder: Path) -> None:
    assert len(os.fsencode(folder)) >= 150
    assert len(os.fsencode(places.socket_dir() / ".s.PGSQL.5433.lock")) < 107


def test_processes_that_start_together_share_one_set_of_secrets(folder: Path) -> None:
    code = "from feedback_system import embedded; print(embedded.secret_key())"

    def one(_: int) -> str:
        return subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=places.PROJECT
        ).stdout

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(one, range(6)))) == 1
    assert [path.name for path in folder.glob(".secrets-*")] == []


@pytest.mark.req("SEC-07")
def test_the_application_may_not_change_the_structure_and_the_owner_is_no_superuser(made: Path) -> None:
    with embedded.services("test", redis=False):
        for forbidden in (
            "CREATE TABLE t (i int)",
            "CREATE TEMP TABLE t (i int)",
            "CREATE DATABASE d",
            "CREATE ROLE r",
            "SET ROLE huiyin_owner",
            "SET ROLE postgres",
        ):
            with pytest.raises(psycopg2.Error):
                ask("app", forbidden)
        limits = [
            ask("app", f"SHOW {name}")
            for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
        ]
        assert limits == ["15s", "5s", "30s"]
        ask("owner", "CREATE DATABASE test_of_the_owner")
        ask("owner", "CREATE TABLE t (i int)")
        assert ask("owner", "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
        with pytest.raises(psycopg2.Error):
            ask("app", "SELECT * FROM t")


def test_nobody_gets_in_without_the_password(made: Path) -> None:
    with embedded.services("test", redis=False):
        right = keys.read()["huiyin"]
        for role in ("huiyin", "huiyin_owner", "postgres"):
            address = embedded.database_url("app").replace("huiyin:" + right, f"{role}:wrong")
            with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
                psycopg2.connect(address)
        assert "trust" not in [
            line.split()[-1]
            for line in (places.state_dir() / "postgres" / "pg_hba.conf").read_text().splitlines()
            if line and not line.startswith("#")
        ]


def test_a_second_user_of_the_folder_uses_the_servers_and_leaves_them_alone(made: Path) -> None:
    with embedded.services("test") as first:
        with embedded.services("test") as second:
            assert second.postgres.process is None
            assert second.redis is None or second.redis.process is None
            assert ask("app", "SELECT 1") == 1
        assert ask("app", "SELECT 1") == 1
        assert first.postgres.process is not None
    assert list(places.socket_dir().iterdir()) == []


def test_after_kill_9_of_the_database_the_next_start_has_the_data(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUIYIN_PROFILE", "run")  # tests may lose the last commits
    database = Postgres("run")
    database.start()
    ask("owner", "CREATE TABLE kept (i int)")
    assert database.process is not None
    database.process.kill()
    with embedded.services("run", redis=False):
        assert ask("owner", "SELECT count(*) FROM kept") == 0
    database.process.wait()


@pytest.mark.parametrize("kind", ["another program", "a zombie"])
def test_a_lock_that_names_the_pid_of_something_else_does_not_stop_the_start(made: Path, kind: str) -> None:
    with embedded.services("test", redis=False):
        pass
    other = subprocess.Popen(["sleep", "60"] if kind == "another program" else ["true"])
    with contextlib.suppress(subprocess.TimeoutExpired):
        if kind == "a zombie":
            os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
    try:
        data = places.state_dir() / "postgres"
        for lock in (data / "postmaster.pid", places.socket_dir() / ".s.PGSQL.5433.lock"):
            lock.write_text(f"{other.pid}\n{data}\n0\n5433\n\n\n\n")
        with embedded.services("test", redis=False):
            assert ask("app", "SELECT 1") == 1
    finally:
        other.kill()
        other.wait()


def test_an_interrupted_first_start_leaves_nothing_in_the_way(folder: Path) -> None:
    places.prepare_data_dir()
    half = folder / ".initdb-half"
    (half / "new").mkdir(parents=True)
    with embedded.services("test", redis=False):
        assert ask("app", "SELECT 1") == 1
    assert not half.exists()


def test_servers_end_with_the_process_that_started_them(folder: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-m", "feedback_system.embedded", "--test"],
        stdout=subprocess.PIPE,
        cwd=places.PROJECT,
        env={k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")},
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    holder.kill()
    holder.communicate()
    deadline = time.monotonic() + 20
    while (Postgres("test").ready() or Redis("test").ready()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not Postgres("test").ready()
    assert not Redis("test").ready()
    with embedded.services("test"):
        assert ask("app", "SELECT 1") == 1


def test_with_servers_of_ones_own_a_command_starts_none(folder: Path) -> None:
    own = {"DATABASE_URL": "postgresql://localhost/x", "REDIS_URL": "redis://localhost"}
    command = [sys.executable, "-m", "feedback_system.embedded", "true"]
    subprocess.run(command, env=os.environ | own, check=True, cwd=places.PROJECT)
    assert not (folder / "postgres").exists()
    assert not (folder / "redis").exists()


def test_a_command_runs_with_the_servers_up(made: Path) -> None:
    code = (
        "import psycopg2; from feedback_system import embedded as e; psycopg2.connect(e.database_url('app')); print(7)"
    )
    done = subprocess.run(
        [sys.executable, "-m", "feedback_system.embedded", "--test", sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")},
        cwd=places.PROJECT,
    )
    assert done.stdout == "7\n"


def test_redis_answers_keeps_what_it_was_told_and_takes_over_no_socket(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if binaries.find_redis() is None:
        pytest.skip("no redis-server here")
    monkeypatch.setenv("HUIYIN_PROFILE", "run")  # tests keep nothing
    with embedded.services("run", postgres=False):
        with redis.Redis.from_url(embedded.redis_url(3)) as client:
            client.set("a", "b")
        again = Redis("run")
        again.start()
        assert again.process is None
    with embedded.services("run", postgres=False), redis.Redis.from_url(embedded.redis_url(3)) as client:
        assert client.get("a") == b"b"


def test_without_a_redis_server_there_is_no_address_and_the_database_runs_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "find_redis", lambda: None)
    assert embedded.redis_url(0) is None
    assert embedded.broker_url(0) is None
    with embedded.services("test") as running:
        assert running.redis is None


def test_without_an_embedded_postgresql_a_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_package", lambda name: None)
    with pytest.raises(embedded.EmbeddedError, match="set DATABASE_URL"):
        binaries.postgres_program("postgres")


def test_a_database_of_another_version_is_refused_with_a_sentence(folder: Path) -> None:
    places.prepare_data_dir()
    (folder / "postgres").mkdir()
    (folder / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(embedded.EmbeddedError, match="PostgreSQL 16 made the database"), embedded.services("test"):
        pass


def test_replaced_secrets_are_refused_with_a_sentence(made: Path) -> None:
    with embedded.services("test", redis=False):
        keys.path().unlink()
        keys._read.cache_clear()
        with pytest.raises(embedded.EmbeddedError, match="the file was replaced"):
            Postgres("test").start()


def test_damaged_secrets_are_refused_with_a_sentence(folder: Path) -> None:
    places.prepare_data_dir()
    keys.path().write_text("{")
    with pytest.raises(embedded.EmbeddedError, match="belong to another account or are damaged"):
        keys.read()
    keys.path().write_text("{}")
    with pytest.raises(embedded.EmbeddedError, match="lacks identity"):
        keys.read()


def test_a_socket_folder_that_others_could_use_is_refused(folder: Path) -> None:
    places.socket_dir().mkdir(mode=0o777)
    places.socket_dir().chmod(0o777)
    with pytest.raises(embedded.EmbeddedError, match="belongs to somebody else or is open to others"):
        places.make_socket_dir()


@needs_root
def test_root_does_not_run_the_servers_itself_and_opens_no_folder_above_them(folder: Path) -> None:
    top = folder.parents[1]
    top.mkdir(mode=0o700, parents=True)  # no way through
    state = None
    try:
        with embedded.services("test", redis=False) as running:
            state = places.state_dir()
            assert state.parent == Path("/var/lib")
            assert running.postgres.process is not None
            assert Path(f"/proc/{running.postgres.process.pid}").stat().st_uid != 0
            assert ask("app", "SELECT 1") == 1
        assert stat.S_IMODE(top.stat().st_mode) == 0o700
        top.chmod(0o755)
        assert places.state_dir() == state, "a folder that was opened later does not hide the database"
    finally:
        if state and state.parent == Path("/var/lib"):
            shutil.rmtree(state)


@needs_root
def test_a_database_that_its_account_can_no_longer_reach_is_not_replaced_by_an_empty_one(made: Path) -> None:
    with embedded.services("test", redis=False):
        pass
    made.parents[1].chmod(0o700)
    with pytest.raises(embedded.EmbeddedError, match="can no longer walk to that folder"), embedded.services("test"):
        pass


@needs_root
def test_what_root_leaves_in_the_data_folder_is_handed_over(folder: Path) -> None:
    places.prepare_data_dir()
    file = folder / "files" / "ab" / "x"
    file.parent.mkdir(parents=True)
    file.touch()
    foreign = folder / "something else"
    foreign.touch()
    places.give_our_folders_to_account()
    who = places.account()
    assert who is not None
    assert {file.stat().st_uid, file.parent.stat().st_uid} == {who.pw_uid}
    assert foreign.stat().st_uid == 0


def test_stop_insists_when_asking_does_not_help() -> None:
    from feedback_system.embedded.children import end

    deaf = subprocess.Popen(
        [sys.executable, "-c", "import signal, time; signal.signal(15, 1); print(1, flush=True); time.sleep(60)"],
        stdout=subprocess.PIPE,
    )
    assert deaf.stdout is not None
    deaf.stdout.readline()
    end(deaf, signal.SIGTERM, signal.SIGKILL, 0.2)
    assert deaf.returncode == -signal.SIGKILL
    deaf.stdout.close()
