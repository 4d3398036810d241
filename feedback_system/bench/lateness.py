"""Ten thousand limits pass in one minute, over a million open clocks: is everybody told within the next?

The real beat and the real worker sweep. A clock counts as seen when its breach and a message about it can be read by
another connection, so commit and queue are in the figure.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from cases.models import CaseClock
from feedback_system.bench.figures import Figure, Run
from feedback_system.bench.stack import stack

DUE, OPEN, MINUTE, PROMISE_S = 10_000, 1_000_000, 60, 60
#: From the first preparation to the first limit: the processes have to be up.
LEAD_S = 45
_QUIET = """
    UPDATE cases_caseclock SET next_alert_at = %(later)s + random() * interval '7 days'
    WHERE met_at IS NULL AND stopped_at IS NULL
"""
_CHOOSE = """
    WITH chosen AS (
        SELECT id FROM cases_caseclock WHERE met_at IS NULL AND stopped_at IS NULL AND kind <> 'on_site'
        ORDER BY random() LIMIT %(due)s
    ), timed AS (SELECT id, %(first)s + random() * interval '1 minute' AS due FROM chosen)
    UPDATE cases_caseclock AS clock SET started_at = due - interval '1 day', due_at = due, first_due_at = due,
        next_alert_at = due, level = 1, breached_at = NULL
    FROM timed WHERE clock.id = timed.id RETURNING clock.id, due
"""
#: A case has one or two clocks; those that have no visit to wait for get one, until there are enough.
_TOP_UP = """
    INSERT INTO cases_caseclock (kind, policy, started_at, due_at, first_due_at, earlier_dues, provisional,
        next_alert_at, level, met_recorded_late, breach_reason, by_reclassification, case_id, round)
    SELECT 'on_site', policy, started_at, due_at, first_due_at, '[]', false, %(later)s, 1, false, '', false,
        case_id, round
    FROM cases_caseclock WHERE kind = 'resolution' AND met_at IS NULL AND stopped_at IS NULL LIMIT %(missing)s
    ON CONFLICT DO NOTHING
"""
_SEEN = """
    SELECT clock.id FROM cases_caseclock AS clock WHERE clock.id = ANY (%(ids)s) AND clock.breached_at IS NOT NULL
      AND EXISTS (SELECT FROM notifications_message AS message WHERE message.thread = 'case:' || clock.case_id
                  AND message.kind = 'clock_breach' AND message.created_at >= %(since)s)
"""
Say = Callable[[str], None]


def measure_lateness(run: Run, *, due: int = DUE, say: Say) -> None:
    """Prepare, wait, watch; the figure is the time from each limit to the moment it could be seen."""
    say("  preparing: every open clock is quiet but those that fall due")
    first = timezone.now() + timedelta(seconds=LEAD_S)
    clocks = _prepare(first, due)
    # The update of a million rows takes its time; what falls due moves with it.
    first = timezone.now() + timedelta(seconds=LEAD_S)
    clocks = _move(clocks, first)
    open_clocks = CaseClock.objects.running().count()
    run.facts |= {"open clocks": open_clocks, "due in one minute": len(clocks)}
    say(f"  {len(clocks):,} of {open_clocks:,} open clocks fall due from {timezone.localtime(first):%H:%M:%S} on")
    with stack(background=True) as running:
        seen = _watch(clocks, first, say)
        run.facts["memory MB"] = round(running.memory_mb)
    late = [seen.get(pk, first + timedelta(hours=1)) - due_at for pk, due_at in clocks.items()]
    figure = Figure.of("breach recorded and queued", "", [delay.total_seconds() for delay in late])
    figure.note = f"{len(seen):,} of {len(clocks):,} seen, the last after {max(late).total_seconds():.0f} s"
    run.facts["latest s"] = round(max(late).total_seconds(), 1)
    run.facts["kept"] = max(late).total_seconds() <= PROMISE_S
    run.figures.append(figure)


def _prepare(first: datetime, due: int) -> dict[int, datetime]:
    missing = OPEN - CaseClock.objects.running().count() if due == DUE else 0
    with connection.cursor() as cursor:
        if missing > 0:
            cursor.execute(_TOP_UP, {"later": first + timedelta(days=1), "missing": missing})
        cursor.execute(_QUIET, {"later": first + timedelta(days=1)})
        cursor.execute(_CHOOSE, {"due": due, "first": first})
        found = dict(cursor.fetchall())
        cursor.execute("VACUUM (ANALYZE) cases_caseclock")
    return found


def _move(clocks: dict[int, datetime], first: datetime) -> dict[int, datetime]:
    shift = first - min(clocks.values())
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cases_caseclock SET started_at = started_at + shift, due_at = due_at + shift,"
            " first_due_at = first_due_at + shift, next_alert_at = next_alert_at + shift"
            " FROM (SELECT interval '1 second' * %(seconds)s AS shift) AS moved WHERE id = ANY (%(ids)s)",
            {"seconds": shift.total_seconds(), "ids": list(clocks)},
        )
    return {pk: due + shift for pk, due in clocks.items()}


def _watch(clocks: dict[int, datetime], first: datetime, say: Say) -> dict[int, datetime]:
    """Look once a second until all are seen, or three times the promise has passed."""
    seen: dict[int, datetime] = {}
    end = first + timedelta(seconds=MINUTE + 3 * PROMISE_S)
    told = time.monotonic()
    while len(seen) < len(clocks) and timezone.now() < end:
        time.sleep(1)
        with connection.cursor() as cursor:
            cursor.execute(_SEEN, {"ids": [pk for pk in clocks if pk not in seen], "since": first})
            found = [row[0] for row in cursor.fetchall()]
        now = timezone.now()
        seen |= dict.fromkeys(found, now)
        if time.monotonic() - told > 15:
            told = time.monotonic()
            say(f"  {len(seen):,} seen, {(now - first).total_seconds():.0f} s after the first limit")
    return seen
