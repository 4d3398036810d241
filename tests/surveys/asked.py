"""Questionnaires, running surveys, and answers about closed cases; made through the actions where there is one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from cases.models import Case
from surveys.actions import answering
from surveys.actions.answering import Filled, Given, Origin
from surveys.models import Callback, Draw, Invitation, Questionnaire, QuestionnaireVersion, Response, Survey
from surveys.presets import QUESTIONNAIRES
from surveys.secrets import digest, link_token
from tests import world as w
from tests.world import World


def version(code: str = "five_level") -> QuestionnaireVersion:
    """The first version of a questionnaire that comes with the program."""
    document = QUESTIONNAIRES[code]
    questionnaire, _new = Questionnaire.objects.get_or_create(code=code, defaults={"name": document.title})
    found = QuestionnaireVersion.objects.filter(questionnaire=questionnaire).first()
    return found or QuestionnaireVersion.objects.create(
        questionnaire=questionnaire, number=1, document=document.model_dump(mode="json"), published_at=timezone.now()
    )


def running(kind: str = "link", code: str = "five_level", *, days: int = 30) -> Survey:
    """A survey that was switched on some days ago."""
    at = timezone.now() - timedelta(days=days)
    return Survey.objects.create(kind=kind, version=version(code), started_at=at, asks_since=at, swept_until=at)


def invitation(case: Case, survey: Survey | None = None, **values: Any) -> Invitation:
    """The customer of a closed case was asked by a link."""
    now = timezone.now()
    survey = survey or Survey.objects.filter(kind="link", stopped_at=None).first() or running()
    given = {"invited_at": now, "deadline_at": now + timedelta(days=14), "key": digest(link_token(case.pk, case.round))}
    return Invitation.objects.create(survey=survey, case=case, round=case.round, **(given | values))


def callback(case: Case, survey: Survey | None = None, **values: Any) -> Callback:
    """A closed case was drawn to be called."""
    now = timezone.now()
    survey = (
        survey or Survey.objects.filter(kind="callback", stopped_at=None).first() or running("callback", "callback")
    )
    level = case.severity or "P1"
    draw, _new = Draw.objects.get_or_create(
        survey=survey, quarter=quarter_of(now), level=level, defaults={"percent": 80, "seed": 7, "drawn_at": now}
    )
    given = {"n": draw.callbacks.count() + 1, "drawn_at": now, "next_at": now}
    return Callback.objects.create(draw=draw, case=case, round=case.round, **(given | values))


def quarter_of(at: Any) -> Any:
    """The first day of the quarter."""
    day = timezone.localdate(at)
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


def filled(code: str = "five_level", *, option: str = "o1", words: str = "", **given: str) -> Filled:
    """Every choice answered by the same option, but for those that are named; points by digits."""
    answers = {}
    for item in QUESTIONNAIRES[code].items:
        if item.kind == "text":
            if words:
                answers[item.code] = Given("", words)
            continue
        scale = {one.code for one in QUESTIONNAIRES[code].scale(item.scale).options} if item.scale else set()
        fitting = option if not scale or option in scale else "o1"
        answers[item.code] = Given(given.get(item.code, fitting))
    return Filled(answers)


def answered(world: World, case: Case | None = None, **how: Any) -> Response:
    """A customer answered by the link."""
    return answering.answer_invitation(invitation(case or w.closed(world)), filled(**how))


def on_behalf(
    world: World, case: Case, *, by: str = "sales_handler", situation: str = "上门服务", **how: Any
) -> Response:
    """A colleague asked and filled in."""
    origin = Origin("proxy", asked_by=world.users[by], situation=situation)
    return answering.fill_in(case, version(), filled(**how), by=world.actor(by), origin=origin)
