"""Finding out: investigations and on-site visits."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.exceptions import InvalidInput, InvalidMove
from cases import lifecycle, notices
from cases.actions import clocks, files
from cases.actions.moves import Extra, enter, finish, lock, moment, require_worker, required, staff_of
from cases.lifecycle import MOVES
from cases.models import Case, Investigation, Visit
from documents.models import File
from organization.models import Department, User


@dataclass(frozen=True)
class Findings:
    """What an investigation established; each saving is a new version (INV-01..03, INV-13)."""

    facts: str
    cause: str = ""
    effect: str = ""
    sources: str = ""
    reason_confirmed: str = ""
    severity: str = ""
    responsible_department: Department | None = None
    responsible_text: str = ""
    minutes: int | None = None


@transaction.atomic
def start_move(case: Case, name: str, *, by: Actor) -> Case:
    """Say that the investigation (``investigate``) or the handling (``act``) has begun."""
    case = lock(case, name)
    now = timezone.now()
    enter(case, MOVES[name], at=now)
    return finish(case, name, by=by, at=now)


@transaction.atomic
def record_investigation(case: Case, findings: Findings, *, by: Actor) -> Investigation:
    """Keep facts, cause and responsibility; a received case is under investigation from then on."""
    required(findings.facts, "facts", _("Please write the established facts."))
    case = lock(case, sources={*lifecycle.WITH_DEPARTMENT, lifecycle.State.ACKNOWLEDGED})
    now = timezone.now()
    values = {f.name: getattr(findings, f.name) for f in fields(findings)}
    row = Investigation.objects.create(case=case, round=case.round, by=staff_of(by), at=now, **values)
    if MOVES["investigate"].allowed_from(case.state):
        enter(case, MOVES["investigate"], at=now)
    extra = Extra({"severity": (None, row.severity)}, {"facts": (None, row.facts), "cause": (None, row.cause)})
    finish(case, "investigate", by=by, at=now, extra=extra)
    return row


@dataclass(frozen=True)
class VisitPlan:
    """Why somebody must go there, who, and when (INV-04)."""

    necessity: str
    place: str = ""
    participants: str = ""
    visitor: User | None = None
    planned_at: datetime | None = None


@transaction.atomic
def plan_visit(case: Case, plan: VisitPlan, *, by: Actor) -> Visit:
    """Mark a visit as necessary: the on-site clock starts, in the preset at receipt (SLA-06, A-05)."""
    required(plan.necessity, "necessity", _("Please say why a visit is needed."))
    case = lock(case, sources=lifecycle.BEFORE_REPLY)
    if plan.visitor:
        require_worker(case, plan.visitor, "visitor", "record_visit")
    now = timezone.now()
    visit = Visit.objects.create(
        case=case,
        round=case.round,
        necessity=plan.necessity,
        place=plan.place,
        participants=plan.participants,
        visitor=plan.visitor,
        planned_at=plan.planned_at,
        planned_by=staff_of(by),
        created_at=now,
    )
    case.visit_needed = True
    for start in clocks.starts_of(case, clocks.Kind.ON_SITE):
        clocks.start_clock(case, start)
    finish(case, "plan_visit", by=by, at=now, extra=Extra(sealed={"necessity": (None, plan.necessity)}))
    if plan.visitor:
        notices.visit_planned(visit)
    return visit


@dataclass(frozen=True)
class Arrival:
    """What was found on site; ``arrived_at`` ends the clock."""

    arrived_at: datetime
    findings: str
    customer_statement: str = ""
    participants: str = ""
    minutes: int | None = None
    late_reason: str = ""
    files: tuple[File, ...] = ()


@transaction.atomic
def record_visit(visit: Visit, arrival: Arrival, *, by: Actor) -> Visit:
    """Record the arrival and what was found. The time of arrival decides, not that of recording.

    Recorded later than the profile allows, it needs a reason and is flagged 补录.
    """
    required(arrival.findings, "findings", _("Please write what was found on site."))
    case = lock(visit.case, sources=lifecycle.OPEN)
    visit = Visit.objects.select_for_update().get(pk=visit.pk)
    if visit.arrived_at is not None or visit.cancelled_at is not None:
        raise InvalidMove(_("This visit has been recorded or cancelled already."))
    now = timezone.now()
    at = moment(arrival.arrived_at, now=now, not_before=clocks.round_start(case))
    check_late(case, happened_at=at, now=now, reason=arrival.late_reason)
    visit.arrived_at, visit.recorded_at, visit.late_reason = at, now, arrival.late_reason
    visit.findings, visit.customer_statement = arrival.findings, arrival.customer_statement
    visit.participants = arrival.participants or visit.participants
    visit.minutes = arrival.minutes
    visit.visitor = visit.visitor or staff_of(by)
    visit.save()
    case.arrived_at = case.arrived_at or at
    clocks.meet(case, clocks.Kind.ON_SITE, happened_at=at, now=now)
    files.attach(case, arrival.files, by=by, at=now, subject=f"visit:{visit.pk}")
    finish(
        case,
        "record_visit",
        by=by,
        at=now,
        extra=Extra({"arrived_at": (None, at.isoformat())}, {"findings": (None, arrival.findings)}),
    )
    return visit


def check_late(case: Case, *, happened_at: datetime, now: datetime, reason: str) -> bool:
    """Whether it is recorded late (补录); raises ``InvalidInput`` when then no reason is given."""
    hours = case.profile_version.times.late_record_hours
    late = (now - happened_at).total_seconds() > hours * 3600
    if late and not reason:
        raise InvalidInput(
            "late_reason",
            _("It happened more than %(hours)d hours ago. Please say why it is recorded late.") % {"hours": hours},
        )
    return late


@transaction.atomic
def cancel_visit(visit: Visit, *, by: Actor, reason: str) -> Visit:
    """Cancel a planned visit with a reason; the on-site clock stops when no other visit is planned."""
    required(reason, "reason", _("Please say why the visit is not needed any more."))
    case = lock(visit.case, sources=lifecycle.OPEN)
    visit = Visit.objects.select_for_update().get(pk=visit.pk)
    if visit.arrived_at is not None or visit.cancelled_at is not None:
        raise InvalidMove(_("This visit has been recorded or cancelled already."))
    now = timezone.now()
    visit.cancelled_at, visit.cancelled_reason = now, reason
    visit.save(update_fields=["cancelled_at", "cancelled_reason"])
    if not case.visits.filter(round=case.round, cancelled_at__isnull=True).exists():
        case.visit_needed = False
        clocks.stop(clocks.clocks_of(case, clocks.Kind.ON_SITE), at=now)
    finish(case, "cancel_visit", by=by, at=now, extra=Extra(sealed={"reason": (None, reason)}))
    return visit
