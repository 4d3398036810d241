"""Rows of a tree: departments and products."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.actor import Actor
from audit.exceptions import InvalidInput
from organization import text
from organization.actions import units
from organization.forms.units import CODE
from organization.models import Department
from organization.models.units import Tree
from organization.sheets.columns import Cells, Outcome, Words, check_cells, functions, guarded, several


class Units:
    """Rows of a tree: parents may stand below their children, so what waits for a parent is tried again."""

    def __init__(self, model: Any, by: Actor) -> None:
        self.model, self.by, self.outcome = model, by, Outcome()
        self.what = "departments" if model is Department else "products"
        self.functions = functions(personal=False)
        self.known = Words(
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
                    guarded(self.outcome, number, lambda n=number, c=cells: self._row(n, c, coming))  # type: ignore[misc]
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
        check_cells(self.what, cells)
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
            found = [self.functions.find(name) for name in several(cells["functions"])]
            units.set_functions(row, [function.code for function in found], by=self.by)

    def _state(self, row: Any) -> tuple[Any, ...]:
        more: tuple[Any, ...] = ()
        if isinstance(row, Department):
            more = (row.phone, sorted(row.functions.values_list("code", flat=True)))
        return (row.name, row.name_en, row.parent_id, *more)
