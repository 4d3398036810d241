"""What requests may say, body by body."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from organization.api.fields import CodeField, DayField, LineField, TextField
from organization.models import User
from reports.models import Report

_REASON = 500
MOST_PEOPLE = 200


class ReportIn(serializers.Serializer[Any]):
    """Which report is asked for: ``since`` names the month or the quarter by any of its days, or begins the period."""

    kind = serializers.ChoiceField(choices=Report.Kind.choices)
    since = DayField()
    until = DayField(required=False, allow_null=True)


class ReportCorrectionIn(serializers.Serializer[Any]):
    """Why it is built once more."""

    reason = TextField(max_length=_REASON)


class ReportApprovalIn(serializers.Serializer[Any]):
    """What the signer has to say."""

    opinion = LineField(max_length=_REASON, required=False, allow_blank=True)


class ReportSendingIn(serializers.Serializer[Any]):
    """To whom it goes, by sign-in name."""

    people = serializers.ListField(
        child=CodeField(queryset=User.objects.filter(is_active=True), slug_field="username"),
        min_length=1, max_length=MOST_PEOPLE,
    )  # fmt: skip
