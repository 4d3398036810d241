"""The sums of days are what the base tables say, whatever happened to them, in whatever order (RPT-04, RPT-13)."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from cases.actions import closure
from cases.models import Assignment, Case, CaseClock
from reports import facts
from reports.actions import daily
from reports.models import CaseDay, Counting, Daily
from reports.models.daily import COUNTED
from reports.periods import Period, month_of
from reports.queries.dashboard_sums import Scope, Sums, Window, sums_of, together
from tests import world as w
from tests.reports.counting import fill, moment, rebuilt, strew, sums, touched
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.req("RPT-04", "RPT-13")]

#: What an issued report calls what is counted here.
FLAGS = {
    "received": "round.received", "repeated": "round.repeat", "reopened": "round.reopened", "handled": "round.handled",
    "closed": "round.closed", "sent": "assignment.sent", "returned": "assignment.returned",
    "answered": "assignment.answered", "responses": "answer.answered",
} | {
    f"{kind}_{state}": f"clock.{kind}:{state}"
    for kind in ("acknowledgement", "on_site", "resolution", "receipt", "task")
    for state in ("kept", "recorded_late", "late")
}  # fmt: skip


def of(period: Period) -> Sums:
    """What the dashboard counts in a period, of the whole house."""
    return together(sums_of(Scope("house"), [Window(period.since, period.until)])[0])


def as_reported(period: Period) -> dict[str, int]:
    """What an issued report of that period would count now."""
    added = facts.add_up(period, now=timezone.now())
    counted = {name: added.count[flag] for name, flag in FLAGS.items()}
    return counted | {"answers": added.answers, "satisfied": added.satisfied}


def test_what_a_case_adds_stays_with_the_department_that_led_the_round(world: World) -> None:
    case = w.closed(world)
    fill()
    before = {row.department_id for row in CaseDay.objects.filter(case=case, closed__gt=0)}
    closure.reopen_case(Case.objects.get(pk=case.pk), by=world.actor("hub_head"), reason="又漏水")
    daily.count_changed()
    assert before == {world.departments["production"].pk}
    assert {row.department_id for row in CaseDay.objects.filter(case=case, closed__gt=0)} == before


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_period_holds_what_a_report_of_it_holds(world: World, seed: int) -> None:
    strew(world, 60, seed)
    fill()
    rng, today = random.Random(seed), timezone.localdate()
    periods = [month_of(today - timedelta(days=30 * n)) for n in range(14)]
    for _n in range(12):
        since = today - timedelta(days=rng.randrange(450))
        periods.append(Period("period", since, since + timedelta(days=rng.randrange(120))))
    for period in periods:
        found = of(period)
        assert {name: found[name] for name in COUNTED} == as_reported(period), period
    assert sum(of(period)["received"] for period in periods)


def test_totals_are_those_of_plain_sql(world: World) -> None:
    strew(world, 80, 7)
    fill()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM cases_case c WHERE c.outcome NOT IN ('invalid', 'imported') AND EXISTS (SELECT 1 FROM"
            " cases_round r WHERE r.case_id = c.id AND r.n = 1 AND r.outcome <> 'imported')"
        )
        received = cursor.fetchone()[0]
        cursor.execute(
            "SELECT count(*) FILTER (WHERE k.met_at <= k.first_due_at AND NOT k.met_recorded_late), count(*) FILTER"
            " (WHERE NOT k.met_recorded_late AND (k.met_at > k.first_due_at OR k.met_at IS NULL AND"
            " k.first_due_at < now())) FROM cases_caseclock k JOIN cases_case c ON c.id = k.case_id WHERE"
            " k.kind = 'resolution' AND c.outcome NOT IN ('invalid', 'imported') AND (k.stopped_at IS NULL OR k.met_at"
            " IS NOT NULL OR k.stopped_at >= k.first_due_at)"
        )
        kept, late = cursor.fetchone()
        cursor.execute("SELECT sum(answers), sum(satisfied) FROM surveys_response WHERE genuine <> 'doubtful'")
        answers, satisfied = cursor.fetchone()
    found = of(Period("period", date(2000, 1, 1), date(2100, 1, 1)))
    assert (found["received"], found["resolution_kept"], found["resolution_late"]) == (received, kept, late)
    assert (found["answers"], found["satisfied"]) == (answers, satisfied)


def test_what_the_sweep_kept_equals_a_count_from_nothing(world: World) -> None:
    cases = strew(world, 40)
    fill()
    rng, now = random.Random(5), timezone.now()
    for case in rng.sample(cases, 25):
        Case.objects.filter(pk=case.pk).update(
            lead_department=rng.choice(list(world.departments.values())), category=None, kind=world.kind("complaint")
        )
        for clock in CaseClock.objects.filter(case=case):
            clock.met_at, clock.stopped_at = moment(rng, now), None
            clock.save()
        if rng.random() < 0.3:
            CaseClock.objects.filter(case=case).delete()
        Assignment.objects.filter(case=case).update(sent_at=moment(rng, now))
        touched(case)
        if rng.random() < 0.4:
            daily.count_changed()
    for case in strew(world, 5, 9):
        touched(case)
    daily.count_changed()
    assert sums() == rebuilt()


def test_the_life_of_a_case_is_kept_day_by_day(world: World) -> None:
    fill()
    case = w.closed(world)
    w.received(world, "quality")
    daily.count_changed()
    kept = sums()
    assert kept == rebuilt()
    found = of(month_of(timezone.localdate()))
    assert (found["received"], found["closed"], found["sent"]) == (2, 1, 3)
    assert CaseDay.objects.filter(case=case).exists()


def test_counting_twice_changes_nothing(world: World) -> None:
    strew(world, 20)
    fill()
    before = sums()
    daily.count_changed()
    daily.count_changed()
    Counting.objects.update(recounted_at=timezone.now() - timedelta(days=2))
    daily.recount()
    assert sums() == before
    assert Counting.objects.get().corrected == 0


def test_a_limit_that_runs_out_is_late_though_nobody_did_anything(world: World) -> None:
    w.log_call(world)
    fill()
    clock = CaseClock.objects.get(kind="acknowledgement")
    day = timezone.localdate(clock.first_due_at)
    assert of(Period("period", day, day))["acknowledgement_late"] == 0
    with time_machine.travel(clock.first_due_at + timedelta(minutes=1), tick=False):
        daily.count_changed()
        assert of(Period("period", day, day))["acknowledgement_late"] == 1
        assert sums() == rebuilt()


def test_what_happens_late_changes_the_day_it_was_due(world: World) -> None:
    w.log_call(world)
    fill()
    clock = CaseClock.objects.get(kind="acknowledgement")
    day = timezone.localdate(clock.first_due_at)
    with time_machine.travel(clock.first_due_at + timedelta(days=40), tick=False):
        daily.count_changed()
        CaseClock.objects.filter(pk=clock.pk).update(met_at=clock.first_due_at, met_recorded_late=True)
        touched(clock.case)
        daily.count_changed()
        found = of(Period("period", day, day))
    assert (found["acknowledgement_late"], found["acknowledgement_recorded_late"]) == (0, 1)


def test_an_invalid_case_leaves_the_sums_again(world: World) -> None:
    case = w.log_call(world)
    fill()
    assert of(month_of(timezone.localdate()))["received"] == 1
    end = closure.ShortEnd(outcome="invalid", reason="广告", proof="广告")
    closure.close_short(case, end, by=world.actor("hub_head"))
    daily.count_changed()
    assert of(month_of(timezone.localdate()))["received"] == 0
    assert sums() == rebuilt()


def test_what_happened_while_nobody_counted_is_made_up_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    fill()
    monkeypatch.setattr(daily, "CHUNK", 4)
    for _n in range(6):
        w.acknowledged(world)
    with time_machine.travel(timezone.now() + timedelta(days=3), tick=False):
        daily.count_changed()
        assert sums() == rebuilt()
        assert of(month_of(timezone.localdate() - timedelta(days=3)))["received"] == 6


def test_a_happening_committed_late_is_still_counted(world: World) -> None:
    fill()
    with time_machine.travel(timezone.now() - timedelta(seconds=90), tick=False):
        w.log_call(world)  # began before the last count, and was committed after it
    daily.count_changed()
    assert of(month_of(timezone.localdate()))["received"] == 1


def test_a_recount_goes_on_where_it_was_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    strew(world, 9)
    monkeypatch.setattr(daily, "CHUNK", 3)
    daily.recount(budget=timedelta(0))
    mark = Counting.objects.get()
    assert mark.recounted_to
    assert not mark.is_ready
    daily.recount()
    assert Counting.objects.get().is_ready
    assert sums() == rebuilt()


def test_the_night_puts_right_what_is_wrong_and_counts_it(world: World) -> None:
    strew(world, 10)
    fill()
    right = sums()
    row = Daily.objects.filter(span="day", received__gt=0).first()
    assert row is not None
    Daily.objects.filter(pk=row.pk).update(received=99)
    CaseDay.objects.filter(received__gt=0).first().delete()  # type: ignore[union-attr]
    Counting.objects.update(recounted_at=timezone.now() - timedelta(days=2))
    daily.recount()
    assert sums() == right
    assert Counting.objects.get().corrected > 0


def test_what_the_sweep_had_not_come_to_yet_is_no_fault(world: World) -> None:
    fill()
    w.closed(world)
    Counting.objects.update(recounted_at=timezone.now() - timedelta(days=2))
    daily.recount()
    assert Counting.objects.get().corrected == 0
    assert sums() == rebuilt()


def test_before_the_first_count_nothing_is_kept(world: World) -> None:
    w.log_call(world)
    assert daily.count_changed() == 0
    assert not Daily.objects.exists()


def test_a_period_is_read_from_whole_months_and_the_days_around_them() -> None:
    pieces = Window(date(2026, 1, 20), date(2026, 4, 3)).pieces()
    assert pieces == [
        ("day", date(2026, 1, 20), date(2026, 1, 31)), ("month", date(2026, 2, 1), date(2026, 3, 31)),
        ("day", date(2026, 4, 1), date(2026, 4, 3)),
    ]  # fmt: skip
    assert Window(date(2026, 2, 1), date(2026, 2, 28)).pieces() == [("month", date(2026, 2, 1), date(2026, 2, 28))]
    assert Window(date(2026, 2, 2), date(2026, 3, 30)).pieces() == [("day", date(2026, 2, 2), date(2026, 3, 30))]
