"""The ledgers of assignments (派单) and of measures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext, pgettext_lazy

from cases.models import Assignment, Case, Measure, MeasureCheck
from organization.queries import Identity
from reports.queries.ledgers import Heading, Ledger, Line, Wanted, labels

LEAD, HELPS = "lead", "helps"


def _parts() -> list[tuple[str, str]]:
    return [(LEAD, pgettext("assignment", "Lead")), (HELPS, pgettext("assignment", "Co-handling"))]


# --- Assignments ------------------------------------------------------------------------------------------------


def _assignments(who: Identity, wanted: Wanted) -> QuerySet[Assignment]:
    rows: QuerySet[Assignment] = Assignment.objects.filter(case__in=Case.objects.read_in_full_by(who))
    if wanted.department:
        rows = rows.filter(department__in=wanted.departments())
    if wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.what:
        rows = rows.filter(is_lead=wanted.what == LEAD)
    return rows.select_related("case", "department").only(
        "case__number", "department__name", "department__name_en", "is_lead", "requirement", "sent_at", "due_at",
        "received_at", "answered_at", "state", "ended_at", "ended_reason",
    )  # fmt: skip


def _assignment_headings() -> list[Heading]:
    return [
        Heading(_("Case")),
        Heading(_("Department"), width=14),
        Heading(pgettext("ledger", "Part"), width=8),
        Heading(pgettext("ledger", "Requirement"), width=44),
        Heading(pgettext("ledger", "Sent at"), "datetime", 17),
        Heading(pgettext("ledger", "Receipt"), "datetime", 17),
        Heading(pgettext("ledger", "Due"), "datetime", 17),
        Heading(pgettext("ledger", "Answered at"), "datetime", 17),
        Heading(_("State"), width=10),
        Heading(pgettext("ledger", "Returned or cancelled at"), "datetime", 17),
        Heading(_("Reason"), width=32),
    ]


def _assignment_lines(rows: Sequence[Assignment], who: Identity) -> list[Line]:
    parts, states = dict(_parts()), labels(Assignment.State.choices)
    return [
        Line(
            (
                row.case.number, str(row.department), parts[LEAD if row.is_lead else HELPS], row.requirement,
                row.sent_at, row.received_at, row.due_at, row.answered_at, states[row.state], row.ended_at,
                row.ended_reason,
            )
        )
        for row in rows
    ]  # fmt: skip


# --- Measures ---------------------------------------------------------------------------------------------------


def _measures(who: Identity, wanted: Wanted) -> QuerySet[Measure]:
    rows = Measure.objects.filter(case__in=Case.objects.read_in_full_by(who))
    if wanted.department:
        rows = rows.filter(department__in=wanted.departments())
    if wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.what:
        rows = rows.filter(type=wanted.what)
    return rows.select_related("case", "department", "owner").only(
        "case__number", "department__name", "department__name_en", "owner__name", "type", "text", "planned_at",
        "due_on", "done_at", "state", "cancelled_reason",
    )  # fmt: skip


def _measure_headings() -> list[Heading]:
    return [
        Heading(_("Case")),
        Heading(pgettext("ledger", "Type"), width=12),
        Heading(pgettext("ledger", "Measure"), width=48),
        Heading(_("Department"), width=14),
        Heading(pgettext("ledger", "Owner"), width=10),
        Heading(pgettext("ledger", "Planned at"), "datetime", 17),
        Heading(pgettext("ledger", "Due"), "date", 12),
        Heading(pgettext("ledger", "Done at"), "datetime", 17),
        Heading(pgettext("ledger", "Verified at"), "datetime", 17),
        Heading(pgettext("ledger", "Effective"), width=8),
        Heading(_("State"), width=12),
        Heading(pgettext("ledger", "Reason of cancelling"), width=24),
    ]


def _measure_lines(rows: Sequence[Measure], who: Identity) -> list[Line]:
    checks, said = _checks(rows), labels([*Measure.Type.choices, *Measure.State.choices])
    return [_measure(row, checks.get(row.pk, (None, None)), said) for row in rows]


def _measure(row: Measure, check: tuple[datetime | None, bool | None], said: dict[str, str]) -> Line:
    return Line(
        (
            row.case.number, said[row.type], row.text, str(row.department), row.owner.name, row.planned_at,
            row.due_on, row.done_at, *check, said[row.state], row.cancelled_reason,
        )
    )  # fmt: skip


def _checks(rows: Sequence[Measure]) -> dict[int, tuple[datetime, bool]]:
    """When each measure was last verified, and whether it proved effective."""
    found = MeasureCheck.objects.filter(measure__in=[row.pk for row in rows]).order_by("id")
    return {pk: (at, effective) for pk, at, effective in found.values_list("measure_id", "at", "effective")}


ASSIGNMENTS = Ledger(
    code="assignments",
    form="",
    title=lazy("Ledger of assignments"),
    about=lazy("What was sent to which department, when it was received and answered, or returned and why."),
    at="sent_at",
    headings=_assignment_headings,
    rows=_assignments,
    lines=_assignment_lines,
    states=lambda: [(value, str(label)) for value, label in Assignment.State.choices],
    what=pgettext_lazy("ledger", "Part"),
    whats=_parts,
)
MEASURES = Ledger(
    code="measures",
    form="",
    title=lazy("Ledger of measures"),
    about=lazy("Corrections, corrective and preventive measures, and whether they proved effective."),
    at="planned_at",
    headings=_measure_headings,
    rows=_measures,
    lines=_measure_lines,
    states=lambda: [(value, str(label)) for value, label in Measure.State.choices],
    what=lazy("Type"),
    whats=lambda: [(value, str(label)) for value, label in Measure.Type.choices],
)
