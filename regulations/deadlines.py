"""When something is due and when somebody is told: pure functions over a calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import takewhile

from organization import working_time
from organization.working_time import Limit, Unit, WorkingCalendar
from regulations.document import LadderStep, LimitRule, TimesPart

#: The alert before the breach; the others carry the name of their rung.
WARNING = "warning"


@dataclass(frozen=True)
class Due:
    """A due time, and whether the calendar beyond it is not confirmed yet."""

    at: datetime
    provisional: bool


@dataclass(frozen=True)
class Rung:
    """One alert of a clock: who is told, and when."""

    level: str
    at: datetime


def due(cal: WorkingCalendar, start: datetime, rule: LimitRule, *, stated: datetime | date | None = None) -> Due:
    """When a limit ends that began at ``start``.

    ``stated`` is what a person said: a moment, or a date that lasts until its close of business
    (a customer's date overrides the limit, longer or shorter: A-08). Raises ``ValueError`` when the
    rule has no amount and nothing was stated.
    """
    if stated is not None:
        at = stated if isinstance(stated, datetime) else working_time.end_of_day(cal, stated)
        return Due(at=max(at, start), provisional=False)
    if rule.amount is None:
        raise ValueError(f"The limit of {rule.clock} has no number; it must be stated.")
    unit = Unit(rule.unit)
    at = working_time.due_at(cal, start, Limit(rule.amount, unit, rule.move_off_holidays))
    return Due(at=at, provisional=unit.needs_calendar and working_time.is_provisional(cal, start, at))


def warned_at(started_at: datetime, due_at: datetime, *, warn: float) -> datetime:
    """When so much of the time has passed that the owner is warned."""
    return started_at + (due_at - started_at) * warn


def rungs(started_at: datetime, due_at: datetime, *, warn: float, ladder: tuple[LadderStep, ...]) -> list[Rung]:
    """All alerts of a clock in order: the warning, then the rungs from the due time on (SLA-04)."""
    return [
        Rung(WARNING, warned_at(started_at, due_at, warn=warn)),
        *(Rung(step.to, due_at + timedelta(minutes=step.after_minutes)) for step in ladder),
    ]


def next_rung(level: int, started_at: datetime, due_at: datetime, *, warn: float, times: TimesPart) -> Rung | None:
    """The alert after ``level`` alerts were given; None when the top is reached."""
    all_rungs = rungs(started_at, due_at, warn=warn, ladder=times.ladder)
    return all_rungs[level] if level < len(all_rungs) else None


@dataclass(frozen=True)
class Passed:
    """The rungs that a clock has come to, and when the next one is due (None: there is no more)."""

    rungs: list[Rung]
    next_at: datetime | None


def passed(
    level: int, started_at: datetime, due_at: datetime, *, warn: float, times: TimesPart, now: datetime
) -> Passed:
    """What a clock comes to whose next alert after ``level`` is due by ``now``, and all that a late sweep makes up for.

    The first one is due because the clock's row says so; the others by their own times (SLA-04).
    """
    ahead = rungs(started_at, due_at, warn=warn, ladder=times.ladder)[level:]
    found = [*ahead[:1], *takewhile(lambda rung: rung.at <= now, ahead[1:])]
    return Passed(found, ahead[len(found)].at if len(found) < len(ahead) else None)
