"""Gap-free numbers: one counter row per series and year, locked until the caller commits."""

from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone


def year_of(at: datetime) -> int:
    """The calendar year of a moment in the organisation's zone (quality: year change at midnight here)."""
    return timezone.localtime(at).year


def take_numbers(series: str, *, at: datetime, count: int = 1) -> range:
    """Take ``count`` consecutive numbers of a series; the row stays locked until commit.

    Call it last before the inserts that need it, in a short transaction: a rollback gives the
    numbers back, so the year has no gap (INT-05). Raises ``TransactionManagementError`` outside
    a transaction.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("Numbers are taken inside a transaction.")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO organization_counter (series, year, last) VALUES (%s, %s, %s)"
            " ON CONFLICT (series, year) DO UPDATE SET last = organization_counter.last + EXCLUDED.last"
            " RETURNING last",
            [series, year_of(at), count],
        )
        last: int = cursor.fetchone()[0]
    return range(last - count + 1, last + 1)


def format_number(at: datetime, n: int) -> str:
    """``2026-000123``: year of registration in the organisation's zone, six digits or more."""
    return f"{year_of(at)}-{n:06d}"


def next_number(series: str, *, at: datetime) -> str:
    """The next number of a series, for one record."""
    return format_number(at, take_numbers(series, at=at)[0])
