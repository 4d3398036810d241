"""Tables as every way of showing a report reads them: page, PDF, workbook and API; pure data, kept as JSON.

A cell is a value with, where records stand behind it, the filter that finds exactly these among the report's facts.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

_TENTH = Decimal("0.1")


@dataclass(frozen=True)
class Cell:
    """One figure.

    Attributes:
        value: a whole number, a decimal number as text ("98.3"), or None where there is nothing to compute.
        unit: "" for a count, "%" for a rate, "±%" for a change, "±pp" for a change in percentage points.
        of: numerator and denominator of a rate, which is printed with them.
        find: the query that finds its records, "" where there are none to find.
    """

    value: int | str | None = None
    unit: str = ""
    of: tuple[int, int] | None = None
    find: str = ""

    @property
    def shown(self) -> str:
        """As the page and the paper print it."""
        if self.value is None:
            return "—"
        if isinstance(self.value, int):
            return f"{self.value:,}"
        if self.unit == "±pp":
            return _("%(points)s pp") % {"points": _signed(self.value)}
        return f"{_signed(self.value) if self.unit == '±%' else self.value} %"

    @property
    def number(self) -> int | Decimal | None:
        """As a workbook keeps it: rates and changes as parts of one, points as they are."""
        if self.value is None or isinstance(self.value, int):
            return self.value
        return Decimal(self.value) if self.unit == "±pp" else Decimal(self.value) / 100


@dataclass(frozen=True)
class Column:
    """A heading; ``kind`` is text, count, rate, change, points (of per cent) or minutes."""

    code: str
    label: str
    kind: str = "count"


@dataclass(frozen=True)
class Row:
    """One line of a table."""

    label: str
    cells: list[Cell]


@dataclass(frozen=True)
class Table:
    """A table of a report; ``chart`` names the column that a picture shows beside it, "" for none."""

    code: str
    title: str
    columns: list[Column]
    rows: list[Row]
    notes: list[str] = field(default_factory=list)
    chart: str = ""

    def column(self, code: str) -> int:
        """At which place of a row's cells a column stands, the label's not counted; ``ValueError`` for none."""
        return [column.code for column in self.columns[1:]].index(code)

    def cell(self, label: str, code: str) -> Cell:
        """The cell of a row by its label; ``KeyError`` for none."""
        for row in self.rows:
            if row.label == label:
                return row.cells[self.column(code)]
        raise KeyError(label)


@dataclass(frozen=True)
class Section:
    """A chapter: a title, sentences whose figures are those of its tables, and the tables."""

    code: str
    title: str
    sentences: list[str]
    tables: list[Table]


def as_json(sections: list[Section]) -> list[dict[str, Any]]:
    """As it is stored."""
    return [asdict(section) for section in sections]


def from_json(stored: list[dict[str, Any]]) -> list[Section]:
    """As it was stored."""
    return [
        Section(one["code"], one["title"], one["sentences"], [_table(table) for table in one["tables"]])
        for one in stored
    ]


def _table(stored: dict[str, Any]) -> Table:
    columns = [Column(**column) for column in stored["columns"]]
    rows = [Row(row["label"], [_cell(cell) for cell in row["cells"]]) for row in stored["rows"]]
    return Table(stored["code"], stored["title"], columns, rows, stored["notes"], stored["chart"])


def _cell(stored: dict[str, Any]) -> Cell:
    of = (stored["of"][0], stored["of"][1]) if stored["of"] else None
    return Cell(stored["value"], stored["unit"], of, stored["find"])


def query(figure: str, **dimensions: int | None) -> str:
    """What finds the records of a figure: "round.received", of a department, without a category ..."""
    values = {name: "none" if value is None else str(value) for name, value in dimensions.items()}
    return urlencode({"figure": figure} | values)


def rate(part: int, whole: int, *, find: str = "") -> Cell:
    """A share in per cent, to the tenth, printed with its numerator and denominator; nothing of nothing."""
    if whole == 0:
        return Cell(None, "%", (0, 0))
    return Cell(_round(Decimal(100 * part) / whole), "%", (part, whole), find)


def change(now: int, before: int) -> Cell:
    """By how many per cent it changed (环比, 同比); nothing where there was nothing before."""
    return Cell(_round(Decimal(100 * (now - before)) / before) if before else None, "±%")


def change_of_rates(now: tuple[int, int], before: tuple[int, int]) -> Cell:
    """By how many percentage points a rate changed; nothing where either of them is none."""
    if not now[1] or not before[1]:
        return Cell(None, "±pp")
    return Cell(_round(Decimal(100 * now[0]) / now[1] - Decimal(100 * before[0]) / before[1]), "±pp")


def _round(value: Decimal) -> str:
    return str(value.quantize(_TENTH, ROUND_HALF_UP) + 0)  # + 0: there is no minus nought


def _signed(value: str) -> str:
    return value if value.startswith("-") or Decimal(value) == 0 else f"+{value}"


@dataclass(frozen=True)
class Bar:
    """One bar of the picture beside a table: how long it is, in hundredths of the longest."""

    label: str
    value: int
    width: int
    find: str


def bars_of(table: Table, most: int = 12) -> list[Bar]:
    """The picture of a table's ``chart`` column: its rows but the sum, at most so many; none without it."""
    if not table.chart:
        return []
    place = table.column(table.chart)
    cells = [(row.label, row.cells[place]) for row in table.rows[:-1]]
    found = [(label, cell.value, cell.find) for label, cell in cells if isinstance(cell.value, int) and cell.value]
    longest = max((value for _label, value, _find in found), default=0)
    return [Bar(label, value, max(1, round(100 * value / longest)), find) for label, value, find in found[:most]]
