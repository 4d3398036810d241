"""``manage.py import_customers FILE --by LOGIN``: a table of customers, also a very large one (CUS-29, quality 74)."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.exceptions import DomainError
from customers import rights
from customers.actions import imports
from customers.imports.columns import Target, targets
from customers.imports.mapping import header_digest, propose, restored
from customers.models import CustomerImport, CustomerType, ImportState
from customers.queries.grants import reads_all_files
from customers.queries.imports import refused_lines, usual_mapping
from documents.sheets import free_path, write_errors
from organization.models import User
from organization.queries import identity_of

_EVERY_S = 10.0


class Command(BaseCommand):
    """Check the table, then import it; the same engine as in the browser, without its limit of rows."""

    help = "Import customers from a CSV or XLSX file. The same file once more changes nothing."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """What the columns mean, and who answers for it."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--by", required=True, metavar="LOGIN", help="Who imports: heads the customers' files.")
        parser.add_argument(
            "--map", action="append", default=[], metavar="COLUMN=FIELD", help="Where the titles do not say it."
        )
        parser.add_argument("--system", default="", help="Name of the system whose numbers the table has.")
        parser.add_argument("--type", default=CustomerType.PERSON, choices=CustomerType.values)
        parser.add_argument("--reason", default="", help="Reason of classes where the table names none.")
        parser.add_argument("--sheet", default="", help="Sheet of a workbook; the first visible one by default.")
        parser.add_argument("--all-or-nothing", action="store_true")
        parser.add_argument("--dry-run", action="store_true", help="Check only.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ends with a report, and with a file of the refused rows where there are any."""
        by = User.objects.filter(username=options["by"], is_active=True).first()
        if by is None or not rights.heads_the_files(identity_of(by)):
            raise CommandError(_("“%(name)s” is nobody who heads the customers' files.") % {"name": options["by"]})
        if not options["file"].is_file():
            raise CommandError(_("There is no file “%(path)s”.") % {"path": options["file"]})
        with translation.override(by.language):
            try:
                self._import(options, by)
            except DomainError as refusal:
                raise CommandError(refusal.message) from refusal

    def _import(self, options: dict[str, Any], by: User) -> None:
        path: Path = options["file"]
        row = imports.open_local(path, by=by, sheet=options["sheet"])
        known = targets(whole_file=reads_all_files(identity_of(by)))
        meaning = imports.Meaning(
            self._places(row, known, options["map"]), options["system"], options["type"], options["reason"],
            options["all_or_nothing"],
        )  # fmt: skip
        row = imports.map_columns(row, meaning, known)
        self._mapped(row, known)
        row = self._work(row, path)
        if not options["dry_run"] and row.may_run:
            row = self._work(imports.start_import(row), path)
        self._end(row, path, dry_run=options["dry_run"])

    def _places(self, row: CustomerImport, known: tuple[Target, ...], given: list[str]) -> dict[str, tuple[int, ...]]:
        usual = usual_mapping(header_digest(row.header))
        places = restored(usual[0], len(row.header), known) if usual else propose(row.header, known)
        codes = {target.code for target in known}
        for each in given:
            column, equals, code = each.rpartition("=")
            if not equals or column not in row.header or code not in codes:
                sentence = _("“%(part)s” is not understood. Columns: %(columns)s. Fields: %(fields)s.")
                words = {"part": each, "columns": ", ".join(row.header), "fields": ", ".join(sorted(codes))}
                raise CommandError(sentence % words)
            place = row.header.index(column)
            places = {name: tuple(n for n in kept if n != place) for name, kept in places.items()}
            places[code] = (*places.get(code, ()), place)
        return {code: kept for code, kept in places.items() if kept}

    def _mapped(self, row: CustomerImport, known: tuple[Target, ...]) -> None:
        titles = {target.code: target.title for target in known}
        for code, places in row.mapping.items():
            self.stdout.write(f"{'、'.join(row.header[place] for place in places)} → {titles[code]}")
        used = {place for places in row.mapping.values() for place in places}
        if rest := [title for place, title in enumerate(row.header) if place not in used]:
            self.stdout.write(_("Columns that are not imported: %(columns)s.") % {"columns": "、".join(rest)})

    def _work(self, row: CustomerImport, path: Path) -> CustomerImport:
        said = time.monotonic()

        def say(now: CustomerImport) -> None:
            nonlocal said
            if time.monotonic() - said > _EVERY_S:
                said = time.monotonic()
                self.stderr.write(f"{now.get_state_display()}: {now.rows_done} / {now.rows_read}")

        while not imports.work_on(row.pk, path=path, on_chunk=say):
            pass
        row.refresh_from_db()
        if row.problem:
            raise CommandError(row.problem)
        return row

    def _end(self, row: CustomerImport, path: Path, *, dry_run: bool) -> None:
        if dry_run:
            self.stdout.write(_("Dry run: nothing was written."))
        counts = {
            "read": row.rows_read, "created": row.rows_created, "changed": row.rows_changed, "same": row.rows_same,
            "refused": row.rows_refused,
        }  # fmt: skip
        sentence = _("%(read)d rows: %(created)d new, %(changed)d changed, %(same)d as they are, %(refused)d refused.")
        self.stdout.write(sentence % counts)
        if row.rows_refused:
            errors = free_path(path, "errors")
            lines = refused_lines(row).iterator(2_000)
            write_errors(errors, row.header, ((line.row, line.values, line.message) for line in lines))
            self.stdout.write(_("The refused rows, each with its reason: %(path)s.") % {"path": errors})
        if row.state != ImportState.FINISHED:
            imports.discard_import(row, by=Actor.staff(row.by))
