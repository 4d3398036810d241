"""`manage.py verify_audit`: ends with 1 and names the first bad event if the audit trail was altered."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction
from django.utils.translation import gettext as _

from audit.verification import Verdict, verify

SHOWN = 20


class Command(BaseCommand):
    help = "Compare all events with their hashes, heads and checkpoints. Ends with 1 if anything was altered."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--chain-only", action="store_true", help="do not compare with heads and checkpoints")
        parser.add_argument("--no-files", action="store_true", help="do not look at the files of the checkpoints")

    def handle(self, *args: Any, chain_only: bool, no_files: bool, **options: Any) -> None:
        started = time.monotonic()
        nested = connection.in_atomic_block
        with transaction.atomic():
            if not nested:  # one snapshot, or an event written meanwhile would look like a cut-off end
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            verdict = verify(anchors=not chain_only, files=not no_files)
        self._report(verdict, time.monotonic() - started)

    def _report(self, verdict: Verdict, seconds: float) -> None:
        self.stdout.write(
            _("%(events)s events in %(threads)s threads, %(checkpoints)s checkpoints, %(seconds)s s.")
            % {
                "events": verdict.events,
                "threads": verdict.threads,
                "checkpoints": verdict.checkpoints,
                "seconds": f"{seconds:.1f}",
            }
        )
        if not verdict.anchored:
            self.stdout.write(
                _("Only the chains were followed: a cut-off end or a missing thread cannot be seen this way.")
            )
        if verdict.ok:
            self.stdout.write(_("Nothing was altered."))
            return
        for finding in verdict.findings[:SHOWN]:
            self.stderr.write(finding.text)
        if (more := len(verdict.findings) - SHOWN) > 0:
            self.stderr.write(_("… and %(count)s more.") % {"count": more})
        raise CommandError(
            _("The audit trail was altered. Keep the machine as it is, secure the checkpoints and tell the auditor."),
            returncode=1,
        )
