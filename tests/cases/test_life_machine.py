"""Whatever is done to a case, in whatever order: it stands where the architecture says (T5).

A machine of random steps (``life_machine.py``) calls the real actions (``life_acts.py``) and a model in plain dicts
(``life_model.py``) side by side. Each step must end as the model says, refusals too, and afterwards every row must
agree with the model. The switches alter the table of moves, or drop what an action owes, and must be noticed.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import IntegrityError

from cases import gates
from cases.actions import assignment, clocks, closure, moves, sweep
from cases.lifecycle import MOVES, State
from cases.models import Case, CaseClock
from tests.cases.life_machine import run
from tests.world import World

SEED = 20261121
#: How far the proof goes: so many steps, or so many seconds.
STEPS, SECONDS = 100_000, 600

pytestmark = pytest.mark.req("RES-20", "RES-21", "RTE-13", "SLA-02", "SLA-03", "SLA-04", "A-20", "SEC-09")


@pytest.mark.gate(4)
@pytest.mark.gate(6)
@pytest.mark.gate(11)
def test_whatever_happens_to_a_case_it_stands_where_the_rules_say(world: World) -> None:
    counts = run(world, number=SEED, examples=12, steps=20)
    assert counts["steps"] > 200
    assert counts["refused"] > 30


@pytest.mark.prove
@pytest.mark.timeout(1200)
def test_in_a_hundred_thousand_steps_no_case_stands_elsewhere(world: World) -> None:
    started, counts, number = time.monotonic(), Counter[str](), SEED
    while counts["steps"] < STEPS and time.monotonic() - started < SECONDS:
        number += 1
        counts += run(world, number=number, examples=20, steps=40)
    print(
        f"\nseeds {SEED + 1} to {number}: {counts.total() - counts['steps']} steps in {time.monotonic() - started:.0f} s"
    )
    print(", ".join(f"{name} {n}" for name, n in sorted(counts.items())))


# --- The switches ----------------------------------------------------------------------------------------


@contextmanager
def altered(name: str, **values: Any) -> Iterator[None]:
    """The table of moves with another line; every module holds the same frozen row."""
    move = MOVES[name]
    before = {field: getattr(move, field) for field in values}
    for field, value in values.items():
        object.__setattr__(move, field, value)
    try:
        yield
    finally:
        for field, value in before.items():
            object.__setattr__(move, field, value)


#: move -> its wrong line, and a seed that soon comes to it.
WRONG_TABLES: dict[str, tuple[dict[str, Any], int]] = {
    "dispatch": ({"sources": frozenset({State.REGISTERED, State.ACKNOWLEDGED})}, 1),
    "investigate": ({"target": State.ACTING}, 6),
    "reply": ({"sources": MOVES["reply"].sources - {State.ACTING}}, 1),
    "archive": ({"sources": frozenset({State.CLOSED, State.ACKNOWLEDGED})}, 5),
    "reopen": ({"target": State.REGISTERED}, 1),
    "record_opinion": ({"target": State.REPLIED}, 7),
}


@pytest.mark.parametrize("name", WRONG_TABLES)
def test_the_machine_notices_a_wrong_table(world: World, name: str) -> None:
    line, number = WRONG_TABLES[name]
    # The tables of the database may be the first to say so.
    with altered(name, **line), pytest.raises((AssertionError, IntegrityError), match=r"2026-0|violates"):
        run(world, number=number, examples=200, steps=15, favoured=name)


def _closes_from_received(patch: pytest.MonkeyPatch) -> None:
    real = gates.closing
    patch.setattr(gates, "closing", lambda facts, **more: [] if facts.state == "received" else real(facts, **more))


def _keeps_the_owner(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(assignment, "hub_owner", lambda case: case.owner)


def _keeps_the_milestones(patch: pytest.MonkeyPatch) -> None:
    def reset(case: Case) -> None:
        case.outcome, case.closed_at, case.archived_at, case.duplicate_of = "", None, None, None

    patch.setattr(closure, "_reset", reset)


def _forgets_the_next_limit(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(moves, "sync_next_due", lambda case: None)


def _keeps_the_readers(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(moves, "readers", SimpleNamespace(of_case=lambda case: (case.readers, case.barred)))


def _forgives_breaches(patch: pytest.MonkeyPatch) -> None:
    real = clocks.meet

    def meet(case: Case, kind: str, **more: Any) -> None:
        real(case, kind, **more)
        CaseClock.objects.filter(case=case, kind=kind).update(breached_at=None)

    patch.setattr(clocks, "meet", meet)


def _breaches_when_the_sweep_comes(patch: pytest.MonkeyPatch) -> None:
    real = sweep._alert

    def alert(clock: CaseClock, **more: Any) -> Any:
        entries = real(clock, **more)
        clock.breached_at = more["now"] if clock.breached_at else None
        return entries

    patch.setattr(sweep, "_alert", alert)


def _tells_the_breach_twice(patch: pytest.MonkeyPatch) -> None:
    real = sweep._alert
    patch.setattr(sweep, "_alert", lambda clock, **more: real(clock, **more) * 2)


def _forgets_the_reply(patch: pytest.MonkeyPatch) -> None:
    real = closure._reset

    def reset(case: Case) -> None:
        case.rounds.filter(closed_at=None).update(replied_at=None)
        real(case)

    patch.setattr(closure, "_reset", reset)


def _lets_more_time_decide(patch: pytest.MonkeyPatch) -> None:
    real = clocks.move_due
    patch.setattr(clocks, "move_due", lambda *given, decisive, **more: real(*given, decisive=True, **more))


def _writes_no_history(patch: pytest.MonkeyPatch) -> None:
    real = moves.record
    patch.setattr(
        moves, "record", lambda thread, verb, **more: None if verb == "verify" else real(thread, verb, **more)
    )


@dataclass(frozen=True)
class Switch:
    """What an action forgets, the act that soon shows it, and a seed that soon comes to it."""

    alter: Callable[[pytest.MonkeyPatch], None]
    favoured: str = ""
    number: int = 1


SWITCHES = {
    "a received case is closed": Switch(_closes_from_received, "close", 7),
    "the owner stays after the answer": Switch(_keeps_the_owner, "answer", 7),
    "the next limit is forgotten": Switch(_forgets_the_next_limit),
    "the readers stay": Switch(_keeps_the_readers, "dispatch"),
    "a breach carries the time of the sweep": Switch(_breaches_when_the_sweep_comes, number=3),
    "a step is missing in the history": Switch(_writes_no_history, "verify"),
}
RARER_SWITCHES = {
    "the next round keeps the milestones": Switch(_keeps_the_milestones, "reopen"),
    "a late end takes the breach back": Switch(_forgives_breaches, "acknowledge"),
    "a breach is told twice": Switch(_tells_the_breach_twice),
    "a round that was reopened forgets its reply": Switch(_forgets_the_reply, "reopen", 4),
    "more time moves the limit itself": Switch(_lets_more_time_decide, "ask_extension"),
}


def _notices(world: World, monkeypatch: pytest.MonkeyPatch, switch: Switch, *, steps: int) -> None:
    switch.alter(monkeypatch)
    with pytest.raises(AssertionError, match="2026-0"):
        run(world, number=switch.number, examples=200, steps=steps, favoured=switch.favoured)


@pytest.mark.parametrize("switch", SWITCHES.values(), ids=SWITCHES)
def test_the_machine_notices_what_an_action_forgets(
    world: World, monkeypatch: pytest.MonkeyPatch, switch: Switch
) -> None:
    _notices(world, monkeypatch, switch, steps=15)


@pytest.mark.prove
@pytest.mark.timeout(600)
@pytest.mark.parametrize("switch", RARER_SWITCHES.values(), ids=RARER_SWITCHES)
def test_the_machine_notices_what_is_rarely_seen(world: World, monkeypatch: pytest.MonkeyPatch, switch: Switch) -> None:
    _notices(world, monkeypatch, switch, steps=25)
