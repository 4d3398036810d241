"""Reading a list of holidays as people have it: the State Council's notice, or one date a line.

Pure: a text and a year in, dates and what was not understood out. A person looks at both before
anything is taken over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta

#: 2027-01-01, 2027/1/1, 2027.1.1; 2027年1月1日, 1月1日, and 3日 after a date that named its month.
_DATE = re.compile(
    r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})|(?:(?P<cy>\d{4})年)?(?:(?P<cm>\d{1,2})月)?(?P<cd>\d{1,2})日"
)
_ASIDE = re.compile(r"[（(][^（）()]*[）)]")
_RANGE = re.compile(r"\s*(?:至|到|~|～|-|–|—|to)\s*")
_WORK = re.compile(r"上班|补班|调班|班$|\b班\b|\bwork", re.IGNORECASE)
_REST = re.compile(r"放假|休|\boff\b|\bholiday", re.IGNORECASE)
_NUMBERING = re.compile(r"^\s*(?:[一二三四五六七八九十]+、|\d+[.、)]\s)\s*")
_NOISE = re.compile(
    r"放假调休|放假|调休|休息|休|上班|补班|调班|班|共\d+天|\bwork\b|\boff\b|\bholiday\b|[，,、；;。\t]", re.IGNORECASE
)
#: No holiday is longer; a wrong year in a range would otherwise fill months.
LONGEST = 31


@dataclass(frozen=True)
class Said:
    """What the list says of a date: worked or not, and under which name."""

    works: bool
    label: str


@dataclass
class Notice:
    """What was understood, and the lines (number, reason code) that were not."""

    days: dict[date, Said] = field(default_factory=dict)
    problems: list[tuple[int, str]] = field(default_factory=list)


def read(text: str, *, year: int) -> Notice:
    """Dates of a list; dates without a year are of ``year``.

    Problems: ``no_date`` (a line without one), ``no_verb`` (a date in Chinese of which nothing is
    said), ``bad_date`` (30 February), ``long_range``, ``twice`` (once worked, once not).
    """
    notice = Notice()
    for n, line in enumerate(text.splitlines(), 1):
        if line.strip():
            _read_line(notice, n, _NUMBERING.sub("", _ASIDE.sub("", line)), year)
    notice.days = dict(sorted(notice.days.items()))
    return notice


def _read_line(notice: Notice, n: int, line: str, year: int) -> None:
    label, colon, rest = line.replace(":", "：").partition("：")
    if not colon or _DATE.search(label):
        label, rest = "", line
    reader, found = _Reader(year), False
    for sentence in re.split(r"[。；;]", rest):
        dates = list(_DATE.finditer(sentence))
        if not dates:
            continue
        found = True
        problem = _read_sentence(notice, sentence, dates, reader, label.strip())
        if problem:
            notice.problems.append((n, problem))
    if not found:
        notice.problems.append((n, "no_date"))


class _Reader:
    """Dates of one line; each may lean on the month of the one before."""

    def __init__(self, year: int) -> None:
        self.year, self.month = year, 0

    def date(self, match: re.Match[str]) -> date:
        """The date; ValueError for one that does not exist."""
        part = match.groupdict()
        if part["y"]:
            return date(int(part["y"]), int(part["m"]), int(part["d"]))
        self.year = int(part["cy"] or self.year)
        self.month = int(part["cm"] or self.month)
        return date(self.year, self.month, int(part["cd"]))


def _read_sentence(notice: Notice, sentence: str, dates: list[re.Match[str]], reader: _Reader, label: str) -> str:
    works = bool(_WORK.search(sentence.strip()))
    if not works and not _REST.search(sentence) and dates[0]["cd"]:
        return "no_verb"
    said = Said(works, label or _label(sentence))
    try:
        days = _days(sentence, dates, reader)
    except ValueError:
        return "bad_date"
    if len(days) > LONGEST * max(1, len(dates) // 2):
        return "long_range"
    for day in days:
        if day in notice.days and notice.days[day].works != works:
            return "twice"
        notice.days[day] = said
    return ""


def _days(sentence: str, dates: list[re.Match[str]], reader: _Reader) -> list[date]:
    days: list[date] = []
    end = None
    for match in dates:
        day = reader.date(match)
        if end is not None and days and _RANGE.fullmatch(sentence[end : match.start()]):
            first = days[-1]
            if day < first:
                raise ValueError("A range ends before it begins.")
            days += [first + timedelta(days=k) for k in range(1, min((day - first).days, 400) + 1)]
        else:
            days.append(day)
        end = match.end()
    return days


def _label(sentence: str) -> str:
    rest = _NOISE.sub(" ", _DATE.sub(" ", sentence))
    return " ".join(_RANGE.sub(" ", f" {rest} ").split())[:30]
