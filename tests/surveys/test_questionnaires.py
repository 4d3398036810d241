"""Questionnaires are data with frozen versions; one survey of a kind runs (SUR-06, SUR-07, SUR-10)."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from audit.exceptions import InvalidInput, InvalidMove
from audit.models import Event
from feedback_system import presets
from surveys.actions import questionnaires as actions
from surveys.models import Questionnaire, QuestionnaireVersion, Survey
from surveys.presets import CALLBACK, FIVE_LEVEL, POINTS_300, QUESTIONNAIRES
from tests.forms import submit
from tests.surveys import asking as a
from tests.world import World, client_of

pytestmark = [pytest.mark.django_db, pytest.mark.req("SUR-06", "SUR-10")]
QUALITY = "quality_head"


def body(**changes: Any) -> dict[str, Any]:
    """The five-level form, changed."""
    found = FIVE_LEVEL.model_dump(mode="json")
    return copy.deepcopy(found) | changes


def page_of(answer: Any) -> str:
    return answer.content.decode()


@pytest.mark.form("F71", "F73")
def test_an_installation_has_the_three_forms_as_version_one(world: World) -> None:
    for _n in range(2):
        presets.install()
    assert {row.code: row.versions.get().number for row in Questionnaire.objects.all()} == dict.fromkeys(
        QUESTIONNAIRES, 1
    )
    for code, document in QUESTIONNAIRES.items():
        assert a.version(code).asks == document


def test_what_somebody_published_survives_another_installation(world: World) -> None:
    row = Questionnaire.objects.get(code="five_level")
    actions.publish_version(row, body(title="新标题"), by=world.actor(QUALITY))
    Questionnaire.objects.filter(pk=row.pk).update(name="改名")
    presets.install()
    row.refresh_from_db()
    assert (row.name, row.versions.count()) == ("改名", 2)


def test_a_new_version_leaves_the_old_one_as_it_was(world: World) -> None:
    old = a.version()
    new = actions.publish_version(old.questionnaire, body(title="新标题"), by=world.actor(QUALITY))
    assert (new.number, new.asks.title, new.published_by) == (2, "新标题", world.quality_head)
    assert QuestionnaireVersion.objects.get(pk=old.pk).asks == FIVE_LEVEL
    event = Event.objects.filter(thread=f"questionnaire:{old.questionnaire_id}").latest("seq")
    assert (event.verb, event.changes) == ("publish_questionnaire", {"number": [1, 2]})


@pytest.mark.parametrize("how", ["save", "update", "delete"])
def test_a_published_version_cannot_be_changed(world: World, how: str) -> None:
    version = a.version()
    acts: dict[str, Any] = {
        "save": version.save,
        "update": lambda: QuestionnaireVersion.objects.filter(pk=version.pk).update(number=9),
        "delete": version.delete,
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        acts[how]()


def wrong(path: str, value: Any = None) -> dict[str, Any]:
    """The form with one place changed, or taken away."""
    found: Any = body()
    at, steps = found, path.split(".")
    for step in steps[:-1]:
        at = at[int(step)] if step.isdigit() else at[step]
    if value is None:
        del at[steps[-1]]
    else:
        at[steps[-1]] = value
    return found


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (wrong("title"), "title"),
        (wrong("title", ""), "title"),
        (wrong("colour", "red"), "colour"),
        (wrong("items", []), "items"),
        (wrong("items.0.code", "Größe"), "items[1].code"),
        (wrong("items.0.kind", "smiley"), "items[1].kind"),
        (wrong("items.0.scale", "nine"), "nine"),
        (wrong("items.0.group", "nowhere"), "nowhere"),
        (wrong("items.1.code", "quality_function"), "编码"),
        (wrong("items.0.points", 4000), "items[1].points"),
        (wrong("items.0.required", "perhaps"), "items[1].required"),
        (wrong("scales.0.options.0.value", 9), "scales[1].options[1].value"),
        (wrong("scales.0.options.0.value", "viel"), "scales[1].options[1].value"),
        (wrong("groups", "five"), "groups"),
        (wrong("scales.0.options.1.code", "o1"), "five_c"),
        (wrong("bands", {"satisfied": 240, "basic": 210}), "bands"),
        (wrong("bands", {"satisfied": 1, "basic": 2}), "bands"),
        ({}, "title"),
    ],
)  # fmt: skip
def test_a_document_that_cannot_be_asked_is_refused_with_the_key(
    world: World, document: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        actions.publish_version(a.version().questionnaire, document, by=world.actor(QUALITY))
    assert refused.value.field == "document"
    if sentence not in {"编码", "bands"}:
        assert sentence in refused.value.message
    assert QuestionnaireVersion.objects.count() == len(QUESTIONNAIRES)


def test_what_the_database_would_refuse_is_cleaned(world: World) -> None:
    version = actions.publish_version(
        a.version().questionnaire, body(title="满\x00意\ud800度"), by=world.actor(QUALITY)
    )
    version.refresh_from_db()
    assert version.asks.title.startswith("满意")


def test_an_unchanged_document_is_no_version(world: World) -> None:
    with pytest.raises(InvalidInput):
        actions.publish_version(a.version().questionnaire, body(), by=world.actor(QUALITY))


def test_who_began_with_an_older_version_does_not_overwrite_a_newer_one(world: World) -> None:
    row = a.version().questionnaire
    actions.publish_version(row, body(title="甲"), by=world.actor(QUALITY), base=1)
    with pytest.raises(InvalidMove):
        actions.publish_version(row, body(title="乙"), by=world.actor(QUALITY), base=1)
    assert a.version().asks.title == "甲"


# --- Surveys ------------------------------------------------------------------------------------------------


def test_one_survey_of_a_kind_runs(world: World) -> None:
    first = a.running()
    with pytest.raises(InvalidMove):
        actions.start_survey("link", a.version("callback"), by=world.actor(QUALITY))
    actions.start_survey("callback", a.version("callback"), by=world.actor(QUALITY))
    second = actions.start_survey("link", a.version("points_300"), by=world.actor(QUALITY), replacing=first)
    first.refresh_from_db()
    assert first.stopped_at == second.started_at
    said = {event.verb: event.thread for event in Event.objects.order_by("id").filter(verb__endswith="_survey")}
    assert said == {  # each questionnaire's history knows when it is asked
        "stop_survey": f"questionnaire:{first.version.questionnaire_id}",
        "start_survey": f"questionnaire:{second.version.questionnaire_id}",
    }
    assert (first.stopped_by, second.started_by) == (world.quality_head, world.quality_head)
    with pytest.raises(InvalidMove):  # it was replaced meanwhile
        actions.start_survey("link", a.version("callback"), by=world.actor(QUALITY), replacing=first)
    with pytest.raises(InvalidMove):
        actions.start_survey("link", a.version("points_300"), by=world.actor(QUALITY), replacing=second)
    assert Survey.objects.filter(stopped_at=None).count() == 2


def test_who_was_asked_before_the_survey_was_replaced_may_still_answer(world: World) -> None:
    row = a.invited(world)
    actions.start_survey("link", a.version("points_300"), by=a.BY, replacing=row.survey)
    assert a.answer(row).status_code == 302


def test_a_retired_questionnaire_is_not_asked_and_a_running_one_not_retired(world: World) -> None:
    survey = a.running()
    row = survey.version.questionnaire
    with pytest.raises(InvalidMove):
        actions.retire_questionnaire(row, by=a.BY)
    actions.stop_survey(survey, by=a.BY)
    actions.retire_questionnaire(row, by=a.BY)
    for refused in (a.running, lambda: actions.publish_version(row, body(title="x"), by=a.BY)):
        with pytest.raises(InvalidMove):
            refused()
    with pytest.raises(InvalidMove):
        actions.retire_questionnaire(row, by=a.BY)
    actions.restore_questionnaire(row, by=a.BY)
    with pytest.raises(InvalidMove):
        actions.restore_questionnaire(row, by=a.BY)
    assert a.running().stopped_at is None


# --- Pages ----------------------------------------------------------------------------------------------------


def test_quality_switches_a_survey_on_changes_and_stops_it(world: World) -> None:
    client = client_of(world, QUALITY)
    assert "/surveys/start/link/" in page_of(client.get("/surveys/"))
    assert submit(client, "/surveys/start/link/", version=str(a.version().pk)).status_code == 302
    first = Survey.objects.get()
    assert (first.kind, first.version, first.started_by) == ("link", a.version(), world.quality_head)
    assert submit(client, "/surveys/start/link/", version=str(a.version("points_300").pk)).status_code == 302
    second = Survey.objects.get(stopped_at=None)
    assert client.get(f"/surveys/{second.pk}/stop/").status_code == 200
    assert client.post(f"/surveys/{second.pk}/stop/").status_code == 302
    assert not Survey.objects.filter(stopped_at=None).exists()
    assert client.post(f"/surveys/{second.pk}/stop/").status_code == 409


def test_a_survey_that_somebody_else_switched_on_meanwhile_is_not_replaced_unseen(world: World) -> None:
    client = client_of(world, QUALITY)
    client.get("/surveys/start/link/")
    survey = a.running()
    answer = client.post("/surveys/start/link/", {"version": a.version("points_300").pk, "replacing": ""})
    assert answer.status_code == 422
    assert Survey.objects.get() == survey


@pytest.mark.parametrize("given", ["", "0", "99999999", "x", "1" * 40])
def test_a_version_that_is_not_offered_is_refused(world: World, given: str) -> None:
    assert client_of(world, QUALITY).post("/surveys/start/link/", {"version": given}).status_code == 422


def test_the_list_says_how_many_were_asked_and_why_others_were_not(world: World) -> None:
    row = a.invited(world)
    a.invited(world)  # quiet
    a.answer(row)
    for address in ("/surveys/", f"/surveys/{row.survey_id}/", f"/surveys/{row.survey_id}/?state=left_out"):
        page = page_of(client_of(world, "auditor").get(address))
        assert "100.0 %" in page
        assert str(row.Why.QUIET.label) in page
    assert row.case.number in page_of(client_of(world, "manager").get(f"/surveys/{row.survey_id}/?state=answered"))
    assert row.case.number not in page_of(client_of(world, "manager").get(f"/surveys/{row.survey_id}/?state=open"))


@pytest.mark.req("RTE-18")
def test_nobody_finds_the_asking_about_a_case_that_bars_him(world: World) -> None:
    row = a.invited(world)
    case = row.case
    case.barred = [-world.quality_head.pk]
    case.save(update_fields=["barred"])
    client = client_of(world, QUALITY)
    assert case.number not in page_of(client.get(f"/surveys/{row.survey_id}/"))
    assert client.get(f"/surveys/invitations/{row.pk}/paper.pdf").status_code == 404
    assert client.post(f"/surveys/invitations/{row.pk}/ask/").status_code == 404


def test_many_lines_cost_as_many_queries_as_one(world: World, django_assert_max_num_queries: Any) -> None:
    for n in range(3):
        row = a.invited(world, mail=f"{n}@b.example")
    client = client_of(world, QUALITY)
    client.get("/surveys/")
    for address in ("/surveys/", f"/surveys/{row.survey_id}/", "/surveys/questionnaires/"):
        with django_assert_max_num_queries(24):
            assert client.get(address).status_code == 200


MANAGE = {"quality_head", "representative", "manager", "general_manager"}
READ = MANAGE | {"quality_handler", "hub_head", "auditor"}


ADDRESSES = [
    ("get", "/surveys/", READ),
    ("get", "/surveys/{survey}/", READ),
    ("get", "/surveys/questionnaires/", READ),
    ("get", "/surveys/questionnaires/five_level/", READ),
    ("get", "/surveys/questionnaires/five_level/1/", READ),
    ("get", "/surveys/questionnaires/add/", MANAGE),
    ("get", "/surveys/questionnaires/five_level/edit/", MANAGE),
    ("get", "/surveys/start/link/", MANAGE),
    ("get", "/surveys/{survey}/stop/", MANAGE),
    ("post", "/surveys/questionnaires/callback/retire/", MANAGE),
    ("post", "/surveys/questionnaires/callback/restore/", MANAGE),
    ("post", "/surveys/invitations/{invitation}/ask/", MANAGE),
]


def test_who_may_open_and_do_what(world: World) -> None:
    row = a.invited(world, mail="", phone="0512-62345678")
    for name in world.users:
        client = client_of(world, name)
        for method, address, allowed in ADDRESSES:
            answer = getattr(client, method)(address.format(survey=row.survey_id, invitation=row.pk))
            assert (answer.status_code != 403) == (name in allowed), (name, address, answer.status_code)


@pytest.mark.parametrize(
    "address",
    [
        "/surveys/999/", "/surveys/999/stop/", "/surveys/start/smoke/", "/surveys/questionnaires/absent/",
        "/surveys/questionnaires/five_level/9/", "/surveys/questionnaires/absent/edit/",
        "/surveys/invitations/999/paper.pdf",
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_found(world: World, address: str) -> None:
    assert client_of(world, QUALITY).get(address).status_code == 404


def test_the_preview_shows_what_the_customer_sees_and_nothing_can_be_sent_there(world: World) -> None:
    for code, document in QUESTIONNAIRES.items():
        page = page_of(client_of(world, QUALITY).get(f"/surveys/questionnaires/{code}/"))
        for item in document.items:
            assert item.label in page
        assert "disabled" in page
    assert CALLBACK.script in page_of(client_of(world, QUALITY).get("/surveys/questionnaires/callback/"))
    assert str(POINTS_300.bands and POINTS_300.bands.satisfied) in page_of(
        client_of(world, QUALITY).get("/surveys/questionnaires/points_300/")
    )


def test_a_version_is_published_from_a_copy_of_the_current_one(world: World) -> None:
    client = client_of(world, QUALITY)
    address = "/surveys/questionnaires/five_level/edit/"
    assert "产品性能和可靠性" in page_of(client.get(address))
    assert submit(client, address, document=json.dumps(body(title="新标题"))).status_code == 302
    assert (a.version().number, a.version().asks.title) == (2, "新标题")
    other = json.dumps(body(title="另一个"), ensure_ascii=False)
    stale = client.post(address, {"document": other, "base": "1"})
    assert stale.status_code == 409
    assert "另一个" in page_of(stale)


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", "NaN", '{"title": NaN}', '{"title": 1e999}', "[" * 50_000, '"x"', "9" * 5000,
        '{"title": "x", "items": [{}]}', "x" * 1_000_000, "\x00", '{"title": "\\ud800"}',
    ],
)  # fmt: skip
def test_a_text_that_is_no_questionnaire_comes_back_with_a_sentence(world: World, text: str) -> None:
    answer = client_of(world, QUALITY).post("/surveys/questionnaires/five_level/edit/", {"document": text, "base": "1"})
    assert answer.status_code == 422
    assert "error" in page_of(answer)
    assert a.version().number == 1


def test_a_questionnaire_of_ones_own_begins_with_a_copy(world: World) -> None:
    client = client_of(world, QUALITY)
    address = "/surveys/questionnaires/add/"
    assert "满分 30 分" in page_of(client.get(f"{address}?copy=points_300"))
    given = {"name": "安装服务", "code": "installation", "document": json.dumps(body(title="安装服务"))}
    assert submit(client, address, **given).status_code == 302
    assert a.version("installation").asks.title == "安装服务"
    again = client.post(address, given)
    assert again.status_code == 422
    assert "安装服务" in page_of(again)
    assert client.post(address, given | {"code": "A b"}).status_code == 422
    event = Event.objects.get(verb="add_questionnaire", changes__contains={"code": [None, "installation"]})
    assert event.actor_id == world.quality_head.pk


def test_retiring_and_restoring_by_button(world: World) -> None:
    client = client_of(world, QUALITY)
    for verb, retired in (("retire", True), ("restore", False)):
        assert client.post(f"/surveys/questionnaires/callback/{verb}/").status_code == 302
        assert (Questionnaire.objects.get(code="callback").retired_at is not None) == retired
        assert client.post(f"/surveys/questionnaires/callback/{verb}/").status_code == 409
