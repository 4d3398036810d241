"""Single responses: found by what a figure is made of, shown with all that was said, and beside their case."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from cases.models import Case
from organization.models import Department
from organization.queries import Identity
from surveys.document import Item, Named, QuestionnaireDocument
from surveys.models import Answer, Callback, FollowUp, Invitation, QuestionnaireVersion, Response
from surveys.queries.follow_ups import Row, listed, rows_of
from surveys.queries.results import month_end

NOBODY = "none"
_HALF = Decimal("0.5")


@dataclass(frozen=True)
class Sought:
    """Which responses; what is None or "" does not matter. ``unit`` is one department alone, ``value`` a level."""

    version: QuestionnaireVersion | None = None
    since: date | None = None
    until: date | None = None
    department: Department | None = None
    unit: str = ""
    item: str = ""
    value: int | None = None
    person: int | None = None
    product: int | None = None
    level: str = ""
    source: str = ""
    genuine: str = ""


def found(who: Identity, sought: Sought) -> QuerySet[Response]:
    """Those that this person may see."""
    rows = Response.objects.visible_to(who).filter(_when(sought) & _whose(sought) & _what(sought))
    return rows.filter(Exists(_answers(sought))) if sought.item else rows


def _when(sought: Sought) -> Q:
    condition = Q()
    if sought.since:
        condition &= Q(submitted_at__gte=_begins(sought.since))
    if sought.until:
        condition &= Q(submitted_at__lt=_begins(month_end(sought.until)))
    return condition


def _whose(sought: Sought) -> Q:
    condition = Q()
    if sought.department:
        condition &= Q(department__in=Department.objects.filter(lineage__contains=[sought.department.pk]))
    if sought.unit:
        condition &= Q(department=None if sought.unit == NOBODY else int(sought.unit))
    if sought.person:
        condition &= Q(person=sought.person, personal=True)
    if sought.product:
        condition &= Q(product=sought.product)
    return condition


def _what(sought: Sought) -> Q:
    condition = Q()
    if sought.version:
        condition &= Q(version=sought.version)
    if sought.level:
        condition &= Q(level=sought.level)
    if sought.source:
        condition &= Q(source=sought.source)
    if sought.genuine:
        condition &= Q(genuine=sought.genuine)
    return condition


def _begins(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _answers(sought: Sought) -> QuerySet[Answer]:
    answers = Answer.objects.filter(response=OuterRef("pk"), item=sought.item, value__isnull=False)
    if sought.value is None:
        return answers
    # As scores.level_of counts: the nearer level, the better of two equally near; what is below one is one.
    at_least = Q(value__gte=sought.value - _HALF) if sought.value > 1 else Q()
    below = Q(value__lt=sought.value + _HALF) if sought.value < 5 else Q()
    return answers.filter(at_least & below)


def to_list(rows: QuerySet[Response]) -> QuerySet[Response]:
    """With all that a row of the list shows."""
    return rows.select_related("case", "version__questionnaire", "department", "asked_by")


@dataclass(frozen=True)
class Said:
    """One item with what was said to it, in words."""

    item: Item
    answer: Answer
    given: str
    first: str
    is_low: bool
    may_correct: bool


@dataclass(frozen=True)
class SaidGroup:
    """A group of items with their answers."""

    group: Named
    answers: list[Said]


def given_words(asks: QuestionnaireDocument, item: Item, given: str) -> str:
    """An option or points as people read them."""
    if not given:
        return ""
    if item.kind == "points":
        return f"{given} / {item.points}"
    try:
        return asks.scale(item.scale).option(given).name
    except KeyError:  # a document that was made by hand
        return given


def said(response: Response, low: frozenset[str]) -> Iterator[SaidGroup]:
    """All that was said, group by group; ``low`` are the items that are followed up."""
    asks = response.version.asks
    by_item = {answer.item: answer for answer in response.given.select_related("corrected_by")}
    for group in asks.groups:
        answers = [
            Said(
                item,
                by_item[item.code],
                given_words(asks, item, by_item[item.code].option),
                given_words(asks, item, by_item[item.code].first),
                item.code in low,
                item.kind != "text" and bool(by_item[item.code].option),
            )
            for item in asks.of_group(group.code)
            if item.code in by_item
        ]
        if answers:
            yield SaidGroup(group, answers)


class Words(NamedTuple):
    """What was said in words, and to which question."""

    item: str
    comment: str


@dataclass(frozen=True)
class Heard:
    """What the customer said about the matter of a follow-up: the answer, and words."""

    given: str
    words: list[Words]


def heard(row: FollowUp) -> Heard:
    """What the page of a follow-up shows of its response: its own item, else all words of the form; one query."""
    asks = row.response.version.asks
    answers = [one for one in row.response.given.all() if not row.item or one.item == row.item]
    given = next((given_words(asks, asks.item(one.item), one.option) for one in answers if row.item), "")
    return Heard(given, [Words(asks.item(one.item).name, one.comment) for one in answers if one.comment])


@dataclass(frozen=True)
class OfCase:
    """What a case's page shows of the asking: the last invitation and callback, answers, what follows from them."""

    invitation: Invitation | None
    callback: Callback | None
    responses: list[Response]
    follow_ups: list[Row]

    @property
    def is_empty(self) -> bool:
        """Nobody was asked."""
        return not (self.invitation or self.callback or self.responses or self.follow_ups)


def of_case(case: Case, who: Identity) -> OfCase:
    """Everything asked about a case that this person may see, the newest first; four queries and one for the rows.

    The caller has shown that the person may see the case.
    """
    responses = Response.objects.visible_to(who).filter(case=case)
    follow_ups = FollowUp.objects.visible_to(who).filter(response__case=case)
    return OfCase(
        Invitation.objects.filter(case=case).order_by("-round").first(),
        Callback.objects.filter(case=case).order_by("-round").first(),
        list(to_list(responses).order_by("-submitted_at", "-pk")[:20]),
        rows_of(listed(follow_ups).order_by("-pk")[:40]),
    )
