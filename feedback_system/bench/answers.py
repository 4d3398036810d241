"""Customers who answer by their links, all at once: the real form over loopback, each link and each address once.

Two ways are timed. A visit opens the page, fills in what it asks, and sends it. In the other way all pages were opened
before, as mail that went out in the morning is, and only what is sent is timed. Counted is what was kept, not what was
sent; some send the same form twice, as a double click does.
"""

from __future__ import annotations

import os
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import connection
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from cases.lifecycle import FULL_OUTCOMES
from cases.models import Round
from feedback_system.bench.client import Client, Failed
from feedback_system.bench.figures import Figure, Run
from feedback_system.bench.stack import Stack
from feedback_system.load.surveys import said_to
from surveys.document import QuestionnaireDocument
from surveys.forms.filling import COMMENT, ITEM
from surveys.models import Callback, Invitation, Response, Survey
from surveys.secrets import digest, link_token

#: What was promised on two cores, as the time between two answers that were kept.
EACH_MS = 10.0
#: Customers at the same moment.
CLIENTS = 8
#: Every so manieth sends twice.
TWICE = 50
_KEY = re.compile(r'name="submission_key" value="([0-9a-f-]{36})"')
Say = Callable[[str], None]


@dataclass
class Visitor:
    """One customer: a link, an address of the network, what he or she will say, what became of it."""

    number: int
    round: tuple[int, int]
    path: str
    values: dict[str, str]
    get_s: float = 0.0
    post_s: float = 0.0
    sent: bool = False


@dataclass
class Crowd:
    """Everybody of one way, and what went wrong."""

    port: int
    visitors: Sequence[Visitor]
    errors: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def each(self, act: Callable[[Client, Visitor], None]) -> float:
        """Let all of them act, so many at once; returns how many seconds it took."""
        started = time.perf_counter()
        with ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(lambda visitor: self._one(act, visitor), self.visitors))
        return time.perf_counter() - started

    def _one(self, act: Callable[[Client, Visitor], None], visitor: Visitor) -> None:
        n = visitor.number
        client = Client(self.port, address=f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}")
        try:
            act(client, visitor)
        except Failed as failed:
            with self.lock:
                self.errors.append(str(failed))
        finally:
            client.close()


def measure_answers(run: Run, running: Stack, *, count: int, say: Say) -> None:
    """So many visits, then so many forms that were opened before. Raises ``Failed`` where too few rounds are left."""
    visitors = invited(2 * count)
    run.facts["answers"] = {}
    for way, chosen, before in (("visit", visitors[:count], None), ("form sent", visitors[count:], _open)):
        crowd = Crowd(running.port, chosen)
        if before is not None:
            crowd.each(before)
        cpu, seconds = running.spent(), crowd.each(_send if before else _visit)
        _tell(run, crowd, way, seconds, running.spent() - cpu, say)


def _visit(client: Client, visitor: Visitor) -> None:
    _open(client, visitor)
    _send(client, visitor)


def _open(client: Client, visitor: Visitor) -> None:
    page = client.get(visitor.path)
    key = _KEY.search(page.text)
    if key is None:
        raise Failed(f"{visitor.path[:12]}…: the page has no form")
    visitor.values["submission_key"], visitor.get_s = key[1], page.seconds


def _send(client: Client, visitor: Visitor) -> None:
    visitor.post_s = client.post(visitor.path, visitor.values).seconds
    visitor.sent = True
    if visitor.number % TWICE == 0:
        client.post(visitor.path, visitor.values)


def _tell(run: Run, crowd: Crowd, way: str, seconds: float, cpu: float, say: Say) -> None:
    """Compare what was sent with what stands in the table."""
    rounds = {visitor.round for visitor in crowd.visitors}
    rows = Response.objects.filter(source=Response.Source.LINK, case__in=[case for case, _ in rounds])
    kept = Counter(key for key in rows.values_list("case", "round") if key in rounds)
    sent = [visitor for visitor in crowd.visitors if visitor.sent]
    each = seconds / max(1, len(kept))
    figure = Figure.of(f"{way}, each of {CLIENTS} at once", "customers", [each], cpu=[cpu / max(1, len(kept))])
    figure.limit_ms, figure.note = EACH_MS, f"{1 / each:.1f} answers a second"
    run.figures.append(figure)
    if opened := [visitor.get_s for visitor in sent if way == "visit"]:
        run.figures.append(Figure.of(f"{way}, page opened", "customers", opened))
    if sent:
        run.figures.append(Figure.of(f"{way}, answer sent", "customers", [visitor.post_s for visitor in sent]))
    run.facts["answers"][way] = {
        "a second": round(1 / each, 1),
        "kept": len(kept),
        "seconds": round(seconds, 1),
        "errors": len(crowd.errors),
        "first errors": crowd.errors[:3],
        "doubled": sum(n > 1 for n in kept.values()),
        "lost": sum(visitor.round not in kept for visitor in sent),
        "load at end": round(os.getloadavg()[0], 1),
    }
    say(f"  {way}: {len(kept):,} answers in {seconds:.1f} s, {1 / each:.1f} a second")


def invited(count: int) -> list[Visitor]:
    """Customers of closed rounds that nobody was asked about; each gets a link, as the sweep makes it."""
    survey = Survey.objects.select_related("version").get(kind=Survey.Kind.LINK, stopped_at=None)
    now, chosen = timezone.now(), random.Random(count)  # noqa: S311
    same = {"case": OuterRef("case"), "round": OuterRef("n")}
    rows = Round.objects.filter(outcome__in=FULL_OUTCOMES, closed_at__isnull=False, case__round=F("n"))
    for model in (Invitation, Response, Callback):
        rows = rows.filter(~Exists(model._default_manager.filter(**same)))
    rounds = list(rows.order_by("-closed_at").values_list("case", "n")[:count])
    if len(rounds) < count:
        raise Failed(
            f"Only {len(rounds):,} closed rounds are left to be asked about; {count:,} are needed. Each run uses up as"
            " many: delete the place's folder, and it is generated again."
        )
    Invitation.objects.bulk_create(
        (
            Invitation(
                survey=survey, case_id=case, round=n, key=digest(link_token(case, n)),
                invited_at=now - timedelta(days=1), deadline_at=now + timedelta(days=13),
            )
            for case, n in rounds
        ),
        batch_size=1_000,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE surveys_invitation")
    return [
        Visitor(n, key, f"/survey/{link_token(*key)}", _said(chosen, survey.version.asks))
        for n, key in enumerate(rounds)
    ]


def _said(chosen: random.Random, asks: QuestionnaireDocument) -> dict[str, str]:
    """What the browser sends of it."""
    values = {}
    for item, option, words in said_to(chosen, asks):
        values[ITEM + item.code] = option.code if option else words
        if option and words and item.comment:
            values[COMMENT + item.code] = words
    return values
