"""Fields through which texts and codes come in: cleaned like those of the forms."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from django_filters.fields import IsoDateTimeField
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from organization import bounds, text


@extend_schema_field(OpenApiTypes.STR)
class LineField(serializers.CharField):
    """One cleaned line."""

    def to_internal_value(self, data: Any) -> str:
        """Clean before the length is checked."""
        return text.clean_line(super().to_internal_value(data))


@extend_schema_field(OpenApiTypes.STR)
class TextField(serializers.CharField):
    """Cleaned text of several lines."""

    def to_internal_value(self, data: Any) -> str:
        """Clean before the length is checked."""
        return text.clean(super().to_internal_value(data))


@extend_schema_field(OpenApiTypes.DATETIME)
class TimeField(serializers.DateTimeField):
    """A moment that can be meant."""

    def to_internal_value(self, value: Any) -> datetime:
        """Refuse the year 1 and the year 9999, as the forms do."""
        found: datetime = super().to_internal_value(value)
        if not bounds.is_time(found):
            raise serializers.ValidationError(bounds.time_problem())
        return found


class _MomentFormField(IsoDateTimeField):
    def clean(self, value: Any) -> datetime | None:
        found: datetime | None = super().clean(value)
        if found is None:
            return None
        if not bounds.is_time(found):
            raise ValidationError(bounds.time_problem())
        # PostgreSQL takes no offset of 16 hours or more, though ISO 8601 does.
        return found.astimezone(UTC)


class MomentFilter(filters.IsoDateTimeFilter):
    """Narrows a list by a moment that can be meant."""

    field_class = _MomentFormField


@extend_schema_field(OpenApiTypes.DATE)
class DayField(serializers.DateField):
    """A day that can be meant."""

    def to_internal_value(self, value: Any) -> date:
        """Refuse what no form takes either."""
        found: date = super().to_internal_value(value)
        if not bounds.is_day(found):
            raise serializers.ValidationError(bounds.day_problem())
        return found


@extend_schema_field(OpenApiTypes.STR)
class CodeField(serializers.SlugRelatedField):
    """A row of a vocabulary by its code; retired ones cannot be chosen."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(slug_field=kwargs.pop("slug_field", "code"), **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        """Codes are short strings; anything else is answered before the database is asked."""
        if not isinstance(data, str) or len(data) > 60 or text.clean_line(data) != data:
            raise serializers.ValidationError(_("This code is unknown."))
        return super().to_internal_value(data)
