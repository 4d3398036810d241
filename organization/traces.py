"""Where words about one person stand, table by table: the basis of copy, erasure and retention (PIPL 44 to 47).

Each room says at start-up which of its tables speak of somebody, how the rows are found, what a copy for the person
tells of them, and what stands there after an erasure. The root calls the rooms in its own order; nobody else does.
Rows stay, so that what is counted stays the same: only words go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol
from urllib.parse import quote, quote_plus

from django.contrib.postgres.search import SearchVectorField
from django.db.models import Case, Field, Model, Q, QuerySet, TextField, Value, When

from audit.actor import Actor

#: Fewer digits than these stand in the numbers of everybody.
FEWEST_DIGITS = 7


@dataclass(frozen=True)
class Subject:
    """Somebody whose data are copied or erased, by the rows that are about him or her, and nobody else.

    Attributes:
        customers: keys of customers; several where files were merged.
        cases: keys of cases.
        communications: keys of single communications, whose customer stays.
        returns: keys of returns of these customers and cases.
        names: what the person is called. Others are called so too: by a name nothing is erased, only looked for.
        reaches: numbers and addresses, as they were given and as they are compared, by which drafts, kept searches and
            uploads are found.
    """

    customers: frozenset[int] = frozenset()
    cases: frozenset[int] = frozenset()
    communications: frozenset[int] = frozenset()
    returns: frozenset[int] = frozenset()
    names: frozenset[str] = frozenset()
    reaches: frozenset[str] = frozenset()

    @property
    def words(self) -> frozenset[str]:
        """Everything by which the person may be named."""
        return self.names | self.reaches

    @property
    def threads(self) -> list[str]:
        """The histories that are about the person."""
        keys = (
            ("customer", self.customers),
            ("case", self.cases),
            ("return", self.returns),
            ("survey", self.cases),
        )
        return [f"{sort}:{pk}" for sort, found in keys for pk in sorted(found)]

    def mentioned_in(self, *columns: str) -> Q:
        """Rows in one of these columns of which a number or address of the person stands, also as part of a link."""
        found = Q(pk__in=[])
        for word in self.spellings:
            for column in columns:
                found |= Q((f"{column}__icontains", word))
        return found

    @property
    def spellings(self) -> list[str]:
        """The numbers and addresses that are nobody else's, and how a browser writes them into a link."""
        words = {word for word in self.reaches if "@" in word or sum(map(str.isdigit, word)) >= FEWEST_DIGITS}
        return sorted(words | {quote(word) for word in words} | {quote_plus(word) for word in words})


@dataclass(frozen=True)
class Deed:
    """An erasure that is being done: by whom, when, and what stands where a row needs words."""

    by: Actor
    at: datetime
    label: str


class Trace(Protocol):
    """One place in which words about a person stand."""

    @property
    def name(self) -> str:
        """What it is, such as "cases.Note"."""
        ...

    @property
    def covers(self) -> frozenset[tuple[str, str]]:
        """The personal fields that it takes care of: model and name."""
        ...

    def count(self, subject: Subject) -> int:
        """How many rows it holds about somebody."""
        ...

    def tell(self, subject: Subject) -> Iterator[dict[str, Any]]:
        """What it holds, for the person's own copy: one dictionary a row, empty where nothing is told."""
        ...

    def erase(self, subject: Subject, deed: Deed) -> int:
        """Take the words away; how many rows were touched. A second time finds nothing and harms nothing."""
        ...


@dataclass(frozen=True)
class Words:
    """Rows of one table whose words go.

    Attributes:
        rows: the rows about somebody.
        words: the personal fields: text of several lines says then that it was erased, if anything stood there; the
            others are blank.
        marked: fields of one line that say so too: their table asks for words, or counts those that are there.
        told: what the copy tells of a row, in this order: words and facts; "" where it tells nothing of the table.
        withheld: those of ``words`` that the copy does not tell: inner working and derived forms.
        instead: what else is written, and what stands where a row needs words; see ``LABEL`` and ``AT``.
        deletes: the whole row goes; nothing counts it.
    """

    model: type[Model]
    rows: Callable[[Subject], QuerySet[Any]]
    words: str
    marked: str = ""
    told: str = ""
    withheld: str = ""
    instead: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    deletes: bool = False

    @property
    def name(self) -> str:
        """The table's model."""
        return self.model._meta.label

    @property
    def covers(self) -> frozenset[tuple[str, str]]:
        """The fields that go."""
        return frozenset((self.name, name) for name in self.words.split())

    def count(self, subject: Subject) -> int:
        """How many rows in which words stand."""
        return self._worded(subject).count()

    def tell(self, subject: Subject) -> Iterator[dict[str, Any]]:
        """The rows in the order of their keys."""
        names = self.told.split()
        yield from self.rows(subject).order_by("pk").values(*names) if names else ()

    def erase(self, subject: Subject, deed: Deed) -> int:
        """One statement."""
        if self.deletes:
            return self.rows(subject).delete()[0]
        rows = self.rows(subject) if self.instead else self._worded(subject)
        blanks = {name: self._afterwards(name, deed) for name in self.words.split()}
        known = {LABEL: deed.label, AT: deed.at}
        instead = {name: known.get(value, value) for name, value in self.instead.items()}
        return rows.order_by().update(**blanks | instead)

    def _worded(self, subject: Subject) -> QuerySet[Any]:
        empty = Q()
        for name in self.words.split():
            column: Any = self.model._meta.get_field(name)
            blank = blank_of(column)
            empty &= Q((f"{name}__isnull", True)) if blank is None else Q((name, blank))
        return self.rows(subject).exclude(empty)

    def _afterwards(self, name: str, deed: Deed) -> Any:
        column: Any = self.model._meta.get_field(name)
        if isinstance(column, TextField) or name in self.marked.split():
            return Case(When(Q((name, "")), then=Value("")), default=Value(deed.label))
        return blank_of(column)


#: Stand in ``Words.instead`` for the words that say that something was erased, and for the moment.
LABEL, AT = object(), object()


@dataclass(frozen=True)
class Deeds:
    """A place that needs more than one statement: files, messages, sealed values."""

    name: str
    words: str
    doing: Callable[[Subject, Deed], int]
    counting: Callable[[Subject], int]

    @property
    def covers(self) -> frozenset[tuple[str, str]]:
        """The fields that it takes care of, written as ``documents.File.claimed_name``."""
        return frozenset((name.rpartition(".")[0], name.rpartition(".")[2]) for name in self.words.split())

    def count(self, subject: Subject) -> int:
        """How many rows there are."""
        return self.counting(subject)

    def tell(self, subject: Subject) -> Iterator[dict[str, Any]]:
        """Nothing: what these places hold is told where it is written, or lies beside the copy as a file."""
        yield from ()

    def erase(self, subject: Subject, deed: Deed) -> int:
        """As the place knows how."""
        return self.doing(subject, deed)


_rooms: dict[str, tuple[Trace, ...]] = {}


def register(room: str, traces: tuple[Trace, ...]) -> None:
    """Say where a room keeps words about people; at start-up."""
    _rooms[room] = traces


def traces_of(room: str) -> tuple[Trace, ...]:
    """What a room said."""
    return _rooms.get(room, ())


def rooms() -> frozenset[str]:
    """All rooms that keep words about people."""
    return frozenset(_rooms)


def blank_of(column: Field[Any, Any]) -> Any:
    """The value of a field in which nothing stands: an empty text, an empty list, null."""
    return None if isinstance(column, SearchVectorField) or column.null else column.get_default()
