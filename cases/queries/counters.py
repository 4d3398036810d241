"""How many: each count stops at a thousand, so that it costs the same with a million cases."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from cases.lifecycle import WITH_DEPARTMENT, State
from cases.models import Assignment, Case
from cases.models.intake import CaseQuerySet
from cases.queries.next_step import works_for_hub
from organization.queries import Identity

#: Nobody reads "4,711": above this it is "999+".
LARGEST = 999


def capped(rows: QuerySet[Any, Any]) -> str:
    """How many rows there are, in words that fit a badge."""
    found = rows.order_by().values("pk")[: LARGEST + 1].count()
    return f"{LARGEST}+" if found > LARGEST else str(found)


def end_of_today(now: datetime) -> datetime:
    """Midnight that ends the organisation's day."""
    return timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def badges(who: Identity, *, now: datetime) -> dict[str, str]:
    """The figures of the frame: what is on my desk, and the open cases I may see."""
    cases = Case.objects.visible_to(who)
    burning = capped(cases.filter(owner_id__in=people_of(who), next_due_at__lte=end_of_today(now)))
    waiting = capped(to_receive(who))
    return {"desk": _sum(burning, waiting), "cases": capped(cases.open())}


def _sum(*figures: str) -> str:
    numbers = [LARGEST + 1 if figure.endswith("+") else int(figure) for figure in figures]
    return f"{LARGEST}+" if sum(numbers) > LARGEST else str(sum(numbers))


def figures(who: Identity, *, now: datetime) -> dict[str, str]:
    """The figures of the desk's cards, by the name of the card."""
    return {f"desk-{name}": capped(rows) for name, rows in figure_rows(who, now=now).items()}


def figure_rows(who: Identity, *, now: datetime) -> dict[str, CaseQuerySet]:
    """What each card of the desk counts; the same condition as the list it opens."""
    cases = Case.objects.visible_to(who)
    rows = {
        "overdue": cases.filter(next_due_at__lte=now),
        "today": cases.filter(next_due_at__gt=now, next_due_at__lt=end_of_today(now)),
    }
    if works_for_hub(who):
        rows["registered"] = cases.filter(state=State.REGISTERED)
        rows["acknowledged"] = cases.filter(state=State.ACKNOWLEDGED)
    else:
        rows["dispatched"] = cases.filter(state=State.DISPATCHED)
        rows["handling"] = cases.filter(state__in=sorted(WITH_DEPARTMENT))
    rows["awaiting_opinion"] = cases.filter(state=State.AWAITING_OPINION)
    return rows


def people_of(who: Identity) -> list[int]:
    """The person and those he or she acts for today."""
    return [person.user_id for person in who.acting]


def departments_of(who: Identity) -> list[int]:
    """Departments whose assignments the person may receive."""
    return sorted({pk for person in who.acting for pk in person.departments | person.headed})


def to_receive(who: Identity) -> QuerySet[Assignment]:
    """Assignments that wait for somebody of the person's departments to receive or return them."""
    return Assignment.objects.filter(
        department_id__in=departments_of(who),
        state=Assignment.State.SENT,
        case__in=Case.objects.visible_to(who).open(),
    )
