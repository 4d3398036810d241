"""The board and the account book of returns among very many, and the book as a workbook."""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from django.db import transaction
from django.utils import timezone

from documents.sheets import Sheet, Stamp, write_xlsx
from feedback_system.bench.client import Client
from feedback_system.bench.figures import CASE_MS, Figure, Run, list_limit
from feedback_system.bench.pages import YARDSTICK, interleaved
from feedback_system.bench.readers import Reader, sign_in
from feedback_system.bench.stack import Stack
from organization.models import User
from organization.paging import page_of
from organization.queries import identity_of
from returns.models import ReturnSlip, SlipLine
from returns.queries.book import Wanted, columns, rows_for_sheet

#: login -> as the figures call them.
READERS = {
    "load-agent": "hub agent",
    "load-manager": "manager",
    "repair-0": "returns desk and repair",
    "logistics-0": "warehouse",
    "finance-0": "finance",
    "quality-0": "quality",
}
#: What was promised for a hundred thousand rows.
SHEET_S, SHEET_MB = 60.0, 250.0
Say = Callable[[str], None]


def return_readers() -> list[Reader]:
    """One of each function, signed in."""
    found = []
    for login, label in READERS.items():
        user = User.objects.get(username=login)
        found.append(Reader(user, label, sign_in(user), identity_of(user)))
    return found


def measure_returns(run: Run, reader: Reader, running: Stack, *, times: int, say: Say) -> None:
    """Everything about returns that this reader opens."""
    client = Client(running.port, session=reader.session)
    batch = SlipLine.objects.order_by("-pk").values_list("batch", flat=True)[100]
    slip = ReturnSlip.objects.visible_to(reader.who).order_by("-pk").values_list("number", flat=True)[3]
    jobs: dict[str, Callable[[], str]] = {
        YARDSTICK: lambda: "/me/",
        "board, my turn": lambda: "/returns/",
        "board, everything open": lambda: "/returns/?turn=all",
        "book, newest 25": lambda: "/returns/book/",
        "book, page 40": lambda: f"/returns/book/?after={_key(reader, 39 * 25)}",
        "book, repairs still open": lambda: "/returns/book/?wish=repair&state=repairing",
        "book, one batch": lambda: f"/returns/book/?batch={quote(batch)}",
        "book, search 漏水": lambda: f"/returns/book/?q={quote('漏水')}",
        "book, search of nothing": lambda: f"/returns/book/?q={quote('龘靐齉')}",
        "return page": lambda: f"/returns/{slip}/",
    }
    samples = interleaved(client, jobs, times, running.meter())
    client.close()
    bare_ms = samples[YARDSTICK].median * 1000
    for what, taken in samples.items():
        limit = CASE_MS if what == "return page" else None if what == YARDSTICK else list_limit(bare_ms)
        run.figures.append(taken.figure(what, reader.label, limit_ms=limit))
    say(f"  {reader.label}: measured")


def _key(reader: Reader, skipped: int) -> str:
    rows = ReturnSlip.objects.visible_to(reader.who)
    return page_of(rows, "registered_at", descending=True, size=skipped).after


def measure_sheet(run: Run, reader: Reader, *, say: Say) -> None:
    """The whole book as XLSX: seconds, and the peak of memory of this process."""
    started, before = time.perf_counter(), _peak_mb()
    with tempfile.TemporaryDirectory() as folder, transaction.atomic():
        sheet = Sheet("帐册", columns(), rows_for_sheet(reader.who, Wanted(), clear=True))
        stamp = Stamp(reader.user.name, timezone.now(), "bench")
        written = write_xlsx(Path(folder) / "book.xlsx", [sheet], stamp=stamp)
    seconds, peak = time.perf_counter() - started, _peak_mb()
    figure = Figure.of("account book as XLSX", reader.label, [seconds], note=f"{written.rows:,} rows")
    figure.limit_ms = SHEET_S * 1000
    run.figures.append(figure)
    run.facts |= {"sheet MB": round(peak), "sheet MB before": round(before), "sheet MB allowed": SHEET_MB}
    say(f"  account book: {written.rows:,} rows in {seconds:.1f} s, peak {peak:.0f} MB")


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
