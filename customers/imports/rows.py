"""One row of a table as what it says of a customer, or as the sentences that say what is wrong with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from audit.exceptions import InvalidInput
from customers.fields import BY_NAME
from customers.held import Held, check_held
from customers.imports import cells
from customers.imports.columns import Target, held_kinds
from customers.imports.mapping import Plan
from customers.imports.words import Words, folded
from customers.models import ContactPoint, ContactType, VisitClass
from customers.reach import Reach, contact_point
from organization.sheets.columns import several
from organization.text import fold

#: Cells that hold no value but the spreadsheet's complaint.
_BROKEN = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"})
_SHOWN = 40
_LONGEST_POINT = 120


@dataclass(frozen=True, slots=True)
class Given:
    """What a row says of a customer; only filled cells count.

    ``card`` holds values of the card by their fields, ``organisation`` the words of that cell; ``points`` are unsaved.
    """

    line: int
    row: int
    key: str
    name: str
    card: Mapping[str, Any]
    organisation: str = ""
    points: tuple[ContactPoint, ...] = ()
    file: Mapping[str, str] = field(default_factory=dict)
    held: tuple[Held, ...] = ()
    visit_class: str = ""
    tier: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Setting:
    """What all rows are read with."""

    plan: Plan
    words: Words
    targets: Mapping[str, Target]
    zone: dt.tzinfo

    def type_of(self, values: list[str]) -> str:
        """Person or organisation, where the row or the choice for all says so; "" where its word is unknown."""
        given = self.cell(values, "type")
        return self.words.types.get(folded(given), "") if given else self.plan.default_type

    def cell(self, values: list[str], code: str) -> str:
        """The cell of a field on one line; "" where the table has no such column. Lines are clean already."""
        places = self.plan.places.get(code, ())
        return " ".join(values[places[0]].split()) if places else ""

    def column(self, code: str, place: int | None = None) -> str:
        """What the table itself calls the column."""
        places = self.plan.places.get(code, ())
        return self.plan.header[places[0] if place is None else place] if places else code


@dataclass(frozen=True, slots=True)
class Line:
    """A row as it stands in the database, its cells cleaned; ``message`` only where it is barred."""

    pk: int
    row: int
    values: list[str]
    notes: str
    message: str
    barred: bool


def read_line(line: Line, setting: Setting) -> Given | str:
    """Understand one row; everything that is wrong with it is said at once."""
    return _Reader(line, setting).read()


class _Reader:
    """Reads one row, collecting what is wrong."""

    def __init__(self, line: Line, setting: Setting) -> None:
        self.line, self.setting, self.words = line, setting, setting.words
        self.values: list[str] = line.values
        self.problems: list[str] = []

    def read(self) -> Given | str:
        if tuple(self.values) == self.setting.plan.header:
            return _("This row repeats the titles of the columns. Please delete it.")
        self._refuse_oddities()
        card = self._card()
        visit_class = self._choice("visit_class", {fold(each): each for each in VisitClass.values})
        tier = self._choice("tier", self.words.tiers)
        given = Given(
            line=self.line.pk,
            row=self.line.row,
            key=self._line("key"),
            name=self._line("name"),
            card=card,
            organisation=self._line("organisation"),
            points=self._points(),
            file={name: value for name in BY_NAME if (value := self._text(name))},
            held=tuple(held for kind in held_kinds() if (held := self._held(kind))),
            visit_class=visit_class,
            tier=tier,
            reason=self._line("reason") or self.setting.plan.reason,
        )
        if not given.name and not self.problems:
            self.problems.append(_("Column “%(column)s” is empty.") % {"column": self.setting.column("name")})
        return " ".join(self.problems) if self.problems else given

    def _refuse_oddities(self) -> None:
        """A formula's text is not what its writer sees, and under merged cells values are missing."""
        if not self.line.notes:
            return
        used = {place for places in self.setting.plan.places.values() for place in places}
        odd = {place for place, value in enumerate(self.values) if value.startswith("=") or value in _BROKEN}
        if odd & used or not odd:
            self.problems.append(self.line.notes)

    # --- Texts ---

    def _line(self, code: str) -> str:
        return self._short(code, self.setting.cell(self.values, code))

    def _text(self, code: str) -> str:
        places = self.setting.plan.places.get(code, ())
        return self._short(code, self.values[places[0]].strip()) if places else ""

    def _short(self, code: str, value: str) -> str:
        target = self.setting.targets.get(code)
        if target and len(value) > target.longest:
            sentence = _("Column “%(column)s” has %(n)d characters; at most %(max)d fit. Please shorten it.")
            self.problems.append(
                sentence % {"column": self.setting.column(code), "n": len(value), "max": target.longest}
            )
        return value

    def _problem(self, sentence: str, code: str, value: str, place: int | None = None) -> None:
        short = value if len(value) <= _SHOWN else value[: _SHOWN - 1] + "…"
        words = {"column": self.setting.column(code, place), "problem": sentence % {"value": short}}
        self.problems.append(_("Column “%(column)s”: %(problem)s") % words)

    # --- Words ---

    def _card(self) -> dict[str, Any]:
        found: dict[str, Any] = {"type": self._choice("type", self.words.types), "attention": self._line("attention")}
        found |= {"secrecy": self._choice("secrecy", self.words.secrecies)}
        found |= {code: self._person(code) for code in ("salesperson", "custodian")}
        found["kinds"] = self._kinds()
        return {name: value for name, value in found.items() if value}

    def _choice(self, code: str, words: Mapping[str, str]) -> str:
        given = self.setting.cell(self.values, code)
        if not given:
            return ""
        value = words.get(folded(given), "")
        if not value and code == "visit_class":
            value = words.get(folded(given).removesuffix("类"), "")
        if not value:
            self._problem(_("“%(value)s” is none of the values that there are."), code, given)
        return value

    def _person(self, code: str) -> Any:
        given = self.setting.cell(self.values, code)
        person = self.words.people.find(given) if given else None
        if given and person is None:
            several_ = self.words.people.are_several(given)
            self._problem(
                _("Several people are called “%(value)s”; please write the login name.")
                if several_
                else _("There is nobody called “%(value)s” here."),
                code,
                given,
            )
        return person

    def _kinds(self) -> tuple[Any, ...]:
        found = []
        for word in several(self.setting.cell(self.values, "kinds")):
            if kind := self.words.kinds.find(word):
                found.append(kind)
            else:
                self._problem(_("There is no kind of customer “%(value)s”."), "kinds", word)
        return tuple(dict.fromkeys(found))

    # --- Numbers and addresses ---

    def _points(self) -> tuple[ContactPoint, ...]:
        found: dict[tuple[str, str], ContactPoint] = {}
        for kind, problem_of in ((ContactType.PHONE, cells.phone_problem), (ContactType.EMAIL, cells.email_problem)):
            for place in self.setting.plan.places.get(kind.value, ()):
                for value, refused in cells.reaches(self.values[place]):
                    if problem := problem_of(value):
                        self._problem(problem, kind.value, value, place)
                    elif len(value) > _LONGEST_POINT:
                        self._problem(_("“%(value)s” is too long."), kind.value, value, place)
                    else:
                        point = contact_point(None, Reach(kind.value, value, refused))
                        found.setdefault((point.type, point.normal), point)
        return tuple(found.values())

    # --- What the customer has of us ---

    def _held(self, kind: str) -> Held | None:
        name, serial = self._line(f"{kind}_name"), self._line(f"{kind}_serial")
        starts_on, ends_on = self._day(f"{kind}_from"), self._day(f"{kind}_until")
        amount = self._amount(f"{kind}_amount")
        if not any((name, serial, starts_on, ends_on, amount is not None)):
            return None
        product = self.words.products.find(name) if name and kind == "product" else None
        held = Held(kind, name or serial, product, serial, starts_on, ends_on, amount)
        try:
            check_held(held)
        except InvalidInput as error:
            self._problem("%(value)s", f"{kind}_until" if error.field == "ends_on" else f"{kind}_name", error.message)
        return held

    def _day(self, code: str) -> dt.date | None:
        given = self.setting.cell(self.values, code)
        if not given:
            return None
        try:
            return cells.day(given, self.setting.zone)
        except (ValueError, OverflowError):
            self._problem(_("“%(value)s” cannot be read as a day. Please write it as 2026-03-01."), code, given)
            return None

    def _amount(self, code: str) -> Any:
        given = self.setting.cell(self.values, code)
        if not given:
            return None
        try:
            return cells.amount(given)
        except ValueError:
            self._problem(_("“%(value)s” cannot be read as an amount."), code, given)
            return None
