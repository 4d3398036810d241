"""What a table of departments, products or users holds, and how its cells are found and cleaned."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from audit.exceptions import DomainError, InvalidInput
from organization import text
from organization.models import Department, Function

_BETWEEN = re.compile(r"[;；,，、|\n]+")
Cells = Mapping[str, str]
Line = tuple[int, Sequence[str]]


@dataclass(frozen=True)
class Column:
    """One column: its code, the title in the template, whether it must be filled, what belongs into it."""

    code: str
    title: str | Promise
    says: str | Promise
    required: bool = False
    longest: int = 100


_CODE = Column(
    "code", gettext_lazy("Code"), gettext_lazy("letters and digits, fixed for ever"), required=True, longest=40
)
_NAME = Column("name", pgettext_lazy("of a thing", "Name"), gettext_lazy("as people call it"), required=True)
_ENGLISH = Column("name_en", gettext_lazy("English name"), gettext_lazy("may be empty"))
_PHONE = Column("phone", gettext_lazy("Telephone"), gettext_lazy("may be empty"), longest=40)

COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "departments": (
        _CODE,
        _NAME,
        _ENGLISH,
        Column(
            "parent",
            gettext_lazy("Lies under"),
            gettext_lazy("code or name of the department above; empty: at the top"),
        ),
        Column("functions", gettext_lazy("Functions"), gettext_lazy("names, separated by semicolons"), longest=300),
        _PHONE,
    ),
    "products": (
        Column(
            "code", gettext_lazy("Code"), gettext_lazy("the model number, fixed for ever"), required=True, longest=40
        ),
        _NAME,
        _ENGLISH,
        Column(
            "parent", gettext_lazy("Line"), gettext_lazy("code or name of the product line; empty: it is a line itself")
        ),
    ),
    "users": (
        Column(
            "username",
            gettext_lazy("Login name"),
            gettext_lazy("letters and digits, fixed for ever"),
            required=True,
            longest=60,
        ),
        Column("name", pgettext_lazy("of a person", "Name"), gettext_lazy("of the person"), required=True, longest=60),
        Column("role", gettext_lazy("Role"), gettext_lazy("one of the roles"), required=True, longest=40),
        Column(
            "departments", gettext_lazy("Departments"), gettext_lazy("codes or names, the main one first"), longest=600
        ),
        Column("heads", gettext_lazy("Heads"), gettext_lazy("those departments that the person heads"), longest=600),
        Column("email", gettext_lazy("E-mail"), gettext_lazy("may be empty"), longest=254),
        _PHONE,
        Column(
            "functions", gettext_lazy("Personal functions"), gettext_lazy("names, separated by semicolons"), longest=300
        ),
    ),
}


@dataclass
class Outcome:
    """What a table did or would do: (row number, name) per verb, and (row number, sentence) for what is wrong."""

    created: list[tuple[int, str]] = field(default_factory=list)
    changed: list[tuple[int, str]] = field(default_factory=list)
    same: list[tuple[int, str]] = field(default_factory=list)
    errors: list[tuple[int, str]] = field(default_factory=list)

    @property
    def good(self) -> int:
        """Rows that came in, or were in already."""
        return len(self.created) + len(self.changed) + len(self.same)


def places_of(what: str, header: Sequence[str]) -> dict[str, int]:
    """Where each column stands; titles are understood in every language, and so are the codes."""
    titles = {text.fold(name).strip(" *"): n for n, name in enumerate(header)}
    found = {}
    for column in COLUMNS[what]:
        for spelling in (column.code, *spellings(column.title)):
            if (place := titles.get(text.fold(spelling))) is not None:
                found[column.code] = place
                break
    missing = [str(column.title) for column in COLUMNS[what] if column.required and column.code not in found]
    if missing:
        raise InvalidInput(
            "file",
            _("The first row lacks the columns %(names)s. Please use the template; the order does not matter.")
            % {"names": "、".join(missing)},
        )
    return found


def spellings(title: str | Promise) -> list[str]:
    found = []
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            found.append(str(title))
    return found


def cells_of(what: str, places: Mapping[str, int], values: Sequence[str]) -> dict[str, str]:
    return {
        column.code: text.clean_line(values[places[column.code]]) if places[column.code] < len(values) else ""
        for column in COLUMNS[what]
        if column.code in places
    }


def check_cells(what: str, cells: Cells) -> None:
    for column in COLUMNS[what]:
        value = cells.get(column.code, "")
        if column.required and not value:
            raise InvalidInput(column.code, _("“%(title)s” is empty.") % {"title": column.title})
        if len(value) > column.longest:
            raise InvalidInput(
                column.code,
                _("“%(title)s” is longer than %(count)d characters.")
                % {"title": column.title, "count": column.longest},
            )


def several(value: str) -> list[str]:
    return [part.strip() for part in _BETWEEN.split(value) if part.strip()]


class Words:
    """Finding a row by its code or by its name; a name that two share names neither."""

    def __init__(self, rows: Iterable[Any], none: str | Promise, several: str | Promise) -> None:
        self.none, self.several = none, several
        self.by: dict[str, list[Any]] = {}
        for row in rows:
            self.add(row)

    def add(self, row: Any) -> None:
        """One more row that may be named from now on."""
        for key in {row.code, text.fold(row.name), text.fold(row.name_en)} - {""}:
            self.by.setdefault(key, []).append(row)

    def find(self, name: str) -> Any:
        """The row that is meant; raises ``InvalidInput``."""
        found = self.by.get(name) or self.by.get(text.fold(name)) or []
        if len(found) != 1:
            raise InvalidInput("file", str(self.several if found else self.none) % {"name": name})
        return found[0]


def departments() -> Words:
    return Words(
        Department.objects.active(),
        gettext_lazy("There is no department “%(name)s”."),
        gettext_lazy("Several departments are called “%(name)s”; please use the code."),
    )


def functions(*, personal: bool) -> Words:
    none = gettext_lazy("There is no function “%(name)s”.")
    return Words(Function.objects.filter(personal=personal), none, none)


def guarded(outcome: Outcome, number: int, act: Callable[[], None]) -> None:
    """Run one row in a savepoint; what it refuses is named with its number."""
    try:
        with transaction.atomic():
            act()
    except DomainError as error:
        outcome.errors.append((number, error.message))
