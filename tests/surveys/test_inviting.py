"""After closing the customer is asked: once, in time, in peace, and never about what was not handled (SUR-14)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from celery import current_app
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.exceptions import InvalidMove
from audit.models import Event
from audit.verification import verify
from cases.actions.closure import reopen_case
from cases.lifecycle import FULL_OUTCOMES, Outcome
from cases.models import Case
from customers.models import ContactWay, Purpose
from customers.queries.consent import refusal
from notifications.models import Message
from organization.queries import working_calendar
from organization.working_time import add_working_days
from regulations import profiles
from regulations.models import Profile
from surveys import tasks
from surveys.actions import inviting, questionnaires
from surveys.actions.inviting import closed_before, sweep_invitations, sweep_open
from surveys.models import Callback, Draw, Invitation, Survey
from surveys.queries.reach import Address, Points, reach
from surveys.secrets import digest, link_token, of_address
from tests import world as w
from tests.surveys import asking as a
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.req("SUR-14"), pytest.mark.system("S48")]
SHANGHAI = ZoneInfo("Asia/Shanghai")


def old_survey() -> Survey:
    return a.since_long(a.running())


def only() -> Invitation:
    return Invitation.objects.get()


def asking_messages() -> Any:
    return Message.objects.filter(kind__startswith="survey_").order_by("pk")


# --- Who is asked -----------------------------------------------------------------------------------------


def test_working_days_after_closing_the_customer_is_asked_by_mail(world: World) -> None:
    old_survey()
    case = a.due(world)
    assert sweep_invitations() == 1
    row, message = only(), asking_messages().get()
    assert (row.case, row.round, row.state, row.why) == (case, 1, "open", "")
    assert row.key == digest(link_token(case.pk, 1))
    assert row.to == of_address(a.MAIL)
    assert row.deadline_at - row.invited_at == timedelta(days=14)
    assert row.remind_at is not None
    assert (message.kind, message.channel, message.address) == ("survey_invited", "email", a.MAIL)
    assert message.expires_at == row.deadline_at
    event = Event.objects.get(thread=f"survey:{case.pk}")
    assert (event.verb, event.actor_kind) == ("invite", "system")
    assert a.MAIL not in str(event.changes)
    assert verify().ok


def test_without_a_mail_address_a_text_message_asks(world: World) -> None:
    old_survey()
    a.due(world, mail="")
    sweep_invitations()
    assert (asking_messages().get().channel, only().to) == ("sms", of_address("+8613805126634"))


def test_a_second_sweep_asks_nobody_again(world: World) -> None:
    old_survey()
    a.due(world)
    assert [sweep_invitations() for _n in range(3)] == [1, 0, 0]
    Survey.objects.update(swept_until=a.ago(a.LONG + 5))  # as after a restored backup of that row
    assert sweep_invitations() == 0
    assert (Invitation.objects.count(), asking_messages().count(), Event.objects.filter(verb="invite").count()) == (
        1,
    ) * 3


def test_nobody_is_asked_before_the_working_days_are_over_and_nobody_is_forgotten(world: World) -> None:
    with time_machine.travel(datetime(2026, 11, 2, 10, tzinfo=SHANGHAI), tick=False):  # a Monday
        survey = a.running()
    with time_machine.travel(datetime(2026, 11, 5, 10, tzinfo=SHANGHAI)):  # Thursday
        a.closed(world)
    calendar = working_calendar("cn")
    moment, end = datetime(2026, 11, 5, 12, tzinfo=SHANGHAI), datetime(2026, 11, 9, tzinfo=SHANGHAI)
    while moment < end:
        assert sweep_invitations(moment) == 0, moment
        moment += timedelta(hours=5)
    survey.refresh_from_db()
    # However often it was looked at meanwhile, it is not passed.
    assert survey.swept_until <= Case.objects.get().closed_at
    due = add_working_days(calendar, Case.objects.get().closed_at, 2)
    assert due.astimezone(SHANGHAI).date().isoformat() == "2026-11-09"  # Friday, Monday
    assert sweep_invitations(due - timedelta(seconds=1)) == 0
    assert sweep_invitations(due) == 1
    survey.refresh_from_db()
    assert survey.swept_until == due


def test_a_profile_with_a_longer_delay_holds_nobody_up_and_is_not_passed(world: World) -> None:
    patient = Profile.objects.create(code="patient", name="慢")
    body = profiles.version_for(site=None, product=None).document | {"surveys": {"delay_days": 10}}
    slow = profiles.publish(patient, body, by=a.BY, reason="测试")
    survey = old_survey()
    first = a.end(a.closed(world), at=a.ago(9))
    Case.objects.filter(pk=first.pk).update(profile_version=slow)
    second = a.end(a.closed(world, mail="b@b.example"), at=a.ago(8))
    assert sweep_invitations() == 1
    assert only().case == second
    survey.refresh_from_db()
    assert survey.swept_until == first.closed_at
    assert sweep_invitations(w.in_days(20)) == 1
    survey.refresh_from_db()
    assert survey.swept_until > second.closed_at


def test_what_becomes_visible_late_is_still_found(world: World) -> None:
    survey = old_survey()
    sweep_invitations()
    Survey.objects.update(swept_until=a.ago(a.LONG))
    a.end(a.closed(world), at=a.ago(a.LONG) - timedelta(minutes=50))
    assert sweep_invitations() == 1
    survey.refresh_from_db()
    assert timezone.now() - survey.swept_until < timedelta(minutes=1)


@pytest.mark.parametrize("days", [1, 2, 3, 7])
@pytest.mark.parametrize("hour", [0, 9, 17, 18, 23])
def test_the_bound_in_days_is_what_counting_each_closing_says(world: World, days: int, hour: int) -> None:
    calendar = working_calendar("cn")
    start = datetime(2026, 9, 21, tzinfo=SHANGHAI)  # over the holidays of October with their make-up days
    for day in range(24):
        now = start + timedelta(days=day, hours=hour)
        bound = closed_before(calendar, days, now, since=start - timedelta(days=20))
        for back in range(30):
            at = now - timedelta(hours=9 * back)
            assert (at < bound) == (add_working_days(calendar, at, days) <= now), (now, at)


@pytest.mark.parametrize("outcome", sorted(set(Outcome) - {Outcome.REOPENED}))
def test_only_what_was_handled_to_its_end_is_asked_about(world: World, outcome: str) -> None:
    old_survey()
    a.end(a.closed(world), outcome, at=a.ago(a.LONG))
    assert sweep_invitations() == (1 if outcome in FULL_OUTCOMES else 0)


def test_what_was_closed_before_the_survey_was_switched_on_is_never_asked_about(world: World) -> None:
    a.due(world)
    survey = a.running()
    assert sweep_invitations() == 0
    assert sweep_invitations(w.in_days(40)) == 0
    survey.refresh_from_db()
    assert not Invitation.objects.exists()


def test_without_a_running_survey_nobody_is_asked(world: World) -> None:
    questionnaires.stop_survey(old_survey(), by=a.BY)
    a.due(world)
    a.running("callback", kind="callback")
    assert sweep_invitations() == 0


# --- Who is left in peace, and why -----------------------------------------------------------------------------


def left_out(why: str) -> bool:
    row = only()
    assert (row.state, row.key, row.to, row.remind_at) == ("left_out", None, "", None)
    assert not asking_messages().exists()
    assert Event.objects.get(thread=row.thread).changes["why"] == [None, why]
    return row.why == why and row.ended_at is not None


@pytest.mark.parametrize("contact", [{"mail": "", "phone": "0512-62345678"}, {"mail": "", "phone": "12"}])
def test_without_an_address_nobody_is_asked(world: World, contact: dict[str, str]) -> None:
    old_survey()
    a.due(world, **contact)
    sweep_invitations()
    assert left_out("no_address")


def test_who_refused_to_be_reached_is_not_asked(world: World) -> None:
    old_survey()
    Case.objects.filter(pk=a.due(world).pk).update(contact_refused=True)
    sweep_invitations()
    assert left_out("refused")


def test_a_refused_address_gives_way_to_the_other_one(world: World) -> None:
    old_survey()
    a.filed(a.due(world), refused=("email",))
    sweep_invitations()
    assert asking_messages().get().channel == "sms"


def test_who_refused_both_is_not_asked(world: World) -> None:
    old_survey()
    a.filed(a.due(world), refused=("email", "phone"))
    sweep_invitations()
    assert left_out("refused")


@pytest.mark.parametrize("refused", [(), ("email",), ("phone",), ("email", "phone")])
def test_the_bulk_answer_is_what_consent_says_of_each(world: World, refused: tuple[str, ...]) -> None:
    case = a.closed(world)
    customer = a.filed(case, refused=refused)
    case = Case.objects.select_related("customer").get(pk=case.pk)
    found = reach(case, Points.of([case]))
    ways = [ContactWay.EMAIL, ContactWay.SMS]
    allowed = [way for way in ways if refusal(customer, Purpose.SURVEY, way) is None]
    assert (found.channel if isinstance(found, Address) else None) == (allowed[0] if allowed else None)


def test_restricted_data_are_not_used(world: World) -> None:
    old_survey()
    customer = a.filed(a.due(world))
    customer.restricted_at = timezone.now()
    customer.save()
    sweep_invitations()
    assert left_out("restricted")


@pytest.mark.req("A-45")
def test_nobody_is_asked_twice_within_the_quiet_days(world: World) -> None:
    old_survey()
    a.due(world)
    a.due(world, mail=a.MAIL.upper())
    assert sweep_invitations() == 2
    assert sorted(Invitation.objects.values_list("state", "why")) == [("left_out", "quiet"), ("open", "")]
    a.due(world)
    sweep_invitations()
    assert Invitation.objects.filter(why="quiet").count() == 2
    Invitation.objects.filter(state="open").update(invited_at=a.ago(91))
    a.due(world)
    sweep_invitations()
    assert asking_messages().count() == 2


def test_who_was_called_is_not_asked_in_writing_too(world: World) -> None:
    old_survey()
    case = a.due(world)
    draw = Draw.objects.create(
        survey=a.running("callback", kind="callback"), quarter="2026-10-01", level="P1", percent=80, seed=1,
        drawn_at=timezone.now(),
    )  # fmt: skip
    Callback.objects.create(
        draw=draw, case=case, round=1, n=1, state="done", drawn_at=a.ago(2), next_at=a.ago(2), ended_at=a.ago(1)
    )
    sweep_invitations()
    assert left_out("called")


# --- Twice, late, half-way ----------------------------------------------------------------------------------


def test_a_sweep_that_dies_half_way_is_finished_by_the_next(world: World, monkeypatch: Any) -> None:
    survey = old_survey()
    for n in range(3):
        a.due(world, mail=f"{n}@b.example")
    monkeypatch.setattr(inviting, "CHUNK", 2)
    calls = []
    real = inviting.record_many

    def dies(entries: Any) -> Any:
        calls.append(len(entries))
        if len(calls) == 2:
            raise RuntimeError
        return real(entries)

    monkeypatch.setattr(inviting, "record_many", dies)
    with pytest.raises(RuntimeError):
        sweep_invitations()
    assert (Invitation.objects.count(), asking_messages().count()) == (2, 2)  # whole chunks, with their messages
    survey.refresh_from_db()
    assert survey.swept_until < Case.objects.latest("closed_at").closed_at
    assert sweep_invitations() == 1
    assert (Invitation.objects.count(), asking_messages().count()) == (3, 3)


def test_a_round_that_cannot_be_decided_holds_up_no_other(world: World, monkeypatch: Any) -> None:
    survey = old_survey()
    bad, good = a.due(world), a.due(world, mail="b@b.example")
    real = inviting.reach
    monkeypatch.setattr(inviting, "reach", lambda case, points: 1 / 0 if case.pk == bad.pk else real(case, points))
    with pytest.raises(ZeroDivisionError):
        inviting.reach(bad, Points())
    sweep_invitations()
    assert only().case == good
    survey.refresh_from_db()
    assert survey.swept_until <= bad.closed_at  # and so the next one finds it
    monkeypatch.undo()
    assert sweep_invitations() == 1


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_ask_once(world: World, race: Any) -> None:
    old_survey()
    for n in range(4):
        a.due(world, mail=f"{n}@b.example")
    race.run(sweep_invitations, sweep_invitations)
    sweep_invitations()
    assert (Invitation.objects.count(), asking_messages().count()) == (4, 4)


def test_many_are_decided_with_as_many_queries_as_one(world: World) -> None:
    old_survey()

    def queries(count: int) -> int:
        for n in range(count):
            a.filed(a.due(world, mail=f"{count}-{n}@b.example"))
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert sweep_invitations() == count
        return len(found)

    queries(1)  # fills what a process keeps
    assert queries(2) == queries(5)


def test_beat_does_both_sweeps(world: World) -> None:
    old_survey()
    a.due(world)
    assert (tasks.sweep_invitations(), tasks.sweep_open_invitations()) == (1, 0)
    for task in (tasks.sweep_invitations, tasks.sweep_open_invitations):
        entry = next(each for each in current_app.conf.beat_schedule.values() if each["task"] == task.name)
        assert entry["options"] == {"queue": "clock"}
        assert 60 <= entry["schedule"] <= 300


def test_the_customers_words_stand_in_no_history_of_asking(world: World) -> None:
    row = a.invited(world)
    for event in Event.objects.filter(thread=row.thread):
        assert row.case.subject not in str(event.changes)
        assert not event.digest


# --- What becomes of it -----------------------------------------------------------------------------------------


def test_one_reminder_and_then_the_end(world: World) -> None:
    row = a.shift(a.invited(world), 6)
    assert [sweep_open(), sweep_open()] == [1, 0]
    row.refresh_from_db()
    assert (row.state, row.remind_at) == ("open", None)
    assert row.reminded_at is not None
    assert list(asking_messages().values_list("kind", flat=True)) == ["survey_invited", "survey_reminded"]
    a.shift(row, 9)
    assert [sweep_open(), sweep_open()] == [1, 0]
    row.refresh_from_db()
    assert (row.state, row.why) == ("expired", "")
    verbs = list(Event.objects.filter(thread=row.thread).order_by("seq").values_list("verb", flat=True))
    assert verbs == ["invite", "remind", "expire_invitation"]


def test_a_sweep_that_comes_after_the_deadline_reminds_nobody(world: World) -> None:
    a.shift(a.invited(world), 15)
    assert sweep_open() == 1
    assert (only().state, asking_messages().count()) == ("expired", 1)


def test_who_refused_meanwhile_is_not_reminded(world: World) -> None:
    row = a.shift(a.invited(world), 6)
    a.filed(row.case, refused=("email", "phone"))
    assert [sweep_open(), sweep_open()] == [1, 0]
    assert (only().reminded_at, asking_messages().count()) == (None, 1)


def test_a_reopened_case_takes_the_asking_back_and_is_asked_about_again_when_it_is_closed_again(world: World) -> None:
    row = a.invited(world)
    reopen_case(row.case, by=world.actor("hub_head"), reason="又漏了")
    assert [sweep_open(), sweep_open()] == [1, 0]
    row.refresh_from_db()
    assert (row.state, row.why, row.remind_at) == ("withdrawn", "reopened", None)
    assert asking_messages().get().state == "withdrawn"  # it had not been sent yet
    case = Case.objects.get(pk=row.case_id)
    case.rounds.filter(n=2).update(closed_at=a.ago(10), ended_at=a.ago(10), outcome="settled")
    Case.objects.filter(pk=case.pk).update(state="closed", closed_at=a.ago(10), outcome="settled")
    a.rewind()
    assert sweep_invitations() == 1
    assert Invitation.objects.get(round=2).state == "open"


def test_a_case_reopened_before_it_was_asked_about_is_not_asked_about_and_holds_nobody_up(world: World) -> None:
    survey = old_survey()
    case = a.due(world)
    reopen_case(case, by=world.actor("hub_head"), reason="又漏了")
    assert sweep_invitations() == 0
    survey.refresh_from_db()
    assert timezone.now() - survey.swept_until < timedelta(minutes=1)


@pytest.mark.parametrize("what", ["restricted_at", "erased_at"])
def test_a_restriction_takes_the_asking_back(world: World, what: str) -> None:
    row = a.invited(world)
    customer = a.filed(row.case)
    if what == "restricted_at":
        customer.restricted_at = timezone.now()
        customer.save()
    else:
        Case.objects.filter(pk=row.case_id).update(erased_at=timezone.now())
    sweep_open()
    row.refresh_from_db()
    assert (row.state, row.why) == ("withdrawn", "restricted")


def test_stopping_the_survey_takes_every_open_link_back(world: World) -> None:
    row = a.invited(world)
    questionnaires.stop_survey(row.survey, by=world.actor("quality_head"))
    row.refresh_from_db()
    assert (row.state, row.why) == ("withdrawn", "stopped")
    assert asking_messages().get().state == "withdrawn"
    event = Event.objects.get(verb="stop_survey")
    assert event.changes["withdrawn"] == [None, 1]
    with pytest.raises(InvalidMove):
        questionnaires.stop_survey(row.survey, by=world.actor("quality_head"))


# --- On paper ------------------------------------------------------------------------------------------------------


def test_who_has_no_address_may_be_asked_by_a_printed_code(world: World) -> None:
    row = a.invited(world, mail="", phone="0512-62345678")
    row = inviting.ask_on_paper(row, by=world.actor("quality_head"))
    assert (row.state, row.why, row.ended_at, row.remind_at) == ("open", "", None, None)
    assert row.key == digest(link_token(row.case_id, 1))
    assert not asking_messages().exists()
    assert Event.objects.filter(thread=row.thread, verb="invite").count() == 1
    with pytest.raises(InvalidMove):
        inviting.ask_on_paper(row, by=world.actor("quality_head"))


@pytest.mark.parametrize("what", ["asked", "reopened", "stopped", "restricted"])
def test_a_code_is_printed_for_nobody_else(world: World, what: str) -> None:
    row = a.invited(world) if what == "asked" else a.invited(world, mail="", phone="0512-62345678")
    if what == "reopened":
        reopen_case(row.case, by=world.actor("hub_head"), reason="又漏了")
    elif what == "stopped":
        questionnaires.stop_survey(row.survey, by=a.BY)
    elif what == "restricted":
        Case.objects.filter(pk=row.case_id).update(erased_at=datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(InvalidMove):
        inviting.ask_on_paper(row, by=world.actor("quality_head"))
