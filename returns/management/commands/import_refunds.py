"""``manage.py import_refunds FILE --by LOGIN``: what the bank paid, into the returns it was paid for (RET-09)."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation
from django.utils.translation import gettext as _

from audit.exceptions import DomainError
from documents.sheets import free_path, write_errors
from organization.models import User
from organization.queries import identity_of
from returns import rights
from returns.actions.refund_import import Report, import_refunds, refused_rows


class Command(BaseCommand):
    """Each row goes through the gate of refunds; what it refuses is kept, and written into a file to be corrected."""

    help = (
        "Record refunds from a CSV or XLSX file with the columns slip number, amount, way, voucher, paid on"
        " (受理单号 金额 方式 凭证号 付款日期). The same file once more changes nothing."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """The file, and who answers for it."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--by", required=True, metavar="LOGIN", help="Who imports: somebody who pays refunds.")
        parser.add_argument("--sheet", default="", help="Sheet of a workbook; the first visible one by default.")
        parser.add_argument("--dry-run", action="store_true", help="Ask the gate only; nothing is written.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ends with a report, and with a file of the refused rows where there are any."""
        by = User.objects.filter(username=options["by"], is_active=True).first()
        if by is None or not rights.pays(identity_of(by)):
            raise CommandError(_("“%(name)s” is nobody who pays refunds.") % {"name": options["by"]})
        if not options["file"].is_file():
            raise CommandError(_("There is no file “%(path)s”.") % {"path": options["file"]})
        with translation.override(by.language):
            try:
                report = import_refunds(options["file"], by=by, sheet=options["sheet"], dry_run=options["dry_run"])
            except DomainError as refusal:
                raise CommandError(refusal.message) from refusal
            self._tell(report, options["file"], dry_run=options["dry_run"])

    def _tell(self, report: Report, path: Path, *, dry_run: bool) -> None:
        for note in report.notes:
            self.stdout.write(note)
        if dry_run:
            self.stdout.write(_("Dry run: nothing was written."))
        counts = {"read": report.read, "paid": report.paid, "same": report.same, "refused": len(report.refused)}
        sentence = _("%(read)d rows: %(paid)d paid, %(same)d as they are, %(refused)d refused.")
        self.stdout.write(sentence % counts)
        for row in report.refused:
            self.stdout.write(_("Row %(row)d: %(message)s") % {"row": row.row, "message": row.message})
        if report.refused:
            errors = free_path(path, "errors")
            write_errors(errors, report.header, refused_rows(report))
            self.stdout.write(_("The refused rows, each with its reason: %(path)s.") % {"path": errors})
