"""Finding out how a CSV was written: its characters and its separator."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from documents.exceptions import SheetRefused

_BLOCK = 1 << 20
_SAMPLE_RECORDS = 50
_DELIMITERS = (",", "\t", ";", "|", "，")
#: Of a text that is UTF-8 with a few damaged bytes, at most this part of the foreign letters is damaged.
_DAMAGE = 0.02
#: Less than one byte in so many is zero: no UTF-16 of letters and commas looks like that and decodes as UTF-8 too.
_FEW = 10
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a CSV was written.

    Attributes:
        damaged: some bytes are no characters of this encoding; they are read as U+FFFD.
        skip: lines before the header that only say how the file was written ("sep=;").
    """

    encoding: str
    delimiter: str
    damaged: bool = False
    skip: int = 0


def find_dialect(path: Path) -> Dialect:
    """Read the file once and find its characters (UTF-8, UTF-16, GB18030 and so GBK) and its separator.

    Raises:
        SheetRefused: it is no text.
    """
    encoding, damaged = _find_encoding(path)
    with path.open(encoding=encoding, errors="replace", newline="") as stream:
        sample = stream.read(256 * 1024)
    first = sample.split("\n", 1)[0].strip().strip('"')
    if first.lower().startswith("sep=") and len(first) == 5:
        return Dialect(encoding, first[4], damaged, skip=1)
    return Dialect(encoding, _find_delimiter(sample), damaged)


def _find_encoding(path: Path) -> tuple[str, bool]:
    with path.open("rb") as stream:
        head = stream.read(8192)
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name, False
    if b"\0" in head:
        if head.count(b"\0") * _FEW < len(head) and _decodes(path, "utf-8"):
            return "utf-8", False  # a stray zero, which cleaning will remove
        return _wide(head), False
    if _decodes(path, "utf-8"):
        return "utf-8", False
    # Text in UTF-8 with one broken byte often decodes as GB18030 too, into nonsense that nobody would notice.
    if _damage(path) <= _DAMAGE:
        return "utf-8", True
    if _decodes(path, "gb18030"):
        return "gb18030", False
    raise SheetRefused(
        _(
            "The characters of this file cannot be recognised. Please save it in Excel as “CSV UTF-8” or as "
            ".xlsx, and try again."
        )
    )


def _wide(head: bytes) -> str:
    """UTF-16 without a mark: line ends and commas show on which side of each pair the zero is."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    pairs = len(head) // 2 or 1
    if max(even, odd) < pairs * 0.01 or min(even, odd) > max(even, odd) * 0.2:
        raise SheetRefused(
            _("This is not a table: the file holds no text. Please export it again as .xlsx or CSV, and try again.")
        )
    return "utf-16-le" if odd > even else "utf-16-be"


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _damage(path: Path) -> float:
    """Which part of the letters outside ASCII is damaged, if the file is read as UTF-8."""
    bad = foreign = 0
    with path.open(encoding="utf-8", errors="replace", newline="") as stream:
        while text := stream.read(_BLOCK):
            if not text.isascii():
                bad += text.count("\ufffd")
                foreign += sum(1 for char in text if char > "\x7f")
    return bad / foreign if foreign else 0.0


def _find_delimiter(sample: str) -> str:
    """The separator with which most of the first records have as many fields as the header; else a comma."""
    best, best_score = ",", 0.0
    for delimiter in _DELIMITERS:
        try:
            records = [
                row
                for row, _n in zip(
                    csv.reader(io.StringIO(sample), delimiter=delimiter), range(_SAMPLE_RECORDS), strict=False
                )
                if row
            ]
        except csv.Error:
            continue
        widths = Counter(len(row) for row in records[1:]) or Counter({len(records[0]): 1} if records else {})
        if not records or len(records[0]) < 2:
            continue
        agreeing = widths[len(records[0])] / sum(widths.values())
        score = agreeing + min(len(records[0]), 50) / 1000
        if score > best_score:
            best, best_score = delimiter, score
    return best
