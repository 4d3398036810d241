"""《电话回访记录表》 and 电话回访汇总表 of a quarter (F73): what was drawn, who called, what was answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cases.models.intake import Severity
from customers.rights import serves
from documents.sheets import Column
from organization.queries import Identity
from surveys.document import Item
from surveys.models import Answer, Attempt, Callback, Draw, QuestionnaireVersion, Response
from surveys.models.callback import CallbackQuerySet
from surveys.queries.desk import HEAVY, name_of, progress_of
from surveys.queries.versions import with_versions

#: Rows are read and written so many at a time.
CHUNK = 500


@dataclass(frozen=True)
class Wanted:
    """Which calls: those drawn of a quarter's closed cases; level "" wants all."""

    quarter: date
    level: str = ""

    @property
    def number(self) -> int:
        """The how manieth quarter of its year."""
        return (self.quarter.month + 2) // 3

    @property
    def words(self) -> str:
        """What is wanted, as a reader says it."""
        named = _("Quarter %(n)s of %(year)s") % {"n": self.number, "year": self.quarter.year}
        return "；".join(part for part in (named, self.level) if part)

    def as_json(self) -> dict[str, Any]:
        """As a row keeps it."""
        return {"quarter": self.quarter.isoformat(), "level": self.level}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Wanted:
        """What a row kept."""
        return cls(date.fromisoformat(kept["quarter"]), kept["level"])


def level_of(asked: str) -> str:
    """The level that an address names; "" for all, and for what is none."""
    return asked if asked in Severity.values else ""


@dataclass(frozen=True)
class Recorded:
    """One line of the record; answers only for who may see the response."""

    callback: Callback
    customer: str
    caller: str
    response: Response | None
    answers: list[tuple[str, str, str]]


def found(who: Identity, wanted: Wanted) -> CallbackQuerySet:
    """The calls that are wanted, with all that a line shows, in no order; starts at what this person may read."""
    rows = Callback.objects.readable_by(who).filter(draw__quarter=wanted.quarter)
    if wanted.level:
        rows = rows.filter(draw__level=wanted.level)
    calls = Prefetch("calls", Attempt.objects.select_related("by").order_by("n"))
    return rows.select_related("case", "draw").defer(*HEAVY).prefetch_related(calls)


def lines_of(rows: Iterable[Callback], who: Identity) -> list[Recorded]:
    """Calls with what was answered; three queries, however many they are."""
    rows = list(rows)
    responses = _responses(rows, who)
    clear = serves(who)
    return [_recorded(row, responses.get(row.pk), clear=clear) for row in rows]


def _responses(rows: list[Callback], who: Identity) -> dict[int | None, Response]:
    """What was answered in these calls, as far as this person may see it, by call."""
    given = Prefetch("given", Answer.objects.order_by("id"))
    visible = Response.objects.visible_to(who).filter(callback__in=[row.pk for row in rows])
    return {row.callback_id: row for row in with_versions(visible.prefetch_related(given))}


def _recorded(row: Callback, response: Response | None, *, clear: bool) -> Recorded:
    called: Sequence[Attempt] = list(row.calls.all())
    return Recorded(
        row,
        name_of(row.case, clear=clear),
        called[-1].by.name if called else "",
        response,
        [(item.name, said, comment) for item, said, comment in _answers(response)] if response else [],
    )


def _answers(response: Response) -> Iterator[tuple[Item, str, str]]:
    """Question, answer and comment, as they were asked then."""
    asks = response.version.asks
    for answer in response.given.all():
        item = asks.item(answer.item)
        said = asks.scale(item.scale).option(answer.option).name if item.scale and answer.option else answer.option
        yield item, said, answer.comment


class RecordSheet:
    """The record as a table: a column for each question that was asked in the quarter, its comments in one."""

    def __init__(self, who: Identity, wanted: Wanted) -> None:
        self.who, self.wanted, self.clear = who, wanted, serves(who)
        self.states = {value: str(label) for value, label in Callback.State.choices}
        self.results = {value: str(label) for value, label in Attempt.Result.choices}
        self.genuine = {value: str(label) for value, label in Response.Genuine.choices}
        self.items = self._items()

    def _items(self) -> dict[str, Item]:
        """The questions by code; the newest version words them."""
        versions = QuestionnaireVersion.objects.filter(surveys__draws__quarter=self.wanted.quarter)
        found: dict[str, Item] = {}
        for version in versions.distinct().order_by("pk"):
            found.update({item.code: item for item in version.asks.items})
        return found

    def columns(self) -> list[Column]:
        """The columns of F73: case, level, person called, result, attempts, caller, answers, comments."""
        return [
            Column(_("Case"), width=14),
            Column(_("Subject"), width=32),
            Column(pgettext("severity", "Level"), width=8),
            Column(pgettext("callback", "Round"), "integer"),
            Column(_("Received at"), "datetime"),
            Column(pgettext("case", "Closed at"), "datetime"),
            Column(_("Person called"), width=22),
            Column(_("Drawn on"), "date"),
            Column(pgettext("callback", "Result"), width=14),
            Column(_("Attempts"), "integer"),
            Column(_("Last call"), "datetime"),
            Column(_("Result of the last call"), width=18),
            Column(_("Caller"), width=12),
            Column(_("Ended at"), "datetime"),
            *(Column(item.name, "integer" if item.kind == "points" else "text") for item in self.items.values()),
            Column(_("Mean"), "number"),
            Column(_("Authenticity"), width=12),
            Column(_("Comments"), width=48),
        ]

    def rows(self) -> Iterator[Sequence[Any]]:
        """One row for each call, as drawn, read chunk by chunk: memory does not grow."""
        chunk: list[Callback] = []
        for row in found(self.who, self.wanted).order_by("drawn_at", "id").iterator(chunk_size=CHUNK):
            chunk.append(row)
            if len(chunk) == CHUNK:
                yield from self._chunk(chunk)
                chunk = []
        yield from self._chunk(chunk)

    def _chunk(self, rows: list[Callback]) -> Iterator[Sequence[Any]]:
        responses = _responses(rows, self.who) if rows else {}
        for row in rows:
            yield self._line(row, responses.get(row.pk))

    def _line(self, row: Callback, response: Response | None) -> Sequence[Any]:
        last = list(row.calls.all())[-1:]
        case, call = row.case, last[0] if last else None
        return (
            case.number, case.subject, row.draw.level, row.round, case.received_at, case.closed_at,
            name_of(case, clear=self.clear), row.drawn_at, self.states[row.state], row.attempts,
            call and call.at, self.results[call.result] if call else "", call.by.name if call else "", row.ended_at,
            *self._said(response),
        )  # fmt: skip

    def _said(self, response: Response | None) -> list[Any]:
        """What was answered to each question, the mean, whether it is genuine, and the comments."""
        said: dict[str, Any] = {}
        comments = []
        for item, words, comment in _answers(response) if response else ():
            if item.kind == "text":
                said[item.code] = comment
                continue
            said[item.code] = int(words) if item.kind == "points" and words.isdecimal() else words
            if comment:
                comments.append(f"{item.name}：{comment}")
        mean = response.score.mean if response else None
        genuine = self.genuine[response.genuine] if response else ""
        return [*(said.get(code) for code in self.items), mean, genuine, "；".join(comments)]


def summary_columns() -> list[Column]:
    """The columns of 电话回访汇总表: what the quota page shows (FX-05)."""
    return [
        Column(pgettext("severity", "Level"), width=8),
        Column(pgettext("callback quota", "Closed"), "integer"),
        Column(pgettext("callback quota", "Target"), "percent"),
        Column(pgettext("callback quota", "Required"), "integer"),
        Column(pgettext("callback quota", "Drawn"), "integer"),
        Column(pgettext("callback quota", "Called"), "integer"),
        Column(pgettext("callback", "To be called"), "integer"),
        Column(pgettext("callback quota", "Achieved"), "percent"),
    ]  # fmt: skip


def summary_rows(wanted: Wanted) -> list[Sequence[Any]]:
    """Each level's quota, and how far it is; two queries."""
    draws = Draw.objects.filter(quarter=wanted.quarter).order_by("level", "-survey")
    levels = progress_of(draws.filter(level=wanted.level) if wanted.level else draws)
    return [
        (
            one.draw.level, one.draw.closed, one.draw.percent / 100, one.draw.required, one.drawn, one.done,
            one.waiting, None if one.achieved is None else one.achieved / 100,
        )
        for one in levels
    ]  # fmt: skip
