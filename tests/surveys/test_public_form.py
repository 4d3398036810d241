"""The customer answers by the link: once, in time, without an account; everything that can be sent is answered in words."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from audit.models import Event
from cases.actions.closure import reopen_case
from cases.models import Case
from documents.codes import code_of
from surveys.actions import questionnaires
from surveys.actions.inviting import sweep_open
from surveys.models import Invitation, Response
from surveys.secrets import link_token
from tests.forms import forms_of, submit
from tests.surveys import asking as a
from tests.world import World, client_of

pytestmark = [pytest.mark.django_db, pytest.mark.req("SUR-14", "SUR-06"), pytest.mark.form("F71")]


def main(answer: Any) -> str:
    """What the page says, without frame."""
    return answer.content.decode().split("<main")[1].split("</main>")[0]


def again(row: Invitation) -> Invitation:
    return Invitation.objects.select_related("survey__version", "case").get(pk=row.pk)


def test_a_customer_answers_with_the_fields_of_the_page_and_is_thanked(world: World) -> None:
    row = a.invited(world)
    client = Client()
    page = client.get(a.link(row))
    assert page.status_code == 200
    assert row.case.number in main(page) + page.content.decode()
    for personal in ("周慧", "13805126634", a.MAIL, "林晓", "何强"):
        assert personal not in page.content.decode()
    given = a.answers(row, "o1", comment_service_speed="很快", item_suggestion="继续保持")
    answer = submit(client, a.link(row), holds="submission_key", **given)
    assert (answer.status_code, answer.headers["Location"]) == (302, a.link(row).rstrip("/"))
    response = Response.objects.get()
    assert (response.source, response.invitation, response.round, response.personal) == ("link", row, 1, True)
    assert (response.answers, response.total, response.has_remark) == (11, 55, True)
    assert response.given.get(item="service_speed").comment == "很快"
    assert (again(row).state, again(row).ended_at is not None) == ("answered", True)
    thanks = client.get(answer.headers["Location"])
    assert thanks.status_code == 200
    assert "<form" not in main(thanks)
    assert Event.objects.filter(thread=row.thread, verb="answer_survey", actor_kind="customer").exists()


@pytest.mark.parametrize("code", ["five_level", "callback", "points_300"])
def test_every_preset_is_answered_without_scripts(world: World, code: str) -> None:
    row = a.invited(world, code=code)
    page = Client().get(a.link(row)).content.decode()
    form = next(form for form in forms_of(page) if "submission_key" in form.names)
    assert not [name for name, values in form.values.items() if name.startswith("item_") and values[0].strip()]
    assert submit(Client(), a.link(row), holds="submission_key", **a.answers(row)).status_code == 302


def test_the_link_works_without_its_slash_too(world: World) -> None:
    row = a.invited(world)
    assert Client().get(a.link(row).rstrip("/")).status_code == 200


# --- Twice ------------------------------------------------------------------------------------------------------


def test_a_second_click_is_thanked_and_answers_once(world: World) -> None:
    row, key = a.invited(world), str(uuid.uuid4())
    for _n in range(2):
        assert a.answer(row, submission_key=key).status_code == 302
    assert Response.objects.count() == 1


def test_another_form_sent_after_the_first_changes_nothing_and_is_thanked(world: World) -> None:
    row = a.invited(world)
    a.answer(row, submission_key=str(uuid.uuid4()))
    late = a.answer(row, "o5", submission_key=str(uuid.uuid4()), item_suggestion="我改主意了")
    assert late.status_code == 409
    assert "我改主意了" in main(late)  # nothing that was written is lost
    assert Response.objects.get().total == 55
    assert a.answer(row, "", submission_key=str(uuid.uuid4())).status_code == 409
    assert "<form" not in main(Client().get(a.link(row)))


def test_the_key_of_another_answer_does_not_swallow_this_one(world: World) -> None:
    first, second = a.invited(world), a.invited(world, mail="b@b.example")
    key = str(uuid.uuid4())
    assert a.answer(first, submission_key=key).status_code == 302
    assert a.answer(second, submission_key=key).status_code == 302
    assert Response.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_forms_at_once_are_one_answer(world: World, race: Any) -> None:
    row = a.invited(world)
    statuses = []
    race.run(
        lambda: statuses.append(a.answer(row).status_code), lambda: statuses.append(a.answer(row, "o5").status_code)
    )
    assert sorted(statuses) == [302, 409]
    assert Response.objects.count() == 1


# --- Wrong, late, taken back ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "token", ["x", "A" * 43, "0", "%00", "%F0%9F%92%A9", "x" * 2000, "..%2F", "' OR 1=1 --", "survey"]
)
def test_a_forged_link_opens_nothing_and_says_so(world: World, token: str) -> None:
    a.invited(world)
    for answer in (Client().get(f"/survey/{token}/"), Client().post(f"/survey/{token}/", {"item_a": "o1"})):
        assert answer.status_code == 404
    assert not Response.objects.exists()


def test_the_link_of_another_round_or_case_opens_nothing(world: World) -> None:
    row = a.invited(world)
    for case, round_ in ((row.case_id, 2), (row.case_id + 1, 1)):
        assert Client().get(f"/survey/{link_token(case, round_)}/").status_code == 404
    left_out = a.invited(world)
    assert left_out.state == "left_out"
    assert Client().get(a.link(left_out)).status_code == 404


def test_wrong_links_are_limited_and_the_right_one_is_not(world: World, settings: Any) -> None:
    settings.LIMITS = settings.LIMITS | {"track_address": (2, 900)}
    row = a.invited(world)
    answers = [Client().get(f"/survey/{n}/") for n in range(4)]
    assert [answer.status_code for answer in answers] == [404, 404, 429, 429]
    assert int(answers[-1]["Retry-After"]) > 0
    assert "<h1>" in main(answers[-1])
    assert Client().get(a.link(row)).status_code == 200


def test_no_answer_below_the_link_is_kept_passed_on_or_indexed(world: World) -> None:
    row = a.invited(world)
    for path in (a.link(row), "/survey/x/", "/survey/x"):
        for method in ("get", "post", "put", "delete", "head", "options"):
            answer = getattr(Client(), method)(path)
            assert answer.status_code < 500
            assert answer["Cache-Control"] == "no-store"
            assert answer["Referrer-Policy"] == "no-referrer"
            assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert Client(enforce_csrf_checks=True).post(a.link(row), {}).status_code == 403


@pytest.mark.parametrize("swept", [False, True])
def test_after_the_deadline_the_page_says_so_kindly(world: World, swept: bool) -> None:
    row = a.shift(a.invited(world), 15)
    if swept:
        sweep_open()
    assert Client().get(a.link(row)).status_code == 200
    assert "<form" not in main(Client().get(a.link(row)))
    late = a.answer(row, item_suggestion="迟到的话")
    assert late.status_code == 409
    assert "迟到的话" in main(late)
    assert not Response.objects.exists()


@pytest.mark.parametrize("swept", [False, True])
def test_a_reopened_case_takes_no_answer(world: World, swept: bool) -> None:
    row = a.invited(world)
    reopen_case(row.case, by=world.actor("hub_head"), reason="又漏了")
    if swept:
        sweep_open()
    page = Client().get(a.link(row))
    assert page.status_code == 200
    assert "<form" not in main(page)
    assert a.answer(row).status_code == 409
    assert not Response.objects.exists()


def test_a_stopped_survey_takes_no_answer(world: World) -> None:
    row = a.invited(world)
    questionnaires.stop_survey(row.survey, by=a.BY)
    assert "<form" not in main(Client().get(a.link(row)))
    assert a.answer(row).status_code == 409


@pytest.mark.req("SUR-45")
def test_a_colleague_does_not_answer_in_the_customers_place(world: World) -> None:
    row = a.invited(world)
    assert a.answer(row, client=client_of(world, "production_head")).status_code == 403
    assert not Response.objects.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"item_service_speed": ""}, ""),
        ({"item_service_speed": "o9"}, "o9"),
        ({"item_service_speed": "x" * 1_000_000}, ""),
        ({"comment_service_speed": "字" * 2001}, "2,001"),
        ({"item_suggestion": "字" * 1_000_000}, "1,000,000"),
        ({"item_suggestion": "\x00" * 10 + "字" * 2001}, ""),
        ({"submission_key": "x"}, ""),
    ],
)
def test_what_is_refused_comes_back_with_everything_that_was_given(
    world: World, changes: dict[str, str], words: str
) -> None:
    row = a.invited(world)
    answer = a.answer(row, **({"comment_quality_look": "包装很好"} | changes))
    assert answer.status_code == 422
    page = main(answer)
    assert "包装很好" in page
    assert "alert" in page
    form = next(form for form in forms_of(answer.content.decode()) if "submission_key" in form.names)
    assert form.values["item_quality_look"] == ["o1"]
    assert not Response.objects.exists()


@pytest.mark.parametrize("given", ["-1", "31", "7.5", "abc", "1e400", "NaN", "９９", ""])
def test_points_that_cannot_be_are_refused(world: World, given: str) -> None:
    row = a.invited(world, code="points_300")
    assert a.answer(row, item_bill=given).status_code == 422
    assert not Response.objects.exists()


def test_hostile_words_are_shown_as_they_were_written(world: World) -> None:
    row = a.invited(world)
    words = "<script>alert(1)</script>{{7*7}}\u202e' OR 1=1"
    page = main(a.answer(row, item_suggestion=words, item_service_speed=""))
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_questions_that_do_not_belong_to_it_are_not_kept(world: World) -> None:
    row = a.invited(world)
    assert a.answer(row, item_made_up="o1", comment_made_up="x").status_code == 302
    assert not Response.objects.get().given.filter(item="made_up").exists()


def test_opening_the_page_costs_a_few_queries(world: World, django_assert_max_num_queries: Any) -> None:
    row = a.invited(world)
    Client().get(a.link(row))
    with django_assert_max_num_queries(6):
        Client().get(a.link(row))


# --- On paper --------------------------------------------------------------------------------------------------


def test_the_printed_code_leads_to_the_link(world: World) -> None:
    row = a.invited(world)
    client = client_of(world, "quality_head")
    answer = client.get(f"/surveys/invitations/{row.pk}/paper.pdf")
    assert answer.status_code == 200
    assert answer.content.startswith(b"%PDF-")
    assert b"<path" in code_of(f"https://x.example{a.link(row)}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit_reading WHERE thread = %s AND what = 'print'", [row.thread])
        assert cursor.fetchone() == (1,)
    assert client_of(world, "hub_head").get(f"/surveys/invitations/{row.pk}/paper.pdf").status_code == 403
    a.shift(row, 15)
    assert client.get(f"/surveys/invitations/{row.pk}/paper.pdf").status_code == 409


def test_who_has_no_address_is_asked_on_paper_by_a_button(world: World) -> None:
    row = a.invited(world, mail="", phone="0512-62345678")
    client = client_of(world, "quality_head")
    assert f"/surveys/invitations/{row.pk}/ask/" in client.get(f"/surveys/{row.survey_id}/").content.decode()
    assert client.post(f"/surveys/invitations/{row.pk}/ask/").status_code == 302
    assert "paper.pdf" in client.get(f"/surveys/{row.survey_id}/").content.decode()
    assert a.answer(again(row)).status_code == 302
    assert client.post(f"/surveys/invitations/{row.pk}/ask/").status_code == 409


def test_every_link_is_a_secret_of_its_own(world: World) -> None:
    tokens = {link_token(case, round_) for case in range(50) for round_ in range(4)}
    assert len(tokens) == 200
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", token) for token in tokens)
    row = a.invited(world)
    with connection.cursor() as cursor:
        cursor.execute("SELECT i::text FROM surveys_invitation i")
        assert link_token(row.case_id, 1) not in str(cursor.fetchall())
        cursor.execute("SELECT m::text FROM notifications_message m")
        assert link_token(row.case_id, 1) not in str(cursor.fetchall())


def test_the_message_carries_the_link(world: World, settings: Any) -> None:
    from notifications import templates
    from notifications.models import Message

    row = a.invited(world)
    message = Message.objects.get(kind="survey_invited")
    said = templates.render(
        templates.template_of(message.kind), message.context, language="zh-hans", path="", thread=message.thread
    )
    assert a.link(row) in said.body
    assert a.link(row) not in said.kept_body
    assert row.case.number in said.subject


def test_an_erased_case_takes_no_answer(world: World) -> None:
    row = a.invited(world)
    Case.objects.filter(pk=row.case_id).update(erased_at=timezone.now())
    sweep_open()
    assert a.answer(row).status_code == 409
