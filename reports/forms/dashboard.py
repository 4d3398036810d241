"""What may stand in the address of the dashboard: period, department, what the causes are cut by, the wall."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from organization.models import Department
from reports.models.daily import CUTS
from reports.periods import Period, month_before, month_of, quarter_before, quarter_of, year_of
from reports.queries.dashboard_wanted import Wanted, code_of

_MONTH, _QUARTER, _YEAR = re.compile(r"(\d{4})-(\d{2})"), re.compile(r"(\d{4})-Q([1-4])"), re.compile(r"\d{4}")
FIRST_YEAR = 2000
MONTHS, QUARTERS, YEARS = 24, 8, 4
LONGEST_DAYS = 1100


def wanted_of(data: Mapping[str, str], departments: Sequence[Department], today: date) -> Wanted:
    """What can be understood of an address; this month of everything where it says nothing."""
    ignored: list[str] = []
    found = _period(data, today, ignored)
    code = data.get("department", "")
    department = next((one for one in departments if one.code == code), None)
    if code and department is None:
        ignored.append(_("Department"))
    cut = data.get("by", "") or CUTS[0]
    if cut not in CUTS:
        ignored.append(_("Cut by"))
        cut = CUTS[0]
    wall = data.get("wall") == "1"
    return Wanted(found or month_of(today), department, cut, wall, running=found is None, ignored=ignored)


def _period(data: Mapping[str, str], today: date, ignored: list[str]) -> Period | None:
    code, since, until = (data.get(name, "").strip() for name in ("period", "since", "until"))
    found = None
    if code:
        found = named(code)
    elif since or until:
        found = _days(since, until)
    if found is not None and found.since <= today and found.since.year >= FIRST_YEAR:
        return found
    if code or since or until:
        ignored.append(pgettext("report", "Period"))
    return None


def named(code: str) -> Period | None:
    """The month "2026-10", the quarter "2026-Q3" or the year "2026"; None for anything else."""
    try:
        if match := _MONTH.fullmatch(code):
            return month_of(date(int(match[1]), int(match[2]), 1))
        if match := _QUARTER.fullmatch(code):
            return quarter_of(date(int(match[1]), int(match[2]) * 3, 1))
        return year_of(date(int(code), 1, 1)) if _YEAR.fullmatch(code) else None
    except ValueError:
        return None


def _days(since: str, until: str) -> Period | None:
    try:
        found = Period("period", date.fromisoformat(since), date.fromisoformat(until))
    except ValueError:
        return None
    return found if 0 <= (found.until - found.since).days < LONGEST_DAYS else None


@dataclass(frozen=True)
class Offer:
    """One group of periods to choose from, each with the words of its address."""

    label: str
    periods: list[tuple[str, str]]


def offered(chosen: Period, today: date) -> list[Offer]:
    """The periods of the choice, the newest first; what is chosen is among them, however old."""
    months, quarters = [month_of(today)], [quarter_of(today)]
    while len(months) < MONTHS:
        months.append(month_before(months[-1].since))
    while len(quarters) < QUARTERS:
        quarters.append(quarter_before(quarters[-1].since))
    years = [year_of(date(today.year - n, 1, 1)) for n in range(YEARS)]
    found = []
    for kind, label, periods in (
        ("month", _("Month"), months), ("quarter", _("Quarter"), quarters), ("year", _("Year"), years),
    ):  # fmt: skip
        older = [chosen] if chosen.kind == kind and chosen not in periods else []
        found.append(Offer(label, [(code_of(one), one.label) for one in [*periods, *older]]))
    return found
