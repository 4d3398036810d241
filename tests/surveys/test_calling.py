"""The callback desk: who may call, what comes of a call, what the pages show."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import gettext

from audit.actor import Actor
from audit.exceptions import InvalidInput, InvalidMove, NotAllowed
from audit.models import Event, Sealed
from cases.actions import closure
from cases.models import Case
from customers.models import ContactPoint, Customer
from organization.models import Deputy, Function
from regulations.models import ProfileVersion
from returns.actions import handover, repair
from returns.models import RepairOrder, ReturnSlip
from surveys.actions import calling
from surveys.actions.answering import Filled, Given, answer_invitation
from surveys.actions.calling import Heard, NotTaken, record_attempt, record_call, take, take_next
from surveys.actions.drawing import draw_callbacks
from surveys.models import Attempt, Callback, Draw, FollowUp, Invitation, Response
from surveys.policy import SurveysPart
from surveys.queries import desk as pages
from surveys.queries.drawing import quarter_of, workers_of
from tests import forms
from tests.races import Race
from tests.returns import trade as t
from tests.surveys import callbacks as c
from tests.world import World, client_of

pytestmark = [pytest.mark.django_db, pytest.mark.req("SUR-14"), pytest.mark.system("S48"), pytest.mark.form("F73")]
State, Result = Callback.State, Attempt.Result
ZONE = ZoneInfo("Asia/Shanghai")
#: A Tuesday morning in working time.
TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=ZONE)


@pytest.fixture
def callback(world: World) -> Callback:
    """One that waits and is due, of a case that the usual people handled."""
    return c.drawn(c.desk(world))


def fresh(callback: Callback) -> Callback:
    return Callback.objects.get(pk=callback.pk)


def answers(**values: str) -> dict[str, str]:
    """What the page's form sends."""
    return {f"item_{item}": option for item, option in (c.SATISFIED | values).items()}


@pytest.mark.req("RES-15")
def test_an_answered_call_is_done_and_kept(world: World, callback: Callback) -> None:
    response = c.call(callback, c.filled(), by=c.actor(world), note="本人接听")
    row = fresh(callback)
    assert (row.state, row.attempts, row.taken_by) == (State.DONE, 1, None)
    assert (response.source, response.callback, response.entered_by) == ("callback", row, world.caller)
    assert (response.personal, response.solved, response.level) == (True, True, "P1")
    events = {event.verb: event for event in Event.objects.filter(thread=row.thread)}
    assert set(events) == {"draw_callback", "take_callback", "answer_survey", "call_attempt"}
    assert "note" not in events["call_attempt"].changes
    assert Sealed.objects.get(event=events["call_attempt"], field="note").new == "本人接听"
    assert draw_callbacks() == 0


@pytest.mark.req("RES-15", "SUR-26")
def test_a_call_that_finds_it_unsolved_opens_its_follow_up(world: World, callback: Callback) -> None:
    c.call(callback, c.filled(solved="o2", overall="o5"), by=c.actor(world))
    assert set(FollowUp.objects.values_list("reason", "item")) == {("low", "overall"), ("unsolved", "solved")}


def test_the_open_link_of_the_round_ends(world: World, callback: Callback) -> None:
    now = timezone.now()
    link = Invitation.objects.create(
        survey=c.survey("link"), case=callback.case, round=1, key="k", invited_at=now,
        deadline_at=now + timedelta(days=3), remind_at=now,
    )  # fmt: skip
    c.call(callback, c.filled(), by=c.actor(world))
    link.refresh_from_db()
    assert (link.state, link.why, link.remind_at) == ("withdrawn", "called", None)


def test_a_form_sent_twice_is_kept_once(world: World, callback: Callback) -> None:
    filled = Filled(c.filled().given, "周慧", uuid.uuid4())
    first = c.call(callback, filled, by=c.actor(world))
    assert record_call(callback, filled, by=c.actor(world)) == first
    with pytest.raises(InvalidMove):
        c.call(callback, c.filled(), by=c.actor(world))
    assert Response.objects.count() == 1


def test_who_has_answered_already_is_not_counted_twice(world: World, callback: Callback) -> None:
    Response.objects.create(
        case=callback.case, round=1, version=c.version(), source="proxy", asked_by=world.agent, personal=False,
        submitted_at=timezone.now(),
    )  # fmt: skip
    with pytest.raises(InvalidMove, match=gettext("This customer has answered about the case already.")):
        c.call(callback, c.filled(), by=c.actor(world))
    assert fresh(callback).state == State.WAITING


@pytest.mark.parametrize("given", [{"overall": ""}, {"overall": "o9"}, {"nonsense": "o1"}])
def test_what_does_not_fit_the_questionnaire_is_refused(
    world: World, callback: Callback, given: dict[str, str]
) -> None:
    with pytest.raises(InvalidInput):
        c.call(callback, c.filled(**given), by=c.actor(world))
    assert fresh(callback).attempts == 0


@pytest.mark.req("A-13")
def test_after_three_calls_that_reached_nobody_it_ends_as_unreachable(world: World, callback: Callback) -> None:
    for n, result in enumerate((Result.NO_ANSWER, Result.LATER, Result.OFF, Result.BUSY), 1):
        later = timezone.now() + timedelta(days=1) if result == Result.LATER else None
        row = c.attempt(callback, Heard(result, next_at=later), by=c.actor(world))
        assert (row.attempts, row.state) == (n, State.UNREACHABLE if n == 4 else State.WAITING)
    assert row.ended_at is not None
    changes = [row.changes for row in Event.objects.filter(thread=row.thread, verb="call_attempt").order_by("seq")]
    assert [change["state"][1] for change in changes] == ["waiting", "waiting", "waiting", "unreachable"]


@pytest.mark.parametrize(("result", "state"), [(Result.WRONG, "unreachable"), (Result.REFUSED, "refused")])
def test_a_wrong_number_and_a_refusal_end_it_at_once(world: World, callback: Callback, result: str, state: str) -> None:
    assert c.attempt(callback, Heard(result), by=c.actor(world)).state == state


@pytest.mark.req("A-45")
@pytest.mark.parametrize(
    ("at", "result", "hours"),
    [(TUESDAY, Result.BUSY, 1), (TUESDAY, Result.NO_ANSWER, 4), (TUESDAY.replace(hour=17), Result.OFF, 4)],
)
def test_it_is_tried_again_after_working_hours(
    world: World, callback: Callback, at: datetime, result: str, hours: int
) -> None:
    with time_machine.travel(at, tick=False):
        row = c.attempt(callback, Heard(result), by=c.actor(world))
    again = row.next_at.astimezone(ZONE)
    assert again - at >= timedelta(hours=hours)
    assert again.date() == (at + timedelta(days=at.hour == 17)).date()
    assert 8 <= again.hour < 18


@pytest.mark.req("A-45")
def test_who_asks_to_be_called_at_night_is_called_the_next_open_day(world: World, callback: Callback) -> None:
    with time_machine.travel(TUESDAY, tick=False):
        asked = TUESDAY.replace(hour=23)
        row = c.attempt(callback, Heard(Result.LATER, next_at=asked), by=c.actor(world))
        noon = TUESDAY.replace(day=26, hour=10)
        assert row.next_at.astimezone(ZONE).date() == TUESDAY.date() + timedelta(days=1)
        assert c.attempt(callback, Heard(Result.LATER, next_at=noon), by=c.actor(world)).next_at == noon


@pytest.mark.parametrize(
    ("heard", "field"),
    [
        (Heard("later"), "next_at"),
        (Heard("later", next_at=datetime(2020, 1, 1, tzinfo=ZONE)), "next_at"),
        (Heard("later", next_at=datetime(2199, 1, 1, tzinfo=ZONE)), "next_at"),
        (Heard("reached"), "result"),
        (Heard("sang"), "result"),
        (Heard("busy", "长" * 501), "note"),
    ],
)
def test_a_result_that_cannot_be_meant_is_refused(world: World, callback: Callback, heard: Heard, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        c.attempt(callback, heard, by=c.actor(world))
    assert refusal.value.field == field
    assert not Attempt.objects.exists()


@pytest.mark.req("SUR-15")
@pytest.mark.gate(9)
@pytest.mark.parametrize("act", ["take", "attempt", "call", "next"])
def test_whoever_worked_on_the_case_cannot_call_its_customer(world: World, callback: Callback, act: str) -> None:
    handler = world.production_handler
    handler.functions.add(Function.objects.get(code="callback_desk"))
    assert try_to(act, callback, world.actor("production_handler")) is False
    assert try_to(act, callback, c.actor(world)) is True


@pytest.mark.req("SUR-15")
@pytest.mark.gate(9)
@pytest.mark.parametrize("before", [True, False])
def test_who_repaired_or_inspected_a_return_of_the_case_cannot_call_about_it(trade: World, before: bool) -> None:
    slip = t.passed(trade)
    if before:
        case = c.closed(trade, "P1")
        ReturnSlip.objects.filter(pk=slip.pk).update(case=case)
        c.survey()
        draw_callbacks()
        callback = Callback.objects.get(case=case)
        assert {slip.repair.repairer_id, *slip.inspections.values_list("by", flat=True)} <= set(callback.barred)
    else:
        callback = c.drawn(trade)
        ReturnSlip.objects.filter(pk=slip.pk).update(case=callback.case_id)
    names = {user.pk: name for name, user in trade.users.items()}
    hands = {slip.repair.repairer_id, *slip.inspections.values_list("by", flat=True)}
    assert len(hands) == 2
    for user in hands:
        trade.users[names[user]].functions.add(Function.objects.get(code="callback_desk"))
        for act in ("take", "attempt", "call"):
            assert try_to(act, callback, trade.actor(names[user])) is False
    assert try_to("call", callback, trade.actor("callback_agent")) is True


@pytest.mark.req("SUR-15")
@pytest.mark.gate(9)
def test_whoever_is_no_longer_written_beside_the_repair_cannot_call_about_it(trade: World) -> None:
    """Who gave the repair away, whose repair did not pass, and in whose place a deputy did it."""
    slip, principal = t.repairing(trade), trade.sales_head
    handover.hand_over(trade.repairer, trade.repair_head, by=trade.actor("manager"))
    slip = repair.finish_repair(t.fresh(slip), t.REPORT, by=Actor.staff(trade.repair_head, principal))
    repair.inspect_repair(slip, by=trade.actor("quality_head"), passed=False, findings="仍渗水")
    RepairOrder.objects.filter(slip=slip).update(repairer=trade.production_handler)
    callback = c.drawn(trade)
    ReturnSlip.objects.filter(pk=slip.pk).update(case=callback.case_id)
    Callback.objects.filter(pk=callback.pk).update(barred=[])
    for user in (trade.repairer, trade.repair_head, principal):
        user.functions.add(Function.objects.get(code="callback_desk"))
        assert user.pk in workers_of([callback.case_id])[callback.case_id]
        assert try_to("take", callback, Actor.staff(user)) is False, user
    assert try_to("take", callback, trade.actor("callback_agent")) is True


def try_to(act: str, callback: Callback, by: Any) -> bool:
    """Whether somebody could do it."""
    try:
        if act == "take":
            take(callback, by=by)
        elif act == "attempt":
            c.take_for(callback, by.id)
            record_attempt(callback, Heard("busy"), by=by)
        elif act == "call":
            c.take_for(callback, by.id)
            record_call(callback, c.filled(), by=by)
        else:
            return take_next(by=by) is not None
    except NotAllowed:
        return False
    return True


@pytest.mark.req("SUR-15")
@pytest.mark.gate(9)
def test_the_handler_is_told_so_on_the_page(world: World, callback: Callback) -> None:
    world.production_handler.functions.add(Function.objects.get(code="callback_desk"))
    client = client_of(world, "production_handler")
    for answer in (
        client.get(f"/surveys/callbacks/{callback.pk}/"),
        client.post(f"/surveys/callbacks/{callback.pk}/", answers()),
        client.post(f"/surveys/callbacks/{callback.pk}/take/"),
    ):
        assert answer.status_code == 403
        assert gettext("Whoever worked on a case does not ask its customer. A colleague must make this call.") in (
            answer.content.decode()
        )
    queue = client.get("/surveys/callbacks/")
    assert queue.status_code == 200
    assert callback.case.number not in queue.content.decode()
    assert not Response.objects.exists()


@pytest.mark.req("SUR-15", "ORG-15")
@pytest.mark.gate(9)
def test_a_deputy_changes_nothing_about_it(world: World, callback: Callback) -> None:
    """Neither the handler in a caller's place, nor a caller who stands in for the handler."""
    now = timezone.now()
    times = {"starts_at": now - timedelta(days=1), "ends_at": now + timedelta(days=1)}
    Deputy.objects.create(principal=world.caller, deputy=world.production_handler, **times)
    page = f"/surveys/callbacks/{callback.pk}/"
    assert client_of(world, "production_handler").get("/surveys/callbacks/").status_code == 200
    assert client_of(world, "production_handler").get(page).status_code == 403
    Deputy.objects.create(principal=world.production_head, deputy=world.caller2, **times)
    assert client_of(world, "caller2").get(page).status_code == 403
    assert client_of(world, "caller").get(page).status_code == 200


@pytest.mark.req("SUR-15")
@pytest.mark.gate(9)
def test_who_works_on_it_after_the_draw_is_barred_too(world: World, callback: Callback) -> None:
    case = Case.objects.get(pk=callback.case_id)
    closure.archive_case(case, by=world.actor("caller"))
    assert world.caller.pk not in callback.barred
    assert try_to("take", callback, c.actor(world)) is False
    assert try_to("take", callback, c.actor(world, "caller2")) is True


@pytest.mark.req("RTE-18")
def test_who_is_recused_from_the_case_finds_nothing(world: World, callback: Callback) -> None:
    Case.objects.filter(pk=callback.case_id).update(barred=[-world.caller.pk])
    client = client_of(world, "caller")
    assert client.get(f"/surveys/callbacks/{callback.pk}/").status_code == 404
    assert callback.case.number not in client.get("/surveys/callbacks/").content.decode()
    now = timezone.localdate()
    records = f"/surveys/quota/{now.year}/{(now.month + 2) // 3}/"
    assert callback.case.number not in client.get(records).content.decode()


def test_a_call_is_its_callers_for_half_an_hour(world: World, callback: Callback) -> None:
    held = take(callback, by=c.actor(world)).taken_until
    assert take(callback, by=c.actor(world)).taken_until == take_next(by=c.actor(world)).taken_until == held
    assert Event.objects.filter(thread=callback.thread, verb="take_callback").count() == 1
    with pytest.raises(InvalidMove, match="夏雨"):
        take(callback, by=c.actor(world, "caller2"))
    for record in (
        lambda by: record_call(callback, c.filled(), by=by),
        lambda by: record_attempt(callback, Heard("busy"), by=by),
    ):
        with pytest.raises(InvalidMove, match="夏雨"):
            record(c.actor(world, "caller2"))
    assert take_next(by=c.actor(world, "caller2")) is None
    page = client_of(world, "caller2").get(f"/surveys/callbacks/{callback.pk}/").content.decode()
    assert "夏雨" in page
    assert "item_overall" not in page
    Callback.objects.update(taken_until=timezone.now())
    assert take_next(by=c.actor(world, "caller2")) == callback


def test_the_call_due_longest_comes_next(world: World, callback: Callback) -> None:
    c.copies(callback.case, 9)
    draw_callbacks()
    Callback.objects.exclude(pk=callback.pk).update(next_at=timezone.now())
    first = take_next(by=c.actor(world))
    assert first == callback
    second = take_next(by=c.actor(world, "caller2"))
    assert second not in {None, callback}
    Callback.objects.update(next_at=timezone.now() + timedelta(hours=1))
    assert take_next(by=c.actor(world)) is None


@pytest.mark.django_db(transaction=True)
def test_two_callers_at_once_get_different_calls(world: World, race: Race) -> None:
    callback = c.drawn(c.desk(world))
    c.copies(callback.case, 4)
    draw_callbacks()
    Callback.objects.update(next_at=timezone.now())
    for _ in range(2):
        acts = [lambda name=name: take_next(by=world.actor(name)) for name in ("caller", "caller2")]
        assert race.run(*acts) == [True, True]
    assert set(Callback.objects.exclude(taken_by=None).values_list("taken_by", flat=True)) == {
        world.caller.pk, world.caller2.pk,
    }  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_one_call_is_answered_once_however_often_it_is_sent(world: World, race: Race) -> None:
    callback = c.drawn(c.desk(world))
    take(callback, by=c.actor(world))
    acts = [lambda: record_call(callback, c.filled(), by=c.actor(world)) for _ in range(2)]
    assert sorted(race.run(*acts)) == [False, True]
    assert Response.objects.count() == Attempt.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_one_call_at_once_one_has_it(world: World, race: Race) -> None:
    callback = c.drawn(c.desk(world))
    for n in range(1, 11):
        acts = [lambda name=name: take(callback, by=world.actor(name)) for name in ("caller", "caller2")]
        won = race.run(*acts)
        assert sorted(won) == [False, True]
        holder = (world.caller, world.caller2)[won.index(True)]
        assert fresh(callback).taken_by == holder
        assert Event.objects.filter(thread=callback.thread, verb="take_callback").count() == n
        Callback.objects.update(taken_by=None, taken_at=None, taken_until=None)


@pytest.mark.django_db(transaction=True)
def test_a_call_left_lying_is_its_next_takers_or_its_first_takers_never_both(world: World, race: Race) -> None:
    callback = c.drawn(c.desk(world))
    tomorrow, noted = timezone.now() + timedelta(days=1), 0
    for _ in range(10):
        take(callback, by=c.actor(world))
        Callback.objects.update(taken_until=timezone.now())
        won = race.run(
            lambda: record_attempt(callback, Heard("later", next_at=tomorrow), by=c.actor(world)),
            lambda: take(callback, by=c.actor(world, "caller2")),
        )
        noted += won[0]
        assert won[1], "whoever noted a result gave the call back"
        assert (Attempt.objects.count(), fresh(callback).taken_by) == (noted, world.caller2)
        Callback.objects.update(taken_by=None, taken_at=None, taken_until=None)


def test_a_call_is_taken_before_anything_is_noted_of_it(world: World, callback: Callback) -> None:
    for record in (
        lambda: record_call(callback, c.filled(), by=c.actor(world)),
        lambda: record_attempt(callback, Heard("busy"), by=c.actor(world)),
    ):
        with pytest.raises(NotTaken):
            record()
    assert not Attempt.objects.exists()


def test_who_talked_longer_than_the_time_keeps_the_call_unless_a_colleague_took_it(
    world: World, callback: Callback
) -> None:
    take(callback, by=c.actor(world))
    Callback.objects.update(taken_until=timezone.now())
    record_attempt(callback, Heard("busy"), by=c.actor(world))
    take(callback, by=c.actor(world))
    Callback.objects.update(taken_until=timezone.now())
    take(callback, by=c.actor(world, "caller2"))
    with pytest.raises(InvalidMove, match="方晴"):
        record_call(callback, c.filled(), by=c.actor(world))


def test_for_how_long_is_said_by_the_profile(world: World, callback: Callback, monkeypatch: Any) -> None:
    assert SurveysPart().held_minutes == 30
    monkeypatch.setattr(ProfileVersion, "part", lambda _self, part: part(held_minutes=7))
    row = take(callback, by=c.actor(world))
    assert row.taken_at is not None
    assert row.taken_until == row.taken_at + timedelta(minutes=7)


def test_the_page_takes_with_one_key_and_shows_the_number_only_then(world: World, callback: Callback) -> None:
    client, url = client_of(world, "caller"), f"/surveys/callbacks/{callback.pk}/"
    before = client.get(url).content.decode()
    assert "tel:" not in before
    assert "item_overall" not in before
    assert f'action="{url}take/"' in before
    assert before.count("btn primary") == 1
    assert fresh(callback).taken_by is None, "to look takes nothing"
    assert client.post(f"{url}take/").url == url
    assert "tel:13805126634" in client.get(url).content.decode()


def test_answers_to_a_call_that_nobody_had_taken_are_kept_by_pressing_again(world: World, callback: Callback) -> None:
    client, url = client_of(world, "caller"), f"/surveys/callbacks/{callback.pk}/"
    given = answers() | {"result": "reached", "comment_speed": "等了两天"}
    first = client.post(url, given)
    assert first.status_code == 422
    assert "等了两天" in first.content.decode()
    assert not Response.objects.exists()
    assert client.post(url, given).status_code == 302
    assert Response.objects.count() == 1


def test_a_reopened_case_is_not_called(world: World, callback: Callback) -> None:
    closure.reopen_case(Case.objects.get(pk=callback.case_id), by=world.actor("agent"), reason="又漏水")
    with pytest.raises(InvalidMove):
        c.call(callback, c.filled(), by=c.actor(world))
    assert take_next(by=c.actor(world)) is None
    page = client_of(world, "caller").get(f"/surveys/callbacks/{callback.pk}/").content.decode()
    assert "item_overall" not in page


def test_a_case_that_is_reopened_while_the_answers_are_sent_keeps_none(
    world: World, callback: Callback, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reopened(row: Callback) -> None:
        closure.reopen_case(Case.objects.get(pk=row.case_id), by=world.actor("agent"), reason="又漏水")

    monkeypatch.setattr(calling, "_open_link", reopened)
    with pytest.raises(InvalidMove, match="该案件已重新打开"):
        c.call(callback, c.filled(), by=c.actor(world))
    assert not Response.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_call_and_an_answer_by_link_at_once_wait_for_each_other_and_one_counts(world: World, race: Race) -> None:
    callback, now = c.drawn(c.desk(world)), timezone.now()
    take(callback, by=c.actor(world))
    link = Invitation.objects.create(
        survey=c.survey("link"), case=callback.case, round=1, key="k", invited_at=now,
        deadline_at=now + timedelta(days=3),
    )  # fmt: skip
    items = [item.code for item in link.survey.version.asks.items if item.kind == "choice"]
    won = race.run(
        lambda: record_call(callback, c.filled(), by=c.actor(world)),
        lambda: answer_invitation(link, Filled({item: Given("o1") for item in items})),
    )
    assert sorted(won) == [False, True]
    assert Response.objects.count() == 1


def test_the_page_shows_what_a_caller_needs(world: World, callback: Callback) -> None:
    c.attempt(callback, Heard("busy", "占线两次"), by=c.actor(world))
    take(callback, by=c.actor(world))
    page = client_of(world, "caller").get(f"/surveys/callbacks/{callback.pk}/").content.decode()
    for words in (
        "您好，这里是质量部",
        "电热水器内胆漏水",
        "为您换新机一台",
        "周慧",
        'href="tel:13805126634"',
        "占线两次",
    ):
        assert words in page
    assert page.count("btn primary") == 1
    assert 'type="radio" name="item_overall"' in page
    assert "checked" not in page.partition("<main")[2], "an answer that nobody gave is no answer"


def test_a_refused_number_is_not_offered(world: World, callback: Callback) -> None:
    customer = Customer.objects.create(name="周慧", created_at=timezone.now())
    for value, refused in (("138 0512 6634", True), ("0512-62881234", False)):
        ContactPoint.objects.create(customer=customer, type="phone", value=value, normal=value, refused=refused)
    Case.objects.filter(pk=callback.case_id).update(customer=customer)
    take(callback, by=c.actor(world))
    page = client_of(world, "caller").get(f"/surveys/callbacks/{callback.pk}/").content.decode()
    assert "tel:0512-62881234" in page
    assert "6634" not in page


def test_answers_go_in_and_the_next_call_comes(world: World, callback: Callback) -> None:
    c.copies(callback.case, 4)
    draw_callbacks()
    Callback.objects.exclude(pk=callback.pk).update(next_at=timezone.now())
    client = client_of(world, "caller")
    start = client.post("/surveys/callbacks/next/")
    assert start.url == f"/surveys/callbacks/{callback.pk}/"
    answer = forms.submit(client, start.url, result="reached", **answers(), said_by="周慧", note="")
    assert answer.status_code == 302
    assert answer.url != start.url
    assert fresh(callback).state == State.DONE
    assert Response.objects.get().said_by == "周慧"
    while "callbacks/" in answer.url and answer.url != "/surveys/callbacks/":
        answer = client.post(answer.url, {"result": "no_answer"})
    assert not Callback.objects.filter(state="waiting", attempts=0).exists()


def test_what_is_missing_is_said_and_nothing_is_lost(world: World, callback: Callback) -> None:
    client, url = client_of(world, "caller"), f"/surveys/callbacks/{callback.pk}/"
    given = answers(overall="") | {"comment_speed": "等了两天", "result": "reached"}
    answer = client.post(url, given)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "等了两天" in page
    assert 'value="o1" required id="id_item_solved_0" checked' in page or page.count("checked") >= 3
    later = client.post(url, given | {"result": "later", "next_at": ""})
    assert later.status_code == 422
    assert "等了两天" in later.content.decode()
    assert client.post(url, given | {"result": "nonsense"}).status_code == 422
    assert client.post(url, {"result": "reached", "item_suggestion": "长" * 1_000_000} | answers()).status_code == 422
    assert not Attempt.objects.exists()


def test_one_filled_questionnaire_is_refused_twice_with_a_sentence(world: World, callback: Callback) -> None:
    take(callback, by=c.actor(world))
    client, url = client_of(world, "caller"), f"/surveys/callbacks/{callback.pk}/"
    assert client.post(url, answers() | {"result": "reached"}).status_code == 302
    again = client.post(url, answers() | {"result": "reached"})
    assert again.status_code == 422
    assert str(State.DONE.label) in again.content.decode().partition('role="alert"')[2]


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("/surveys/callbacks/", {"caller", "caller2"}),
        ("/surveys/callbacks/{pk}/", {"caller", "caller2"}),
        (
            "/surveys/quota/",
            {"caller", "caller2", "manager", "general_manager", "auditor", "quality_head", "quality_handler",
             "representative"},
        ),
        (
            "/surveys/quota/{year}/{quarter}/",
            {"caller", "caller2", "manager", "general_manager", "auditor", "quality_head", "quality_handler",
             "representative"},
        ),
    ],
)  # fmt: skip
def test_each_page_opens_for_those_it_is_for(world: World, callback: Callback, address: str, allowed: set[str]) -> None:
    today = timezone.localdate()
    url = address.format(pk=callback.pk, year=today.year, quarter=(today.month + 2) // 3)
    opened = {name for name in world.users if client_of(world, name).get(url).status_code == 200}
    assert opened == allowed


def test_the_quota_page_shows_what_is_achieved_and_the_seed(world: World, callback: Callback) -> None:
    c.copies(callback.case, 3)
    draw_callbacks()
    c.call(callback, c.filled(), by=c.actor(world))
    page = client_of(world, "quality_head").get("/surveys/quota/").content.decode()
    assert "25.0 %" in page
    assert str(callback.draw.seed) not in page  # it would foretell the quarter's further lots
    (level,) = [row for row in pages.this_quarter(timezone.now()) if row.draw.level == "P1"]
    assert (level.draw.closed, level.draw.required, level.done, level.waiting) == (4, 4, 1, 3)
    Draw.objects.update(quarter=date(2026, 1, 1))
    assert str(callback.draw.seed) in client_of(world, "quality_head").get("/surveys/quota/").content.decode()


def test_the_record_shows_answers_only_to_who_may_see_them(world: World, callback: Callback) -> None:
    c.call(callback, Filled(c.filled().given | {"speed": Given("o4", "等了两天")}), by=c.actor(world))
    today = timezone.localdate()
    url = f"/surveys/quota/{today.year}/{(today.month + 2) // 3}/"
    quality = client_of(world, "quality_head").get(url).content.decode()
    for words in (callback.case.number, "夏雨", "等了两天", "不太满意"):
        assert words in quality
    assert "周慧" not in quality, "quality does not serve customers"
    desk = client_of(world, "caller").get(url).content.decode()
    assert "周慧" in desk
    for wrong in ("/surveys/quota/2001/1/", f"/surveys/quota/{today.year}/5/", "/surveys/quota/99999999999/1/"):
        assert client_of(world, "quality_head").get(wrong).status_code == 404


def test_pages_ask_as_much_for_many_calls_as_for_few(world: World, callback: Callback) -> None:
    today, client = timezone.localdate(), client_of(world, "caller")
    urls = ["/surveys/callbacks/", "/surveys/quota/", f"/surveys/quota/{today.year}/{(today.month + 2) // 3}/"]
    c.attempt(callback, Heard("busy"), by=c.actor(world))
    counts = []
    for n in (2, 20):
        c.copies(callback.case, n)
        draw_callbacks()
        Callback.objects.update(next_at=timezone.now())
        counts.append([queries_of(client, url) for url in urls])
    assert counts[0] == counts[1]
    assert quarter_of(today) == callback.draw.quarter


def queries_of(client: Any, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    return len(asked)
