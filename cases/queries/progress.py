"""How far a case is: the steps that staff see, and its clocks as chips."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cases.lifecycle import STAFF_STEPS, State
from cases.models import Assignment, Case, CaseClock
from organization.time_words import exact_words
from organization.working_time import Unit, WorkingCalendar, working_time_between
from regulations import deadlines

_TIMES = {
    "registered": "registered_at",
    "acknowledged": "acknowledged_at",
    "dispatched": "dispatched_at",
    "on_site": "arrived_at",
    "acting": "taken_at",
    "replied": "replied_at",
    "awaiting_opinion": "opinion_asked_at",
    "closed": "closed_at",
}


@dataclass(frozen=True)
class Step:
    """One step of the stepper: ``mark`` is done, now, skipped or nothing yet."""

    label: str | Promise
    at: datetime | None
    mark: str
    hint: str = ""


def steps(case: Case, assignments: list[Assignment]) -> list[Step]:
    """The staff's steps of the current round; on-site only where a visit is needed or was made (RES-20)."""
    state = case.resume_state or case.state
    shown = [s for s in STAFF_STEPS if s[0] != "on_site" or case.visit_needed or case.arrived_at]
    current = next((n for n, (_name, _label, states) in enumerate(shown) if state in states), 0)
    return [
        _step(case, name, label, past=n < current, now=n == current, assignments=assignments)
        for n, (name, label, _states) in enumerate(shown)
    ]


def _step(case: Case, name: str, label: str | Promise, *, past: bool, now: bool, assignments: list[Assignment]) -> Step:
    at = getattr(case, _TIMES[name])
    if name == "registered":
        past = past or not now
    if now:
        return Step(
            label, None if case.is_open else at, "now" if case.is_open else "done", _hint(case, name, assignments)
        )
    if name == "on_site" and at is None and past and case.is_open:
        return Step(label, None, "")  # somebody is still to go there
    if past:
        return Step(label, at, "done" if at else "skipped")
    return Step(label, None, "")


def _hint(case: Case, name: str, assignments: list[Assignment]) -> str:
    if case.state == State.INCOMPLETE:
        return _("waits for the customer")
    if name in {"dispatched", "acting"}:
        return " · ".join(str(a.department) for a in assignments if a.is_unanswered)
    if name == "closed":
        return case.get_outcome_display()
    return ""


@dataclass(frozen=True)
class ClockChip:
    """One clock as people see it.

    ``due`` is set while it runs: the page counts down to it. ``marks`` are short words about what is
    unusual: extended, provisional, recorded late, by reclassification. The clock's first due time
    stands among them, ``history`` says each change of it (A-08).
    """

    clock: CaseClock
    label: str
    tone: str
    icon: str
    due: datetime | None = None
    left: str = ""
    used: str = ""
    marks: tuple[str, ...] = ()

    @property
    def history(self) -> str:
        """What the due time was, when it changed and why; a line each."""
        return "\n".join(
            _("was %(due)s, changed %(at)s: %(why)s") % {"due": was, "at": at, "why": why}
            for was, at, why in _earlier(self.clock)
        )


def _earlier(clock: CaseClock) -> list[tuple[str, str, str]]:
    """Earlier due times, oldest first: what it was, when and by whom it was changed, why."""
    now, reasons = timezone.now(), dict(CaseClock.Why.choices)

    def words(moment: str) -> str:
        return exact_words(now, datetime.fromisoformat(moment))

    return [
        (
            words(row["due_at"]),
            " ".join(filter(None, (words(row["changed_at"]), row.get("by")))),
            str(reasons.get(row["why"], row["why"])),
        )
        for row in clock.earlier_dues
    ]


_UNITS = {
    Unit.CALENDAR_HOURS: gettext_lazy("%(n)s h"),
    Unit.WORKING_HOURS: gettext_lazy("%(n)s working h"),
    Unit.CALENDAR_DAYS: gettext_lazy("%(n)s days"),
    Unit.WORKING_DAYS: gettext_lazy("%(n)s working days"),
    Unit.MONTHS: gettext_lazy("%(n)s months"),
}


def clock_chips(clocks: list[CaseClock], case: Case, cal: WorkingCalendar, *, now: datetime) -> list[ClockChip]:
    """The clocks of the round: all of the case itself, and those of departments that run or were missed."""
    own = [c for c in clocks if c.round == case.round and (c.assignment_id is None or c.is_running or c.breached_at)]
    return [chip_of(clock, cal, now=now) for clock in sorted(own, key=lambda c: (c.is_running, c.started_at, c.pk))]


def chip_of(clock: CaseClock, cal: WorkingCalendar, *, now: datetime) -> ClockChip:
    """What to say about one clock."""
    label = clock.label
    if clock.assignment_id is not None:
        label = f"{clock.assignment.department} {label}"  # type: ignore[union-attr]
    limit = _limit(clock)
    marks = _marks(clock)
    if clock.is_running:
        return _running(clock, f"{label}", cal, now=now, marks=marks)
    if clock.met_at is None:
        tone = "red" if clock.breached_at else "grey"
        return ClockChip(clock, label, tone, "timer-off", marks=(*marks, _("stopped")))
    used = _("used %(time)s") % {"time": _span(_used(clock, cal))}
    if clock.breached_at is not None and not clock.met_recorded_late:
        late = _span(max(clock.met_at - clock.first_due_at, timedelta()))
        return ClockChip(
            clock,
            f"{label} {limit}".strip(),
            "red",
            "alarm-clock",
            used=_("%(time)s late") % {"time": late},
            marks=marks,
        )
    return ClockChip(clock, f"{label} {limit}".strip(), "green", "check", used=used, marks=marks)


def _running(clock: CaseClock, label: str, cal: WorkingCalendar, *, now: datetime, marks: tuple[str, ...]) -> ClockChip:
    if clock.first_due_at <= now:
        return ClockChip(clock, label, "red", "alarm-clock", due=clock.first_due_at, marks=marks)
    warned = deadlines.warned_at(clock.started_at, clock.first_due_at, warn=clock.policy["warn"])
    return ClockChip(
        clock, label, "amber" if now >= warned else "blue", "clock", due=clock.due_at,
        left=_days_left(clock, cal, now=now), marks=marks,
    )  # fmt: skip


def _days_left(clock: CaseClock, cal: WorkingCalendar, *, now: datetime) -> str:
    """Whole working days from tomorrow to the due day, for a limit counted in them."""
    if clock.policy.get("unit") != Unit.WORKING_DAYS or clock.due_at - now < timedelta(days=1):
        return ""
    today, last = (at.astimezone(cal.zone).date() for at in (now, clock.due_at))
    days = sum(bool(cal.periods(today + timedelta(days=n))) for n in range(1, (last - today).days + 1))
    return ngettext("%(n)s working day left", "%(n)s working days left", days) % {"n": days}


def _limit(clock: CaseClock) -> str:
    amount = clock.policy.get("amount")
    return str(_UNITS[Unit(clock.policy["unit"])]) % {"n": amount} if amount else ""


def _used(clock: CaseClock, cal: WorkingCalendar) -> timedelta:
    assert clock.met_at is not None  # noqa: S101 - only asked of a clock that was met
    if clock.policy.get("unit") == Unit.WORKING_HOURS:
        return working_time_between(cal, clock.started_at, clock.met_at)
    return clock.met_at - clock.started_at


def _marks(clock: CaseClock) -> tuple[str, ...]:
    found = []
    if clock.due_at != clock.first_due_at:
        found.append(_("extended"))
    elif clock.earlier_dues:
        found.append(_("recomputed"))
    if clock.earlier_dues:
        found.append(_("was %(due)s") % {"due": _earlier(clock)[0][0]})
    if clock.provisional and clock.is_running:
        found.append(_("provisional"))
    if clock.met_recorded_late:
        found.append(_("recorded late"))
    if clock.by_reclassification:
        found.append(_("by reclassification"))
    return tuple(found)


def _span(span: timedelta) -> str:
    """A length of time in the two largest units that matter."""
    minutes = max(0, int(span.total_seconds() // 60))
    days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
    if days:
        return _("%(d)s d %(h)s h") % {"d": days, "h": hours} if hours else _("%(d)s d") % {"d": days}
    if hours:
        return _("%(h)s h %(m)s min") % {"h": hours, "m": rest} if rest else _("%(h)s h") % {"h": hours}
    return _("%(m)s min") % {"m": rest}
