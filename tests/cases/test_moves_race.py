"""Two people press at the same moment: exactly one wins, the other is told, and nothing is done twice.

Real transactions on real connections. Twenty races in the suite, a thousand in the proof; with the
row lock taken away both win, so the test is known to see what it looks for.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from audit.exceptions import DomainError
from audit.models import Event
from cases.actions import assignment, closure, moves
from cases.actions.intake import Classification
from cases.models import Case
from cases.models.intake import CaseQuerySet
from notifications.models import Message
from tests import world as w
from tests.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.req("RTE-13", "SEC-09")]
IN_SUITE, IN_PROOF = 20, 1_000
#: An old page's version, so that a fifth rule beside the state is raced too.
Move = Callable[[Case], object]


def _moves(world: World) -> dict[str, Move]:
    given = Classification(category=world.category(), urgency="general", priority=2)
    agent, other = world.actor("agent"), world.actor("agent2")
    return {
        "acknowledge": lambda case: assignment.acknowledge_case(case, by=agent, classification=given),
        "acknowledge too": lambda case: assignment.acknowledge_case(case, by=other, classification=given),
        "decline": lambda case: assignment.decline_case(case, by=other, reason="非我司产品", reply="抱歉"),
        "invalid": lambda case: closure.close_short(case, closure.ShortEnd("invalid", "骚扰"), by=other),
    }


class Race:
    """Two threads with a connection each, started by one barrier."""

    def __init__(self) -> None:
        self.barrier = threading.Barrier(2)
        self.pool = ThreadPoolExecutor(max_workers=2)

    def run(self, case: Case, first: Move, second: Move) -> int:
        """How many of the two moves went through."""
        return sum(self.pool.map(lambda move: self._one(case.pk, move), (first, second)))

    def _one(self, pk: int, move: Move) -> bool:
        case = Case.objects.get(pk=pk)
        case.expected_version = case.version
        self.barrier.wait(timeout=20)
        try:
            move(case)
        except DomainError:
            return False
        return True

    def end(self) -> None:
        """Give both connections back."""
        for done in [self.pool.submit(self._close) for _ in range(2)]:
            done.result()
        self.pool.shutdown()

    def _close(self) -> None:
        self.barrier.wait(timeout=20)
        connection.close()


@pytest.fixture
def race() -> Iterator[Race]:
    made = Race()
    yield made
    made.end()


def violations(world: World, race: Race, times: int) -> int:
    """Races in which not exactly one move went through, or something was written twice."""
    table = _moves(world)
    pairs = [("acknowledge", "acknowledge too"), ("acknowledge", "decline"), ("decline", "invalid")]
    found = 0
    for n in range(times):
        case = w.log_call(world)
        first, second = pairs[n % len(pairs)]
        wins = race.run(case, table[first], table[second])
        events = Event.objects.filter(thread=case.thread).exclude(verb="open").count()
        told = Message.objects.filter(thread=case.thread, kind="case_acknowledged").count()
        after = Case.objects.get(pk=case.pk)
        found += not (wins == events == 1 and told <= 1 and after.version == 2)
    return found


def test_of_two_moves_at_once_exactly_one_is_made(world: World, race: Race) -> None:
    assert violations(world, race, IN_SUITE) == 0


@pytest.mark.prove
@pytest.mark.timeout(900)
def test_a_thousand_races_between_two_moves_leave_no_violation(world: World, race: Race) -> None:
    found = violations(world, race, IN_PROOF)
    print(f"\nraces between two moves: {IN_PROOF}, violations: {found}")
    assert found == 0


def test_without_the_lock_both_moves_are_made(world: World, race: Race, monkeypatch: pytest.MonkeyPatch) -> None:
    """The switch: the case's row is read without its lock; nearly every race of the first pair is lost."""
    monkeypatch.setattr(CaseQuerySet, "select_for_update", lambda self, **_options: self, raising=False)
    original = moves.lock

    def slow(case: Case, move: str = "", **options: Any) -> Case:
        row = original(case, move, **options)
        time.sleep(0.2)  # longer than any pause a busy machine makes between the two
        return row

    monkeypatch.setattr(assignment, "lock", slow)
    monkeypatch.setattr(closure, "lock", slow)
    # The first pair alone: behind the others the table's own constraints stand as well.
    assert sum(violations(world, race, 1) for _n in range(4)) >= 2
