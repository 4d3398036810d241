"""Backup, wipe, restore: everything is as it was, or nothing was changed (quality: T9, threat 76)."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg2
import pytest
from django.conf import settings
from psycopg2 import sql

from feedback_system import backup
from feedback_system.backup import BackupFailed, Place
from feedback_system.pg_tools import environment, program

# One process for the module: its installation takes a minute to make.
pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("backup")]
PROJECT = Path(__file__).resolve().parents[2]

#: One more case, so that what was restored is not what was there last.
ONE_MORE = """
from audit.actor import Actor
from cases.actions.intake import Intake, Reporter, open_case
from cases.models import Channel, Kind
from organization.models import User
for n in range({count}):
    intake = Intake(kind=Kind.objects.get(code="praise"), channel=Channel.objects.get(code="phone"), text=f"谢谢 {{n}}",
                    reporter=Reporter(name="周慧", phone="13805126634"))
    print(open_case(intake, by=Actor.staff(User.objects.get(username="linxiao"))).number)
"""
CHECKPOINT = "from django.utils import timezone; from audit.checkpoints import make_checkpoint; make_checkpoint(at=timezone.now())"


def renamed(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


@dataclass
class Installation:
    """A data folder and a database of its own, worked on by manage.py as people do."""

    database: str
    data: Path

    @property
    def owner_url(self) -> str:
        return renamed(settings.DATABASE_OWNER_URL, self.database)

    @property
    def environment(self) -> dict[str, str]:
        mine = {"HUIYIN_PROFILE", "REDIS_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE", "HUIYIN_PROCESS"}
        kept = {name: value for name, value in os.environ.items() if name not in mine}
        return kept | {
            "DATABASE_URL": renamed(settings.DATABASE_URL, self.database),
            "DATABASE_OWNER_URL": self.owner_url,
            "HUIYIN_DATA": str(self.data),
            "DEMO": "1",
            "LOG_LEVEL": "ERROR",
        }

    def manage(self, *arguments: str, ok: bool = True, **more: str) -> str:
        """Run a command; what it said. Fails the test when it ends otherwise than expected."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=PROJECT, env=self.environment | more, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode == 0) == ok, done.stdout + done.stderr
        return done.stdout + done.stderr

    def shell(self, code: str) -> str:
        return self.manage("shell", "--no-imports", "-c", code)

    def backup(self) -> Path:
        self.manage("backup")
        found = backup.latest(self.data / "backups")
        assert found
        return found.path

    def connect(self) -> Any:
        return psycopg2.connect(self.owner_url)

    def wipe(self) -> None:
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        for name in ("files", "checkpoints"):
            shutil.rmtree(self.data / name, ignore_errors=True)

    def state(self) -> dict[str, str]:
        """Every table's rows, every sequence, every file, as digests; sorted, so that order does not matter."""
        found: dict[str, str] = {}
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
            for (table,) in cursor.fetchall():
                query = "SELECT md5(coalesce(string_agg(row, E'\\n' ORDER BY row), '')), count(*) FROM (SELECT t::text AS row FROM {} t) s"
                cursor.execute(sql.SQL(query).format(sql.Identifier(table)))
                found[table] = str(cursor.fetchone())
            cursor.execute("SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'")
            found |= {name: str(last) for name, last in cursor.fetchall()}
        for label in ("files", "checkpoints"):
            root = self.data / label
            for path in root.rglob("*"):
                if path.is_file():
                    found[str(path.relative_to(self.data))] = hashlib.sha256(path.read_bytes()).hexdigest()
        return found


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Installation]]:
    """Installations beside the test database, removed at the end."""
    made: list[str] = []

    def one() -> Installation:
        name = f"huiyin_backup_{uuid4().hex[:12]}"
        _administer(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        made.append(name)
        return Installation(name, tmp_path_factory.mktemp("installation"))

    yield one
    for name in made:
        _administer(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _administer(statement: sql.Composed) -> None:
    connection = psycopg2.connect(settings.DATABASE_OWNER_URL)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()


@dataclass
class Saved:
    """The demo organisation with files and a checkpoint, its state, and the backup of it. Tests leave it so."""

    place: Installation
    state: dict[str, str]
    file: Path


@pytest.fixture(scope="module")
def saved(make: Callable[[], Installation]) -> Saved:
    place = make()
    place.manage("prepare")
    place.manage("seed_demo")
    place.shell(CHECKPOINT)
    for n in range(3):
        path = place.data / "files" / "originals" / f"{n:02}" / f"file-{n}"
        path.parent.mkdir(parents=True)
        path.write_bytes(os.urandom(200_000 + n))
    return Saved(place, place.state(), place.backup())


@pytest.mark.req("SEC-09")
def test_wiped_and_restored_everything_is_as_it_was_and_goes_on(saved: Saved) -> None:
    place = saved.place
    number = place.shell(ONE_MORE.format(count=1)).split()[-1]  # after the backup: lost by the restore
    place.wipe()
    said = place.manage("restore", str(saved.file))
    assert place.state() == saved.state
    assert "verify_audit" in said
    assert place.shell(ONE_MORE.format(count=1)).split()[-1] == number  # the counter goes on where it was
    # Over data it needs a word more.
    said = place.manage("restore", str(saved.file), ok=False)
    assert "--wipe" in said
    assert "people" in said
    place.manage("restore", str(saved.file), "--wipe")
    assert place.state() == saved.state
    assert {path.name for path in place.data.iterdir() if path.name.startswith(".")} == set()


def test_another_machine_takes_the_key_along(saved: Saved, make: Callable[[], Installation]) -> None:
    other = make()
    other.manage("compile_catalogues")  # any command makes a key of its own
    assert _key(other) != _key(saved.place)
    other.manage("restore", str(saved.file))  # verifies the history, which only the right key can
    assert _key(other) == _key(saved.place)
    assert other.state() == saved.state


def _key(place: Installation) -> str:
    return str(json.loads((place.data / "secrets.json").read_text())["secret_key"])


def test_without_the_fitting_key_nothing_is_restored(saved: Saved, make: Callable[[], Installation]) -> None:
    other = make()
    target = saved.place.data / "given.tar"
    saved.place.manage("backup", "--to", str(target), SECRET_KEY="given-from-outside-" + "x" * 40)
    said = other.manage("restore", str(target), ok=False, SECRET_KEY="another-one-" + "y" * 40)
    assert "AUDIT_KEY" in said
    assert other.state() == {}


@pytest.mark.parametrize("name", ["SECRET_KEY", "AUDIT_KEY", "ACCESS_KEY"])
def test_a_key_of_the_environment_that_does_not_fit_stops_a_restore_before_it_begins(
    saved: Saved, make: Callable[[], Installation], name: str
) -> None:
    other = make()
    said = other.manage("restore", str(saved.file), ok=False, **{name: "of-another-place-" + "z" * 40})
    assert f"another {name}" in said
    assert "Nothing was changed" in said
    assert other.state() == {}


def test_a_demo_is_not_restored_into_a_real_installation(saved: Saved, make: Callable[[], Installation]) -> None:
    other = make()
    assert "DEMO=1" in other.manage("restore", str(saved.file), ok=False, DEMO="0")
    assert other.state() == {}


def test_while_the_program_runs_nothing_is_restored(saved: Saved) -> None:
    connection = saved.place.connect()
    try:
        said = saved.place.manage("restore", str(saved.file), "--wipe", ok=False)
    finally:
        connection.close()
    assert "still running" in said
    assert saved.place.state() == saved.state


def test_a_damaged_backup_changes_nothing(saved: Saved, tmp_path: Path) -> None:
    content = bytearray(saved.file.read_bytes())
    content[len(content) // 2] ^= 1
    damaged = tmp_path / "damaged.tar"
    damaged.write_bytes(content)
    assert "damaged" in saved.place.manage("restore", str(damaged), "--wipe", ok=False)
    damaged.write_bytes(saved.file.read_bytes()[:-20_000])
    assert "Nothing was changed" in saved.place.manage("restore", str(damaged), "--wipe", ok=False)
    assert saved.place.state() == saved.state


def test_a_dump_that_does_not_fit_leaves_the_database_as_it_was(saved: Saved, tmp_path: Path) -> None:
    broken = tmp_path / "database.dump"
    command = [program("pg_dump", at_least=14), "-Fc", "--data-only", "--no-owner", "-f", broken]
    subprocess.run(command, env=environment(saved.place.owner_url), check=True)  # rows without their tables
    with pytest.raises(BackupFailed) as refused:
        backup.restore_database(saved.place.owner_url, broken)
    assert "as it was before" in str(refused.value)
    assert saved.place.state() == saved.state


def test_the_file_is_for_the_owners_eyes_and_is_there_whole_or_not_at_all(saved: Saved) -> None:
    assert saved.file.stat().st_mode & 0o777 == 0o600
    assert saved.place.manage("backup", "--to", str(saved.file), ok=False)
    assert not list(saved.file.parent.glob("*.part"))
    assert not list(saved.file.parent.glob(".backup-*"))


def test_the_password_of_the_database_stands_on_no_command_line() -> None:
    found = environment("postgresql://me:se%40cret@%2Ftmp%2Fsock:5433/db")
    assert (found["PGPASSWORD"], found["PGHOST"], found["PGPORT"]) == ("se@cret", "/tmp/sock", "5433")


@pytest.mark.prove
def test_a_backup_made_while_people_work_is_one_moment(make: Callable[[], Installation]) -> None:
    lived_in = make()
    lived_in.manage("prepare")
    lived_in.manage("seed_demo")
    busy = subprocess.Popen(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", ONE_MORE.format(count=400)],
        cwd=PROJECT, env=lived_in.environment, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    files = [lived_in.backup() for _n in range(3)]
    busy.wait(300)
    for file in files:
        other = make()
        other.manage("restore", str(file))  # verifies the chain
        query = "from cases.models import Case; from organization.models import Counter; print(Case.objects.count(), Counter.objects.get(series='case').last)"
        count, last = other.shell(query).split()[-2:]
        assert count == last


# --- The archive by itself ----------------------------------------------------------------------------


def archive(path: Path, parts: dict[str, bytes], **manifest: Any) -> Path:
    """A backup made by hand."""
    said = {name: {"size": len(body), "sha256": hashlib.sha256(body).hexdigest()} for name, body in parts.items()}
    body = json.dumps({"format": backup.FORMAT, "entries": said} | manifest).encode()
    with tarfile.open(path, "w") as out:
        for name, content in (parts | {backup.MANIFEST: body}).items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            out.addfile(info, io.BytesIO(content))
    return path


def place_in(folder: Path) -> Place:
    return Place(
        "postgresql://nobody@127.0.0.1:1/none", {"files": folder / "files", "checkpoints": folder / "checkpoints"}
    )


@pytest.mark.parametrize("name", ["files/../../evil", "/etc/evil", "files/a/../../../evil", "other/file", "evil"])
def test_a_part_that_leads_out_of_its_folder_is_refused(tmp_path: Path, name: str) -> None:
    file = archive(tmp_path / "b.tar", {name: b"x"})
    with pytest.raises(BackupFailed), backup.unpacked(file, place_in(tmp_path)):
        pass
    assert {path.name for path in tmp_path.iterdir()} == {"b.tar"}


def test_a_link_in_a_backup_is_refused(tmp_path: Path) -> None:
    file = archive(tmp_path / "b.tar", {"files/a": b"x"})
    with tarfile.open(file, "a") as out:
        info = tarfile.TarInfo("files/link")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        out.addfile(info)
    with pytest.raises(BackupFailed), backup.unpacked(file, place_in(tmp_path)):
        pass


def test_a_part_that_is_missing_is_named(tmp_path: Path) -> None:
    whole = archive(tmp_path / "a.tar", {"files/a": b"x", "files/b": b"y"})
    said = backup.manifest_of(whole)["entries"]
    file = archive(tmp_path / "b.tar", {"files/a": b"x"}, entries=said)
    with pytest.raises(BackupFailed) as refused, backup.unpacked(file, place_in(tmp_path)):
        pass
    assert "files/b" in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"no archive", b"\0" * 10_240])
def test_what_is_no_backup_is_refused_with_a_sentence(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "b.tar"
    file.write_bytes(content)
    with pytest.raises(BackupFailed):
        backup.manifest_of(file)
    with pytest.raises(BackupFailed):
        backup.manifest_of(tmp_path / "absent.tar")
    with pytest.raises(BackupFailed):
        backup.manifest_of(archive(tmp_path / "newer.tar", {}, format=99))


def test_files_are_written_and_unpacked_byte_for_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = place_in(tmp_path)
    (place.folders["files"] / "a" / "中文").mkdir(parents=True)
    (place.folders["files"] / "a" / "中文" / "x").write_bytes(os.urandom(3_000_000))
    (place.folders["files"] / "empty").write_bytes(b"")
    monkeypatch.setattr(backup, "_dump", lambda url, target: target.write_bytes(b"dump"))
    backup.write(place, tmp_path / "out" / "b.tar", facts={})
    with backup.unpacked(tmp_path / "out" / "b.tar", place) as parts:
        assert (parts["files"] / "a" / "中文" / "x").read_bytes() == (
            place.folders["files"] / "a" / "中文" / "x"
        ).read_bytes()
        assert (parts["files"] / "empty").read_bytes() == b""
        assert parts[backup.DATABASE].read_bytes() == b"dump"
        backup.replace_folder(place.folders["files"], parts["files"])
    assert (place.folders["files"] / "empty").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"files", "out"}
