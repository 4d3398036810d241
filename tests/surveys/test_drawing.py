"""Callbacks are drawn by quota, at random, once, and made up for where nobody was reached."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import Event
from cases.actions import closure
from cases.models import Case, Round
from customers.models import ContactPoint, Customer
from organization.queries import working_calendar
from organization.working_time import WorkingCalendar
from surveys.actions import drawing
from surveys.actions.drawing import draw_callbacks, next_open, withdraw_callbacks
from surveys.models import Callback, Draw, Response
from surveys.queries import desk as pages
from surveys.queries.drawing import candidates, quarter_of, span_of, workers_of
from surveys.scores import quota
from tests.races import Race
from tests.surveys import callbacks as c
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.req("SUR-14", "FX-05", "A-13"), pytest.mark.system("S48")]
State = Callback.State
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def model(world: World) -> Case:
    """A closed case to copy, itself without a level; the survey runs."""
    c.desk(world)
    case = c.closed(world, "")
    c.survey()
    return case


def drawn_ids() -> list[int]:
    return list(Callback.objects.order_by("draw__level", "n").values_list("case_id", flat=True))


@pytest.mark.gate(18)
@pytest.mark.parametrize(
    ("closed", "percent", "required"),
    [
        (0, 80, 0), (1, 5, 1), (20, 5, 1), (21, 5, 2), (40, 5, 2), (41, 5, 3), (1, 20, 1), (5, 20, 1), (6, 20, 2),
        (1, 50, 1), (2, 50, 1), (3, 50, 2), (1, 80, 1), (4, 80, 4), (5, 80, 4), (6, 80, 5), (10, 80, 8),
        (1_000_000, 5, 50_000), (3, Decimal("33.33"), 1), (100, 0, 0), (7, 100, 7),
    ],
)  # fmt: skip
def test_the_quota_is_rounded_up(closed: int, percent: int | Decimal, required: int) -> None:
    assert quota(closed, percent) == required


@pytest.mark.gate(18)
def test_each_level_is_drawn_to_its_quota(model: Case) -> None:
    for level, n in (("P1", 5), ("P2", 3), ("P3", 6), ("P4", 21)):
        c.copies(model, n, severity=level)
    assert draw_callbacks() == 4 + 2 + 2 + 2
    draws = {row.level: (row.closed, row.required, int(row.percent)) for row in Draw.objects.all()}
    assert draws == {"P1": (5, 4, 80), "P2": (3, 2, 50), "P3": (6, 2, 20), "P4": (21, 2, 5)}
    one = Callback.objects.filter(draw__level="P4").first()
    assert one is not None
    (event,) = Event.objects.filter(thread=one.thread)
    assert (event.verb, event.actor_kind, event.changes["level"]) == ("draw_callback", "system", [None, "P4"])


@pytest.mark.gate(18)
def test_one_case_of_p4_is_called_and_twenty_one_need_two(model: Case) -> None:
    c.copies(model, 1, severity="P4")
    assert draw_callbacks() == 1
    c.copies(model, 19, severity="P4")
    assert draw_callbacks() == 0
    c.copies(model, 1, severity="P4")
    assert draw_callbacks() == 1


def test_drawing_twice_draws_once(model: Case) -> None:
    c.copies(model, 10, severity="P2")
    assert draw_callbacks() == 5
    assert draw_callbacks() == 0
    assert Callback.objects.count() == 5


def test_the_same_seed_draws_the_same(model: Case) -> None:
    c.copies(model, 12, severity="P2")
    draw_callbacks()
    first = drawn_ids()
    draw = Draw.objects.get(level="P2")
    Callback.objects.all().delete()
    assert list(candidates(draw).values_list("case_id", flat=True)[:6]) == first
    draw_callbacks()
    assert drawn_ids() == first


def test_other_seeds_draw_others(model: Case) -> None:
    c.copies(model, 40, severity="P2")
    draw_callbacks()
    draw = Draw.objects.get(level="P2")
    Callback.objects.all().delete()
    orders = set()
    for seed in range(5):
        draw.seed = seed
        orders.add(tuple(candidates(draw).values_list("case_id", flat=True)[:20]))
    assert len(orders) == 5


@pytest.mark.parametrize("state", [State.UNREACHABLE, State.REFUSED, State.WITHDRAWN])
def test_who_was_not_asked_is_replaced_by_a_further_draw(model: Case, state: str) -> None:
    c.copies(model, 5, severity="P3")
    assert draw_callbacks() == 1
    first = Callback.objects.get()
    Callback.objects.update(state=state, ended_at=timezone.now())
    assert draw_callbacks() == 1
    assert Callback.objects.exclude(pk=first.pk).get().n == 2
    for _ in range(3):
        Callback.objects.filter(state="waiting").update(state=state, ended_at=timezone.now())
        assert draw_callbacks() == 1
    Callback.objects.filter(state="waiting").update(state=state, ended_at=timezone.now())
    assert draw_callbacks() == 0, "nobody is left"
    (level,) = [row for row in pages.this_quarter(timezone.now()) if row.draw.level == "P3"]
    assert (level.missing, level.uncovered, level.replaced) == (1, 1, 5)


def test_an_answered_call_is_not_replaced(model: Case) -> None:
    c.copies(model, 5, severity="P3")
    draw_callbacks()
    Callback.objects.update(state=State.DONE, ended_at=timezone.now())
    assert draw_callbacks() == 0


def test_only_settled_rounds_since_the_survey_began_are_counted(model: Case) -> None:
    c.copies(model, 3, severity="P1")
    c.copies(model, 2, severity="P1", closed_at=timezone.now() - timedelta(hours=2))
    erased, *others = c.copies(model, 7, severity="P1")
    Case.objects.filter(pk=erased.pk).update(erased_at=timezone.now())
    left_out = ["imported", "invalid", "duplicate", "declined", "withdrawn", "reopened"]
    for case, outcome in zip(others, left_out, strict=True):
        closed_at = None if outcome == "reopened" else timezone.now()
        Round.objects.filter(case=case).update(outcome=outcome, closed_at=closed_at)
    for outcome in ("unsatisfied_explained", "no_answer"):
        (case,) = c.copies(model, 1, severity="P1")
        Round.objects.filter(case=case).update(outcome=outcome)
    draw_callbacks()
    assert Draw.objects.get(level="P1").closed == 5


def test_nobody_is_drawn_who_cannot_or_must_not_be_called(model: Case) -> None:
    now = timezone.now()
    mute, shy, lost, answered, again = c.copies(model, 5, severity="P1")
    Case.objects.filter(pk=mute.pk).update(reporter_phone="", customer=None)
    Case.objects.filter(pk=shy.pk).update(contact_refused=True)
    restricted = Customer.objects.create(name="甲", created_at=now, restricted_at=now)
    ContactPoint.objects.create(customer=restricted, type="phone", value="13800000001", normal="+8613800000001")
    Case.objects.filter(pk=lost.pk).update(customer=restricted)
    Response.objects.create(
        case=answered, round=1, version=c.version(), source="proxy", asked_by=model.owner, personal=False,
        submitted_at=now,
    )  # fmt: skip
    Case.objects.filter(pk=again.pk).update(round=2)
    refused = Customer.objects.create(name="乙", created_at=now)
    ContactPoint.objects.create(
        customer=refused, type="phone", value="13800000002", normal="+8613800000002", refused=True
    )  # fmt: skip
    c.copies(model, 1, severity="P1", customer=refused)
    known = Customer.objects.create(name="丙", created_at=now)
    ContactPoint.objects.create(customer=known, type="phone", value="13800000003", normal="+8613800000003")
    (reachable,) = c.copies(model, 1, severity="P1", customer=known, reporter_phone="")
    draw_callbacks()
    assert Draw.objects.get(level="P1").closed == 7, "all of them stay in the denominator"
    assert drawn_ids() == [reachable.pk]


@pytest.mark.req("SUR-15")
@pytest.mark.gate(9)
def test_everybody_who_worked_on_the_case_is_barred(world: World) -> None:
    c.desk(world)
    callback = c.drawn(world)
    worked = {"agent", "production_head", "production_handler", "quality_head"}
    assert {user.pk for name, user in world.users.items() if name in worked} <= set(callback.barred)
    assert world.caller.pk not in callback.barred
    assert workers_of([callback.case_id])[callback.case_id] == set(callback.barred)


@pytest.mark.req("A-45")
def test_what_is_drawn_at_night_is_due_the_next_open_day(world: World) -> None:
    case = c.closed(world, "P1")
    friday_night = datetime(2026, 11, 27, 22, 0, tzinfo=ZONE)
    Round.objects.filter(case=case).update(closed_at=friday_night)
    c.survey(started_at=friday_night - timedelta(days=1))
    draw_callbacks(friday_night + timedelta(minutes=5))
    calendar = working_calendar(case.profile_version.times.calendar)
    due = Callback.objects.get().next_at.astimezone(ZONE)
    assert due.date() == date(2026, 11, 30)
    assert due.time() == calendar.periods(due.date())[0][0]


@pytest.mark.req("A-45")
def test_working_time_begins_now_at_the_next_opening_or_never(world: World) -> None:
    calendar = c.closed(world, "").profile_version.times.calendar
    cal = working_calendar(calendar)
    opens, closes = cal.cut(date(2026, 11, 30)).windows[0]
    assert next_open(cal, opens - timedelta(hours=3)) == opens
    assert next_open(cal, opens + timedelta(minutes=7)) == opens + timedelta(minutes=7)
    assert next_open(cal, closes) > closes
    empty = WorkingCalendar(ZONE, ((),) * 7)
    assert next_open(empty, opens) == opens


@pytest.mark.parametrize(
    ("day", "first"),
    [
        (date(2026, 1, 1), date(2026, 1, 1)), (date(2026, 3, 31), date(2026, 1, 1)),
        (date(2026, 4, 1), date(2026, 4, 1)), (date(2026, 12, 31), date(2026, 10, 1)),
    ],
)  # fmt: skip
def test_a_quarter_begins_at_midnight_here(day: date, first: date) -> None:
    assert quarter_of(day) == first
    opens, ends = span_of(first)
    assert opens == datetime(first.year, first.month, 1, tzinfo=ZONE)
    assert ends.astimezone(ZONE).day == 1
    assert ends > opens


def test_what_was_closed_on_the_last_evening_is_drawn_in_the_next_quarter_still(world: World) -> None:
    case = c.closed(world, "")
    c.survey(started_at=datetime(2026, 9, 1, tzinfo=UTC))
    c.copies(case, 1, severity="P1", closed_at=datetime(2026, 9, 30, 23, 59, tzinfo=ZONE))
    c.copies(case, 1, severity="P1", closed_at=datetime(2026, 10, 1, 0, 0, tzinfo=ZONE))
    draw_callbacks(datetime(2026, 10, 2, 9, 0, tzinfo=ZONE))
    found = {(row.draw.quarter, row.draw.closed) for row in Callback.objects.select_related("draw")}
    assert found == {(date(2026, 7, 1), 1), (date(2026, 10, 1), 1)}
    Callback.objects.update(state=State.UNREACHABLE, ended_at=timezone.now())
    c.copies(case, 4, severity="P1", closed_at=datetime(2026, 9, 30, 23, 0, tzinfo=ZONE))
    assert draw_callbacks(datetime(2026, 11, 20, 9, 0, tzinfo=ZONE)) == 0, "the quarter is over"


def test_a_large_draw_goes_on_in_chunks(model: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "CHUNK", 3)
    c.copies(model, 10, severity="P1")
    c.copies(model, 4, severity="P2")
    assert draw_callbacks() == 10
    assert sorted(Callback.objects.values_list("draw__level", "n")) == [
        *(("P1", n) for n in range(1, 9)), ("P2", 1), ("P2", 2),
    ]  # fmt: skip


def test_drawing_needs_the_same_queries_for_few_and_many(model: Case) -> None:
    counts = []
    for n in (5, 100):
        c.copies(model, n, severity="P1")
        draw_callbacks(budget=timedelta(0))
        c.copies(model, n, severity="P1")
        with CaptureQueriesContext(
            connection,
        ) as asked:
            draw_callbacks()
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_nothing_is_drawn_while_the_survey_is_off(world: World) -> None:
    c.closed(world, "P1")
    assert draw_callbacks() == 0
    survey = c.survey()
    survey.stopped_at = timezone.now()
    survey.save()
    assert draw_callbacks() == 0


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"round": 2}, "reopened"),
        ({"contact_refused": True}, "refused"),
        ({"erased_at": datetime(2026, 11, 1, tzinfo=UTC)}, "erased"),
    ],
)
def test_what_must_not_be_asked_any_more_is_taken_back(world: World, change: dict[str, object], why: str) -> None:
    callback = c.drawn(world)
    assert withdraw_callbacks() == 0
    Case.objects.filter(pk=callback.case_id).update(**change)
    c.take_for(callback, world.agent.pk)
    assert withdraw_callbacks() == 0, "a call in progress is left to its caller"
    Callback.objects.update(taken_until=timezone.now())
    assert withdraw_callbacks() == 1
    assert withdraw_callbacks() == 0
    row = Callback.objects.get()
    assert (row.state, row.taken_by) == (State.WITHDRAWN, None)
    assert Event.objects.get(thread=row.thread, verb="end_callback").changes["why"] == [None, why]


def test_a_reopened_case_is_not_called_and_its_next_round_is_drawn_anew(world: World) -> None:
    callback = c.drawn(world)
    case = Case.objects.get(pk=callback.case_id)
    closure.reopen_case(case, by=world.actor("agent"), reason="又漏水")
    assert withdraw_callbacks() == 1
    assert draw_callbacks() == 0
    assert Draw.objects.get(level="P1").closed == 1, "it was closed in the quarter all the same"


def test_a_restriction_and_an_answer_and_a_stop_take_it_back(world: World) -> None:
    callback, now = c.drawn(world), timezone.now()
    customer = Customer.objects.create(name="甲", created_at=now, restricted_at=now)
    Case.objects.filter(pk=callback.case_id).update(customer=customer)
    assert withdraw_callbacks() == 1
    Case.objects.filter(pk=callback.case_id).update(customer=None)
    Callback.objects.update(state="waiting", ended_at=None)
    Response.objects.create(
        case=callback.case, round=1, version=c.version(), source="proxy", asked_by=world.agent, personal=False,
        submitted_at=now,
    )  # fmt: skip
    assert withdraw_callbacks() == 1
    Response.objects.all().delete()
    Callback.objects.update(state="waiting", ended_at=None)
    survey = callback.draw.survey
    survey.stopped_at = now
    survey.save()
    assert withdraw_callbacks() == 1
    whys = [row.changes["why"][1] for row in Event.objects.filter(thread=callback.thread, verb="end_callback")]
    assert whys == ["restricted", "answered", "stopped"]


@pytest.mark.django_db(transaction=True)
def test_two_draws_at_once_draw_once(world: World, race: Race) -> None:
    case = c.closed(world, "")
    c.survey()
    c.copies(case, 30, severity="P2")
    assert race.run(draw_callbacks, draw_callbacks) == [True, True]
    assert Callback.objects.count() == 15
    assert sorted(Callback.objects.values_list("n", flat=True)) == list(range(1, 16))
    Callback.objects.update(state=State.UNREACHABLE, ended_at=timezone.now())
    assert race.run(draw_callbacks, draw_callbacks) == [True, True]
    assert Callback.objects.filter(state="waiting").count() == 15
