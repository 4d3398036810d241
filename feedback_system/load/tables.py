"""Rows on their way into the tables: rendered at once, written in the background, kept in no list of objects."""

from __future__ import annotations

import io
import queue
import threading
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any, Self

from django.db import connection
from django.db.models import Model
from django.db.models.fields import NOT_PROVIDED

from organization.copying import NULL, render_of

#: So many rows of all tables wait before they are handed to the writer.
ROWS_AT_ONCE = 40_000


class Table:
    """One table. A row names only what differs from the model's defaults; keys go on behind the last one there.

    With ``only``, no other columns are written; the database gives the others, a key among them, by itself.
    """

    def __init__(self, model: type[Model], *, rendered: Iterable[str] = (), only: Sequence[str] = ()) -> None:
        every = {field.name: field for field in model._meta.concrete_fields}
        fields = [every[name] for name in only] or list(every.values())
        self.model = model
        columns = ", ".join(f'"{field.column}"' for field in fields)
        self.sql = f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN'
        self._render = {field.attname: render_of(model, field.attname) for field in fields} | dict.fromkeys(
            rendered, str
        )
        self._columns = {field.attname: (n, self._render[field.attname]) for n, field in enumerate(fields)}
        self._blank = [self._default(field) for field in fields]
        self._key = model._meta.pk.attname
        self.counts = model._meta.pk.get_internal_type() == "BigAutoField"
        self._following = _first_free(model) if self.counts else 0
        self.lines: list[str] = []

    def _default(self, field: Any) -> str:
        if field.default is NOT_PROVIDED:
            return NULL if field.null or field.primary_key else ""
        return self._render[field.attname](field.get_default())

    def peek(self) -> int:
        """The primary key that comes next."""
        return self._following

    def take_key(self) -> int:
        """The next primary key, for rows that others refer to before they are written."""
        self._following += 1
        return self._following - 1

    def add(self, **values: Any) -> Any:
        """One row; returns its primary key."""
        row = self._blank.copy()
        if self.counts and self._key not in values:
            values[self._key] = self.take_key()
        for name, value in values.items():
            if value is None:
                row[self._columns[name][0]] = NULL
            else:
                place, render = self._columns[name]
                row[place] = render(value)
        self.lines.append("\t".join(row))
        return values.get(self._key)


class Writer:
    """Copies what the tables gathered in a thread of its own, over the one connection and in its transaction.

    Nobody else may use the connection between ``__enter__`` and ``__exit__``.
    """

    def __init__(self, tables: Iterable[Table]) -> None:
        self.tables = list(tables)
        self._queue: queue.Queue[tuple[str, str] | None] = queue.Queue(maxsize=len(self.tables) * 2)
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Self:
        connection.ensure_connection()
        self._cursor = connection.connection.cursor()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.flush(everything=True)
        self._queue.put(None)
        self._thread.join()
        self._cursor.close()
        if self._failure and kind is None:
            raise self._failure

    def flush(self, *, everything: bool = False) -> None:
        """Hand over what waits, once it is worth it."""
        if self._failure:
            raise self._failure
        if not everything and sum(len(table.lines) for table in self.tables) < ROWS_AT_ONCE:
            return
        for table in self.tables:
            if table.lines:
                table.lines.append("")
                self._queue.put((table.sql, "\n".join(table.lines)))
                table.lines = []

    def _work(self) -> None:
        while (job := self._queue.get()) is not None:
            if self._failure:
                continue  # drain, so that nobody waits for ever
            try:
                self._cursor.copy_expert(job[0], io.StringIO(job[1]))
            except BaseException as error:
                self._failure = error


def _first_free(model: type[Model]) -> int:
    last = model._default_manager.order_by("-pk").values_list("pk", flat=True).first()
    return (last or 0) + 1


def move_sequences(tables: Iterable[Table]) -> None:
    """Let the next ordinary row go on behind the last one written."""
    with connection.cursor() as cursor:
        for table in tables:
            if table.counts:
                name = table.model._meta.db_table
                cursor.execute(
                    "SELECT setval(pg_get_serial_sequence(%s, 'id'), greatest(1, (SELECT max(id) FROM "  # noqa: S608
                    f'"{name}")))',
                    [name],
                )
