"""Worlds of cases for the tests of the dashboard: lived through by actions, or strewn at random straight into the tables."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from audit.actions import record
from audit.actor import Actor
from cases.models import Assignment, Case, CaseClock, Round
from reports.actions import daily
from reports.models import CaseDay, Counting, Daily, DailyCut
from reports.models.daily import COUNTED, CUTS
from surveys.models import Response
from tests import world as w
from tests.surveys.asked import version
from tests.world import World

KINDS = ("acknowledgement", "on_site", "resolution")
OUTCOMES = ("settled", "settled", "unsatisfied", "invalid", "imported")


def fill() -> None:
    """Count everything for the first time."""
    daily.recount()


def touched(case: Case) -> None:
    """A happening in the history of a case, as every action leaves one."""
    record(case.thread, "note", by=Actor.system("test"), at=timezone.now())


def sums() -> dict[tuple[Any, ...], Any]:
    """All sums as they stand, those of nothing left out."""
    found: dict[tuple[Any, ...], Any] = {}
    for row in Daily.objects.values():
        counts = {name: row[name] for name in COUNTED if row[name]}
        if counts:
            found["daily", row["span"], row["day"], row["department_id"]] = counts
    for row in DailyCut.objects.exclude(received=0).values():
        found["cut", row["span"], row["day"], row["department_id"], row["cut"], row["key"]] = row["received"]
    for row in CaseDay.objects.values():
        keys = ("judge_at", *(f"{cut}_id" for cut in CUTS))
        found["case", row["case_id"], row["day"], row["department_id"]] = {
            name: row[name] for name in (*COUNTED, *keys) if row[name]
        }
    return found


def rebuilt() -> dict[tuple[Any, ...], Any]:
    """The sums counted anew from nothing."""
    for model in (CaseDay, Daily, DailyCut, Counting):
        model.objects.all().delete()
    fill()
    return sums()


def moment(rng: random.Random, now: datetime, days: int = 450) -> datetime:
    """Some moment of the last ``days``, at times on the border of a day."""
    at = now - timedelta(seconds=rng.randrange(days * 86_400))
    if rng.random() < 0.2:
        at = timezone.make_aware(datetime.combine(timezone.localdate(at), datetime.min.time()))
    return at


def strew(world: World, count: int, seed: int = 1) -> list[Case]:
    """Cases with rounds, clocks, assignments and answers of every sort, at random, straight into the tables."""
    rng, now = random.Random(seed), timezone.now()
    first = w.log_call(world)
    return [_strewn(rng, world, first, f"T{seed}-{n}", now) for n in range(count)]


def _strewn(rng: random.Random, world: World, first: Case, number: str, now: datetime) -> Case:
    departments = [*world.departments.values(), None]
    case = Case.objects.get(pk=first.pk)
    closed = rng.random() < 0.7
    case.pk, case.number, case.submission_key = None, number, None
    case._state.adding = True
    case.kind = world.kind(rng.choice(["complaint", "enquiry", "service_request"]))
    case.category = world.category() if rng.random() < 0.8 else None
    case.lead_department, case.receiving_department = rng.choice(departments), rng.choice(departments)
    case.received_at = moment(rng, now)
    case.repeat_of = first if rng.random() < 0.3 else None
    case.owner = rng.choice([*world.users.values(), None])
    if closed:
        case.state, case.outcome, case.closed_at = "closed", rng.choice(OUTCOMES), moment(rng, now)
    case.save(force_insert=True)
    for n in range(1, rng.choice([1, 1, 1, 2]) + 1):
        outcome = rng.choice(["", "settled", "settled", "invalid", "reopened"])
        Round.objects.create(
            case=case, n=n, opened_at=moment(rng, now), outcome=outcome, ended_at=now if outcome else None,
            closed_at=moment(rng, now) if outcome in {"settled", "invalid"} else None,
        )  # fmt: skip
        for kind in KINDS:
            if rng.random() < 0.8:
                _clock(rng, case, n, kind, now)
        if rng.random() < 0.6:
            _assignment(rng, world, case, n, now)
    if rng.random() < 0.4:
        _answer(rng, world, case, now)
    return case


def _clock(
    rng: random.Random, case: Case, number: int, kind: str, now: datetime, assignment: Assignment | None = None
) -> None:
    due = moment(rng, now) + timedelta(days=rng.choice([0, 0, 20]))
    met = rng.random() < 0.7
    CaseClock.objects.create(
        case=case, round=number, kind=kind, assignment=assignment, policy={}, started_at=due - timedelta(days=1),
        due_at=due, first_due_at=due, met_at=rng.choice([due, due - timedelta(hours=3), moment(rng, now)]) if met else None,
        met_recorded_late=met and rng.random() < 0.2, stopped_at=now if rng.random() < 0.1 else None,
    )  # fmt: skip


def _assignment(rng: random.Random, world: World, case: Case, number: int, now: datetime) -> None:
    state = rng.choice(["sent", "answered", "returned", "cancelled"])
    ended = state in {"returned", "cancelled"}
    row = Assignment.objects.create(
        case=case, round=number, department=rng.choice(list(world.departments.values())), is_lead=True, state=state,
        requirement="x", due_at=now, sent_at=moment(rng, now), ended_reason="x" if ended else "",
        answered_at=moment(rng, now) if state == "answered" else None, ended_at=moment(rng, now) if ended else None,
    )  # fmt: skip
    for kind in ("receipt", "task"):
        _clock(rng, case, number, kind, now, row)


def _answer(rng: random.Random, world: World, case: Case, now: datetime) -> None:
    answers = rng.randrange(1, 6)
    Response.objects.create(
        version=version(), case=case, round=1, source="collected", submitted_at=moment(rng, now),
        asked_by=world.agent, personal=False, department=rng.choice([*world.departments.values(), None]),
        answers=answers, satisfied=rng.randrange(answers + 1), genuine=rng.choice(["unchecked", "doubtful"]),
    )  # fmt: skip
