"""Departments, products and users from a table: checked row by row, idempotent by code or login name.

The table comes as text cells; whoever can open spreadsheets reads it. A check is the import itself,
rolled back, so that it never says anything else than the import does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from audit.actor import Actor
from audit.exceptions import DomainError, InvalidInput
from organization import text
from organization.actions import people, units
from organization.forms.units import CODE
from organization.models import Department, Function, Product, Role, User
from organization.models.units import Tree

#: More rows than this in one table take longer than a page may.
MAX_ROWS = 2000
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


def check(what: str, header: Sequence[str], lines: Iterable[Line], *, by: Actor) -> Outcome:
    """What an import of these rows would do; changes nothing. Raises ``InvalidInput`` for a wrong header."""
    with transaction.atomic():
        outcome = bring_in(what, header, lines, by=by)
        transaction.set_rollback(True)
    return outcome


@transaction.atomic
def bring_in(what: str, header: Sequence[str], lines: Iterable[Line], *, by: Actor) -> Outcome:
    """Import the good rows, name the wrong ones; the same table once more changes nothing.

    An empty cell of somebody or something that exists already leaves the value as it is.
    """
    places = _places(what, header)
    rows = [(number, _cells(what, places, values)) for number, values in lines]
    if what == "users":
        return _Users(by).run(rows)
    return _Units(Department if what == "departments" else Product, by).run(rows)


def _places(what: str, header: Sequence[str]) -> dict[str, int]:
    """Where each column stands; titles are understood in every language, and so are the codes."""
    titles = {text.fold(name).strip(" *"): n for n, name in enumerate(header)}
    found = {}
    for column in COLUMNS[what]:
        for spelling in (column.code, *_spellings(column.title)):
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


def _spellings(title: str | Promise) -> list[str]:
    found = []
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            found.append(str(title))
    return found


def _cells(what: str, places: Mapping[str, int], values: Sequence[str]) -> dict[str, str]:
    return {
        column.code: text.clean_line(values[places[column.code]]) if places[column.code] < len(values) else ""
        for column in COLUMNS[what]
        if column.code in places
    }


def _check_cells(what: str, cells: Cells) -> None:
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


def _several(value: str) -> list[str]:
    return [part.strip() for part in _BETWEEN.split(value) if part.strip()]


class _Words:
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


def _departments() -> _Words:
    return _Words(
        Department.objects.active(),
        gettext_lazy("There is no department “%(name)s”."),
        gettext_lazy("Several departments are called “%(name)s”; please use the code."),
    )


def _functions(*, personal: bool) -> _Words:
    none = gettext_lazy("There is no function “%(name)s”.")
    return _Words(Function.objects.filter(personal=personal), none, none)


def _guarded(outcome: Outcome, number: int, act: Callable[[], None]) -> None:
    """Run one row in a savepoint; what it refuses is named with its number."""
    try:
        with transaction.atomic():
            act()
    except DomainError as error:
        outcome.errors.append((number, error.message))


class _Units:
    """Rows of a tree: parents may stand below their children, so what waits for a parent is tried again."""

    def __init__(self, model: Any, by: Actor) -> None:
        self.model, self.by, self.outcome = model, by, Outcome()
        self.what = "departments" if model is Department else "products"
        self.functions = _functions(personal=False)
        self.known = _Words(
            model.objects.all(),
            gettext_lazy("There is no “%(name)s”, neither here nor in the table."),
            gettext_lazy("Several are called “%(name)s”; please use the code."),
        )

    def run(self, rows: list[tuple[int, dict[str, str]]]) -> Outcome:
        """All rows; errors in the order of the table."""
        coming = Counter(cells.get("code", "") for _number, cells in rows)
        names = {name for _number, cells in rows for name in (cells.get("code", ""), text.fold(cells.get("name", "")))}
        waiting = rows
        while waiting:
            later = []
            for number, cells in waiting:
                parent = cells.get("parent", "")
                waits = parent and not self._is_known(parent) and (parent in names or text.fold(parent) in names)
                if waits:
                    later.append((number, cells))
                else:
                    _guarded(self.outcome, number, lambda n=number, c=cells: self._row(n, c, coming))  # type: ignore[misc]
            if len(later) == len(waiting):
                for number, cells in later:
                    sentence = _("What it lies under, “%(name)s”, could not be taken in.") % {"name": cells["parent"]}
                    self.outcome.errors.append((number, sentence))
                break
            waiting = later
        self.outcome.errors.sort()
        return self.outcome

    def _is_known(self, name: str) -> bool:
        return name in self.known.by or text.fold(name) in self.known.by

    def _row(self, number: int, cells: Cells, coming: Counter[str]) -> None:
        _check_cells(self.what, cells)
        code = cells["code"]
        try:
            CODE(code)
        except ValidationError as error:
            raise InvalidInput("code", " ".join(error.messages)) from error
        if coming[code] > 1:
            raise InvalidInput("code", _("The code “%(code)s” stands in several rows.") % {"code": code})
        parent = self.known.find(cells["parent"]) if cells.get("parent") else None
        row = self.model.objects.filter(code=code).first()
        if row is None:
            unit = units.Unit(code, cells["name"], cells.get("name_en", ""))
            row = units.create_unit(self.model, unit, by=self.by, parent=parent)
            self._details(row, cells)
            self.known.add(row)
            self.outcome.created.append((number, row.name))
            return
        before = self._state(row)
        unit = units.Unit(code, cells["name"], cells.get("name_en") or row.name_en)
        row = units.change_unit(row, unit, parent=parent or row.parent, by=self.by)
        self._details(row, cells)
        (self.outcome.same if self._state(row) == before else self.outcome.changed).append((number, row.name))

    def _details(self, row: Tree, cells: Cells) -> None:
        if not isinstance(row, Department):
            return
        if cells.get("phone"):
            units.describe_department(row, phone=cells["phone"], by=self.by)
        if cells.get("functions"):
            found = [self.functions.find(name) for name in _several(cells["functions"])]
            units.set_functions(row, [function.code for function in found], by=self.by)

    def _state(self, row: Any) -> tuple[Any, ...]:
        more: tuple[Any, ...] = ()
        if isinstance(row, Department):
            more = (row.phone, sorted(row.functions.values_list("code", flat=True)))
        return (row.name, row.name_en, row.parent_id, *more)


class _Users:
    """Rows of people; new ones have no password until they are invited."""

    def __init__(self, by: Actor) -> None:
        self.by, self.outcome = by, Outcome()
        self.departments, self.functions = _departments(), _functions(personal=True)
        self.roles = {text.fold(word): role.value for role in Role for word in (role.value, *_spellings(role.label))}

    def run(self, rows: list[tuple[int, dict[str, str]]]) -> Outcome:
        """All rows in their order."""
        coming = Counter(cells.get("username", "").lower() for _number, cells in rows)
        for number, cells in rows:
            _guarded(self.outcome, number, lambda n=number, c=cells: self._row(n, c, coming))  # type: ignore[misc]
        return self.outcome

    def _row(self, number: int, cells: Cells, coming: Counter[str]) -> None:
        _check_cells("users", cells)
        if coming[cells["username"].lower()] > 1:
            name = cells["username"]
            raise InvalidInput("username", _("The login name “%(name)s” stands in several rows.") % {"name": name})
        user = User.objects.filter(username__iexact=cells["username"]).first()
        person, places, functions = self._person(cells, user), self._places(cells, user), self._personal(cells, user)
        if user is None:
            user = people.create_user(person, by=self.by, places=places, functions=functions)
            self.outcome.created.append((number, user.name))
            return
        before = self._state(user)
        user = people.update_user(user, person, by=self.by, places=places, functions=functions)
        (self.outcome.same if self._state(user) == before else self.outcome.changed).append((number, user.name))

    def _person(self, cells: Cells, user: User | None) -> people.Person:
        role = self.roles.get(text.fold(cells["role"]))
        if role is None:
            names = "、".join(str(label) for label in Role.labels)
            raise InvalidInput(
                "role", _("“%(name)s” is no role. There are: %(names)s.") % {"name": cells["role"], "names": names}
            )
        email = cells.get("email", "")
        if email:
            try:
                validate_email(email)
            except ValidationError as error:
                raise InvalidInput("email", _("“%(email)s” is no e-mail address.") % {"email": email}) from error
        return people.Person(
            username=user.username if user else cells["username"],
            name=cells["name"],
            role=role,
            email=email or (user.email if user else ""),
            phone=cells.get("phone") or (user.phone if user else ""),
            second_factor=user.must_use_second_factor if user else False,
        )

    def _places(self, cells: Cells, user: User | None) -> list[people.Place]:
        wanted = [self.departments.find(name) for name in _several(cells.get("departments", ""))]
        heads = [self.departments.find(name) for name in _several(cells.get("heads", ""))]
        present = list(user.memberships.select_related("department").order_by("-is_main", "pk")) if user else []
        if not wanted:
            wanted = [row.department for row in present]
        headed = heads or [row.department for row in present if row.is_head]
        places = list(dict.fromkeys([*wanted, *heads]))
        return [people.Place(department, department in headed) for department in places]

    def _personal(self, cells: Cells, user: User | None) -> list[str]:
        found = [self.functions.find(name).code for name in _several(cells.get("functions", ""))]
        return found if found or user is None else list(user.functions.values_list("code", flat=True))

    def _state(self, user: User) -> tuple[Any, ...]:
        places = list(user.memberships.order_by("-is_main", "pk").values_list("department", "is_head"))
        functions = sorted(user.functions.values_list("code", flat=True))
        return (user.name, user.role, user.email, user.phone, places, functions)
