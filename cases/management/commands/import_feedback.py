"""``manage.py import_feedback FILE --map ... --channel ...``: feedback from a file into cases (INT-01, quality 74)."""

from __future__ import annotations

import argparse
import hashlib
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.exceptions import DomainError
from cases.actions.imports import LONG_AGO_DAYS, Source, Tally, cleaned_rows, preview, run_import
from cases.imports.cleaned import write_cleaned
from cases.imports.keys import NAME_LENGTH, free_cleaned_path, free_error_path, name_of
from cases.imports.plan import FIELDS, SENTIMENTS, Plan, parse_kinds, parse_map
from cases.imports.rows import CHANGES
from cases.models import Channel, Kind
from documents.sheets import read_table, write_errors
from documents.sheets.marks import ROW_MARK
from documents.sheets.reading import read_rows
from organization.models import User

_BLOCK = 1 << 20
_NAMED_PRODUCTS = 10
#: As a program of its own it rests as long as it works, for the people at their desks; longer on a crowded machine.
#: No lower priority instead: while it holds the counter of numbers they wait for it, and it must be through soon.
REST = 1.0


class Command(BaseCommand):
    """Read the file, register its rows, write what is to be corrected into a file of its own."""

    help = "Register feedback from a CSV or XLSX file. Rows that are cases already are left alone."
    _rest = 0.0

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """What the columns mean, and how to treat the rows."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--map", action="append", default=[], metavar="COLUMN=FIELD,...", help=f"Fields: {', '.join(FIELDS)}."
        )
        parser.add_argument("--channel", required=True, metavar="CODE", help="The channel of all rows.")
        parser.add_argument("--name", default="", help="Name of the import; the file's by default.")
        parser.add_argument("--kind", default="", metavar="CODE", help="Kind of rows that name none.")
        parser.add_argument("--kind-map", action="append", default=[], metavar="VALUE=CODE,...")
        parser.add_argument(
            "--sentiment",
            default="",
            metavar="COLUMN",
            help="Its values name the kind: negative complaint, positive praise.",
        )
        parser.add_argument("--product", default="", metavar="COLUMN", help="Product by code or name.")
        parser.add_argument("--create-products", action="store_true", help="Add products that do not exist.")
        parser.add_argument("--received", default="", metavar="COLUMN", help="When each row was received.")
        parser.add_argument("--key", default="", metavar="COLUMN", help="Tells the rows apart; else their words do.")
        parser.add_argument("--sheet", default="", help="Sheet of a workbook; the first visible one by default.")
        parser.add_argument("--history", action="store_true", help="Handled elsewhere: closed at once, no messages.")
        parser.add_argument("--dry-run", action="store_true", help="Read and check everything, write no case.")
        parser.add_argument("--by", default="", metavar="LOGIN", help="Who imports; stands in the history.")

    def run_from_argv(self, argv: list[str]) -> None:
        """From the command line it leaves half of the time to others."""
        self._rest = REST
        super().run_from_argv(argv)

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuses with one sentence what cannot be understood; otherwise ends with a report."""
        started = time.perf_counter()
        try:
            plan, source = self._plan(options), self._source(options)
            line = _Line(self, options["dry_run"])
            if options["dry_run"]:
                tally = preview(source, plan, on_chunk=line.show)
            else:
                tally = run_import(source, plan, by=self._actor(options, source), on_chunk=line.show, rest=self._rest)
            line.end(tally)
            self._report(tally, plan, time.perf_counter() - started, dry_run=options["dry_run"])
            if tally.refusals:
                self._write_errors(source, tally)
            if tally.cleaned:
                self._write_cleaned(source, plan, tally)
        except DomainError as refusal:
            raise CommandError(refusal.message) from refusal

    # --- What was asked ---

    def _plan(self, options: dict[str, Any]) -> Plan:
        kinds = list(Kind.objects.active().values_list("code", flat=True))
        given = parse_map(options["map"])
        short = {"kind": options["sentiment"], "product": options["product"], "received": options["received"]}
        given |= {field: column for field, column in (short | {"key": options["key"]}).items() if column}
        meanings = dict(SENTIMENTS) if options["sentiment"] else {}
        meanings |= parse_kinds(options["kind_map"], kinds)
        if options["kind"] and options["kind"] not in kinds:
            raise CommandError(_("There is no kind “%(code)s”.") % {"code": options["kind"]})
        if not Channel.objects.active().filter(code=options["channel"]).exists():
            codes = ", ".join(Channel.objects.active().values_list("code", flat=True))
            raise CommandError(
                _("There is no channel “%(code)s”. Channels are: %(codes)s.")
                % {"code": options["channel"], "codes": codes}
            )
        return Plan(
            given, options["channel"], options["kind"], meanings, options["history"], options["create_products"]
        )

    def _source(self, options: dict[str, Any]) -> Source:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(_("There is no file “%(path)s”.") % {"path": path})
        name = options["name"] or name_of(path)
        if len(name) > NAME_LENGTH:
            raise CommandError(_("The name of an import has at most %(n)d characters.") % {"n": NAME_LENGTH})
        header = next(iter(read_rows(path, sheet=options["sheet"])), None)
        is_errors = header is not None and any(str(value or "").endswith(ROW_MARK) for value in header.values)
        return Source(path, name, _digest(path), bool(options["name"]), is_errors, options["sheet"])

    def _actor(self, options: dict[str, Any], source: Source) -> Actor:
        if not options["by"]:
            return Actor("import", None, source.name)
        user = User.objects.filter(username=options["by"], is_active=True).first()
        if user is None:
            raise CommandError(_("There is nobody with the login name “%(name)s”.") % {"name": options["by"]})
        return Actor.importer(source.name, user)

    # --- What came of it ---

    def _report(self, tally: Tally, plan: Plan, seconds: float, *, dry_run: bool) -> None:
        say = self.stdout.write
        if dry_run:
            say(_("Dry run: nothing was written."))
        say(
            _("%(read)d rows read: %(created)d new, %(known)d cases already, %(refused)d refused.")
            % {"read": tally.read, "created": tally.created, "known": tally.known, "refused": len(tally.refusals)}
        )
        say(
            _("%(seconds).1f s, %(rate).0f rows a second.")
            % {"seconds": seconds, "rate": tally.read / seconds if seconds else 0}
        )
        if tally.holds_ms:
            say(
                _(
                    "The counter of numbers was held for %(median).0f ms at a time, 19 times in 20 under %(p95).0f ms,"
                    " at most %(most).0f ms."
                )
                % {
                    "median": statistics.median(tally.holds_ms),
                    "p95": sorted(tally.holds_ms)[int(len(tally.holds_ms) * 0.95)],
                    "most": max(tally.holds_ms),
                }
            )
        self._report_content(tally, plan, dry_run=dry_run)

    def _report_content(self, tally: Tally, plan: Plan, *, dry_run: bool) -> None:
        say = self.stdout.write
        for note in tally.notes:
            say(note)
        if tally.not_imported:
            say(_("Columns that are not imported: %(columns)s.") % {"columns": ", ".join(tally.not_imported)})
        for code, count in tally.changes.most_common():
            say(_("Cleaned, %(count)d rows: %(what)s") % {"count": count, "what": CHANGES[code]})
        say(_("Without any contact, “not given”: %(count)d.") % {"count": tally.without_contact})
        if tally.unknown_products:
            named = ", ".join(f"{name} ({n})" for name, n in tally.unknown_products.most_common(_NAMED_PRODUCTS))
            sentence = (
                _("Products that will be added: %(names)s.")
                if plan.create_products
                else _("Products that do not exist here, kept as text: %(names)s. --create-products adds them.")
            )
            say(sentence % {"names": named})
        if not dry_run:
            say(
                _("Category suggested for %(category)d, department for %(department)d.")
                % {"category": tally.with_category, "department": tally.with_department}
            )
        if tally.long_ago:
            say(
                _(
                    "%(count)d rows were received more than %(days)d days ago; their limits have passed already. If"
                    " they were handled elsewhere, --history closes them at once."
                )
                % {"count": tally.long_ago, "days": LONG_AGO_DAYS}
            )

    def _write_errors(self, source: Source, tally: Tally) -> None:
        path = free_error_path(source.path)
        write_errors(path, tally.header, _refused_rows(source, tally))
        self.stdout.write(
            _("%(count)d refused rows, each with its reason: %(path)s. Correct them there and import that file.")
            % {"count": len(tally.refusals), "path": path}
        )

    def _write_cleaned(self, source: Source, plan: Plan, tally: Tally) -> None:
        path = free_cleaned_path(source.path)
        write_cleaned(path, cleaned_rows(source, plan, tally))
        self.stdout.write(
            _("%(count)d cleaned rows, each with what stood there before: %(path)s.")
            % {"count": len(tally.cleaned), "path": path}
        )


class _Line:
    """How far it is: one line that is written over on a terminal, now and then a new one elsewhere."""

    def __init__(self, command: BaseCommand, dry_run: bool) -> None:
        self.out = command.stderr
        self.over = self.out.isatty()
        self.started = self.shown = time.perf_counter()

    def show(self, tally: Tally) -> None:
        """At most four times a second on a terminal, else every ten seconds."""
        now = time.perf_counter()
        if now - self.shown < (0.25 if self.over else 10):
            return
        self.shown = now
        self._write(tally, ending="\r" if self.over else "\n")

    def end(self, tally: Tally) -> None:
        """The last state stays."""
        self._write(tally, ending="\n")

    def _write(self, tally: Tally, *, ending: str) -> None:
        rate = tally.read / max(time.perf_counter() - self.started, 0.001)
        text = _("%(read)d rows · %(created)d new · %(known)d known · %(refused)d refused · %(rate).0f a second") % {
            "read": tally.read, "created": tally.created, "known": tally.known, "refused": len(tally.refusals),
            "rate": rate,
        }  # fmt: skip
        self.out.write(text, style_func=str, ending=ending)


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _refused_rows(source: Source, tally: Tally) -> Iterator[tuple[int, tuple[Any, ...], str]]:
    """The refused rows as they came, read once more so that memory does not grow with them."""
    for row in read_table(source.path, sheet=source.sheet).rows:
        if row.number in tally.refusals:
            yield row.number, row.values, tally.refusals[row.number]
