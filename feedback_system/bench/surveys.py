"""Results of surveys, the lists that their figures lead to, and the callback desk, among very many responses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.db.models import Max, Min

from feedback_system.bench.client import Client
from feedback_system.bench.figures import Run, list_limit
from feedback_system.bench.pages import YARDSTICK, interleaved
from feedback_system.bench.readers import Reader, sign_in
from feedback_system.bench.stack import Stack
from organization.models import User
from organization.paging import page_of
from organization.queries import identity_of
from surveys import rights
from surveys.models import Response, Tally
from surveys.queries.results import first_choice

#: login -> as the figures call them.
READERS = {
    "load-manager": "manager",
    "quality-0": "quality",
    "supervision-0": "callback desk",
    "d0-head": "head of a division",
    "load-head2": "head of 2 %",
}
#: What was promised for the page of results of a hundred thousand responses.
RESULTS_MS = 300.0
Paths = dict[str, Callable[[], str]]
Say = Callable[[str], None]


def survey_readers() -> list[Reader]:
    """Who reads answers and results, signed in."""
    found = []
    for login, label in READERS.items():
        user = User.objects.get(username=login)
        found.append(Reader(user, label, sign_in(user), identity_of(user)))
    return found


def measure_surveys(run: Run, reader: Reader, running: Stack, *, times: int, say: Say) -> None:
    """Everything about surveys that this reader opens."""
    client = Client(running.port, session=reader.session)
    results = _results(reader)
    jobs: Paths = {YARDSTICK: lambda: "/me/"} | results | _lists(reader) | _desk(reader)
    samples = interleaved(client, jobs, times, running.meter())
    client.close()
    bare_ms = samples[YARDSTICK].median * 1000
    for what, taken in samples.items():
        limit = None if what == YARDSTICK else RESULTS_MS if what in results else list_limit(bare_ms)
        run.figures.append(taken.figure(what, reader.label, limit_ms=limit))
    say(f"  {reader.label}: measured")


def _results(reader: Reader) -> Paths:
    """The page that opens by itself, and the whole time that was ever asked about."""
    version = first_choice()
    if version is None or not (rights.has(reader.who, "results") or rights.has(reader.who, "own_results")):
        return {}
    span = Tally.objects.filter(version=version).aggregate(since=Min("month"), until=Max("month"))
    since, until = (f"{month:%Y-%m}" if isinstance(month, date) else "" for month in span.values())
    return {
        "results, 12 months": lambda: f"/surveys/results/?version={version.pk}",
        "results, all years": lambda: f"/surveys/results/?version={version.pk}&since={since}&until={until}",
    }


def _lists(reader: Reader) -> Paths:
    visible = Response.objects.visible_to(reader.who)
    page_40 = page_of(visible, "submitted_at", descending=True, size=39 * 25).after
    version = first_choice()
    item = version.asks.counted[0].code if version else ""
    return {
        "responses, newest": lambda: "/surveys/responses/",
        "responses, page 40": lambda: f"/surveys/responses/?after={page_40}",
        "responses behind a figure": lambda: f"/surveys/responses/?item={item}&value=1",
        "follow-ups, mine": lambda: "/surveys/follow-ups/",
        "follow-ups, all open": lambda: "/surveys/follow-ups/?scope=open",
        "follow-ups, ended": lambda: "/surveys/follow-ups/?scope=ended",
    }


def _desk(reader: Reader) -> Paths:
    found: Paths = {}
    if rights.has(reader.who, "call"):
        found["queue of the desk"] = lambda: "/surveys/callbacks/"
    if rights.has(reader.who, "see_quota"):
        found["quota"] = lambda: "/surveys/quota/"
    if rights.has(reader.who, "read_surveys"):
        found["surveys"] = lambda: "/surveys/"
    return found
