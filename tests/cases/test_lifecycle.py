"""The table of moves: pure, complete, and what everything else is read from."""

from __future__ import annotations

import pytest

from cases import rights
from cases.lifecycle import (
    ENDED,
    FULL_OUTCOMES,
    MOVES,
    OPEN,
    SHORT_OUTCOMES,
    STAFF_STEPS,
    State,
    close_allowed_from,
    may_move,
    target_of,
)

pytestmark = pytest.mark.req("RES-20")


def test_every_state_is_reached_and_left_by_a_move() -> None:
    reached = {move.target for move in MOVES.values() if move.target}
    left = {state for move in MOVES.values() for state in move.sources}
    assert reached | {State.REGISTERED} == set(State)
    assert left == set(State) - {State.ARCHIVED}


def test_every_move_names_a_permission_that_somebody_has() -> None:
    assert {move.permission for move in MOVES.values()} <= set(rights.PERMISSIONS)
    assert all(rights.PERMISSIONS[move.permission] for move in MOVES.values())


@pytest.mark.parametrize("state", sorted(OPEN - {State.INCOMPLETE}))
def test_an_incomplete_case_goes_back_to_the_state_it_left(state: str) -> None:
    assert target_of(MOVES["complete"], state=State.INCOMPLETE, resume=state) == state


@pytest.mark.parametrize("state", sorted(OPEN - {State.INCOMPLETE}))
def test_of_an_incomplete_case_a_department_receives_and_returns_what_it_could_before(state: str) -> None:
    for name, move in MOVES.items():
        waiting = may_move(move, state=State.INCOMPLETE, resume=state)
        before = may_move(move, state=state, resume="")
        assert waiting == (before if name in {"receive", "return_to_hub"} else move.allowed_from(State.INCOMPLETE))


@pytest.mark.parametrize("state", sorted(State))
@pytest.mark.parametrize("outcome", sorted(SHORT_OUTCOMES))
def test_short_outcomes_close_from_any_open_state_and_from_no_other(state: str, outcome: str) -> None:
    assert close_allowed_from(outcome, state, kind="complaint") == (state in OPEN)


@pytest.mark.parametrize("outcome", sorted(FULL_OUTCOMES))
def test_a_complaint_is_closed_in_full_only_from_awaiting_opinion(outcome: str) -> None:
    allowed = {state for state in State if close_allowed_from(outcome, state, kind="complaint")}
    assert allowed == {State.AWAITING_OPINION}


@pytest.mark.req("INT-20", "INT-21")
@pytest.mark.parametrize("kind", ["enquiry", "suggestion", "praise"])
def test_enquiry_suggestion_and_praise_close_from_replied_too(kind: str) -> None:
    allowed = {state for state in State if close_allowed_from("settled", state, kind=kind)}
    assert allowed == {State.REPLIED, State.AWAITING_OPINION}


def test_nothing_leads_out_of_the_archive() -> None:
    assert not any(move.allowed_from(State.ARCHIVED) for move in MOVES.values())


def test_a_return_goes_to_the_hub_and_nowhere_else() -> None:
    assert MOVES["return_to_hub"].target == State.ACKNOWLEDGED


def test_the_stepper_covers_every_state_but_incomplete_once() -> None:
    covered = [state for _name, _label, states in STAFF_STEPS for state in states]
    assert sorted(covered) == sorted(set(State) - {State.INCOMPLETE})


def test_closed_and_archived_are_the_ended_states() -> None:
    assert {State.CLOSED, State.ARCHIVED} == ENDED
