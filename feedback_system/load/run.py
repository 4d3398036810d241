"""The whole load in one transaction."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from cases.models import Import
from feedback_system.load.calendar import arrivals
from feedback_system.load.customers import write_customers
from feedback_system.load.life import Life
from feedback_system.load.people import build_town
from feedback_system.load.schema import bare
from feedback_system.load.shelf import IMPORT_NAME, Shelf
from feedback_system.load.tables import Writer, move_sequences
from feedback_system.load.texts import read_texts

#: From so many cases on it is faster to build the indexes afterwards.
BARE_FROM = 20_000
#: History was imported when the program was new.
IMPORTED = 0.08


@dataclass(frozen=True)
class Wish:
    """How much of what.

    Attributes:
        open_share: part of the cases that stand open, at any step; the others are closed as far as time allows.
        customers: 0 means one for every five cases.
    """

    cases: int
    texts: Path
    seed: int = 1
    departments: int = 200
    days: int = 3 * 365
    open_share: float = 0.03
    customers: int = 0


Say = Callable[[str], None]


def generate(wish: Wish, *, say: Say) -> dict[str, float]:
    """Fill an empty database; returns how many seconds each part took."""
    seconds: dict[str, float] = {}
    started = time.perf_counter()

    def lap(name: str) -> None:
        seconds[name] = time.perf_counter() - started - sum(seconds.values())
        say(f"{name}: {seconds[name]:.1f} s")

    with transaction.atomic():
        rng = random.Random(wish.seed)  # noqa: S311 - the same load for the same seed
        texts = read_texts(wish.texts)
        town = build_town(texts, rng, departments=wish.departments)
        now = timezone.localtime()
        Import.objects.create(name=IMPORT_NAME, started_at=now - timedelta(days=wish.days), finished_at=now)
        shelf = Shelf(town, texts, rng, now=now, count=wish.cases)
        lap("organisation")
        models = [table.model for table in shelf.tables]
        if wish.cases >= BARE_FROM:
            with bare(models):
                _write(wish, shelf, lap=lap, say=say)
            lap("indexes and references")
        else:
            _write(wish, shelf, lap=lap, say=say)
        move_sequences(shelf.tables)
        shelf.numbers.keep()
    lap("commit")
    return seconds


def _write(wish: Wish, shelf: Shelf, *, lap: Say, say: Say) -> None:
    rng, now = shelf.rng, shelf.now
    with Writer(shelf.tables) as writer:
        customers = wish.customers or wish.cases // 5
        write_customers(shelf, customers, writer, since=now - timedelta(days=wish.days + 10))
        lap("customers")
        stalls = _Stalls(wish)
        for n, at in enumerate(arrivals(wish.cases, rng, now=now, days=wish.days)):
            share = n / wish.cases
            shelf.left = wish.cases - n
            imported = share < IMPORTED and rng.random() < 0.9 and wish.open_share < 1
            Life(shelf, at, stalled=not imported and stalls.at(share, rng), imported=imported).live()
            shelf.write_measures()
            writer.flush()
            if n and n % 50_000 == 0:
                say(f"  {n:,} cases")
    lap("cases")


@dataclass
class _Stalls:
    """Cases stand still in the newer part of the time, as many as were wished."""

    wish: Wish

    def at(self, share: float, rng: random.Random) -> bool:
        wished = self.wish.open_share
        recent = max(0.25, wished)
        return share >= 1 - recent and rng.random() < wished / recent
