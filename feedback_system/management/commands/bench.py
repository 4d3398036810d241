"""``manage.py bench``: measure pages, searches, registrations, sweeps; the figures of docs/benchmarks.md."""

import argparse
import json
import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from feedback_system.bench.client import Failed
from feedback_system.bench.figures import Run, growth, growth_report, report
from feedback_system.bench.pages import LISTS
from feedback_system.bench.runs import (
    DRAW_CASES,
    LATENESS_CASES,
    LOOKUP_CASES,
    LOOKUP_CUSTOMERS,
    RESPONSE_CASES,
    RESPONSES,
    RETURN_CASES,
    RETURNS,
    Impossible,
    Place,
    measure_here,
)
from feedback_system.embedded import data_dir

_OWN_TEXTS = Path("tests/data/texts.csv")


class Command(BaseCommand):
    """Generate what is missing, measure, print tables."""

    requires_system_checks: list[str] = []
    help = "Measure on generated cases, with real processes over loopback. Databases lie in HUIYIN_DATA/bench."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """What to measure, on how much."""
        parser.add_argument("--cases", default="100000,1000000", help="Sizes, one after the other.")
        parser.add_argument("--quick", action="store_true", help="A few samples: does everything work?")
        parser.add_argument("--lookups", action="store_true", help="The caller among 1,000,000 customers.")
        parser.add_argument("--returns", action="store_true", help="Board and account book of 100,000 returns.")
        parser.add_argument("--surveys", action="store_true", help="100,000 responses, and the quota of a quarter.")
        parser.add_argument("--lateness", action="store_true", help="10,000 limits in one minute.")
        parser.add_argument("--under-load", action="store_true", help="Logging a call while everything else happens.")
        parser.add_argument("--texts", type=Path, default=Path(os.environ.get("HUIYIN_TEXTS") or _OWN_TEXTS))
        parser.add_argument("--folder", type=Path, default=data_dir() / "bench", help="Where the databases lie.")
        parser.add_argument("--json", type=Path, help="Also write the figures here.")
        parser.add_argument(
            "--here",
            default="",
            choices=["pages", "lookups", "returns", "surveys", "draw", "lateness", "pressure"],
            help=argparse.SUPPRESS,
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """One database here, or all of them one after the other."""
        try:
            if options["here"]:
                runs = [self._here(options)]
            elif options["lateness"]:
                runs = [self._lateness(options)]
            elif options["lookups"]:
                runs = [self._lookups(options)]
            elif options["returns"]:
                runs = [self._returns(options)]
            elif options["surveys"]:
                runs = self._surveys(options)
            elif options["under_load"]:
                runs = self._sizes(options)
            else:
                runs = [*self._sizes(options), self._lookups(options), self._returns(options), *self._surveys(options)]
        except (Failed, Impossible) as failed:
            raise CommandError(str(failed)) from failed
        if options["json"]:
            found = [run.as_json() for run in runs]
            value = found[0] if options["here"] else found
            options["json"].write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")

    def _here(self, options: dict[str, Any]) -> Run:
        run = measure_here(
            options["here"], quick=options["quick"], texts=options["texts"].absolute(), say=self.stdout.write
        )
        self._show(run)
        return run

    def _lateness(self, options: dict[str, Any]) -> Run:
        cases = 4_000 if options["quick"] else LATENESS_CASES
        place = Place((options["folder"] / f"open-{cases}").absolute(), cases, options["texts"].absolute(), 1.0)
        place.fill(self.stdout.write)
        return place.measure("lateness", quick=options["quick"])

    def _lookups(self, options: dict[str, Any]) -> Run:
        folder = (options["folder"] / f"customers-{LOOKUP_CUSTOMERS}").absolute()
        place = Place(folder, LOOKUP_CASES, options["texts"].absolute(), customers=LOOKUP_CUSTOMERS)
        place.fill(self.stdout.write)
        return place.measure("lookups", quick=options["quick"])

    def _returns(self, options: dict[str, Any]) -> Run:
        count = 4_000 if options["quick"] else RETURNS
        folder = (options["folder"] / f"returns-{count}").absolute()
        place = Place(folder, RETURN_CASES, options["texts"].absolute(), returns=count)
        place.fill(self.stdout.write)
        return place.measure("returns", quick=options["quick"])

    def _surveys(self, options: dict[str, Any]) -> list[Run]:
        """Pages and the public form among many responses; the draw among a million cases, those of the pages."""
        texts = options["texts"].absolute()
        count, cases = (3_000, 6_000) if options["quick"] else (RESPONSES, RESPONSE_CASES)
        place = Place((options["folder"] / f"responses-{count}").absolute(), cases, texts, responses=count)
        place.fill(self.stdout.write)
        runs = [place.measure("surveys", quick=options["quick"])]
        if not options["quick"]:
            place = Place((options["folder"] / str(DRAW_CASES)).absolute(), DRAW_CASES, texts)
            place.fill(self.stdout.write)
        return [*runs, place.measure("draw", quick=options["quick"])]

    def _sizes(self, options: dict[str, Any]) -> list[Run]:
        kind, runs = "pressure" if options["under_load"] else "pages", []
        for text in options["cases"].split(","):
            if not text.strip().isdecimal():
                raise CommandError(f"--cases takes numbers with commas between them; “{text}” is none.")
            cases = int(text)
            place = Place((options["folder"] / str(cases)).absolute(), cases, options["texts"].absolute())
            place.fill(self.stdout.write)
            runs.append(place.measure(kind, quick=options["quick"]))
        if len(runs) > 1 and kind == "pages":
            self.stdout.write(f"\n## {runs[0].cases:,} and {runs[-1].cases:,} cases\n")
            self.stdout.write(growth_report(growth(runs[0], runs[-1], only=LISTS)))
        return runs

    def _show(self, run: Run) -> None:
        self.stdout.write(f"\n## {run.cases:,} cases\n")
        self.stdout.write(report(run))
        for name, value in run.facts.items():
            self.stdout.write(f"{name}: {json.dumps(value, ensure_ascii=False)}")
        missed = [figure for figure in run.figures if figure.holds is False]
        self.stdout.write(f"{len(missed)} figures miss their limit." if missed else "Every limit holds.")
