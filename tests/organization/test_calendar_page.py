"""The working calendar's page: what an edit does to running clocks, and reading a notice (SLA-02)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from unittest import mock
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.exceptions import InvalidInput
from audit.models import Event
from cases import tasks
from cases.actions import calendar as following
from cases.actions import sweep
from cases.models import CaseClock
from organization.actions import calendar as calendars
from organization.forms.calendar import HoursField
from organization.holiday_notice import read
from organization.models import Calendar
from organization.presets import calendar_cn
from organization.year_view import months, spans
from tests import world as w
from tests.world import World

SHANGHAI = ZoneInfo("Asia/Shanghai")
THURSDAY = datetime(2026, 11, 19, 10, 0, tzinfo=SHANGHAI)
Capture = Callable[..., Any]


@pytest.fixture
def now() -> Any:
    """Thursday, until a test moves it on."""
    moment = {"at": THURSDAY}
    with mock.patch("django.utils.timezone.now", side_effect=lambda: moment["at"]):
        yield moment


def cn() -> Calendar:
    return Calendar.objects.get(code="cn")


def resolution(case: Any) -> CaseClock:
    return CaseClock.objects.get(case=case, kind="resolution")


def day_off(first: str, last: str = "") -> dict[str, str]:
    return {"calendar": "cn", "year": "2026", "first": first, "last": last, "works": "0", "label": "停产检修"}


@pytest.mark.req("SLA-02")
def test_an_edit_on_the_page_moves_open_clocks_and_keeps_the_old_due_time(
    world: World, client: Client, now: dict[str, datetime], django_capture_on_commit_callbacks: Capture
) -> None:
    case = w.log_call(world)
    old = resolution(case).due_at
    client.force_login(world.administrator)
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(reverse("calendar_days"), day_off("2026-11-24")).status_code == 302
    clock = resolution(case)
    assert clock.due_at > old
    assert clock.earlier_dues[0] == {"due_at": old.isoformat(), "changed_at": mock.ANY, "why": "calendar", "by": ""}
    page = client.get(reverse("calendar")).content.decode()
    assert "最近一次修改后调整了 1 个期限" in page
    assert Event.objects.filter(thread=case.thread, verb="recompute").exists()
    assert Event.objects.get(thread=f"calendar:{cn().pk}", verb="recompute_clocks").changes == {"clocks": [None, 1]}


@pytest.mark.req("SLA-02", "SLA-04")
def test_a_declared_breach_is_never_taken_back_by_an_edit(
    world: World, client: Client, now: dict[str, datetime], django_capture_on_commit_callbacks: Capture
) -> None:
    case = w.log_call(world)
    now["at"] = resolution(case).due_at + timedelta(minutes=1)
    sweep.sweep_clocks()
    before = CaseClock.objects.filter(case=case).values("due_at", "first_due_at", "breached_at", "kind")
    before = sorted(before, key=lambda row: row["kind"])
    client.force_login(world.administrator)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("calendar_days"), day_off("2026-11-23", "2026-11-26"))
    after = CaseClock.objects.filter(case=case).values("due_at", "first_due_at", "breached_at", "kind")
    assert sorted(after, key=lambda row: row["kind"]) == before


@pytest.mark.req("SLA-04")
def test_what_is_due_already_is_not_extended_before_a_sweep_has_seen_it(world: World, now: dict[str, datetime]) -> None:
    case = w.log_call(world)
    clock = resolution(case)
    now["at"] = clock.due_at + timedelta(seconds=5)
    calendars.set_days(cn(), {date(2026, 11, 24): calendars.Exceptional(())}, by=world.actor("administrator"))
    assert following.recompute_clocks("cn")
    assert resolution(case).due_at == clock.due_at


def test_a_lost_task_is_taken_up_by_the_clock(world: World, now: dict[str, datetime]) -> None:
    case = w.log_call(world)
    old = resolution(case).due_at
    calendars.set_days(cn(), {date(2026, 11, 24): calendars.Exceptional(())}, by=world.actor("administrator"))
    assert not cn().is_applied
    tasks.recompute_pending()
    assert cn().is_applied
    assert resolution(case).due_at > old
    tasks.recompute_pending()  # twice does no harm
    assert Event.objects.filter(verb="recompute_clocks").count() == 1


def test_while_somebody_is_at_work_nobody_begins_again(world: World, now: dict[str, datetime]) -> None:
    calendars.set_days(cn(), {date(2026, 11, 24): calendars.Exceptional(())}, by=world.actor("administrator"))
    calendars.note_progress(cn(), after=1, moved=0, at=now["at"])
    assert following.pending(now["at"] + timedelta(seconds=60)) == []
    assert following.pending(now["at"] + timedelta(minutes=5)) == ["cn"]


def test_an_edit_meanwhile_lets_it_begin_at_the_beginning(world: World, now: dict[str, datetime]) -> None:
    first, second = w.log_call(world), w.log_call(world)
    by = world.actor("administrator")
    calendars.set_days(cn(), {date(2026, 11, 24): calendars.Exceptional(())}, by=by)
    before = cn()
    calendars.set_days(cn(), {date(2026, 11, 25): calendars.Exceptional(())}, by=by)
    assert not calendars.note_progress(before, after=first.pk, moved=1, at=now["at"])
    assert not calendars.finish_recomputation(before, moved=1, at=now["at"], by=by)
    assert following.recompute_clocks("cn")
    assert {timezone.localtime(resolution(c).due_at, SHANGHAI).day for c in (first, second)} == {30}


def test_it_goes_on_where_it_was_cut_off(world: World, now: dict[str, datetime]) -> None:
    cases = [w.log_call(world) for _n in range(3)]
    calendars.set_days(cn(), {date(2026, 11, 24): calendars.Exceptional(())}, by=world.actor("administrator"))
    with mock.patch.object(following, "CHUNK", 1):
        assert following.recompute_clocks("cn", budget=timedelta(seconds=-1)) is False
        assert cn().applied_after == cases[0].pk
        while not following.recompute_clocks("cn", budget=timedelta(seconds=-1)):
            pass
    assert cn().applied_clocks == 3


def test_closed_cases_and_other_calendars_stay_as_they_are(world: World, now: dict[str, datetime]) -> None:
    closed = w.closed(world)
    before = list(CaseClock.objects.filter(case=closed).values())
    calendars.set_days(cn(), {date(2026, 11, 24): calendars.Exceptional(())}, by=world.actor("administrator"))
    following.recompute_clocks("cn")
    assert list(CaseClock.objects.filter(case=closed).values()) == before


# --- The page's forms ---------------------------------------------------------------------------


@pytest.mark.req("SLA-02", "SEC-09")
def test_make_up_days_have_the_ordinary_hours(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    data = {"calendar": "cn", "first": "2027-02-20", "works": "1", "label": "春节"}
    assert client.post(reverse("calendar_days"), data).status_code == 302
    assert cn().days.get(day=date(2027, 2, 20)).periods == [["08:30", "12:00"], ["13:30", "17:30"]]
    assert Event.objects.filter(thread=f"calendar:{cn().pk}", verb="set_days").exists()


def test_ticked_days_follow_the_week_again(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    data = {
        "calendar": "cn",
        "days": ["2026-10-01/2026-10-07", "nonsense", "2026-99-99/2026-10-01", "2026-10-10/2026-10-10"],
    }
    client.post(reverse("calendar_clear"), data)
    assert not cn().days.filter(day__month=10, day__year=2026).exists()


@pytest.mark.parametrize("last", ["2026-11-01", "2027-06-01"])
def test_days_are_in_order_and_not_for_months(world: World, client: Client, last: str) -> None:
    client.force_login(world.administrator)
    assert client.post(reverse("calendar_days"), day_off("2026-12-01", last)).status_code == 422


def test_the_week_is_changed_and_never_empty(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    week = {"calendar": "cn"} | {f"day{n}": "" for n in range(7)}
    assert client.post(reverse("calendar_weekly"), week).status_code == 422
    assert client.post(reverse("calendar_weekly"), week | {"day5": "9：00～12：00、13:00-17:00"}).status_code == 302
    assert cn().weekly[5] == [["09:00", "12:00"], ["13:00", "17:00"]]


@pytest.mark.parametrize("text", ["8-12", "12:00-08:00", "08:00-12:00, 11:00-13:00", "25:00-26:00", "morning"])
def test_hours_that_cannot_be_are_refused(text: str) -> None:
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError):
        HoursField().clean(text)


@pytest.mark.req("SLA-02")
def test_complete_through_moves_only_by_a_persons_word_and_not_into_an_empty_year(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    asked = {"calendar": "cn", "through": "2027-12-31"}
    assert client.post(reverse("calendar_confirm"), asked).status_code == 422  # without the tick
    assert client.post(reverse("calendar_confirm"), asked | {"compared": "on"}).status_code == 422  # 2027 is empty
    assert cn().complete_through == date(2026, 12, 31)
    client.post(reverse("calendar_days"), day_off("2027-01-01"))
    assert client.post(reverse("calendar_confirm"), asked | {"compared": "on"}).status_code == 302
    assert cn().complete_through == date(2027, 12, 31)
    with pytest.raises(InvalidInput):
        calendars.confirm_through(cn(), date(2029, 12, 31), by=world.actor("administrator"))


def test_the_page_warns_from_sixty_days_before_the_end(world: World, client: Client, now: dict[str, datetime]) -> None:
    client.force_login(world.administrator)
    assert "日历只确认到 2026-12-31" in client.get(reverse("calendar")).content.decode()
    now["at"] = datetime(2026, 10, 1, tzinfo=SHANGHAI)
    assert "日历只确认到" not in client.get(reverse("calendar")).content.decode()


def test_absurd_years_show_a_calendar_all_the_same(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    for year in ("0", "99999999999999999999", "-1", "x"):
        assert client.get(reverse("calendar"), {"year": year}).status_code == 200


# --- Reading a notice -------------------------------------------------------------------------------

#: In the form in which the notice is published; the days are those of 2026.
NOTICE = """一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
三、清明节：4月4日（周六）至6日（周一）放假，共3天。
四、劳动节：5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。
五、端午节：6月19日（周五）至21日（周日）放假，共3天。
六、中秋节：9月25日（周五）至27日（周日）放假，共3天。
七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。"""


@pytest.mark.req("SLA-02")
def test_the_notice_as_it_is_published_gives_the_days_of_the_preset() -> None:
    notice = read(NOTICE, year=2026)
    assert notice.problems == []
    expected = {day: bool(p) for day, (p, _label) in calendar_cn.labelled_days().items() if day.year == 2026}
    assert {day: said.works for day, said in notice.days.items()} == expected
    assert notice.days[date(2026, 2, 14)].label == "春节"


@pytest.mark.parametrize(
    ("line", "days"),
    [
        ("2027-01-01 元旦 休", {date(2027, 1, 1): False}),
        ("2027/1/1", {date(2027, 1, 1): False}),
        ("2027.2.20 春节 班", {date(2027, 2, 20): True}),
        ("2027-02-06~2027-02-08 春节", {date(2027, 2, 6 + n): False for n in range(3)}),
        ("2027年1月1日至2日放假", {date(2027, 1, 1): False, date(2027, 1, 2): False}),
        ("12月31日至2027年1月1日放假", {date(2026, 12, 31): False, date(2027, 1, 1): False}),
        ("元旦: 1月1日放假", {date(2026, 1, 1): False}),
    ],
)
def test_many_ways_of_writing_a_day_are_understood(line: str, days: dict[date, bool]) -> None:
    notice = read(line, year=2026)
    assert notice.problems == []
    assert {day: said.works for day, said in notice.days.items()} == days


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("各省、自治区、直辖市人民政府", "no_date"),
        ("国务院办公厅 2025年11月4日", "no_verb"),
        ("2月30日放假", "bad_date"),
        ("2027-13-01", "bad_date"),
        ("10月7日至1日放假", "bad_date"),
        ("2026-01-01~2026-12-31", "long_range"),
        ("1日放假", "bad_date"),
    ],
)
def test_what_is_not_understood_is_named_with_its_line(line: str, problem: str) -> None:
    notice = read(f"\n{line}", year=2026)
    assert notice.problems == [(2, problem)]
    assert notice.days == {}


def test_a_day_both_worked_and_off_is_named() -> None:
    assert read("1月4日放假\n1月4日上班", year=2026).problems == [(2, "twice")]


def test_a_list_is_shown_before_it_is_taken_over(world: World, client: Client) -> None:
    client.force_login(world.administrator)
    data = {"calendar": "cn", "year": "2027", "text": "元旦：1月1日至3日放假\n不懂的一行"}
    page = client.post(reverse("calendar_list"), data)
    assert "2027-01-03" in page.content.decode()
    assert "第 2 行" in page.content.decode()
    assert not cn().days.filter(day__year=2027).exists()
    assert client.post(reverse("calendar_list"), data | {"take_over": "1"}).status_code == 302
    assert cn().days.filter(day__year=2027, label="元旦").count() == 3


# --- The year as a picture ---------------------------------------------------------------------------


def test_a_year_has_every_day_once_under_its_weekday() -> None:
    shown = months(calendar_cn.china_calendar(), {}, year=2026, today=date(2026, 11, 21))
    cells = [cell for month in shown for week in month.weeks for cell in week if cell]
    assert [cell.day for cell in cells] == [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    assert all(len(week) == 7 for month in shown for week in month.weeks)
    sorts = {cell.day: cell.sort for cell in cells}
    assert sorts[date(2026, 10, 1)] == "holiday"
    assert sorts[date(2026, 10, 10)] == "makeup"
    assert sorts[date(2026, 11, 21)] == "rest"
    assert sorts[date(2026, 11, 20)] == "work"


def test_days_that_follow_each_other_and_say_the_same_stand_together() -> None:
    days = [(date(2026, 1, n), False, "元旦") for n in (1, 2, 3)] + [
        (date(2026, 1, 4), True, "元旦"),
        (date(2026, 1, 6), True, "元旦"),
    ]
    assert [(each.first.day, each.last.day) for each in spans(days)] == [(1, 3), (4, 4), (6, 6)]
