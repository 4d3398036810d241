"""When generated cases come in: three years, more of them each year, in the hours in which people call."""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import accumulate

#: Share of the day's cases by local hour.
_HOURS = (1, 1, 0, 0, 0, 0, 1, 3, 9, 14, 13, 10, 7, 8, 11, 11, 10, 8, 6, 6, 6, 5, 3, 2)
_UP_TO = [0, *accumulate(_HOURS)]
_GROWTH = 0.8


def arrivals(count: int, rng: random.Random, *, now: datetime, days: int) -> Iterator[datetime]:
    """So many times in order, up to ``now`` (whose zone says where midnight is)."""
    first = (now - timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)
    for n in range(count):
        day, part = divmod(((n + rng.random()) / count) ** _GROWTH * days, 1)
        at = first + timedelta(days=day, seconds=_second(part))
        yield min(at, now - timedelta(seconds=count - n))


def _second(part: float) -> float:
    """The second of the day by which this part of the day's cases has come."""
    wanted = part * _UP_TO[-1]
    hour = min(bisect(_UP_TO, wanted) - 1, 23)
    share = (wanted - _UP_TO[hour]) / (_UP_TO[hour + 1] - _UP_TO[hour] or 1)
    return (hour + min(share, 0.999)) * 3600
