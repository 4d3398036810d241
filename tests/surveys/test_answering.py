"""From what was filled in to a response: once, in time, complete, scored, and marked where staff filled it in."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from audit.exceptions import InvalidInput, InvalidMove
from audit.models import Event
from cases.actions.closure import reopen_case
from cases.models import Case
from notifications.models import Message
from surveys.actions import answering
from surveys.actions.answering import LONGEST_COMMENT, Filled, Given, Origin
from surveys.models import Answer, FollowUp, Invitation, QuestionnaireVersion, Response
from tests import world as w
from tests.surveys import asked as a
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.mark.req("SUR-22", "SUR-23", "FX-01", "FX-02", "A-09")
def test_an_answer_is_converted_scored_and_kept_with_what_it_was_about(world: World) -> None:
    case = w.closed(world)
    response = a.answered(world, case, option="o2", quality_look="o4", words="包装太薄")
    assert (response.answers, response.total, response.satisfied) == (11, Decimal(42), 10)
    assert Answer.objects.get(response=response, item="quality_look").value == 2
    case.refresh_from_db()
    assert (response.department, response.product) == (case.lead_department, case.product)
    assert response.person == world.production_head
    event = Event.objects.filter(thread=response.thread, verb="answer_survey").get()
    assert "包装太薄" not in str(event.changes)


@pytest.mark.req("SUR-26", "SUR-27", "SUR-38")
@pytest.mark.form("F71")
def test_each_dissatisfied_item_and_what_was_said_opens_a_follow_up_of_its_own(world: World) -> None:
    response = a.answered(world, option="o1", quality_look="o4", price_parts="o5", words="配件太贵")
    found = {(row.reason, row.item) for row in FollowUp.objects.filter(response=response)}
    assert found == {("low", "quality_look"), ("low", "price_parts"), ("remark", "")}
    row = FollowUp.objects.filter(response=response).first()
    assert row is not None
    assert (row.owner, row.department) == (world.production_head, world.production)
    assert row.due_on > timezone.localdate()
    assert Message.objects.filter(kind="follow_up_opened", user=row.owner).exists()


def test_a_content_customer_opens_nothing(world: World) -> None:
    a.answered(world, option="o1")
    assert not FollowUp.objects.exists()


@pytest.mark.req("SUR-14", "RES-15")
def test_what_did_not_stay_solved_is_followed_up(world: World) -> None:
    case = w.closed(world)
    call = a.callback(case)
    said = a.filled("callback", solved="o2")
    with transaction.atomic():
        about = answering.Asked(case, case.round, call.draw.survey.version)
        response = answering.keep(about, said, Origin("callback", callback=call), by=world.actor("agent"))
    assert response.solved is False
    assert FollowUp.objects.get().reason == "unsolved"


def test_a_link_is_answered_once_and_the_same_submission_finds_its_answer(world: World) -> None:
    row, said = a.invitation(w.closed(world)), replace(a.filled(), submission_key=uuid.uuid4())
    first = answering.answer_invitation(row, said)
    assert answering.answer_invitation(row, said) == first
    with pytest.raises(InvalidMove):
        answering.answer_invitation(row, replace(said, submission_key=uuid.uuid4()))
    assert Response.objects.count() == 1


def test_late_withdrawn_or_taken_up_again_a_link_takes_no_answer(world: World) -> None:
    late = a.invitation(w.closed(world), deadline_at=timezone.now() - timedelta(seconds=1))
    gone = a.invitation(w.closed(world), state=Invitation.State.WITHDRAWN, ended_at=timezone.now())
    case = w.closed(world)
    again = a.invitation(case)
    reopen_case(Case.objects.get(pk=case.pk), by=world.actor("hub_head"), reason="又漏水")
    for row in (late, gone, again):
        with pytest.raises(InvalidMove):
            answering.answer_invitation(row, a.filled())
    assert not Response.objects.exists()


@pytest.mark.parametrize(
    ("item", "given"),
    [
        ("quality_look", Given("o9")),
        ("quality_look", Given("")),
        ("quality_look", Given("o1", "长" * (LONGEST_COMMENT + 1))),
        ("suggestion", Given("o1")),
        ("nothing_of_it", Given("o1")),
    ],
)
def test_what_does_not_fit_the_questionnaire_is_refused_at_its_question(world: World, item: str, given: Given) -> None:
    row, said = a.invitation(w.closed(world)), a.filled()
    with pytest.raises(InvalidInput) as refusal:
        answering.answer_invitation(row, Filled(dict(said.given) | {item: given}))
    assert refusal.value.field == item
    assert not Response.objects.exists()


@pytest.mark.req("SUR-25", "FX-04")
@pytest.mark.gate(20)
@pytest.mark.parametrize(
    ("first", "band"), [("30", "satisfied"), ("29", "basic"), ("0", "basic"), ("31", ""), ("-1", ""), ("2.5", "")]
)
def test_points_are_graded_and_only_whole_ones_are_taken(world: World, first: str, band: str) -> None:
    row = a.invitation(w.closed(world), a.running(code="points_300"))
    marks = dict.fromkeys(("received", "repaired", "bill", "handed", "duration", "listened"), "25")
    said = a.filled("points_300", option="0", explained=first, assisted="30", condition="15", lounge="15", **marks)
    if band:
        response = answering.answer_invitation(row, said)
        assert response.points == Decimal(first) + 210
        assert response.band == band
    else:
        with pytest.raises(InvalidInput):
            answering.answer_invitation(row, said)


@pytest.mark.req("SUR-17", "SUR-45", "A-50")
def test_what_staff_filled_in_names_the_asker_and_judges_nobody(world: World) -> None:
    case = w.closed(world)
    response = a.on_behalf(world, case)
    assert (response.source, response.asked_by, response.situation) == ("proxy", world.sales_handler, "上门服务")
    assert response.personal is False
    with pytest.raises(InvalidMove):
        a.on_behalf(world, case)
    with pytest.raises(IntegrityError), transaction.atomic():
        Response.objects.filter(pk=response.pk).update(personal=True)


def test_nobody_is_asked_about_what_did_not_end_as_settled(world: World) -> None:
    with pytest.raises(InvalidMove):
        a.on_behalf(world, w.received(world))


@pytest.mark.req("SUR-10")
def test_a_published_questionnaire_never_changes() -> None:
    version = a.version()
    with pytest.raises(IntegrityError), transaction.atomic():
        QuestionnaireVersion.objects.filter(pk=version.pk).update(number=2)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM surveys_questionnaireversion")


@pytest.mark.system("S48")
def test_a_key_used_at_once_for_two_cases_loses_no_answer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    key, first, second = uuid.uuid4(), a.invitation(w.closed(world)), a.invitation(w.closed(world))
    monkeypatch.setattr(answering, "_known", lambda _key: None)  # neither has been kept when both are looked up
    for row, kept in ((first, key), (second, None)):
        assert answering.answer_invitation(row, replace(a.filled(), submission_key=key)).submission_key == kept
    case, filled = w.closed(world), replace(a.filled(), submission_key=key)
    origin = Origin("proxy", asked_by=world.sales_handler, situation="上门服务")
    with pytest.raises(InvalidMove):
        answering.fill_in(case, a.version(), filled, by=world.actor("sales_handler"), origin=origin)
