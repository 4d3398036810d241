"""What the columns of a file mean, how a cell is cleaned, how a row is known again: without a database."""

from __future__ import annotations

import datetime as dt
import unicodedata
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.exceptions import InvalidInput
from cases.imports import keys, plan, rows
from cases.imports.plan import Plan, parse_kinds, parse_map
from cases.imports.rows import Record, Refusal, Setting, Vocabulary, read_row
from cases.models import Case
from documents.sheets import Row
from organization.moments import parse_day, parse_moment
from organization.text import clean

ZONE = ZoneInfo("Asia/Shanghai")
NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
WORDS = Vocabulary(
    kinds={"complaint": "complaint", "投诉": "complaint", "praise": "praise"},
    products={"heater": 1, "电热水器": 1},
    sites={"苏州园区店": 7},
    categories={"product.quality": 3, "质量": 3},
)


def record_of(values: dict[str, Any], *, notes: tuple[str, ...] = (), **plan_values: Any) -> Record | Refusal:
    """One row whose columns are called like the fields."""
    asked = Plan({name: name for name in values}, "phone", **({"kind": "complaint"} | plan_values))
    return read_row(Row(2, tuple(values.values()), notes), tuple(values), Setting(asked, WORDS, 20_000, NOW, ZONE))


def record(values: dict[str, Any], **plan_values: Any) -> Record:
    found = record_of(values, **plan_values)
    assert isinstance(found, Record), found
    return found


def refusal(values: dict[str, Any], **more: Any) -> str:
    found = record_of(values, **more)
    assert isinstance(found, Refusal)
    return found.message


# --- What the columns mean ---


def test_columns_are_given_as_column_equals_field() -> None:
    assert parse_map(["内容=text, 商品=product"]) == {"text": "内容", "product": "商品"}


def test_a_column_with_a_comma_stands_in_quotes_and_one_with_an_equals_sign_is_no_trouble() -> None:
    assert parse_map(['"名称, 规格=subject"', "a=b=text"]) == {"subject": "名称, 规格", "text": "a=b"}


@pytest.mark.parametrize("given_map", [["内容=texts"], ["内容"], ["=text"], ["内容="], ["a=text,b=text"]])
def test_a_map_that_is_not_understood_is_refused_with_a_sentence(given_map: list[str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_map(given_map)
    assert refused.value.message


def test_a_kind_that_does_not_exist_is_refused() -> None:
    assert parse_kinds(["Negative=complaint"], ["complaint"]) == {"negative": "complaint"}
    with pytest.raises(InvalidInput):
        parse_kinds(["negative=complain"], ["complaint"])


@pytest.mark.parametrize(
    ("columns", "kind"), [({"text": "缺席"}, "complaint"), ({"subject": "标题"}, "complaint"), ({"text": "内容"}, "")]
)
def test_a_plan_without_text_or_kind_or_with_an_absent_column_is_refused(columns: dict[str, str], kind: str) -> None:
    with pytest.raises(InvalidInput):
        Plan(columns, "phone", kind).check(["内容", "标题"])


def test_the_columns_that_are_left_out_are_named() -> None:
    assert Plan({"text": "内容"}, "phone", "complaint").check(["内容", "金额", "备注"]) == ["金额", "备注"]


def test_lines_have_the_limits_of_the_case() -> None:
    columns = {"name": "reporter_name", "organisation": "reporter_organisation", "phone": "reporter_phone"}
    columns |= {"email": "reporter_email"}
    for name, limit in plan.LINES.items():
        assert Case._meta.get_field(columns.get(name, name)).max_length == limit


# --- Times ---

MOMENTS = {
    "2026-03-01 09:30": dt.datetime(2026, 3, 1, 9, 30, tzinfo=ZONE),
    "2026-03-01T09:30:15": dt.datetime(2026, 3, 1, 9, 30, 15, tzinfo=ZONE),
    "2026-03-01 09:30:15.250": dt.datetime(2026, 3, 1, 9, 30, 15, tzinfo=ZONE),
    "2026-03-01T01:30Z": dt.datetime(2026, 3, 1, 9, 30, tzinfo=ZONE),
    "2026-03-01 09:30 +08:00": dt.datetime(2026, 3, 1, 9, 30, tzinfo=ZONE),
    "2026/3/1": dt.datetime(2026, 3, 1, tzinfo=ZONE),
    "2026.3.1 9:05": dt.datetime(2026, 3, 1, 9, 5, tzinfo=ZONE),
    "20260301": dt.datetime(2026, 3, 1, tzinfo=ZONE),
    "2026年3月1日": dt.datetime(2026, 3, 1, tzinfo=ZONE),
    "2026年3月1日 9时30分": dt.datetime(2026, 3, 1, 9, 30, tzinfo=ZONE),
    "2026 年 3 月 1 日 9点30分15秒": dt.datetime(2026, 3, 1, 9, 30, 15, tzinfo=ZONE),
    "２０２６－０３－０１　０９：３０": dt.datetime(2026, 3, 1, 9, 30, tzinfo=ZONE),
    "2026/3/1 下午 3:20": dt.datetime(2026, 3, 1, 15, 20, tzinfo=ZONE),
    "2026/3/1 3:20 PM": dt.datetime(2026, 3, 1, 15, 20, tzinfo=ZONE),
    "2026/3/1 上午12:05": dt.datetime(2026, 3, 1, 0, 5, tzinfo=ZONE),
}


@pytest.mark.parametrize("written", MOMENTS)
def test_times_are_read_as_people_and_spreadsheets_write_them(written: str) -> None:
    assert parse_moment(written, ZONE) == MOMENTS[written]


@pytest.mark.parametrize(
    "written",
    [
        "03/04/2026",
        "1/3/26",
        "2026-13-01",
        "2026-02-30",
        "2026-03-01 25:00",
        "昨天",
        "46082",
        "1772328600",
        "1899-12-30",
    ],
)
def test_a_time_that_could_mean_two_things_or_nothing_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_moment(written, ZONE)


def test_cells_that_are_dates_already_are_local() -> None:
    assert parse_moment(dt.datetime(2026, 3, 1, 9, 30), ZONE) == dt.datetime(2026, 3, 1, 9, 30, tzinfo=ZONE)  # noqa: DTZ001
    assert parse_moment(dt.date(2026, 3, 1), ZONE) == dt.datetime(2026, 3, 1, tzinfo=ZONE)
    assert parse_day(dt.datetime(2026, 2, 28, 17, tzinfo=dt.UTC), ZONE) == dt.date(2026, 3, 1)


# --- Cleaning ---


@pytest.mark.parametrize(
    ("written", "kept", "changes"),
    [
        ("漏水", "漏水", ()),
        ("漏\x00水\u200b", "漏水", ("invisible",)),
        ("漏水\u202e了", "漏水了", ("invisible",)),
        ("一\r\n二\r三", "一\n二\n三", ("line_ends",)),
        ("cafe\u0301", "café", ("composed",)),
        ("\u3000 漏水\n", "漏水", ("trimmed",)),
        ("\x07一\r\n二 ", "一\n二", ("line_ends", "invisible", "trimmed")),
        ("漏\ufffd水", "漏\ufffd水", ("damaged",)),
        (12.0, "12", ()),
        ("=65W?? 实测", "=65W?? 实测", ()),
    ],
)
def test_what_cleaning_changes_is_named(written: Any, kept: str, changes: tuple[str, ...]) -> None:
    found = record({"text": written})
    assert (found.text, found.changes) == (kept, changes)
    assert set(changes) <= rows.CHANGES.keys()


@pytest.mark.req("INT-03")
@given(st.text(max_size=200))
def test_every_text_is_in_or_refused_and_the_text_kept_is_clean(text: str) -> None:
    found = record_of({"text": text})
    if isinstance(found, Refusal):
        assert not clean(text).strip()
    else:
        assert found.text == clean(text).strip()
        assert found.text == unicodedata.normalize("NFC", found.text)
        assert (found.text == text) == (not set(found.changes) - {"damaged"})


def test_a_short_field_is_one_line() -> None:
    found = record({"text": "漏水", "name": " 周\n 慧 "})
    assert found.lines == {"name": "周 慧"}
    assert set(found.changes) == {"trimmed", "joined"}


@pytest.mark.parametrize("text", ["", "   ", None, "\x00\u200b", "长" * 20_001])
def test_a_text_that_is_empty_or_too_long_is_refused(text: str | None) -> None:
    assert refusal({"text": text})


def test_a_text_of_exactly_the_limit_is_in() -> None:
    assert len(record({"text": "长" * 20_000}).text) == 20_000


def test_everything_that_is_wrong_with_a_row_is_said_at_once() -> None:
    message = refusal({"text": "", "received": "2027-01-01", "kind": "中性", "site": "火星店", "phone": "1" * 61})
    for part in ("2027-01-01", "中性", "火星店", "61"):
        assert part in message


def test_a_time_in_the_future_is_refused() -> None:
    assert "2026-11-22" in refusal({"text": "漏水", "received": "2026-11-22"})


def test_a_formula_is_refused_where_it_is_used_and_nowhere_else() -> None:
    note = ("单元格 B2 是公式",)
    assert note[0] in refusal({"text": "=A1&B1"}, notes=note)
    assert "#N/A" in refusal({"text": "漏水", "name": "#N/A"}, notes=("B2 #N/A",))
    found = record_of({"text": "漏水"}, notes=note)
    assert isinstance(found, Record)


# --- Words ---


def test_values_become_kinds_by_the_map_by_code_and_by_name() -> None:
    kinds = {"negative": "complaint", "positive": "praise"}
    assert record({"text": "好", "kind": "Positive"}, kinds=kinds, kind="").kind == "praise"
    assert record({"text": "好", "kind": "投诉"}, kind="").kind == "complaint"
    assert record({"text": "好", "kind": ""}, kind="praise").kind == "praise"
    assert refusal({"text": "好", "kind": ""}, kind="")


def test_products_are_found_by_code_or_name_and_others_stay_as_text() -> None:
    assert record({"text": "好", "product": "ＨＥＡＴＥＲ"}).product == 1
    assert record({"text": "好", "product": " 电热水器 "}).product == 1
    unknown = record({"text": "好", "product": "电暖气"})
    assert (unknown.product, unknown.product_name) == (None, "电暖气")


def test_an_unknown_category_is_only_a_missed_suggestion() -> None:
    assert record({"text": "好", "category": "质量"}).category == 3
    unknown = record({"text": "好", "category": "外星"})
    assert (unknown.category, unknown.changes) == (None, ("unknown_category",))


# --- Keys ---


def test_the_same_words_twice_are_two_rows_and_the_same_file_again_has_the_same_keys() -> None:
    first, again = keys.RowKeys(), keys.RowKeys()
    found = [first.next({"text": text}) for text in ("好评", "差", "好评")]
    assert len(set(found)) == 3
    assert found == [again.next({"text": text}) for text in ("好评", "差", "好评")]
    assert keys.following(found[0]) == found[2]
    assert all(len(key) <= keys.KEY_LENGTH == Case._meta.get_field("import_key").max_length for key in found)


def test_a_row_is_known_by_its_cleaned_words() -> None:
    one, other = record({"text": "一\r\n二 "}), record({"text": "一\n二"})
    assert keys.RowKeys().next(one.raw) == keys.RowKeys().next(other.raw)


def test_a_long_key_is_kept_by_its_digest() -> None:
    assert keys.column_key("A-1") == "k:A-1"
    assert len(keys.column_key("长" * 300)) <= keys.KEY_LENGTH
    assert refusal({"text": "好", "key": " "})


def test_a_file_of_errors_belongs_to_the_import_it_came_from(tmp_path: Path) -> None:
    path = tmp_path / "三月.csv"
    first = keys.free_error_path(path)
    assert first.name == "三月.errors.csv"
    first.touch()
    second = keys.free_error_path(first)
    assert second.name == "三月.errors-2.csv"
    assert keys.name_of(path) == keys.name_of(first) == keys.name_of(second) == "三月"
    assert Case._meta.get_field("import_name").max_length == keys.NAME_LENGTH
