"""`manage.py restore FILE`: bring a backup back, after every byte of it was checked."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from feedback_system import backup, embedded, fingerprints, installation
from feedback_system.embedded import keys
from feedback_system.pg_tools import ToolsMissing


class Command(BaseCommand):
    """Check, replace, grant rights, verify."""

    help = "Restore a backup into an empty database; with --wipe into one that holds data, which are lost."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Which file, and whether present data may go."""
        parser.add_argument("file")
        parser.add_argument("--wipe", action="store_true", help="yes: everything that is there now is lost")

    def handle(self, *args: Any, **options: Any) -> None:
        """Nothing is changed before the last check has passed."""
        if not options["file"]:
            raise CommandError("Say which backup: make restore FILE=var/backups/huiyin-….tar")
        source, place = Path(options["file"]).absolute(), backup.here()
        try:
            manifest = backup.manifest_of(source)
            self._check(manifest, wipe=options["wipe"])
            self.stdout.write(f"Checking {source} …")
            with backup.unpacked(source, place) as parts:
                secret_key = _brought(parts)
                if misfits := fingerprints.misfits(manifest, brought=secret_key):
                    raise CommandError(fingerprints.refusal(misfits, brought=secret_key))
                self._check_nobody_else()
                connection.close()
                backup.restore_database(place.database_url, parts[backup.DATABASE])
                for label, root in place.folders.items():
                    backup.replace_folder(root, parts[label])
                if secret_key:
                    _take_key(secret_key)
        except (backup.BackupFailed, ToolsMissing) as problem:
            raise CommandError(str(problem)) from problem
        embedded.places.give_our_folders_to_account()
        self._finish(manifest)

    def _check(self, manifest: dict[str, Any], *, wipe: bool) -> None:
        kind = "demo" if settings.DEMO else "real"
        if manifest["kind"] not in {None, kind}:
            other = "1" if manifest["kind"] == "demo" else "0"
            raise CommandError(
                f"This is the backup of a {manifest['kind']} installation, and this one is {kind}. "
                f"Run it with DEMO={other}. Nothing was changed."
            )
        known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
        if newer := sorted(set(manifest["migrations"]) - known):
            raise CommandError(
                f"The backup was made by a newer version of the program (it has {newer[0]}). Update the program first. "
                "Nothing was changed."
            )
        if not wipe and (held := _held()):
            raise CommandError(
                f"This database holds data: {held}. A restore would lose them. If that is what you want, run it again "
                "with --wipe (make restore FILE=… WIPE=1). Nothing was changed."
            )

    def _check_nobody_else(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND backend_type = 'client backend'"
            )
            others = cursor.fetchone()[0]
        if others:
            raise CommandError(
                f"The program is still running: {others} connections to the database are open. Stop it (Ctrl-C where "
                "“make run” runs, or docker compose stop) and try again. Nothing was changed."
            )

    def _finish(self, manifest: dict[str, Any]) -> None:
        # In processes of their own, which read the restored key.
        environment = os.environ | {"HUIYIN_PROCESS": "owner"}
        for command in ("prepare", "repeat_erasures", "verify_audit"):
            self.stdout.write(f"{command} …")
            step = [sys.executable, "manage.py", command]
            if subprocess.run(step, cwd=settings.BASE_DIR, env=environment, check=False).returncode:
                raise CommandError(f"The data are back, but “{command}” failed. The reason stands above.")
        self.stdout.write(f"Restored: the state of {manifest['made_at']}. Start the program now.")


def _held() -> str:
    """What would be lost, in words; empty for a database without people."""
    if installation.found_kind() is None:
        return ""
    from cases.models import Case
    from organization.models import User

    tables = connection.introspection.table_names()
    if User._meta.db_table not in tables or Case._meta.db_table not in tables:
        return "tables of another program"
    people, cases = User.objects.count(), Case.objects.count()
    return f"{people} people and {cases} cases" if people or cases else ""


def _brought(parts: dict[str, Path]) -> str:
    """The secret key that lies in the backup; empty where that installation was given one from outside."""
    if backup.SECRET not in parts:
        return ""
    return str(json.loads(parts[backup.SECRET].read_text(encoding="utf-8"))["secret_key"])


def _take_key(secret_key: str) -> None:
    """The restored installation's own key, so that chain and links fit; passwords of the database stay."""
    if os.environ.get("SECRET_KEY") or secret_key == embedded.secret_key():
        return
    path = keys.path()
    held = json.loads(path.read_text(encoding="utf-8")) | {"secret_key": secret_key}
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump(held, out, indent=1)
        out.flush()
        os.fsync(out.fileno())
    owner = path.stat()
    if os.geteuid() == 0:
        os.chown(draft, owner.st_uid, owner.st_gid)
    draft.replace(path)
