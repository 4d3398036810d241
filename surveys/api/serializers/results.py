"""What answers add up to: the figures of the page, and no others. What it holds back is null here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from surveys.queries.results import Band, Line, Results, Table, Wanted
from surveys.scores import Score

_LEVELS = (5, 4, 3, 2, 1)


def key_of(key: Any) -> str:
    """What a line is about, as the list of responses is narrowed by it."""
    if key is None:
        return "none"
    return f"{key:%Y-%m}" if isinstance(key, date) else str(key)


def formula(results: Results) -> str:
    """How the figures are counted, in the words of the page (FX-01 to FX-03, A-09, A-11)."""
    words = _(
        "Raw total = 5·n5 + 4·n4 + 3·n3 + 2·n2 + 1·n1. Mean = raw total ÷ answers. Index = raw total ÷ (5 × answers) ×"
        " 100: what compares. Satisfaction rate = answers of at least %(from)s points ÷ answers. Blank answers are not"
        " counted."
    )
    return words % {"from": results.satisfied_from}


class SatisfactionScore(serializers.Serializer[Score]):
    """Answers that count, their raw total, and what compares: mean, index and satisfaction rate in per cent."""

    answers = serializers.IntegerField()
    total = serializers.DecimalField(max_digits=16, decimal_places=2)
    mean = serializers.DecimalField(max_digits=3, decimal_places=2, allow_null=True)
    index = serializers.DecimalField(max_digits=5, decimal_places=2, allow_null=True)
    rate = serializers.DecimalField(max_digits=5, decimal_places=2, allow_null=True)


class TotalSatisfaction(SatisfactionScore):
    """The same of all answers, with how many of them say "satisfied"."""

    satisfied = serializers.IntegerField()


class ResultLevels(serializers.Serializer[Any]):
    """How many answers of each of the five levels."""

    n5 = serializers.IntegerField()
    n4 = serializers.IntegerField()
    n3 = serializers.IntegerField()
    n2 = serializers.IntegerField()
    n1 = serializers.IntegerField()


class ResultLine(serializers.Serializer[Line]):
    """A row of figures.

    ``is_suppressed``: too few responses to be shown, or their number would follow by subtraction; every figure is null
    then. ``query`` narrows the list of responses to those that it is made of.
    """

    key = serializers.SerializerMethodField()
    label = serializers.CharField()  # type: ignore[assignment]
    is_suppressed = serializers.BooleanField(source="hidden")
    responses = serializers.SerializerMethodField()
    score = serializers.SerializerMethodField()
    levels = serializers.SerializerMethodField()
    query = serializers.SerializerMethodField()

    def get_key(self, line: Line) -> str:
        """The code of an item or a group, else what a line is cut by."""
        return key_of(line.key)

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_responses(self, line: Line) -> int | None:
        """How many responses."""
        return None if line.hidden else line.responses

    @extend_schema_field(SatisfactionScore(allow_null=True))
    def get_score(self, line: Line) -> Any:
        """What they add up to."""
        return None if line.hidden else SatisfactionScore(line.score).data

    @extend_schema_field(ResultLevels(allow_null=True))
    def get_levels(self, line: Line) -> Any:
        """The parts of the page's bar."""
        return None if line.hidden else {f"n{n}": count for n, count in zip(_LEVELS, line.counts, strict=True)}

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_query(self, line: Line) -> str | None:
        """The query of an address."""
        return None if line.hidden or not line.responses else line.query


class ResultGroupSum(ResultLine):
    """What the items of a group come to together; responses to it are those of its items."""

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_responses(self, line: Line) -> None:
        """Never told: the sum of its items counts a response more than once."""

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_query(self, line: Line) -> None:
        """A group has no list of its own."""


class ResultTotal(serializers.Serializer[Line]):
    """All answers together."""

    responses = serializers.IntegerField()
    score = TotalSatisfaction()
    query = serializers.CharField()


class ResultGroup(serializers.Serializer[Any]):
    """The items of one group of the questionnaire."""

    together = ResultGroupSum(source="line")
    items = ResultLine(many=True)


class ResultTable(serializers.Serializer[Table]):
    """Lines by one thing, what needs looking at first; ``more`` are not listed."""

    name = serializers.CharField()
    title = serializers.CharField()
    lines = ResultLine(many=True)
    more = serializers.IntegerField()
    note = serializers.CharField(allow_blank=True)


class ResultBand(serializers.Serializer[Band]):
    """How many forms got one grade, and their share in per cent (SUR-25)."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    count = serializers.IntegerField()
    share = serializers.DecimalField(max_digits=4, decimal_places=1, allow_null=True)


@dataclass(frozen=True)
class Figures:
    """What was asked for, and what it comes to."""

    wanted: Wanted
    results: Results
    only_own: bool

    @property
    def is_suppressed(self) -> bool:
        """Whether there are answers, and all of them together are too few to be shown."""
        total = self.results.total
        return self.results.too_few and (total.hidden or total.responses > 0)

    @property
    def total(self) -> Line | None:
        """The sum, unless it is held back."""
        return None if self.is_suppressed else self.results.total


@extend_schema_serializer(many=False)
class ResultsOut(serializers.Serializer[Figures]):
    """The page of results (SUR-22 to SUR-25).

    ``as_of``: what was answered until then is counted. ``is_suppressed``: there are answers, fewer than
    ``smallest_group``; then ``total`` is null and nothing is broken down. ``only_own``: of the departments one heads.
    """

    version = serializers.IntegerField(source="wanted.version.pk")
    questionnaire = serializers.CharField(source="wanted.version.questionnaire.code")
    number = serializers.IntegerField(source="wanted.version.number")
    since = serializers.DateField(source="wanted.since", format="%Y-%m")
    until = serializers.DateField(source="wanted.until", format="%Y-%m")
    department = serializers.CharField(source="wanted.department.code", default=None, allow_null=True)
    only_own = serializers.BooleanField()
    as_of = serializers.DateTimeField(source="results.as_of")
    smallest_group = serializers.IntegerField(source="results.smallest")
    is_suppressed = serializers.BooleanField()
    total = ResultTotal(allow_null=True)
    groups = ResultGroup(source="results.groups", many=True)
    tables = ResultTable(source="results.tables", many=True)
    bands = ResultBand(source="results.bands", many=True)
    mean_points = serializers.DecimalField(
        source="results.mean_points", max_digits=5, decimal_places=1, allow_null=True
    )
    formula = serializers.SerializerMethodField()
    notes = serializers.ListField(source="results.notes", child=serializers.CharField())

    def get_formula(self, figures: Figures) -> str:
        """In words."""
        return formula(figures.results)
