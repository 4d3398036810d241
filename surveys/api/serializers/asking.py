"""Questionnaires, surveys, and whom they asked."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from surveys.document import BEST, Item, Option, QuestionnaireDocument, Scale
from surveys.models import Invitation, QuestionnaireVersion, Survey
from surveys.queries.asking import Counted, Running

#: How an item is answered.
ITEM_KINDS = [("choice", "choice"), ("points", "points"), ("text", "text")]


class QuestionnaireGroup(serializers.Serializer[Any]):
    """Something with a code and a word for it, in Chinese and perhaps in English."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    label_en = serializers.CharField(allow_blank=True)


class ScaleOption(QuestionnaireGroup, serializers.Serializer[Option]):
    """One choice; ``value`` is what it is on the five-point scale, null where it is not counted."""

    value = serializers.DecimalField(max_digits=4, decimal_places=2, max_value=BEST, allow_null=True)


class QuestionnaireScale(QuestionnaireGroup, serializers.Serializer[Scale]):
    """Options, the best first."""

    options = ScaleOption(many=True)
    note = serializers.CharField(allow_blank=True)


class QuestionOut(QuestionnaireGroup, serializers.Serializer[Item]):
    """One question; ``comment`` says whether it takes words beside its answer."""

    group = serializers.CharField()
    kind = serializers.ChoiceField(choices=ITEM_KINDS)
    scale = serializers.CharField(allow_blank=True)
    points = serializers.IntegerField()
    required = serializers.BooleanField()  # type: ignore[assignment]
    comment = serializers.BooleanField()
    solved = serializers.BooleanField()


class QuestionnaireBands(serializers.Serializer[Any]):
    """From how many points a form is satisfied, and basically satisfied (SUR-25)."""

    satisfied = serializers.IntegerField()
    basic = serializers.IntegerField()


class QuestionnaireOut(serializers.Serializer[QuestionnaireDocument]):
    """What is asked, in which order."""

    title = serializers.CharField()
    title_en = serializers.CharField(allow_blank=True)
    intro = serializers.CharField(allow_blank=True)
    intro_en = serializers.CharField(allow_blank=True)
    script = serializers.CharField(allow_blank=True)
    scales = QuestionnaireScale(many=True)
    groups = QuestionnaireGroup(many=True)
    items = QuestionOut(many=True)
    bands = QuestionnaireBands(allow_null=True)


class QuestionnaireRow(serializers.Serializer[Any]):
    """A questionnaire in the list; ``newest`` is the number of its newest version."""

    code = serializers.CharField()
    name = serializers.CharField()
    newest = serializers.IntegerField(allow_null=True)
    published_at = serializers.DateTimeField(source="last", allow_null=True)
    retired_at = serializers.DateTimeField(allow_null=True)


class QuestionnaireVersionRow(serializers.Serializer[QuestionnaireVersion]):
    """A published version; without ``published_by`` it came with the program."""

    id = serializers.IntegerField(source="pk")
    number = serializers.IntegerField()
    published_at = serializers.DateTimeField()
    published_by = serializers.CharField(source="published_by.username", default=None, allow_null=True)


class QuestionnaireDetail(serializers.Serializer[Any]):
    """A questionnaire as one of its versions asks it."""

    code = serializers.CharField(source="questionnaire.code")
    name = serializers.CharField(source="questionnaire.name")
    retired_at = serializers.DateTimeField(source="questionnaire.retired_at", allow_null=True)
    version = serializers.IntegerField(source="version.number")
    asks = QuestionnaireOut(source="version.asks")
    versions = QuestionnaireVersionRow(many=True)


class InvitationReason(serializers.Serializer[Any]):
    """How many for one reason."""

    reason = serializers.CharField()
    count = serializers.IntegerField()


def _reasons(found: list[tuple[str, int]]) -> list[dict[str, Any]]:
    return [{"reason": words, "count": n} for words, n in found]


class SurveyReach(serializers.Serializer[Counted]):
    """How far a survey by link came; ``rate`` is the share of the asked who answered, in per cent."""

    asked = serializers.IntegerField()
    open = serializers.IntegerField()
    answered = serializers.IntegerField()
    rate = serializers.DecimalField(max_digits=4, decimal_places=1, allow_null=True)
    expired = serializers.IntegerField()
    withdrawn = serializers.IntegerField()
    withdrawn_reasons = serializers.SerializerMethodField()
    left_out = serializers.IntegerField()
    left_out_reasons = serializers.SerializerMethodField()

    @extend_schema_field(InvitationReason(many=True))
    def get_withdrawn_reasons(self, counted: Counted) -> Any:
        """The most frequent first."""
        return _reasons(counted.withdrawn_reasons)

    @extend_schema_field(InvitationReason(many=True))
    def get_left_out_reasons(self, counted: Counted) -> Any:
        """The most frequent first."""
        return _reasons(counted.left_out_reasons)


class SurveyOut(serializers.Serializer[Running]):
    """A survey that runs, or ran until ``stopped_at``; ``counted`` is null for one by telephone."""

    id = serializers.IntegerField(source="survey.pk")
    kind = serializers.ChoiceField(choices=Survey.Kind.choices, source="survey.kind")
    questionnaire = serializers.CharField(source="survey.version.questionnaire.code")
    version = serializers.IntegerField(source="survey.version.number")
    started_at = serializers.DateTimeField(source="survey.started_at")
    started_by = serializers.CharField(source="survey.started_by.username", default=None, allow_null=True)
    stopped_at = serializers.DateTimeField(source="survey.stopped_at", allow_null=True)
    counted = serializers.SerializerMethodField()

    @extend_schema_field(SurveyReach(allow_null=True))
    def get_counted(self, running: Running) -> Any:
        """The figures."""
        return SurveyReach(running.counted).data if running.survey.kind == Survey.Kind.LINK else None


class InvitationOut(serializers.Serializer[Invitation]):
    """Whom a survey asked, or why not; until when there may be an answer while there may be one."""

    id = serializers.IntegerField(source="pk")
    case = serializers.CharField(source="case.number")
    round = serializers.IntegerField()
    state = serializers.ChoiceField(choices=Invitation.State.choices)
    why = serializers.ChoiceField(choices=Invitation.Why.choices, allow_blank=True)
    invited_at = serializers.DateTimeField()
    deadline_at = serializers.SerializerMethodField()

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_deadline_at(self, row: Invitation) -> Any:
        """The last moment of an open one."""
        return row.deadline_at if row.state == Invitation.State.OPEN else None
