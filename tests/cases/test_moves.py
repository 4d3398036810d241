"""What is offered is exactly what may be done; who was slower is told what changed."""

from __future__ import annotations

import inspect

import pytest
from django.urls import resolve, reverse

from audit.exceptions import StaleRecord
from cases import rights
from cases.actions import assignment, intake, internal, investigation, sweep
from cases.lifecycle import MOVES
from cases.models import Case, CaseClock
from cases.queries import moves
from cases.queries.moves import ACTS, PART_ACTS
from tests import world as w
from tests.cases.desk import SHEET, Person, fresh
from tests.world import World

#: Moves of other pages or of the system.
ELSEWHERE = {"open"}


# --- One word ------------------------------------------------------------------------------------------------


@pytest.mark.req("RES-20")
def test_every_move_has_a_button_an_address_and_a_view_of_the_same_word() -> None:
    acts = {*ACTS, *PART_ACTS}
    assert set(MOVES) - ELSEWHERE <= acts
    for act in acts:
        args = ["2026-000001"] if act in ACTS else ["2026-000001", 1]
        url = reverse(f"case_{act}", args=args)
        assert url.rstrip("/").split("/")[-1] == act
        assert inspect.unwrap(resolve(url).func).__name__ == act


def test_the_word_of_an_act_is_the_word_of_its_right() -> None:
    assert set(ACTS) <= set(rights.PERMISSIONS)
    assert set(PART_ACTS) - {"decide_approval"} <= set(rights.PERMISSIONS)  # its right is that of the step asked
    assert all(move.permission == name for name, move in MOVES.items() if name != "open")


# --- Exactly what may be done -----------------------------------------------------------------------------------

STAGES = ("log_call", "acknowledged", "dispatched", "received", "handled", "replied", "satisfied", "closed")


@pytest.mark.parametrize("stage", STAGES)
def test_what_is_offered_opens_and_what_is_not_offered_is_refused(world: World, stage: str) -> None:
    case = getattr(w, stage)(world)
    for name in ("agent", "production_head", "quality_head", "auditor"):
        person = Person(world, name)
        page = person.see(case)
        if page.status_code == 404:
            continue
        offered = person.offers(case)
        for offer in [*offered.head, *offered.more, *(o for found in offered.parts.values() for o in found)]:
            assert person.client.get(offer.url, headers=SHEET).status_code == 200, (name, stage, offer.name)
        for act in set(ACTS) - offered.names() - set(moves._CONDITIONS):
            assert person.open(case, act).status_code in {403, 409}, (name, stage, act)


@pytest.mark.parametrize("stage", STAGES)
def test_at_most_one_button_is_the_main_one_and_it_is_not_blocked(world: World, stage: str) -> None:
    case = getattr(w, stage)(world)
    for name in ("agent", "production_head", "quality_head", "manager", "auditor"):
        page = Person(world, name).see(case)
        if page.status_code == 200:
            offers = page.context["offers"]
            main = [offer for offer in offers.head if offer.primary]
            assert len(main) <= 1
            assert not any(offer.reasons for offer in main)
            assert not any(offer.primary for offer in offers.more)
            assert page.content.decode().count("btn primary") == len(main)


@pytest.mark.parametrize(
    ("stage", "name", "main"),
    [
        ("log_call", "agent", "acknowledge"),
        ("acknowledged", "agent", "dispatch"),
        ("dispatched", "production_head", "receive"),
        ("dispatched", "agent", ""),
        ("received", "production_head", "investigate"),
        ("received", "agent", ""),
        ("handled", "agent", "reply"),
        ("replied", "agent", "ask_opinion"),
        ("satisfied", "agent", "close"),
        ("closed", "agent", ""),
        ("received", "auditor", ""),
    ],
)
def test_the_main_button_is_the_next_step_of_whoever_looks(world: World, stage: str, name: str, main: str) -> None:
    assert Person(world, name).primary(getattr(w, stage)(world)) == main


def test_the_auditor_reads_and_changes_nothing(world: World) -> None:
    case = w.received(world)
    offers = Person(world, "auditor").offers(case)
    assert not offers.names()
    assert not any(offers.parts.values())


def test_a_blocked_move_stays_visible_and_says_why(world: World) -> None:
    page = Person(world, "agent").text(w.received(world))
    assert "答复客户 · 还差 1 项" in page
    assert "生产部的派单尚未答复。" in page


# --- Two people on one case ----------------------------------------------------------------------------------------


def test_a_missed_limit_is_not_named_as_what_changed_the_case(world: World) -> None:
    case = w.log_call(world)
    internal.add_note(case, internal.NewNote("等等"), by=world.actor("hub_head"))
    clock = CaseClock.objects.get(case=case, kind="acknowledgement")
    sweep.sweep_clocks(clock.first_due_at)
    case.expected_version = case.version
    with pytest.raises(StaleRecord) as refused:
        internal.add_note(case, internal.NewNote("我也写"), by=world.actor("agent"))
    assert list(refused.value.changed) == ["孙倩：写备注"]


def test_a_stale_page_is_refused_with_what_changed_and_nothing_typed_is_lost(world: World) -> None:
    case = w.acknowledged(world)
    old = case.version
    assignment.classify_case(
        case, assignment.Reclassification(intake.Classification(priority=3), reason="x"), by=world.actor("agent2")
    )
    internal.add_note(fresh(case), internal.NewNote("等等"), by=world.actor("hub_head"))
    hub = Person(world, "agent")
    data = {"outcome": "withdrawn", "reason": "客户自己修好了", "proof": "周慧 11-21 来电"}
    answer = hub.do(case, "close", data, version=old)
    page = answer.content.decode()
    assert answer.status_code == 409
    for words in ("苏晴：更改分类", "孙倩：写备注", "客户自己修好了", "周慧 11-21 来电"):
        assert words in page
    assert fresh(case).state == "acknowledged"
    fresh_version = answer.context["version"]
    assert hub.do(case, "close", data, version=fresh_version).status_code == 302


@pytest.mark.parametrize("sheet", [False, True])
def test_a_move_that_somebody_else_made_first_is_refused(world: World, sheet: bool) -> None:
    case = w.dispatched(world)
    row = case.assignments.get()
    assignment.receive_assignment(row, by=world.actor("production_handler"))
    person = Person(world, "production_head")
    stale = person.do(case, "receive", part=row, version=case.version, sheet=sheet)
    assert stale.status_code == 409
    assert "吴磊：接收" in stale.content.decode()
    again = person.do(case, "receive", part=row, sheet=sheet)
    assert again.status_code == 409
    assert "已接收" in again.content.decode()
    assert fresh(case).owner == world.production_handler


@pytest.mark.parametrize("version", ["x", "-1", "1e3", "", "99999999999999999999999"])
def test_an_absurd_version_does_no_harm(world: World, version: str) -> None:
    case = w.log_call(world)
    answer = Person(world, "agent").do(case, "decline", {"reason": "x", "reply": "y"}, version=version)
    assert answer.status_code in {302, 404, 409}
    if version:
        assert fresh(case).state == "registered"


def test_a_part_remembers_the_version_of_its_page_too(world: World) -> None:
    """A measure, a visit or a clock is acted on through the case's version."""
    case = w.received(world)
    old = case.version
    visit = investigation.plan_visit(case, investigation.VisitPlan("现场"), by=world.actor("agent"))
    answer = Person(world, "agent").do(case, "cancel_visit", {"reason": "x"}, part=visit, version=old)
    assert answer.status_code == 409
    assert Case.objects.get().visits.get().cancelled_at is None


def test_nobody_acts_without_a_token_against_forged_requests(world: World) -> None:
    from django.test import Client

    case = w.log_call(world)
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.agent)
    answer = client.post(reverse("case_decline", args=[case.number]), {"reason": "x", "reply": "y"})
    assert answer.status_code == 403
    assert fresh(case).state == "registered"


def test_a_domain_refusal_outside_a_form_is_a_page_with_its_sentence(world: World) -> None:
    case = w.closed(world)
    answer = Person(world, "agent").open(case, "dispatch")
    assert answer.status_code == 409
    assert "已结案" in answer.content.decode()


def test_sixteen_hundred_letters_in_a_reason_are_refused_and_kept(world: World) -> None:
    case = w.log_call(world)
    answer = Person(world, "agent").do(case, "decline", {"reason": "长" * 1600, "reply": "抱歉\x00"})
    assert answer.status_code == 422
    assert "长" * 1600 in answer.content.decode()
