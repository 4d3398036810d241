"""A regulation profile as people read it: sections of labelled sentences, and what differs between two versions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext, pgettext_lazy
from django.utils.translation import gettext as _

from cases.models import CaseClock, Category, Channel, Kind
from cases.models.intake import Urgency
from cases.policy import CasesPart, KindRule
from feedback_system import customer_words
from feedback_system.customer_words import Row, Section
from organization.models import Calendar, Department, Function
from regulations.document import LimitRule, TimesPart, parse_part

EVENTS: Mapping[str, str | Promise] = {
    "received": gettext_lazy("receipt"),
    "acknowledged": gettext_lazy("acknowledgement"),
    "arrived": gettext_lazy("arrival"),
    "replied": gettext_lazy("final reply"),
    "sent": gettext_lazy("dispatch"),
    "answered": gettext_lazy("answer"),
    "closed": gettext_lazy("closing"),
}
GATE: Mapping[str, str | Promise] = {
    "facts": pgettext_lazy("gate item", "facts"),
    "responsible": pgettext_lazy("gate item", "responsible unit"),
    "cause": pgettext_lazy("gate item", "cause"),
    "measures": pgettext_lazy("gate item", "measures"),
    "assignments": pgettext_lazy("gate item", "answers of all departments"),
    "reply": pgettext_lazy("gate item", "reply"),
    "opinion": pgettext_lazy("gate item", "customer's opinion asked"),
    "summary": pgettext_lazy("gate item", "summary"),
    "documents": pgettext_lazy("gate item", "documents"),
    "holds": pgettext_lazy("gate item", "nothing pending elsewhere"),
}
LEVELS: Mapping[str, str | Promise] = {
    "owner": gettext_lazy("who holds it"),
    "head": gettext_lazy("head of the department"),
    "next_level": gettext_lazy("next level above"),
    "hub_head": gettext_lazy("head of the hub"),
    "general_manager": gettext_lazy("general manager"),
}


@dataclass(frozen=True)
class Difference:
    """One sentence that is not the same in two versions; an empty side did not have it."""

    section: str
    label: str
    old: str
    new: str


class _Names:
    """Names of the words that a document refers to by code, read once a page."""

    def __init__(self) -> None:
        self.kinds = {row.code: str(row) for row in Kind.objects.all()}
        # Two of one name may lie under different roots, so the root is named, too.
        self.categories = {
            row.code: f"{row.parent} / {row}" if row.parent else str(row)
            for row in Category.objects.select_related("parent")
        }
        self.channels = {row.code: str(row) for row in Channel.objects.all()}
        self.departments = {row.code: str(row) for row in Department.objects.all()}
        self.functions = {row.code: str(row) for row in Function.objects.all()}
        self.calendars = dict(Calendar.objects.values_list("code", "name"))


def describe(body: Mapping[str, Any]) -> list[Section]:
    """A whole document in sections."""
    times, cases, names = parse_part(TimesPart, body), parse_part(CasesPart, body), _Names()
    return [
        Section("limits", _("Limits"), [_limit(rule, names) for rule in times.limits]),
        Section(
            "ladder",
            _("Who is told when a limit passes"),
            [_step(each.to, each.after_minutes) for each in times.ladder],
        ),
        Section(
            "kinds",
            _("Kinds and what closing needs"),
            [_kind(code, cases.kinds[code], names) for code in names.kinds if code in cases.kinds],
        ),
        Section("criteria", _("Facts that force an urgency"), [_criterion(each) for each in cases.criteria]),
        Section(
            "routes", _("Routing"), [(_named(names.categories, r.category), target(r, names)) for r in cases.routes]
        ),
        Section("other", _("Other settings"), _other(times, cases, names)),
        *customer_words.sections(body),
    ]


def _listed(words: Iterable[str]) -> str:
    return pgettext("between names", ", ").join(words)


def _named(names: Mapping[str, str], code: str) -> str:
    return names.get(code, code)


def _limit(rule: LimitRule, names: _Names) -> Row:
    label = str(dict(CaseClock.Kind.choices).get(rule.clock, rule.clock))
    who = [
        *(_named(names.kinds, code) for code in rule.kinds),
        *(str(dict(Urgency.choices).get(code, code)) for code in rule.urgencies),
        *(_named(names.channels, code) for code in rule.channels),
        *rule.customer_classes,
    ]
    words = {
        "amount": _length(rule),
        "start": EVENTS.get(rule.start, rule.start),
        "end": EVENTS.get(rule.end, rule.end),
        "warn": round(rule.warn * 100),
    }
    return (
        f"{label} · {_listed(who)}" if who else label,
        _("%(amount)s, from %(start)s to %(end)s; warned when %(warn)d%% of the time has passed") % words,
    )


def _length(rule: LimitRule) -> str:
    """How long, and that the last day may be a day off."""
    if rule.move_off_holidays or rule.unit not in {"calendar_days", "months"}:
        return amount(rule)
    return _("%(amount)s even where the last day is a day off") % {"amount": amount(rule)}


def amount(rule: LimitRule) -> str:
    """How long a limit is, in words."""
    n = rule.amount
    if n is None:
        return _("as stated")
    words: dict[str, Callable[[], str]] = {
        "calendar_hours": lambda: ngettext("%(n)d hour", "%(n)d hours", n),
        "working_hours": lambda: ngettext("%(n)d working hour", "%(n)d working hours", n),
        "calendar_days": lambda: ngettext("%(n)d day", "%(n)d days", n),
        "working_days": lambda: ngettext("%(n)d working day", "%(n)d working days", n),
        "months": lambda: ngettext("%(n)d month", "%(n)d months", n),
    }
    return words[rule.unit]() % {"n": n}


def _step(level: str, minutes: int) -> Row:
    hours, rest = divmod(minutes, 60)
    if minutes == 0:
        when = pgettext("ladder", "at once")
    elif rest == 0:
        when = ngettext("%(n)d hour later", "%(n)d hours later", hours) % {"n": hours}
    else:
        when = ngettext("%(n)d minute later", "%(n)d minutes later", minutes) % {"n": minutes}
    return str(LEVELS.get(level, level)), when


def _kind(code: str, rule: KindRule, names: _Names) -> Row:
    words = [_listed(str(GATE[item]) for item in rule.gate)]
    if rule.measures_or_waiver:
        words.append(_("a measure, or an approved waiver"))
    if rule.verify_before_dispatch:
        words.append(_("verified before it is dispatched"))
    words.append(_("begins as %(urgency)s") % {"urgency": dict(Urgency.choices)[rule.urgency]})
    return _named(names.kinds, code), pgettext("between parts", "; ").join(words)


def _criterion(each: Any) -> Row:
    label = each.label_en if each.label_en and get_language() == "en" else each.label
    return label, str(dict(Urgency.choices)[each.level])


def target(route: Any, names: Any) -> str:
    """Where a route leads, in words."""
    if route.department:
        return _named(names.departments, route.department)
    return _("whoever carries “%(function)s”") % {"function": _named(names.functions, route.function)}


def _other(times: TimesPart, cases: CasesPart, names: _Names) -> list[Row]:
    days, months = cases.task_working_days, cases.repeat_months
    return [
        (_("Working calendar"), _named(names.calendars, times.calendar)),
        (_("Categories offered"), _listed(_named(names.categories, code) for code in cases.categories) or _("all")),
        (
            _("Time for an assignment, as proposed"),
            ngettext("%(n)d working day", "%(n)d working days", days) % {"n": days},
        ),
        (_("A complaint repeats within"), ngettext("%(n)d month", "%(n)d months", months) % {"n": months}),
        (_("Attempts before “no answer”"), str(cases.no_answer_tries)),
        (
            _("Between two of these attempts at least"),
            ngettext("%(n)d day", "%(n)d days", cases.no_answer_days_between) % {"n": cases.no_answer_days_between},
        ),
        (
            _("Within a department"),
            _("everybody reads only the own cases")
            if cases.department_reads_own_only
            else _("everybody reads its cases"),
        ),
        (
            _("Registered late after"),
            ngettext("%(n)d hour", "%(n)d hours", times.late_registration_hours) % {"n": times.late_registration_hours},
        ),
        (
            _("Recorded late after"),
            ngettext("%(n)d hour", "%(n)d hours", times.late_record_hours) % {"n": times.late_record_hours},
        ),
    ]


def differences(old: list[Section], new: list[Section]) -> list[Difference]:
    """What two descriptions do not say alike, in the order of the new one."""
    before = {section.code: dict(section.rows) for section in old}
    found = []
    for section in new:
        were, are = before.get(section.code, {}), dict(section.rows)
        labels = [*are, *(label for label in were if label not in are)]
        found += [
            Difference(section.title, label, were.get(label, ""), are.get(label, ""))
            for label in labels
            if were.get(label) != are.get(label)
        ]
    return found
