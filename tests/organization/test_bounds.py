"""No form takes a time that cannot be meant."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from organization.forms.fields import DayField, LocalDateTimeField


@pytest.mark.parametrize("typed", ["0001-01-01T00:00", "1969-12-31T23:59", "2200-01-01T00:00", "9999-12-31T23:59"])
def test_a_moment_lies_in_our_time(typed: str) -> None:
    with pytest.raises(ValidationError, match="1990"):
        LocalDateTimeField().clean(typed)


@pytest.mark.parametrize("typed", ["1990-01-01T00:00", "2026-07-01T09:30", "2199-12-31T23:59"])
def test_a_moment_of_our_time_is_taken(typed: str) -> None:
    assert LocalDateTimeField().clean(typed).strftime("%Y-%m-%dT%H:%M") == typed


@pytest.mark.parametrize("typed", ["0001-01-01", "1899-12-31", "9999-12-31"])
def test_a_day_lies_where_something_may_have_been_bought_or_promised(typed: str) -> None:
    with pytest.raises(ValidationError, match="1900"):
        DayField().clean(typed)
    assert DayField().clean("1958-05-01").isoformat() == "1958-05-01"
