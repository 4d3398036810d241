"""What is left, what is late, when it was: in words, never promising more time than there is."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from organization import time_words
from tests.organization.time_table import AGO, READING, REMAINING

NOW = datetime.fromisoformat(READING)


@pytest.mark.parametrize(("due", "words", "tone"), REMAINING)
def test_a_due_time_is_said_in_words_and_coloured(due: str, words: str, tone: str) -> None:
    with override("zh-hans"):
        assert time_words.remaining_words(NOW, datetime.fromisoformat(due)) == words
    assert time_words.remaining_tone(NOW, datetime.fromisoformat(due)) == tone


@pytest.mark.parametrize(("at", "words"), AGO)
def test_what_happened_is_said_by_minutes_then_by_day(at: str, words: str) -> None:
    with override("zh-hans"):
        assert time_words.ago_words(NOW, datetime.fromisoformat(at)) == words


def test_words_do_not_depend_on_the_zone_in_which_the_moment_is_written() -> None:
    due = datetime.fromisoformat("2026-11-21T23:59:00+08:00")
    with override("zh-hans"):
        assert time_words.remaining_words(NOW.astimezone(UTC), due.astimezone(UTC)) == "今天 23:59"


def test_the_words_exist_in_english() -> None:
    with override("en"):
        assert time_words.remaining_words(NOW, NOW + timedelta(hours=3, minutes=5)) == "3 h left"
        assert time_words.remaining_words(NOW, NOW - timedelta(days=2)) == "Overdue 2 d"
        assert time_words.remaining_words(NOW, NOW + timedelta(days=2)) == "Mon 14:32"
        assert time_words.full_words(NOW) == "Sat 2026-11-21 14:32"


def test_the_exact_time_shows_the_year_only_where_it_is_another_one() -> None:
    assert time_words.exact_words(NOW, datetime.fromisoformat("2026-11-19T10:20:00+08:00")) == "11-19 10:20"
    assert time_words.exact_words(NOW, datetime.fromisoformat("2025-11-19T10:20:00+08:00")) == "2025-11-19 10:20"


def test_the_title_says_the_whole_truth() -> None:
    with override("zh-hans"):
        assert time_words.full_words(NOW) == "2026年11月21日 周六 14:32"


@given(st.timedeltas(min_value=timedelta(seconds=1), max_value=time_words.COUNTDOWN - timedelta(seconds=1)))
def test_nobody_is_told_to_have_more_than_a_minute_too_much(left: timedelta) -> None:
    with override("en"):
        words = time_words.remaining_words(NOW, NOW + left).split()
    numbers = [int(word) for word in words if word.isdigit()]
    minutes = numbers[0] if "h" not in words else numbers[0] * 60 + (numbers[1] if len(numbers) > 1 else 0)
    assert timedelta(minutes=minutes) < left + timedelta(minutes=1)
