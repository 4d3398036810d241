"""Starting and meeting the clocks of a return."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.exceptions import InvalidInput
from cases.actions.moves import Extra
from organization.queries import working_calendar
from regulations import deadlines
from regulations.document import LimitRule
from returns.actions.moves import finish, lock
from returns.models import ReturnClock, ReturnSlip

Kind = ReturnClock.Kind


def rule_for(slip: ReturnSlip, kind: str, *, units: int) -> LimitRule:
    """The limit of the slip's own profile version: what its limits say of this clock, else the room's presets."""
    stated = slip.profile_version.times.limit_for(kind, kind="", urgency="", channel="")
    return stated or slip.policy.limit(kind, units=units)


def units_of(slip: ReturnSlip) -> int:
    """How many units came back, or stand at the customer's: the batch whose repair is measured (A-53)."""
    return sum(line.units for line in slip.lines.all()) or 1


def start_clock(slip: ReturnSlip, kind: str, *, at: datetime) -> ReturnClock:
    """Start a clock from a moment; one that exists goes on as it is."""
    existing = ReturnClock.objects.select_for_update().filter(slip=slip, kind=kind).first()
    if existing is not None:
        existing.slip = slip
        if existing.stopped_at is not None:
            existing.stopped_at = None
            set_next_alert(existing)
            existing.save()
        return existing
    rule = rule_for(slip, kind, units=units_of(slip))
    due = deadlines.due(working_calendar(slip.profile_version.times.calendar), at, rule)
    clock = ReturnClock(
        slip=slip, kind=kind, policy=rule.applied(), started_at=at, due_at=due.at, first_due_at=due.at,
        provisional=due.provisional,
    )  # fmt: skip
    set_next_alert(clock)
    clock.save()
    return clock


def set_next_alert(clock: ReturnClock) -> None:
    """Set when somebody is told next; unsaved."""
    times = clock.slip.profile_version.times
    rung = deadlines.next_rung(
        clock.level, clock.started_at, clock.first_due_at, warn=clock.policy["warn"], times=times
    )
    clock.next_alert_at = rung.at if rung else None


def meet(slip: ReturnSlip, kind: str, *, happened_at: datetime, now: datetime) -> None:
    """End a clock by the event it waited for; the moment it happened decides, a breach stays in the history."""
    for clock in ReturnClock.objects.filter(slip=slip, kind=kind).running().select_for_update():
        clock.met_at, clock.next_alert_at = happened_at, None
        if happened_at > clock.first_due_at:
            clock.breached_at = clock.breached_at or clock.first_due_at
        elif clock.breached_at is not None or now > clock.first_due_at:
            clock.met_recorded_late = True
        clock.save()


def resume(slip: ReturnSlip, kind: str) -> None:
    """Let a clock go on that an event had ended which is not true any more."""
    for clock in ReturnClock.objects.filter(slip=slip, kind=kind).select_for_update():
        clock.slip = slip
        clock.met_at, clock.met_recorded_late = None, False
        set_next_alert(clock)
        clock.save()


def refit(slip: ReturnSlip, kind: str) -> None:
    """Compute a running limit anew, from its start, where the number of units was corrected."""
    for clock in ReturnClock.objects.filter(slip=slip, kind=kind).running().select_for_update():
        clock.slip = slip
        rule = rule_for(slip, kind, units=units_of(slip))
        due = deadlines.due(working_calendar(slip.profile_version.times.calendar), clock.started_at, rule)
        clock.policy, clock.provisional = rule.applied(), due.provisional
        clock.due_at = clock.first_due_at = due.at
        set_next_alert(clock)
        clock.save()


def stop_all(slip: ReturnSlip, *, at: datetime) -> None:
    """Stop what runs: its matter is gone; a passed due time stays a breach."""
    for clock in ReturnClock.objects.filter(slip=slip).running().select_for_update():
        if clock.first_due_at <= at:
            clock.breached_at = clock.breached_at or clock.first_due_at
        clock.stopped_at, clock.next_alert_at = at, None
        clock.save()


@transaction.atomic
def give_breach_reason(clock: ReturnClock, *, by: Actor, reason: str) -> ReturnClock:
    """Say why a limit was not kept (SLA-04). Raises ``InvalidInput`` where it was, or without words."""
    if not reason.strip():
        raise InvalidInput("reason", _("Please say why the limit was not kept."))
    slip = lock(clock.slip)
    row = ReturnClock.objects.select_for_update().get(pk=clock.pk)
    now = timezone.now()
    if row.breached_at is None and not row.is_overdue(now):
        raise InvalidInput("reason", _("This limit has not been passed; it needs no reason."))
    row.breached_at, row.breach_reason = row.breached_at or row.first_due_at, reason
    row.save(update_fields=["breached_at", "breach_reason"])
    finish(
        slip, "give_breach_reason", by=by, at=now,
        extra=Extra({"clock": (None, row.kind)}, {"reason": (None, reason)}),
    )  # fmt: skip
    return row
