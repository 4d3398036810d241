"""Which times can be meant at all: what lies outside is a slip of the keyboard, and breaks what counts with it."""

from __future__ import annotations

from datetime import date, datetime

from django.utils.translation import gettext as _

#: Nobody hands in feedback from before this year, and nothing is promised for later than the other.
EARLIEST_YEAR, LATEST_YEAR = 1990, 2199
#: What a customer bought may be older.
EARLIEST_DAY_YEAR = 1900


def is_time(value: datetime) -> bool:
    """Whether something may have happened, or be due, at this moment."""
    return EARLIEST_YEAR <= value.year <= LATEST_YEAR


def is_day(value: date) -> bool:
    """Whether a day can be meant."""
    return EARLIEST_DAY_YEAR <= value.year <= LATEST_YEAR


def time_problem() -> str:
    """What is said of a moment that cannot be meant."""
    years = {"first": EARLIEST_YEAR, "last": LATEST_YEAR}
    return _("Please enter a time in the years %(first)d to %(last)d.") % years


def day_problem() -> str:
    """What is said of such a day."""
    years = {"first": EARLIEST_DAY_YEAR, "last": LATEST_YEAR}
    return _("Please enter a date in the years %(first)d to %(last)d.") % years
