"""Whoever is asked is asked once, by one way; what follows lasts until it is looked into; small groups stay small."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from audit.exceptions import InvalidMove
from audit.models import Event
from cases.actions.closure import reopen_case
from cases.models import Case, Hold
from organization.models import Department
from organization.queries import identity_of
from surveys.actions import answering, drawing, follow_ups, inviting, questionnaires, tallying
from surveys.models import Callback, Draw, FollowUp, Invitation, QuestionnaireVersion, Response, Survey
from surveys.queries.results import Line as Row
from surveys.queries.results import Wanted, hide, last_months, results_of
from tests import world as w
from tests.races import Race
from tests.surveys import asked as a
from tests.surveys import callbacks as c
from tests.world import World

pytestmark = pytest.mark.django_db
LONG = timedelta(days=25)


def closed_long_ago(world: World, survey: Survey, **values: Any) -> Case:
    """Closed so long ago that the working days are over, while the survey was on."""
    case, at = w.closed(world, **values), timezone.now() - LONG
    case.rounds.update(closed_at=at, ended_at=at)
    Case.objects.filter(pk=case.pk).update(closed_at=at)
    Survey.objects.filter(pk=survey.pk).update(started_at=at - LONG, asks_since=at - LONG, swept_until=at - LONG)
    return Case.objects.get(pk=case.pk)


@pytest.mark.req("SUR-14")
@pytest.mark.parametrize("state", ["waiting", "done", "refused"])
def test_whoever_is_called_or_did_not_want_to_answer_gets_no_link(world: World, state: str) -> None:
    case = closed_long_ago(world, a.running())
    ended = {} if state == "waiting" else {"ended_at": timezone.now()}
    a.callback(case, state=state, **ended)
    inviting.sweep_invitations()
    row = Invitation.objects.get()
    assert (row.state, row.why) == ("left_out", "called")


@pytest.mark.req("SUR-14")
def test_whoever_has_a_link_to_answer_by_is_not_called(world: World) -> None:
    c.desk(world)
    survey = c.survey()
    case = c.closed(world, "P1")
    row = a.invitation(case)
    drawing.draw_callbacks()
    assert not Callback.objects.exists()
    assert Draw.objects.get(level="P1").required == 1
    Invitation.objects.filter(pk=row.pk).update(state="expired", ended_at=timezone.now())
    drawing.draw_callbacks()
    assert Callback.objects.get().draw.survey == survey


@pytest.mark.req("SUR-10", "SUR-14")
def test_another_version_goes_on_where_the_first_one_was(world: World) -> None:
    first = a.running()
    case = closed_long_ago(world, first)
    questionnaires.start_survey("link", a.version("points_300"), by=world.actor("quality_head"), replacing=first)
    inviting.sweep_invitations()
    assert Invitation.objects.get().case == case

    c.desk(world)
    calls = c.survey()
    c.closed(world, "P1")
    drawing.draw_callbacks()
    second = questionnaires.start_survey("callback", a.version(), by=world.actor("quality_head"), replacing=calls)
    drawing.withdraw_callbacks()
    drawing.draw_callbacks()
    assert list(Draw.objects.filter(level="P1").values_list("survey", "closed", "required")) == [(second.pk, 1, 1)]
    assert Callback.objects.get().state == "waiting"


@pytest.mark.req("SUR-25", "SUR-26", "A-09")
@pytest.mark.system("S53")
def test_a_form_graded_as_dissatisfied_is_followed_up_though_no_item_is_low(world: World) -> None:
    row = a.invitation(w.closed(world), a.running(code="points_300"))
    response = answering.answer_invitation(row, a.filled("points_300", option="20"))
    assert (response.points, response.band) == (200, "dissatisfied")
    assert list(response.follow_ups.values_list("reason", "item")) == [("grade", "")]


@pytest.mark.req("RES-15")
def test_a_proposal_of_an_earlier_round_reopens_no_later_one(world: World) -> None:
    response = a.answered(world, option="o4")
    row = follow_ups.propose_reopening(FollowUp.objects.all()[0], by=world.actor("quality_head"), reason="仍漏水")
    Case.objects.filter(pk=response.case_id).update(round=2)
    follow_ups.decide_reopening(row, by=world.actor("hub_head"), granted=True)
    case = Case.objects.get(pk=response.case_id)
    assert (case.round, case.state) == (2, "closed")


@pytest.mark.req("SUR-26")
def test_a_case_taken_up_again_waits_for_what_is_still_to_be_looked_into(world: World) -> None:
    response = a.answered(world, option="o1", price_parts="o5")
    row = FollowUp.objects.get()
    reopen_case(Case.objects.get(pk=response.case_id), by=world.actor("hub_head"), reason="又漏水")
    assert (follow_ups.hold_reopened(), follow_ups.hold_reopened()) == (1, 0)
    hold = Hold.objects.get()
    assert hold.url == f"/surveys/follow-ups/{row.pk}/"
    follow_ups.finish_follow_up(row, follow_ups.Finding("价格未公示", "已公示"), by=world.actor("production_head"))
    hold.refresh_from_db()
    assert hold.released_at is not None


@pytest.mark.req("SUR-21")
def test_a_call_that_is_not_genuine_fills_no_quota(world: World) -> None:
    from surveys.actions.checking import check_response

    c.desk(world)
    c.survey()
    case = c.closed(world, "P1")
    drawing.draw_callbacks()
    response = c.call(Callback.objects.get(case=case), c.filled(), by=c.actor(world))
    c.copies(case, 1)
    check_response(response, "doubtful", by=world.actor("quality_head"), reason="号码不是客户的")
    drawing.draw_callbacks()
    assert Draw.objects.get(level="P1").required == 2
    assert Callback.objects.filter(state="waiting").count() == 1


@pytest.mark.req("SEC-08")
def test_who_only_follows_a_case_reads_no_answers_about_it(world: World) -> None:
    response = a.answered(world, w.closed(world))
    Case.objects.filter(pk=response.case_id).update(
        first_asked=world.sales_handler, readers=[-world.sales_handler.pk], owner=world.agent
    )
    case = Case.objects.get(pk=response.case_id)
    assert Case.objects.visible_to(identity_of(world.sales_handler)).filter(pk=case.pk).exists()
    assert not Response.objects.visible_to(identity_of(world.sales_handler)).exists()
    assert Response.objects.visible_to(identity_of(world.hub_head)).exists()


# --- Small groups --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [([10, 9, 4], {4, 9}), ([10, 9, 2, 1], {9, 2, 1}), ([10, 9, 3, 2], {3, 2}), ([3, 1], {3, 1}), ([9, 8], set())],
)
def test_what_is_hidden_is_more_than_one_line_and_enough_people(counts: list[int], hidden: set[int]) -> None:
    shown = hide([Row(n, str(n), responses=n) for n in counts], 5)
    assert {line.key for line in shown if line.hidden} == hidden


@pytest.mark.req("SUR-24")
def test_one_department_alone_does_not_tell_what_the_few_others_said(world: World) -> None:
    survey, case = a.running(), w.closed(world)
    made = [("production", 6), ("sales", 2)]
    for code, n in made:
        unit = Department.objects.get(code=code)
        for _n in range(n):
            response = answering.answer_invitation(a.invitation(a_copy(case), survey), a.filled())
            Response.objects.filter(pk=response.pk).update(department=unit)
    tallying.tally()
    since, until = last_months(timezone.localdate())
    version = QuestionnaireVersion.objects.get(pk=survey.version_id)
    production = Department.objects.get(code="production")
    alone = Wanted(version, since, until, frozenset({production.pk}), production)
    assert results_of(alone).too_few
    assert not results_of(Wanted(version, since, until)).too_few


def a_copy(case: Case) -> Case:
    return c.copies(case, 1)[0]


# --- One settling answer a round ---------------------------------------------------------------------------------


def answer_of(case: Case, source: str, world: World, **values: Any) -> Response:
    """A response as it is written, whatever was looked at before."""
    if source in {"proxy", "collected"}:
        values |= {"asked_by": world.sales_handler, "personal": False}
    return Response(
        case=case, round=case.round, version=c.version(), source=source, submitted_at=timezone.now(), **values
    )  # fmt: skip


@pytest.mark.req("SUR-17", "SUR-45")
def test_the_database_keeps_one_settling_answer_a_round(world: World) -> None:
    case = w.closed(world)
    for source, genuine in (("collected", "unchecked"), ("collected", "unchecked"), ("proxy", "doubtful")):
        answer_of(case, source, world, genuine=genuine).save()
    answering._insert(answer_of(case, "proxy", world))
    with pytest.raises(InvalidMove, match=gettext("This customer has answered about the case already.")):
        answering._insert(answer_of(case, "proxy", world))
    Case.objects.filter(pk=case.pk).update(round=2)
    answering._insert(answer_of(Case.objects.get(pk=case.pk), "proxy", world))


@pytest.mark.req("SUR-21")
def test_an_answer_found_genuine_after_all_does_not_count_beside_a_later_one(world: World) -> None:
    from surveys.actions.checking import check_response

    case, by = w.closed(world), world.actor("quality_head")
    first = answer_of(case, "proxy", world)
    first.save()
    check_response(first, "doubtful", by=by, reason="号码不是客户的")
    answer_of(case, "proxy", world).save()
    with pytest.raises(
        InvalidMove, match=gettext("The customer has answered again since; only one of both can count.")
    ):
        check_response(first, "genuine", by=by)
    first.refresh_from_db()
    assert first.genuine == "doubtful"


@pytest.mark.django_db(transaction=True)
def test_of_two_answers_at_once_one_settles_the_round_though_nobody_holds_the_case(world: World, race: Race) -> None:
    version = c.version("five_level")
    origin = answering.Origin("proxy", asked_by=world.sales_handler, situation="上门服务")
    template = w.closed(world)
    for case in c.copies(template, 10):

        @transaction.atomic
        def keep(case: Case = case) -> object:
            asked = answering.Asked(Case.objects.get(pk=case.pk), 1, version)
            return answering.keep(asked, a.filled(), origin, by=world.actor("sales_handler"))

        assert sorted(race.run(keep, keep)) == [False, True]
        row = Response.objects.get(case=case)
        assert row.given.exists()
        assert Event.objects.filter(thread=row.thread, verb="answer_survey").count() == 1
