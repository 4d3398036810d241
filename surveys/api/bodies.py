"""What requests may say, body by body: checked and cleaned like the forms of the pages."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from audit.exceptions import InvalidInput
from organization import text
from organization.api.fields import CodeField, LineField, TextField, TimeField
from organization.api.frame import Body
from organization.models import User
from surveys.actions.answering import LONGEST_COMMENT, LONGEST_NAME, Filled, Given
from surveys.actions.calling import LONGEST_NOTE
from surveys.document import Item, QuestionnaireDocument
from surveys.forms.desk import LONGEST_SITUATION
from surveys.models import Attempt, Response

_REASON, _TEXT, _CODE = 500, 20_000, 40
MOST_ITEMS = 60
#: What a program may say of each, with a name of its own in the schema.
ON_BEHALF = [(one.value, one.label) for one in (Response.Source.PROXY, Response.Source.COLLECTED)]
VERDICTS = [(one.value, one.label) for one in (Response.Genuine.GENUINE, Response.Genuine.DOUBTFUL)]
UNANSWERED = [(one.value, one.label) for one in Attempt.Result if one is not Attempt.Result.REACHED]


class QuestionAnswerIn(serializers.Serializer[Any]):
    """What was said to one item: ``option`` is the code of a choice or points, ``comment`` the words."""

    item = LineField(max_length=_CODE)
    option = LineField(max_length=_CODE, required=False, allow_blank=True)
    comment = TextField(max_length=LONGEST_COMMENT, required=False, allow_blank=True)


class FilledQuestionnaireIn(serializers.Serializer[Any]):
    """A filled questionnaire. The same ``submission_key`` is kept once."""

    answers = serializers.ListField(child=QuestionAnswerIn(), max_length=MOST_ITEMS)
    said_by = LineField(max_length=LONGEST_NAME, required=False, allow_blank=True)
    submission_key = serializers.UUIDField(required=False, allow_null=True)


class OnBehalfIn(FilledQuestionnaireIn):
    """One that staff asked or collected (SUR-17, SUR-45).

    Without ``questionnaire`` it is the first one on offer; without ``asked_by`` the person asked.
    """

    questionnaire = LineField(max_length=_CODE, required=False)
    source = serializers.ChoiceField(choices=ON_BEHALF)  # type: ignore[assignment]
    asked_by = CodeField(queryset=User.objects.filter(is_active=True), slug_field="username", required=False)
    situation = LineField(max_length=LONGEST_SITUATION)


class CallAnswersIn(FilledQuestionnaireIn):
    """What was said on the telephone (F73)."""

    note = LineField(max_length=LONGEST_NOTE, required=False, allow_blank=True)


class CallAttemptIn(serializers.Serializer[Any]):
    """What came of a call without answers; ``next_at`` where the person asked to be called later."""

    result = serializers.ChoiceField(choices=UNANSWERED)
    note = LineField(max_length=LONGEST_NOTE, required=False, allow_blank=True)
    next_at = TimeField(required=False, allow_null=True)


class ResponseVerdictIn(serializers.Serializer[Any]):
    """Whether a response is authentic; the reason is needed where it is not (SUR-21)."""

    genuine = serializers.ChoiceField(choices=VERDICTS)
    reason = TextField(max_length=_REASON, required=False, allow_blank=True)


class SurveyAnswerCorrection(serializers.Serializer[Any]):
    """The value that was meant, and why."""

    option = LineField(max_length=_CODE)
    reason = TextField(max_length=_REASON)


class FollowUpFindingIn(serializers.Serializer[Any]):
    """What was behind it, and what was done (SUR-26)."""

    cause = TextField(max_length=_TEXT)
    result = TextField(max_length=_TEXT)


class FollowUpOwnerIn(serializers.Serializer[Any]):
    """Who goes on with it."""

    owner = CodeField(queryset=User.objects.filter(is_active=True), slug_field="username")


class ReopeningProposalIn(serializers.Serializer[Any]):
    """Why the case should be taken up again."""

    reason = TextField(max_length=_REASON)


class ReopeningDecisionIn(serializers.Serializer[Any]):
    """Whether it is; the reason is needed where it is not."""

    granted = serializers.BooleanField()
    reason = TextField(max_length=_REASON, required=False, allow_blank=True)


def filled_of(asks: QuestionnaireDocument, data: Body) -> Filled:
    """A cleaned body as the actions take it. Raises ``InvalidInput`` with the item's code for what the page's form
    could not say.
    """
    given: dict[str, Given] = {}
    for row in data["answers"]:
        code = row["item"]
        if code in given:
            raise InvalidInput(code, _("This question is answered twice."))
        given[code] = _given(_item(asks, code), row.get("option", ""), row.get("comment", ""))
    return Filled(given, data.get("said_by", ""), data.get("submission_key"))


def _item(asks: QuestionnaireDocument, code: str) -> Item:
    try:
        return asks.item(code)
    except KeyError:
        raise InvalidInput(code, _("This question does not belong to the questionnaire.")) from None


def _given(item: Item, option: str, comment: str) -> Given:
    if item.kind == "text":
        return Given(option, comment)
    words = text.clean_line(comment)
    if words and not item.comment:
        raise InvalidInput(item.code, _("This question takes no words."))
    return Given(option_of(item, option), words)


def option_of(item: Item, option: str) -> str:
    """Points as their digits: the actions keep what they are given."""
    if item.kind != "points" or not option:
        return option
    if not (option.isascii() and option.isdigit()):
        raise InvalidInput(item.code, _("Please enter whole points from 0 to %(max)d.") % {"max": item.points})
    return str(int(option))
