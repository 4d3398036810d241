"""A report is asked for, built in one moment, never changed, approved by somebody else, sent (RPT-05, RPT-21)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone
from redis.exceptions import RedisError

from audit.actor import Actor
from audit.exceptions import InvalidInput, InvalidMove
from audit.models import Event
from notifications.models import Message
from reports import facts, progress
from reports.actions import issuing
from reports.models import Fact, Report
from reports.periods import Period
from tests import world as w
from tests.reports.months import built, last_month, moved
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.req("RPT-05", "RPT-21", "SLA-39")]


def test_on_the_first_of_a_month_the_calendar_asks_for_the_month_before_once(world: World) -> None:
    made = issuing.ask_for_due(date(2026, 11, 1))
    assert [(row.kind, row.since, row.asked_by) for row in made] == [("month", date(2026, 10, 1), None)]
    assert issuing.ask_for_due(date(2026, 11, 1)) == issuing.ask_for_due(date(2026, 11, 9)) == []


@pytest.mark.req("SLA-40")
def test_on_the_first_of_a_quarter_the_quarter_before_is_asked_for_as_well(world: World) -> None:
    made = issuing.ask_for_due(date(2026, 10, 1))
    assert [(row.kind, row.since, row.until) for row in made] == [
        ("month", date(2026, 9, 1), date(2026, 9, 30)), ("quarter", date(2026, 7, 1), date(2026, 9, 30)),
    ]  # fmt: skip


def test_numbers_have_no_gap_and_every_act_stands_in_the_history(world: World) -> None:
    report = built(world)
    assert report.number == f"BB{timezone.localdate().year}-000001"
    issuing.approve_report(report, by=world.actor("manager"), user=world.manager, opinion="同意")
    issuing.send_report(report, [world.production_head], by=world.actor("quality_head"))
    verbs = Event.objects.filter(thread=report.thread).order_by("seq").values_list("verb", flat=True)
    assert list(verbs) == ["ask_report", "build_report", "approve_report", "send_report"]


def test_a_period_that_is_not_over_backwards_or_too_long_is_refused(world: World) -> None:
    today, by = timezone.localdate(), world.actor("manager")
    for since, until in (
        (today, today), (today - timedelta(days=400), today - timedelta(days=1)),
        (today - timedelta(days=2), today - timedelta(days=3)),
    ):  # fmt: skip
        with pytest.raises(InvalidInput):
            issuing.ask_for_report(Period("period", since, until), by=by)
    assert not Report.objects.exists()


def test_a_period_has_one_report_and_a_correction_is_its_next_version_with_a_reason(world: World) -> None:
    moved(w.closed(world))
    first = built(world)
    with pytest.raises(InvalidMove):
        issuing.ask_for_report(last_month(), by=world.actor("manager"))
    with pytest.raises(InvalidInput):
        issuing.correct_report(first, by=world.actor("quality_head"), reason=" ")
    moved(w.closed(world))
    second = issuing.correct_report(first, by=world.actor("quality_head"), reason="漏记一件")
    issuing.build_report(second.pk)
    second.refresh_from_db()
    assert (second.version, second.corrects, second.number != first.number) == (2, first, True)
    assert first.facts.filter(subject="round").count() == 1
    assert second.facts.filter(subject="round").count() == 2
    with pytest.raises(InvalidMove):
        issuing.correct_report(first, by=world.actor("quality_head"), reason="再来一次")
    with pytest.raises(InvalidMove):
        issuing.approve_report(first, by=world.actor("manager"), user=world.manager)


def test_it_is_built_once_however_often_it_is_asked(world: World) -> None:
    moved(w.closed(world))
    report = built(world)
    count = Fact.objects.count()
    assert issuing.build_report(report.pk) is None
    assert (Fact.objects.count(), issuing.pending()) == (count, [])


def test_a_builder_that_fails_leaves_nothing_and_is_tried_again_three_times(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved(w.closed(world))
    report = issuing.ask_for_report(last_month(), by=world.actor("quality_head"))

    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(facts, "add_up", broken)
        for attempt in (1, 2, 3):
            assert issuing.build_report(report.pk) is None
            report.refresh_from_db()
            assert (report.attempts, Fact.objects.count()) == (attempt, 0)
    assert report.state == "failed"
    assert Message.objects.filter(kind="report_failed", user=world.quality_head).exists()
    again = issuing.ask_for_report(last_month(), by=world.actor("manager"))
    assert (again.pk, again.state) == (report.pk, "waiting")
    assert issuing.build_report(report.pk) is not None


def test_whose_workers_die_with_it_is_given_up_and_managers_are_told(world: World) -> None:
    report = issuing.ask_for_due(date(2026, 11, 1))[0]
    Report.objects.update(state="running", attempts=3, claimed_at=timezone.now() - timedelta(hours=1))
    assert issuing.build_report(report.pk) is None
    report.refresh_from_db()
    assert report.state == "failed"
    assert Message.objects.filter(kind="report_failed", user=world.manager).exists()


@pytest.mark.django_db(transaction=True)
def test_asked_for_twice_at_once_it_is_one_report(world: World, race: Any) -> None:
    results: list[str] = []

    def ask() -> None:
        try:
            issuing.ask_for_report(last_month(), by=world.actor("manager"))
            results.append("asked")
        except InvalidMove:
            results.append("refused")

    race.run(ask, ask)
    assert (sorted(results), Report.objects.count()) == (["asked", "refused"], 1)


def test_a_cache_that_is_gone_stops_no_building(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_a: object, **_v: object) -> None:
        raise RedisError("no socket")

    for name in ("set", "get"):
        monkeypatch.setattr(progress.cache, name, gone)
    report = built(world)
    assert (report.state, progress.percent(report)) == ("draft", 100)
    assert progress.noted("report-steps:0:0") == 0


def test_a_worker_that_died_is_followed_by_the_next_one(world: World) -> None:
    report = issuing.ask_for_report(last_month(), by=world.actor("quality_head"))
    Report.objects.update(state="running", claimed_at=timezone.now())
    assert issuing.pending() == []
    Report.objects.update(claimed_at=timezone.now() - timedelta(hours=1))
    assert issuing.pending() == [report.pk]
    assert issuing.build_report(report.pk) is not None


@pytest.mark.parametrize("statement", [
    "UPDATE reports_fact SET minutes = 1", "DELETE FROM reports_fact", "DELETE FROM reports_report",
    "UPDATE reports_report SET tables = '{}'", "UPDATE reports_report SET since = since - 1",
    "UPDATE reports_report SET snapshot_at = now()", "UPDATE reports_report SET asked_by_id = NULL",
    "INSERT INTO reports_fact (report_id, subject, row, flags) SELECT report_id, subject, 99, flags FROM reports_fact",
])  # fmt: skip
def test_nobody_changes_what_was_counted(world: World, statement: str) -> None:
    moved(w.closed(world))
    built(world)
    with pytest.raises(DatabaseError), transaction.atomic(), transaction.get_connection().cursor() as cursor:
        cursor.execute(statement)


def test_nobody_approves_his_or_her_own_report_and_none_twice(world: World) -> None:
    report = built(world, by="manager")
    with pytest.raises(InvalidMove):
        issuing.approve_report(report, by=world.actor("manager"), user=world.manager)
    other = world.general_manager
    issuing.approve_report(report, by=Actor.staff(other), user=other)
    with pytest.raises(InvalidMove):
        issuing.approve_report(report, by=Actor.staff(other), user=other)


def test_it_is_sent_once_it_is_approved_and_to_nobody_twice(world: World) -> None:
    report, by = built(world), world.actor("quality_head")
    with pytest.raises(InvalidMove):
        issuing.send_report(report, [world.production_head], by=by)
    issuing.approve_report(report, by=world.actor("manager"), user=world.manager)
    with pytest.raises(InvalidInput):
        issuing.send_report(report, [], by=by)
    issuing.send_report(report, [world.production_head], by=by)
    assert issuing.send_report(report, [world.production_head, world.sales_head], by=by)[0].user == world.sales_head
    with pytest.raises(InvalidInput):
        issuing.send_report(report, [world.production_head], by=by)
    newer = issuing.correct_report(report, by=by, reason="补录")
    issuing.build_report(newer.pk)
    with pytest.raises(InvalidMove):
        issuing.send_report(report, [world.quality_handler], by=by)
    assert Message.objects.filter(kind="report_sent", user=world.production_head, channel="in_app").count() == 1
