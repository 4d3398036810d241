"""Editing working calendars. Whoever calls these recomputes the clocks that rest on them."""

from __future__ import annotations

from datetime import date, timedelta

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


def _locked(calendar: Calendar) -> Calendar:
    return Calendar.objects.select_for_update().get(pk=calendar.pk)


def _touch(calendar: Calendar, verb: str, *, by: Actor, changes: dict[str, tuple[object, object]]) -> Calendar:
    calendar.revision += 1
    calendar.save()
    record(f"calendar:{calendar.pk}", verb, by=by, at=timezone.now(), changes=changes)
    return calendar


@transaction.atomic
def set_day(calendar: Calendar, day: date, *, periods: Periods, label: str, by: Actor) -> CalendarDay:
    """Make a date a holiday (no periods) or a make-up working day (its periods)."""
    calendar = _locked(calendar)
    old = calendar.days.filter(day=day).first()
    row, _created = CalendarDay.objects.update_or_create(
        calendar=calendar, day=day, defaults={"periods": dump_periods(periods), "label": label}
    )
    _touch(calendar, "set_day", by=by, changes={day.isoformat(): (old.periods if old else None, row.periods)})
    return row


@transaction.atomic
def clear_day(calendar: Calendar, day: date, *, by: Actor) -> None:
    """Let a date follow the weekly hours again."""
    calendar = _locked(calendar)
    old = calendar.days.filter(day=day).first()
    if old is not None:
        old.delete()
        _touch(calendar, "clear_day", by=by, changes={day.isoformat(): (old.periods, None)})


@transaction.atomic
def set_weekly(calendar: Calendar, weekly: list[Periods], *, by: Actor) -> Calendar:
    """Change the weekly hours, Monday first; at least one day must have some."""
    if not any(weekly):
        raise InvalidInput("weekly", _("At least one day of the week needs working hours."))
    calendar = _locked(calendar)
    old, calendar.weekly = calendar.weekly, [dump_periods(periods) for periods in weekly]
    return _touch(calendar, "set_weekly", by=by, changes={"weekly": (old, calendar.weekly)})


@transaction.atomic
def confirm_through(calendar: Calendar, through: date, *, by: Actor) -> Calendar:
    """A person confirms that holidays and make-up days are entered up to a date."""
    calendar = _locked(calendar)
    old, calendar.complete_through = calendar.complete_through, through
    return _touch(
        calendar,
        "confirm_through",
        by=by,
        changes={"complete_through": (old.isoformat() if old else None, through.isoformat())},
    )


def ends_soon(calendar: Calendar, *, today: date) -> bool:
    """Whether the confirmed dates end within the alarm's reach (quality: the holiday time bomb)."""
    return calendar.complete_through is None or calendar.complete_through < today + timedelta(days=ALARM_DAYS)
