"""Demo data never share a database or a data folder with real data: both are marked at the first start."""

from pathlib import Path

from django.db import connection
from django.utils import timezone

from feedback_system.embedded import data_dir
from feedback_system.models import Installation

_DEMO, _REAL = Installation.Kind.DEMO.value, Installation.Kind.REAL.value


class WrongKind(Exception):
    """DEMO asks for one kind and finds the other; the text says what to do. Nothing was changed."""


def _mark() -> Path:
    return data_dir() / "kind"


def found_kind() -> str | None:
    """What the database says; "real" for one that has tables but no mark, None for an empty one."""
    tables = connection.introspection.table_names()
    if Installation._meta.db_table in tables and (row := Installation.objects.first()):
        return row.kind
    return _REAL if "django_migrations" in tables else None


def check(kind: str) -> None:
    """Before anything is migrated. Raises WrongKind."""
    other_way = "DEMO=0" if kind == _DEMO else "DEMO=1"
    mark = _mark()
    if mark.exists() and (found := mark.read_text(encoding="utf-8").strip()) != kind:
        raise WrongKind(
            f"The data folder {data_dir()} belongs to a {found} installation, and this start asks for a {kind} one. "
            f"Start with {other_way}, or give this one its own HUIYIN_DATA."
        )
    found_in_database = found_kind()
    if found_in_database not in (None, kind):
        raise WrongKind(
            f"The database is that of a {found_in_database} installation, and this start asks for a {kind} one. "
            f"Start with {other_way}, or set DATABASE_URL to another database."
        )


def claim(kind: str) -> None:
    """Mark the migrated database and the data folder."""
    Installation.objects.get_or_create(id=1, defaults={"kind": kind, "made_at": timezone.now()})
    data_dir().mkdir(parents=True, exist_ok=True)
    _mark().write_text(kind + "\n", encoding="utf-8")
