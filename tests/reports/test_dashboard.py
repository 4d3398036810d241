"""The dashboard: whose cases it counts, what its numbers lead to, and that it agrees with the issued report."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from cases.models import Case, CaseClock
from organization.models import Deputy
from organization.queries import identity_of
from reports.actions import daily, issuing
from reports.forms.dashboard import wanted_of
from reports.models import Counting
from reports.periods import month_before, month_of
from reports.queries import dashboard
from reports.queries.dashboard_records import records_behind
from reports.queries.dashboard_sums import scope_of
from reports.queries.dashboard_wanted import Wanted
from reports.queries.issued import sections_of
from surveys.models import Response
from tests import world as w
from tests.reports.counting import fill, rebuilt, strew
from tests.reports.months import moved
from tests.surveys.asked import version
from tests.world import World, client_of

pytestmark = [pytest.mark.django_db, pytest.mark.req("RPT-04", "RPT-13", "RPT-19")]


def board(world: World, name: str, wanted: Wanted | None = None) -> dashboard.Dashboard:
    """The dashboard of somebody."""
    who, now = identity_of(world.users[name]), timezone.now()
    scope = scope_of(who)
    assert scope is not None
    today = timezone.localdate(now)
    return dashboard.dashboard_of(who, scope, wanted or Wanted(month_of(today)), now, today)


def links(page: str) -> list[str]:
    """Every address of records in a page, once."""
    return sorted({unescape(found) for found in re.findall(r'href="(/reports/records/\?[^"]+)"', page)})


def received(world: World, name: str) -> str:
    return board(world, name).cards[0].value


def test_the_month_of_the_dashboard_is_the_month_of_the_issued_report(world: World) -> None:
    for _n in range(3):
        moved(w.closed(world))
    moved(w.received(world, "quality"))
    strew(world, 40)
    fill()
    period = month_before(timezone.localdate())
    report = issuing.ask_for_report(period, by=world.actor("hub_head"))
    assert issuing.build_report(report.pk)
    report.refresh_from_db()
    chapters = {section.code: section for section in sections_of(report)}
    shown = board(world, "manager", Wanted(period))
    counts, rates = chapters["overview"].tables
    for card, row in zip(shown.cards, [counts.rows[0], *rates.rows], strict=True):
        now, _before, change, _year, year_change = row.cells
        assert (card.value, card.before, card.year_before) == (now.shown, change.shown, year_change.shown), row.label
        assert card.parts is None or (card.parts[0][0], card.parts[1][0]) == now.of
    reported = {row.label: row.cells for row in chapters["departments"].tables[0].rows}
    for unit in shown.units:
        if any(cell.value for cell in unit.cells):
            cells = reported[unit.label]
            assert [cell.of or cell.value for cell in unit.cells[:6]] == [cell.of or cell.value for cell in cells[:6]]


def test_who_sees_the_house_who_a_department_who_the_own_cases(world: World) -> None:
    w.received(world)
    w.log_call(world, by="agent2")
    fill()
    scopes = {name: scope_of(identity_of(user)) for name, user in world.users.items()}
    kinds = {name: scope.kind if scope else None for name, scope in scopes.items()}
    assert {name for name, kind in kinds.items() if kind == "house"} == {
        "manager", "general_manager", "auditor", "hub_head", "quality_head", "representative",
    }  # fmt: skip
    assert {name for name, kind in kinds.items() if kind == "departments"} == {"production_head", "sales_head"}
    assert kinds["administrator"] is None
    assert received(world, "manager") == "2"
    assert received(world, "production_head") == "1"
    assert received(world, "sales_head") == "0"
    assert received(world, "production_handler") == "0"


def test_one_sees_the_own_cases_alone(world: World) -> None:
    case = w.received(world)
    w.received(world)
    Case.objects.filter(pk=case.pk).update(owner=world.production_handler)
    fill()
    shown = board(world, "production_handler")
    assert (shown.cards[0].value, shown.open, shown.units) == ("1", 1, [])
    page = client_of(world, "production_handler").get("/reports/records/?figure=received").content.decode()
    assert page.count(f"/cases/{case.number}/") >= 1


def test_own_cases_are_counted_up_to_a_number_and_the_page_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reports.queries import dashboard_sums

    for _n in range(3):
        w.log_call(world)
    Case.objects.update(owner=world.agent)
    fill()
    monkeypatch.setattr(dashboard_sums, "MOST_OWN", 2)
    assert received(world, "agent") == "2"
    assert "最近的一千件" in client_of(world, "agent").get("/reports/").content.decode()


@pytest.mark.req("RTE-18")
def test_a_case_in_which_the_reader_is_barred_never_counts(world: World) -> None:
    case = w.received(world)
    w.received(world)
    Case.objects.filter(pk=case.pk).update(barred=[-world.manager.pk, -world.production_head.pk])
    fill()
    assert received(world, "auditor") == "2"
    for name in ("manager", "production_head"):
        shown = board(world, name)
        assert shown.cards[0].value == "1"
        assert sum(cause.count for cause in shown.causes) == 1
        assert shown.open == 1
        assert sum(month.sums["received"] for month in shown.trend.months) == 1
        page = client_of(world, name).get("/reports/records/?figure=received").content.decode()
        assert case.number not in page


@pytest.mark.req("RTE-19", "A-38")
def test_a_deputy_counts_no_case_in_which_the_one_stood_in_for_is_barred(world: World) -> None:
    now = timezone.now()
    Deputy.objects.create(
        principal=world.production_head, deputy=world.sales_head, starts_at=now - timedelta(hours=1),
        ends_at=now + timedelta(days=1),
    )  # fmt: skip
    case = w.received(world)
    w.received(world)
    Case.objects.filter(pk=case.pk).update(barred=[-world.production_head.pk])
    fill()
    shown = board(world, "sales_head")
    assert (shown.cards[0].value, shown.open) == ("1", 1)


@pytest.mark.req("RPT-21")
def test_limits_behind_a_figure_are_counted_beside_their_cases(world: World) -> None:
    w.dispatched(world, "technical")
    CaseClock.objects.filter(kind="receipt").update(first_due_at=timezone.now() - timedelta(hours=1))
    fill()
    year = timezone.localdate().year
    page = client_of(world, "manager").get(f"/reports/records/?figure=receipt_late&period={year}").content.decode()
    assert "2 个时限，涉及" in page
    assert "1 件" in page
    page = client_of(world, "manager").get(f"/reports/records/?figure=received&period={year}").content.decode()
    assert "涉及" not in page


@pytest.mark.req("RPT-21")
@pytest.mark.parametrize("name", ["manager", "production_head", "agent"])
def test_every_number_leads_to_exactly_its_cases(world: World, name: str) -> None:
    for _n in range(2):
        w.closed(world)
    w.received(world, "quality")
    strew(world, 30)
    fill()
    client, who = client_of(world, name), identity_of(world.users[name])
    scope = scope_of(who)
    assert scope is not None
    found = links(client.get("/reports/").content.decode())
    assert len(found) > 12
    for link in found:
        assert client.get(link).status_code == 200, link
    for unit in board(world, name).units:
        for cell in (unit.open, unit.overdue):
            assert counted(who, scope, cell.find) == (cell.value if cell.find else 0)
    for cause in board(world, name).causes:
        if cause.find:
            assert counted(who, scope, cause.find) == cause.count
    for load in board(world, name).loads:
        assert counted(who, scope, load.find) == load.open
        assert counted(who, scope, load.late_find) == load.overdue


def counted(who: Any, scope: Any, query: str) -> int:
    """How many cases an address of records finds."""
    if not query:
        return 0
    asked = {name: values[0] for name, values in parse_qs(query).items()}
    wanted = wanted_of(asked, [], timezone.localdate())
    return records_behind(who, scope, wanted, asked, timezone.now()).counted


@pytest.mark.parametrize(
    "query",
    [
        "period=2026-13", "period=Unsinn", "period=9999", "period=2199-01", "since=2026-02-30&until=2026-03-01",
        "since=2026-03-02&until=2026-03-01", "since=0001-01-01&until=9999-12-31", "since=2026-03-01", "department=nowhere",
        "by=%27%3B", "period=%00", "period=0000-Q1", "wall=%E2%98%83&by=x",
    ],
)  # fmt: skip
def test_nonsense_in_the_address_is_left_out_and_said(world: World, client: Client, query: str) -> None:
    client.force_login(world.manager)
    page = client.get(f"/reports/?{query}")
    assert page.status_code == 200
    assert "没有意义" in page.content.decode() or "忽略" in page.content.decode() or "略去" in page.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "figure=nothing",
        "figure=",
        "",
        "figure=received&unit=x",
        "figure=open&owner=99999999999999999999",
        "figure=received&by=kind&key=%F0%9F%98%80",
        "figure=received&after=r1-1",
        "figure=overdue&unit=none",
    ],
)
def test_an_address_that_names_no_figure_finds_nothing(world: World, query: str) -> None:
    fill()
    page = client_of(world, "manager").get(f"/reports/records/?{query}")
    assert page.status_code == 200


def test_a_department_holds_those_under_it(world: World) -> None:
    w.received(world)
    fill()
    client = client_of(world, "manager")
    for code, number in (("production", "1"), ("sales", "0"), ("head_office", "1")):
        page = client.get(f"/reports/?department={code}").content.decode()
        assert re.search(rf'class="value"[^>]*>{number}<', page), code
    page = client_of(world, "production_head").get("/reports/?department=sales").content.decode()
    assert re.search(r'class="value"[^>]*>1<', page)  # not hers: left out


def test_while_a_period_runs_it_is_compared_with_as_many_days(world: World) -> None:
    today = timezone.localdate().replace(month=10, day=10)
    before, year_before = dashboard.compared_with(month_of(today), today)
    assert (before.since.day, before.until.day, before.until.month) == (1, 10, 9)
    assert (year_before.until.day, year_before.until.year) == (10, today.year - 1)
    over = month_before(today)
    assert dashboard.compared_with(over, today) == (over.before(), over.year_before())


def test_the_page_says_until_when_it_is_counted_and_when_that_is_too_old(world: World) -> None:
    client = client_of(world, "manager")
    assert "首次统计" in client.get("/reports/").content.decode()
    fill()
    assert "统计截至" in client.get("/reports/").content.decode()
    with time_machine.travel(timezone.now() + timedelta(minutes=10), tick=False):
        client.force_login(world.manager)
        assert "告知管理员" in client.get("/reports/").content.decode()
        daily.count_changed()
        mark = Counting.objects.get()
        assert mark.age(timezone.now()) == 0
        assert "告知管理员" not in client.get("/reports/").content.decode()


def test_the_figures_that_come_again_are_those_of_the_page(world: World) -> None:
    w.received(world)
    fill()
    client = client_of(world, "manager")
    page = client.get("/reports/?period=2026").content.decode()
    part = client.get("/reports/?period=2026", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    heading, figures = part.split("\n", 1)
    assert heading == '<span class="h1-part" id="shown" hx-swap-oob="true">2026年</span>'
    assert heading.replace(' hx-swap-oob="true"', "") in page
    assert figures.strip() in page
    assert urlsplit(re.findall(r'hx-get="([^"]+)"', page)[0]).query == "period=2026"


def test_a_picture_has_its_table(world: World) -> None:
    w.received(world)
    fill()
    page = client_of(world, "manager").get("/reports/").content.decode()
    assert page.count("以表格查看") == 2


def test_the_wall_view_keeps_period_and_department(world: World) -> None:
    fill()
    page = client_of(world, "manager").get("/reports/?period=2026-10&department=production").content.decode()
    assert "?period=2026-10&amp;department=production&amp;wall=1" in page
    page = client_of(world, "manager").get("/reports/?period=2026-10&wall=1").content.decode()
    assert 'class="frame wall"' in page


def test_a_wall_that_was_given_no_period_goes_on_to_the_next_month(world: World) -> None:
    fill()
    page = client_of(world, "manager").get("/reports/?wall=1").content.decode()
    again = re.findall(r'hx-get="([^"]+)"', page)[0]
    assert again == "/reports/?wall=1"
    assert 'href="?wall=1"' in client_of(world, "manager").get("/reports/").content.decode()
    later = month_of(timezone.localdate()).after()
    with time_machine.travel(later.starts + timedelta(hours=9), tick=False):
        part = client_of(world, "manager").get(again, headers={"HX-Request": "true"}).content.decode()
    assert f'id="shown" hx-swap-oob="true">{later.label}<' in part


def test_the_number_of_queries_does_not_grow(world: World, django_assert_max_num_queries: Any) -> None:
    strew(world, 3)
    fill()
    client = client_of(world, "manager")
    client.get("/reports/")
    for seed in (9, 10):
        with django_assert_max_num_queries(20):
            client.get("/reports/")
        strew(world, 25, seed)
        rebuilt()


def answered(world: World, case: Case, **counts: int) -> None:
    """So many answers about the work of each department, all satisfied."""
    for name, count in counts.items():
        for _n in range(count):
            Response.objects.create(
                version=version(), case=case, round=1, source="collected", submitted_at=timezone.now(),
                asked_by=world.agent, personal=False, department=world.departments[name], answers=2, satisfied=2,
            )  # fmt: skip


def satisfied_of(world: World, shown: dashboard.Dashboard, *names: str) -> list[str]:
    found = {unit.label: unit.cells[-1].shown for unit in shown.units}
    return [found[world.departments[name].name] for name in names]


def test_satisfaction_is_that_of_the_answers(world: World) -> None:
    answered(world, w.closed(world), production=5)
    fill()
    card = board(world, "manager").cards[4]
    assert card.parts is not None
    assert (card.value, card.parts[0][0], card.parts[1][0]) == ("100.0 %", 10, 10)


@pytest.mark.req("SUR-19")
def test_satisfaction_of_few_is_not_shown_and_does_not_follow_by_subtraction(world: World) -> None:
    answered(world, w.closed(world), production=6, quality=2, technical=7)
    fill()
    shown = board(world, "manager")
    assert satisfied_of(world, shown, "production", "quality", "technical") == ["—", "—", "100.0 %"]
    assert shown.cards[4].parts is not None
    client = client_of(world, "manager")
    quality = world.departments["quality"].pk
    assert "涉及" not in client.get(f"/reports/records/?figure=satisfied&unit={quality}").content.decode()
    who = identity_of(world.manager)
    scope = scope_of(who)
    assert scope is not None
    assert counted(who, scope, f"figure=satisfied&unit={quality}") == 0
    assert counted(who, scope, "figure=satisfied") == 1


@pytest.mark.req("SUR-19")
def test_satisfaction_of_one_department_is_not_shown_where_few_others_answered(world: World) -> None:
    case = w.closed(world)
    answered(world, case, production=6, quality=2)
    fill()
    client = client_of(world, "manager")
    assert "16</a> / <a" in client.get("/reports/").content.decode()
    assert "12</a> / <a" not in client.get("/reports/?department=production").content.decode()


@pytest.mark.req("SUR-19")
def test_satisfaction_of_a_house_of_few_answers_is_not_shown(world: World) -> None:
    answered(world, w.closed(world), production=4)
    fill()
    shown = board(world, "manager")
    assert (shown.cards[4].value, shown.cards[4].find, shown.cards[4].parts) == ("—", "", None)
    assert {month.satisfaction for month in shown.trend.months} == {"—"}
    assert "少于 5 份" in client_of(world, "manager").get("/reports/").content.decode()
