"""What people are told: to whom, by which way, in which words, and what is kept of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from audit.actor import Actor
from audit.exceptions import InvalidInput
from cases.actions import agreement, assignment, calendar, contacts, recusal, reply, sweep
from cases.actions.contacts import NewContact
from cases.actions.intake import Reporter
from cases.models import Case, CaseClock
from cases.rights import sees
from cases.secrets import access_code, link_token
from notifications.delivery import sweep_due
from notifications.models import Message
from organization.actions import calendar as calendars
from organization.models import Calendar, Department, Deputy, Membership, User
from organization.queries import identities_of, identity_of
from tests import world as w
from tests.cases import visitors
from tests.world import World


def rows_that_hold(secret: str) -> list[str]:
    """The tables in which this text stands anywhere, as a dump of the database would show it."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        found = []
        for table in tables:
            quoted = connection.ops.quote_name(table)
            cursor.execute(f"SELECT 1 FROM {quoted} AS line WHERE line::text LIKE %s LIMIT 1", [f"%{secret}%"])
            if cursor.fetchone():
                found.append(table)
    return found


# --- What is kept --------------------------------------------------------------------------------------


@pytest.mark.req("SEC-01", "INT-24")
def test_what_opens_a_case_is_sent_to_the_customer_and_stands_in_no_row_before_or_after(
    world: World, mailoutbox: list[Any]
) -> None:
    case = visitors.submitted(contact="zhou@example.com")
    secrets = (link_token(case), access_code(case))
    assert [rows_that_hold(secret) for secret in secrets] == [[], []]
    sweep_due()
    mail = next(mail for mail in mailoutbox if mail.to == ["zhou@example.com"])
    assert f"{settings.SITE_URL}/track/{secrets[0]}/" in mail.body
    assert secrets[1] in mail.body
    assert case.number in Message.objects.get(kind="case_opened").body
    assert [rows_that_hold(secret) for secret in secrets] == [[], []]


@pytest.mark.req("SEC-01")
def test_what_could_not_be_sent_holds_no_key_to_the_case_either(world: World) -> None:
    case: Case = visitors.submitted(contact="139 1234 5678")
    sweep_due()
    assert Message.objects.get(kind="case_opened").state == "not_sent"
    assert [rows_that_hold(secret) for secret in (link_token(case), access_code(case))] == [[], []]


# --- The promised date ---------------------------------------------------------------------------------


def resolution(case: Case) -> CaseClock:
    return CaseClock.objects.get(case=case, kind="resolution", round=case.round)


def told_longer(case: Case) -> list[dict[str, str]]:
    """The dates that the customer was told as later than planned."""
    rows = Message.objects.filter(thread=case.thread, kind="extension_told").order_by("pk")
    return [row.context["due"] for row in rows]


def given_more_time(world: World, case: Case, days: float) -> None:
    row = case.assignments.get(is_lead=True)
    until = max(row.due_at, resolution(case).due_at) + timedelta(days=days)
    asked = assignment.ask_extension(row, by=world.actor("production_head"), until=until, reason="等料")
    assignment.decide_extension(asked, by=world.actor("agent"), granted=True)


@pytest.mark.req("RES-03", "A-08")
def test_the_customer_is_told_the_date_to_which_the_promise_moved(world: World) -> None:
    case = w.received(world)
    given_more_time(world, case, 3)
    assert told_longer(case) == [{"at": resolution(case).due_at.isoformat()}]


@pytest.mark.req("RES-03")
def test_more_time_for_a_department_within_the_promise_is_not_told_to_the_customer(world: World) -> None:
    case = w.received(world, customer_deadline=w.timezone.localdate() + timedelta(days=30))
    row = case.assignments.get(is_lead=True)
    asked = assignment.ask_extension(
        row, by=world.actor("production_head"), until=row.due_at + timedelta(days=1), reason="等料"
    )
    assignment.decide_extension(asked, by=world.actor("agent"), granted=True)
    assert told_longer(case) == []


@pytest.mark.req("RES-03", "A-08")
def test_a_date_that_was_agreed_on_is_told_whether_later_or_sooner(world: World) -> None:
    case = w.acknowledged(world)
    today = w.timezone.localdate()
    for days in (60, 40):
        contact = NewContact(channel=world.channel("phone"), direction="in", text="客户同意改期")
        agreed = agreement.Agreement(today + timedelta(days=days), contact)
        case = agreement.agree_date(case, agreed, by=world.actor("agent"))
    told = Message.objects.filter(thread=case.thread, kind="date_agreed")
    assert len({message.dedupe_key for message in told}) == 2
    assert told_longer(case) == []


@pytest.mark.req("RES-03", "SLA-02")
def test_a_holiday_that_moves_the_promise_is_told_once(world: World) -> None:
    case = w.acknowledged(world)
    day = w.timezone.localdate(resolution(case).due_at)
    closed = {day: calendars.Exceptional((), "停工")}
    calendars.set_days(Calendar.objects.get(code="cn"), closed, by=world.actor("administrator"))
    for _again in range(2):
        calendar.recompute_chunk("cn", after=0, at=w.timezone.now())
    assert told_longer(case) == [{"at": resolution(case).due_at.isoformat()}]


# --- Who is told -------------------------------------------------------------------------------------


def told(case: Case, kind: str) -> set[str]:
    """The colleagues with such a message about a case."""
    rows = Message.objects.filter(thread=case.thread, kind=kind, user__isnull=False)
    return set(rows.values_list("user__username", flat=True))


@pytest.mark.req("RTE-06")
def test_the_hub_is_told_although_the_one_who_accepted_the_case_has_left(world: World) -> None:
    case = w.received(world)
    User.objects.filter(username="agent").update(is_active=False)
    row = case.assignments.get(is_lead=True)
    head = world.actor("production_head")
    assignment.ask_extension(row, by=head, until=row.due_at + timedelta(days=1), reason="等料")
    assignment.return_assignment(row, by=head, reason="不是我们的产品")
    assert told(case, "extension_asked") == told(case, "assignment_returned") == {"hub_head"}


@pytest.mark.req("RTE-06")
def test_what_a_customer_adds_reaches_the_hub_although_the_owner_has_left(world: World) -> None:
    case = w.acknowledged(world)
    User.objects.filter(username="agent").update(is_active=False)
    contact = contacts.NewContact(direction="in", channel=world.channel("phone"), text="又漏了")
    contacts.record_contact(Case.objects.get(pk=case.pk), contact, by=Actor.customer())
    assert told(case, "customer_wrote") == {"hub_head"}


# --- The chosen way ----------------------------------------------------------------------------------

BOTH = Reporter(name="周慧", phone="13805126634", email="zhou@example.com")


@pytest.mark.req("RES-04")
@pytest.mark.parametrize(("way", "channel"), [("sms", "sms"), ("email", "email"), ("link", "email")])
def test_the_chosen_way_is_the_way_it_goes(world: World, way: str, channel: str) -> None:
    case = w.handled(world, reporter=BOTH)
    reply.reply_to_customer(case, reply.Answer("换新机", way), by=world.actor("agent"))
    reply.ask_opinion(Case.objects.get(pk=case.pk), by=world.actor("agent"), way=way)
    reply.send_progress(
        Case.objects.get(pk=case.pk), reply.Answer("在途", way), by=world.actor("agent"), expected_at=None
    )
    sent = Message.objects.filter(thread=case.thread, kind__in=["replied", "opinion_asked", "progress_told"])
    assert [row.channel for row in sent] == [channel] * 3
    assert {row.address for row in sent} == {BOTH.phone if channel == "sms" else BOTH.email}


@pytest.mark.req("RES-04")
def test_nothing_is_asked_or_told_by_a_way_without_an_address(world: World) -> None:
    case = w.replied(world)
    with pytest.raises(InvalidInput):
        reply.ask_opinion(case, by=world.actor("agent"), way="email")
    with pytest.raises(InvalidInput):
        reply.send_progress(case, reply.Answer("在途", "email"), by=world.actor("agent"), expected_at=None)
    assert not Message.objects.filter(thread=case.thread, kind__in=["opinion_asked", "progress_told"]).exists()


# --- In whose language -------------------------------------------------------------------------------


@pytest.mark.req("RTE-06")
@pytest.mark.parametrize(("reader", "expected"), [("zh-hans", "生产部"), ("en", "Production")])
def test_a_message_is_in_the_readers_language_whatever_the_writers(world: World, reader: str, expected: str) -> None:
    Department.objects.filter(code="production").update(name_en="Production")
    User.objects.update(language=reader)
    case = w.received(world)
    row = case.assignments.select_related("department").get(is_lead=True)
    with translation.override("en" if reader == "zh-hans" else "zh-hans"):
        assignment.ask_extension(
            row, by=world.actor("production_head"), until=row.due_at + timedelta(days=1), reason="ETA 5/12"
        )
        asked = row.extensions.get()
        assignment.decide_extension(asked, by=world.actor("agent"), granted=True)
    sweep_due()
    decided = Message.objects.get(kind="extension_decided", channel="in_app")
    assert decided.body == {"zh-hans": "同意。", "en": "Granted."}[reader]
    assert expected in Message.objects.get(kind="extension_asked", channel="in_app").subject


@pytest.mark.req("SLA-04")
def test_a_warning_names_the_limit_in_the_readers_language(world: World) -> None:
    User.objects.update(language="en")
    case = w.log_call(world)
    clock = CaseClock.objects.get(case=case, kind="acknowledgement")
    sweep.sweep_clocks(clock.first_due_at)
    sweep_due()
    assert "Acknowledgement" in Message.objects.filter(kind="clock_breach", channel="in_app")[0].subject


# --- What is taken back ------------------------------------------------------------------------------


def unsent(case: Case, kind: str) -> set[str]:
    """The colleagues for whom such a message still waits."""
    rows = Message.objects.filter(thread=case.thread, kind=kind, user__isnull=False, state="queued")
    return set(rows.values_list("user__username", flat=True))


@pytest.mark.req("RTE-12", "SEC-01")
def test_a_return_takes_the_messages_from_all_who_lose_the_case_and_costs_the_same_for_a_large_department(
    world: World,
) -> None:
    def queries_of_a_return() -> int:
        case = w.dispatched(world)
        with CaptureQueriesContext(connection) as asked:
            assignment.return_assignment(
                case.assignments.get(), by=world.actor("production_head"), reason="不是我们的产品"
            )
        assert unsent(case, "assignment_sent") == set()
        return len(asked)

    few = queries_of_a_return()
    people = User.objects.bulk_create(
        User(username=f"worker{n}", name=f"工人{n}", role="handler", name_key="g", initials="g") for n in range(40)
    )
    Membership.objects.bulk_create(Membership(user=person, department=world.production) for person in people)
    assert queries_of_a_return() == few


@pytest.mark.req("RTE-12", "SEC-01")
def test_a_head_above_the_department_that_gave_the_case_back_is_not_told_any_more(world: World) -> None:
    case = w.acknowledged(world)
    case = assignment.dispatch_case(case, w.task(world, "workshop"), by=world.actor("agent"))
    row = case.assignments.get()
    clock = CaseClock.objects.get(assignment=row, kind="receipt")
    sweep.sweep_clocks(clock.first_due_at)
    assert unsent(case, "clock_breach") >= {"production_head"}
    assignment.return_assignment(row, by=world.actor("workshop_handler"), reason="不是我们的产品")
    assert "production_head" not in unsent(case, "clock_breach")


@pytest.mark.parametrize("barred", [(), ("production_head",), ("manager", "agent")])
def test_who_sees_a_case_in_hand_is_who_finds_it(world: World, barred: tuple[str, ...]) -> None:
    Deputy.objects.create(
        principal=world.production_head, deputy=world.finance_handler, starts_at=w.in_days(-1), ends_at=w.in_days(1)
    )
    Deputy.objects.create(
        principal=world.manager, deputy=world.sales_handler, starts_at=w.in_days(-1), ends_at=w.in_days(1)
    )
    case = w.dispatched(world)
    if barred:
        recusal.accuse(case, tuple(world.users[name] for name in barred), by=world.actor("hub_head"), reason="当事人")
    case = Case.objects.get(pk=case.pk)
    people = identities_of([user.pk for user in world.users.values()])
    finds = {pk for pk, who in people.items() if Case.objects.filter(pk=case.pk).visible_to(who).exists()}
    assert {pk for pk, who in people.items() if sees(who, case)} == finds
    assert people == {user.pk: identity_of(user) for user in world.users.values()}
