"""A world with a callback desk, a running survey by telephone, and closed cases of any level."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from audit.actor import Actor
from cases.models import Case, Round
from organization import text
from organization.models import Department, Function, Membership, Role, User
from surveys.actions.answering import Filled, Given
from surveys.actions.calling import Heard, record_attempt, record_call, take
from surveys.actions.drawing import draw_callbacks
from surveys.models import Callback, Questionnaire, QuestionnaireVersion, Response, Survey
from surveys.presets import QUESTIONNAIRES
from tests import world as w
from tests.world import PASSWORD, World

CALLERS = {"caller": "夏雨", "caller2": "方晴"}
_numbers = itertools.count(1)
#: Everything satisfied, and solved.
SATISFIED = {"solved": "o1", "overall": "o1", "speed": "o1", "skill": "o1", "manner": "o1"}


def desk(world: World) -> World:
    """Two callers of an independent desk."""
    above = world.quality
    row = Department.objects.create(code="callback_desk", name="回访组", name_key="hui fang zu", parent=above)
    row.lineage = [*above.lineage, row.pk]
    row.save()
    row.functions.set(Function.objects.filter(code="callback_desk"))
    world.departments["callback_desk"] = row
    for username, name in CALLERS.items():
        user = User.objects.create_user(
            username=username, password=PASSWORD, name=name, role=Role.AGENT, email=f"{username}@huiyin.example",
            name_key=text.pinyin_key(name), initials=text.initials(name),
        )  # fmt: skip
        Membership.objects.create(user=user, department=row)
        world.users[username] = user
    return world


def version(code: str = "callback") -> QuestionnaireVersion:
    """A published questionnaire of the presets."""
    known = QuestionnaireVersion.objects.filter(questionnaire__code=code).first()
    if known:
        return known
    document = QUESTIONNAIRES[code]
    form = Questionnaire.objects.create(code=code, name=document.title)
    return QuestionnaireVersion.objects.create(
        questionnaire=form, number=1, document=document.model_dump(mode="json"), published_at=timezone.now()
    )


def survey(kind: str = "callback", *, started_at: datetime | None = None) -> Survey:
    """Switched on an hour ago."""
    at = started_at or timezone.now() - timedelta(hours=1)
    code = "callback" if kind == "callback" else "five_level"
    return Survey.objects.create(kind=kind, version=version(code), started_at=at, asks_since=at, swept_until=at)


def closed(world: World, level: str = "P1", **values: Any) -> Case:
    """A closed case of a level, through its actions."""
    case = w.closed(world, **values)
    Case.objects.filter(pk=case.pk).update(severity=level)
    return Case.objects.get(pk=case.pk)


def copies(case: Case, n: int, *, closed_at: datetime | None = None, **values: Any) -> list[Case]:
    """The same case so many times more, without its history; a hundredth of the time its actions take."""
    first = Round.objects.get(case=case, n=case.round)
    rows = []
    for _ in range(n):
        row = Case.objects.get(pk=case.pk)
        row.pk, row.number, row.submission_key = None, f"KF9999-{next(_numbers):06}", None
        row._state.adding = True
        for name, value in values.items():
            setattr(row, name, value)
        rows.append(row)
    Case.objects.bulk_create(rows)
    rounds = [
        Round(
            case=row, n=row.round, opened_at=first.opened_at, ended_at=first.ended_at, outcome=first.outcome,
            closed_at=closed_at or first.closed_at,
        )
        for row in rows
    ]  # fmt: skip
    Round.objects.bulk_create(rounds)
    return rows


def drawn(world: World, level: str = "P1") -> Callback:
    """One callback that waits and is due."""
    case = closed(world, level)
    survey()
    draw_callbacks()
    callback = Callback.objects.get(case=case)
    Callback.objects.filter(pk=callback.pk).update(next_at=timezone.now() - timedelta(minutes=1))
    return Callback.objects.get(pk=callback.pk)


def filled(**values: str) -> Filled:
    """A filled telephone form; everything satisfied unless told."""
    return Filled({item: Given(option) for item, option in (SATISFIED | values).items()})


def actor(world: World, name: str = "caller") -> Actor:
    """Somebody of the desk."""
    return world.actor(name)


def take_for(callback: Callback, user: int | None) -> None:
    """It is somebody's call just now, whether he or she may make it or not."""
    now = timezone.now()
    rows = Callback.objects.filter(pk=callback.pk)
    rows.update(taken_by=user, taken_at=now, taken_until=now + timedelta(minutes=30))


def call(callback: Callback, filled: Filled, *, by: Actor, note: str = "") -> Response:
    """Take a call and keep what was answered."""
    return record_call(take(callback, by=by), filled, by=by, note=note)


def attempt(callback: Callback, heard: Heard, *, by: Actor) -> Callback:
    """Take a call and note what came of it."""
    return record_attempt(take(callback, by=by), heard, by=by)
