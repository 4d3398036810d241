"""Dates and times as spreadsheets and people write them."""

from __future__ import annotations

import datetime as dt
import re

from django.utils import timezone

from organization import bounds
from organization.text import fold

_DAY = r"(?P<year>\d{4})(?:-(?P<month>\d{1,2})-(?P<day>\d{1,2})|(?P<month8>\d{2})(?P<day8>\d{2}))"
_TIME = (
    r"(?P<half>am|pm|上午|下午)?\s*(?P<hour>\d{1,2}):(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:\.\d+)?)?"
    r"\s*(?P<half2>am|pm)?"
)
_MOMENT = re.compile(rf"{_DAY}(?:[t\s]+{_TIME}\s*(?P<zone>z|[+-]\d\d:?\d\d)?)?\s*")
_PLAIN_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SEPARATORS = (
    (r"^(\d{4})\.(\d{1,2})\.(\d{1,2})", r"\1-\2-\3"),
    (r"\s*[年月/]\s*", "-"),
    (r"\s*日\s*", " "),
    (r"\s*[时点分]\s*", ":"),
    (r"\s*秒", ""),
)


def parse_moment(value: object, zone: dt.tzinfo) -> dt.datetime:
    """A moment in UTC; written without a zone it is local, without a time it is the start of the day.

    Raises ``ValueError`` for anything that could be read in two ways, such as 03/04/2026.
    """
    found = _moment(value, zone)
    if not bounds.is_time(found):
        raise ValueError(f"{found.year} is not a year of our time")
    return found.astimezone(dt.UTC)


def parse_day(value: object, zone: dt.tzinfo) -> dt.date:
    """A date, whatever time of day may stand behind it; it may lie further back than a moment (``bounds``)."""
    if isinstance(value, str) and _PLAIN_DAY.fullmatch(value):
        found = dt.date.fromisoformat(value)
    else:
        found = _moment(value, zone).astimezone(zone).date()
    if not bounds.is_day(found):
        raise ValueError(f"{found.year} is not a year that can be meant")
    return found


def start_of(day: dt.date) -> dt.datetime:
    """The moment at which a day begins where the organisation is."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))


def _moment(value: object, zone: dt.tzinfo) -> dt.datetime:
    if isinstance(value, dt.datetime):
        return value if value.tzinfo else value.replace(tzinfo=zone)
    if isinstance(value, dt.date):
        return dt.datetime.combine(value, dt.time(), zone)
    return _read(str(value), zone)


def _read(text: str, zone: dt.tzinfo) -> dt.datetime:
    line = fold(text).strip()
    for pattern, separator in _SEPARATORS:
        line = re.sub(pattern, separator, line)
    found = _MOMENT.fullmatch(line.strip().rstrip(":"))
    if found is None:
        raise ValueError(f"{text!r} is no date")
    parts = found.groupdict()
    day = dt.date(int(parts["year"]), int(parts["month"] or parts["month8"]), int(parts["day"] or parts["day8"]))
    time = dt.time(_hour(parts), int(parts["minute"] or 0), int(parts["second"] or 0))
    return dt.datetime.combine(day, time, _zone(parts["zone"]) or zone)


def _hour(parts: dict[str, str | None]) -> int:
    hour, half = int(parts["hour"] or 0), parts["half"] or parts["half2"] or ""
    if half in {"pm", "下午"} and hour < 12:
        return hour + 12
    return 0 if half in {"am", "上午"} and hour == 12 else hour


def _zone(text: str | None) -> dt.tzinfo | None:
    if not text:
        return None
    return dt.datetime.fromisoformat(f"2000-01-01T00:00:00{text.upper()}").tzinfo
