"""PostgreSQL's own programs for dumping and restoring: which ones, and how they find the database."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg2

from feedback_system.embedded import EmbeddedError
from feedback_system.embedded.binaries import postgres_program


class ToolsMissing(Exception):
    """No fitting program is there; the text says what to install."""


def environment(url: str) -> dict[str, str]:
    """Variables with which the programs find a database: a password on the command line could be read by everybody."""
    parts = urlsplit(url)
    found = {
        "PGHOST": unquote(parts.hostname or ""),
        "PGPORT": str(parts.port or 5432),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": unquote(parts.path.lstrip("/")),
        "PGCLIENTENCODING": "UTF8",
        # The application's roles have short limits; a dump takes as long as it takes.
        "PGOPTIONS": "-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {name: value for name, value in found.items() if value}


def server_major(url: str) -> int:
    """The server's version: a dump needs a program that is at least as new."""
    connection = psycopg2.connect(url)
    try:
        return int(connection.server_version) // 10_000
    finally:
        connection.close()


def program(name: str, *, at_least: int) -> Path:
    """pg_dump, pg_restore or psql: from the wheel, else from the machine. Raises ToolsMissing."""
    candidates = []
    with contextlib.suppress(EmbeddedError):
        candidates.append(postgres_program(name))
    if found := shutil.which(name):
        candidates.append(Path(found))
    for candidate in candidates:
        if _major(candidate) >= at_least:
            return candidate
    raise ToolsMissing(
        f"There is no {name} for PostgreSQL {at_least} on this machine. Install the client programs of PostgreSQL "
        f"{at_least} or later (on Debian: apt-get install postgresql-client), and try again. Nothing was changed."
    )


def _major(candidate: Path) -> int:
    try:
        said = subprocess.run([candidate, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    found = re.search(r"(\d+)(?:\.\d+)?", said)
    return int(found[1]) if found else 0
