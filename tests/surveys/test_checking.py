"""Checking whether answers are genuine, and correcting them: the first value is kept for ever (SUR-21)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from audit.exceptions import InvalidInput, InvalidMove
from audit.models import Event, Sealed
from surveys.actions.checking import check_response, correct_answer
from surveys.actions.tallying import tally
from surveys.models import Answer, FollowUp, Response, Tally
from tests import world as w
from tests.forms import submit
from tests.surveys import answers as a
from tests.world import World, client_of

pytestmark = [pytest.mark.django_db, pytest.mark.req("SUR-21")]


@pytest.fixture
def answer(world: World) -> Response:
    return a.answered(w.closed(world), "o2", delivery_time="o3:晚了")


def events(response: Response, verb: str) -> list[Event]:
    return list(Event.objects.filter(thread=response.thread, verb=verb))


def test_quality_finds_an_answer_genuine_through_the_page(world: World, answer: Response) -> None:
    who = client_of(world, "quality_handler")
    done = submit(who, f"/surveys/responses/{answer.pk}/check/", genuine="genuine", reason="已电话核实")
    assert done.status_code == 302, done.content.decode()
    row = Response.objects.get(pk=answer.pk)
    assert (row.genuine, row.genuine_reason, row.checked_by) == ("genuine", "已电话核实", world.quality_handler)
    (event,) = events(answer, "check_response")
    assert event.changes["genuine"] == ["unchecked", "genuine"]
    assert "已电话核实" not in str(event.changes)
    assert Sealed.objects.filter(event=event).exists()


def test_a_doubtful_answer_needs_a_reason_and_counts_no_more(world: World, answer: Response) -> None:
    who, url = client_of(world, "quality_handler"), f"/surveys/responses/{answer.pk}/check/"
    tally()
    refused = submit(who, url, genuine="doubtful", reason="")
    assert refused.status_code == 422
    assert submit(who, url, genuine="doubtful", reason="客户说没有填过").status_code == 302
    assert not Tally.objects.exclude(responses=0).exists()
    again = submit(who, url, genuine="doubtful", reason="客户说没有填过")
    assert again.status_code == 409
    assert "客户说没有填过" in again.content.decode()


def test_who_filled_it_in_or_is_judged_by_it_does_not_check_it(world: World) -> None:
    row = a.on_behalf(world, w.closed(world))
    Response.objects.filter(pk=row.pk).update(person=world.quality_handler)
    for name in ("sales_handler", "quality_handler"):
        with pytest.raises(InvalidMove):
            check_response(row, "genuine", by=world.actor(name))
        with pytest.raises(InvalidMove):
            correct_answer(row.given.first(), "o3", by=world.actor(name), reason="x")  # type: ignore[arg-type]
    check_response(row, "genuine", by=world.actor("quality_head"))


@pytest.mark.parametrize("name", ["agent", "production_head", "manager", "auditor", "production_handler"])
def test_only_quality_checks_and_corrects(world: World, answer: Response, name: str) -> None:
    who, given = client_of(world, name), answer.given.first()
    assert given is not None
    page = who.get(f"/surveys/responses/{answer.pk}/")
    assert page.status_code == 200
    assert "/check/" not in page.content.decode()
    assert who.get(f"/surveys/responses/{answer.pk}/check/").status_code == 403
    assert who.get(f"/surveys/responses/{answer.pk}/correct/{given.pk}/").status_code == 403


def test_a_correction_keeps_the_first_value_and_scores_anew(world: World, answer: Response) -> None:
    given = answer.given.get(item="delivery_time")
    url = f"/surveys/responses/{answer.pk}/correct/{given.pk}/"
    who = client_of(world, "quality_handler")
    assert (answer.total, answer.satisfied) == (43, 10)
    assert submit(who, url, option="o1", reason="纸质表录入错误").status_code == 302
    assert submit(who, url, option="o2", reason="再次核对").status_code == 302
    found, row = Answer.objects.get(pk=given.pk), Response.objects.get(pk=answer.pk)
    assert (found.first, found.option, found.value) == ("o3", "o2", Decimal(4))
    assert (found.comment, found.corrected_reason) == ("晚了", "再次核对")
    assert (row.total, row.satisfied, row.answers) == (44, 11, 11)
    first, second = events(answer, "correct_answer")
    assert (first.changes["option"], second.changes["option"]) == (["o3", "o1"], ["o1", "o2"])
    page = who.get(f"/surveys/responses/{answer.pk}/").content.decode()
    assert "再次核对" in page
    assert "基本满意" in page


@pytest.mark.parametrize(("option", "reason"), [("o1", ""), ("o9", "错"), ("o3", "没有变")])
def test_a_wrong_correction_is_refused_with_a_sentence(
    world: World, answer: Response, option: str, reason: str
) -> None:
    given = answer.given.get(item="delivery_time")
    tally()
    before = list(Tally.objects.order_by("pk").values())
    with pytest.raises(InvalidInput) as refusal:
        correct_answer(given, option, by=world.actor("quality_handler"), reason=reason)
    assert refusal.value.message
    assert list(Tally.objects.order_by("pk").values()) == before
    answered = submit(
        client_of(world, "quality_handler"), f"/surveys/responses/{answer.pk}/correct/{given.pk}/", option=option,
        reason=reason,
    )  # fmt: skip
    assert answered.status_code == 422


def test_words_are_never_corrected(world: World) -> None:
    row = a.answered(w.closed(world), suggestion="希望快一点")
    given = row.given.get(item="suggestion")
    with pytest.raises(InvalidInput):
        correct_answer(given, "o1", by=world.actor("quality_handler"), reason="错")
    who = client_of(world, "quality_handler")
    assert who.get(f"/surveys/responses/{row.pk}/correct/{given.pk}/").status_code == 404
    other = a.answered(w.closed(world)).given.first()
    assert other is not None
    assert who.get(f"/surveys/responses/{row.pk}/correct/{other.pk}/").status_code == 404


@pytest.mark.req("SUR-27")
def test_a_value_that_is_low_only_now_is_followed_up_once(world: World, answer: Response) -> None:
    given = answer.given.get(item="price_parts")
    assert [row.reason for row in FollowUp.objects.all()] == ["remark"]
    by = world.actor("quality_handler")
    correct_answer(given, "o5", by=by, reason="录入错误")
    correct_answer(Answer.objects.get(pk=given.pk), "o4", by=by, reason="再核对")
    assert sorted((row.reason, row.item) for row in FollowUp.objects.all()) == [("low", "price_parts"), ("remark", "")]


@pytest.mark.req("RES-15")
def test_correcting_whether_it_is_solved_follows_too(world: World) -> None:
    version = a.version_of("callback")
    row = a.fill_in(
        w.closed(world), version, a.said(version, "o1"), by=world.actor("sales_handler"),
        origin=a.Origin("collected", asked_by=world.sales_handler),
    )  # fmt: skip
    assert row.solved is True
    correct_answer(row.given.get(item="solved"), "o2", by=world.actor("quality_handler"), reason="听录音")
    assert Response.objects.get(pk=row.pk).solved is False
    assert [(one.reason, one.item) for one in FollowUp.objects.all()] == [("unsolved", "solved")]
