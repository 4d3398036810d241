"""The callback desk: its queue, and one call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from cases.lifecycle import Outcome
from organization.models import User
from surveys.api.serializers.asking import QuestionnaireOut
from surveys.models import Attempt, Callback
from surveys.queries.desk import Dossier, Queue, Queued


class CallbackRow(serializers.Serializer[Queued]):
    """One call of the queue; ``taken_by`` is the colleague who is making it just now."""

    id = serializers.IntegerField(source="callback.pk")
    case = serializers.CharField(source="callback.case.number")
    subject = serializers.CharField(source="callback.case.subject")
    level = serializers.CharField(source="callback.draw.level")
    customer = serializers.CharField(allow_blank=True)
    attempts = serializers.IntegerField(source="callback.attempts")
    next_at = serializers.DateTimeField(source="callback.next_at")
    taken_by = serializers.SerializerMethodField()

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_taken_by(self, line: Queued) -> str | None:
        """As on the page: nobody where it is free, or one's own."""
        return line.holder.username if line.holder is not None else None


@extend_schema_serializer(many=False)
class CallbackQueue(serializers.Serializer[Queue]):
    """What is due, what comes later today, and how many wait altogether."""

    waiting = serializers.IntegerField()
    due = CallbackRow(many=True)
    later = CallbackRow(many=True)


@dataclass(frozen=True)
class Calling:
    """All that the page of one call shows."""

    row: Callback
    customer: str
    dossier: Dossier
    holder: User | None
    is_mine: bool
    is_open: bool


class CallAttemptOut(serializers.Serializer[Attempt]):
    """A call that was made."""

    n = serializers.IntegerField()
    result = serializers.ChoiceField(choices=Attempt.Result.choices)
    note = serializers.CharField(allow_blank=True)
    by = serializers.CharField(source="by.username")
    at = serializers.DateTimeField()
    next_at = serializers.DateTimeField(allow_null=True)


class FinalReplyOut(serializers.Serializer[Any]):
    """What the customer was answered."""

    text = serializers.CharField()
    happened_at = serializers.DateTimeField()


class CustomerOpinionOut(serializers.Serializer[Any]):
    """What the customer said of it then."""

    satisfied = serializers.BooleanField()
    remark = serializers.CharField(allow_blank=True)


class CallbackDetail(serializers.Serializer[Calling]):
    """One call: what was reported and answered, whom to call, what was tried, and what is asked (F73).

    ``is_open`` says whether it may be made now; ``taken_by`` is the colleague who is making it. The telephone numbers
    are for who has taken it, while it may be made.
    """

    id = serializers.IntegerField(source="row.pk")
    case = serializers.CharField(source="row.case.number")
    subject = serializers.CharField(source="row.case.subject")
    level = serializers.CharField(source="row.draw.level")
    state = serializers.ChoiceField(choices=Callback.State.choices, source="row.state")
    next_at = serializers.DateTimeField(source="row.next_at")
    is_open = serializers.BooleanField()
    is_mine = serializers.BooleanField()
    taken_by = serializers.CharField(source="holder.username", default=None, allow_null=True)
    customer = serializers.CharField(allow_blank=True)
    phones = serializers.SerializerMethodField()
    received_at = serializers.DateTimeField(source="row.case.received_at")
    text = serializers.CharField(source="row.case.text", allow_blank=True)
    demand = serializers.CharField(source="row.case.demand", allow_blank=True)
    product = serializers.CharField(source="row.case.product_text", allow_blank=True)
    reply = FinalReplyOut(source="dossier.reply", allow_null=True)
    opinion = CustomerOpinionOut(source="dossier.opinion", allow_null=True)
    outcome = serializers.ChoiceField(
        choices=Outcome.choices, source="dossier.round.outcome", default="", allow_blank=True
    )
    closed_at = serializers.DateTimeField(source="dossier.round.closed_at", default=None, allow_null=True)
    attempts = CallAttemptOut(source="dossier.attempts", many=True)
    questionnaire = serializers.CharField(source="row.draw.survey.version.questionnaire.code")
    version = serializers.IntegerField(source="row.draw.survey.version.number")
    asks = QuestionnaireOut(source="row.draw.survey.version.asks")

    def get_phones(self, calling: Calling) -> list[str]:
        """As on the page: none before the call is taken, and none when it is not to be made any more."""
        return list(calling.dossier.phones) if calling.is_mine and calling.is_open else []
