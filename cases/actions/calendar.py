"""After an edit of a working calendar: the running clocks of its cases follow (SLA-02, threat 67).

Readers compare without locks; only a case whose clocks really move is locked. Progress stands in the
calendar's row, so a worker that dies is followed by another one, and one that comes late does nothing.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from audit.actor import Actor
from cases import notices
from cases.actions import clocks
from cases.actions.moves import finish, lock
from cases.models import Case, CaseClock
from organization.actions.calendar import finish_recomputation, note_progress
from organization.models import Calendar
from organization.queries import working_calendar

CHUNK = 500
#: Somebody else is at work while the last progress is younger than this.
LEASE = timedelta(minutes=2)
CLOCKWORK = Actor.system("calendar")


def pending(now: datetime) -> list[str]:
    """Codes of calendars that were edited and whose clocks nobody is recomputing."""
    return [
        calendar.code
        for calendar in Calendar.objects.order_by("pk")
        if not calendar.is_applied and (calendar.applied_at is None or calendar.applied_at < now - LEASE)
    ]


def recompute_clocks(code: str, *, budget: timedelta = timedelta(seconds=45)) -> bool:
    """Recompute the running clocks of a calendar's cases, chunk by chunk; True when nothing is left to do.

    Old due times are kept beside the new ones and a declared breach stays (see ``clocks.recompute``).
    """
    started = timezone.now()
    calendar = Calendar.objects.get(code=code)
    if calendar.is_applied:
        return True
    after, moved = calendar.applied_after, calendar.applied_clocks
    while True:
        now = timezone.now()
        last, count = recompute_chunk(code, after=after, at=now)
        moved += count
        if last is None:
            return finish_recomputation(calendar, moved=moved, at=now, by=CLOCKWORK) or _is_applied(calendar)
        after = last
        if not note_progress(calendar, after=after, moved=moved, at=now):
            return False  # edited meanwhile: the next run begins at the beginning
        if timezone.now() - started > budget:
            return False


def _is_applied(calendar: Calendar) -> bool:
    return Calendar.objects.get(pk=calendar.pk).is_applied


def recompute_chunk(code: str, *, after: int, at: datetime) -> tuple[int | None, int]:
    """The next cases by key: the last key looked at (None at the end) and how many clocks moved."""
    cases = list(
        Case.objects.open()
        .filter(next_due_at__isnull=False, pk__gt=after)
        .select_related("kind", "channel", "customer", "profile_version")
        .defer("search", "contact_search", "text")
        .order_by("pk")[:CHUNK]
    )
    if not cases:
        return None, 0
    mine = {case.pk: case for case in cases if case.profile_version.times.calendar == code}
    running: dict[int, list[CaseClock]] = defaultdict(list)
    for clock in CaseClock.objects.filter(case__in=list(mine)).running():
        running[clock.case_id].append(clock)
    cal = working_calendar(code)
    moved = 0
    for pk, found in running.items():
        case = mine[pk]
        if any(clocks.recomputed(case, clock, cal, at=at) for clock in found if clock.round == case.round):
            moved += _move(pk, at=at)
    return cases[-1].pk, moved


@transaction.atomic
def _move(pk: int, *, at: datetime) -> int:
    case = lock(Case(pk=pk))
    moved = clocks.recompute(case, by=CLOCKWORK, at=at, why=clocks.Why.CALENDAR)
    if moved:
        finish(case, "recompute", by=CLOCKWORK, at=at)
        notices.limits_moved(case, moved)
    return len(moved)
