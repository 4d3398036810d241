"""Text is stored clean, compared folded, ordered by sound and found again; telephone numbers too."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from organization.text import (
    INDEXED_LENGTH,
    LEXEME_LENGTH,
    SORT_KEY_LENGTH,
    PhoneNumber,
    bigrams,
    clean,
    clean_line,
    fold,
    initials,
    normalise_phone,
    phone_digits,
    phrase_matches,
    pinyin_key,
    tsquery,
)

FORBIDDEN = frozenset(
    [
        *(chr(c) for c in range(0x20) if chr(c) not in "\n\t"),
        *(chr(c) for c in range(0x7F, 0xA0)),
        *(chr(c) for c in range(0xD800, 0xE000)),
        *(chr(c) for c in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))),
        *(chr(c) for c in range(0xFDD0, 0xFDF0)),
        *(chr(plane + end) for plane in range(0, 0x110000, 0x10000) for end in (0xFFFE, 0xFFFF)),
    ]
)

ODD = "\u200b\u200c\u200d\u2060\u202e\u2066\ufeff\0\x01\x85\r\n\t\x0b\ud800\udfff\ufffe\u0301\u0323\u0344\u3099ﾞ\ufe0f"
CHINESE = "客户投诉电机漏油周慧曾单〇々𠮷仇，。、（）：；！？"
OTHER = "ABCabcßŞİΣéÅ①㎡ﷺﬁ０１２ＡＢ123 -_/'\\\"&|!:*()<>\u3000カｶかパ한ภा👨👩👧🙂❤ا\u06cc"

anything = st.text(st.one_of(st.sampled_from(ODD + CHINESE + OTHER), st.characters(codec=None)), max_size=60)
chinese = st.text(st.sampled_from(CHINESE), min_size=2, max_size=40)
mixed = st.text(st.sampled_from(CHINESE + OTHER), min_size=2, max_size=40)


def lexemes_asked_for(query: str) -> list[tuple[str, bool]]:
    """The lexemes of a tsquery, with whether each is a prefix, as PostgreSQL would read them."""
    assert re.fullmatch(r"'(?:[^'\\]|''|\\\\)+'(?::\*)?(?: & '(?:[^'\\]|''|\\\\)+'(?::\*)?)*", query)
    terms = re.findall(r"'((?:[^'\\]|''|\\\\)+)'(:\*)?", query)
    return [(lexeme.replace("''", "'").replace("\\\\", "\\"), bool(star)) for lexeme, star in terms]


def finds(query: str, text: str) -> bool:
    """What ``search @@ query`` would say."""
    asked, lexemes = tsquery(query), bigrams(text)
    return asked is not None and all(
        any(lexeme.startswith(wanted) for lexeme in lexemes) if prefix else wanted in lexemes
        for wanted, prefix in lexemes_asked_for(asked)
    )


# Cleaning


@given(anything)
@example("e\u200d\u0301")
@example("🙂\u200d\u2329")
@example("a" + "\u0344" * 40)
@example("x\u0301\u200d\u064e\u200d\u0627")
def test_cleaning_is_done_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert clean_line(clean_line(text)) == clean_line(text)


@given(anything)
def test_clean_text_holds_nothing_forbidden_and_is_composed(text: str) -> None:
    cleaned = clean(text)
    assert not FORBIDDEN.intersection(cleaned)
    assert unicodedata.is_normalized("NFC", cleaned)
    cleaned.encode()  # storable


def test_each_forbidden_character_is_taken_out_or_ends_a_line() -> None:
    line_ends = set("\r\x0b\x0c\x1c\x1d\x1e\x85")
    for character in FORBIDDEN:
        assert clean(f"漏{character}油") == ("漏\n油" if character in line_ends else "漏油"), hex(ord(character))


@given(st.text(st.sampled_from(CHINESE + "abc123 \n\t"), max_size=60))
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("a\r\nb\rc\u2028d\x85e\x0cf", "a\nb\nc\nd\ne\nf"),
        ("行一\n\t行二", "行一\n\t行二"),
        ("e\u0301", "é"),
        ("a\u202eb\u2066c\u2069d", "abcd"),
        ("周\u200b慧\ufeff", "周慧"),
        ("周\u200d慧", "周慧"),  # a joiner where nothing joins
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),  # and where it makes a family
        ("❤\ufe0f\u200d🔥", "❤\ufe0f\u200d🔥"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # Persian is spelt with it
        ("客户\ud83d", "客户"),
    ],
)
def test_text_is_stored_as_meant(typed: str, stored: str) -> None:
    assert clean(typed) == stored


def test_one_line_has_single_spaces_and_none_at_its_ends() -> None:
    assert clean_line(" \u3000 上海\r\n\t 回音\u00a0公司 \n") == "上海 回音 公司"


def test_no_mark_can_be_piled_up_without_end() -> None:
    for code in range(0x300, 0x20000):
        if unicodedata.combining(chr(code)):
            assert len(clean("a" + chr(code) * 100)) <= 61, hex(code)


def test_a_megabyte_of_disordered_marks_is_cut_before_it_is_sorted() -> None:
    piled = "\u0301\u0323" * 500_000  # sorting it takes hours
    assert len(clean(piled)) == 30
    assert len(fold(piled)) == 30
    assert len(fold("ﾞ\u0301" * 500_000)) == 30


# Comparison


@given(anything)
@example("ͅ")
def test_folding_is_done_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("ＡＢＣ－１２３", "abc-123"),
        ("Straße", "STRASSE"),
        ("ｶﾞｽ", "ガス"),
        ("㎡", "m2"),
        ("葛\U000e0100", "葛"),
        ("❤\ufe0f", "❤"),
        ("\ufb01lter", "FILTER"),
    ],
)
def test_what_reads_the_same_folds_to_the_same(a: str, b: str) -> None:
    assert fold(a) == fold(b)


# Order by sound


def test_names_are_ordered_by_pinyin_and_tone() -> None:
    names = ["张三", "王五", "李四", "阿明", "单雄信", "曾伟", "仇英", "吕布", "路遥", "查良镛"]
    assert sorted(names, key=pinyin_key) == [
        "阿明", "李四", "路遥", "吕布", "仇英", "单雄信", "王五", "曾伟", "查良镛", "张三",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "key", "letters"),
    [
        ("周慧", "zhou1 hui4", "zh"),
        ("曾伟", "zeng1 wei3", "zw"),
        ("单雄信", "shan4 xiong2 xin4", "sxx"),
        ("单于夜", "chan2 yu2 ye4", "cyy"),
        ("尉迟恭", "yu4 chi2 gong1", "ycg"),
        ("曾伟（采购）", "zeng1 wei3 ( cai3 gou4 )", "zwcg"),
        ("重庆长安汽车", "chong2 qing4 chang2 an1 qi4 che1", "cqcaqc"),
        ("ＡＢＣ　公司", "abc gong1 si1", "abcgs"),
        ("3号泵站", "3 hao4 beng4 zhan4", "3hbz"),
        ("", "", ""),
    ],
)
def test_a_name_has_a_key_and_initials(name: str, key: str, letters: str) -> None:
    assert (pinyin_key(name), initials(name)) == (key, letters)


def test_only_a_persons_name_begins_with_a_surname() -> None:
    assert pinyin_key("解放路") == "xie4 fang4 lu4"  # guessed from its length
    assert pinyin_key("解放路", person=False) == "jie3 fang4 lu4"
    assert initials("单位采购中心") == "dwcgzx"
    assert initials("单位采购中心", person=True) == "swcgzx"


@given(anything)
def test_any_text_has_a_key_and_initials(text: str) -> None:
    assert len(pinyin_key(text * 20)) <= SORT_KEY_LENGTH
    assert re.fullmatch("[a-z0-9]{0,200}", initials(text))


# Search


def test_a_text_becomes_pairs_of_characters_words_and_numbers() -> None:
    assert bigrams("客户投诉，ＳＮ2026A 泵") == ["客户", "户投", "投诉", "诉", "sn2026a", "2026", "泵"]
    assert bigrams("。！🙂") == []


def test_a_query_asks_for_pairs_exactly_and_for_words_by_their_beginning() -> None:
    assert tsquery("客户投诉 SN20") == "'客户' & '户投' & '投诉' & 'sn20':*"
    assert tsquery("诉") == "'诉':*"
    assert tsquery("投诉 投诉") == "'投诉'"


@pytest.mark.parametrize("words", ["", "  ", "。！", "🙂", "\0", "' & | ! :* ( ) <-> \\"])
def test_a_query_without_words_is_none(words: str) -> None:
    assert tsquery(words) is None


@given(chinese)
def test_any_two_characters_of_a_chinese_text_find_it(text: str) -> None:
    text = clean(text)
    for n in range(len(text) - 1):
        if text[n].isalnum() and text[n + 1].isalnum():
            assert finds(text[n : n + 2], text)
            assert phrase_matches(text[n : n + 2], text)


@given(chinese)
def test_any_single_character_of_a_chinese_text_finds_it(text: str) -> None:
    assert all(finds(character, text) for character in clean(text) if character.isalnum())


@given(mixed, st.data())
def test_any_piece_that_does_not_begin_inside_a_word_finds_its_text(text: str, data: st.DataObject) -> None:
    text = fold(clean(text))
    starts = [n for n in range(len(text)) if n == 0 or not (_is_latin(text[n - 1]) and _is_latin(text[n]))]
    start = data.draw(st.sampled_from(starts)) if starts else 0
    piece = text[start : data.draw(st.integers(start, len(text)))]
    if tsquery(piece) is not None:
        assert finds(piece, text)
        assert phrase_matches(piece, text)


def _is_latin(character: str) -> bool:
    return character.isalnum() and bigrams(f"{character}客") == [character, "客"]


@given(mixed)
def test_width_and_case_do_not_matter_to_a_search(text: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
    assert bigrams(wide) == bigrams(text)
    assert tsquery(wide) == tsquery(text)
    assert tsquery(text.upper()) == tsquery(text.upper().lower())


@given(anything)
def test_lexemes_are_few_short_and_storable(text: str) -> None:
    lexemes = bigrams(text)
    assert len(lexemes) == len(set(lexemes))
    assert all(0 < len(lexeme) <= LEXEME_LENGTH for lexeme in lexemes)
    assert not FORBIDDEN.intersection("".join(lexemes))
    if query := tsquery(text):
        assert not FORBIDDEN.intersection(query)
        assert all(0 < len(lexeme) <= LEXEME_LENGTH for lexeme, _ in lexemes_asked_for(query))


def test_a_word_longer_than_a_lexeme_is_found_by_its_beginning() -> None:
    assert finds("x" * 100, "x" * 100)
    assert phrase_matches("x" * 100, "x" * 100)


def test_a_very_long_text_is_indexed_up_to_the_limit() -> None:
    text = "漏油" + "，" * INDEXED_LENGTH + "停机"
    assert finds("漏油", text)
    assert not finds("停机", text)
    different = "".join(chr(0x20000 + n % 40_000) for n in range(2 * INDEXED_LENGTH))
    assert sum(len(lexeme.encode()) for lexeme in bigrams(different)) < 2**19


@pytest.mark.parametrize(
    ("query", "text", "holds"),
    [
        ("漏油", "电机漏油", True),
        ("油漏", "电机漏油", False),
        ("电机 漏油", "漏油的电机", True),
        ("电机 停机", "漏油的电机", False),
        ("户投诉客", "客户投诉客户", True),
        ("客户诉", "客户投诉，投诉客户", False),
        ("ＡＢ-１", "泵ab-12", True),
        ("", "电机", False),
        (" \n", "电机", False),
    ],
)
def test_a_row_is_kept_when_it_holds_every_part_as_typed(query: str, text: str, holds: bool) -> None:
    assert phrase_matches(query, text) is holds


def test_the_index_alone_is_too_generous_and_the_phrase_corrects_it() -> None:
    text = "油机，漏油"
    assert finds("漏油机", text)
    assert not phrase_matches("漏油机", text)


# Telephone numbers


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("13800001111", PhoneNumber("+8613800001111", "13800001111", "", "1111")),
        ("+86 138-0000-1111", PhoneNumber("+8613800001111", "13800001111", "", "1111")),
        ("008613800001111", PhoneNumber("+8613800001111", "13800001111", "", "1111")),
        ("１３８ ００００ １１１１", PhoneNumber("+8613800001111", "13800001111", "", "1111")),
        ("电话：13800001111", PhoneNumber("+8613800001111", "13800001111", "", "1111")),
        ("010-62345678", PhoneNumber("+861062345678", "01062345678", "", "5678")),
        ("（0755）8123 4567", PhoneNumber("+8675581234567", "075581234567", "", "4567")),
        ("010-62345678转801", PhoneNumber("+861062345678", "01062345678", "801", "5678")),
        ("010-62345678 分机 801", PhoneNumber("+861062345678", "01062345678", "801", "5678")),
        ("０１０－６２３４５６７８－８０１", PhoneNumber("+861062345678", "01062345678", "801", "5678")),
        ("0571-87654321 ext. 12", PhoneNumber("+8657187654321", "057187654321", "12", "4321")),
        ("400-820-8820", PhoneNumber("+864008208820", "4008208820", "", "8820")),
        ("+49 30 901820", PhoneNumber("+4930901820", "030901820", "", "1820")),
        ("62345678", PhoneNumber(None, "62345678", "", "5678")),  # no area code
        ("95588", PhoneNumber(None, "95588", "", "5588")),
        ("138000011112", PhoneNumber(None, "138000011112", "", "1112")),
        ("12", PhoneNumber(None, "12", "", "12")),
        ("没有电话", PhoneNumber(None, "", "", "")),
        ("", PhoneNumber(None, "", "", "")),
    ],
)
def test_a_number_is_recognised_however_it_is_typed(typed: str, number: PhoneNumber) -> None:
    assert normalise_phone(typed) == number


def test_a_number_belongs_to_the_region_unless_it_says_another() -> None:
    assert normalise_phone("030 901820", region="DE").e164 == "+4930901820"
    assert normalise_phone("+86 10 62345678", region="DE").e164 == "+861062345678"
    assert normalise_phone("010 62345678", region="nowhere").e164 is None


def test_digits_of_every_script_are_digits() -> None:
    assert phone_digits("+８６ (1３8) ٤٥-७") == "86138457"


@given(st.one_of(anything, st.text("0123456789+-() 转#*extх０１", max_size=40)))
def test_no_text_breaks_the_recognition_of_numbers(text: str) -> None:
    number = normalise_phone(text)
    assert re.fullmatch("[0-9]*", number.national + number.extension + number.tail4)
    assert number.national.endswith(number.tail4)
    if number.e164 is not None:
        assert re.fullmatch(r"\+[0-9]{5,15}", number.e164)
        assert normalise_phone(number.e164) == PhoneNumber(number.e164, number.national, "", number.tail4)


@given(st.from_regex("1(?:[38][0-9]|[59][0-35-9])[0-9]{8}", fullmatch=True))
def test_a_plain_mobile_number_is_read_as_the_library_reads_it(typed: str) -> None:
    assert normalise_phone(typed) == normalise_phone(f"+86 {typed}")


def test_plain_ascii_is_cleaned_and_folded_as_everything_else() -> None:
    for code in range(128):
        one = chr(code)
        assert clean(f"é{one}") == f"é{clean(one)}"
        assert fold(f"é{one}") == f"é{fold(one)}"
