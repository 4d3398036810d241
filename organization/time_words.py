"""Times in a reader's words: what is left, what is late, when it was.

Pure functions over two readings of the clock. The same phrases go to the browser
(``static/js/time-words.js``), which keeps an open page fresh; both are tested against one table.
"""

from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

#: Below this a due time is shown as what is left; from it on as a time of day.
COUNTDOWN: Final = timedelta(hours=6)
#: Below this what is left carries its minutes.
WITH_MINUTES: Final = timedelta(hours=3)
#: Below this a due time counts as "soon" for its colour. It warns nobody: the profile's ladder does that.
SOON: Final = timedelta(hours=4)

#: The phrases by the name under which the browser finds them.
PHRASES: Final[dict[str, str | Promise]] = {
    "late_minutes": _("Overdue %(n)s min"),
    "late_hours": _("Overdue %(n)s h"),
    "late_days": _("Overdue %(n)s d"),
    "left_minutes": _("%(n)s min left"),
    "left_hours_minutes": _("%(h)s h %(n)s min left"),
    "left_hours": _("%(n)s h left"),
    "now": _("just now"),
    "minutes_ago": _("%(n)s min ago"),
    "yesterday": _("Yesterday %(time)s"),
    "today": _("Today %(time)s"),
    "tomorrow": _("Tomorrow %(time)s"),
    "weekday": _("%(weekday)s %(time)s"),
    "this_year": _("%(mm)s-%(dd)s %(time)s"),
    "other_year": _("%(year)s-%(mm)s-%(dd)s"),
    "full": _("%(weekday)s %(year)s-%(mm)s-%(dd)s %(time)s"),
}
WEEKDAYS: Final[tuple[str | Promise, ...]] = (
    pgettext_lazy("weekday", "Mon"),
    pgettext_lazy("weekday", "Tue"),
    pgettext_lazy("weekday", "Wed"),
    pgettext_lazy("weekday", "Thu"),
    pgettext_lazy("weekday", "Fri"),
    pgettext_lazy("weekday", "Sat"),
    pgettext_lazy("weekday", "Sun"),
)


def remaining_words(now: datetime, due: datetime) -> str:
    """Say how long there is until ``due``, or for how long it has been overdue.

    Overdue time is rounded down (at least one minute), minutes left are rounded up, whole hours
    left are rounded down: nobody is told to have more time than there is.
    """
    if due <= now:
        late = now - due
        if late < timedelta(hours=1):
            return _phrase("late_minutes", n=max(1, late // timedelta(minutes=1)))
        if late < timedelta(days=1):
            return _phrase("late_hours", n=late // timedelta(hours=1))
        return _phrase("late_days", n=late.days)
    left = due - now
    if left >= COUNTDOWN:
        return moment_words(now, due)
    minutes = -(-left // timedelta(minutes=1))
    if minutes < 60:
        return _phrase("left_minutes", n=minutes)
    hours, rest = divmod(minutes, 60)
    if left < WITH_MINUTES and rest:
        return _phrase("left_hours_minutes", h=hours, n=rest)
    return _phrase("left_hours", n=hours)


def remaining_tone(now: datetime, due: datetime) -> str:
    """``late``, ``soon`` or nothing: the class that colours what ``remaining_words`` says."""
    if due <= now:
        return "late"
    return "soon" if due - now < SOON else ""


def ago_words(now: datetime, at: datetime) -> str:
    """Say when something happened: minutes within the hour, then day and time."""
    since = now - at
    if timedelta(0) <= since < timedelta(minutes=1):
        return _phrase("now")
    if timedelta(0) < since < timedelta(hours=1):
        return _phrase("minutes_ago", n=since // timedelta(minutes=1))
    return moment_words(now, at)


def moment_words(now: datetime, at: datetime) -> str:
    """Name a moment in the organisation's zone: today 17:30, Monday 10:00, the date."""
    here, there = timezone.localtime(now), timezone.localtime(at)
    days = (there.date() - here.date()).days
    if name := {-1: "yesterday", 0: "today", 1: "tomorrow"}.get(days):
        return _phrase(name, **_parts(there))
    if 1 < days < 7:
        return _phrase("weekday", **_parts(there))
    return _phrase("this_year" if there.year == here.year else "other_year", **_parts(there))


def exact_words(now: datetime, at: datetime) -> str:
    """Month, day and time in figures; the year where it is another one. For columns and timelines."""
    there = timezone.localtime(at)
    return there.strftime("%m-%d %H:%M" if there.year == timezone.localtime(now).year else "%Y-%m-%d %H:%M")


def full_words(at: datetime) -> str:
    """The whole truth about a moment, for the title that appears on hover."""
    return _phrase("full", **_parts(timezone.localtime(at)))


def _phrase(name: str, **values: object) -> str:
    return str(PHRASES[name]) % values


def _parts(local: datetime) -> dict[str, object]:
    return {
        "year": local.year,
        "month": local.month,
        "day": local.day,
        "mm": f"{local.month:02d}",
        "dd": f"{local.day:02d}",
        "time": f"{local:%H:%M}",
        "weekday": str(WEEKDAYS[local.weekday()]),
    }
