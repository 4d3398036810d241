"""The working-time rules once more, as a walk from minute to minute.

Written from the text of the rules and nothing else; shares no line with the code under test. It is
slow and obvious: for every minute of real time it asks what the clock on the wall shows and whether
that reads as working time. All moments are whole minutes since 1970 in UTC.

``fault`` switches one mistake on. The tests must then find a difference; a comparison that does not
notice a wrong oracle would not notice wrong code either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

Periods = Sequence[tuple[time, time]]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTES_PER_DAY = 1440

#: Every mistake the oracle can be told to make.
FAULTS = (
    "the closing minute is worked",
    "the start day counts",
    "a holiday counts as its weekday",
    "a make-up day is ignored",
    "the last day is not moved",
    "the month is not clamped but runs over",
)


def minute_of(moment: datetime) -> int:
    """The whole minute of a moment."""
    return int((moment - EPOCH).total_seconds()) // 60


def moment_of(minute: int) -> datetime:
    """The moment of a whole minute."""
    return EPOCH + timedelta(minutes=minute)


class Oracle:
    """The rules over one calendar's bare data."""

    def __init__(
        self, zone: ZoneInfo, weekly: Sequence[Periods], days: Mapping[date, Periods], fault: str = ""
    ) -> None:
        assert fault in ("", *FAULTS)
        self.zone, self.weekly, self.days, self.fault = zone, weekly, days, fault
        self._worked: dict[date, frozenset[int]] = {}
        self._marks: dict[int, bytes] = {}
        self._closings: dict[date, int | None] = {}

    # What the calendar says of a date, and what the wall clock says of a minute

    def periods(self, day: date) -> Periods:
        if day in self.days:
            written = self.days[day]
            ignored = "a make-up day is ignored" if written else "a holiday counts as its weekday"
            if self.fault != ignored:
                return written
        return self.weekly[day.weekday()]

    def marks(self, utc_day: int) -> bytes:
        """One byte for each minute of a day in UTC: 1 where somebody works."""
        if utc_day not in self._marks:
            marks = bytearray()
            for quarter in range(96):  # no zone changes its offset within a quarter of an hour
                first = utc_day * MINUTES_PER_DAY + quarter * 15
                wall = moment_of(first).astimezone(self.zone)
                shown = wall.hour * 60 + wall.minute
                worked = self.worked_minutes(wall.date())
                marks += bytes(shown + n in worked for n in range(15))
            self._marks[utc_day] = bytes(marks)
        return self._marks[utc_day]

    def worked_minutes(self, day: date) -> frozenset[int]:
        """What the wall clock may read on a date while somebody works, in minutes after midnight."""
        if day not in self._worked:
            worked: set[int] = set()
            for opens, closes in self.periods(day):
                end = closes.hour * 60 + closes.minute or MINUTES_PER_DAY
                if self.fault == "the closing minute is worked":
                    end += 1
                worked.update(range(opens.hour * 60 + opens.minute, end))
            self._worked[day] = frozenset(worked)
        return self._worked[day]

    def walk(self, start: int) -> Iterator[int]:
        """The marks of every minute from one on, for ever."""
        utc_day, n = divmod(start, MINUTES_PER_DAY)
        while True:
            yield from self.marks(utc_day)[n:]
            utc_day, n = utc_day + 1, 0

    def local_date(self, minute: int) -> date:
        return moment_of(minute).astimezone(self.zone).date()

    def midnight(self, day: date) -> int:
        """The minute with which a local date begins."""
        return minute_of(datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC))

    def closing(self, day: date) -> int | None:
        """The end of the last worked minute of a local date; None on a day off."""
        if day not in self._closings:
            end = None
            minutes = range(self.midnight(day), self.midnight(day + timedelta(days=1)))
            for minute, worked in zip(minutes, self.walk(minutes.start), strict=False):
                if worked:
                    end = minute + 1
            self._closings[day] = end
        return self._closings[day]

    # The rules

    def working_hours(self, start: int, minutes: int) -> int:
        """Walk until so many worked minutes lie behind."""
        minute = start
        for worked in self.walk(start):
            if not minutes:
                break
            minute += 1
            minutes -= worked
        return minute

    def working_days(self, start: int, n: int) -> int:
        """Turn the pages of the calendar; count those on which somebody works."""
        day = self.local_date(start)
        if self.fault == "the start day counts":
            day -= timedelta(days=1)
        while True:
            day += timedelta(days=1)
            closing = self.closing(day)
            if closing is not None:
                n -= 1
                if n == 0:
                    return closing

    def calendar_days(self, start: int, n: int, move: bool) -> int:
        day = self.local_date(start)
        if self.fault == "the start day counts":
            n -= 1
        for _ in range(n):
            day += timedelta(days=1)
        return self.end(day, move)

    def months(self, start: int, n: int, move: bool) -> int:
        day = self.local_date(start)
        year, month = day.year, day.month
        for _ in range(n):
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        wanted = day.day
        while True:
            try:
                return self.end(date(year, month, wanted), move)
            except ValueError:  # there is no such day in that month
                if self.fault == "the month is not clamped but runs over":
                    return self.end(date(year, month + 1, 1), move)
                wanted -= 1

    def end(self, day: date, move: bool) -> int:
        """Close of business; of the next working day if moved; else 24:00."""
        if self.fault == "the last day is not moved":
            move = False
        while move and self.closing(day) is None:
            day += timedelta(days=1)
        closing = self.closing(day)
        return self.midnight(day + timedelta(days=1)) if closing is None else closing

    def working_minutes_between(self, a: int, b: int) -> int:
        return sum(islice(self.walk(a), b - a))
