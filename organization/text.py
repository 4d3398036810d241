"""Text as people type it: cleaned, compared, put in order, searched; and telephone numbers.

One place cleans, so that the page, the API, the mail box and the import all store the same thing.
Search has to do without a tokenizer: Chinese has no spaces, and most of its words have two
characters. Each text is stored as a set of lexemes (``bigrams``) in a ``tsvector``; a query
(``tsquery``) narrows the rows by its lexemes, and ``phrase_matches`` keeps those that really hold it.

    UPDATE ... SET search = array_to_tsvector(%(bigrams)s)
    SELECT ... WHERE search @@ %(tsquery)s::tsquery

Both forms take lexemes as they are. ``to_tsvector`` and ``to_tsquery`` would parse them again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

#: Characters of a text that are indexed; the rest of a longer text is not found. Keeps a vector of
#: nothing but different bigrams under PostgreSQL's limit of 1 MB.
INDEXED_LENGTH = 50_000
LEXEME_LENGTH = 60
QUERY_LENGTH = 200
SORT_KEY_LENGTH = 200
PHONE_LENGTH = 100

# Cleaning

_BREAKS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")

#: Controls but tab and newline; soft hyphen; zero-width space, word joiner, byte order mark; bidi
#: marks, embeddings, overrides and isolates; annotation marks; tags; lone surrogates; noncharacters.
_FORBIDDEN = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]|(?=[\U00010000-\U0010ffff])[\U000e0000-\U000e007f"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000))
    + "]"
)

#: What a joiner may stand between: emoji and the signs they are built from, and the letters of the
#: Arabic and Indic scripts, whose spelling needs it. Anywhere else it only hides a word from search.
_JOINED = "\u0600-\u0dff\u2190-\u21ff\u2300-\u27bf\u2900-\u297f\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff"
_JOINER = re.compile(f"(?<![{_JOINED}])[\u200c\u200d]|[\u200c\u200d](?![{_JOINED}])")


def _marks() -> str:
    """The characters that can follow a base character, or begin with such a one when decomposed."""
    marks = [chr(code) for code in range(0x300, 0x20000) if unicodedata.combining(chr(code))]
    return "".join(marks) + "\u0f73\u0f75\u0f81\uff9e\uff9f"


#: Unicode sorts a run of combining marks in quadratic time: 1 MB of them would stop the process.
#: No language needs more than a few; 30 is the limit of Unicode's own stream-safe format.
_TOO_MANY_MARKS = re.compile(
    # A set with characters beyond the basic plane is searched one by one: the guard asks first.
    "(?=[\u0300-\u319f\ua66f-\uabff\ufb1e-\ufe2f\uff9e\uff9f\U00010000-\U0001ffff])([{0}]{{30}})[{0}]+".format(_marks())
)


#: Invisible characters that choose or join shapes: joiners, fillers, variation selectors.
_SHAPING = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200c\u200d\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)


def clean(text: str) -> str:
    """The text as it is stored: NFC, lines ended by a newline, nothing invisible that misleads.

    Idempotent. Length is the caller's business.
    """
    if text.isascii() and text.isprintable():  # nothing of it can be wrong; most cells of a table are like that
        return text
    text = _FORBIDDEN.sub("", _BREAKS.sub("\n", text))
    # Each step can make work for another (a joiner taken out lets two characters compose), so until
    # nothing changes.
    while (cleaner := _without_joiners(_normalised("NFC", text))) != text:
        text = cleaner
    return text


def clean_line(text: str) -> str:
    """``clean``, and on one line: every run of white space is one space, none at the ends."""
    return " ".join(clean(text).split())


def fold(text: str) -> str:
    """The text for comparison: full width as half width, no case, no variants of form.

    ``ＡＢＣ－１２３`` and ``abc-123`` are the same afterwards. Idempotent.
    """
    if text.isascii():
        return text.lower()
    while (folded := _normalised("NFKC", _SHAPING.sub("", text)).casefold()) != text:
        text = folded
    return text


def _without_joiners(text: str) -> str:
    return _JOINER.sub("", text) if "\u200c" in text or "\u200d" in text else text


def _normalised(form: Literal["NFC", "NFKC"], text: str) -> str:
    return unicodedata.normalize(form, _TOO_MANY_MARKS.sub(r"\1", text))


# Order by sound

_HAN = "\u2e80-\u2fd5\u3005-\u3007\u3021-\u3029\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_HAN_OR_NOT = re.compile(f"[{_HAN}]+|[^{_HAN}]+")
_LIKE_A_NAME = re.compile(f"[{_HAN}]{{2,4}}(?![{_HAN}])")

_SURNAME_READINGS = (
    "曾 zeng1 单 shan4 仇 qiu2 解 xie4 朴 piao2 区 ou1 查 zha1 翟 zhai2 盖 ge3 折 she2 乐 yue4 员 yun4 缪 miao4 "
    "秘 bi4 种 chong2 洗 xian3 覃 qin2 燕 yan1 任 ren2 葛 ge3 卜 bu3 隗 wei3 祭 zhai4 黑 he4 那 na1 华 hua4 "
    "相 xiang4 过 guo1 句 gou1 繁 po2 召 shao4 佴 nai4 阚 kan4 蔚 yu4 薄 bo2 肖 xiao1 郇 xun2 乜 nie4 干 gan1 "
    "占 zhan1 粘 nian2"
)
#: Surnames that are read differently from the same character elsewhere.
_SURNAMES: dict[str, str] = dict(re.findall("(.) ([a-z]+[1-4])", _SURNAME_READINGS))
#: A compound surname that begins with one of them and is read in its own way.
_COMPOUND_SURNAME = "单于"


def pinyin_key(text: str, *, person: bool | None = None) -> str:
    """What to order by: syllables with tone numbers, ``"周慧"`` gives ``"zhou1 hui4"``.

    The first character of a person's name is read as a surname (曾 zeng, 单 shan, 仇 qiu). Whether it
    is one is guessed from its length of two to four characters unless ``person`` says it.
    """
    return sounds(text, person=person)[0]


def initials(text: str, *, person: bool | None = None) -> str:
    """First letters, as typed to find a name: ``"周慧"`` gives ``"zh"``, ``"ABC公司"`` gives ``"abcgs"``."""
    return sounds(text, person=person)[1]


def sounds(text: str, *, person: bool | None = None) -> tuple[str, str]:
    """``pinyin_key`` and ``initials`` of a text that is read once."""
    readings = list(_readings(text, person))
    key = " ".join(reading for reading, _ in readings)[:SORT_KEY_LENGTH].rstrip()
    letters = "".join(reading[:1] if is_syllable else reading for reading, is_syllable in readings)
    return key, re.sub("[^a-z0-9]", "", letters)[:SORT_KEY_LENGTH]


def _readings(text: str, person: bool | None) -> Iterator[tuple[str, bool]]:
    """Each reading of the text in order, with whether it is a syllable of Chinese."""
    from pypinyin import Style, lazy_pinyin

    text = fold(clean_line(text[:SORT_KEY_LENGTH]))
    if person is None:
        person = _LIKE_A_NAME.match(text) is not None
    surname = _SURNAMES.get(text[:1]) if person and not text.startswith(_COMPOUND_SURNAME) else None
    if surname:
        yield surname, True
        text = text[1:]
    for run in _HAN_OR_NOT.findall(text):
        if re.match(f"[{_HAN}]", run):
            for syllable in lazy_pinyin(run, style=Style.TONE3, neutral_tone_with_five=True):
                yield syllable, True
        elif run.strip():
            yield run.strip(), False


# Search

#: Scripts written without spaces, or whose words change at the end: Chinese, Japanese, Korean.
_CJK = (
    f"{_HAN}\u3038-\u303b\u3041-\u3096\u3099\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u31a0-\u31bf"
    "\u31f0-\u31ff\u1100-\u11ff\ua960-\ua97c\uac00-\ud7fb"
)
_RUN = re.compile(f"[{_CJK}]+|[^\\W_{_CJK}]+")
_CJK_RUN = re.compile(f"[{_CJK}]")
_DIGITS = re.compile("[0-9]+")


def bigrams(text: str) -> list[str]:
    """The lexemes of a text, each once, for ``array_to_tsvector``.

    Of a run of Chinese every pair of neighbours, and its last character alone: so every character
    begins some lexeme, and a query of one character can ask for lexemes that begin with it. A lexeme
    for each character would do the same at twice the size, and its lists would be the longest of the
    index. Of other scripts whole words, folded, and each run of digits in them (``SN2026A`` also as
    ``2026``).
    """
    lexemes: dict[str, None] = {}
    for run in _RUN.findall(_searchable(text)):
        if _CJK_RUN.match(run):
            lexemes.update((run[n : n + 2], None) for n in range(len(run)))
        else:
            words = (run, *_DIGITS.findall(run))
            lexemes.update((word[:LEXEME_LENGTH], None) for word in words)
    return list(lexemes)


def tsquery(words: str) -> str | None:
    """The text of a tsquery that every text holding all the words satisfies; None for no words.

    Chinese asks for all its bigrams, a single character for what begins with it, and a word of
    another script for what begins with it, because it may not have been typed to its end.
    """
    terms: dict[str, None] = {}
    for run in _RUN.findall(_searchable(words[:QUERY_LENGTH])):
        if _CJK_RUN.match(run) and len(run) > 1:
            terms.update((_quoted(run[n : n + 2]), None) for n in range(len(run) - 1))
        else:
            terms[f"{_quoted(run[:LEXEME_LENGTH])}:*"] = None
    return " & ".join(terms) or None


def phrase_matches(query: str, text: str) -> bool:
    """Whether the text holds every part of the query, as its spaces divide it, letter for letter.

    Both are folded first. An empty query matches nothing.
    """
    parts, text = _searchable(query[:QUERY_LENGTH]).split(), _searchable(text)
    return bool(parts) and all(part in text for part in parts)


def _searchable(text: str) -> str:
    return fold(clean(text[:INDEXED_LENGTH]))[:INDEXED_LENGTH]


def _quoted(lexeme: str) -> str:
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"


# Telephone numbers


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A telephone number, digits only.

    ``e164`` ("+861062345678") is None for what is no valid number; ``national`` is how it is dialled
    inside its country ("01062345678"), or whatever digits there were; ``tail4`` are its last four.
    """

    e164: str | None
    national: str
    extension: str
    tail4: str


#: What introduces an extension here and is unknown to ``phonenumbers``.
_EXTENSION_WORDS = re.compile("转接|转|轉|分机号码|分机号|分机|內線|内线")
#: A hyphen or star before an extension: 010-62345678-801.
_LAST_GROUP = re.compile(r"(.*\d)\s*[-*\u2010-\u2015\u2212]\s*(\d{1,6})\D*")


#: Mobile numbers of prefixes that are given out as a whole; any other spelling is read by the library.
_PLAIN_MOBILE = re.compile("1(?:[38][0-9]|[59][0-35-9])[0-9]{8}")


def phone_digits(text: str) -> str:
    """The decimal digits of a text, of any script and width, as 0 to 9."""
    if text.isascii():
        return "".join(filter(str.isdigit, text))
    return "".join(str(unicodedata.decimal(c)) for c in text if c.isdecimal())


def normalise_phone(text: str, region: str = "CN") -> PhoneNumber:
    """A telephone number as typed, whatever its spaces, brackets, width, prefix and extension.

    Never fails: what is no valid number of the region or of the country it names keeps its digits.
    """
    if region == "CN" and _PLAIN_MOBILE.fullmatch(text):  # the library takes a third of a millisecond for it
        return PhoneNumber(f"+86{text}", text, "", text[-4:])
    return _any_number(text, region)


def _any_number(text: str, region: str) -> PhoneNumber:
    text = _EXTENSION_WORDS.sub(" ext ", clean_line(fold(text[:PHONE_LENGTH])))
    number = _parsed(text, region)
    if number is None and (grouped := _LAST_GROUP.fullmatch(text)):
        number = _parsed(f"{grouped[1]} ext {grouped[2]}", region)
    if number is None:
        digits = phone_digits(text)
        return PhoneNumber(None, digits, "", digits[-4:])
    return number


def phone_forms(text: str) -> set[str]:
    """The digits by which a number is looked for: as it was written, and as it is dialled without its extension."""
    return {phone_digits(text), normalise_phone(text).national} - {""}


def _parsed(text: str, region: str) -> PhoneNumber | None:
    import phonenumbers

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    extension, number.extension = number.extension or "", None
    national = phone_digits(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL))
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return PhoneNumber(e164, national, extension, national[-4:])
