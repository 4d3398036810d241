"""What a check remembers of the rows before: all of it, and little for each."""

from __future__ import annotations

import random
import tracemalloc

import pytest

from customers.actions.imports.seen import Places, Seen
from customers.imports.rows import Given
from customers.models import ContactPoint


@pytest.mark.req("CUS-29")
def test_places_know_what_a_dict_knows() -> None:
    dice = random.Random(7)
    places, known = Places(), dict[int, int]()
    spread = [2**63 - 1, 10_000, 50]  # digests, keys, and some that come again and again
    for number in range(30_000):
        limit = spread[number % 3]
        digest = dice.randrange(-limit - 1, limit)
        places.put(digest, number)
        known[digest] = number
    assert all(places.get(digest) == number for digest, number in known.items())
    others = (dice.randrange(-(2**63), 2**63) for _n in range(30_000))
    assert all(places.get(digest) is None for digest in others if digest not in known)


@pytest.mark.req("CUS-29")
def test_a_check_remembers_a_row_in_less_than_160_bytes() -> None:
    count = 6_000
    seen = Seen()
    tracemalloc.start()
    try:
        for n in range(count):
            points = tuple(ContactPoint(type="phone", normal=f"{kind}{n}") for kind in ("+86138", "c@"))
            given = Given(line=n, row=n, key=f"K{n}", name=f"客户{n}", card={}, points=points)
            assert seen.earlier(given) is None
            seen.check_number(given, n)
        kept = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert kept / count < 160
