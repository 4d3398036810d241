"""Numbers: unique, gap-free in a year, never reused, also under concurrent registration (gate 16)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from organization import numbering
from organization.models import Counter

NOON = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)


def _race(workers: int, each: int, take: Callable[[], int]) -> list[int]:
    """Let several connections take numbers at once; every fifth transaction is rolled back."""
    found: list[int] = []
    guard = threading.Lock()

    def work(seed: int) -> None:
        try:
            for n in range(each):
                rolled_back = (seed + n) % 5 == 0
                try:
                    with transaction.atomic():
                        number = take()
                        if rolled_back:
                            raise LookupError
                except LookupError:
                    continue
                with guard:
                    found.append(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, range(workers)))
    return found


@pytest.mark.gate(16)
@pytest.mark.req("INT-04", "INT-05")
@pytest.mark.django_db(transaction=True)
def test_concurrent_numbers_are_unique_and_contiguous_in_spite_of_rollbacks() -> None:
    found = _race(8, 25, lambda: numbering.take_numbers("case", at=NOON)[0])
    assert sorted(found) == list(range(1, len(found) + 1))


@pytest.mark.prove
@pytest.mark.gate(16)
@pytest.mark.django_db(transaction=True)
def test_a_thousand_races_for_numbers_have_no_violation() -> None:
    found = _race(16, 125, lambda: numbering.take_numbers("case", at=NOON)[0])
    assert sorted(found) == list(range(1, len(found) + 1))


def _without_the_lock() -> int:
    """The switch: read, then write, as MAX(number) + 1 does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(last), 0) FROM organization_counter WHERE series = 'case'")
        last: int = cursor.fetchone()[0]
        cursor.execute("SELECT pg_sleep(0.002)")
        cursor.execute(
            "INSERT INTO organization_counter (series, year, last) VALUES ('case', 2026, %s)"
            " ON CONFLICT (series, year) DO UPDATE SET last = EXCLUDED.last",
            [last + 1],
        )
    return last + 1


@pytest.mark.django_db(transaction=True)
def test_the_race_is_real_without_the_lock_numbers_are_given_twice() -> None:
    found = _race(8, 10, _without_the_lock)
    assert len(set(found)) < len(found)


@pytest.mark.req("INT-05")
@pytest.mark.django_db
def test_the_year_is_that_of_the_organisations_zone() -> None:
    with transaction.atomic():
        before = numbering.next_number("case", at=datetime(2026, 12, 31, 15, 59, tzinfo=UTC))
        after = numbering.next_number("case", at=datetime(2026, 12, 31, 16, 0, tzinfo=UTC))
    assert (before, after) == ("2026-000001", "2027-000001")


@pytest.mark.django_db
def test_a_block_of_numbers_is_contiguous() -> None:
    with transaction.atomic():
        first = numbering.take_numbers("case", at=NOON, count=100)
        second = numbering.take_numbers("case", at=NOON)
    assert (first[0], first[-1], second[0]) == (1, 100, 101)


@pytest.mark.django_db(transaction=True)
def test_numbers_are_taken_only_inside_a_transaction() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        numbering.next_number("case", at=NOON)
    assert not Counter.objects.exists()
