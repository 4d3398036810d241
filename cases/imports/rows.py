"""One row of the file as the values of a case, or as the sentences that say what is wrong with it."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.imports import plan as plans
from cases.imports.keys import column_key
from cases.imports.plan import Plan
from documents.sheets import Row, as_text
from organization.moments import parse_day, parse_moment
from organization.text import clean, clean_line, fold

#: What cleaning can change, and how it is said of a row.
CHANGES = {
    "invisible": gettext_lazy("Control or invisible characters were removed."),
    "line_ends": gettext_lazy("Line ends were made alike."),
    "composed": gettext_lazy("Characters were put together in their usual form."),
    "trimmed": gettext_lazy("White space at the beginning or end was removed."),
    "joined": gettext_lazy("Line breaks or runs of spaces in a short field became one space."),
    "damaged": gettext_lazy("Some characters were damaged in the file already."),
    "merged": gettext_lazy("The row lies under merged cells, which only hold a value in the first one."),
    "unknown_category": gettext_lazy("The category does not exist here; one was suggested by the words of the text."),
}
_OTHER_BREAKS = re.compile("[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_EXCEL_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"})
_NAMED_VALUE = 40


@dataclass(frozen=True)
class Vocabulary:
    """The words of the organisation by which values are understood; folded word -> id.

    A name that two active rows carry stands for neither.
    """

    kinds: Mapping[str, str]
    products: Mapping[str, int] = field(default_factory=dict)
    sites: Mapping[str, int] = field(default_factory=dict)
    categories: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Setting:
    """What a row is read with: the plan, the words, the longest text, the moment, the local zone."""

    plan: Plan
    words: Vocabulary
    longest_text: int
    now: dt.datetime
    zone: dt.tzinfo


@dataclass(frozen=True)
class Record:
    """A row that can be registered.

    Attributes:
        key: what its key column says; "" where the plan has none.
        raw: the cleaned texts by field, for the digest of a row without key.
        lines: one-line fields as they go into the case.
        product_name: a product that does not exist (yet).
        changes: codes of what cleaning changed, each once.
        edits: column, what stood there and what is kept of it, where the two differ.
    """

    number: int
    key: str
    raw: Mapping[str, str]
    kind: str
    text: str
    demand: str = ""
    lines: Mapping[str, str] = field(default_factory=dict)
    days: Mapping[str, dt.date] = field(default_factory=dict)
    product: int | None = None
    product_name: str = ""
    site: int | None = None
    category: int | None = None
    received_at: dt.datetime | None = None
    changes: tuple[str, ...] = ()
    edits: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Refusal:
    """A row that cannot be registered, and why, in sentences for whoever corrects it."""

    number: int
    message: str


def read_row(row: Row, header: Sequence[str], setting: Setting) -> Record | Refusal:
    """Clean one row and understand it; everything that is wrong with it is said at once."""
    return _Reader(row, dict(zip(header, row.values, strict=True)), setting).read()


class _Reader:
    """Reads one row, collecting what is changed and what is wrong."""

    def __init__(self, row: Row, values: Mapping[str, Any], setting: Setting) -> None:
        self.row, self.setting, self.plan = row, setting, setting.plan
        self.given = {name: values[column] for name, column in setting.plan.columns.items()}
        self.changes: dict[str, None] = {}
        self.problems: list[str] = []
        self.raw: dict[str, str] = {}
        self.kept: dict[str, str] = {}

    def read(self) -> Record | Refusal:
        self._refuse_formulas()
        texts = {name: self._text(name) for name in plans.TEXTS if name in self.given}
        lines = {name: self._line(name, limit) for name, limit in plans.LINES.items() if name in self.given}
        days = {name: day for name in plans.DATES if (day := self._day(name))}
        product, product_name = self._product()
        found = Record(
            number=self.row.number,
            key=self._key(),
            raw=self.raw,
            kind=self._kind(),
            text=self._required_text(texts["text"]),
            demand=texts.get("demand", ""),
            lines={name: value for name, value in lines.items() if value},
            days=days,
            product=product,
            product_name=product_name,
            site=self._site(),
            category=self._category(),
            received_at=self._received(),
        )
        self._notes()
        if self.problems:
            return Refusal(self.row.number, " ".join(self.problems))
        return replace(found, changes=tuple(self.changes), edits=tuple(self._edits()))

    def _edits(self) -> Iterator[tuple[str, str, str]]:
        for name, kept in self.kept.items():
            if (given := as_text(self.given[name])) != kept:
                yield self.plan.columns[name], given, kept

    # --- Texts ---

    def _line(self, name: str, limit: int) -> str:
        value = self._text(name)
        if (line := " ".join(value.split())) != value:
            self.changes["joined"] = None
            self.kept[name] = line
        if len(line) > limit:
            self.problems.append(
                _("Column “%(column)s” has %(n)d characters; at most %(max)d fit. Please shorten it.")
                % {"column": self.plan.columns[name], "n": len(line), "max": limit}
            )
        return line

    def _text(self, name: str) -> str:
        given = as_text(self.given[name])
        cleaned = clean(given)
        if cleaned != given:
            self._note_changes(given, cleaned)
        value = cleaned.strip()
        if value != cleaned:
            self.changes["trimmed"] = None
        self.raw[name] = self.kept[name] = value
        return value

    def _note_changes(self, given: str, cleaned: str) -> None:
        alike = _OTHER_BREAKS.sub("\n", given.replace("\r\n", "\n"))
        composed = unicodedata.normalize("NFC", alike)
        if alike != given:
            self.changes["line_ends"] = None
        if composed != alike:
            self.changes["composed"] = None
        if cleaned != composed:
            self.changes["invisible"] = None

    def _required_text(self, text: str) -> str:
        if not text:
            self.problems.append(_("The text is empty. Please write what the customer said, or delete the row."))
        elif len(text) > self.setting.longest_text:
            self.problems.append(
                _("The text has %(n)d characters; at most %(max)d fit. Please shorten it, and keep the rest as a file.")
                % {"n": len(text), "max": self.setting.longest_text}
            )
        return text

    def _refuse_formulas(self) -> None:
        """A formula's text is not what its writer sees; an error is nothing at all."""
        read = [as_text(value) for value in self.given.values()]
        if self.row.notes and any(value.startswith("=") or value in _EXCEL_ERRORS for value in read):
            self.problems.extend(self.row.notes)

    def _notes(self) -> None:
        if any("\ufffd" in value for value in self.raw.values()):
            self.changes["damaged"] = None
        if self.row.notes and "damaged" not in self.changes:
            self.changes["merged"] = None

    # --- Times ---

    def _day(self, name: str) -> dt.date | None:
        return self._time_in(name, parse_day)

    def _received(self) -> dt.datetime | None:
        found: dt.datetime | None = self._time_in("received", parse_moment)
        if found is not None and found > self.setting.now:
            self.problems.append(
                _("“%(value)s” in column “%(column)s” lies in the future. Please enter when it was received.")
                % self._place("received")
            )
        return found

    def _time_in(self, name: str, parse: Any) -> Any:
        value = self.given.get(name)
        if value is None or not (line := clean_line(as_text(value))):
            return None
        self.raw[name] = line
        try:
            return parse(line if isinstance(value, str) else value, self.setting.zone)
        except (ValueError, OverflowError):
            self.problems.append(
                _("“%(value)s” in column “%(column)s” cannot be read as a date. Please write it as 2026-03-01 09:30.")
                % self._place(name)
            )
            return None

    # --- Words ---

    def _word(self, name: str) -> str:
        """A cell that names something; remembered as it is compared."""
        if name not in self.given:
            return ""
        value = clean_line(as_text(self.given[name]))
        self.raw[name] = value
        return value

    def _kind(self) -> str:
        value = self._word("kind")
        if not value:
            if not self.plan.kind:
                self.problems.append(
                    _("Column “%(column)s” is empty. Please say what kind of feedback it is.") % self._place("kind")
                )
            return self.plan.kind
        code = self.plan.kinds.get(fold(value)) or self.setting.words.kinds.get(fold(value))
        if not code:
            self.problems.append(
                _(
                    "“%(value)s” in column “%(column)s” is no kind of feedback. Please correct it, or say with"
                    " --kind-map what it means."
                )
                % self._place("kind")
            )
        return code or ""

    def _product(self) -> tuple[int | None, str]:
        value = self._word("product")
        found = self.setting.words.products.get(fold(value)) if value else None
        if len(value) > 100:
            self.problems.append(_("The name of the product is too long. Please shorten it."))
        return found, "" if found else value

    def _site(self) -> int | None:
        value = self._word("site")
        found = self.setting.words.sites.get(fold(value)) if value else None
        if value and found is None:
            self.problems.append(
                _(
                    "The site “%(value)s” in column “%(column)s” does not exist. Please add it in the settings, or"
                    " correct it."
                )
                % self._place("site")
            )
        return found

    def _category(self) -> int | None:
        value = self._word("category")
        found = self.setting.words.categories.get(fold(value)) if value else None
        if value and found is None:
            self.changes["unknown_category"] = None
        return found

    def _key(self) -> str:
        if not self.plan.keyed:
            return ""
        value = self._word("key")
        if not value:
            self.problems.append(
                _("Column “%(column)s” is empty. Every row needs its own key.") % {"column": self.plan.columns["key"]}
            )
        return column_key(value)

    def _place(self, name: str) -> dict[str, str]:
        value = clean_line(as_text(self.given.get(name)))
        short = value if len(value) <= _NAMED_VALUE else value[: _NAMED_VALUE - 1] + "…"
        return {"value": short, "column": self.plan.columns.get(name, name)}
