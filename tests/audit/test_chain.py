from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st

from audit import chain

KEY = b"key"
ROW: tuple[Any, ...] = ("case:1", 1, 0, "staff", 7, "李四", None, "open", {"a": [1, 2]}, {}, "")
moments = st.datetimes(timezones=st.just(dt.UTC))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.decimals() | moments,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


class Colour(Enum):
    RED = "red"


@given(values)
def test_a_plain_value_stays_the_same_through_json(value: object) -> None:
    plain = chain.plain(value)
    assert json.loads(json.dumps(plain)) == plain
    assert chain.plain(plain) == plain


def test_values_of_any_kind_become_readable_text() -> None:
    assert chain.plain(Decimal("1.50")) == "1.50"
    assert chain.plain(1e22) == "1e+22"
    assert chain.plain(dt.date(2026, 11, 21)) == "2026-11-21"
    assert chain.plain(UUID(int=1)) == str(UUID(int=1))
    assert chain.plain({"b", "a"}) == ["a", "b"]
    assert chain.plain(Colour.RED) == "red"
    assert chain.plain(gettext_lazy("Staff")) == str(gettext_lazy("Staff"))


def test_text_that_the_database_refuses_is_cleaned() -> None:
    assert chain.plain("a\x00b\ud800c") == "abc"


@given(moments)
def test_moments_are_counted_in_whole_microseconds(at: dt.datetime) -> None:
    assert dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=chain.microseconds(at)) == at


def test_the_same_moment_in_another_zone_is_the_same_number() -> None:
    at = dt.datetime(2026, 11, 21, 9, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
    assert chain.microseconds(at) == chain.microseconds(at.astimezone(dt.UTC))


def test_every_part_of_an_event_changes_its_hash() -> None:
    other = ("case:2", 2, 1, "system", 8, "王五", 3, "close", {"a": [1, 3]}, {"b": "x"}, "prev")
    base = chain.event_hash(KEY, ROW)
    changed = {chain.event_hash(KEY, (*ROW[:i], other[i], *ROW[i + 1 :])) for i in range(len(ROW))}
    assert len(changed | {base}) == len(ROW) + 1


def test_without_the_key_no_hash_can_be_made() -> None:
    assert chain.event_hash(b"other", ROW) != chain.event_hash(KEY, ROW)


def test_moving_a_character_from_one_field_to_the_next_is_seen() -> None:
    row = ("case:11", *ROW[1:])
    assert chain.event_hash(KEY, ("case:1", 11, *ROW[2:])) != chain.event_hash(KEY, row)


def test_the_order_of_keys_does_not_matter() -> None:
    one, two = {"a": [1, 2], "b": [3, 4]}, {"b": [3, 4], "a": [1, 2]}
    assert chain.event_hash(KEY, (*ROW[:8], one, {}, "")) == chain.event_hash(KEY, (*ROW[:8], two, {}, ""))


def test_the_same_value_has_another_digest_under_another_salt() -> None:
    assert chain.seal(KEY, "a", "phone", (None, "138")) != chain.seal(KEY, "b", "phone", (None, "138"))
