"""Goods arrive: counted once, a difference explained, what comes later gets a slip of its own (RET-03, A-53)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import InvalidInput, InvalidMove
from cases.actions.moves import Extra, moment
from returns import notices, readers
from returns.actions import clocks
from returns.actions.moves import enter, finish, lock, person_of, write_search
from returns.actions.opening import new_number
from returns.actions.ties import hold_case, take_case
from returns.lifecycle import MOVES, Handling, State
from returns.models import ReturnClock, ReturnSlip, SlipLine

Difference = SlipLine.Difference


@dataclass(frozen=True)
class Counted:
    """What was counted of one line, and why it differs, where that is known at once."""

    quantity: int
    difference: str = ""
    note: str = ""


@transaction.atomic
def receive_goods(
    slip: ReturnSlip, counted: Mapping[int, Counted], *, by: Actor, happened_at: datetime | None = None
) -> ReturnSlip:
    """Record the counted quantities against the announced ones (RET-03), by line; starts the repair's limit.

    Where the rest comes later, a slip of its own is opened for it: partial arrivals form own batches (A-53). Raises
    ``InvalidInput`` where a line was not counted or nothing at all arrived, ``InvalidMove`` for a repair that nobody
    has accepted (RET-21), or that is done at the customer's (RET-23).
    """
    slip = lock(slip, "receive")
    if slip.is_on_site:
        raise InvalidMove(_("It is repaired at the customer's, so nothing comes in. Change the place of repair first."))
    if slip.state == State.REGISTERED and slip.wish == Handling.REPAIR:
        raise InvalidMove(_("The application for this repair has not been accepted yet."))
    now = timezone.now()
    at = moment(happened_at, now=now, not_before=slip.registered_at)
    lines = list(SlipLine.objects.select_for_update(of=("self",)).filter(slip=slip).select_related("product"))
    _check(lines, counted)
    for line in lines:
        _count(line, counted[line.pk])
    slip.received_at, slip.received_by = at, person_of(by)
    enter(slip, MOVES["receive"])
    if slip.handling == Handling.REPAIR:
        clocks.start_clock(slip, ReturnClock.Kind.REPAIR, at=at)
    quantities = {"counted": (None, [line.counted for line in lines])}
    notes = {"difference": (None, [line.difference_note for line in lines])} if any(x.difference for x in lines) else {}
    slip = finish(slip, "receive", by=by, at=now, extra=Extra(quantities, notes))
    _rest(slip, lines, by=by, at=now)
    notices.turn_came(slip)
    return slip


def _check(lines: list[SlipLine], counted: Mapping[int, Counted]) -> None:
    for line in lines:
        found = counted.get(line.pk)
        if found is None or found.quantity < 0:
            raise InvalidInput("counted", _("Please count every line; enter 0 where nothing arrived."))
        _check_difference(line, found)
    if not any(found.quantity for found in counted.values()):
        raise InvalidInput("counted", _("Nothing arrived, so there is nothing to receive."))


def _check_difference(line: SlipLine, found: Counted) -> None:
    if found.difference and found.difference not in Difference.values:
        raise InvalidInput("difference", _("Please choose one of the offered values."))
    if found.difference == Difference.LATER and found.quantity >= line.announced:
        raise InvalidInput("difference", _("Nothing is missing of “%(name)s” that could come later.") % {"name": line})
    if found.difference and found.difference != Difference.LATER and not found.note.strip():
        raise InvalidInput("difference", _("Please say in words what became of the difference."))


def _count(line: SlipLine, found: Counted) -> None:
    line.counted = found.quantity
    if line.differs:
        line.difference, line.difference_note = found.difference, found.note
    line.save(update_fields=["counted", "difference", "difference_note"])


def _rest(slip: ReturnSlip, lines: list[SlipLine], *, by: Actor, at: datetime) -> ReturnSlip | None:
    """A slip for what comes later, with everything that the first one says; None where nothing does.

    Its case waits for it, too, and bars from it whom it bars from the first (RET-32, RTE-18).
    """
    later = [line for line in lines if line.difference == Difference.LATER]
    if not later:
        return None
    names = (
        "source", "wish", "reason", "unused", "description", "case_id", "customer_id", "contact_name",
        "contact_organisation", "contact_phone", "contact_email", "contact_address", "profile_version_id",
        "accepted_at", "accepted_by_id", "registered_by_id",
    )  # fmt: skip
    rest = ReturnSlip(continues=slip, registered_at=at, turn_since=at, **{name: getattr(slip, name) for name in names})
    if slip.handling == Handling.REPAIR:  # what was accepted and then asked to be refunded is no repair any more
        rest.state, rest.handling = State.ACCEPTED, slip.handling
    take_case(rest)
    rest.turn = readers.turn_of(rest)
    rest.readers = readers.readers_of(rest)
    rest.number = new_number(at)
    rest.save(force_insert=True)
    goods = ("product_id", "product_text", "batch", "serial", "purchased_on", "received_on", "accepted_on",
             "warranty_ends_on", "excluded")  # fmt: skip
    SlipLine.objects.bulk_create(
        SlipLine(slip=rest, announced=line.announced - (line.counted or 0), **{n: getattr(line, n) for n in goods})
        for line in later
    )
    hold_case(rest, by=by)
    write_search(rest)
    changes = {"number": (None, rest.number), "continues": (None, slip.number)}
    record(rest.thread, "register", by=by, at=at, changes=changes)
    return rest


@transaction.atomic
def explain_difference(slip: ReturnSlip, line: SlipLine, found: Counted, *, by: Actor) -> ReturnSlip:
    """Say why another quantity arrived (RET-03); until then nothing is decided. ``quantity`` is not looked at."""
    slip = lock(slip, sources={State.RECEIVED})
    row = SlipLine.objects.select_for_update().get(pk=line.pk, slip=slip)
    if not row.differs:
        raise InvalidInput("difference", _("As many arrived as were announced; there is nothing to explain."))
    if not found.difference:
        raise InvalidInput("difference", _("Please choose one of the offered values."))
    _check_difference(row, Counted(row.counted or 0, found.difference, found.note))
    before = row.difference
    row.difference, row.difference_note = found.difference, found.note
    row.save(update_fields=["difference", "difference_note"])
    now = timezone.now()
    changes = {"line": (None, row.pk), "difference": (before or None, row.difference)}
    slip = finish(slip, "explain", by=by, at=now, extra=Extra(changes, {"note": (None, row.difference_note)}))
    if row.difference == Difference.LATER and before != Difference.LATER:
        _rest(slip, [row], by=by, at=now)
    notices.turn_came(slip)
    return slip
