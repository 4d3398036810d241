"""Everything heard and done with one customer, newest first: cases, contacts, answers, visits (CUS-01, INT-30)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db.models import Model, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.models import Case, Contact, Opinion, Reply, Round, Visit
from cases.queries.browse import of_customer
from customers.models import Communication, Customer
from customers.queries.communications import communications_of
from organization.queries import Identity

PAGE = 20
M = TypeVar("M", bound=Model)
#: What can be shown alone.
CASES, TALKS = "cases", "talks"
TABS: tuple[tuple[str, str | Promise], ...] = (
    ("", gettext_lazy("Heard and done")),
    (CASES, gettext_lazy("From cases")),
    (TALKS, gettext_lazy("Visits and communications")),
)


@dataclass(frozen=True)
class Entry:
    """One thing that was heard or done: what, by whom, in which case or talk, and its first words."""

    at: datetime
    what: str
    who: str
    text: str
    case: Case | None = None
    talk: Communication | None = None
    tone: str = ""


@dataclass(frozen=True)
class Story:
    """A page of it; ``before`` is the moment at which the next one begins, None at the end."""

    entries: list[Entry]
    before: datetime | None = None


def story_of(
    customer: Customer, who: Identity, *, show: str = "", before: datetime | None = None, size: int = PAGE
) -> Story:
    """What this person may see of it; a fixed number of queries, however long the story.

    A page does not end between entries of one moment, unless one source has more than forty of that moment.
    """
    cases = Case.objects.visible_to(who).filter(customer__in=of_customer(customer.pk))
    found = [] if show == TALKS else [entry for source in _FROM_CASES for entry in source(cases, before, size)]
    found += [] if show == CASES else _talks(customer, who, before, size)
    found.sort(key=lambda entry: entry.at, reverse=True)
    shown = found[:size]
    shown += [entry for entry in found[size:] if entry.at == shown[-1].at]
    return Story(shown, shown[-1].at if len(found) > len(shown) else None)


def _newest(rows: QuerySet[M], column: str, before: datetime | None, size: int) -> list[M]:
    """The newest rows older than a moment, with those of the same moment as the last: at most twice as many."""
    if before is not None:
        rows = rows.filter(Q((f"{column}__lt", before)))
    return list(rows.order_by(f"-{column}", "-pk")[: size * 2])


def _received(cases: QuerySet[Case], before: datetime | None, size: int) -> Iterator[Entry]:
    for case in _newest(cases.select_related("kind", "channel"), "received_at", before, size):
        what = _("%(kind)s by %(channel)s") % {"kind": case.kind, "channel": case.channel}
        yield Entry(case.received_at, what, case.first_asked_shown, case.subject, case=case)


def _contacts(cases: QuerySet[Case], before: datetime | None, size: int) -> Iterator[Entry]:
    rows = Contact.objects.filter(case__in=cases).select_related("case", "channel")
    for row in _newest(rows, "happened_at", before, size):
        what = _("From the customer") if row.direction == Contact.Direction.IN else _("To the customer")
        yield Entry(row.happened_at, f"{what} · {row.channel}", row.by_label, row.text, case=row.case)


def _replies(cases: QuerySet[Case], before: datetime | None, size: int) -> Iterator[Entry]:
    rows = Reply.objects.filter(case__in=cases).select_related("case", "by")
    for row in _newest(rows, "happened_at", before, size):
        what = _("Answer") if row.final else _("Progress told")
        who = row.by.name if row.by else ""
        yield Entry(row.happened_at, f"{what} · {row.get_way_display()}", who, row.text, case=row.case)


def _opinions(cases: QuerySet[Case], before: datetime | None, size: int) -> Iterator[Entry]:
    rows = Opinion.objects.filter(case__in=cases).select_related("case", "by")
    for row in _newest(rows, "happened_at", before, size):
        what, tone = (_("Satisfied"), "green") if row.satisfied else (_("Not solved"), "red")
        yield Entry(row.happened_at, what, row.by.name if row.by else "", row.remark, case=row.case, tone=tone)


def _visits(cases: QuerySet[Case], before: datetime | None, size: int) -> Iterator[Entry]:
    rows = Visit.objects.filter(case__in=cases, arrived_at__isnull=False).select_related("case", "visitor")
    for row in _newest(rows, "arrived_at", before, size):
        if row.arrived_at is not None:
            who = row.visitor.name if row.visitor else ""
            yield Entry(row.arrived_at, _("On-site visit"), who, row.findings or row.necessity, case=row.case)


def _closings(cases: QuerySet[Case], before: datetime | None, size: int) -> Iterator[Entry]:
    rows = Round.objects.filter(case__in=cases, closed_at__isnull=False).select_related("case", "closed_by")
    for row in _newest(rows, "closed_at", before, size):
        if row.closed_at is not None:
            who = row.closed_by.name if row.closed_by else ""
            what = f"{_('Closed')} · {row.get_outcome_display()}"
            yield Entry(row.closed_at, what, who, row.decision or row.reason, case=row.case)


_FROM_CASES = (_received, _contacts, _replies, _opinions, _visits, _closings)


def _talks(customer: Customer, who: Identity, before: datetime | None, size: int) -> Iterator[Entry]:
    for row in _newest(communications_of(customer, who), "happened_at", before, size):
        people = "、".join(user.name for user in row.visitors.all()) or row.recorded_by.name
        yield Entry(row.happened_at, str(row.get_kind_display()), people, row.content, talk=row)
