"""The sweep over follow-ups whose date is near or has passed: safe to run twice, late, in two places (SUR-26)."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from time import monotonic

from django.db import transaction
from django.utils import timezone

from audit.actions import Entry, record_many
from audit.actor import Actor
from organization.ladder import Ladder
from organization.models import User
from organization.queries import identity_of
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
        .filter(state=FollowUp.State.OPEN)  # while the hub decides on a reopening, the owner can do nothing
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("response__case__profile_version", "owner")
        .order_by("next_alert_at", "id")[:CHUNK]
    )
    entries: list[Entry] = []
    sight = _Sight([row.pk for row in rows])
    for together in _by_answer(rows):
        try:
            with transaction.atomic():
                entries += _alert(together, ladder, sight, now=now)
        except Exception:
            logger.exception("follow-ups %s could not be processed; parked", [row.pk for row in together])
            for row in together:
                row.next_alert_at = now + PARKED
    FollowUp.objects.bulk_update(rows, ["alerts", "next_alert_at"])
    record_many(sorted(entries, key=lambda entry: entry.thread))
    return len(rows)


def _by_answer(rows: Iterable[FollowUp]) -> list[list[FollowUp]]:
    """What one owner has of one answer, with the same times: told in one message."""
    found: dict[tuple[object, ...], list[FollowUp]] = defaultdict(list)
    for row in rows:
        found[row.response_id, row.owner_id, row.opened_at, row.due_on, row.alerts].append(row)
    return list(found.values())


class _Sight:
    """Who sees which of these follow-ups; asked of each person once."""

    def __init__(self, rows: list[int]) -> None:
        self._rows = rows
        self._seen: dict[int, set[int]] = {}

    def has(self, user: User, rows: Iterable[FollowUp]) -> bool:
        """Whether this person may see all of them."""
        if user.pk not in self._seen:
            visible = FollowUp.objects.filter(pk__in=self._rows).visible_to(identity_of(user))
            self._seen[user.pk] = set(visible.values_list("pk", flat=True))
        return {row.pk for row in rows} <= self._seen[user.pk]


def _alert(rows: list[FollowUp], ladder: Ladder, sight: _Sight, *, now: datetime) -> list[Entry]:
    """Every alert of follow-ups with the same times that is due by now; a late sweep catches up in order."""
    first = rows[0]
    version = first.response.case.profile_version
    policy = version.part(SurveysPart)
    passed = deadlines.passed(
        first.alerts,
        first.opened_at,
        first.due_at,
        warn=policy.follow_up_warn,
        times=version.times.model_copy(update={"ladder": policy.follow_up_ladder}),
        now=now,
    )
    entries = []
    for given, rung in enumerate(passed.rungs, first.alerts):
        late = rung.level != deadlines.WARNING
        if given == _OVERDUE:
            entries += [
                Entry(row.thread, "miss_follow_up", SWEEP, row.due_at, {"follow_up": (None, row.pk)}) for row in rows
            ]
        # A warning that a late sweep reaches only afterwards would say what is no longer true.
        if late or now < first.due_at:
            notices.follow_ups_due(rows, _people(rows, rung.level, ladder, sight), level=rung.level, late=late)
    for row in rows:
        row.alerts += len(passed.rungs)
        row.next_alert_at = passed.next_at
    return entries


def _people(rows: list[FollowUp], level: str, ladder: Ladder, sight: _Sight) -> list[User]:
    """Who is told at a rung: nobody who does not see them, and as a head nobody who is told as their owner already."""
    first, above = rows[0], level == "head"
    return ladder.told(
        level,
        owner=first.owner,
        department=first.department_id,
        able=lambda user: user.is_active and not (above and user.pk == first.owner_id) and sight.has(user, rows),
    )
