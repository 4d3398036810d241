"""What is late, by department: from the clocks that run, late first (RPT-22)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case as Choice
from django.db.models import Count, F, Q, QuerySet, When, Window
from django.db.models.functions import RowNumber

from cases.models import Case, CaseClock
from cases.queries.browse import CaseRow, listed, row_of
from organization.models import Department
from organization.queries import Identity

#: "Due soon" on this page.
SOON = timedelta(hours=24)
SHOWN = 8


@dataclass(frozen=True)
class LateClock:
    """A running clock whose due time has passed or is near."""

    clock: CaseClock
    row: CaseRow
    late: bool


@dataclass
class Unit:
    """One department (None: the hub, before anything is dispatched): its open cases and its clocks."""

    department: Department | None
    open: int = 0
    soon: int = 0
    late: int = 0
    oldest: datetime | None = None
    clocks: list[LateClock] = field(default_factory=list)

    @property
    def more(self) -> bool:
        """Whether its list is cut off."""
        return self.late + self.soon > len(self.clocks)


def overdue_by_department(who: Identity, *, now: datetime) -> list[Unit]:
    """Every department with open cases, the one with the most late clocks first; four queries."""
    cases = Case.objects.visible_to(who).open()
    units: dict[int | None, Unit] = {}

    def unit(pk: int | None) -> Unit:
        return units.setdefault(pk, Unit(None))

    for pk, count in cases.values_list("lead_department").annotate(n=Count("pk")).order_by():
        unit(pk).open = count
    running = _running(who, now)
    late = Q(first_due_at__lte=now)
    for pk, late_n, soon_n in running.values_list("unit").annotate(
        late=Count("pk", filter=late), soon=Count("pk", filter=~late)
    ).order_by():  # fmt: skip
        unit(pk).late, unit(pk).soon = late_n, soon_n
    _add_clocks(units, running, who, now)
    names = Department.objects.in_bulk([pk for pk in units if pk is not None])
    for pk, one in units.items():
        one.department = names.get(pk) if pk is not None else None
    return sorted(units.values(), key=lambda u: (-u.late, -u.soon, -u.open, str(u.department or "")))


def _running(who: Identity, now: datetime) -> QuerySet[Any, Any]:
    """Running clocks that are late or due soon, with the department that has to meet them."""
    responsible = Choice(
        When(assignment__isnull=False, then=F("assignment__department_id")),
        When(kind=CaseClock.Kind.ACKNOWLEDGEMENT, then=None),
        default=F("case__lead_department_id"),
    )
    return CaseClock.objects.filter(
        met_at=None, stopped_at=None, first_due_at__lte=now + SOON, case__in=Case.objects.visible_to(who).open()
    ).annotate(unit=responsible)


def _add_clocks(units: dict[int | None, Unit], running: QuerySet[Any, Any], who: Identity, now: datetime) -> None:
    """The first rows of each department's list, latest first."""
    place = Window(RowNumber(), partition_by=[F("unit")], order_by=[F("first_due_at").asc(), F("pk").asc()])
    rows = list(running.annotate(place=place).filter(place__lte=SHOWN).order_by("first_due_at", "pk"))
    cases = {case.pk: case for case in listed(Case.objects.filter(pk__in={row.case_id for row in rows}))}
    for row in rows:
        one = units[row.unit]
        one.clocks.append(LateClock(row, row_of(cases[row.case_id], who), row.first_due_at <= now))
        one.oldest = one.oldest or row.first_due_at
