"""Single responses, and what a case's page offers to fill in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rest_framework import serializers

from surveys.api.serializers.asking import QuestionnaireOut
from surveys.api.serializers.follow_ups import FollowUpRow
from surveys.models import Response
from surveys.queries.follow_ups import Row
from surveys.queries.responses import Said

_PERCENT: dict[str, Any] = {"max_digits": 5, "decimal_places": 2, "allow_null": True}


class ResponseRow(serializers.Serializer[Response]):
    """A response in the list; ``asked_by`` where staff asked or collected it, ``index`` its satisfaction index."""

    id = serializers.IntegerField(source="pk")
    case = serializers.CharField(source="case.number")
    questionnaire = serializers.CharField(source="version.questionnaire.code")
    version = serializers.IntegerField(source="version.number")
    source = serializers.ChoiceField(choices=Response.Source.choices)  # type: ignore[assignment]
    asked_by = serializers.CharField(source="asked_by.username", default=None, allow_null=True)
    department = serializers.CharField(source="department.code", default=None, allow_null=True)
    submitted_at = serializers.DateTimeField()
    index = serializers.DecimalField(source="score.index", **_PERCENT)
    band = serializers.ChoiceField(choices=Response.Band.choices, allow_blank=True)
    solved = serializers.BooleanField(allow_null=True)
    has_remark = serializers.BooleanField()
    genuine = serializers.ChoiceField(choices=Response.Genuine.choices)


@dataclass(frozen=True)
class Line:
    """One item with what was said to it, as this reader sees it."""

    said: Said
    may_correct: bool


@dataclass(frozen=True)
class Shown:
    """All that the page of a response shows; ``said_by`` masked where it is masked there."""

    row: Response
    said_by: str
    answers: list[Line]
    follow_ups: list[Row]
    may_check: bool


class SurveyAnswerOut(serializers.Serializer[Line]):
    """What was said to one item: ``given`` is the option or the points in words, ``first`` what stood there before a
    correction (SUR-21).
    """

    id = serializers.IntegerField(source="said.answer.pk")
    item = serializers.CharField(source="said.item.code")
    group = serializers.CharField(source="said.item.group")
    name = serializers.CharField(source="said.item.name")
    option = serializers.CharField(source="said.answer.option", allow_blank=True)
    given = serializers.CharField(source="said.given", allow_blank=True)
    comment = serializers.CharField(source="said.answer.comment", allow_blank=True)
    is_low = serializers.BooleanField(source="said.is_low")
    first = serializers.CharField(source="said.first", allow_blank=True)
    corrected_by = serializers.CharField(source="said.answer.corrected_by.username", default=None, allow_null=True)
    corrected_reason = serializers.CharField(source="said.answer.corrected_reason", allow_blank=True)
    may_correct = serializers.BooleanField()


class ResponseDetail(serializers.Serializer[Shown]):
    """One response: what was said, how it came, what follows from it."""

    id = serializers.IntegerField(source="row.pk")
    case = serializers.CharField(source="row.case.number")
    questionnaire = serializers.CharField(source="row.version.questionnaire.code")
    version = serializers.IntegerField(source="row.version.number")
    source = serializers.ChoiceField(choices=Response.Source.choices, source="row.source")  # type: ignore[assignment]
    asked_by = serializers.CharField(source="row.asked_by.username", default=None, allow_null=True)
    entered_by = serializers.CharField(source="row.entered_by.username", default=None, allow_null=True)
    situation = serializers.CharField(source="row.situation", allow_blank=True)
    said_by = serializers.CharField(allow_blank=True)
    submitted_at = serializers.DateTimeField(source="row.submitted_at")
    department = serializers.CharField(source="row.department.code", default=None, allow_null=True)
    person = serializers.CharField(source="row.person.username", default=None, allow_null=True)
    personal = serializers.BooleanField(source="row.personal")
    product = serializers.CharField(source="row.product.code", default=None, allow_null=True)
    level = serializers.CharField(source="row.level", allow_blank=True)
    counted = serializers.IntegerField(source="row.answers", help_text="How many answers are counted.")
    total = serializers.DecimalField(source="row.total", max_digits=7, decimal_places=2)
    mean = serializers.DecimalField(source="row.score.mean", max_digits=3, decimal_places=2, allow_null=True)
    index = serializers.DecimalField(source="row.score.index", **_PERCENT)
    points = serializers.DecimalField(source="row.points", max_digits=6, decimal_places=2, allow_null=True)
    most_points = serializers.IntegerField(source="row.version.asks.most_points")
    band = serializers.ChoiceField(choices=Response.Band.choices, allow_blank=True, source="row.band")
    solved = serializers.BooleanField(source="row.solved", allow_null=True)
    genuine = serializers.ChoiceField(choices=Response.Genuine.choices, source="row.genuine")
    genuine_reason = serializers.CharField(source="row.genuine_reason", allow_blank=True)
    checked_by = serializers.CharField(source="row.checked_by.username", default=None, allow_null=True)
    answers = SurveyAnswerOut(many=True)
    follow_ups = FollowUpRow(many=True)
    may_check = serializers.BooleanField()


class OfferedQuestionnaire(serializers.Serializer[Any]):
    """A questionnaire that can be filled in."""

    code = serializers.CharField(source="questionnaire.code")
    name = serializers.CharField(source="questionnaire.name")
    version = serializers.IntegerField(source="number")
    asks = QuestionnaireOut()


class FillInOffer(serializers.Serializer[Any]):
    """What can be filled in for the customer of a case; ``refusal`` says why nothing can, before anything is typed."""

    refusal = serializers.CharField(allow_blank=True)
    questionnaires = OfferedQuestionnaire(many=True)
