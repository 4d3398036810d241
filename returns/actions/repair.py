"""The repair: scheduled, started, noted, done, re-inspected by quality (RET-22 to RET-25, INV-12)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.exceptions import InvalidInput, InvalidMove
from cases.actions.moves import Extra, require
from organization import numbering
from organization.models import User
from organization.models.units import Function
from organization.queries import identity_of
from returns import gates, notices
from returns.actions import clocks
from returns.actions.moves import enter, finish, lock, person_of
from returns.lifecycle import MOVES, Place, State
from returns.models import Inspection, RepairNote, RepairOrder, ReturnClock, ReturnSlip
from returns.queries.facts import decision_facts, is_free, within_reach


@dataclass(frozen=True)
class Schedule:
    """Who repairs it, when and with what (RET-22)."""

    repairer: User
    planned_on: date
    tools: str = ""


@transaction.atomic
def schedule_repair(slip: ReturnSlip, plan: Schedule, *, by: Actor) -> RepairOrder:
    """Make or change the work order of a repair and tell the customer (RET-22).

    Free of charge within the warranty, unless its cause is excluded (RET-19). Raises ``InvalidInput`` for somebody who
    is not of the repair department, and for a day that has passed.
    """
    slip = lock(slip, "schedule")
    require(gates.scheduling(decision_facts(slip), handling=slip.handling, within_reach=within_reach(slip)))
    now = timezone.now()
    if plan.planned_on < timezone.localdate(now):
        raise InvalidInput("planned_on", _("This day has passed."))
    check_repairer(plan.repairer)
    order = RepairOrder.objects.filter(slip=slip).first() or RepairOrder(slip=slip, scheduled_at=now)
    before = order.repairer_id if order.pk else None
    order.repairer, order.planned_on, order.tools = plan.repairer, plan.planned_on, plan.tools
    order.free = is_free(slip)
    if not order.number:
        order.number = f"WX{numbering.next_number('repair', at=now)}"
    order.save()
    enter(slip, MOVES["schedule"])
    extra = Extra(
        {
            "repairer": (before, plan.repairer.pk),
            "planned_on": (None, plan.planned_on.isoformat()),
            "free": (None, order.free),
        },
        {"tools": (None, plan.tools)},
    )
    slip.readers = sorted({*slip.readers, -plan.repairer.pk})
    slip = finish(slip, "schedule", by=by, at=now, extra=extra)
    notices.repair_scheduled(slip, order, by=by)
    return order


def check_repairer(person: User) -> None:
    """Raise ``InvalidInput`` for somebody who does not repair."""
    if not person.is_active or Function.REPAIR not in identity_of(person).functions:
        raise InvalidInput("repairer", _("%(name)s is not of a department that repairs.") % {"name": person.name})


@transaction.atomic
def change_place(slip: ReturnSlip, place: str, *, by: Actor, reason: str) -> ReturnSlip:
    """Repair it at the customer's instead, or bring in what could not be repaired there (RET-23).

    Possible until goods came in. The work order keeps its number; whoever repairs it is planned again. The limit of a
    repair at the customer's runs from the acceptance, and goes on when the goods are brought in: changing the place is
    no way to a later one. Raises ``InvalidMove`` for goods that are here, ``InvalidInput`` for the same place.
    """
    if not reason.strip():
        raise InvalidInput("reason", _("Please say why it is repaired elsewhere; the customer is told."))
    slip = lock(slip, "change_place")
    if slip.received_at is not None:
        raise InvalidMove(_("The goods are here, so they are repaired here."))
    if place not in Place.values or place == slip.place:
        raise InvalidInput("place", _("Please choose the other place."))
    now = timezone.now()
    slip.place = place
    enter(slip, MOVES["change_place"])
    if slip.is_on_site:
        clocks.start_clock(slip, ReturnClock.Kind.REPAIR, at=slip.accepted_at or now)
    slip = finish(slip, "change_place", by=by, at=now, extra=Extra({}, {"reason": (None, reason)}))
    notices.place_changed(slip, reason)
    if not slip.is_on_site:
        notices.visit_off(slip, by=by, at=now)
    return slip


@transaction.atomic
def start_repair(slip: ReturnSlip, *, by: Actor) -> ReturnSlip:
    """Somebody has it on the bench."""
    slip = lock(slip, "start")
    now = timezone.now()
    order = RepairOrder.objects.select_for_update().get(slip=slip)
    order.started_at = order.started_at or now
    order.save(update_fields=["started_at"])
    enter(slip, MOVES["start"])
    return finish(slip, "start", by=by, at=now)


@dataclass(frozen=True)
class Piece:
    """Work done with its minutes, or a part that was put in with its quantity."""

    kind: str
    text: str
    quantity: Decimal = Decimal(1)
    minutes: int | None = None


@transaction.atomic
def note_work(slip: ReturnSlip, piece: Piece, *, by: Actor) -> RepairNote:
    """Write a piece of progress into the work order (RET-25)."""
    if not piece.text.strip():
        raise InvalidInput("text", _("Please write what was done or which part was put in."))
    slip = lock(slip, sources={State.REPAIRING})
    now = timezone.now()
    order = RepairOrder.objects.get(slip=slip)
    row = RepairNote.objects.create(order=order, by=person_of(by), at=now, **vars(piece))
    changes = {"kind": (None, piece.kind), "quantity": (None, str(piece.quantity)), "minutes": (None, piece.minutes)}
    finish(slip, "note_work", by=by, at=now, extra=Extra(changes, {"text": (None, piece.text)}))
    return row


@dataclass(frozen=True)
class Report:
    """What the repairer found, did, and holds for the cause (RET-25, INV-12)."""

    detection: str
    work: str
    cause: str


@transaction.atomic
def finish_repair(slip: ReturnSlip, report: Report, *, by: Actor) -> ReturnSlip:
    """The repair is done; the cause goes to quality, who re-inspects before anything leaves (INV-12, RET-24)."""
    for name, value in vars(report).items():
        if not value.strip():
            raise InvalidInput(name, _("Please fill this in: the repair record needs it."))
    slip = lock(slip, "finish")
    now = timezone.now()
    order = RepairOrder.objects.select_for_update().get(slip=slip)
    order.detection, order.work, order.cause = report.detection, report.work, report.cause
    order.finished_at, order.finished_by = now, person_of(by)
    order.save()
    Inspection.objects.create(slip=slip, purpose=Inspection.Purpose.RELEASE, asked_by=person_of(by), asked_at=now)
    enter(slip, MOVES["finish"])
    sealed = {name: (None, value) for name, value in vars(report).items()}
    slip = finish(slip, "finish", by=by, at=now, extra=Extra({}, sealed))
    notices.turn_came(slip)
    return slip


@transaction.atomic
def inspect_repair(slip: ReturnSlip, *, by: Actor, passed: bool, findings: str) -> ReturnSlip:
    """Quality's re-inspection of what was repaired; failed, it goes back to the bench (RET-24).

    Whoever repaired it does not pass it. Passed, the repair's limit ends at the moment the repair was done.
    """
    if not findings.strip():
        raise InvalidInput("findings", _("Please write what was found."))
    slip = lock(slip, "inspect")
    order = RepairOrder.objects.select_for_update().get(slip=slip)
    person = person_of(by)
    if person.pk in {order.repairer_id, order.finished_by_id}:
        raise InvalidMove(_("Whoever repaired it does not re-inspect it. Please ask a colleague."))
    now = timezone.now()
    row = Inspection.objects.select_for_update().get(slip=slip, purpose=Inspection.Purpose.RELEASE, at=None)
    row.passed, row.findings, row.by, row.at = passed, findings, person, now
    row.save()
    if passed:
        assert order.finished_at is not None  # noqa: S101 - the table of moves
        slip.passed_at = now
        clocks.meet(slip, ReturnClock.Kind.REPAIR, happened_at=order.finished_at, now=now)
        enter(slip, MOVES["inspect"], State.PASSED)
    else:
        order.finished_at, order.finished_by = None, None
        order.save(update_fields=["finished_at", "finished_by"])
        enter(slip, MOVES["inspect"], State.REPAIRING)
    extra = Extra({"passed": (None, passed)}, {"findings": (None, findings)})
    slip = finish(slip, "inspect", by=by, at=now, extra=extra)
    notices.turn_came(slip)
    return slip
