"""A follow-up warns before its date, and climbs once it has passed: each rung once, however often the sweep runs."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext
from pydantic import ValidationError

from audit.models import Event
from cases.models import Case
from notifications import readers
from notifications.models import Message
from organization.models import User
from organization.models.units import RESTRICTED_PRINCIPAL
from organization.queries import identity_of
from surveys.actions import follow_ups as actions
from surveys.actions import overdue
from surveys.actions.overdue import sweep_follow_ups
from surveys.models import FollowUp
from surveys.policy import SurveysPart
from tests import world as w
from tests.races import Race
from tests.surveys import answers as a
from tests.world import World, client_of

pytestmark = [pytest.mark.django_db, pytest.mark.req("SUR-26"), pytest.mark.system("S48")]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def row(world: World) -> FollowUp:
    """One dissatisfied item, with a handler of production."""
    a.answered(w.closed(world), "o1", service_speed="o4")
    FollowUp.objects.update(owner=world.production_handler)
    return FollowUp.objects.get()


def told(kind: str) -> list[User | None]:
    """Who was told so in the inbox."""
    return [message.user for message in Message.objects.filter(kind=kind, channel="in_app").order_by("pk")]


def fresh(row: FollowUp) -> FollowUp:
    return FollowUp.objects.get(pk=row.pk)


def test_the_owner_is_warned_then_told_then_the_head_each_once(world: World, row: FollowUp) -> None:
    assert row.next_alert_at is not None
    assert row.opened_at < row.next_alert_at < row.due_at
    steps: list[tuple[datetime, int, int]] = [
        (row.next_alert_at - MINUTE, 0, 0),
        (row.next_alert_at, 1, 0),
        (row.due_at - MINUTE, 1, 0),
        (row.due_at, 1, 1),
        (row.due_at + timedelta(days=1) - MINUTE, 1, 1),
        (row.due_at + timedelta(days=1), 1, 2),
        (row.due_at + timedelta(days=9), 1, 2),
    ]
    for now, near, late in steps:
        for _twice in range(2):
            sweep_follow_ups(now)
            assert (len(told("follow_up_near")), len(told("follow_up_overdue"))) == (near, late), now
    assert told("follow_up_near") == [world.production_handler]
    assert told("follow_up_overdue") == [world.production_handler, world.production_head]
    (event,) = Event.objects.filter(thread=row.thread, verb="miss_follow_up")
    assert (event.at, event.changes) == (row.due_at, {"follow_up": [None, row.pk]})
    assert fresh(row).next_alert_at is None


def test_a_late_sweep_warns_of_nothing_that_has_passed(world: World, row: FollowUp) -> None:
    assert sweep_follow_ups(row.due_at + timedelta(days=3)) == 1
    assert told("follow_up_near") == []
    assert told("follow_up_overdue") == [world.production_handler, world.production_head]


def test_a_head_who_owns_it_is_told_once_and_then_who_stands_above(world: World, row: FollowUp) -> None:
    FollowUp.objects.update(owner=world.production_head)
    sweep_follow_ups(row.due_at + timedelta(days=3))
    people = told("follow_up_overdue")
    assert people[0] == world.production_head
    assert people.count(world.production_head) == 1
    assert len(people) > 1


@pytest.mark.req("RTE-18")
def test_who_is_recused_from_the_case_is_not_told(world: World, row: FollowUp) -> None:
    case = row.response.case
    case.barred = [-world.production_head.pk]
    case.save(update_fields=["barred"])
    sweep_follow_ups(row.due_at + timedelta(days=3))
    assert world.production_head not in told("follow_up_overdue")


def test_what_is_done_warns_nobody(world: World, row: FollowUp) -> None:
    finding = actions.Finding("派工不及时", "已改进")
    actions.finish_follow_up(row, finding, by=world.actor("production_handler"))
    assert fresh(row).next_alert_at is None
    assert sweep_follow_ups(row.due_at + timedelta(days=3)) == 0


def test_one_that_fails_holds_up_no_other(world: World, row: FollowUp, monkeypatch: pytest.MonkeyPatch) -> None:
    a.answered(w.closed(world), "o1", service_speed="o4")
    other, told_of = FollowUp.objects.exclude(pk=row.pk).get(), overdue.notices.follow_ups_due

    def fails_for_one(rows: list[FollowUp], *others: Any, **values: Any) -> None:
        if row in rows:
            raise RuntimeError
        told_of(rows, *others, **values)

    now = row.due_at + timedelta(days=3)
    monkeypatch.setattr(overdue.notices, "follow_ups_due", fails_for_one)
    assert sweep_follow_ups(now) == 2
    assert (fresh(row).alerts, fresh(row).next_alert_at) == (0, now + overdue.PARKED)
    assert not Event.objects.filter(thread=row.thread, verb="miss_follow_up").exists()
    assert (fresh(other).alerts, fresh(other).next_alert_at) == (3, None)
    assert Message.objects.filter(kind="follow_up_overdue", thread=other.thread).exists()
    assert Event.objects.filter(thread=other.thread, verb="miss_follow_up").count() == 1


def test_what_one_owner_has_of_one_answer_is_told_in_one_message(world: World) -> None:
    a.answered(w.closed(world), "o1", service_speed="o4", price_value="o4", delivery_time="o5")
    FollowUp.objects.update(owner=world.production_handler)
    sweep_follow_ups(FollowUp.objects.latest("due_on").due_at + timedelta(days=3))
    assert told("follow_up_overdue") == [world.production_handler, world.production_head]
    assert {one.context["count"] for one in Message.objects.filter(kind="follow_up_overdue")} == {"3"}
    assert Event.objects.filter(verb="miss_follow_up").count() == 3


@pytest.mark.req("RES-15")
def test_while_the_hub_decides_on_a_reopening_nobody_is_blamed(world: World, row: FollowUp) -> None:
    row = actions.propose_reopening(row, by=world.actor("production_handler"), reason="又漏水")
    late = row.due_at + timedelta(days=3)
    assert sweep_follow_ups(late) == 0
    assert told("follow_up_overdue") == []
    actions.decide_reopening(row, by=world.actor("hub_head"), granted=False, reason="已修好")
    assert sweep_follow_ups(late) == 1
    assert world.production_handler in told("follow_up_overdue")


@pytest.mark.req("SEC-01")
def test_only_who_sees_a_follow_up_is_told_of_it_and_reads_messages_about_it(world: World, row: FollowUp) -> None:
    assert readers.may_read(row.thread, world.production_head)
    assert not readers.may_read(row.thread, world.sales_handler)
    Case.objects.filter(pk=row.response.case_id).update(barred=[RESTRICTED_PRINCIPAL])
    assert not readers.may_read(row.thread, world.production_head)
    sweep_follow_ups(row.due_at + timedelta(days=3))
    people = [user for user in told("follow_up_overdue") if user is not None]
    assert not {world.production_handler, world.production_head} & set(people)
    for user in people:
        assert FollowUp.objects.visible_to(identity_of(user)).filter(pk=row.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_tell_everybody_once(world: World, race: Race) -> None:
    a.answered(w.closed(world), "o1", service_speed="o4", price_value="o4", delivery_time="o5")
    FollowUp.objects.update(owner=world.production_handler)
    now = FollowUp.objects.latest("due_on").due_at + timedelta(days=3)
    assert race.run(lambda: sweep_follow_ups(now), lambda: sweep_follow_ups(now)) == [True, True]
    sweep_follow_ups(now)
    assert told("follow_up_overdue").count(world.production_handler) == 1
    assert Event.objects.filter(verb="miss_follow_up").count() == 3


def test_what_is_overdue_is_red_in_the_list_and_on_the_desk(world: World, row: FollowUp) -> None:
    client = client_of(world, "production_handler")
    red = f'{gettext("Answers to follow up")}</h2><span class="chip red">'
    assert red not in client.get("/").content.decode()
    FollowUp.objects.update(due_on=timezone.localdate() - timedelta(days=1))
    assert 'class="chip red"' in client.get("/surveys/follow-ups/").content.decode()
    assert red in client.get("/").content.decode()
    listed = client.get("/surveys/follow-ups/?scope=late").content.decode()
    assert row.response.case.number in listed


def test_an_upgrade_sets_the_alerts_of_what_is_open_and_tells_of_nothing_old(world: World, row: FollowUp) -> None:
    upgrade, was = import_module("surveys.migrations.0006_follow_up_alerts"), row.next_alert_at
    FollowUp.objects.update(next_alert_at=None)
    with connection.schema_editor(atomic=False) as editor:
        upgrade.set_alerts_of_what_is_open(apps, editor)
        assert fresh(row).next_alert_at == was
        FollowUp.objects.update(next_alert_at=None, due_on=timezone.localdate() - timedelta(days=1))
        upgrade.set_alerts_of_what_is_open(apps, editor)
    assert fresh(row).next_alert_at is None


@pytest.mark.parametrize("steps", [[], [("owner", 60), ("head", 0)]])
def test_a_ladder_without_steps_or_out_of_order_is_refused(steps: list[tuple[str, int]]) -> None:
    with pytest.raises(ValidationError):
        SurveysPart.model_validate({"follow_up_ladder": [{"to": to, "after_minutes": n} for to, n in steps]})
