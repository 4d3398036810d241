"""What many tests begin with is built once in each process and copied into each test: building takes half a second,
copying some hundredths of one.

Sequences are not taken back with a transaction, so numbers that a test draws never meet those of the recording.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

#: Filled by migrations and by Django itself, alike in every test.
_STANDING = {"django_migrations", "django_content_type", "auth_permission", "django_site"}
#: A trigger of theirs looks into another table, so they are written after it.
_LOOKS_ELSEWHERE = {"returns_refund"}
_COLUMNS = """
    SELECT table_name, string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position)
    FROM information_schema.columns WHERE table_schema = 'public' AND is_generated = 'NEVER' GROUP BY table_name
"""


@dataclass(frozen=True)
class Recording:
    """Rows by table and their columns, as COPY writes them; and what the builder returned."""

    rows: tuple[tuple[str, bytes], ...]
    result: bytes


def record(build: Callable[[], Any]) -> Recording:
    """Build it, remember every row, and take it back."""
    with transaction.atomic():
        before = set(_filled())
        result = build()
        columns = _columns()
        added = sorted((table for table in _filled() if table not in before), key=_LOOKS_ELSEWHERE.__contains__)
        rows = tuple((f"{table} ({columns[table]})", _copy_out(table, columns[table])) for table in added)
        transaction.set_rollback(True)
    return Recording(rows, pickle.dumps(result))


def replay(recording: Recording) -> Any:
    """Write the rows into this test's database; what the builder returned, in fresh objects."""
    with transaction.atomic(), connection.cursor() as cursor:  # references are checked at its end
        for target, content in recording.rows:
            cursor.copy_expert(f"COPY {target} FROM STDIN", io.BytesIO(content))
    return pickle.loads(recording.result)  # noqa: S301 - our own


def _columns() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS)
        return dict(cursor.fetchall())


def _filled() -> list[str]:
    """Tables with rows, but those that stand in every database."""
    tables = [name for name in connection.introspection.table_names() if name not in _STANDING]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"(SELECT '{name}' FROM {name} LIMIT 1)" for name in tables))
        found = {row[0] for row in cursor.fetchall()}
    return [name for name in tables if name in found]


def _copy_out(table: str, columns: str) -> bytes:
    written = io.BytesIO()
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} ({columns}) TO STDOUT", written)
    return written.getvalue()
