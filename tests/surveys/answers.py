"""Answers for tests: questionnaires in force, a closed case, and what its customer says about it."""

from __future__ import annotations

import itertools
from typing import Any

from django.utils import timezone

from audit.actor import Actor
from cases.models import Case
from surveys import presets
from surveys.actions.answering import Filled, Given, Origin, answer_invitation, fill_in
from surveys.models import Invitation, Questionnaire, QuestionnaireVersion, Response, Survey
from tests import world as w
from tests.world import World

_keys = itertools.count(1)


def version_of(code: str) -> QuestionnaireVersion:
    """A questionnaire that comes with the program, in its only version."""
    name, document = presets.QUESTIONNAIRES[code].title, presets.QUESTIONNAIRES[code]
    row, _made = Questionnaire.objects.get_or_create(code=code, defaults={"name": name})
    found = row.versions.first()
    return found or QuestionnaireVersion.objects.create(
        questionnaire=row, number=1, document=document.model_dump(mode="json"), published_at=timezone.now()
    )


def running(code: str = "five_level") -> Survey:
    """The survey by link."""
    now = timezone.now()
    found = Survey.objects.filter(kind="link", version=version_of(code), stopped_at=None).first()
    return found or Survey.objects.create(
        kind="link", version=version_of(code), started_at=now, asks_since=now, swept_until=now
    )


def said(version: QuestionnaireVersion, option: str = "o1", **others: Any) -> Filled:
    """The same for every item, but for some; "o2:late" adds a comment, and a text stands behind its colon alone."""
    given = {}
    for item in version.asks.items:
        default = {"choice": option, "points": "24" if option.startswith("o") else option, "text": ""}[item.kind]
        value, _colon, comment = str(others.pop(item.code, default)).partition(":")
        if item.kind == "text":
            value, comment = "", comment or value
        given[item.code] = Given(value, comment)
    assert not others, others
    return Filled(given)


def invited(case: Case, survey: Survey | None = None) -> Invitation:
    """The customer of a closed case, asked by link."""
    now = timezone.now()
    return Invitation.objects.create(
        survey=survey or running(), case=case, round=case.round, key=f"{next(_keys):064x}", invited_at=now,
        deadline_at=w.in_days(14),
    )  # fmt: skip


def answered(case: Case, option: str = "o1", *, code: str = "five_level", **others: Any) -> Response:
    """The customer of a closed case answers by link."""
    survey = running(code)
    return answer_invitation(invited(case, survey), said(survey.version, option, **others))


def on_behalf(world: World, case: Case, option: str = "o1", *, source: str = "proxy", **others: Any) -> Response:
    """Sales asked and filled in (SUR-17)."""
    version = version_of("five_level")
    by, asker = world.actor("sales_handler"), world.sales_handler
    origin = Origin(source, asked_by=asker, situation="上门拜访")
    return fill_in(case, version, said(version, option, **others), by=by, origin=origin)


def copy_of(response: Response, **changes: Any) -> Response:
    """The same response once more, about a round of its own, not counted yet; a hundredth of the time."""
    given = list(response.given.all())
    row = Response.objects.get(pk=response.pk)
    row.pk, row.submission_key, row.tallied, row.source = None, None, False, "link"
    row.invitation = _invitation_like(response)
    row.round = row.invitation.round
    if changes.get("source") in {"proxy", "collected"}:
        row.invitation, row.personal = None, False
    for name, value in changes.items():
        setattr(row, name, value)
    row._state.adding = True
    row.save(force_insert=True)
    for answer in given:
        answer.pk, answer.response = None, row
        answer._state.adding = True
        answer.save(force_insert=True)
    return row


def _invitation_like(response: Response) -> Invitation:
    now, n = timezone.now(), next(_keys)
    return Invitation.objects.create(
        survey=running(), case=response.case, round=100 + n, state="answered", key=f"{n:064x}", invited_at=now,
        deadline_at=now, ended_at=now,
    )  # fmt: skip


CUSTOMER = Actor.customer()
