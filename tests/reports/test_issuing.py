"""A report is asked for, built in one moment, never changed, approved by somebody else, sent (RPT-05, RPT-21)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cases.models import Case, Round
from reports.actions import issuing
from reports.models import Report
from reports.periods import month_before
from reports.queries.issued import sections_of
from tests import world as w
from tests.world import World, client_of

pytestmark = [pytest.mark.django_db, pytest.mark.req("RPT-05", "RPT-21")]


def of_last_month(case: Case) -> Case:
    """As if everything about it had happened a month ago."""
    first = timezone.localdate().replace(day=1)
    back = timedelta(days=(first - month_before(first).since).days)
    shift = {
        name: getattr(case, name) - back
        for name in ("received_at", "registered_at", "acknowledged_at", "closed_at", "replied_at")
        if getattr(case, name)
    }
    Case.objects.filter(pk=case.pk).update(**shift)
    for row in case.rounds.all():
        names = ("opened_at", "acknowledged_at", "replied_at", "closed_at", "ended_at")
        Round.objects.filter(pk=row.pk).update(
            **{name: getattr(row, name) - back for name in names if getattr(row, name)}
        )
    for clock in case.clocks.all():
        for name in ("started_at", "due_at", "first_due_at", "met_at", "stopped_at"):
            if getattr(clock, name):
                setattr(clock, name, getattr(clock, name) - back)
        clock.save()
    return Case.objects.get(pk=case.pk)


def built(world: World, by: str = "hub_head", **period: Any) -> Report:
    """The report of the month before."""
    report = issuing.ask_for_report(month_before(timezone.localdate()), by=world.actor(by))
    found = issuing.build_report(report.pk)
    assert found is not None
    return Report.objects.get(pk=found.pk)


def test_a_report_counts_the_month_and_its_figures_open_their_records(world: World) -> None:
    of_last_month(w.closed(world))
    of_last_month(w.closed(world))
    report = built(world)
    overview = sections_of(report)[0].tables[0]
    assert overview.cell("收到反馈", "now").value == 2
    assert overview.cell("已结案", "now").value == 2
    page = client_of(world, "manager").get(f"/reports/issued/{report.number}/")
    assert page.status_code == 200
    found = client_of(world, "manager").get(
        f"/reports/issued/{report.number}/records/?{overview.cell('收到反馈', 'now').find}"
    )
    assert found.content.decode().count("/cases/2026-0000") >= 2
