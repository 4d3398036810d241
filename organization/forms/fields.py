"""Form fields through which every text of a person comes in: cleaned once, here."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from organization import bounds, text


class LineField(forms.CharField):
    """One line: control characters and bidi tricks removed, white space folded."""

    def to_python(self, value: Any) -> str:
        """Clean before the length is checked."""
        return super().to_python(text.clean_line(str(value))) or "" if value not in self.empty_values else ""


class TextField(forms.CharField):
    """Several lines: cleaned, line breaks kept."""

    widget = forms.Textarea

    def __init__(self, *args: Any, rows: int = 4, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": rows}))
        super().__init__(*args, **kwargs)

    def to_python(self, value: Any) -> str:
        """Clean before the length is checked; outer white space goes."""
        return super().to_python(text.clean(str(value))) or "" if value not in self.empty_values else ""


class MinutesField(forms.IntegerField):
    """Minutes spent: optional, at most a week of them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(label=_("Minutes spent"), required=False, min_value=0, max_value=10_080, **kwargs)


class LocalDateTimeField(forms.DateTimeField):
    """A moment in the organisation's zone, with the browser's own picker."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"))
        kwargs.setdefault("input_formats", ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"])
        super().__init__(**kwargs)

    def validate(self, value: Any) -> None:
        """Refuse the year 1 and the year 9999, which the database takes and nobody can read again."""
        super().validate(value)
        if value is not None and not bounds.is_time(value):
            raise ValidationError(bounds.time_problem(), "out_of_bounds")


class DayField(forms.DateField):
    """A date, with the browser's own picker."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        super().__init__(**kwargs)

    def validate(self, value: Any) -> None:
        """As for a moment; what was bought may be older."""
        super().validate(value)
        if value is not None and not bounds.is_day(value):
            raise ValidationError(bounds.day_problem(), "out_of_bounds")


def keep_offering(form: forms.Form, name: str, *stored: Model | None) -> None:
    """Let a box go on offering what it holds, also who left and what is retired.

    Else saving another field would drop it without a word.
    """
    field = form.fields.get(name)
    keys = [row.pk for row in stored if row is not None]
    if isinstance(field, forms.ModelChoiceField) and field.queryset is not None and keys:
        field.queryset = field.queryset | field.queryset.model._default_manager.filter(pk__in=keys)
