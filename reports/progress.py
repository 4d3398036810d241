"""How far a report is while it is built: in the cache, because the one transaction that builds it shows nothing before.

Losing it costs a number on a page, and nothing else: a cache that is gone stops no building.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from django.core.cache import cache
from redis.exceptions import RedisError

from reports.facts import SELECTS
from reports.models import Report

#: Every subject of the facts, and the two periods it is compared with.
STEPS = len(SELECTS) + 2
_KEPT_S = 3600


def of(report: Report) -> Iterator[None]:
    """Each ``next`` is a step done."""
    for done in range(1, STEPS + 1):
        note(_key(report), done)
        yield


def note(key: str, done: int) -> None:
    """Keep how far something is, where the cache is there."""
    with suppress(RedisError, OSError):
        cache.set(key, done, _KEPT_S)


def noted(key: str) -> int:
    """How far something was; 0 where nothing is known."""
    with suppress(RedisError, OSError):
        return int(cache.get(key) or 0)
    return 0


def percent(report: Report) -> int:
    """How much of it is done, from 0 to 100."""
    if report.is_issued:
        return 100
    return int(100 * noted(_key(report)) / (STEPS + 1))


def _key(report: Report) -> str:
    return f"report-steps:{report.pk}:{report.attempts}"
