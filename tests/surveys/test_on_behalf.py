"""Staff ask or collect for a customer who cannot write: marked, and left out of personal appraisal."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.translation import gettext

from audit.exceptions import InvalidInput, InvalidMove
from cases.models import Case, Round
from returns.models import ReturnSlip
from surveys.actions.answering import Filled, Given, Origin, answer_invitation
from surveys.actions.drawing import draw_callbacks, withdraw_callbacks
from surveys.actions.on_behalf import fill_in_for
from surveys.models import Callback, Invitation, Questionnaire, Response
from surveys.presets import FIVE_LEVEL
from tests import forms
from tests import world as w
from tests.races import Race
from tests.returns import trade as t
from tests.surveys import asked as a
from tests.surveys import callbacks as c
from tests.world import World, client_of

pytestmark = [pytest.mark.django_db, pytest.mark.req("SUR-17", "SUR-45", "A-50"), pytest.mark.system("S48")]
GIVEN = {item.code: Given("o2") for item in FIVE_LEVEL.counted}
ANSWERS = {f"item_{code}": "o2" for code in GIVEN}


@pytest.fixture
def case(world: World) -> Case:
    """A closed case, and the survey by link."""
    c.survey("link")
    return c.closed(world, "P1")


def page(case: Case) -> str:
    return f"/surveys/fill-in/{case.number}/"


def origin(world: World, **values: object) -> Origin:
    given = {"source": "proxy", "asked_by": world.sales_handler, "situation": "上门服务"} | values
    return Origin(**given)  # type: ignore[arg-type]


def test_an_answer_on_behalf_is_marked_with_the_askers_name(world: World, case: Case) -> None:
    client = client_of(world, "production_head")
    answer = forms.submit(
        client, page(case), source="collected", situation="上门服务", said_by="周慧", **ANSWERS
    )  # fmt: skip
    assert answer.status_code == 302
    row = Response.objects.get()
    assert (row.source, row.asked_by, row.entered_by) == ("collected", world.production_head, world.production_head)
    assert (row.situation, row.said_by, row.personal) == ("上门服务", "周慧", False)


def test_a_colleague_may_have_asked(world: World, case: Case) -> None:
    client = client_of(world, "agent2")
    answer = forms.submit(
        client, page(case), source="proxy", situation="电话", asked_by="", asked_by_text="冯娟", **ANSWERS
    )  # fmt: skip
    assert answer.status_code == 302
    assert Response.objects.get().asked_by == world.sales_handler


@pytest.mark.req("SUR-15")
@pytest.mark.gate(9)
def test_who_worked_on_the_case_does_not_speak_for_its_customer(world: World, case: Case) -> None:
    version, mine = c.version("five_level"), {"by": world.actor("agent2"), "origin": origin(world)}
    for wrong in (
        {"by": world.actor("production_handler")},
        {"origin": origin(world, asked_by=world.production_head)},
    ):
        with pytest.raises(InvalidMove):
            fill_in_for(case, version, Filled(GIVEN), **(mine | wrong))  # type: ignore[arg-type]
    assert not Response.objects.exists()


@pytest.mark.req("SUR-45")
def test_a_paper_form_that_staff_took_back_keeps_nobody_from_being_asked(world: World, case: Case) -> None:
    link = a.invitation(case)
    by = origin(world, source="collected", asked_by=world.production_handler)
    fill_in_for(case, c.version("five_level"), Filled(GIVEN), by=world.actor("production_handler"), origin=by)
    link.refresh_from_db()
    assert link.state == "open"
    assert answer_invitation(link, a.filled()).source == "link"


@pytest.mark.parametrize(
    "wrong",
    [
        {"source": "callback"},
        {"source": ""},
        {"situation": ""},
        {"situation": "长" * 121},
        {"asked_by": "", "asked_by_text": ""},
        {"asked_by": "", "asked_by_text": "没有这个人"},
        {"asked_by": "999999999999999999", "asked_by_text": "x"},
        {"item_service_speed": ""},
        {"item_service_speed": "o9"},
        {"submission_key": "nonsense"},
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(world: World, case: Case, wrong: dict[str, str]) -> None:
    given = {"source": "proxy", "situation": "上门", "asked_by": str(world.agent.pk), "asked_by_text": "林晓"} | ANSWERS
    given |= {"item_suggestion": "希望周末也能上门"} | wrong
    answer = client_of(world, "agent").post(page(case), given)
    assert answer.status_code == 422
    assert "希望周末也能上门" in answer.content.decode()
    assert not Response.objects.exists()


def test_who_is_barred_neither_asks_nor_finds_the_case(world: World, case: Case) -> None:
    Case.objects.filter(pk=case.pk).update(barred=[-world.production_handler.pk])
    case.refresh_from_db()
    barred = origin(world, asked_by=world.production_handler)
    with pytest.raises(InvalidInput) as refusal:
        fill_in_for(case, c.version("five_level"), Filled(GIVEN), by=world.actor("agent2"), origin=barred)
    assert refusal.value.field == "asked_by"
    assert client_of(world, "production_handler").get(page(case)).status_code == 404
    assert client_of(world, "finance_handler").get(page(case)).status_code == 404
    assert client_of(world, "auditor").get(page(case)).status_code == 403
    assert client_of(world, "administrator").get(page(case)).status_code == 404


@pytest.mark.parametrize("outcome", ["withdrawn", "invalid", "duplicate", "declined", "imported"])
def test_only_cases_that_are_asked_about_are_filled_in(world: World, case: Case, outcome: str) -> None:
    Round.objects.filter(case=case).update(outcome=outcome)
    with pytest.raises(InvalidMove):
        fill_in_for(case, c.version("five_level"), Filled(GIVEN), by=world.actor("agent2"), origin=origin(world))
    shown = client_of(world, "agent").get(page(case)).content.decode()
    assert "item_service_speed" not in shown


def test_an_open_case_is_not_filled_in(world: World) -> None:
    c.survey("link")
    case = w.received(world)
    shown = client_of(world, "agent").get(page(case))
    assert shown.status_code == 200
    assert "item_service_speed" not in shown.content.decode()
    answer = client_of(world, "agent").post(
        page(case), {"source": "proxy", "situation": "上门", "asked_by": str(world.agent.pk)} | ANSWERS
    )  # fmt: skip
    assert answer.status_code == 422


def test_a_round_is_answered_once(world: World, case: Case) -> None:
    now, calls = timezone.now(), c.survey("callback")
    draw_callbacks()
    link = Invitation.objects.create(
        survey=calls, case=case, round=1, key="k", invited_at=now, deadline_at=now + timedelta(days=3)
    )
    key, other = uuid.uuid4(), c.copies(case, 1)[0]
    by, version = world.actor("agent2"), c.version("five_level")
    first = fill_in_for(case, version, Filled(GIVEN, "", key), by=by, origin=origin(world))
    assert fill_in_for(case, version, Filled(GIVEN, "", key), by=by, origin=origin(world)) == first
    with pytest.raises(InvalidMove, match=gettext("This customer has answered about the case already.")):
        fill_in_for(case, version, Filled(GIVEN), by=by, origin=origin(world))
    with pytest.raises(InvalidMove):
        fill_in_for(other, version, Filled(GIVEN, "", key), by=by, origin=origin(world))
    link.refresh_from_db()
    assert (link.state, link.ended_at is not None) == ("withdrawn", True)
    assert withdraw_callbacks() == 1
    assert Callback.objects.get(case=case).state == "withdrawn"
    assert "item_service_speed" not in client_of(world, "agent").get(page(case)).content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_form_sent_twice_at_once_is_kept_once_and_both_find_it(world: World, race: Race) -> None:
    c.survey("link")
    case, filled = c.closed(world, "P1"), Filled(GIVEN, "", uuid.uuid4())
    by, version = world.actor("agent2"), c.version("five_level")
    acts = [lambda: fill_in_for(case, version, filled, by=by, origin=origin(world)) for _ in range(2)]
    assert race.run(*acts) == [True, True]
    assert Response.objects.count() == 1


def test_another_questionnaire_can_be_chosen(world: World, case: Case) -> None:
    c.version("callback")
    client = client_of(world, "agent")
    assert "item_service_speed" in client.get(page(case)).content.decode()
    chosen = client.get(page(case) + "?questionnaire=callback").content.decode()
    assert "item_overall" in chosen
    assert "item_service_speed" in client.get(page(case) + "?questionnaire=none").content.decode()


def test_without_any_questionnaire_the_page_says_so(world: World) -> None:
    case = c.closed(world, "P1")
    Questionnaire.objects.update(retired_at=timezone.now())
    shown = client_of(world, "agent").get(page(case)).content.decode()
    assert gettext("There is no questionnaire yet") in shown
    assert "<form" not in shown.partition("<main")[2].partition("</main>")[0]


@pytest.mark.req("SUR-15")
@pytest.mark.gate(9)
def test_who_repaired_or_inspected_a_return_of_the_case_does_not_speak_for_its_customer(trade: World) -> None:
    c.survey("link")
    case, slip = c.closed(trade, "P1"), t.passed(trade)
    ReturnSlip.objects.filter(pk=slip.pk).update(case=case)
    version = Questionnaire.objects.get(code="five_level").versions.get()
    names = {user.pk: name for name, user in trade.users.items()}
    for user in {slip.repair.repairer_id, *slip.inspections.values_list("by", flat=True)}:
        asked = origin(trade, asked_by=trade.users[names[user]])
        with pytest.raises(
            InvalidMove,
            match=gettext("Whoever worked on a case does not ask its customer. A colleague must fill this in."),
        ):
            fill_in_for(case, version, Filled(GIVEN), by=trade.actor(names[user]), origin=asked)
    fill_in_for(case, version, Filled(GIVEN), by=trade.actor("sales_handler"), origin=origin(trade))
