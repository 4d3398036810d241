"""What a text must look like to stand in a cell, and nothing more happens to it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

#: Excel's own limit, counted in UTF-16 units; both common libraries cut silently there.
MAX_UNITS = 32_767
#: XML 1.0 cannot hold these; a workbook with one of them does not open. Tab and line feed stay.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
_NO_CHARACTER = re.compile("[\ud800-\udfff\ufffe\uffff]")
#: Excel reads _x0041_ in a text as the letter A; written so, the first bar is read as a bar.
_LIKE_AN_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
#: A program that opens a CSV takes a cell that begins so for a formula; Chinese Excel the full-width ones too.
FORMULA_STARTS = tuple("=+-@\t\r\n\0＝＋－＠")
_GUARD = "'"


@dataclass(frozen=True, slots=True)
class CleanText:
    """A text as it can stand in a cell.

    Attributes:
        changed: characters were removed or replaced.
        cut: it was longer than a cell can hold; its end says so.
    """

    text: str
    changed: bool = False
    cut: bool = False


def clean_text(raw: str) -> CleanText:
    """Remove what no workbook can hold, and cut at Excel's limit with a mark that a reader sees.

    Controls vanish, half characters (lone surrogates) and the two codes that are no characters become U+FFFD, line
    ends become line feeds. Everything else stays.
    """
    text = raw.replace("\r\n", "\n").replace("\r", "\n")
    text = _NO_CHARACTER.sub("\ufffd", _ILLEGAL.sub("", text))
    changed = text != raw
    if _units(text) <= MAX_UNITS:
        return CleanText(text, changed=changed)
    mark = _("… [cut: the whole text has %(count)d characters]") % {"count": len(raw)}
    return CleanText(_first_units(text, MAX_UNITS - _units(mark)) + mark, changed=True, cut=True)


def for_xlsx(text: str) -> str:
    """A clean text as it is written into a workbook."""
    return _LIKE_AN_ESCAPE.sub("_x005F_", text) if "_x" in text else text


def from_xlsx(text: str) -> str:
    """The text that a workbook means: escapes of other programs become their characters again."""
    if "_x" not in text:
        return text
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda match: chr(int(match[1], 16)), text)


def for_csv(text: str) -> str:
    """A clean text that no spreadsheet program takes for a formula: those that look like one get an apostrophe."""
    return _GUARD + text if _wants_guard(text) else text


def from_csv(text: str) -> str:
    """Take the apostrophe of `for_csv` away again, so that what was exported can be imported unchanged."""
    return text[1:] if text[:1] == _GUARD and _wants_guard(text[1:]) else text


def looks_like_a_formula(text: str) -> bool:
    """Whether a spreadsheet program might calculate this text instead of showing it."""
    return text.startswith(FORMULA_STARTS) or text.lstrip(" \u3000\xa0\ufeff\u200b").startswith(FORMULA_STARTS)


def _wants_guard(text: str) -> bool:
    """Also what would look guarded although it is not; otherwise its own apostrophe would be lost on the way back."""
    return looks_like_a_formula(text.lstrip(_GUARD))


def _units(text: str) -> int:
    return len(text) + sum(1 for char in text if ord(char) > 0xFFFF) if not text.isascii() else len(text)


def _first_units(text: str, units: int) -> str:
    short = text[:units]
    while _units(short) > units:
        short = short[: len(short) - max(1, (_units(short) - units) // 2)]
    return short
