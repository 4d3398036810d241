"""The case slip 处理单 (F02, RES-13): all that the paper says, from the facts of the case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from cases.models import Assignment, Case, Investigation, Measure, Opinion, Reply, Round, Verification
from cases.queries.case import Dossier
from organization.masks import mask_email, mask_name, mask_phone


@dataclass(frozen=True)
class Approved:
    """A leader's decision about the case: what was asked, what was decided, by whom and when."""

    reason: str
    granted: bool
    opinion: str
    by: str
    at: datetime


@dataclass(frozen=True)
class MeasureLine:
    """One measure with its owner and its last check."""

    measure: Measure
    owner: str
    verified_by: str
    verified_at: datetime | None
    method: str


@dataclass(frozen=True)
class Slip:
    """What stands on the paper, of one round; contact data masked for who may not see them."""

    case: Case
    round: Round
    reporter: str
    contact: str
    verification: Verification | None
    transfers: list[tuple[Assignment, str]]
    investigation: Investigation | None
    measures: list[MeasureLine]
    replies: list[tuple[Reply, str]]
    opinion: Opinion | None
    approvals: list[Approved]
    visits: list[tuple[datetime, str, str]]
    closed_by: str


def slip(dossier: Dossier, *, contact: bool, n: int | None = None) -> Slip:
    """The slip of the ``n``-th round, else of the current one; asks the database nothing."""
    case = dossier.case
    dossier = dossier if n is None else replace(dossier, shown_round=n)
    round_ = next(row for row in dossier.rounds if row.n == dossier.shown_round)
    phone = case.reporter_phone if contact else mask_phone(case.reporter_phone)
    email = case.reporter_email if contact else mask_email(case.reporter_email)
    kept = [row for row in dossier.of_round(dossier.measures) if row.state != Measure.State.CANCELLED]
    return Slip(
        case=case,
        round=round_,
        reporter=case.reporter_name if contact else mask_name(case.reporter_name),
        contact=" · ".join(value for value in (phone, email) if value),
        verification=_last(dossier.of_round(dossier.verifications)),
        transfers=[(row, dossier.name(row.answered_by_id or row.holder_id)) for row in dossier.current_assignments],
        investigation=max(dossier.of_round(dossier.investigations), key=lambda row: row.pk, default=None),
        measures=[_line(dossier, row) for row in kept],
        replies=[(row, dossier.name(row.by_id)) for row in dossier.of_round(dossier.replies) if row.final],
        opinion=_last(dossier.of_round(dossier.opinions)),
        approvals=_approvals(dossier),
        visits=[
            (row.arrived_at, dossier.name(row.visitor_id), row.findings)
            for row in dossier.of_round(dossier.visits)
            if row.arrived_at
        ],
        closed_by=dossier.name(round_.closed_by_id),
    )  # fmt: skip


def paper_context(found: Slip, *, organisation: str) -> Mapping[str, Any]:
    """What the templates of the slip are made of, but for the stamp."""
    return {
        "case": found.case,
        "slip": found,
        "organisation": organisation,
        "signatures": [_("Handled by"), _("Department concerned"), _("Company leader"), _("Customer")],
    }


def _last(rows):  # type: ignore[no-untyped-def]
    return rows[-1] if rows else None


def _line(dossier: Dossier, measure: Measure) -> MeasureLine:
    check = _last([row for row in dossier.checks if row.measure_id == measure.pk and row.effective])
    return MeasureLine(
        measure,
        dossier.name(measure.owner_id),
        dossier.name(check.by_id) if check else "",
        check.at if check else None,
        check.method if check else "",
    )


def _approvals(dossier: Dossier) -> list[Approved]:
    """Decisions of leaders, and what somebody senior answered to the customer's demand."""
    reasons = {row.pk: row.reason for row in dossier.approvals}
    decided = [
        Approved(reasons[row.approval_id], row.granted, row.opinion, dossier.name(row.by_id), row.at)
        for row in dossier.decisions
    ]
    answered = [
        Approved(row.demand, granted=True, opinion=row.answer, by=dossier.name(row.answered_by_id), at=row.answered_at)
        for row in dossier.escalations
        if row.answered_at is not None
    ]
    return decided + answered
