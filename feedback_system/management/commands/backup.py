"""`manage.py backup`: one file with the database, the files, the checkpoints and the key."""

from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from feedback_system import backup, fingerprints, installation
from feedback_system.pg_tools import ToolsMissing


def facts() -> dict[str, Any]:
    """What a restore must know before it touches anything."""
    from django.db import connection

    applied = MigrationRecorder(connection).applied_migrations()
    return {
        "kind": installation.found_kind(),
        "migrations": sorted(f"{app}.{name}" for app, name in applied),
    } | fingerprints.of_this_installation()


def new_name(folder: Path, at: datetime) -> Path:
    """A name that sorts by time and is free."""
    stem = f"huiyin-{timezone.localtime(at):%Y%m%d-%H%M%S}"
    path, n = folder / f"{stem}.tar", 1
    while path.exists():
        path, n = folder / f"{stem}-{n}.tar", n + 1
    return path


class Command(BaseCommand):
    """Write a backup and say where it is."""

    help = "Write a backup: database, files, checkpoints and key in one file. People can go on working."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to."""
        parser.add_argument("--to", default="", help="the file to write; by default a new one in the folder of backups")

    def handle(self, *args: Any, **options: Any) -> None:
        """One line about the file, one about how to keep it."""
        target = Path(options["to"]) if options["to"] else new_name(Path(settings.BACKUP_DIR), timezone.now())
        if target.exists():
            raise CommandError(f"{target} is there already. Choose another name; nothing was written.")
        try:
            manifest = backup.write(backup.here(), target.absolute(), facts=facts())
        except (backup.BackupFailed, ToolsMissing) as problem:
            raise CommandError(str(problem)) from problem
        except OSError as problem:
            raise CommandError(f"The backup could not be written to {target}: {problem.strerror}.") from problem
        files = sum(name.startswith("files/") for name in manifest["entries"])
        self.stdout.write(f"{target.absolute()}: the database and {files} files, {target.stat().st_size:,} bytes.")
        self.stdout.write(
            "It holds personal data"
            + (" and the key of this installation" if backup.SECRET in manifest["entries"] else "")
            + ": keep a copy on another machine, where only few can read it."
        )
