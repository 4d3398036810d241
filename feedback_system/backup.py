"""One file that holds everything: the database, the files of cases, the checkpoints of the history, the key.

A backup may be made while people work: the dump is one snapshot, and a file is always older than
the row that names it. A restore changes nothing before every byte of the backup has been compared
with its digest, and replaces the database in one transaction.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from feedback_system.pg_tools import environment, program, server_major

FORMAT = 1
DATABASE, MANIFEST, SECRET = "database.dump", "manifest.json", "secret.json"
_NAME = re.compile(r"huiyin-(\d{8}-\d{6})(?:-\d+)?\.tar")
_BLOCK = 1 << 20


class BackupFailed(Exception):
    """It did not work, and nothing was changed; the text says why and what to do."""


@dataclass(frozen=True)
class Place:
    """What belongs to one installation: where its database answers, and its folders by their name in a backup."""

    database_url: str
    folders: dict[str, Path]
    #: The key of sessions, links and chain, where the installation made it itself; empty when it is given from outside.
    secret_key: str = ""


@dataclass(frozen=True)
class Found:
    """A backup in the folder of backups."""

    path: Path
    at: datetime
    size: int


def here() -> Place:
    """This installation, by its settings."""
    from django.conf import settings

    from feedback_system import embedded

    folders = {"files": Path(settings.MEDIA_ROOT), "checkpoints": Path(settings.CHECKPOINT_DIR)}
    own = "" if os.environ.get("SECRET_KEY") else embedded.secret_key()
    return Place(settings.DATABASE_OWNER_URL, folders, own)


def latest(folder: Path | None = None) -> Found | None:
    """The newest backup of this machine's folder of backups."""
    from django.conf import settings

    place = folder or Path(settings.BACKUP_DIR)
    try:
        found = [path for path in place.iterdir() if _NAME.fullmatch(path.name)]
        newest = max(found, key=lambda path: path.name, default=None)
        facts = newest.stat() if newest else None
    except OSError:
        return None
    if newest is None or facts is None:
        return None
    return Found(newest, datetime.fromtimestamp(facts.st_mtime, UTC), facts.st_size)


# --- Writing -------------------------------------------------------------------------------------


def write(place: Place, target: Path, *, facts: dict[str, Any]) -> dict[str, Any]:
    """Write a backup; the file is there whole or not at all. Returns its manifest.

    ``facts`` are kept in the manifest: the kind of installation, its migrations, digests of its keys.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".part")
    try:
        with _private(draft) as out, tarfile.open(fileobj=out, mode="w") as archive:
            entries = dict(_write_all(place, archive, target.parent))
            made = datetime.now(UTC).isoformat(timespec="seconds")
            manifest = {"format": FORMAT, "made_at": made, **facts, "entries": entries}
            _add_bytes(archive, MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1).encode())
        draft.rename(target)
    finally:
        draft.unlink(missing_ok=True)
    return manifest


@contextmanager
def _private(path: Path) -> Iterator[BinaryIO]:
    """A new file for the owner's eyes, on the disk for good when the block ends."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        yield out
        out.flush()
        os.fsync(out.fileno())


def _write_all(place: Place, archive: tarfile.TarFile, folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    # The database first: whatever a row of this snapshot names lies in the folders by then.
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=folder) as name:
        dumped = Path(name) / DATABASE
        _dump(place.database_url, dumped)
        yield DATABASE, _add_file(archive, DATABASE, dumped)
    for label, root in place.folders.items():
        for path in sorted(root.rglob("*")) if root.exists() else []:
            if path.is_file() and not path.is_symlink():
                inside = f"{label}/{path.relative_to(root).as_posix()}"
                if (entry := _add_present(archive, inside, path)) is not None:
                    yield inside, entry
    if place.secret_key:
        yield SECRET, _add_bytes(archive, SECRET, json.dumps({"secret_key": place.secret_key}).encode())


def _dump(url: str, target: Path) -> None:
    command: list[str | Path] = [
        program("pg_dump", at_least=server_major(url)),
        "-Fc",
        "--no-owner",
        "--no-privileges",
        "-f",
        target,
    ]
    done = subprocess.run(command, env=environment(url), capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackupFailed(f"The database could not be dumped: {_last_line(done.stderr)} No backup was written.")


def _last_line(said: str) -> str:
    lines = [line for line in said.strip().splitlines() if line.strip()]
    return lines[-1] if lines else "no reason was given."


def _add_present(archive: tarfile.TarFile, inside: str, path: Path) -> dict[str, Any] | None:
    try:
        return _add_file(archive, inside, path)
    except FileNotFoundError:  # removed meanwhile: no row of the snapshot needs it, or it was erased on purpose
        return None


def _add_file(archive: tarfile.TarFile, inside: str, path: Path) -> dict[str, Any]:
    with path.open("rb") as stream:
        info = tarfile.TarInfo(inside)
        info.size, info.mtime, info.mode = os.fstat(stream.fileno()).st_size, int(path.stat().st_mtime), 0o640
        watched = _Watched(stream)
        archive.addfile(info, cast(IO[bytes], watched))
    return {"size": info.size, "sha256": watched.digest.hexdigest()}


def _add_bytes(archive: tarfile.TarFile, inside: str, content: bytes) -> dict[str, Any]:
    info = tarfile.TarInfo(inside)
    info.size, info.mode = len(content), 0o600
    archive.addfile(info, io.BytesIO(content))
    return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


class _Watched:
    """A stream whose digest is computed while it is read."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self.digest = stream, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """As the stream does."""
        block = self._stream.read(size)
        self.digest.update(block)
        return block


# --- Restoring -----------------------------------------------------------------------------------


def manifest_of(source: Path) -> dict[str, Any]:
    """What a backup says of itself. Raises BackupFailed for anything else than a whole backup."""
    try:
        with tarfile.open(source, mode="r:") as archive:
            stream = archive.extractfile(MANIFEST)
            found = json.load(stream) if stream else None
    except FileNotFoundError as error:
        raise BackupFailed(f"There is no file {source}. Nothing was changed.") from error
    except (tarfile.TarError, KeyError, ValueError, OSError) as error:
        raise BackupFailed(f"{source} is no whole backup ({type(error).__name__}). Nothing was changed.") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise BackupFailed(f"{source} was made by a version of the program that this one cannot read.")
    return found


@contextmanager
def unpacked(source: Path, place: Place) -> Iterator[dict[str, Path]]:
    """Every part of a backup beside the place it belongs to, each byte compared with its digest.

    The parts by name: "database.dump", the folders, and "secret.json" where there is one.
    """
    entries, staging = manifest_of(source)["entries"], {}
    try:
        for label, root in place.folders.items():
            root.parent.mkdir(parents=True, exist_ok=True)
            staging[label] = Path(tempfile.mkdtemp(prefix=f".{root.name}-restored-", dir=root.parent))
        first = next(iter(place.folders.values())).parent
        staging["."] = Path(tempfile.mkdtemp(prefix=".database-restored-", dir=first))
        _unpack(source, entries, staging)
        parts = {label: staging[label] for label in place.folders} | {DATABASE: staging["."] / DATABASE}
        yield parts | ({SECRET: staging["."] / SECRET} if SECRET in entries else {})
    finally:
        for folder in staging.values():
            shutil.rmtree(folder, ignore_errors=True)


def _unpack(source: Path, entries: dict[str, Any], staging: dict[str, Path]) -> None:
    seen = set()
    with tarfile.open(source, mode="r:") as archive:
        for member in archive:
            if member.name == MANIFEST:
                continue
            said, target = entries.get(member.name), _target(member, staging)
            stream = archive.extractfile(member) if target else None
            if said is None or target is None or stream is None:
                raise BackupFailed(
                    f"The backup holds “{member.name}”, which does not belong there. Nothing was changed."
                )
            if _copy(stream, target) != (said["size"], said["sha256"]):
                raise BackupFailed(
                    f"“{member.name}” in the backup is damaged. Nothing was changed; take another backup."
                )
            seen.add(member.name)
    if missing := sorted(set(entries) - seen):
        raise BackupFailed(f"The backup lacks {missing[0]} and {len(missing) - 1} more. Nothing was changed.")


def _target(member: tarfile.TarInfo, staging: dict[str, Path]) -> Path | None:
    """Where a part goes; nothing for a link, or for a name that leads out of its folder."""
    label, _slash, rest = member.name.partition("/")
    if not member.isreg():
        return None
    if not rest:
        return staging["."] / label if label in {DATABASE, SECRET} else None
    root = staging.get(label)
    target = (root / rest).resolve() if root else None
    return target if target and root and target.is_relative_to(root.resolve()) else None


def _copy(stream: IO[bytes], target: Path) -> tuple[int, str]:
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with target.open("wb") as out:
        while block := stream.read(_BLOCK):
            digest.update(block)
            size += len(block)
            out.write(block)
        out.flush()
        os.fsync(out.fileno())
    target.chmod(0o640)
    return size, digest.hexdigest()


def restore_database(url: str, dumped: Path) -> None:
    """Replace everything in the database by the dump, in one transaction: all of it, or nothing.

    The statements are written down first: a pg_restore that died in the middle of a pipe would look like the end.
    """
    major, statements = server_major(url), dumped.with_suffix(".sql")
    _run([program("pg_restore", at_least=major), "--no-owner", "--no-privileges", "-f", statements, dumped], url)
    anew = ("SET client_min_messages = warning", "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    psql: list[str | Path] = [program("psql", at_least=major), "-X", "-q", "-o", os.devnull, "-v", "ON_ERROR_STOP=1"]
    psql += ["--single-transaction", *(part for command in anew for part in ("-c", command)), "-f", statements]
    _run(psql, url)
    statements.unlink()


def _run(command: list[str | Path], url: str) -> None:
    done = subprocess.run(command, env=environment(url), capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackupFailed(f"The database was not restored: {_last_line(done.stderr)} It is as it was before.")


def replace_folder(root: Path, restored: Path) -> None:
    """Put a restored folder in the place of the present one; the present one goes when the new one stands."""
    old = root.with_name(f".{root.name}-before-restore")
    shutil.rmtree(old, ignore_errors=True)
    if root.exists():
        root.rename(old)
    restored.rename(root)
    root.chmod(0o750)
    shutil.rmtree(old, ignore_errors=True)
