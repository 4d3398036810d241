"""Surveys by the JSON API, read: questionnaires, surveys, responses, results; as much as the pages, never more."""

from __future__ import annotations

from base64 import b64encode
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from audit.models import Reading
from cases.models import Case
from surveys.actions.tallying import tally
from surveys.models import Invitation, Questionnaire, Response, Survey
from surveys.presets import FIVE_LEVEL
from surveys.queries.results import Wanted, last_months, results_of
from tests import world as w
from tests.api.surveying import FOLLOW_UPS, QUESTIONNAIRES, RESPONSES, RESULTS, ROOM, Api, count_of, deputise, walk
from tests.surveys import answers as a
from tests.surveys import asked
from tests.world import World, client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def answered(world: World) -> World:
    """Eight answers about production's work, two about that of sales, two filled in on behalf."""
    first = a.answered(w.closed(world), "o1", delivery_time="o5:晚了三天", price_parts="o3")
    for _n in range(7):
        a.copy_of(first)
    for _n in range(2):
        a.copy_of(first, department=world.sales, person=world.sales_handler)
    for _n in range(2):
        a.copy_of(first, source="proxy", asked_by=world.sales_handler)
    tally()
    return world


# --- What is asked ---------------------------------------------------------------------------------------


@pytest.mark.req("SUR-06", "SUR-07", "SUR-10")
def test_a_questionnaire_is_read_version_by_version(world: World, api: Api) -> None:
    from surveys.actions.questionnaires import publish_version

    a.version_of("points_300")
    version = a.version_of("five_level")
    document = version.document | {"title": "第二版"}
    publish_version(version.questionnaire, document, by=world.actor("quality_head"), base=1)
    client = api("quality_handler")
    rows = {row["code"]: row for row in client.get(QUESTIONNAIRES).json()}
    assert rows["five_level"]["newest"] == 2
    newest = client.get(f"{QUESTIONNAIRES}five_level/").json()
    assert (newest["version"], newest["asks"]["title"]) == (2, "第二版")
    assert [row["number"] for row in newest["versions"]] == [2, 1]
    assert [row["published_by"] for row in newest["versions"]] == ["quality_head", None]
    first = client.get(f"{QUESTIONNAIRES}five_level/versions/1/").json()
    assert first["asks"]["title"] == FIVE_LEVEL.title
    assert [item["code"] for item in first["asks"]["items"]] == [item.code for item in FIVE_LEVEL.items]
    assert first["asks"]["scales"][0]["options"][0]["value"] == "5.00"
    points = client.get(f"{QUESTIONNAIRES}points_300/").json()
    assert points["asks"]["bands"] == {"satisfied": 240, "basic": 210}
    for absent in ("five_level/versions/3/", "none/", "versions/"):
        assert client.get(f"{QUESTIONNAIRES}{absent}").status_code == 404, absent


@pytest.mark.req("SUR-13")
def test_a_survey_says_how_far_it_came_and_whom_it_asked(world: World, api: Api) -> None:
    survey = asked.running()
    closed, left_out = w.closed(world), w.closed(world)
    asked.answered(world, closed)
    asked.invitation(left_out, survey, state="left_out", why="no_address", ended_at=timezone.now())
    asked.running("callback", "callback")
    client = api("hub_head")
    rows = {row["kind"]: row for row in client.get(ROOM).json()}
    assert (rows["callback"]["counted"], rows["link"]["questionnaire"]) == (None, "five_level")
    counted = client.get(f"{ROOM}{survey.pk}/").json()["counted"]
    assert counted == rows["link"]["counted"]
    assert (counted["asked"], counted["answered"], counted["rate"], counted["left_out"]) == (1, 1, "100.0", 1)
    assert counted["left_out_reasons"] == [{"reason": str(Invitation.Why.NO_ADDRESS.label), "count": 1}]
    found = client.get(f"{ROOM}{survey.pk}/invitations/").json()["results"]
    assert [(row["case"], row["state"], row["why"]) for row in found] == [
        (left_out.number, "left_out", "no_address"), (closed.number, "answered", ""),
    ]  # fmt: skip
    assert {row["deadline_at"] for row in found} == {None}
    narrowed = client.get(f"{ROOM}{survey.pk}/invitations/", {"state": "left_out"}).json()["results"]
    assert [row["case"] for row in narrowed] == [left_out.number]
    wrong = client.get(f"{ROOM}{survey.pk}/invitations/", {"state": "lost"})
    assert (wrong.status_code, list(wrong.json())) == (400, ["state"])
    Case.objects.filter(pk=closed.pk).update(barred=[-world.hub_head.pk])
    assert [row["case"] for row in client.get(f"{ROOM}{survey.pk}/invitations/").json()["results"]] == [left_out.number]


def test_whom_a_survey_asked_is_paged_by_key(world: World, api: Api) -> None:
    survey = asked.running()
    case = w.closed(world)
    for n in range(7):
        asked.invitation(case, survey, key=f"{n:064x}")
        survey.invitations.filter(round=case.round).update(round=100 + n)
    client = api("auditor")
    numbers = walk(client, f"{ROOM}{survey.pk}/invitations/?page_size=2")
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == 7


@pytest.mark.req("SEC-01", "SEC-07")
@pytest.mark.parametrize("name", ["agent", "production_head", "sales_handler", "administrator"])
def test_only_who_reads_surveys_reads_what_is_asked(world: World, api: Api, name: str) -> None:
    survey, client = asked.running(), api(name)
    for where in (ROOM, f"{ROOM}{survey.pk}/", f"{ROOM}{survey.pk}/invitations/", QUESTIONNAIRES,
                  f"{QUESTIONNAIRES}five_level/", f"{QUESTIONNAIRES}five_level/versions/1/"):  # fmt: skip
        assert client.get(where).status_code == 403, where


def test_nothing_is_switched_on_or_published_by_a_program(world: World, api: Api) -> None:
    survey, client = asked.running(), api("quality_head")
    before = Questionnaire.objects.count()
    for where in (ROOM, f"{ROOM}{survey.pk}/", QUESTIONNAIRES, f"{QUESTIONNAIRES}five_level/"):
        for method in ("post", "put", "patch", "delete"):
            assert getattr(client, method)(where, {}, format="json").status_code == 405, (method, where)
    assert (Survey.objects.count(), Questionnaire.objects.count()) == (1, before)


# --- Responses -------------------------------------------------------------------------------------------


@pytest.mark.req("SUR-21", "SUR-26")
def test_a_response_is_read_with_all_that_was_said(world: World, api: Api) -> None:
    row = a.on_behalf(world, w.closed(world), delivery_time="o5:晚了三天", suggestion="希望增加线上报修")
    detail = api("quality_head").get(f"{RESPONSES}{row.pk}/").json()
    assert (detail["source"], detail["asked_by"], detail["situation"]) == ("proxy", "sales_handler", "上门拜访")
    said = {one["item"]: one for one in detail["answers"]}
    assert (said["delivery_time"]["option"], said["delivery_time"]["comment"]) == ("o5", "晚了三天")
    assert (said["delivery_time"]["is_low"], said["suggestion"]["comment"]) == (True, "希望增加线上报修")
    assert (said["suggestion"]["may_correct"], said["delivery_time"]["may_correct"]) == (False, True)
    assert [one["reason"] for one in detail["follow_ups"]] == ["low", "remark"]
    assert (detail["personal"], detail["may_check"], detail["index"]) == (False, True, str(row.score.index))
    other = api("production_handler").get(f"{RESPONSES}{row.pk}/").json()
    assert (other["may_check"], {one["may_correct"] for one in other["answers"]}) == (False, {False})
    assert other["follow_ups"] == []


@pytest.mark.req("SEC-02")
def test_who_reads_a_response_or_a_follow_up_is_kept(world: World, api: Api) -> None:
    row = a.answered(w.closed(world), "o1", service_speed="o4")
    client = api("production_head")
    client.get(f"{RESPONSES}{row.pk}/")
    client.get(f"{FOLLOW_UPS}{row.follow_ups.get().pk}/")
    kept = Reading.objects.filter(thread=row.thread).values_list("what", "actor_kind", "actor_id")
    assert list(kept) == [("page", "token", world.production_head.pk)] * 2


@pytest.mark.req("SEC-08")
def test_who_answered_is_masked_where_the_page_masks_it(world: World, api: Api) -> None:
    row = a.answered(w.closed(world))
    Response.objects.filter(pk=row.pk).update(said_by="周慧")
    for name, said_by in (("agent", "周慧"), ("quality_head", "周**"), ("auditor", "周**")):
        assert api(name).get(f"{RESPONSES}{row.pk}/").json()["said_by"] == said_by, name


@pytest.mark.req("SEC-07", "RTE-18", "ORG-15")
def test_a_response_is_absent_for_who_may_not_see_its_case(world: World, api: Api) -> None:
    row = a.answered(w.closed(world))
    where, absent = f"{RESPONSES}{row.pk}/", f"{RESPONSES}987654321/"
    for name in ("finance_handler", "administrator"):
        client = api(name)
        found = client.get(where)
        assert (found.status_code, found.json()) == (404, client.get(absent).json()), name
    assert api("production_handler").get(where).status_code == 200
    Case.objects.filter(pk=row.case_id).update(barred=[-world.quality_head.pk])
    deputise(world.quality_head, world.sales_handler)
    for name in ("quality_head", "sales_handler"):
        client = api(name)
        assert client.get(where).status_code == 404, name
        assert client.get(RESPONSES).json()["results"] == [], name


def test_the_list_is_narrowed_like_that_of_the_page(answered: World, api: Api) -> None:
    client, version = api("manager"), a.version_of("five_level").pk
    for asks, n in (
        ({}, 12), ({"source": "proxy"}, 2), ({"unit": answered.sales.pk}, 2), ({"unit": "none"}, 0),
        ({"department": "sales"}, 2), ({"item": "delivery_time", "value": 1}, 12),
        ({"item": "delivery_time", "value": 5}, 0), ({"person": answered.sales_handler.pk}, 2), ({"level": "P1"}, 0),
        ({"since": "2020-01", "until": "2020-02"}, 0), ({"genuine": "doubtful"}, 0), ({"version": version}, 12),
    ):  # fmt: skip
        assert len(client.get(RESPONSES, asks).json()["results"]) == n, asks
    row = client.get(RESPONSES, {"source": "proxy"}).json()["results"][0]
    assert (row["asked_by"], row["department"], row["has_remark"]) == ("sales_handler", "production", True)


@pytest.mark.parametrize(
    "asks",
    [
        {"since": "never"}, {"until": "0001-01"}, {"version": "99999"}, {"version": "9" * 40}, {"item": "';--"},
        {"value": "9"}, {"unit": "x"}, {"person": "9e99"}, {"product": "-1"}, {"source": "owl"}, {"genuine": "yes"},
        {"level": "P9"}, {"department": "nowhere"}, {"department": "\0"}, {"unit": "9" * 19},
    ],
)  # fmt: skip
def test_a_filter_that_makes_no_sense_is_refused(answered: World, api: Api, asks: dict[str, str]) -> None:
    answer = api("manager").get(RESPONSES, asks)
    assert (answer.status_code, list(answer.json())) == (400, list(asks)), answer.content.decode()


def test_lists_are_paged_by_key_and_ask_as_often_for_many_as_for_few(answered: World, api: Api) -> None:
    client = api("manager")
    first = Response.objects.order_by("pk").first()
    assert first is not None
    few = count_of(client, f"{RESPONSES}?page_size=2"), count_of(client, RESULTS)
    for _n in range(6):
        a.copy_of(first, department=answered.technical, person=answered.agent)
    tally()
    assert (count_of(client, f"{RESPONSES}?page_size=18"), count_of(client, RESULTS)) == few
    numbers = walk(client, f"{RESPONSES}?page_size=5")
    assert numbers == list(Response.objects.order_by("-submitted_at", "-pk").values_list("pk", flat=True))
    assert count_of(client, f"{RESPONSES}{first.pk}/") < 30


@pytest.mark.parametrize("where", [RESPONSES, FOLLOW_UPS, "invitations"])
@pytest.mark.parametrize("position", ["x", "10000-01-01", "2026-13-40", "-1", "9" * 30, ""])
def test_a_cursor_that_nobody_gave_is_refused(world: World, api: Api, where: str, position: str) -> None:
    if where == "invitations":
        where = f"{ROOM}{asked.running().pk}/invitations/"
    answer = at_cursor(api, where, position)
    assert answer.status_code == 404, answer.content.decode()


def test_a_cursor_with_a_foreign_time_zone_is_a_moment_and_no_day(answered: World, api: Api) -> None:
    position = "2020-01-01 00:00+22:00"
    answer = at_cursor(api, RESPONSES, position)
    assert (answer.status_code, answer.json()["results"]) == (200, [])
    assert at_cursor(api, FOLLOW_UPS, position).status_code == 404


def at_cursor(api: Api, where: str, position: str) -> Any:
    cursor = b64encode(urlencode({"p": position}).encode()).decode()
    return api("manager").get(where, {"cursor": cursor})


# --- Results ---------------------------------------------------------------------------------------------


def wanted() -> Wanted:
    return Wanted(a.version_of("five_level"), *last_months(timezone.localdate()))


@pytest.mark.req("SUR-22", "SUR-23", "SUR-24", "A-09")
def test_the_figures_are_those_of_the_page_with_their_formula(answered: World, api: Api) -> None:
    found = api("manager").get(RESULTS).json()
    results = results_of(wanted())
    assert found["total"]["responses"] == 12
    assert found["total"]["score"] == {
        "answers": 132, "total": "588.00", "satisfied": 108, "mean": "4.45", "index": "89.09", "rate": "81.82",
    }  # fmt: skip
    assert [group["together"]["key"] for group in found["groups"]] == [group.line.key for group in results.groups]
    items = {line["key"]: line for group in found["groups"] for line in group["items"]}
    assert items["delivery_time"]["score"]["index"] == "20.00"
    assert items["delivery_time"]["levels"] == {"n5": 0, "n4": 0, "n3": 0, "n2": 0, "n1": 12}
    assert [table["name"] for table in found["tables"]] == [table.name for table in results.tables]
    page = unescape(client_of(answered, "manager").get("/surveys/results/").content.decode())
    assert found["formula"] in page
    assert (found["is_suppressed"], found["only_own"], found["smallest_group"]) == (False, False, results.smallest)


@pytest.mark.req("SUR-39")
def test_small_groups_are_null_and_flagged(answered: World, api: Api) -> None:
    client = api("manager")
    tables = {table["name"]: table["lines"] for table in client.get(RESULTS).json()["tables"]}
    for line in tables["department"]:
        assert line["is_suppressed"]
        figures = (line["responses"], line["score"], line["levels"], line["query"])
        assert figures == (None, None, None, None)
    alone = client.get(RESULTS, {"department": "sales"}).json()
    assert (alone["is_suppressed"], alone["total"], alone["groups"], alone["tables"]) == (True, None, [], [])
    others = client.get(RESULTS, {"department": "production"}).json()  # the rest would follow by subtraction
    assert (others["is_suppressed"], others["total"]) == (True, None)
    nobody = client.get(RESULTS, {"since": "2020-01", "until": "2020-02"}).json()
    assert (nobody["is_suppressed"], nobody["total"]["responses"]) == (False, 0)


@pytest.mark.req("RPT-21")
def test_every_line_leads_to_as_many_responses_as_it_counts(answered: World, api: Api) -> None:
    client = api("manager")
    found = client.get(RESULTS).json()
    lines = [line for group in found["groups"] for line in group["items"]]
    lines += [line for table in found["tables"] for line in table["lines"] if not line["is_suppressed"]]
    for line in (found["total"], *lines):
        rows = client.get(f"{RESPONSES}?{line['query']}&page_size=100").json()["results"]
        assert len(rows) == line["responses"], line


@pytest.mark.req("SUR-25")
@pytest.mark.gate(20)
def test_a_form_marked_by_points_has_its_grades(world: World, api: Api) -> None:
    from decimal import Decimal

    version = a.version_of("points_300")
    origin = a.Origin("collected", asked_by=world.sales_handler)
    by = world.actor("sales_handler")
    first = a.fill_in(w.closed(world), version, a.said(version, "24"), by=by, origin=origin)
    for points, band in ((239, "basic"), (210, "basic"), (209, "dissatisfied"), (242, "satisfied")):
        a.copy_of(first, source="collected", points=Decimal(points), band=band)
    tally()
    found = api("manager").get(RESULTS, {"version": version.pk}).json()
    assert [(band["code"], band["count"], band["share"]) for band in found["bands"]] == [
        ("satisfied", 2, "40.0"), ("basic", 2, "40.0"), ("dissatisfied", 1, "20.0"),
    ]  # fmt: skip
    assert found["mean_points"] == "228.0"
    detail = api("manager").get(f"{RESPONSES}{first.pk}/").json()
    assert (detail["points"], detail["most_points"], detail["band"]) == ("240.00", 300, "satisfied")


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("manager", 200), ("auditor", 200), ("quality_handler", 200), ("hub_head", 200), ("production_head", 200),
        ("agent", 403), ("production_handler", 403), ("finance_handler", 403), ("administrator", 403),
    ],
)  # fmt: skip
def test_who_sees_results(answered: World, api: Api, name: str, status: int) -> None:
    assert api(name).get(RESULTS).status_code == status


@pytest.mark.req("SUR-24")
def test_a_head_sees_the_results_of_the_departments_he_heads(answered: World, api: Api) -> None:
    client = api("production_head")
    found = client.get(RESULTS).json()
    assert (found["only_own"], found["total"]["responses"]) == (True, 10)
    assert "销售部" not in str(found)
    foreign = client.get(RESULTS, {"department": "sales"})
    assert (foreign.status_code, list(foreign.json())) == (400, ["department"])
    assert api("sales_head").get(RESULTS).json()["is_suppressed"]


@pytest.mark.parametrize(
    "asks", [{"since": "2026-13"}, {"version": "abc"}, {"department": "nowhere"}, {"until": "0001-01"}, {"since": "\0"}]
)
def test_results_of_nonsense_are_refused(answered: World, api: Api, asks: dict[str, Any]) -> None:
    answer = api("manager").get(RESULTS, asks)
    assert (answer.status_code, list(answer.json())) == (400, list(asks))


def test_without_a_questionnaire_there_are_no_results(world: World, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("surveys.forms.results.first_choice", lambda: None)
    answer = api("manager").get(RESULTS)
    assert answer.status_code == 404
    assert answer.json()["detail"] in client_of(world, "manager").get("/surveys/results/").content.decode()
