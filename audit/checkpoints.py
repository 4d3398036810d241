"""Daily checkpoints: the heads of all touched threads, chained, in the database and in a file.

The file belongs on something that the owner of the database cannot rewrite (another account's folder, WORM, a mail);
the number and hash also stand in the monthly report.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from audit import chain
from audit.models import Checkpoint, CheckpointHead

_LOCK = 0x6875_6979  # any number that nothing else in this database locks
_CHUNK = 5000


@dataclass(frozen=True, slots=True)
class Written:
    """What a checkpoint's file says."""

    number: int
    hash: str
    digest: str


@transaction.atomic
def make_checkpoint(*, at: dt.datetime) -> Checkpoint | None:
    """Write today's checkpoint; None if there is one of this local day already, or another process is writing it.

    Heads are marked as checked after the commit and only where nobody holds them: an unmarked head merely stands in
    the next checkpoint once more.
    """
    if not _only_one():
        return None
    last = Checkpoint.objects.order_by("-number").first()
    if last and timezone.localdate(last.at) >= timezone.localdate(at):
        return None
    number = last.number + 1 if last else 1
    events = _scalar("SELECT coalesce(sum(seq), 0) FROM audit_head")
    _copy_heads(number)
    path = file_of(number)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    with draft.open("wb") as file:
        threads, digest = _write_heads(number, file)
        checkpoint = Checkpoint(
            number=number,
            at=at,
            threads=threads,
            events=events,
            digest=digest,
            prev=last.hash if last else "",
        )
        checkpoint.hash = chain.checkpoint_hash(settings.AUDIT_KEY.encode(), checkpoint.as_row())
        file.write(_footer(checkpoint).encode())
        file.flush()
        os.fsync(file.fileno())
    checkpoint.save(force_insert=True)
    transaction.on_commit(partial(_publish, draft, path))
    transaction.on_commit(partial(_mark, number), robust=True)
    return checkpoint


def file_of(number: int) -> Path:
    """Where the checkpoint of this number lies."""
    return Path(settings.CHECKPOINT_DIR) / f"checkpoint-{number:06d}.txt"


def read_file(number: int) -> Written | None:
    """What the file of this number says: its digest computed from its lines. None if there is no (whole) file."""
    path = file_of(number)
    if not path.exists():
        _publish(path.with_suffix(".draft"), path)  # a crash between commit and renaming
    try:
        with path.open("rb") as file:
            return _parse(number, file)
    except (OSError, UnicodeDecodeError):
        return None


def numbers_on_disk() -> list[int]:
    """The numbers of all checkpoint files."""
    found = (path.stem.rpartition("-")[2] for path in Path(settings.CHECKPOINT_DIR).glob("checkpoint-*.txt"))
    return sorted(int(number) for number in found if number.isdigit())


def heads_in_order(number: int) -> Iterator[tuple[str, int, str]]:
    """The heads of a checkpoint as (thread, seq, hash), by thread, read in chunks."""
    rows = CheckpointHead.objects.filter(checkpoint_id=number).order_by("thread")
    return rows.values_list("thread", "seq", "hash").iterator(chunk_size=_CHUNK)


def _only_one() -> bool:
    return bool(_scalar("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK]))


def _copy_heads(number: int) -> None:
    """One statement, so one moment for all threads; their checkpoint's row follows (the foreign key waits)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_checkpointhead (checkpoint_id, thread, seq, hash)"
            " SELECT %s, thread, seq, hash FROM audit_head WHERE seq > checked_seq",
            [number],
        )


def _write_heads(number: int, file: IO[bytes]) -> tuple[int, str]:
    digest, threads = hashlib.sha256(), 0
    for head in heads_in_order(number):
        line = chain.head_line(*head)
        digest.update(line)
        file.write(line)
        threads += 1
    return threads, digest.hexdigest()


def _footer(point: Checkpoint) -> str:
    lines = {
        "checkpoint": point.number,
        "at": point.at.isoformat(),
        "threads": point.threads,
        "events": point.events,
        "digest": point.digest,
        "hash": point.hash,
    }
    return "".join(f"# {name} {value}\n" for name, value in lines.items())


def _parse(number: int, file: IO[bytes]) -> Written | None:
    digest, said = hashlib.sha256(), {}
    for line in file:
        if line.startswith(b"# "):
            name, _, value = line.decode().removeprefix("# ").strip().partition(" ")
            said[name] = value
        else:
            digest.update(line)
    if said.get("checkpoint") != str(number) or "hash" not in said:
        return None
    return Written(number, said["hash"], digest.hexdigest())


def _publish(draft: Path, path: Path) -> None:
    if draft.exists() and not path.exists():
        draft.chmod(0o440)
        draft.rename(path)


def _mark(number: int) -> None:
    """Note in the heads what the checkpoint holds. Short transactions that wait for nobody."""
    last = ""
    while True:
        rows = list(
            CheckpointHead.objects.filter(checkpoint_id=number, thread__gt=last)
            .order_by("thread")
            .values_list("thread", "seq")[:_CHUNK]
        )
        if not rows:
            return
        last = rows[-1][0]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                """
                UPDATE audit_head SET checked_seq = free.seq FROM (
                    SELECT head.thread, mark.seq FROM audit_head AS head
                    JOIN unnest(%s::text[], %s::int[]) AS mark (thread, seq) ON mark.thread = head.thread
                    WHERE head.checked_seq < mark.seq FOR UPDATE OF head SKIP LOCKED
                ) AS free WHERE audit_head.thread = free.thread
                """,
                [list(column) for column in zip(*rows, strict=True)],
            )


def _scalar(sql: str, args: list[Any] | None = None) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, args)
        return cursor.fetchone()[0]
