"""The sweep over due clocks: warn, declare breaches, climb the ladder; safe to run twice, late, in two places."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from audit.actions import Entry, record_many
from audit.actor import Actor
from cases import notices
from cases.models import CaseClock
from cases.notices import ClockAlert
from organization.ladder import Ladder
from organization.models import User
from regulations import deadlines

CHUNK = 200
#: A clock that cannot be processed is tried again after this, so that it never holds up the others.
PARKED = timedelta(hours=1)
SWEEP = Actor.system("deadline-sweep")

logger = logging.getLogger(__name__)


def people_at(level: str, clock: CaseClock, ladder: Ladder) -> list[User]:
    """Who is told at a rung of this clock: nobody who is recused or gone."""
    department = clock.assignment.department_id if clock.assignment else clock.case.owner_department_id
    owner = clock.assignment.holder if clock.assignment else clock.case.owner
    return ladder.told(
        level,
        owner=owner,
        department=department,
        able=lambda user: user.is_active and -user.pk not in clock.case.barred,
    )


def sweep_clocks(now: datetime | None = None, *, budget: timedelta = timedelta(seconds=25)) -> int:
    """Process due clocks in chunks until none is left or the budget of time is used up; returns how many.

    Each chunk is a transaction of its own over rows that nobody else has locked, so two sweeps
    share the work and neither tells anybody twice (SLA-04).
    """
    started, done = timezone.now(), 0
    ladder = Ladder.load()
    while True:
        count = sweep_chunk(now or timezone.now(), ladder)
        done += count
        if count < CHUNK or timezone.now() - started > budget:
            return done


def sweep_chunk(now: datetime, ladder: Ladder) -> int:
    """One chunk; a clock that fails is parked, the others go on."""
    with transaction.atomic():
        clocks = list(
            CaseClock.objects.to_alert(now)
            .select_for_update(of=("self",), skip_locked=True)
            .select_related("case__owner", "case__profile_version", "assignment__holder", "assignment__department")
            .defer("case__search", "case__contact_search", "case__text")
            .order_by("next_alert_at", "id")[:CHUNK]
        )
        entries = _alert_all(clocks, now=now, ladder=ladder)
        CaseClock.objects.bulk_update(clocks, ["level", "next_alert_at", "breached_at"])
        if entries:
            record_many(sorted(entries, key=lambda entry: entry.thread))
    return len(clocks)


def _alert_all(clocks: list[CaseClock], *, now: datetime, ladder: Ladder) -> list[Entry]:
    """Give the alerts of all these clocks together; where that fails, one by one. Who fails alone is parked."""
    before = [(clock.level, clock.breached_at, clock.next_alert_at) for clock in clocks]
    try:
        with transaction.atomic():
            given: list[ClockAlert] = []
            entries = [entry for clock in clocks for entry in _alert(clock, now=now, ladder=ladder, given=given)]
            _tell(given, now=now)
            return entries
    except Exception:
        # What was told was rolled back; the rows must not say that it was told.
        for clock, state in zip(clocks, before, strict=True):
            clock.level, clock.breached_at, clock.next_alert_at = state
        if len(clocks) > 1:
            return [entry for clock in clocks for entry in _alert_all([clock], now=now, ladder=ladder)]
        logger.exception("clock %s could not be processed; parked", clocks[0].pk)
        clocks[0].next_alert_at = now + PARKED
        return []


def _alert(clock: CaseClock, *, now: datetime, ladder: Ladder, given: list[ClockAlert]) -> list[Entry]:
    """Every alert of one clock that is due by now goes into ``given``; a late sweep catches up in order."""
    entries = []
    passed = deadlines.passed(
        clock.level,
        clock.started_at,
        clock.first_due_at,
        warn=clock.policy["warn"],
        times=clock.case.profile_version.times,
        now=now,
    )
    for rung in passed.rungs:
        breach = rung.level != deadlines.WARNING
        if breach and clock.breached_at is None and now >= clock.first_due_at:
            clock.breached_at = clock.first_due_at
            entries.append(Entry(clock.case.thread, "breach", SWEEP, clock.first_due_at, {"clock": (None, clock.kind)}))
        given.append(ClockAlert(clock, rung.level, people_at(rung.level, clock, ladder), breach))
    clock.level += len(passed.rungs)
    clock.next_alert_at = passed.next_at
    return entries


_ONCE = """
    INSERT INTO cases_alert (clock_id, level, due_at, at, user_id)
    SELECT clock_id, level, due_at, %s, user_id
    FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::bigint[]) AS given (clock_id, level, due_at, user_id)
    ON CONFLICT DO NOTHING RETURNING clock_id, level, due_at
"""


def _tell(given: list[ClockAlert], *, now: datetime) -> None:
    """Write each alert down and tell the people of those that are new: each level is told once for a due time."""
    if not given:
        return
    rows = [
        (each.clock.pk, each.level, each.clock.first_due_at, each.users[0].pk if each.users else None) for each in given
    ]
    with connection.cursor() as cursor:
        cursor.execute(_ONCE, [now, *map(list, zip(*rows, strict=True))])
        created = {(pk, level, due) for pk, level, due in cursor.fetchall()}
    # A warning that a late sweep reaches only after the breach would say what is no longer true.
    notices.clock_alerts(
        each
        for each, row in zip(given, rows, strict=True)
        if row[:3] in created and (each.breach or now < each.clock.first_due_at)
    )
