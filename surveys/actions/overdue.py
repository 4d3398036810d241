"""The sweep over follow-ups whose date is near or has passed: safe to run twice, late, in two places (SUR-26)."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from time import monotonic

from django.db import transaction
from django.utils import timezone

from audit.actions import Entry, record_many
from audit.actor import Actor
from organization.ladder import Ladder
from organization.models import User
from regulations import deadlines
from surveys import notices
from surveys.models import FollowUp
from surveys.policy import SurveysPart

CHUNK = 200
#: One that cannot be processed is tried again after this, so that it never holds up the others.
PARKED = timedelta(hours=1)
SWEEP = Actor.system("survey-sweep")
#: The rung at which it counts as overdue: the first after the warning.
_OVERDUE = 1

logger = logging.getLogger(__name__)


def sweep_follow_ups(now: datetime | None = None, *, budget: timedelta = timedelta(seconds=25)) -> int:
    """Tell the owner that the date is near and that it has passed, then who stands above; returns how many rows."""
    until, done, ladder = monotonic() + budget.total_seconds(), 0, Ladder.load()
    while True:
        count = _chunk(now or timezone.now(), ladder)
        done += count
        if count < CHUNK or monotonic() > until:
            return done


@transaction.atomic
def _chunk(now: datetime, ladder: Ladder) -> int:
    rows = list(
        FollowUp.objects.to_alert(now)
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("response__case__profile_version", "owner")
        .order_by("next_alert_at", "id")[:CHUNK]
    )
    entries: list[Entry] = []
    for row in rows:
        try:
            with transaction.atomic():
                entries += _alert(row, ladder, now=now)
        except Exception:
            logger.exception("follow-up %s could not be processed; parked", row.pk)
            row.next_alert_at = now + PARKED
    FollowUp.objects.bulk_update(rows, ["alerts", "next_alert_at"])
    record_many(sorted(entries, key=lambda entry: entry.thread))
    return len(rows)


def _alert(row: FollowUp, ladder: Ladder, *, now: datetime) -> list[Entry]:
    """Every alert of one follow-up that is due by now; a late sweep catches up in order."""
    version = row.response.case.profile_version
    policy = version.part(SurveysPart)
    passed = deadlines.passed(
        row.alerts,
        row.opened_at,
        row.due_at,
        warn=policy.follow_up_warn,
        times=version.times.model_copy(update={"ladder": policy.follow_up_ladder}),
        now=now,
    )
    entries = []
    for given, rung in enumerate(passed.rungs, row.alerts):
        late = rung.level != deadlines.WARNING
        if given == _OVERDUE:
            entries.append(Entry(row.thread, "miss_follow_up", SWEEP, row.due_at, {"follow_up": (None, row.pk)}))
        # A warning that a late sweep reaches only afterwards would say what is no longer true.
        if late or now < row.due_at:
            notices.follow_up_due(row, _people(row, rung.level, ladder), level=rung.level, late=late)
    row.alerts += len(passed.rungs)
    row.next_alert_at = passed.next_at
    return entries


def _people(row: FollowUp, level: str, ladder: Ladder) -> list[User]:
    """Who is told at a rung: nobody who is recused or gone, and as a head nobody who is told as its owner already."""
    barred, above = row.response.case.barred, level == "head"
    return ladder.told(
        level,
        owner=row.owner,
        department=row.department_id,
        able=lambda user: user.is_active and -user.pk not in barred and not (above and user.pk == row.owner_id),
    )
