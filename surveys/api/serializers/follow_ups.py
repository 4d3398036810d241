"""What follows an answer."""

from __future__ import annotations

from dataclasses import dataclass

from rest_framework import serializers

from surveys.models import FollowUp
from surveys.queries.follow_ups import Offer, Row
from surveys.queries.responses import Heard, Words


class FollowUpRow(serializers.Serializer[Row]):
    """A follow-up in a list; ``about`` is its question in words."""

    id = serializers.IntegerField(source="row.pk")
    case = serializers.CharField(source="row.response.case.number")
    item = serializers.CharField(source="row.item", allow_blank=True)
    about = serializers.CharField()
    reason = serializers.ChoiceField(choices=FollowUp.Reason.choices, source="row.reason")
    state = serializers.ChoiceField(choices=FollowUp.State.choices, source="row.state")
    owner = serializers.CharField(source="row.owner.username")
    department = serializers.CharField(source="row.department.code", default=None, allow_null=True)
    due_on = serializers.DateField(source="row.due_on")
    is_late = serializers.BooleanField()


@dataclass(frozen=True)
class Matter:
    """All that the page of one shows; ``response`` None where this person may not read it."""

    listed: Row
    heard: Heard
    response: int | None
    offers: list[Offer]

    @property
    def row(self) -> FollowUp:
        """The follow-up."""
        return self.listed.row

    @property
    def holds_case(self) -> bool:
        """Whether the closing of the case waits for it."""
        return self.row.hold is not None and self.row.hold.released_at is None


class SurveyWordsOut(serializers.Serializer[Words]):
    """What was said in words, and to which question."""

    item = serializers.CharField()
    comment = serializers.CharField()


class FollowUpActOut(serializers.Serializer[Offer]):
    """An act that can be done now, by its own word."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]


class FollowUpDetail(serializers.Serializer[Matter]):
    """One follow-up: what was said, what was found, and what may be done now (``acts``)."""

    id = serializers.IntegerField(source="row.pk")
    case = serializers.CharField(source="row.response.case.number")
    response = serializers.IntegerField(allow_null=True)
    item = serializers.CharField(source="row.item", allow_blank=True)
    about = serializers.CharField(source="listed.about")
    reason = serializers.ChoiceField(choices=FollowUp.Reason.choices, source="row.reason")
    state = serializers.ChoiceField(choices=FollowUp.State.choices, source="row.state")
    owner = serializers.CharField(source="row.owner.username")
    department = serializers.CharField(source="row.department.code", default=None, allow_null=True)
    opened_at = serializers.DateTimeField(source="row.opened_at")
    due_on = serializers.DateField(source="row.due_on")
    is_late = serializers.BooleanField(source="listed.is_late")
    holds_case = serializers.BooleanField()
    given = serializers.CharField(source="heard.given", allow_blank=True)
    words = SurveyWordsOut(source="heard.words", many=True)
    proposal = serializers.CharField(source="row.proposal", allow_blank=True)
    refused_reason = serializers.CharField(source="row.refused_reason", allow_blank=True)
    cause = serializers.CharField(source="row.cause", allow_blank=True)
    result = serializers.CharField(source="row.result", allow_blank=True)
    ended_at = serializers.DateTimeField(source="row.ended_at", allow_null=True)
    ended_by = serializers.CharField(source="row.ended_by.username", default=None, allow_null=True)
    acts = FollowUpActOut(source="offers", many=True)
