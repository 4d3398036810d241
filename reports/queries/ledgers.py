"""What a ledger (台账) is: one definition of columns and rows gives page, paper and workbook (RPT-01, F01).

Every row starts at the cases that its reader may see; what a first-asked person does not read of a case stands in no
ledger either. Nothing is ever taken out: invalid and imported cases stand in
the ledgers as all others do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from documents.sheets.writing import Column, Format
from organization.models import Department
from organization.paging import Page, page_of
from organization.queries import Identity
from reports.periods import Period, month_of

#: Rows are read and written so many at a time.
CHUNK = 500
#: Lines of a page, and of a paper.
SHOWN, PRINTED = 50, 500
#: Letters of a text on a page and on paper; the workbook holds it whole.
CLIPPED = 160
Choices = list[tuple[str, str]]


@dataclass(frozen=True)
class Wanted:
    """Which entries of a ledger: of which days, and what narrows them; "" and None want all."""

    ledger: str
    since: date
    until: date
    department: int | None = None
    state: str = ""
    what: str = ""

    @property
    def period(self) -> Period:
        """Its days; a whole month is called so."""
        month = month_of(self.since)
        return month if month.until == self.until else Period("period", self.since, self.until)

    def as_json(self) -> dict[str, Any]:
        """As a row keeps it."""
        return vars(self) | {"since": self.since.isoformat(), "until": self.until.isoformat()}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Wanted:
        """What a row kept."""
        days = {name: date.fromisoformat(kept[name]) for name in ("since", "until")}
        return cls(**(kept | days))

    def within(self, column: str) -> Q:
        """Rows of which this moment lies in its days."""
        days = self.period
        return Q((f"{column}__gte", days.starts), (f"{column}__lt", days.ends))

    def departments(self) -> list[int]:
        """The department that is wanted, and all under it."""
        return list(Department.objects.filter(lineage__contains=[self.department]).values_list("pk", flat=True))


def labels(choices: Iterable[tuple[Any, Any]]) -> dict[str, str]:
    """The words of choices in the reader's language, once for many rows: asking a row for its own costs each time."""
    return {str(value): str(label) for value, label in choices}


@dataclass(frozen=True)
class Heading:
    """A column: what stands above it, what its cells are; ``width`` in letters on paper and in the workbook."""

    title: str
    format: Format = "text"
    width: int = 14

    @property
    def column(self) -> Column:
        """As the workbook has it."""
        return Column(self.title, self.format, self.width)

    @property
    def size(self) -> str:
        """How wide it is on a page and on paper: s, m, l or xl."""
        return next((size for size, most in (("s", 10), ("m", 18), ("l", 32)) if self.width <= most), "xl")


@dataclass(frozen=True)
class Line:
    """One entry; its first cell is the number of the case that it leads to."""

    cells: Sequence[Any]

    @property
    def number(self) -> str:
        """The number of the case."""
        return str(self.cells[0])


@dataclass(frozen=True)
class Shown:
    """A cell as page and paper show it."""

    heading: Heading
    text: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Ledger:
    """One ledger.

    Attributes:
        code: what it is called in addresses.
        form: the paper form that it keeps, if it keeps one.
        about: what stands in it, in a sentence.
        at: the moment by which it is kept, in order and by days.
        headings: its columns, in the reader's language.
        rows: the entries that somebody may see, of some wanted ones, in no order.
        lines: their cells as this reader sees them, for a chunk of them; a constant number of queries.
        states, whats: what narrows it; ``what`` is what the second is called.
    """

    code: str
    form: str
    title: str | Promise
    about: str | Promise
    at: str
    headings: Callable[[], list[Heading]]
    rows: Callable[[Identity, Wanted], QuerySet[Any]]
    lines: Callable[[Sequence[Any], Identity], list[Line]]
    states: Callable[[], Choices]
    what: str | Promise
    whats: Callable[[], Choices]

    def found(self, who: Identity, wanted: Wanted) -> QuerySet[Any]:
        """The entries of these days that somebody may see, in no order."""
        return self.rows(who, wanted).filter(wanted.within(self.at))

    def page(self, who: Identity, wanted: Wanted, *, after: str = "") -> Page[Model]:
        """A page of entries, the newest first."""
        return page_of(self.found(who, wanted), self.at, descending=True, after=after, size=SHOWN)

    def first(self, who: Identity, wanted: Wanted) -> tuple[list[Line], bool]:
        """What fits on paper, in the order of time, and whether there is more."""
        rows = list(self.found(who, wanted).order_by(self.at, "id")[: PRINTED + 1])
        return self.lines(rows[:PRINTED], who), len(rows) > PRINTED

    def all(self, who: Identity, wanted: Wanted) -> Iterator[Line]:
        """Every entry in the order of time, read chunk by chunk: memory does not grow."""
        chunk: list[Any] = []
        for row in self.found(who, wanted).order_by(self.at, "id").iterator(chunk_size=CHUNK):
            chunk.append(row)
            if len(chunk) == CHUNK:
                yield from self.lines(chunk, who)
                chunk = []
        if chunk:
            yield from self.lines(chunk, who)

    def words(self, wanted: Wanted) -> list[str]:
        """What is wanted, as a reader says it."""
        department = Department.objects.filter(pk=wanted.department).first() if wanted.department else None
        names = dict(self.states()).get(wanted.state, ""), dict(self.whats()).get(wanted.what, "")
        said = [wanted.period.label, str(department or ""), *(str(name) for name in names)]
        return [word for word in said if word]


@dataclass(frozen=True)
class Clip:
    """How the cells of a ledger are shown: dates as dates, texts shortened."""

    headings: list[Heading]
    longest: int = CLIPPED
    dates: dict[str, str] = field(default_factory=lambda: {"date": "%Y-%m-%d", "datetime": "%Y-%m-%d %H:%M"})

    def shown(self, line: Line) -> list[Shown]:
        """The cells of an entry, without its first."""
        return [self._cell(head, value) for head, value in zip(self.headings[1:], line.cells[1:], strict=True)]

    def _cell(self, heading: Heading, value: Any) -> Shown:
        if isinstance(value, datetime):
            return Shown(heading, f"{timezone.localtime(value):{self.dates[heading.format]}}", value)
        if isinstance(value, date):
            return Shown(heading, f"{value:{self.dates['date']}}")
        if isinstance(value, bool):
            return Shown(heading, _("Yes") if value else _("No"))
        text = "" if value is None else str(value)
        return Shown(heading, text if len(text) <= self.longest else f"{text[: self.longest - 1]}…")
