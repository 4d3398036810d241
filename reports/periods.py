"""Months, quarters and other periods of days: pure functions over dates; moments are cut in the organisation's zone."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Period:
    """From the first to the last day, both included; ``kind`` is month, quarter, year or period."""

    kind: str
    since: date
    until: date

    @property
    def starts(self) -> datetime:
        """The first moment of it."""
        return timezone.make_aware(datetime.combine(self.since, time()))

    @property
    def ends(self) -> datetime:
        """The first moment behind it."""
        return timezone.make_aware(datetime.combine(self.until + timedelta(days=1), time()))

    @property
    def label(self) -> str:
        """2026年10月, 2026年第3季度, 2026年, or its days."""
        if self.kind == "year":
            return _("year %(year)d") % {"year": self.since.year}
        if self.kind == "month":
            return _("%(year)d-%(month)02d") % {"year": self.since.year, "month": self.since.month}
        if self.kind == "quarter":
            return _("quarter %(n)d of %(year)d") % {"year": self.since.year, "n": (self.since.month + 2) // 3}
        return _("%(since)s to %(until)s") % {"since": self.since.isoformat(), "until": self.until.isoformat()}

    def before(self) -> Period:
        """The one before it (环比): the month, the quarter, the year, or as many days."""
        if self.kind == "year":
            return year_of(self.since - timedelta(days=1))
        if self.kind == "month":
            return month_of(self.since - timedelta(days=1))
        if self.kind == "quarter":
            return quarter_of(self.since - timedelta(days=1))
        days = (self.until - self.since).days + 1
        return Period(self.kind, self.since - timedelta(days=days), self.since - timedelta(days=1))

    def after(self) -> Period:
        """The one behind it: the month, the quarter, the year, or as many days."""
        following = self.until + timedelta(days=1)
        named = {"month": month_of, "quarter": quarter_of, "year": year_of}
        if self.kind in named:
            return named[self.kind](following)
        return Period(self.kind, following, following + (self.until - self.since))

    def year_before(self) -> Period:
        """The same a year earlier (同比); 29 February becomes 28 February."""
        if self.kind == "year":
            return year_of(self.since - timedelta(days=1))
        if self.kind == "month":
            return month_of(_years_back(self.since))
        if self.kind == "quarter":
            return quarter_of(_years_back(self.since))
        return Period(self.kind, _years_back(self.since), _years_back(self.until))


def month_of(day: date) -> Period:
    """The month of a day."""
    return Period("month", day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))


def quarter_of(day: date) -> Period:
    """The quarter of a day."""
    first = (day.month - 1) // 3 * 3 + 1
    return Period("quarter", date(day.year, first, 1), month_of(date(day.year, first + 2, 1)).until)


def year_of(day: date) -> Period:
    """The year of a day."""
    return Period("year", date(day.year, 1, 1), date(day.year, 12, 31))


def month_before(day: date) -> Period:
    """The month before that of a day."""
    return month_of(day.replace(day=1) - timedelta(days=1))


def quarter_before(day: date) -> Period:
    """The quarter before that of a day."""
    return quarter_of(quarter_of(day).since - timedelta(days=1))


def _years_back(day: date) -> date:
    year = day.year - 1
    return day.replace(year=year, day=min(day.day, monthrange(year, day.month)[1]))
