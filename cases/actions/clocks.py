"""Starting, meeting, moving and stopping the clocks of a case; recording breaches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.exceptions import InvalidInput
from cases import lifecycle
from cases.actions.moves import Extra, finish, lock, required
from cases.models import Assignment, Case, CaseClock
from organization import working_time
from organization.queries import working_calendar
from organization.working_time import WorkingCalendar
from regulations import deadlines
from regulations.document import LimitRule
from regulations.models import ClockQuerySet

Kind = CaseClock.Kind
Why = CaseClock.Why


@dataclass(frozen=True)
class Start:
    """What a clock starts from: its kind, the moment, a stated due time, the assignment it is on."""

    kind: str
    at: datetime
    stated: datetime | date | None = None
    assignment: Assignment | None = None


def rule_for(case: Case, kind: str) -> LimitRule | None:
    """The limit of the case's own profile version for a clock, or None when it has no such clock."""
    return case.profile_version.times.limit_for(
        kind,
        kind=case.kind.code,
        urgency=case.urgency,
        channel=case.channel.code,
        customer_class=case.customer.visit_class if case.customer else "",
    )


def calendar_of(case: Case) -> WorkingCalendar:
    """The working calendar that the case's profile names."""
    return working_calendar(case.profile_version.times.calendar)


def round_start(case: Case) -> datetime:
    """When the round began: receipt, or the reopening of a later one."""
    return case.received_at if case.round == 1 else case.rounds.get(n=case.round).opened_at


def starts_of(case: Case, *kinds: str) -> list[Start]:
    """What clocks of the case itself start from, where the event that their limit names has happened (A-05)."""
    found = []
    for kind in kinds:
        rule = rule_for(case, kind)
        if rule is None:
            continue
        at = case.acknowledged_at if rule.start == "acknowledged" else round_start(case)
        if at is not None:
            found.append(Start(kind, at, _customers_date(case, kind)))
    return found


def _customers_date(case: Case, kind: str) -> date | None:
    return case.customer_deadline if kind == Kind.RESOLUTION else None


def end_of(case: Case, day: date) -> datetime:
    """Until when a date that a person stated lasts: its close of business."""
    return working_time.end_of_day(calendar_of(case), day)


def build_clock(case: Case, start: Start, cal: WorkingCalendar) -> CaseClock | None:
    """An unsaved clock, or None when the profile has no such limit for this case."""
    rule = rule_for(case, start.kind)
    if rule is None:
        return None
    due = deadlines.due(cal, start.at, rule, stated=start.stated)
    clock = CaseClock(
        case=case,
        round=case.round,
        kind=start.kind,
        assignment=start.assignment,
        policy=rule.applied(),
        started_at=start.at,
        due_at=due.at,
        first_due_at=due.at,
        provisional=due.provisional,
    )
    set_next_alert(clock)
    return clock


def start_clock(case: Case, start: Start) -> CaseClock | None:
    """Start one clock, unless the profile has no such limit or the clock already exists.

    One that was stopped goes on as if it had not been: same start, same due time, its breach kept (SLA-03).
    """
    clock = build_clock(case, start, calendar_of(case))
    if clock is None:
        return None
    existing = clocks_of(case, start.kind, start.assignment).select_for_update().first()
    if existing is None:
        clock.save()
        return clock
    if existing.stopped_at is not None and existing.met_at is None:
        existing.case, existing.stopped_at = case, None
        set_next_alert(existing)
        existing.save()
    return existing


def start_missing(case: Case) -> None:
    """Start what the limits of the case ask for and what has not begun, because its event had not happened."""
    kinds = [Kind.RESOLUTION]
    if case.visit_needed:
        kinds.append(Kind.ON_SITE)
    if case.acknowledged_at is None:
        kinds.append(Kind.ACKNOWLEDGEMENT)
    begun = set(CaseClock.objects.filter(case=case, round=case.round).values_list("kind", flat=True))
    for start in starts_of(case, *(kind for kind in kinds if kind not in begun)):
        start_clock(case, start)


def set_next_alert(clock: CaseClock) -> None:
    """Set when somebody is told next; unsaved."""
    times = clock.case.profile_version.times
    rung = deadlines.next_rung(
        clock.level, clock.started_at, clock.first_due_at, warn=clock.policy["warn"], times=times
    )
    clock.next_alert_at = rung.at if rung else None


def clocks_of(case: Case, kind: str, assignment: Assignment | None = None) -> ClockQuerySet[CaseClock]:
    """Clocks of one kind in the current round."""
    return CaseClock.objects.filter(case=case, round=case.round, kind=kind, assignment=assignment)


def meet(
    case: Case,
    kind: str,
    *,
    happened_at: datetime,
    now: datetime,
    assignment: Assignment | None = None,
    event: str = "",
) -> None:
    """End a clock by the event it waited for; with ``event`` only where its limit ends by that one (SLA-01).

    The moment it happened decides. A breach that a sweep had declared stays in the history; when
    the late record shows that the limit was kept, the clock also says "met, recorded late".
    """
    for clock in clocks_of(case, kind, assignment).select_for_update():
        if not clock.is_running or (event and clock.policy["end"] != event):
            continue
        clock.met_at = happened_at
        clock.next_alert_at = None
        if happened_at > clock.first_due_at:
            clock.breached_at = clock.breached_at or clock.first_due_at
        elif clock.breached_at is not None or now > clock.first_due_at:
            clock.met_recorded_late = True
        clock.save()


def stop(clocks: ClockQuerySet[CaseClock], *, at: datetime) -> None:
    """Stop clocks whose matter is gone (returned, cancelled, closed short); a passed due time stays a breach."""
    for clock in clocks.running().select_for_update():
        if clock.first_due_at <= at:
            clock.breached_at = clock.breached_at or clock.first_due_at
        clock.stopped_at = at
        clock.next_alert_at = None
        clock.save()


def move_due(clock: CaseClock, due_at: datetime, *, by: Actor, at: datetime, why: Why, decisive: bool) -> None:
    """Give a running clock another due time, keeping the old one visible, with who changed it and why.

    ``decisive`` false (an extension) leaves the first due time to decide the breach. A declared
    breach is never taken back. Who was warned of an earlier due time is warned again of a later one.
    """
    clock.earlier_dues = [
        *clock.earlier_dues,
        {
            "due_at": clock.due_at.isoformat(),
            "changed_at": at.isoformat(),
            "why": why.value,
            "by": by.label if by.id is not None else "",
        },
    ]
    clock.due_at = due_at
    if decisive and clock.breached_at is None:
        clock.first_due_at = due_at
        warning = deadlines.warned_at(clock.started_at, due_at, warn=clock.policy["warn"])
        if warning > at:
            clock.level = 0
        set_next_alert(clock)
    clock.save()


def recomputed(case: Case, clock: CaseClock, cal: WorkingCalendar, *, at: datetime) -> CaseClock | None:
    """How a running clock would stand if it were started today from its original start; None when as it stands.

    What a person stated (a task's due time) and what has passed is left alone: a breach is never extended.
    """
    if clock.kind == Kind.TASK or clock.breached_at is not None:
        return None
    stated = _customers_date(case, clock.kind)
    fresh = build_clock(case, Start(clock.kind, clock.started_at, stated), cal)
    if fresh is None or (fresh.due_at == clock.due_at and fresh.provisional == clock.provisional):
        return None
    if clock.due_at != clock.first_due_at and (stated or fresh.due_at <= clock.due_at):
        return None  # more time was granted or agreed on; a recomputation neither takes it away nor makes it decide
    if clock.first_due_at <= at and fresh.due_at > clock.due_at:
        return None  # due already, although no sweep has said so yet
    return fresh


def recompute(case: Case, *, by: Actor, at: datetime, why: Why) -> list[CaseClock]:
    """Recompute the running clocks of the round from their original start (A-20, quality: calendar edits).

    A clock that is breached is never extended; one that becomes overdue because a classification
    shortens it is marked "by reclassification". Returns the clocks that changed.
    """
    cal = calendar_of(case)
    changed = []
    for clock in CaseClock.objects.filter(case=case, round=case.round).running().select_for_update():
        fresh = recomputed(case, clock, cal, at=at)
        if fresh is None:
            continue
        clock.case = case
        clock.policy, clock.provisional = fresh.policy, fresh.provisional
        if why in {Why.CLASSIFIED, Why.RECLASSIFIED}:
            clock.by_reclassification = fresh.due_at <= at < clock.due_at
        move_due(clock, fresh.due_at, by=by, at=at, why=why, decisive=True)
        changed.append(clock)
    return changed


@transaction.atomic
def give_breach_reason(clock: CaseClock, *, by: Actor, reason: str) -> CaseClock:
    """Say why a limit was not kept; every breach owes a reason before the case is closed (SLA-04)."""
    required(reason, "reason", _("Please say why the limit was not kept."))
    case = lock(clock.case, sources=lifecycle.NOT_FILED)
    clock = CaseClock.objects.select_for_update().get(pk=clock.pk)
    now = timezone.now()
    if clock.breached_at is None and not clock.is_overdue(now):
        raise InvalidInput("reason", _("This limit has not been passed; it needs no reason."))
    clock.breached_at = clock.breached_at or clock.first_due_at
    clock.breach_reason = reason
    clock.save(update_fields=["breach_reason", "breached_at"])
    finish(
        case,
        "give_breach_reason",
        by=by,
        at=now,
        extra=Extra({"clock": (None, clock.kind)}, {"reason": (None, reason)}),
    )
    return clock
