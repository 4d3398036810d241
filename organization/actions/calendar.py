"""Editing working calendars, and keeping book of how far the running clocks follow (SLA-02, threat 67).

Every edit counts the revision up. The room that has clocks recomputes them and notes its progress here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import InvalidInput
from organization.models import Calendar, CalendarDay
from organization.working_time import Periods, dump_periods

#: From this many days before the end of the confirmed calendar the alarm is raised.
ALARM_DAYS = 60


@dataclass(frozen=True)
class Exceptional:
    """What a date is instead of its weekday: a holiday (no periods) or a make-up day, and why."""

    periods: Periods
    label: str = ""


def _locked(calendar: Calendar) -> Calendar:
    return Calendar.objects.select_for_update().get(pk=calendar.pk)


def _touch(calendar: Calendar, verb: str, *, by: Actor, changes: Mapping[str, tuple[object, object]]) -> Calendar:
    calendar.revision += 1
    calendar.applied_after, calendar.applied_clocks, calendar.applied_at = 0, 0, None
    calendar.save()
    record(f"calendar:{calendar.pk}", verb, by=by, at=timezone.now(), changes=changes)
    return calendar


@transaction.atomic
def set_days(calendar: Calendar, days: Mapping[date, Exceptional], *, by: Actor) -> int:
    """Make dates holidays or make-up working days; returns how many differ from what stood there."""
    calendar = _locked(calendar)
    old = {row.day: (row.periods, row.label) for row in calendar.days.filter(day__in=list(days))}
    wanted = {day: (dump_periods(each.periods), each.label) for day, each in days.items()}
    changed = {day: value for day, value in wanted.items() if old.get(day) != value}
    if not changed:
        return 0
    CalendarDay.objects.bulk_create(
        [CalendarDay(calendar=calendar, day=day, periods=p, label=label) for day, (p, label) in changed.items()],
        update_conflicts=True,
        unique_fields=["calendar", "day"],
        update_fields=["periods", "label"],
    )
    changes = {d.isoformat(): (old[d][0] if d in old else None, value[0]) for d, value in sorted(changed.items())}
    _touch(calendar, "set_days", by=by, changes=changes)
    return len(changed)


@transaction.atomic
def clear_days(calendar: Calendar, days: Iterable[date], *, by: Actor) -> int:
    """Let dates follow the weekly hours again; returns how many did not."""
    calendar = _locked(calendar)
    rows = calendar.days.filter(day__in=list(days))
    changes = {row.day.isoformat(): (row.periods, None) for row in rows}
    if changes:
        rows.delete()
        _touch(calendar, "clear_days", by=by, changes=changes)
    return len(changes)


@transaction.atomic
def set_weekly(calendar: Calendar, weekly: list[Periods], *, by: Actor) -> Calendar:
    """Change the weekly hours, Monday first; at least one day must have some."""
    if not any(weekly):
        raise InvalidInput("weekly", _("At least one day of the week needs working hours."))
    calendar = _locked(calendar)
    old, calendar.weekly = calendar.weekly, [dump_periods(periods) for periods in weekly]
    if old == calendar.weekly:
        return calendar
    return _touch(calendar, "set_weekly", by=by, changes={"weekly": (old, calendar.weekly)})


@transaction.atomic
def confirm_through(calendar: Calendar, through: date, *, by: Actor) -> Calendar:
    """A person confirms that holidays and make-up days are entered up to a date.

    Refused for a year in which nothing is entered: that is how the confirmation goes wrong.
    """
    calendar = _locked(calendar)
    old = calendar.complete_through
    if old == through:
        return calendar
    first = old.year + 1 if old and old < through else through.year
    for year in range(first, through.year + 1):
        if not calendar.days.filter(day__year=year).exists():
            raise InvalidInput(
                "through",
                _("For %(year)s no holiday is entered in this calendar. Enter the notice first, then confirm it.")
                % {"year": year},
            )
    calendar.complete_through = through
    return _touch(
        calendar,
        "confirm_through",
        by=by,
        changes={"complete_through": (old.isoformat() if old else None, through.isoformat())},
    )


def ends_soon(calendar: Calendar, *, today: date) -> bool:
    """Whether the confirmed dates end within the alarm's reach (quality: the holiday time bomb)."""
    return calendar.complete_through is None or calendar.complete_through < today + timedelta(days=ALARM_DAYS)


def note_progress(calendar: Calendar, *, after: int, moved: int, at: datetime) -> bool:
    """Note how far a recomputation has come; False when the calendar was edited meanwhile: it starts anew."""
    return bool(
        Calendar.objects.filter(pk=calendar.pk, revision=calendar.revision).update(
            applied_after=after, applied_clocks=moved, applied_at=at
        )
    )


@transaction.atomic
def finish_recomputation(calendar: Calendar, *, moved: int, at: datetime, by: Actor) -> bool:
    """All running clocks rest on this revision now; False when it was edited meanwhile or somebody else said so."""
    row = _locked(calendar)
    if row.revision != calendar.revision or row.is_applied:
        return False
    row.applied_revision, row.applied_after, row.applied_clocks, row.applied_at = row.revision, 0, moved, at
    row.save()
    record(f"calendar:{row.pk}", "recompute_clocks", by=by, at=at, changes={"clocks": (None, moved)})
    return True
