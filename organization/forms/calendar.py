"""Forms of the working calendar."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from organization.actions.calendar import Exceptional
from organization.forms.fields import DayField, LineField, TextField
from organization.holiday_notice import LONGEST, Notice, read
from organization.models import Calendar
from organization.working_time import Periods, parse_periods

_PERIOD = re.compile(r"(\d{1,2})[:：](\d{2})\s*[-–—~～至到]\s*(\d{1,2})[:：](\d{2})")
_BETWEEN = re.compile(r"[\s,，、;；]*")

PROBLEMS: Mapping[str, Any] = {
    "no_date": _("no date was found in it"),
    "no_verb": _("it does not say whether people work (上班) or not (放假)"),
    "bad_date": _("a date in it does not exist"),
    "long_range": _("it covers more days than a holiday has"),
    "twice": _("a date is both worked and not worked"),
}


def hours_text(periods: Any) -> str:
    """How working hours are shown and typed: 08:30-12:00, 13:30-17:30."""
    return ", ".join(f"{opens}-{closes}" for opens, closes in periods)


class HoursField(LineField):
    """Working hours of a day; nothing means a day off."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        super().__init__(max_length=120, **kwargs)

    def clean(self, value: Any) -> Any:
        """Periods, checked: in order, not overlapping."""
        text = super().clean(value)
        found = list(_PERIOD.finditer(text))
        if _BETWEEN.fullmatch(_PERIOD.sub("", text)) is None:
            raise ValidationError(_("Please write hours like 08:30-12:00, 13:30-17:30; leave a day off empty."))
        try:
            return parse_periods(
                [(f"{int(a):02}:{b}", f"{int(c):02}:{d}") for a, b, c, d in (m.groups() for m in found)]
            )
        except ValueError as error:
            raise ValidationError(
                _("These hours do not fit: each period ends after it begins, and none overlaps another.")
            ) from error


class WeeklyForm(forms.Form):
    """The hours of an ordinary week, Monday first."""

    def __init__(self, *args: Any, calendar: Calendar, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for n, periods in enumerate(calendar.weekly):
            self.fields[f"day{n}"] = HoursField(label=WEEKDAYS[n], initial=hours_text(periods))

    def weekly(self) -> list[Periods]:
        """Seven days of periods."""
        return [self.cleaned_data[f"day{n}"] for n in range(7)]


def ordinary_hours(calendar: Calendar) -> Periods:
    """The hours of the first day of the week that has any: those of a make-up day unless somebody says otherwise."""
    return parse_periods(next((periods for periods in calendar.weekly if periods), []))


class DaysForm(forms.Form):
    """One holiday, or a make-up day, or several in a row."""

    first = DayField(label=_("From"))
    last = DayField(label=_("Through"), required=False, help_text=_("Empty: one day."))
    works = forms.ChoiceField(
        label=_("What it is"),
        choices=[("0", _("Day off")), ("1", _("Make-up working day"))],
        widget=forms.RadioSelect,
        initial="0",
    )
    label = LineField(label=pgettext_lazy("of a thing", "Name"), max_length=40, required=False)

    def clean(self) -> dict[str, Any]:
        """In order, and not for months."""
        data = super().clean() or {}
        first, last = data.get("first"), data.get("last") or data.get("first")
        if first and last and not first <= last < first + timedelta(days=LONGEST):
            self.add_error("last", _("Please choose a day at most %(days)d days after the first.") % {"days": LONGEST})
        return data

    def days(self, hours: Periods) -> dict[date, Exceptional]:
        """Each date with what it becomes."""
        data = self.cleaned_data
        count = ((data["last"] or data["first"]) - data["first"]).days
        each = Exceptional(hours if data["works"] == "1" else (), data["label"])
        return {data["first"] + timedelta(days=n): each for n in range(count + 1)}


class ListForm(forms.Form):
    """A pasted list of holidays, or the notice itself."""

    year = forms.IntegerField(label=_("Year"), min_value=2000, max_value=2200)
    text = TextField(label=_("List"), max_length=8000, rows=7)

    def notice(self) -> Notice:
        """What the list says."""
        return read(self.cleaned_data["text"], year=self.cleaned_data["year"])


class ConfirmForm(forms.Form):
    """Up to when the calendar is known to be complete."""

    through = DayField(label=_("Complete through"))
    compared = forms.BooleanField(
        label=_("I have compared every holiday and make-up day up to this date with the State Council's notice.")
    )
