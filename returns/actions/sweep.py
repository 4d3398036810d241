"""Sweeps over due clocks and over what was sent; safe to run twice, late, in two places."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from audit.actions import Entry, record_many
from audit.actor import Actor
from audit.exceptions import DomainError
from organization.ladder import Ladder
from organization.models import User
from organization.models.units import Function
from regulations import deadlines
from returns import notices
from returns.actions.leaving import assume_delivery
from returns.lifecycle import Place, State
from returns.models import ReturnAlert, ReturnClock, ReturnSlip
from returns.notices import ClockAlert

CHUNK = 200
#: A clock that cannot be processed is tried again after this, so that it never holds up the others.
PARKED = timedelta(hours=1)
SWEEP = Actor.system("deadline-sweep")
#: Longer than any profile's days of transport is not looked at; the shortest is a day.
_SHORTEST_TRANSPORT = timedelta(days=1)

logger = logging.getLogger(__name__)


def sweep_clocks(now: datetime | None = None, *, budget: timedelta = timedelta(seconds=25)) -> int:
    """Process due clocks in chunks until none is left or the budget of time is used up; returns how many (SLA-04)."""
    started, done, ladder = timezone.now(), 0, Ladder.load()
    while True:
        count = _chunk(now or timezone.now(), ladder)
        done += count
        if count < CHUNK or timezone.now() - started > budget:
            return done


@transaction.atomic
def _chunk(now: datetime, ladder: Ladder) -> int:
    """One chunk; a clock that fails is parked, the others go on."""
    clocks = list(
        ReturnClock.objects.to_alert(now)
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("slip__profile_version", "slip__case", "slip__repair__repairer")
        .order_by("next_alert_at", "id")[:CHUNK]
    )
    entries: list[Entry] = []
    for clock in clocks:
        before = (clock.level, clock.breached_at)
        try:
            with transaction.atomic():
                entries += _alert(clock, now=now, ladder=ladder)
        except Exception:
            clock.level, clock.breached_at = before
            logger.exception("clock %s could not be processed; parked", clock.pk)
            clock.next_alert_at = now + PARKED
    ReturnClock.objects.bulk_update(clocks, ["level", "next_alert_at", "breached_at"])
    record_many(sorted(entries, key=lambda entry: entry.thread))
    return len(clocks)


def _alert(clock: ReturnClock, *, now: datetime, ladder: Ladder) -> list[Entry]:
    """Every alert of one clock that is due by now; a late sweep catches up in order."""
    entries = []
    passed = deadlines.passed(
        clock.level,
        clock.started_at,
        clock.first_due_at,
        warn=clock.policy["warn"],
        times=clock.slip.profile_version.times,
        now=now,
    )
    for rung in passed.rungs:
        breach = rung.level != deadlines.WARNING
        if breach and clock.breached_at is None and now >= clock.first_due_at:
            clock.breached_at = clock.first_due_at
            entries.append(Entry(clock.slip.thread, "breach", SWEEP, clock.first_due_at, {"clock": (None, clock.kind)}))
        # A warning that a late sweep reaches only after the breach would say what is no longer true.
        if breach or now < clock.first_due_at:
            _tell(clock, rung.level, ladder, breach=breach, now=now)
    clock.level += len(passed.rungs)
    clock.next_alert_at = passed.next_at
    return entries


def _tell(clock: ReturnClock, level: str, ladder: Ladder, *, breach: bool, now: datetime) -> None:
    """Write the alert down and tell its people, each level once for a due time."""
    users = _people(clock, level, ladder)
    _row, created = ReturnAlert.objects.get_or_create(
        clock=clock, level=level, due_at=clock.first_due_at, defaults={"at": now, "user": users[0] if users else None}
    )
    if created:
        notices.clock_alert(ClockAlert(clock, level, users, breach))


def _people(clock: ReturnClock, level: str, ladder: Ladder) -> list[User]:
    """Who is told at a rung of this clock: nobody who is recused or gone."""
    slip = clock.slip
    order = getattr(slip, "repair", None)
    owner = order.repairer if order is not None and clock.kind == ReturnClock.Kind.REPAIR else None
    barred = slip.case.barred if slip.case else []
    return ladder.told(
        level,
        owner=owner,
        department=ladder.carrying(slip.turn or Function.REPAIR),
        able=lambda user: user.is_active and -user.pk not in barred,
    )


def sweep_deliveries(now: datetime | None = None) -> int:
    """What was sent, and nobody confirmed, counts as received after the days of transport (A-54), what was repaired on
    site as accepted so many days after it passed; returns how many.
    """
    now = now or timezone.now()
    latest = now - _SHORTEST_TRANSPORT
    on_site = Q(state=State.PASSED, place=Place.ON_SITE, received_at=None, passed_at__lte=latest)
    sent = ReturnSlip.objects.filter(Q(state=State.RELEASED, released_at__lte=latest) | on_site)
    done = 0
    # No limit: what lies under a profile with more days of transport must not stand before the others.
    for slip in sent.select_related("profile_version").order_by("released_at", "id").iterator(chunk_size=CHUNK):
        since = slip.handed_over_at
        if since is None or since + timedelta(days=slip.policy.transport_days) > now:
            continue
        try:
            assume_delivery(slip)
        except DomainError:  # somebody confirmed it meanwhile
            continue
        done += 1
    return done
