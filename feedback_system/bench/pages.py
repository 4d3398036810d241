"""Pages, one reader after the other, each with its yardstick beside it."""

from __future__ import annotations

import random
import re
import statistics
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote

from cases.models import Case
from customers.models import ContactPoint
from feedback_system.bench.client import Answer, Client
from feedback_system.bench.figures import CASE_MS, COUNTERS_MS, CREATE_MS, Figure, Run, list_limit
from feedback_system.bench.raw import list_statement_ms
from feedback_system.bench.readers import Reader, api_key
from feedback_system.bench.stack import Stack
from feedback_system.bench.words import search_words

YARDSTICK = "bare page"
NEWEST, URGENT, PAGE_40, SEARCH = "newest 25", "most urgent 25", "page 40", "worst of 20 words"
LISTS = (NEWEST, URGENT, PAGE_40, SEARCH)
#: The page with the frame and nothing else.
_BARE = "/me/"
_ALL = "/cases/?state=all"
_URGENT = "/cases/?sort=urgent"
_NEXT = re.compile(r'href="(/cases/\?[^"]*after=[a-z][0-9-]+[^"]*)"')
Say = Callable[[str], None]


@dataclass
class Samples:
    """Seconds that passed, and seconds on a processor."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def take(self, ask: Callable[[], Answer], meter: Callable[[], float]) -> None:
        """One more of both."""
        before = meter()
        self.wall.append(ask().seconds)
        self.cpu.append(meter() - before)

    @property
    def median(self) -> float:
        """Of the seconds that passed."""
        return statistics.median(self.wall)

    def figure(self, what: str, reader: str, *, limit_ms: float | None, note: str = "") -> Figure:
        """What they say."""
        figure = Figure.of(what, reader, self.wall, cpu=self.cpu, note=note)
        figure.limit_ms = limit_ms
        return figure


def measure_pages(run: Run, reader: Reader, running: Stack, *, times: int, say: Say) -> None:
    """Everything that this reader opens."""
    client = Client(running.port, session=reader.session)
    page_40, note = _follow(client, 39)
    jobs: dict[str, Callable[[], str]] = {
        YARDSTICK: lambda: _BARE,
        NEWEST: lambda: _ALL,
        "open, newest": lambda: "/cases/",
        URGENT: lambda: _URGENT,
        PAGE_40: lambda: page_40,
        "case page": _any_of(_case_paths(reader)),
        "caller look-up": _any_of(_callers()),
        "counters": lambda: "/counters/",
    }
    meter = running.meter()
    samples = interleaved(client, jobs, times, meter)
    words = _search(client, times, meter)
    client.close()
    bare_ms = samples[YARDSTICK].median * 1000
    for what, taken in samples.items():
        limit_ms = _limit(what, bare_ms)
        run.figures.append(taken.figure(what, reader.label, limit_ms=limit_ms, note=note if what == PAGE_40 else ""))
    worst = max(words, key=lambda word: words[word].median)
    run.figures.append(words[worst].figure(SEARCH, reader.label, limit_ms=list_limit(bare_ms), note=worst))
    run.facts.setdefault("words", {})[reader.label] = {
        word: round(taken.median * 1000, 1) for word, taken in words.items()
    }
    for what, order in ((NEWEST, "newest"), (URGENT, "urgent")):
        run.figures.append(Figure.of(f"{what}, SQL alone", reader.label, list_statement_ms(reader.who, order, times)))
    say(f"  {reader.label}: measured")


def _limit(what: str, bare_ms: float) -> float | None:
    if what in LISTS or what == "open, newest":
        return list_limit(bare_ms)
    return {"case page": CASE_MS, "counters": COUNTERS_MS}.get(what)


def interleaved(
    client: Client, jobs: dict[str, Callable[[], str]], times: int, meter: Callable[[], float]
) -> dict[str, Samples]:
    """Round after round, so that a busy minute of the machine meets every page alike; the first two do not count."""
    samples = {what: Samples() for what in jobs}
    for turn in range(times + 2):
        for what, path in jobs.items():
            chosen = path()
            if turn < 2:
                client.get(chosen)
            else:
                samples[what].take(lambda: client.get(chosen), meter)  # noqa: B023 - called at once
    return samples


def _search(client: Client, times: int, meter: Callable[[], float]) -> dict[str, Samples]:
    """Each word as often as makes a median, by its sort and itself."""
    found = {}
    for sort, word in search_words():
        path, samples = f"/search/?q={quote(word)}", Samples()
        client.get(path)
        for _ in range(max(5, times // 3)):
            samples.take(lambda: client.get(path), meter)  # noqa: B023 - called at once
        found[f"{sort}: {word}"] = samples
    return found


def _follow(client: Client, steps: int) -> tuple[str, str]:
    """The address of a page so many steps further, as a person gets there; where the list ends before, its last one."""
    path = _ALL
    for step in range(steps):
        links = _NEXT.findall(client.get(path).text.replace("&amp;", "&"))
        if not links:
            return path, f"the list ends at page {step + 1}"
        path = links[-1]
    return path, ""


def _any_of(paths: list[str]) -> Callable[[], str]:
    chosen = random.Random(5)  # noqa: S311 - the same ones every time
    return lambda: chosen.choice(paths)


def _case_paths(reader: Reader) -> list[str]:
    """Thirty cases of every age that this reader may see."""
    visible = Case.objects.visible_to(reader.who).order_by("-received_at", "-pk").values_list("number", flat=True)
    newest = list(visible[:2000])
    step = max(1, len(newest) // 30)
    oldest = Case.objects.visible_to(reader.who).order_by("received_at").values_list("number", flat=True)[:10]
    return [f"/cases/{number}/" for number in [*newest[::step][:25], *oldest]]


def _callers() -> list[str]:
    """What an agent types: whole numbers, tails, names, initials."""
    points = ContactPoint.objects.filter(type="phone").select_related("customer").order_by("pk")[:2000:97]
    typed = []
    for point in points:
        typed += [point.value, point.value[-4:], point.customer.name, point.customer.initials]
    return [f"/cases/log/caller/?q={quote(value)}" for value in typed]


def measure_creating(run: Run, agent: Reader, running: Stack, *, times: int, say: Say) -> None:
    """A call logged with the form, and one through the API, by the hub's agent."""
    browser, program = Client(running.port, session=agent.session), Client(running.port, token=api_key(agent.user))
    by_form, by_api, meter = Samples(), Samples(), running.meter()
    for n in range(-2, times):
        form, api = (by_form, by_api) if n >= 0 else (Samples(), Samples())
        form.take(lambda: browser.post("/cases/log/", call(n)), meter)  # noqa: B023 - called at once
        api.take(lambda: program.post_json("/api/v1/cases/", api_call(n)), meter)  # noqa: B023 - called at once
    run.figures.append(by_form.figure("create by form", agent.label, limit_ms=CREATE_MS))
    run.figures.append(by_api.figure("create by API", agent.label, limit_ms=CREATE_MS))
    browser.close()
    program.close()
    say("  creating: measured")


def call(n: int) -> dict[str, object]:
    """What the log form sends."""
    return {
        "draft": uuid.uuid4(), "submission_key": uuid.uuid4(), "kind": "complaint", "channel": "phone",
        "text": f"第 {n} 次测量：热水器漏水，要求尽快上门处理。",
        "reporter_name": "测量", "reporter_phone": f"166{n + 2:08d}", "caller": f"测量 166{n + 2:08d}",
    }  # fmt: skip


def api_call(n: int) -> dict[str, object]:
    """What a program sends."""
    return {
        "kind": "complaint", "channel": "phone", "text": f"第 {n} 次测量：由接口登记，充电器不充电。",
        "reporter": {"name": "测量", "phone": f"167{n + 2:08d}"}, "submission_key": str(uuid.uuid4()),
    }  # fmt: skip
