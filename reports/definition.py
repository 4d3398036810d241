"""What a monthly or quarterly report holds: chapters, tables and sentences, made from its facts (RPT-03..05, -09, -13).

One definition; page, paper, workbook and API show what it makes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext, pgettext_lazy

from cases.models import CaseClock, Category, Channel, Kind, Measure
from organization.models import Department, Product, User
from regulations.profiles import part_in_force
from reports.facts import Sums
from reports.figures import Amounts, Counts, Figures
from reports.periods import Period
from reports.small_groups import held_back, smallest_group
from reports.tables import Cell, Column, Row, Section, Table, change, change_of_rates, query, rate
from returns.lifecycle import Handling
from returns.lifecycle import Outcome as ReturnOutcome
from surveys.models import Response
from surveys.policy import SurveysPart
from surveys.scores import Score

#: Lines of one table; the rest stands in one line together.
SHOWN = 30
CLOCKS = ("acknowledgement", "on_site", "resolution", "receipt", "task")


@dataclass(frozen=True)
class Material:
    """All that the chapters are made from; ``before`` and ``year_before`` are added up anew in the same snapshot."""

    period: Period
    figures: Figures
    before: Sums
    year_before: Sums


def sections_of(material: Material) -> list[Section]:
    """The chapters in their order."""
    return [chapter(material) for chapter in (_overview, _feedback, _limits, _departments, _measures, _returns,
                                              _satisfaction, _work)]  # fmt: skip


# --- Overview ---------------------------------------------------------------------------------------------------

#: What the first table counts: the figure, and what it is called.
_COUNTED = (
    ("round.received", lazy("Feedback received")),
    ("round.repeat", lazy("of it repeated")),
    ("round.reopened", lazy("Reopened")),
    ("round.handled", lazy("Handled")),
    ("round.closed", lazy("Closed in the period")),
    ("round.open", lazy("Open at the end")),
    ("clock.overdue", lazy("Limits overdue at the end")),
    ("assignment.returned", lazy("Assignments returned to the hub")),
    ("measure.planned", lazy("Measures planned")),
    ("measure.verified", lazy("Measures verified")),
    ("return.registered", lazy("Returns registered")),
    ("return.ended", lazy("Returns ended")),
    ("answer.answered", lazy("Satisfaction answers")),
)
_RATES = (
    ("acknowledgement", lazy("Acknowledged in time")),
    ("on_site", lazy("On site in time")),
    ("resolution", lazy("Handled in time")),
)


def _overview(material: Material) -> Section:
    now, before, year = material.figures.total, material.before, material.year_before
    columns = [
        Column("figure", _("Figure"), "text"), Column("now", _("This period")), Column("before", _("Period before")),
        Column("change", _("Change"), "change"), Column("year_before", _("A year before")),
        Column("year_change", _("Change in a year"), "change"),
    ]  # fmt: skip
    rows = [
        Row(str(label), [
            Cell(now[name], find=query(name)), Cell(before.count[name]), change(now[name], before.count[name]),
            Cell(year.count[name]), change(now[name], year.count[name]),
        ])
        for name, label in _COUNTED
    ]  # fmt: skip
    table = Table("overview", _("The period at a glance"), columns, rows, [
        _("Other periods are added up anew from what is recorded now; a report issued of them may differ."),
    ])  # fmt: skip
    return Section("overview", _("Overview"), _overview_sentences(material), [table, _rates_table(material)])


def _rates_table(material: Material) -> Table:
    now, before, year = material.figures.total, material.before, material.year_before
    columns = [
        Column("figure", _("Rate"), "text"), Column("now", _("This period"), "rate"),
        Column("before", _("Period before"), "rate"), Column("change", _("Change"), "points"),
        Column("year_before", _("A year before"), "rate"), Column("year_change", _("Change in a year"), "points"),
    ]  # fmt: skip
    rows = []
    for kind, label in _RATES:
        parts = [_kept(counts, kind) for counts in (now, before.count, year.count)]
        rows.append(_rates(str(label), parts, find=query(f"clock.{kind}:due")))
    amounts = material.figures.amounts
    answered = [counts["answer.answered"] for counts in (now, before.count, year.count)]
    sums: list[tuple[int, Amounts | Sums]] = list(zip(answered, (amounts, before, year), strict=True))
    parts = [(one.satisfied, one.answers) if n >= smallest_group() else (0, 0) for n, one in sums]
    rows.append(_rates(_("Satisfaction rate"), parts, find=query("answer.answered")))
    return Table("rates", _("Rates at a glance"), columns, rows)


def _kept(counts: Mapping[str, int], kind: str) -> tuple[int, int]:
    """In time, and all whose end is known: those still running are not judged yet."""
    kept = counts.get(f"clock.{kind}:kept", 0)
    return kept, kept + counts.get(f"clock.{kind}:recorded_late", 0) + counts.get(f"clock.{kind}:late", 0)


def _rates(label: str, parts: Sequence[tuple[int, int]], *, find: str) -> Row:
    now, before, year = parts
    return Row(label, [
        rate(*now, find=find), rate(*before), change_of_rates(now, before), rate(*year),
        change_of_rates(now, year),
    ])  # fmt: skip


def _overview_sentences(material: Material) -> list[str]:
    now, before, year = material.figures.total, material.before, material.year_before
    received = now["round.received"]
    said = [
        _("In %(period)s %(received)s pieces of feedback were received (%(before)s on the period before, %(year)s on "
          "the year), %(handled)s were handled and %(closed)s closed; %(open)s were open at the end.")
        % {
            "period": material.period.label, "received": f"{received:,}",
            "before": change(received, before.count["round.received"]).shown,
            "year": change(received, year.count["round.received"]).shown, "handled": f"{now['round.handled']:,}",
            "closed": f"{now['round.closed']:,}", "open": f"{now['round.open']:,}",
        }
    ]  # fmt: skip
    rates = [(str(label), rate(*_kept(now, kind))) for kind, label in _RATES]
    said.append(pgettext("list", ", ").join(f"{label} {cell.shown}" for label, cell in rates) + pgettext("end", "."))
    return said


# --- What came in -----------------------------------------------------------------------------------------------

Names = Callable[[Sequence[int]], dict[int, str]]


def _named(model: Any) -> Names:
    return lambda keys: {row.pk: str(row) for row in model.objects.filter(pk__in=keys)}


def _people(keys: Sequence[int]) -> dict[int, str]:
    return dict(User.objects.filter(pk__in=keys).values_list("pk", "name"))


_CUTS: tuple[tuple[str, Any, Any, Names], ...] = (
    ("kind", lazy("By kind"), lazy("Kind"), _named(Kind)),
    ("channel", lazy("By channel"), lazy("Channel"), _named(Channel)),
    ("category", lazy("By category"), lazy("Category"), _named(Category)),
    ("department", lazy("By department"), lazy("Department"), _named(Department)),
    ("product", lazy("By product"), lazy("Product"), _named(Product)),
    ("salesperson", lazy("By salesperson"), pgettext_lazy("figure", "Salesperson"), _people),
)
_CUT_COLUMNS = (
    ("round.received", pgettext_lazy("figure", "Received")),
    ("round.repeat", lazy("Repeated")),
    ("round.reopened", lazy("Reopened")),
    ("round.handled", lazy("Handled")),
    ("round.closed", pgettext_lazy("figure", "Closed")),
    ("round.open", lazy("Open at the end")),
)


def _feedback(material: Material) -> Section:
    figures = material.figures
    tables = [_cut(figures, *cut) for cut in _CUTS]
    tables += [_crossed(figures, *cross) for cross in _CROSSES]
    tables.append(_common(figures))
    named = {key: n for key, counts in figures.by["category"].items() if (n := counts.get("round.received", 0)) and key}
    said = []
    if named:
        most = min(named, key=lambda key: (-named[key], key))
        share = rate(named[most], figures.total["round.received"])
        said.append(_("Most of it, %(count)s (%(share)s), was about: %(label)s.") % {
            "count": f"{named[most]:,}", "share": share.shown, "label": _named(Category)([most]).get(most, ""),
        })  # fmt: skip
    return Section("feedback", _("What was received and handled"), said, tables)


#: Each salesperson by what, and how it is called (RPT-03).
_CROSSES: tuple[tuple[str, Any, Any], ...] = (
    ("kind", lazy("Salespersons by kind"), Kind),
    ("channel", lazy("Salespersons by channel"), Channel),
)


def _crossed(figures: Figures, name: str, title: Any, model: Any) -> Table:
    """What was received, each salesperson by kind or channel: telephone, mail, return ... (RPT-03)."""
    counted = figures.received_by["salesperson", name]
    people = _people([person for person, _other in counted if person])
    across = sorted({other for _person, other in counted if other})
    labels = _named(model)(across)
    columns = [Column("salesperson", pgettext("figure", "Salesperson"), "text")]
    columns += [Column(f"{name}:{key}", labels.get(key, "")) for key in across]
    rows = [
        Row(people.get(person or 0, _("not given")), [
            Cell(n, find=query("round.received", salesperson=person, **{name: key}) if n else "")
            for key in across for n in [counted.get((person, key), 0)]
        ])
        for person in sorted({person for person, _other in counted}, key=lambda key: (key is None, key or 0))
    ]  # fmt: skip
    return Table(f"salesperson_{name}", str(title), columns, rows)


#: So often the same of the same product is a common problem.
_COMMON = 2


def _common(figures: Figures) -> Table:
    """What came more than once of one category about one product: sales hands it over to quality (RPT-09, SLA-40)."""
    found = {
        (category, product): n for (category, product), n in figures.received_by["category", "product"].items()
        if category and product and n >= _COMMON
    }  # fmt: skip
    categories, products = _named(Category)([one for one, _p in found]), _named(Product)([one for _c, one in found])
    order = sorted(found, key=lambda pair: (-found[pair], pair))[:SHOWN]
    rows = [
        Row(f"{products.get(product, '')} · {categories.get(category, '')}", [
            Cell(found[category, product], find=query("round.received", category=category, product=product)),
        ])
        for category, product in order
    ]  # fmt: skip
    columns = [Column("problem", _("Product and category"), "text"), Column("n", pgettext("figure", "Received"))]
    notes = [_("What was received at least %(n)d times, of one category about one product.") % {"n": _COMMON}]
    return Table("common", _("Common problems"), columns, rows, notes)


def _cut(figures: Figures, name: str, title: Any, heading: Any, names: Names) -> Table:
    """Lines by one dimension, the most received first; what is beyond the lines shown stands in one line together."""
    flags = [flag for flag, _label in _CUT_COLUMNS]
    counted = {key: counts for key, counts in figures.by[name].items() if any(counts.get(flag) for flag in flags)}
    order = sorted(counted, key=lambda key: ([-counted[key].get(flag, 0) for flag in flags], key is None, key or 0))
    labels = names([key for key in order if key is not None])
    share = Column("share", _("Share"), "rate")
    columns = [Column(name, str(heading), "text"), *(Column(flag, str(label)) for flag, label in _CUT_COLUMNS), share]
    whole = figures.total["round.received"]
    rows = [
        _cut_row(labels.get(key, "") if key is not None else _("not given"), [counted[key]], whole, {name: key})
        for key in order[:SHOWN]
    ]
    if order[SHOWN:]:
        rows.append(_cut_row(_("all others"), [counted[key] for key in order[SHOWN:]], whole, None))
    rows.append(_cut_row(_("Total"), [figures.total], whole, {}))
    chart = "" if name == "salesperson" else "round.received"
    return Table(f"by_{name}", str(title), columns, rows, chart=chart)


def _cut_row(label: str, parts: list[Counts], whole: int, dimensions: dict[str, int | None] | None) -> Row:
    cells = []
    for flag, _label in _CUT_COLUMNS:
        count = sum(part.get(flag, 0) for part in parts)
        cells.append(Cell(count, find=query(flag, **dimensions) if dimensions is not None and count else ""))
    return Row(label, [*cells, rate(sum(part.get("round.received", 0) for part in parts), whole)])


# --- Limits -----------------------------------------------------------------------------------------------------

_LIMIT_COLUMNS = (
    ("due", pgettext_lazy("figure", "Due")),
    ("kept", lazy("In time")),
    ("recorded_late", lazy("In time, recorded late")),
    ("late", lazy("Late")),
    ("overdue", lazy("Overdue at the end")),
)


def _limits(material: Material) -> Section:
    total = material.figures.total
    columns = [
        Column("limit", _("Limit"), "text"), *(Column(code, str(label)) for code, label in _LIMIT_COLUMNS),
        Column("rate", _("Rate in time"), "rate"),
    ]  # fmt: skip
    rows = [
        Row(str(CaseClock.Kind(kind).label), [
            *(_counted(total, f"clock.{kind}:{code}") for code, _label in _LIMIT_COLUMNS), rate(*_kept(total, kind)),
        ])
        for kind in CLOCKS
    ]  # fmt: skip
    notes = [
        _("Rate in time = in time ÷ (in time + in time, recorded late + late). A limit counts in the period in which "
          "it was first due, by its first due time; those still running are not judged yet, and what was recorded late "
          "stands apart and not in the numerator."),
    ]  # fmt: skip
    return Section("limits", _("Limits"), [], [Table("limits", _("Limits kept"), columns, rows, notes)])


def _counted(counts: Mapping[str, int], name: str, **dimensions: int | None) -> Cell:
    count = counts.get(name, 0)
    return Cell(count, find=query(name, **dimensions) if count else "")


# --- Departments ------------------------------------------------------------------------------------------------


def _departments(material: Material) -> Section:
    figures = material.figures
    names = _named(Department)([key for key in figures.by["department"] if key is not None])
    columns = [
        Column("department", _("Department"), "text"), Column("assignment.sent", _("Assigned")),
        Column("receipt", _("Received in time"), "rate"), Column("task", _("Answered in time"), "rate"),
        Column("resolution", _("Handled in time"), "rate"), Column("assignment.returned", _("Returned to the hub")),
        Column("round.reopened", _("Reopened")), Column("clock.overdue", _("Overdue at the end")),
        Column("satisfaction", _("Satisfaction rate"), "rate"),
    ]  # fmt: skip
    answered = {key: counts.get("answer.answered", 0) for key, counts in figures.by["department"].items()}
    smallest = smallest_group()
    held = held_back(answered, smallest)
    rows = []
    for key, counts in figures.by["department"].items():
        amounts = figures.amounts_by_department.get(key, Amounts()) if key not in held else Amounts()
        label = names.get(key, "") if key is not None else _("not given")
        rows.append(Row(label, [
            _counted(counts, "assignment.sent", department=key),
            *(_rate_of(counts, kind, key) for kind in ("receipt", "task", "resolution")),
            _counted(counts, "assignment.returned", department=key), _counted(counts, "round.reopened", department=key),
            _counted(counts, "clock.overdue", department=key), rate(amounts.satisfied, amounts.answers),
        ]))  # fmt: skip
    rows.sort(key=lambda row: (-_number(row.cells[0]), -_number(row.cells[6]), row.label))
    notes = [_("Satisfaction of fewer than %(n)d answers is not shown.") % {"n": smallest}] if held else []
    table = Table("departments", _("Departments compared"), columns, rows, notes)
    return Section("departments", _("Departments"), [], [table])


def _rate_of(counts: Mapping[str, int], kind: str, department: int | None) -> Cell:
    return rate(*_kept(counts, kind), find=query(f"clock.{kind}:due", department=department))


def _number(cell: Cell) -> int:
    return cell.value if isinstance(cell.value, int) else 0


# --- Measures, returns, satisfaction, work ----------------------------------------------------------------------


def _measures(material: Material) -> Section:
    total = material.figures.total
    columns = [
        Column("measures", _("Measures"), "text"), Column("measure.planned", pgettext("figure", "Planned")),
        Column("measure.done", pgettext("figure", "Done")), Column("measure.verified", pgettext("figure", "Verified")),
        Column("measure.overdue", _("Overdue at the end")),
    ]  # fmt: skip
    names = [column.code for column in columns[1:]]
    rows = [Row(_("All measures"), [_counted(total, name) for name in names])]
    notes = [
        _("By type, all that were planned, done, verified or overdue in the period: %(types)s.") % {
            "types": pgettext("list", ", ").join(
                f"{Measure.Type(kind).label} {total.get(f'measure.type:{kind}', 0):,}" for kind in Measure.Type.values
            )
        }
    ]  # fmt: skip
    table = Table("measures", _("Corrections, corrective and preventive measures"), columns, rows, notes)
    return Section("measures", _("Measures"), [], [table])


def _returns(material: Material) -> Section:
    total = material.figures.total
    wished = Table(
        "returns_wished", _("What customers asked for"),
        [Column("wish", _("Asked for"), "text"), Column("registered", pgettext("figure", "Registered"))],
        [Row(str(Handling(code).label), [_counted(total, f"return.wish:{code}")]) for code in Handling.values],
    )  # fmt: skip
    ended = Table(
        "returns_ended", _("How returns ended"),
        [Column("outcome", _("Outcome"), "text"), Column("ended", pgettext("figure", "Ended"))],
        [Row(str(ReturnOutcome(code).label), [_counted(total, f"return.outcome:{code}")])
         for code in ReturnOutcome.values],
        [_("Refunded in all: %(amount)s yuan.") % {"amount": f"{material.figures.amounts.amount:,.2f}"}],
    )  # fmt: skip
    said = [_("%(registered)s returns were registered and %(ended)s ended; %(open)s were open at the end.") % {
        name: f"{total.get(f'return.{name}', 0):,}" for name in ("registered", "ended", "open")
    }]  # fmt: skip
    return Section("returns", _("Returns and repairs"), said, [wished, ended])


def _satisfaction(material: Material) -> Section:
    figures, satisfied_from = material.figures, part_in_force(SurveysPart).satisfied_from
    columns = [Column("source", _("Way of asking"), "text"), Column("answer.answered", _("Answers"))]
    rows = [
        Row(str(label), [_counted(figures.total, f"answer.source:{code}")]) for code, label in Response.Source.choices
    ]
    rows.append(Row(_("Total"), [_counted(figures.total, "answer.answered")]))
    rows.append(Row(_("Not solved"), [_counted(figures.total, "answer.unsolved")]))
    few = figures.total["answer.answered"] < smallest_group()
    amounts = Amounts() if few else figures.amounts
    score = Score(amounts.answers, amounts.points, amounts.satisfied)
    notes = [
        _("Satisfaction rate = answers of at least %(from)s of 5 ÷ valid answers = %(part)s ÷ %(whole)s = %(rate)s. "
          "Index = total ÷ (5 × answers) = %(index)s; mean %(mean)s.") % {
            "from": f"{satisfied_from.normalize():f}", "part": f"{score.satisfied:,}", "whole": f"{score.answers:,}",
            "rate": rate(score.satisfied, score.answers).shown,
            "index": _percent(score.index), "mean": _shown(score.mean),
        }
    ]  # fmt: skip
    if few:
        notes.append(_("Satisfaction of fewer than %(n)d answers is not shown.") % {"n": smallest_group()})
    table = Table("answers", _("Answers to surveys and callbacks"), columns, rows, notes)
    return Section("satisfaction", _("Satisfaction"), [], [table])


def _percent(value: Decimal | None) -> str:
    return "—" if value is None else f"{value} %"


def _shown(value: Decimal | None) -> str:
    return "—" if value is None else str(value)


_WORK = (
    ("work:contact", lazy("Contacts")),
    ("work:visit", lazy("Visits on site")),
    ("work:investigation", lazy("Investigations")),
    ("work:measure", lazy("Measures")),
    ("work:reply", lazy("Replies")),
    ("work:note", lazy("Internal notes")),
)


def _work(material: Material) -> Section:
    """Time spent, as far as it was written down (RPT-25)."""
    figures = material.figures
    columns = [
        Column("work", _("Work"), "text"), Column("entries", _("Entries")),
        Column("minutes", _("Minutes"), "minutes"), Column("average", _("Minutes each"), "minutes"),
    ]  # fmt: skip
    named = [*_WORK, ("work", lazy("Total"))]
    rows = []
    for flag, label in named:
        count, minutes = figures.total.get(f"work.{flag}", 0), figures.minutes_by_flag.get(flag, 0)
        average = Cell(round(minutes / count)) if count else Cell(None)
        rows.append(Row(str(label), [_counted(figures.total, f"work.{flag}"), Cell(minutes), average]))
    table = Table("work", _("Time spent"), columns, rows, [_("Only time that was written down; it is optional.")])
    return Section("work", _("Time spent"), [], [table])
