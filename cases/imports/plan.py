"""What the columns of a file mean: given once for all rows, as a person writes it on the command line."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from django.utils.translation import gettext as _

from audit.exceptions import InvalidInput
from organization.text import fold

#: Fields that take one line of text, and how long it may be on a case.
LINES: Mapping[str, int] = MappingProxyType(
    {
        "subject": 120,
        "name": 100,
        "organisation": 100,
        "phone": 60,
        "email": 120,
        "batch": 60,
        "serial": 80,
        "quantity": 40,
        "order_number": 60,
    }
)
#: Fields that take several lines; the text has the limit of every other way in.
TEXTS = ("text", "demand")
DATES = ("customer_deadline", "purchased_on", "shipped_on")
#: Fields whose values are words of the organisation.
WORDS = ("kind", "product", "site", "category")
FIELDS = (*TEXTS, *LINES, *DATES, *WORDS, "received", "key")
#: What a column of sentiments means unless somebody says otherwise.
SENTIMENTS: Mapping[str, str] = MappingProxyType({"negative": "complaint", "positive": "praise"})


@dataclass(frozen=True)
class Plan:
    """Which column fills which field, and what holds for every row.

    Attributes:
        columns: field -> name of its column.
        channel: code of the channel of all rows.
        kind: code of the kind of rows whose kind column is empty, or of all.
        kinds: value in the kind column, folded -> code of a kind.
        history: the cases were handled elsewhere: registered and closed, no clocks, no messages.
        create_products: products that do not exist are added; otherwise their names stay as text.
    """

    columns: Mapping[str, str]
    channel: str
    kind: str = ""
    kinds: Mapping[str, str] = field(default_factory=dict)
    history: bool = False
    create_products: bool = False

    @property
    def keyed(self) -> bool:
        """Whether a column of the file tells its rows apart."""
        return "key" in self.columns

    def check(self, header: Iterable[str]) -> list[str]:
        """The columns of this header that are not imported; raises ``InvalidInput`` for what is missing."""
        names = list(header)
        if absent := [column for column in self.columns.values() if column not in names]:
            raise InvalidInput(
                "map",
                _("The file has no column “%(missing)s”. Its columns are: %(columns)s.")
                % {"missing": "”, “".join(absent), "columns": ", ".join(names)},
            )
        if "text" not in self.columns:
            raise InvalidInput("map", _("Please say which column holds the text: --map COLUMN=text."))
        if "kind" not in self.columns and not self.kind:
            raise InvalidInput(
                "kind",
                _("Please say what kind of feedback it is: --map COLUMN=kind, --sentiment COLUMN or --kind CODE."),
            )
        used = set(self.columns.values())
        return [name for name in names if name not in used]


def parse_map(given: Iterable[str]) -> dict[str, str]:
    """``text=text,商品=product`` as field -> column.

    A column whose name holds a comma stands in quotes; one with an equals sign is no trouble.
    Raises ``InvalidInput`` naming what is wrong.
    """
    columns: dict[str, str] = {}
    for column, name in _pairs(given):
        if name not in FIELDS:
            raise InvalidInput(
                "map",
                _("There is no field “%(name)s”. Fields are: %(fields)s.")
                % {"name": name, "fields": ", ".join(FIELDS)},
            )
        if name in columns:
            raise InvalidInput(
                "map",
                _("Two columns are to fill the field “%(name)s”: “%(first)s” and “%(second)s”. Please choose one.")
                % {"name": name, "first": columns[name], "second": column},
            )
        columns[name] = column
    return columns


def parse_kinds(given: Iterable[str], codes: Iterable[str]) -> dict[str, str]:
    """``negative=complaint,positive=praise`` as folded value -> code of a kind that exists."""
    known = list(codes)
    kinds = {}
    for value, code in _pairs(given):
        if code not in known:
            raise InvalidInput(
                "kind_map",
                _("There is no kind “%(code)s”. Kinds are: %(codes)s.") % {"code": code, "codes": ", ".join(known)},
            )
        kinds[fold(value)] = code
    return kinds


def _pairs(given: Iterable[str]) -> Iterable[tuple[str, str]]:
    for line in given:
        for part in next(csv.reader([line], skipinitialspace=True), []):
            left, equals, right = part.rpartition("=")
            if not equals or not left.strip() or not right.strip():
                raise InvalidInput(
                    "map", _("“%(part)s” is not understood; it must read COLUMN=FIELD.") % {"part": part}
                )
            yield left.strip(), right.strip()
