"""Results: what is shown to whom, what is held back, and that every figure opens its answers (SUR-22 to SUR-25, A-50)."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from organization.queries import identity_of
from surveys import presets
from surveys.actions.tallying import tally
from surveys.document import Item, Named, QuestionnaireDocument
from surveys.models import Questionnaire, QuestionnaireVersion, Response
from surveys.queries.responses import Sought, found
from surveys.queries.results import Line, Wanted, departments_of, hide, last_months, results_of
from surveys.scores import Score
from tests import world as w
from tests.surveys import answers as a
from tests.world import World, client_of

pytestmark = pytest.mark.django_db
PAGE = "/surveys/results/"


def _lines(*responses: int) -> list[Line]:
    return [Line(n, f"group {n}", many, score=Score(many)) for n, many in enumerate(responses)]


@pytest.mark.req("SUR-39")
@pytest.mark.parametrize(
    ("responses", "hidden"),
    [
        ((), set()),
        ((5,), set()),
        ((4,), {0}),
        ((5, 6), set()),
        ((4, 50, 30), {0, 2}),  # one alone would follow by subtraction: the next smallest as well
        ((4, 30, 30), {0, 1}),
        ((4, 3, 50), {0, 1}),
        ((4, 50), {0, 1}),
        ((0, 4, 50, 60), {1, 2}),  # nothing has nothing to hide
        ((0, 50), set()),
        ((1, 2, 3), {0, 1, 2}),
    ],
)
def test_small_groups_are_held_back_and_never_only_one(responses: tuple[int, ...], hidden: set[int]) -> None:
    found = hide(_lines(*responses), 5)
    assert {line.key for line in found if line.hidden} == hidden
    for line in found:
        if line.hidden:
            assert (line.responses, line.score, line.query) == (0, Score(), "")


@pytest.mark.parametrize(
    ("today", "since", "until"),
    [
        (date(2026, 11, 27), date(2025, 12, 1), date(2026, 11, 1)),
        (date(2026, 12, 31), date(2026, 1, 1), date(2026, 12, 1)),
        (date(2026, 1, 1), date(2025, 2, 1), date(2026, 1, 1)),
    ],
)
def test_twelve_months_are_shown_unless_others_are_asked_for(today: date, since: date, until: date) -> None:
    assert last_months(today) == (since, until)


@pytest.fixture
def asked(world: World) -> World:
    """Eight answers about production's work, two about that of sales, two filled in on behalf."""
    first = a.answered(w.closed(world), "o1", delivery_time="o5:晚了三天", price_parts="o3")
    for _n in range(7):
        a.copy_of(first)
    other = a.copy_of(first, department=world.sales, person=world.sales_handler)
    a.copy_of(other, department=world.sales, person=world.sales_handler)
    for _n in range(2):
        a.copy_of(first, source="proxy", asked_by=world.sales_handler)
    tally()
    return world


def wanted(**changes: Any) -> Wanted:
    since, until = last_months(timezone.localdate())
    return Wanted(**({"version": a.version_of("five_level"), "since": since, "until": until} | changes))


@pytest.mark.req("SUR-22", "SUR-23", "SUR-24")
def test_the_figures_are_those_of_the_formulas(asked: World) -> None:
    results = results_of(wanted())
    # Each: nine of 5, one of 3, one of 1.
    assert results.total.responses == 12
    assert results.total.counts == (108, 0, 12, 0, 12)
    assert results.total.score == Score(132, Decimal(588), 108)
    assert (results.total.score.mean, results.total.score.index) == (Decimal("4.45"), Decimal("89.09"))
    assert results.total.score.rate == Decimal("81.82")
    items = {line.key: line for group in results.groups for line in group.items}
    assert items["delivery_time"].score == Score(12, Decimal(12), 0)
    assert {line.responses for line in items.values()} == {12}
    delivery = next(group.line for group in results.groups if group.line.key == "delivery")
    assert delivery.score == Score(24, Decimal(72), 12)
    assert all(sum(part.width for part in line.bar) == 100 for line in items.values())


@pytest.mark.req("SUR-39")
def test_a_small_department_does_not_follow_by_subtraction(asked: World) -> None:
    tables = {table.name: table for table in results_of(wanted()).tables}
    assert {line.label: line.hidden for line in tables["department"].lines} == {"生产部": True, "销售部": True}
    alone = results_of(wanted(departments=frozenset({asked.sales.pk})))
    assert alone.too_few
    assert not alone.groups
    assert not alone.tables


@pytest.mark.req("SUR-17", "SUR-39")
def test_what_staff_collected_or_filled_in_counts_for_no_person(asked: World) -> None:
    for _n in range(5):
        a.copy_of(Response.objects.filter(department=asked.sales).first(), department=asked.sales)  # type: ignore[arg-type]
    tally()
    tables = {table.name: table for table in results_of(wanted()).tables}
    people = {line.label: line.responses for line in tables["person"].lines}
    assert sum(people.values()) == 15
    assert sum(line.responses for line in tables["source"].lines) in {0, 17}
    assert tables["person"].note


@pytest.mark.req("SUR-25")
@pytest.mark.system("S53")
@pytest.mark.gate(20)
def test_a_form_marked_by_points_shows_its_grades_and_mean_points(world: World) -> None:
    version = a.version_of("points_300")
    first = a.fill_in(
        w.closed(world), version, a.said(version, "24"), by=world.actor("sales_handler"),
        origin=a.Origin("collected", asked_by=world.sales_handler),
    )  # fmt: skip
    assert (first.points, first.band) == (240, "satisfied")
    for points, band in ((239, "basic"), (210, "basic"), (209, "dissatisfied"), (242, "satisfied")):
        a.copy_of(first, source="collected", points=Decimal(points), band=band)
    tally()
    results = results_of(wanted(version=version))
    assert [(band.code, band.count, str(band.share)) for band in results.bands] == [
        ("satisfied", 2, "40.0"), ("basic", 2, "40.0"), ("dissatisfied", 1, "20.0"),
    ]  # fmt: skip
    assert results.mean_points == Decimal("228.0")
    page = client_of(world, "manager").get(f"{PAGE}?version={version.pk}").content.decode()
    assert "228.0" in page
    assert results.bands[1].label in page


@pytest.mark.req("SUR-07", "SUR-22", "A-12")
def test_a_scale_of_four_prints_its_note(world: World) -> None:
    document = QuestionnaireDocument(
        title="四级表", scales=(presets.SCALES["four"],), groups=(Named(code="g", label="组"),),
        items=(Item(code="one", label="总体满意", group="g", scale="four"),),
    )  # fmt: skip
    row = Questionnaire.objects.create(code="four_level", name="四级表")
    version = QuestionnaireVersion.objects.create(
        questionnaire=row, number=1, document=document.model_dump(mode="json"), published_at=timezone.now()
    )
    assert results_of(wanted(version=version)).notes == [presets.SCALES["four"].note]
    assert (
        presets.SCALES["four"].note in client_of(world, "manager").get(f"{PAGE}?version={version.pk}").content.decode()
    )


def test_the_page_shows_formula_numerator_and_denominator(asked: World) -> None:
    page = unescape(client_of(asked, "manager").get(PAGE).content.decode())
    assert "588 ÷ (5 × 132) × 100" in page
    assert "108 ÷ 132" in page
    assert "89.09" in page
    assert "81.82 %" in page
    assert '<svg class="levels"' in page


def _hrefs(page: str) -> list[str]:
    return [unescape(link) for link in re.findall(r'href="(/surveys/responses/\?[^"]+)"', page)]


@pytest.mark.req("RPT-21")
def test_every_figure_opens_as_many_answers_as_it_counts(asked: World) -> None:
    results = results_of(wanted())
    who = client_of(asked, "manager")
    links = _hrefs(who.get(PAGE).content.decode())
    assert len(links) > 20
    assert all(who.get(link).status_code == 200 for link in links[:8])
    identity = identity_of(asked.manager)
    since, until = last_months(timezone.localdate())
    base = {"version": a.version_of("five_level"), "since": since, "until": until}
    for group in results.groups:
        for line in group.items:
            assert found(identity, Sought(**base, item=str(line.key))).count() == line.responses
            for part in line.bar:
                assert found(identity, Sought(**base, item=str(line.key), value=part.n)).count() == part.count


def test_an_answer_list_is_narrowed_by_every_word_of_its_address(asked: World) -> None:
    who = client_of(asked, "manager")

    def rows(query: str) -> int:
        page = who.get(f"/surveys/responses/?{query}").content.decode()
        return len(re.findall(r'href="/surveys/responses/\d+/"', page))

    assert rows("") == 12
    assert rows("source=proxy") == 2
    assert rows(f"unit={asked.sales.pk}") == 2
    assert rows("unit=none") == 0
    assert rows("department=sales") == 2
    assert rows("item=delivery_time&value=1") == 12
    assert rows("item=delivery_time&value=5") == 0
    assert rows(f"person={asked.sales_handler.pk}") == 2
    assert rows("since=2020-01&until=2020-02") == 0
    assert rows("level=P1") == 0
    for nonsense in ("since=never", "version=99", "item=%27;--", "value=9", "unit=x", "person=9e99", "source=owl"):
        assert rows(nonsense) == 12, nonsense


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("manager", 200), ("general_manager", 200), ("auditor", 200), ("quality_handler", 200), ("hub_head", 200),
        ("production_head", 200), ("sales_head", 200), ("agent", 403), ("production_handler", 403),
        ("finance_handler", 403), ("administrator", 403),
    ],
)  # fmt: skip
def test_who_sees_results(world: World, name: str, status: int) -> None:
    assert client_of(world, name).get(PAGE).status_code == status


@pytest.mark.req("SUR-24")
def test_a_head_sees_the_results_of_the_departments_he_heads(asked: World) -> None:
    for _n in range(5):
        a.copy_of(Response.objects.filter(department=asked.sales).first(), department=asked.sales)  # type: ignore[arg-type]
    tally()
    assert departments_of(identity_of(asked.manager)) is None
    assert departments_of(identity_of(asked.production_head)) == {asked.production.pk, asked.workshop.pk}
    page = client_of(asked, "sales_head").get(PAGE).content.decode()
    assert "7</span>" in page
    assert "生产部" not in page
    other = client_of(asked, "sales_head").get(f"{PAGE}?department=production").content.decode()
    assert "7</span>" in other  # a department that is not his is left out, and named
    assert "notice amber" in other


def test_the_filters_show_what_was_taken(asked: World) -> None:
    page = client_of(asked, "manager").get(f"{PAGE}?department=production&since=2026-13").content.decode()
    assert '<option value="production" selected>' in page
    assert f'value="{last_months(timezone.localdate())[0]:%Y-%m}"' in page
    assert "field wrong" not in page


def test_an_empty_page_says_what_to_do(world: World) -> None:
    who = client_of(world, "manager")
    assert "empty-title" in who.get(PAGE).content.decode()
    a.version_of("five_level")
    assert "empty-title" in who.get(PAGE).content.decode()


@pytest.mark.parametrize("query", ["since=2026-13", "version=abc", "department=nowhere", "until=0001-01", "since=%00"])
def test_nonsense_in_the_address_is_left_out_and_named(asked: World, query: str) -> None:
    page = client_of(asked, "manager").get(f"{PAGE}?{query}")
    assert page.status_code == 200
    assert "notice amber" in page.content.decode()
    assert "89.09" in page.content.decode()


def test_months_the_wrong_way_round_are_turned(asked: World) -> None:
    month = f"{timezone.localdate():%Y-%m}"
    page = client_of(asked, "manager").get(f"{PAGE}?since={month}&until=2025-01").content.decode()
    assert "89.09" in page


def test_the_page_costs_the_same_however_many_answers_there_are(asked: World) -> None:
    who = client_of(asked, "manager")
    who.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        who.get(PAGE)
    first = Response.objects.filter(source="link").order_by("pk").first()
    assert first is not None
    departments = (asked.sales, asked.quality, asked.technical)
    for n in range(24):
        at = timezone.now() - timedelta(days=40 * (n % 3))
        a.copy_of(first, department=departments[n % 3], person=asked.users["agent"], submitted_at=at)
    tally()
    with CaptureQueriesContext(connection) as many:
        who.get(PAGE)
    assert len(many) == len(few)
    for url in ("/surveys/responses/", f"/surveys/responses/{first.pk}/"):
        who.get(url)
        with CaptureQueriesContext(connection) as queries:
            who.get(url)
        assert len(queries) < 25, url


def test_what_is_not_counted_yet_moves_the_time_on_the_page(asked: World) -> None:
    first = Response.objects.order_by("pk").first()
    assert first is not None
    late = timezone.now() - timedelta(hours=3)
    a.copy_of(first, submitted_at=late)
    assert results_of(wanted()).as_of == late
    tally()
    assert results_of(wanted()).as_of > late


@pytest.mark.req("SUR-17", "SUR-45")
def test_a_response_shows_who_asked_and_what_was_said(world: World) -> None:
    row = a.on_behalf(world, w.closed(world), delivery_time="o5:晚了三天", suggestion="希望增加线上报修")
    page = client_of(world, "quality_head").get(f"/surveys/responses/{row.pk}/").content.decode()
    assert "代填" in page or "Filled in on behalf" in page
    for words in ("冯娟", "上门拜访", "晚了三天", "希望增加线上报修", "不满意"):
        assert words in page, words


def test_a_response_is_absent_for_who_may_not_see_its_case(world: World) -> None:
    row = a.answered(w.closed(world))
    url = f"/surveys/responses/{row.pk}/"
    assert client_of(world, "finance_handler").get(url).status_code == 404
    assert client_of(world, "administrator").get(url).status_code == 404
    assert client_of(world, "production_handler").get(url).status_code == 200
    case = row.case
    case.barred = [-world.quality_head.pk]
    case.save(update_fields=["barred"])
    assert client_of(world, "quality_head").get(url).status_code == 404
    assert client_of(world, "quality_head").get(f"{url}check/").status_code == 404
    assert client_of(world, "manager").get("/surveys/responses/999999/").status_code == 404
