"""What answers add up to: by item, department, person, product, level, source and month (SUR-22 to SUR-25, A-09).

Read from the sums only: a page costs the same however many answers there are. Groups too small to be shown are held
back so that nobody finds them by subtraction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.db.models import QuerySet, Sum
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from organization.models import Department, Product, User
from organization.queries import Identity
from regulations.profiles import part_in_force
from surveys import rights
from surveys.document import QuestionnaireDocument
from surveys.models import QuestionnaireVersion, Response, Tally
from surveys.policy import SurveysPart
from surveys.scores import Score

#: Lines of one table; what is more is said in a sentence.
SHOWN = 30
MONTHS = 12
_LEVELS = (5, 4, 3, 2, 1)
_TENTH = Decimal("0.1")


@dataclass(frozen=True)
class Wanted:
    """Which answers: of one version, from one month to another; ``departments`` None are all."""

    version: QuestionnaireVersion
    since: date
    until: date
    departments: frozenset[int] | None = None
    department: Department | None = None
    #: All that the reader may see, whatever the page is narrowed to; None is all there is.
    scope: frozenset[int] | None = None

    def query(self, **more: object) -> str:
        """The same as the query of an address; a month of its own narrows the time."""
        values: dict[str, object] = {
            "version": self.version.pk,
            "since": f"{self.since:%Y-%m}",
            "until": f"{self.until:%Y-%m}",
            "department": self.department.code if self.department else "",
        }
        return urlencode({name: value for name, value in (values | more).items() if value != ""})


@dataclass(frozen=True)
class Segment:
    """A part of the bar of a line: so many answers of one level, in hundredths of its width."""

    n: int
    count: int
    x: Decimal
    width: Decimal
    query: str
    words: str


@dataclass(frozen=True)
class Line:
    """A row of figures; ``hidden`` has too few responses to be shown, ``query`` finds its responses."""

    key: Any
    label: str
    responses: int = 0
    counts: tuple[int, ...] = (0, 0, 0, 0, 0)
    score: Score = field(default_factory=Score)
    hidden: bool = False
    query: str = ""

    def __add__(self, other: Line) -> Line:
        counts = tuple(a + b for a, b in zip(self.counts, other.counts, strict=True))
        return replace(self, responses=self.responses + other.responses, counts=counts, score=self.score + other.score)

    @cached_property
    def bar(self) -> list[Segment]:
        """The levels as parts of a bar, the best first."""
        total, found, x = sum(self.counts), [], Decimal(0)
        words = _("%(n)d points: %(count)d")
        for n, count in zip(_LEVELS, self.counts, strict=True):
            if count:
                width = (Decimal(100 * count) / total).quantize(_TENTH, ROUND_HALF_UP)
                said = words % {"n": n, "count": count}
                found.append(Segment(n, count, x, width, f"{self.query}&value={n}", said))
                x += width
        return found

    @cached_property
    def spoken(self) -> str:
        """The bar in words, for reading programs and on hover."""
        return "，".join(part.words for part in self.bar)

    @property
    def drawn(self) -> SafeString:
        """The bar as the shapes of a drawing, written at once: a page has a hundred of them."""
        shapes = (
            format_html('<rect class="n{}" x="{}" y="0" width="{}" height="10"></rect>', part.n, part.x, part.width)
            for part in self.bar
        )
        return format_html_join("", "{}", ((shape,) for shape in shapes))


@dataclass(frozen=True)
class Group:
    """The items of one group of the questionnaire, and what they come to together."""

    line: Line
    items: list[Line]

    @property
    def as_lines(self) -> list[Line]:
        """The sum as a line of its own."""
        return [self.line]


@dataclass(frozen=True)
class Table:
    """Lines by one thing; ``more`` are left out."""

    name: str
    title: str
    column: str
    lines: list[Line]
    more: int = 0
    note: str = ""

    @property
    def is_empty(self) -> bool:
        """Nothing to compare."""
        return not self.lines


@dataclass(frozen=True)
class Band:
    """How many forms got one grade (SUR-25)."""

    code: str
    label: str
    count: int
    share: Decimal | None


@dataclass(frozen=True)
class Results:
    """Everything the page shows. ``as_of``: what was answered until then is counted."""

    total: Line
    groups: list[Group]
    tables: list[Table]
    bands: list[Band]
    mean_points: Decimal | None
    notes: list[str]
    as_of: datetime
    smallest: int
    satisfied_from: Decimal

    @property
    def too_few(self) -> bool:
        """Whether all of it together is too small to be shown."""
        return self.total.hidden or self.total.responses < self.smallest


def departments_of(who: Identity) -> frozenset[int] | None:
    """Of which departments somebody sees results: None of all, else those that he or she heads."""
    if rights.has(who, "results"):
        return None
    return frozenset().union(*(one.headed for one in rights.places(who, "own_results")))


def versions() -> QuerySet[QuestionnaireVersion]:
    """What can be chosen, the newest of each questionnaire first."""
    return QuestionnaireVersion.objects.select_related("questionnaire").order_by("questionnaire__code", "-number")


def first_choice() -> QuestionnaireVersion | None:
    """The version that was answered last, else the newest; None where nothing was published."""
    newest = Response.objects.order_by("-submitted_at", "-id").values_list("version", flat=True).first()
    rows = QuestionnaireVersion.objects.select_related("questionnaire")
    return rows.filter(pk=newest).first() if newest else rows.order_by("-published_at", "-id").first()


def last_months(today: date, months: int = MONTHS) -> tuple[date, date]:
    """The first days of the first and the last of so many months up to this one."""
    first = today.year * 12 + today.month - months
    return date(first // 12, first % 12 + 1, 1), today.replace(day=1)


def hide(lines: Iterable[Line], smallest: int) -> list[Line]:
    """Hold back lines of fewer than ``smallest`` responses, and never so few that their sum says who they are.

    The sum of all lines is shown, so that what is hidden follows by subtraction: the next smallest are hidden as well,
    until it is more than one line and ``smallest`` responses. What is hidden loses its figures and its way to the
    responses.
    """
    found = list(lines)
    small = [line for line in found if 0 < line.responses < smallest]
    rest = sorted(
        (line for line in found if line.responses >= smallest), key=lambda line: (line.responses, str(line.key))
    )
    while small and rest and (len(small) == 1 or sum(line.responses for line in small) < smallest):
        small.append(rest.pop(0))
    keys = {line.key for line in small}
    return [Line(line.key, line.label, hidden=True) if line.key in keys else line for line in found]


def results_of(wanted: Wanted) -> Results:
    """All figures, in eleven queries however many answers there are."""
    policy = part_in_force(SurveysPart)
    smallest = policy.smallest_group
    sums = _sums(wanted)
    by_item = {row["item"]: row for row in _rows(sums.filter(cut="item"), "item")}
    asks = wanted.version.asks
    total = _line("", _("All together"), by_item.get("", {}), wanted.query())
    groups: list[Group] = []
    bands: list[Band] = []
    tables: list[Table] = []
    points = None
    if _gives_away(wanted, total, smallest):
        total = replace(total, responses=0, counts=(0,) * 5, score=Score(), hidden=True)
    if total.responses >= smallest:
        groups = _groups(asks, by_item, wanted, smallest)
        bands, points = _bands(by_item)
        tables = _tables(sums, wanted, smallest)
    return Results(
        total, groups, tables, bands, points, _notes(asks), _as_of(), smallest, policy.satisfied_from
    )  # fmt: skip


def _gives_away(wanted: Wanted, total: Line, smallest: int) -> bool:
    """Whether one department alone would tell what the others said: fewer than ``smallest`` responses beside it."""
    if wanted.department is None:
        return False
    whole = Tally.objects.filter(version=wanted.version, month__range=(wanted.since, wanted.until), cut="item", item="")
    if wanted.scope is not None:
        whole = whole.filter(department__in=sorted(wanted.scope))
    everything = whole.aggregate(n=Sum("responses"))["n"] or 0
    return 0 < everything - total.responses < smallest


def _sums(wanted: Wanted) -> QuerySet[Tally]:
    rows = Tally.objects.filter(version=wanted.version, month__range=(wanted.since, wanted.until))
    return rows if wanted.departments is None else rows.filter(department__in=sorted(wanted.departments))


def _rows(rows: QuerySet[Tally], column: str) -> list[dict[str, Any]]:
    found = rows.values(column).annotate(
        s_responses=Sum("responses"), s_n5=Sum("n5"), s_n4=Sum("n4"), s_n3=Sum("n3"), s_n2=Sum("n2"), s_n1=Sum("n1"),
        s_total=Sum("total"), s_satisfied=Sum("satisfied"),
    )  # fmt: skip
    return [row for row in found if row["s_responses"]]


def _line(key: object, label: str, row: dict[str, Any], query: str) -> Line:
    if not row:
        return Line(key, label, query=query)
    counts = tuple(row[f"s_n{n}"] for n in _LEVELS)
    return Line(
        key, label, row["s_responses"], counts, Score(sum(counts), row["s_total"], row["s_satisfied"]), query=query
    )


def _groups(
    asks: QuestionnaireDocument, by_item: dict[str, dict[str, Any]], wanted: Wanted, smallest: int
) -> list[Group]:
    lines = hide(
        (
            _line(item.code, item.name, by_item.get(item.code, {}), wanted.query(item=item.code))
            for item in asks.counted
        ),
        smallest,
    )
    by_code = {line.key: line for line in lines}
    found = []
    for group in asks.groups:
        items = [by_code[item.code] for item in asks.of_group(group.code) if item.code in by_code]
        if not items:
            continue
        together = Line(group.code, group.name)
        for line in items:
            together += line
        # A group's sum with one of its items held back would give that item away.
        hidden = any(line.hidden for line in items)
        found.append(Group(Line(group.code, group.name, hidden=True) if hidden else together, items))
    return found


def _bands(by_item: dict[str, dict[str, Any]]) -> tuple[list[Band], Decimal | None]:
    rows = {band: by_item.get(f"#{band}") for band in Response.Band.values}
    forms = sum(row["s_responses"] for row in rows.values() if row)
    if not forms:
        return [], None
    points = sum((row["s_total"] for row in rows.values() if row), Decimal(0))
    found = []
    for band in Response.Band:
        row = rows[band.value]
        count = row["s_responses"] if row else 0
        share = (Decimal(100 * count) / forms).quantize(_TENTH, ROUND_HALF_UP)
        found.append(Band(band.value, str(band.label), count, share))
    return found, (points / forms).quantize(_TENTH, ROUND_HALF_UP)


def _notes(asks: QuestionnaireDocument) -> list[str]:
    """What the scales ask to be printed beside their results (A-12)."""
    used = {item.scale for item in asks.counted if item.scale}
    return list(dict.fromkeys(scale.note for scale in asks.scales if scale.code in used and scale.note))


def _as_of() -> datetime:
    waiting = Response.objects.filter(tallied=False).order_by("pk").values_list("submitted_at", flat=True).first()
    return waiting or timezone.now()


Names = Callable[[Sequence[Any]], dict[Any, str]]


def _tables(sums: QuerySet[Tally], wanted: Wanted, smallest: int) -> list[Table]:
    departments, months = _whole(sums)
    personal = _("Only answers that count in personal appraisal: not what staff collected or filled in on behalf.")
    made = (
        ("department", _("By department"), _("Department"), departments, "unit", _departments, ""),
        ("person", _("By person"), _("Person"), _cut(sums, "person"), "person", _people, personal),
        ("product", _("By product"), _("Product"), _cut(sums, "product"), "product", _products, ""),
        ("level", _("By severity"), _("Severity"), _cut(sums, "level"), "level", _same, ""),
        ("source", _("By the way of asking"), _("Way of asking"), _cut(sums, "source"), "source", _sources, ""),
        ("month", _("By month"), _("Month"), months, "", _months, ""),
    )
    found = []
    for name, title, heading, rows, parameter, names, note in made:
        labels = names([row[name] for row in rows])
        lines = hide((_line(row[name], labels[row[name]], row, "") for row in rows), smallest)
        ordered = _sorted(lines, by_key=name in {"month", "level"})
        # Many people are counted and few are listed: only those get the address of their responses.
        shown = [_linked(line, wanted, parameter) for line in ordered[:SHOWN]]
        found.append(Table(name, title, heading, shown, max(0, len(lines) - SHOWN), note))
    return found


def _linked(line: Line, wanted: Wanted, parameter: str) -> Line:
    return line if line.hidden else replace(line, query=_query(wanted, parameter, line.key))


def _cut(sums: QuerySet[Tally], name: str) -> list[dict[str, Any]]:
    return _rows(sums.filter(cut=name), name)


_SUMS = ("responses", "n5", "n4", "n3", "n2", "n1", "total", "satisfied")
_BY_DEPARTMENT_AND_MONTH = """
    SELECT GROUPING(month) = 1, department, month, {sums}
      FROM ({rows}) AS whole (department, month, {names})
     GROUP BY GROUPING SETS ((department), (month))
    HAVING sum(responses) <> 0
"""


def _whole(sums: QuerySet[Tally]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The whole forms by department, and by month: their rows are read once for both."""
    rows, params = sums.filter(cut="item", item="").values_list("department", "month", *_SUMS).query.sql_with_params()
    statement = _BY_DEPARTMENT_AND_MONTH.format(
        rows=rows, names=", ".join(_SUMS), sums=", ".join(f"sum({name})" for name in _SUMS)
    )
    departments: list[dict[str, Any]] = []
    months: list[dict[str, Any]] = []
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        for by_department, department, month, *values in cursor.fetchall():
            row = dict(zip((f"s_{name}" for name in _SUMS), values, strict=True))
            if by_department:
                departments.append(row | {"department": department})
            else:
                months.append(row | {"month": month})
    return departments, months


def _query(wanted: Wanted, parameter: str, key: Any) -> str:
    if not parameter:
        return wanted.query(since=f"{key:%Y-%m}", until=f"{key:%Y-%m}")
    return wanted.query(**{parameter: "none" if key is None else key})


def _sorted(lines: list[Line], *, by_key: bool) -> list[Line]:
    """By time or severity; else what needs looking at first: the lowest index."""
    if by_key:
        return sorted(lines, key=lambda line: line.key)
    return sorted(lines, key=lambda line: (line.hidden, line.score.index or 0, -line.responses, line.label))


def _departments(keys: Sequence[Any]) -> dict[Any, str]:
    rows = Department.objects.filter(pk__in=[key for key in keys if key]).order_by()
    found: dict[Any, str] = dict(rows.values_list("pk", "name"))
    return found | {None: _("Without a department")}


def _people(keys: Sequence[Any]) -> dict[Any, str]:
    return dict(User.objects.filter(pk__in=keys).order_by().values_list("pk", "name"))


def _products(keys: Sequence[Any]) -> dict[Any, str]:
    return dict(Product.objects.filter(pk__in=keys).order_by().values_list("pk", "name"))


def _same(keys: Sequence[Any]) -> dict[Any, str]:
    return {key: str(key) for key in keys}


def _sources(keys: Sequence[Any]) -> dict[Any, str]:
    labels = dict(Response.Source.choices)
    return {key: str(labels[key]) for key in keys}


def _months(keys: Sequence[Any]) -> dict[Any, str]:
    return {key: f"{key:%Y-%m}" for key in keys}


def month_end(month: date) -> date:
    """The first day of the month behind it."""
    return (month + timedelta(days=31)).replace(day=1)
