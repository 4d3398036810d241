"""Cases of other months: everything about them moved, as if it had happened then."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.utils import timezone

from cases.models import Case, Measure, Round
from reports.actions import issuing
from reports.models import Report
from reports.periods import Period, month_before
from tests.world import World

_CASE = ("received_at", "registered_at", "acknowledged_at", "dispatched_at", "replied_at", "closed_at")
_ROUND = ("opened_at", "acknowledged_at", "replied_at", "closed_at", "ended_at")
_CLOCK = ("started_at", "due_at", "first_due_at", "met_at", "stopped_at", "breached_at")


def last_month() -> Period:
    """The month before this one."""
    return month_before(timezone.localdate())


def middle(period: Period) -> datetime:
    """Noon of a day in the middle of it."""
    return period.starts + timedelta(days=14, hours=12)


def moved(case: Case, period: Period | None = None) -> Case:
    """As if all that is recorded of a case had happened around the middle of a period (last month)."""
    back = case.received_at - middle(period or last_month())
    Case.objects.filter(pk=case.pk).update(**_shifted(case, _CASE, back))
    for row in Round.objects.filter(case=case):
        Round.objects.filter(pk=row.pk).update(**_shifted(row, _ROUND, back))
    for clock in case.clocks.all():
        type(clock).objects.filter(pk=clock.pk).update(**_shifted(clock, _CLOCK, back))
    for row in case.assignments.all():
        names = ("sent_at", "received_at", "answered_at", "ended_at")
        type(row).objects.filter(pk=row.pk).update(**_shifted(row, names, back))
    for measure in Measure.objects.filter(case=case):
        values = _shifted(measure, ("planned_at", "done_at"), back) | {"due_on": measure.due_on - back}
        Measure.objects.filter(pk=measure.pk).update(**values)
    return Case.objects.get(pk=case.pk)


def _shifted(row: object, names: tuple[str, ...], back: timedelta) -> dict[str, datetime]:
    return {name: value - back for name in names if (value := getattr(row, name)) is not None}


def built(world: World, period: Period | None = None, *, by: str = "quality_head") -> Report:
    """The report of last month, or of another period."""
    report = issuing.ask_for_report(period or last_month(), by=world.actor(by))
    assert issuing.build_report(report.pk) is not None
    return Report.objects.get(pk=report.pk)


def day(text: str) -> date:
    return date.fromisoformat(text)
