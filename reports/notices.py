"""Which message for which happening. Everything goes through the outbox; nobody else sends anything."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from notifications import readers as message_readers
from notifications import templates
from notifications.actions import enqueue_many, for_colleague
from organization.models import User
from reports.models import LedgerExport, Report

_NAMES = ("number", "title")
TO_STAFF = {
    "report_built": (_("{title} is built"), _("{title} ({number}) is built and waits for an approval.")),
    "report_failed": (_("{title} could not be built"), _("{title} ({number}) could not be built. It is tried again "
                                                         "when you ask for it once more.")),
    "report_sent": (_("{title}"), _("{title} ({number}) is approved and was sent to you.")),
}  # fmt: skip


def register() -> None:
    """Make the texts known to the outbox, and who may be told."""
    for kind, (subject, body) in TO_STAFF.items():
        templates.register(kind, subject=subject, body=body, names=_NAMES)
    message_readers.register("report", message_readers.everyone)
    templates.register(
        "ledger_ready",
        subject=_("{title} {number} is ready"),
        body=_("{title} {number} is ready as a workbook: {count} rows."),
        names=("title", "number", "count"),
    )
    message_readers.register("reports", message_readers.everyone)


def tell(kind: str, report: Report, people: Iterable[User], *, title: str) -> None:
    """Tell colleagues about a report."""
    context = {"number": report.number, "title": title}
    enqueue_many(
        message
        for user in people
        for message in for_colleague(
            user, kind=kind, thread=report.thread, key=f"{kind}:{report.pk}:{user.pk}:{report.attempts}",
            context=context, path=f"/reports/issued/{report.number}/",
        )
    )  # fmt: skip


def ledger_ready(row: LedgerExport, *, title: str) -> None:
    """Tell who asked that the workbook of a ledger is there to be taken."""
    enqueue_many(
        for_colleague(
            row.by, kind="ledger_ready", thread="reports", key=f"reports:ledger:{row.number}",
            context={"title": title, "number": row.number, "count": str(row.rows)},
            path=f"/reports/ledgers/{row.ledger}/exports/",
        )
    )  # fmt: skip
