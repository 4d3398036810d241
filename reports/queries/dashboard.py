"""The dashboard as its page shows it: cards, trend, causes, departments, workload (RPT-04, RPT-13, RPT-19)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from cases.models import Case, CaseClock, Category, Channel, Kind
from cases.models.intake import CaseQuerySet
from organization.models import Department, Product, User
from organization.queries import Identity
from reports.periods import Period, month_before, month_of
from reports.queries.dashboard_sums import UNIT, ByDepartment, Scope, Sums, Window, cut_of, sums_of, together
from reports.queries.dashboard_wanted import CUT_LABELS, Wanted, days_of
from reports.small_groups import held_back, smallest_group
from reports.tables import Cell, change, change_of_rates, rate

MONTHS = 12
#: Lines of the causes and of the workload; the rest stands in one line together.
MOST_CAUSES, MOST_PEOPLE = 8, 15
#: Departments of the table; who wants another one chooses it.
MOST_UNITS = 30
#: Headings of what the table of departments says of the period.
UNIT_COLUMNS = (
    lazy("Assigned"), lazy("Received in time"), lazy("Answered in time"), lazy("Handled in time"),
    lazy("Returned to the hub"), lazy("Reopened"), lazy("Satisfaction rate"),
)  # fmt: skip


@dataclass(frozen=True)
class Card:
    """One number: its numerator and denominator where it is a rate, and how it changed (环比, 同比)."""

    label: str
    value: str
    find: str = ""
    parts: tuple[tuple[int, str], tuple[int, str]] | None = None
    before: str = "—"
    year_before: str = "—"
    note: str = ""


@dataclass(frozen=True)
class Month:
    """One month of the trend, with its place in the picture (``x``, ``y``, ``height``)."""

    period: Period
    sums: Sums
    x: int
    y: str
    height: str
    now: bool
    find: str
    late_find: str

    satisfaction: str


@dataclass(frozen=True)
class Trend:
    """Twelve months: bars of what was received, a line of missed limits of handling; ``top`` is the frame's height."""

    months: list[Month]
    top: int
    line: str

    @property
    def half(self) -> str:
        """What stands at the middle line."""
        return f"{self.top // 2:,}" if self.top % 2 == 0 else ""


@dataclass(frozen=True)
class Cause:
    """One line of the Pareto picture; ``width`` of 100."""

    label: str
    count: int
    share: str
    cumulated: str
    width: str
    find: str


@dataclass(frozen=True)
class Unit:
    """One department of the table."""

    label: str
    cells: list[Cell]
    open: Cell
    overdue: Cell

    @property
    def labelled(self) -> list[tuple[str, Cell]]:
        """The cells of the period, each with its heading."""
        return [(str(label), cell) for label, cell in zip(UNIT_COLUMNS, self.cells, strict=True)]


@dataclass(frozen=True)
class Load:
    """What one person has in hand; ``width`` and ``late_width`` of 100."""

    label: str
    open: int
    overdue: int
    width: str
    late_width: str
    find: str
    late_find: str


@dataclass(frozen=True)
class Dashboard:
    """All of it."""

    cards: list[Card]
    trend: Trend
    causes: list[Cause]
    cause_label: str
    units: list[Unit]
    more_units: int
    loads: list[Load]
    open: int
    overdue: int
    compared: str

    @property
    def unit_columns(self) -> list[str]:
        """Headings of the table of departments."""
        return [str(label) for label in UNIT_COLUMNS]

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands here at all."""
        return not self.open and not any(any(month.sums.values()) for month in self.trend.months)


def dashboard_of(
    who: Identity, scope: Scope, wanted: Wanted, now: datetime, today: date, *, whole: Scope | None = None
) -> Dashboard:
    """The page for one reader; the same number of queries however many cases there are.

    ``whole`` is all that the reader may see, where ``scope`` is narrowed to one department of it.
    """
    before, year_before = compared_with(wanted.period, today)
    months = _months(wanted.period)
    by_unit = sums_of(scope, [_window(wanted.period)])[0]
    windows = [_window(one) for one in (before, year_before, *months)]
    others = sums_of(scope, windows, by_department=False)
    sums = [together(by_unit), *(together(one) for one in others)]
    wholes = _wholes(whole, [_window(wanted.period), *windows]) if whole else sums
    smallest = smallest_group()
    satisfied = [_satisfied(one, all_of, smallest) for one, all_of in zip(sums, wholes, strict=True)]
    loads = _in_hand(who, scope, now)
    causes = cut_of(scope, _window(wanted.period), wanted.cut)
    units = _units(by_unit, loads, wanted, smallest) if scope.kind != "own" else []
    running = before.kind != wanted.period.kind
    return Dashboard(
        cards=[*_cards(*sums[:3], wanted=wanted), _satisfaction_card(sums[0], satisfied[:3], wanted, smallest)],
        trend=_trend(months, sums[3:], satisfied[3:], wanted),
        causes=_causes(causes, wanted),
        cause_label=str(CUT_LABELS[wanted.cut]),
        units=units[:MOST_UNITS],
        more_units=len(units[MOST_UNITS:]),
        loads=_loads(loads, wanted),
        open=sum(count for count, _late in loads.values()),
        overdue=sum(late for _count, late in loads.values()),
        compared=_("compared with %(before)s and %(year)s") % {"before": before.label, "year": year_before.label}
        if running or wanted.period.kind == "period" else "",
    )  # fmt: skip


def _wholes(scope: Scope, windows: Sequence[Window]) -> list[Sums]:
    return [together(one) for one in sums_of(scope, windows, by_department=False)]


def _satisfied(sums: Sums, whole: Sums, smallest: int) -> tuple[int, int]:
    """Satisfied and all answers; nothing of so few that answered, nor where few others make up the whole."""
    count = sums["responses"]
    if count < smallest or 0 < whole["responses"] - count < smallest:
        return 0, 0
    return sums["satisfied"], sums["answers"]


def _window(period: Period) -> Window:
    return Window(period.since, period.until)


def compared_with(period: Period, today: date) -> tuple[Period, Period]:
    """The period before and that of a year before; as many days of them as have passed while it is not over."""
    found = (period.before(), period.year_before())
    if period.until <= today:
        return found
    passed = today - period.since
    return (_begin_of(found[0], passed), _begin_of(found[1], passed))


def _begin_of(period: Period, passed: timedelta) -> Period:
    return Period("period", period.since, min(period.until, period.since + passed))


def find(wanted: Wanted, figure: str, *, period: Period | None = None, **values: object) -> str:
    """What finds the cases of a figure: the address of the records behind it, without its path."""
    parts = {"figure": figure} | days_of(period or wanted.period)
    if wanted.department:
        parts["department"] = wanted.department.code
    return urlencode(parts | {name: "none" if value is None else str(value) for name, value in values.items()})


# --- Cards ------------------------------------------------------------------------------------------------------


def kept_of(sums: Sums, kind: str) -> tuple[int, int]:
    """In time, and all that are judged, as the issued reports count them."""
    kept = sums[f"{kind}_kept"]
    return kept, kept + sums[f"{kind}_recorded_late"] + sums[f"{kind}_late"]


_RATES = (
    ("acknowledgement", lazy("Acknowledged in time")),
    ("on_site", lazy("On site in time")),
    ("resolution", lazy("Handled in time")),
)


def _cards(now: Sums, before: Sums, year: Sums, *, wanted: Wanted) -> list[Card]:
    received = Card(
        _("Feedback received"), f"{now['received']:,}", find(wanted, "received"),
        before=change(now["received"], before["received"]).shown,
        year_before=change(now["received"], year["received"]).shown,
        note=_("%(repeated)s repeated, %(reopened)s reopened")
        % {"repeated": f"{now['repeated']:,}", "reopened": f"{now['reopened']:,}"},
    )  # fmt: skip
    rates = [
        _rate_card(str(label), [kept_of(sums, kind) for sums in (now, before, year)],
                   find(wanted, f"{kind}_kept"), find(wanted, kind))
        for kind, label in _RATES
    ]  # fmt: skip
    return [received, *rates]


def _satisfaction_card(sums: Sums, answers: Sequence[tuple[int, int]], wanted: Wanted, smallest: int) -> Card:
    label = _("Satisfaction rate")
    if not answers[0][1]:
        said = _("not shown of fewer than %(n)d answers") % {"n": smallest} if sums["responses"] else ""
        return Card(label, rate(0, 0).shown, note=said)
    return _rate_card(label, answers, find(wanted, "satisfied"), find(wanted, "responses"))


def _rate_card(label: str, parts: Sequence[tuple[int, int]], part_find: str, whole_find: str) -> Card:
    now, before, year = parts
    return Card(
        label, rate(*now).shown, whole_find, ((now[0], part_find), (now[1], whole_find)),
        change_of_rates(now, before).shown, change_of_rates(now, year).shown,
    )  # fmt: skip


# --- Trend ------------------------------------------------------------------------------------------------------


def _months(period: Period) -> list[Period]:
    found = [month_of(period.until)]
    while len(found) < MONTHS:
        found.insert(0, month_before(found[0].since))
    return found


def _round_up(number: int) -> int:
    """The next 1, 2 or 5 with zeros: where a scale may end."""
    step = 10 ** (len(str(max(number, 1))) - 1)
    return next(step * n for n in (1, 2, 5, 10) if step * n >= number)


def _trend(
    months: Sequence[Period], sums: Sequence[Sums], satisfied: Sequence[tuple[int, int]], wanted: Wanted
) -> Trend:
    top = _round_up(max(max(one["received"], one["resolution_late"]) for one in sums))
    found, line = [], []
    for n, (month, one, answers) in enumerate(zip(months, sums, satisfied, strict=True)):
        height = 100 * one["received"] / top
        found.append(Month(
            month, one, 10 * n + 2, f"{100 - height:.2f}", f"{height:.2f}",
            wanted.period.since <= month.until and month.since <= wanted.period.until,
            find(wanted, "received", period=month), find(wanted, "resolution_late", period=month),
            rate(*answers).shown,
        ))  # fmt: skip
        line.append(f"{10 * n + 5},{100 - 100 * one['resolution_late'] / top:.2f}")
    return Trend(found, top, " ".join(line))


# --- Causes -----------------------------------------------------------------------------------------------------

_MODELS: dict[str, Any] = {"category": Category, "kind": Kind, "channel": Channel, "product": Product}


def _causes(counts: Counter[int | None], wanted: Wanted) -> list[Cause]:
    order = sorted(counts, key=lambda key: (-counts[key], key is None, key or 0))
    shown, rest = order[:MOST_CAUSES], order[MOST_CAUSES:]
    names = {row.pk: str(row) for row in _MODELS[wanted.cut].objects.filter(pk__in=[key for key in shown if key])}
    whole, passed, found = sum(counts.values()), 0, []
    most = max(counts.values(), default=1)
    for key in shown:
        passed += counts[key]
        label = names.get(key, "") if key is not None else _("not given")
        found.append(_cause(label, counts[key], passed, whole, most, find(wanted, "received", by=wanted.cut, key=key)))
    if rest:
        count = sum(counts[key] for key in rest)
        found.append(_cause(_("all others"), count, whole, whole, max(most, count), ""))
    return found


def _cause(label: str, count: int, passed: int, whole: int, most: int, query: str) -> Cause:
    share, cumulated = rate(count, whole).shown, rate(passed, whole).shown
    return Cause(label, count, share, cumulated, f"{100 * count / most:.1f}", query)


# --- Departments and people -------------------------------------------------------------------------------------

InHand = dict[tuple[int | None, int | None], tuple[int, int]]


def open_cases(who: Identity, scope: Scope, *, of_none: bool = False) -> CaseQuerySet:
    """The open cases that a reader's dashboard counts; ``of_none``: those that no department has."""
    rows = Case.objects.open()
    if scope.kind == "own":
        rows = rows.visible_to(who).filter(Q(owner=who.user_id) | Q(pk__in=scope.only or ()))
    elif scope.without:
        rows = rows.exclude(pk__in=scope.without)
    if of_none:
        return rows.filter(lead_department__isnull=True, receiving_department__isnull=True)
    if scope.departments is None:
        return rows
    received = Q(lead_department__isnull=True, receiving_department__in=scope.departments)
    return rows.filter(Q(lead_department__in=scope.departments) | received)


def _in_hand(who: Identity, scope: Scope, now: datetime) -> InHand:
    """Open and overdue cases by department and owner, as they stand at this moment."""
    rows = open_cases(who, scope).order_by().values_list(UNIT, "owner_id")
    counted = rows.annotate(open=Count("pk"), late=Count("pk", filter=Q(next_due_at__lte=now)))
    return {(unit, owner): (count, late) for unit, owner, count, late in counted}


def _units(sums: ByDepartment, loads: InHand, wanted: Wanted, smallest: int) -> list[Unit]:
    in_hand: dict[int | None, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for (unit, _owner), (count, late) in loads.items():
        in_hand[unit] = (in_hand[unit][0] + count, in_hand[unit][1] + late)
    keys = {key for key, counts in sums.items() if any(counts.values())} | set(in_hand)
    names = {row.pk: row.name for row in Department.objects.filter(pk__in=[key for key in keys if key])}
    order = sorted(keys, key=lambda key: (-sums.get(key, Counter())["sent"], -in_hand[key][1], names.get(key or 0, "")))
    held = held_back({key: counts["responses"] for key, counts in sums.items()}, smallest)
    shown = {key: counts if key not in held else _without_answers(counts) for key, counts in sums.items()}
    return [
        _unit(names.get(key or 0) or _("not given"), key, shown.get(key, Counter()), in_hand[key], wanted)
        for key in order
    ]


def _without_answers(sums: Sums) -> Sums:
    return Counter({name: count for name, count in sums.items() if name not in {"answers", "satisfied"}})


def _unit(label: str, key: int | None, sums: Sums, in_hand: tuple[int, int], wanted: Wanted) -> Unit:
    def count(name: str) -> Cell:
        return Cell(sums[name], find=find(wanted, name, unit=key) if sums[name] else "")

    def kept(kind: str) -> Cell:
        return rate(*kept_of(sums, kind), find=find(wanted, kind, unit=key))

    return Unit(
        label,
        [
            count("sent"), kept("receipt"), kept("task"), kept("resolution"), count("returned"), count("reopened"),
            rate(sums["satisfied"], sums["answers"], find=find(wanted, "responses", unit=key)),
        ],
        Cell(in_hand[0], find=find(wanted, "open", unit=key) if in_hand[0] else ""),
        Cell(in_hand[1], find=find(wanted, "overdue", unit=key) if in_hand[1] else ""),
    )  # fmt: skip


def _loads(loads: InHand, wanted: Wanted) -> list[Load]:
    by_owner: dict[int | None, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for (_unit_of, owner), (count, late) in loads.items():
        by_owner[owner] = (by_owner[owner][0] + count, by_owner[owner][1] + late)
    order = sorted(by_owner, key=lambda owner: (-by_owner[owner][1], -by_owner[owner][0], owner or 0))
    shown, rest = order[:MOST_PEOPLE], order[MOST_PEOPLE:]
    people = dict(User.objects.filter(pk__in=[owner for owner in shown if owner]).values_list("pk", "name"))
    most = max([1, *(by_owner[owner][0] for owner in shown)])
    found = []
    for owner in shown:
        count, late = by_owner[owner]
        found.append(Load(
            people.get(owner, "") if owner else _("nobody yet"), count, late,
            f"{100 * count / most:.1f}", f"{100 * late / most:.1f}", find(wanted, "open", owner=owner),
            find(wanted, "overdue", owner=owner) if late else "",
        ))  # fmt: skip
    if rest:
        count, late = (sum(by_owner[owner][n] for owner in rest) for n in (0, 1))
        found.append(Load(_("all others"), count, late, "", "", "", ""))
    return found


#: The limits whose judged clocks make a figure together.
CLOCKS = tuple(CaseClock.Kind.values)
_FIGURES = {
    "received": lazy("Feedback received"), "repeated": pgettext_lazy("figure", "Repeated"),
    "reopened": lazy("Reopened"), "handled": lazy("Handled"), "closed": pgettext_lazy("counted", "Closed"),
    "sent": lazy("Assigned"), "returned": lazy("Returned to the hub"), "answered": pgettext_lazy("figure", "Answered"),
    "responses": pgettext_lazy("figure", "Questionnaires answered"),
    "answers": pgettext_lazy("figure", "Questionnaires answered"),
    "satisfied": pgettext_lazy("figure", "Satisfied answers"), "open": lazy("Open now"), "overdue": lazy("Overdue now"),
}  # fmt: skip
_STATES = {
    "kept": pgettext_lazy("limit", "in time"), "recorded_late": pgettext_lazy("limit", "in time, recorded late"),
    "late": pgettext_lazy("limit", "late"),
}  # fmt: skip


def label_of(figure: str) -> str:
    """What a figure is called; "" for an unknown one."""
    if figure in _FIGURES:
        return str(_FIGURES[figure])
    for kind in CLOCKS:
        if figure == kind:
            return str(CaseClock.Kind(kind).label)
        state = _STATES.get(figure.removeprefix(f"{kind}_"))
        if figure.startswith(f"{kind}_") and state:
            return f"{CaseClock.Kind(kind).label} · {state}"
    return ""
