"""Work that only one process may be at: a right of the database that ends with its connection, also by kill -9."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from audit.exceptions import InvalidMove


@contextmanager
def only_one(what: str, *, refusal: str) -> Iterator[None]:
    """Nobody else is at ``what`` meanwhile; raises ``InvalidMove`` with ``refusal`` where somebody is already."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [what])
        if not cursor.fetchone()[0]:
            raise InvalidMove(refusal)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [what])
