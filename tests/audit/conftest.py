from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from audit.actor import Actor

if TYPE_CHECKING:  # conftests are read before Django is set up
    from audit.models import Event

MORNING = dt.datetime(2026, 11, 20, 1, 30, tzinfo=dt.UTC)
CLERK = Actor("staff", 7, "李四")


@pytest.fixture(autouse=True)
def checkpoint_dir(tmp_path: Path, settings: Any) -> Path:
    """Checkpoint files of this test alone."""
    settings.CHECKPOINT_DIR = str(tmp_path / "checkpoints")
    return tmp_path / "checkpoints"


@pytest.fixture
def write(db: None) -> Callable[..., Event]:
    """Append an event with sensible defaults."""
    from audit.actions import record

    def append(thread: str = "case:1", verb: str = "act", **values: Any) -> Event:
        return record(thread, verb, **{"by": CLERK, "at": MORNING, **values})

    return append


@pytest.fixture
def as_owner(db: None) -> Callable[..., int]:
    """Change rows as the owner of the tables, who switches triggers off and drops foreign keys."""
    from django.db import connection

    tables = ("audit_event", "audit_sealed", "audit_reading", "audit_checkpoint", "audit_checkpointhead")

    def run(sql: str, args: list[Any] | None = None) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for table in tables:
                _drop_foreign_keys(cursor, table)
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(sql, args)
            changed: int = cursor.rowcount
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        return changed

    return run


def _drop_foreign_keys(cursor: Any, table: str) -> None:
    cursor.execute("SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid = %s::regclass", [table])
    for (name,) in cursor.fetchall():
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
