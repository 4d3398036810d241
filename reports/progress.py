"""How far a report is while it is built: in the cache, because the one transaction that builds it shows nothing before.

Losing it costs a number on a page.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.core.cache import cache

from reports.facts import SELECTS
from reports.models import Report

#: Every subject of the facts, and the two periods it is compared with.
STEPS = len(SELECTS) + 2
_KEPT_S = 3600


def of(report: Report) -> Iterator[None]:
    """Each ``next`` is a step done."""
    for done in range(1, STEPS + 1):
        cache.set(_key(report), done, _KEPT_S)
        yield


def percent(report: Report) -> int:
    """How much of it is done, from 0 to 100."""
    if report.is_issued:
        return 100
    return int(100 * (cache.get(_key(report)) or 0) / (STEPS + 1))


def _key(report: Report) -> str:
    return f"report-steps:{report.pk}:{report.attempts}"
