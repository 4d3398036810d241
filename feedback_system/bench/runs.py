"""One measuring of one database, and the databases that are measured one after the other."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

from cases.models import Case, CaseClock
from customers.models import Customer
from feedback_system.bench.answers import measure_answers
from feedback_system.bench.draws import measure_draw
from feedback_system.bench.figures import Run
from feedback_system.bench.lateness import measure_lateness
from feedback_system.bench.lookups import lookup_readers, measure_lookups
from feedback_system.bench.pages import measure_creating, measure_pages
from feedback_system.bench.pressure import measure_pressure
from feedback_system.bench.readers import readers
from feedback_system.bench.returns import measure_returns, measure_sheet, return_readers
from feedback_system.bench.stack import stack
from feedback_system.bench.surveys import measure_surveys, survey_readers
from feedback_system.embedded import places
from returns.models import ReturnSlip
from surveys.models import Response

#: Samples of each page; --quick only shows that everything works.
TIMES, QUICK_TIMES = 40, 6
PRESSURE_S, QUICK_PRESSURE_S = 90, 20
#: Customers who answer by link in each of the two ways that are timed; how often a quarter is drawn.
ANSWERS, QUICK_ANSWERS = 2_000, 100
DRAWS = 3
#: So many cases, all of them open, have a million open clocks.
LATENESS_CASES = 620_000
#: The caller look-up is measured among so many customers, with a few cases.
LOOKUP_CUSTOMERS, LOOKUP_CASES = 1_000_000, 20_000
#: The board and the account book are measured among so many returns, with a few cases.
RETURNS, RETURN_CASES = 100_000, 20_000
#: Results, lists and the public form of a survey, with some rounds left that nobody has answered about yet.
RESPONSES, RESPONSE_CASES = 100_000, 150_000
#: The quota is drawn among so many rounds: the largest place of the pages.
DRAW_CASES = 1_000_000
_DONE = "load-is-complete"
Say = Callable[[str], None]


class Impossible(Exception):
    """A step of the bench failed; the text says which, and where to look."""


def measure_here(kind: str, *, quick: bool, texts: Path, say: Say) -> Run:
    """Measure the database of this process; ``kind`` is one of the choices of ``--here``."""
    run = Run(Case.objects.count(), facts=_facts())
    if kind == "lateness":
        measure_lateness(run, due=500 if quick else 10_000, say=say)
        return run
    if kind == "draw":
        measure_draw(run, times=1 if quick else DRAWS, say=say)
        return run
    if kind == "surveys":
        return _surveys(run, quick=quick, say=say)
    people = readers()
    if kind == "pressure":
        measure_pressure(run, people[0], seconds=QUICK_PRESSURE_S if quick else PRESSURE_S, texts=texts, say=say)
        return run
    times = QUICK_TIMES if quick else TIMES
    if kind == "lookups":
        run.facts["customers"] = Customer.objects.count()
        with stack() as running:
            for reader in lookup_readers():
                measure_lookups(run, reader, running, times=times, say=say)
        return run
    if kind == "returns":
        run.facts["returns"] = ReturnSlip.objects.count()
        desk = return_readers()
        measure_sheet(run, desk[0], say=say)
        with stack() as running:
            for reader in desk:
                measure_returns(run, reader, running, times=times, say=say)
        return run
    with stack() as running:
        for reader in people:
            measure_pages(run, reader, running, times=times, say=say)
        measure_creating(run, people[0], running, times=times, say=say)
        run.facts["memory MB"] = round(running.memory_mb)
    return run


def _surveys(run: Run, *, quick: bool, say: Say) -> Run:
    run.facts["responses"] = Response.objects.count()
    with stack() as running:
        for reader in survey_readers():
            measure_surveys(run, reader, running, times=QUICK_TIMES if quick else TIMES, say=say)
        measure_answers(run, running, count=QUICK_ANSWERS if quick else ANSWERS, say=say)
    return run


def _facts() -> dict[str, object]:
    """Where the figures come from."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database()), current_setting('server_version')")
        size, version = cursor.fetchone()
    return {
        "cores": os.cpu_count(),
        "load at start": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "postgresql": version,
        "database MB": round(size / 2**20),
        "open cases": Case.objects.open().count(),
        "open clocks": CaseClock.objects.running().count(),
    }


@dataclass(frozen=True)
class Place:
    """A data folder with a generated load of a size."""

    folder: Path
    cases: int
    texts: Path
    open_share: float = 0.03
    customers: int = 0
    returns: int = 0
    responses: int = 0

    def environment(self, process: str) -> dict[str, str]:
        """That of everything that works on it."""
        return os.environ | {"HUIYIN_DATA": str(self.folder), "DEMO": "0", "HUIYIN_PROCESS": process}

    def fill(self, say: Say) -> None:
        """Generate it, unless that was done before; by older code, then it is brought up to date."""
        self._manage("owner", "prepare")
        if (self.folder / _DONE).exists():
            return
        say(f"Generating {self.cases:,} cases in {self.folder}; this happens once.")
        self._manage(
            "owner", "generate_load", "--cases", str(self.cases), "--texts", str(self.texts),
            "--open-share", str(self.open_share), "--customers", str(self.customers),
            "--returns", str(self.returns), "--responses", str(self.responses),
        )  # fmt: skip
        (self.folder / _DONE).touch()

    def measure(self, kind: str, *, quick: bool) -> Run:
        """In a process of its own, because settings belong to a data folder."""
        result = self.folder / f"bench-{kind}.json"
        result.unlink(missing_ok=True)
        options = ["--quick"] if quick else []
        self._manage("worker", "bench", "--here", kind, "--texts", str(self.texts), "--json", str(result), *options)
        return Run.from_json(json.loads(result.read_text(encoding="utf-8")))

    def _manage(self, process: str, *command: str) -> None:
        asked = [sys.executable, "-m", "feedback_system.embedded", sys.executable, "manage.py", *command]
        if "DATABASE_URL" in os.environ:
            raise Impossible(
                "DATABASE_URL is set: the bench fills databases of its own. Unset it, or measure that database with"
                " --here pages."
            )
        if subprocess.call(asked, cwd=places.PROJECT, env=self.environment(process)):
            raise Impossible(f"The step “{command[0]}” failed for {self.folder}; the reason stands above.")
