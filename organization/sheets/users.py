"""Rows of people."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.exceptions import InvalidInput
from organization import text
from organization.actions import people
from organization.models import Role, User
from organization.sheets.columns import (
    Cells,
    Outcome,
    check_cells,
    departments,
    functions,
    guarded,
    several,
    spellings,
)


class Users:
    """Rows of people; new ones have no password until they are invited."""

    def __init__(self, by: Actor) -> None:
        self.by, self.outcome = by, Outcome()
        self.departments, self.functions = departments(), functions(personal=True)
        self.roles = {text.fold(word): role.value for role in Role for word in (role.value, *spellings(role.label))}

    def run(self, rows: list[tuple[int, dict[str, str]]]) -> Outcome:
        """All rows in their order."""
        coming = Counter(cells.get("username", "").lower() for _number, cells in rows)
        for number, cells in rows:
            guarded(self.outcome, number, lambda n=number, c=cells: self._row(n, c, coming))  # type: ignore[misc]
        return self.outcome

    def _row(self, number: int, cells: Cells, coming: Counter[str]) -> None:
        check_cells("users", cells)
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
        wanted = [self.departments.find(name) for name in several(cells.get("departments", ""))]
        heads = [self.departments.find(name) for name in several(cells.get("heads", ""))]
        present = list(user.memberships.select_related("department").order_by("-is_main", "pk")) if user else []
        if not wanted:
            wanted = [row.department for row in present]
        headed = heads or [row.department for row in present if row.is_head]
        places = list(dict.fromkeys([*wanted, *heads]))
        return [people.Place(department, department in headed) for department in places]

    def _personal(self, cells: Cells, user: User | None) -> list[str]:
        found = [self.functions.find(name).code for name in several(cells.get("functions", ""))]
        return found if found or user is None else list(user.functions.values_list("code", flat=True))

    def _state(self, user: User) -> tuple[Any, ...]:
        places = list(user.memberships.order_by("-is_main", "pk").values_list("department", "is_head"))
        functions = sorted(user.functions.values_list("code", flat=True))
        return (user.name, user.role, user.email, user.phone, places, functions)
