"""What was erased, kept outside the database: a backup from before brings nobody back (quality 76).

One line of JSON per erasure: keys and the moment, no words. The line is on the disk before the erasure is committed;
of an erasure that was then rolled back it says only what was decided, and a restore would carry it out.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.conf import settings

from organization.traces import Subject


def note(subject: Subject, *, at: datetime) -> None:
    """Write an erasure down, on the disk for good."""
    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True)
    line = {
        "at": at.isoformat(),
        "customers": sorted(subject.customers),
        "cases": sorted(subject.cases),
        "communications": sorted(subject.communications),
    }
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "ab") as out:
        out.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")
        out.flush()
        os.fsync(out.fileno())


def erased() -> Iterator[tuple[datetime, Subject]]:
    """Every erasure of this installation and its moment, oldest first; a line left half by a crash is passed over."""
    try:
        lines = _path().read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        try:
            found = json.loads(line)
        except ValueError:
            continue
        keys = [frozenset(found[name]) for name in ("customers", "cases", "communications")]
        yield datetime.fromisoformat(found["at"]), Subject(keys[0], keys[1], keys[2])


def _path() -> Path:
    return Path(settings.ERASURES_DIR) / "ledger.jsonl"
