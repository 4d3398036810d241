"""The callback desk and filling in on behalf by the JSON API: the same gates and sentences as on the pages.

What is refused leaves everything as it was.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django.utils.translation import gettext

from audit.models import Event, Reading
from cases.models import Case
from organization.models import Function
from surveys.models import Callback, Response
from surveys.presets import FIVE_LEVEL
from tests import world as w
from tests.api.surveying import (
    CALLBACKS,
    ROOM,
    Api,
    answers,
    count_of,
    deputise,
    done,
    post,
    state,
)
from tests.surveys import answers as a
from tests.surveys import callbacks as c
from tests.world import World, client_of

pytestmark = [pytest.mark.django_db, pytest.mark.system("S48")]
SATISFIED = answers(c.SATISFIED)
GIVEN = answers({item.code: "o2" for item in FIVE_LEVEL.counted})
ON_BEHALF: dict[str, Any] = {"source": "proxy", "situation": "上门服务", "answers": GIVEN}


@pytest.fixture
def callback(world: World) -> Callback:
    """One that waits and is due, of a case that the usual people handled."""
    return c.drawn(c.desk(world))


@pytest.fixture
def case(world: World) -> Case:
    """A closed case, and the survey by link."""
    c.survey("link")
    return c.closed(world, "P1")


def call(row: Callback, tail: str = "") -> str:
    return f"{CALLBACKS}{row.pk}/{tail}"


def fill_in(case: Case) -> str:
    return f"{ROOM}fill-in/{case.number}/"


def kinds(thread: str) -> set[str]:
    """Who acted, in the words of the history."""
    return set(Event.objects.filter(thread=thread, actor_id__isnull=False).values_list("actor_kind", flat=True))


# --- The callback desk -----------------------------------------------------------------------------------


@pytest.mark.form("F73")
@pytest.mark.req("SUR-14", "RES-15", "SEC-02")
def test_a_call_goes_to_its_end_by_programs_alone(world: World, callback: Callback, api: Api) -> None:
    desk = api("caller")
    queue = desk.get(CALLBACKS).json()
    assert (queue["waiting"], [line["case"] for line in queue["due"]]) == (1, [callback.case.number])
    detail = done(desk, f"{CALLBACKS}next/")
    assert (detail["id"], detail["level"], detail["is_open"], detail["taken_by"]) == (callback.pk, "P1", True, None)
    assert detail["phones"]
    assert detail["asks"]["items"][0]["code"] == "solved"
    assert detail["reply"]["text"]
    assert (detail["opinion"]["satisfied"], detail["outcome"]) == (True, "settled")
    assert post(desk, f"{CALLBACKS}next/").status_code == 200  # one's own call again
    later = (timezone.now() + timedelta(days=2)).isoformat()
    detail = done(desk, call(callback, "attempt/"), result="later", next_at=later, note="下周再打")
    assert [(one["result"], one["note"], one["by"]) for one in detail["attempts"]] == [("later", "下周再打", "caller")]
    assert post(desk, f"{CALLBACKS}next/").status_code == 204
    done(desk, call(callback, "take/"))
    unsolved = answers(c.SATISFIED | {"solved": "o2"}, suggestion="请再来看看")
    detail = done(desk, call(callback, "answer/"), answers=unsolved, said_by="周慧", note="本人接听")
    assert (detail["state"], detail["is_open"], len(detail["attempts"])) == ("done", False, 2)
    response = Response.objects.get()
    assert (response.source, response.entered_by, response.solved, response.said_by) == (
        "callback", world.caller, False, "周慧",
    )  # fmt: skip
    assert set(response.follow_ups.values_list("reason", flat=True)) == {"unsolved", "remark"}
    assert kinds(callback.thread) == {"token"}
    assert Reading.objects.filter(thread=callback.thread, what="page", actor_kind="token").count() == 5
    assert desk.get(CALLBACKS).json()["waiting"] == 0


@pytest.mark.req("SUR-14")
def test_a_taken_call_that_is_not_to_be_made_any_more_shows_no_number_and_says_why(
    world: World, callback: Callback, api: Api
) -> None:
    desk = api("caller")
    assert done(desk, call(callback, "take/"))["phones"]
    Case.objects.filter(pk=callback.case_id).update(contact_refused=True)
    detail = desk.get(call(callback)).json()
    assert (detail["is_mine"], detail["is_open"], detail["phones"]) == (True, False, [])
    page = client_of(world, "caller").get(f"/surveys/callbacks/{callback.pk}/").content.decode()
    assert gettext("Not to be called just now") in page
    assert gettext("This callback has ended") not in page
    assert "tel:" not in page


@pytest.mark.req("SUR-14")
def test_a_call_that_nobody_has_taken_shows_no_number_and_is_not_recorded(
    world: World, callback: Callback, api: Api
) -> None:
    desk = api("caller")
    assert desk.get(call(callback)).json()["phones"] == []
    before = state()
    for tail, body in (("attempt/", {"result": "busy"}), ("answer/", {"answers": SATISFIED})):
        assert post(desk, call(callback, tail), **body).status_code == 409, tail
    assert state() == before
    assert done(desk, call(callback, "take/"))["phones"]


def test_who_is_making_a_call_is_told_to_the_colleague(world: World, callback: Callback, api: Api) -> None:
    done(api("caller"), call(callback, "take/"))
    other = api("caller2")
    assert other.get(CALLBACKS).json()["due"][0]["taken_by"] == "caller"
    assert other.get(call(callback)).json()["taken_by"] == "caller"
    before = state()
    for tail, body in (("take/", {}), ("attempt/", {"result": "busy"}), ("answer/", {"answers": SATISFIED})):
        refused = post(other, call(callback, tail), **body)
        assert (refused.status_code, world.caller.name in refused.json()["detail"]) == (409, True), tail
    assert state() == before


@pytest.mark.req("SUR-15", "ORG-15")
@pytest.mark.gate(9)
def test_whoever_worked_on_the_case_is_refused_with_the_sentence_of_the_page(
    world: World, callback: Callback, api: Api
) -> None:
    """Nor in a caller's place, nor a caller who stands in for the handler."""
    world.production_handler.functions.add(Function.objects.get(code="callback_desk"))
    deputise(world.caller, world.production_head)
    deputise(world.production_head, world.caller2)
    sentence = gettext("Whoever worked on a case does not ask its customer. A colleague must make this call.")
    before = state()
    for name in ("production_handler", "production_head", "caller2"):
        client = api(name)
        page = client_of(world, name).get(f"/surveys/callbacks/{callback.pk}/")
        assert (page.status_code, sentence in page.content.decode()) == (403, True), name
        told = [client.get(call(callback))]
        for tail, body in (("take/", {}), ("attempt/", {"result": "busy"}), ("answer/", {"answers": SATISFIED})):
            told.append(post(client, call(callback, tail), **body))
        assert [(answer.status_code, answer.json()) for answer in told] == [(403, {"detail": sentence})] * 4, name
        assert client.get(CALLBACKS).json() == {"waiting": 0, "due": [], "later": []}
        assert post(client, f"{CALLBACKS}next/").status_code == 204
    assert state() == before


@pytest.mark.req("RTE-18", "SEC-07")
def test_who_is_recused_or_not_of_the_desk_makes_no_call(world: World, callback: Callback, api: Api) -> None:
    Case.objects.filter(pk=callback.case_id).update(barred=[-world.caller.pk])
    client = api("caller")
    absent = client.get(f"{CALLBACKS}987654321/").json()
    for answer in (client.get(call(callback)), post(client, call(callback, "take/"))):
        assert (answer.status_code, answer.json()) == (404, absent)
    for name in ("quality_head", "manager", "auditor", "agent", "administrator"):
        other = api(name)
        found = [other.get(CALLBACKS), other.get(call(callback)), post(other, f"{CALLBACKS}next/")]
        found += [post(other, call(callback, tail)) for tail in ("take/", "attempt/", "answer/")]
        assert {answer.status_code for answer in found} == {403}, name


@pytest.mark.parametrize(
    ("given", "status", "field"),
    [
        ([], 422, "solved"),
        (SATISFIED[1:], 422, "solved"),
        ([*SATISFIED, SATISFIED[0]], 422, "solved"),
        ([*SATISFIED, {"item": "unknown", "option": "o1"}], 422, "unknown"),
        ([*SATISFIED[1:], {"item": "solved", "option": "o9"}], 422, "solved"),
        ([*SATISFIED, {"item": "suggestion", "option": "o1"}], 422, "suggestion"),
        ([*SATISFIED, {"item": "suggestion", "comment": "长" * 2001}], 400, None),
        ([{"item": "x", "option": "o1"}] * 61, 400, None),
        ("words", 400, None),
        ([7], 400, None),
        ([{"option": "o1"}], 400, None),
    ],
)
def test_what_does_not_fit_the_questionnaire_is_refused(
    world: World, callback: Callback, api: Api, given: Any, status: int, field: str | None
) -> None:
    desk = api("caller")
    done(desk, call(callback, "take/"))
    before = state()
    answer = post(desk, call(callback, "answer/"), answers=given)
    assert (answer.status_code, answer.json().get("field")) == (status, field), answer.content.decode()
    assert state() == before


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400), ({"result": "reached"}, 400), ({"result": "lost"}, 400), ({"result": "later"}, 422),
        ({"result": "later", "next_at": "2020-01-01T00:00:00Z"}, 422), ({"result": "busy", "note": "长" * 501}, 400),
        ({"result": "later", "next_at": "9999-12-31T00:00:00Z"}, 400),
    ],
)  # fmt: skip
def test_a_result_that_cannot_be_meant_is_refused(
    world: World, callback: Callback, api: Api, body: dict[str, Any], status: int
) -> None:
    desk = api("caller")
    done(desk, call(callback, "take/"))
    before = state()
    assert post(desk, call(callback, "attempt/"), **body).status_code == status
    assert state() == before


def test_one_filled_form_is_kept_once_and_not_for_another_call(world: World, callback: Callback, api: Api) -> None:
    desk, key = api("caller"), str(uuid.uuid4())
    done(desk, call(callback, "take/"))
    for _n in range(2):
        assert done(desk, call(callback, "answer/"), answers=SATISFIED, submission_key=key)["state"] == "done"
    assert Response.objects.count() == 1
    before = state()
    assert post(desk, call(callback, "answer/"), answers=SATISFIED).status_code == 409
    assert state() == before
    other = Callback.objects.create(
        draw=callback.draw, case=c.closed(world), round=1, n=9, drawn_at=timezone.now(), next_at=timezone.now()
    )
    done(desk, call(other, "take/"))
    assert post(desk, call(other, "answer/"), answers=SATISFIED, submission_key=key).status_code == 409
    assert Response.objects.count() == 1


def test_the_queue_asks_as_often_for_many_as_for_few(world: World, callback: Callback, api: Api) -> None:
    desk = api("caller")
    few = count_of(desk, CALLBACKS)
    now = timezone.now()
    for n, case in enumerate(c.copies(callback.case, 6), 10):
        Callback.objects.create(draw=callback.draw, case=case, round=case.round, n=n, drawn_at=now, next_at=now)
    assert count_of(desk, CALLBACKS) == few
    assert len(desk.get(CALLBACKS).json()["due"]) == 7


# --- On behalf -------------------------------------------------------------------------------------------


@pytest.mark.req("SUR-17", "SUR-45", "A-50")
def test_an_answer_on_behalf_is_marked_with_the_askers_name(world: World, case: Case, api: Api) -> None:
    client = api("agent2")
    offer = client.get(fill_in(case)).json()
    assert (offer["refusal"], offer["questionnaires"][0]["code"]) == ("", "five_level")
    assert offer["questionnaires"][0]["asks"]["title"] == FIVE_LEVEL.title
    detail = done(client, fill_in(case), **ON_BEHALF, asked_by="sales_handler", said_by="周慧")
    assert (detail["source"], detail["asked_by"], detail["entered_by"]) == ("proxy", "sales_handler", "agent2")
    assert (detail["personal"], detail["situation"], detail["said_by"]) == (False, "上门服务", "周慧")
    assert kinds(Response.objects.get().thread) == {"token"}
    assert client.get(fill_in(case)).json()["refusal"] == gettext("This customer has answered about the case already.")


@pytest.mark.req("SUR-45")
def test_who_is_not_named_asked_in_person(world: World, case: Case, api: Api) -> None:
    key = str(uuid.uuid4())
    body = ON_BEHALF | {"source": "collected", "submission_key": key, "questionnaire": "five_level"}
    numbers = {done(api("production_head"), fill_in(case), **body)["id"] for _n in range(2)}
    row = Response.objects.get()
    assert (numbers, row.asked_by, row.entered_by) == ({row.pk}, world.production_head, world.production_head)


@pytest.mark.req("SUR-15", "RTE-18")
@pytest.mark.gate(9)
def test_what_the_page_of_filling_in_refuses_is_refused_with_its_sentence(world: World, case: Case, api: Api) -> None:
    before = state()
    worked = gettext("Whoever worked on a case does not ask its customer. A colleague must fill this in.")
    for client, body in ((api("production_handler"), {}), (api("agent2"), {"asked_by": "production_head"})):
        refused = post(client, fill_in(case), **ON_BEHALF | body)
        assert (refused.status_code, refused.json()["detail"]) == (409, worked)
    assert post(api("auditor"), fill_in(case), **ON_BEHALF).status_code == 403
    for name in ("finance_handler", "administrator"):
        assert post(api(name), fill_in(case), **ON_BEHALF).status_code == 404, name
    assert state() == before
    open_ = w.received(world)
    asks_nobody = gettext("Only about a case that was closed, and not merely withdrawn or invalid, is anybody asked.")
    assert api("agent2").get(fill_in(open_)).json()["refusal"] == asks_nobody
    refused = post(api("agent2"), fill_in(open_), **ON_BEHALF)
    assert (refused.status_code, refused.json()["detail"]) == (409, asks_nobody)
    Case.objects.filter(pk=case.pk).update(barred=[-world.sales_handler.pk])
    barred = post(api("agent2"), fill_in(case), **ON_BEHALF, asked_by="sales_handler")
    assert (barred.status_code, barred.json()["field"]) == (422, "asked_by")
    assert not Response.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"source": "callback"}, {"source": ""}, {"situation": ""}, {"situation": "长" * 121}, {"asked_by": "nobody"},
        {"asked_by": 7}, {"questionnaire": "nothing"}, {"submission_key": "nonsense"}, {"answers": None},
        {"said_by": "长" * 101},
    ],
)  # fmt: skip
def test_a_body_that_makes_no_sense_is_refused_by_field(
    world: World, case: Case, api: Api, wrong: dict[str, Any]
) -> None:
    before = state()
    answer = post(api("agent2"), fill_in(case), **ON_BEHALF | wrong)
    assert (answer.status_code, list(answer.json())) == (400, list(wrong)), answer.content.decode()
    assert state() == before


@pytest.mark.req("SUR-25")
def test_points_are_kept_as_their_digits(world: World, api: Api) -> None:
    version = a.version_of("points_300")
    case = c.closed(world)
    marks = {item.code: "024" for item in version.asks.items if item.kind == "points"}
    body = ON_BEHALF | {"questionnaire": "points_300"}
    before = state()
    for wrong in ("31", "24.0", "2e1", "-1", "１２", "x"):
        refused = post(api("agent2"), fill_in(case), **body | {"answers": answers(marks | {"bill": wrong})})
        assert (refused.status_code, refused.json()["field"]) == (422, "bill"), wrong
    assert state() == before
    detail = done(api("agent2"), fill_in(case), **body | {"answers": answers(marks)})
    assert ({one["option"] for one in detail["answers"]}, detail["points"]) == ({"24"}, "240.00")


def test_words_are_taken_only_where_the_questionnaire_asks_for_them(world: World, case: Case, api: Api) -> None:
    from surveys.document import QuestionnaireDocument
    from surveys.models import QuestionnaireVersion, Survey

    silent = QuestionnaireDocument.model_validate(
        FIVE_LEVEL.model_dump() | {"items": [item.model_dump() | {"comment": False} for item in FIVE_LEVEL.items]}
    )
    row = a.version_of("five_level").questionnaire
    version = QuestionnaireVersion.objects.create(
        questionnaire=row, number=2, document=silent.model_dump(mode="json"), published_at=timezone.now()
    )
    Survey.objects.filter(kind="link").update(version=version)
    given = answers({item.code: "o2" for item in FIVE_LEVEL.counted}, delivery_time="晚了")
    refused = post(api("agent2"), fill_in(case), **ON_BEHALF | {"answers": given})
    assert (refused.status_code, refused.json()["field"]) == (422, "delivery_time")
    assert not Response.objects.exists()
