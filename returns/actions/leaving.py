"""Goods leave, arrive, and the customer is asked (RET-11, RET-24, SLA-23, A-54)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.exceptions import InvalidInput, InvalidMove
from cases.actions.moves import Extra, moment, require
from returns import gates, notices
from returns.actions import clocks
from returns.actions.deciding import end
from returns.actions.moves import enter, finish, lock, person_of, require_state
from returns.lifecycle import HERE, MOVES, UNDECIDED, Outcome, State
from returns.models import RepairOrder, ReturnClock, ReturnSlip, Satisfaction
from returns.queries.facts import release_facts

#: Who says that a machine arrived where nobody did (A-54).
ASSUMED = Actor.system("delivery-sweep")


@transaction.atomic
def release_goods(slip: ReturnSlip, *, by: Actor, shipment: str) -> ReturnSlip:
    """Send the goods to the customer; what was repaired only after quality passed it (hard gate 2, RET-24).

    Raises ``Blocked`` before that, from whichever way it is tried.
    """
    slip = lock(slip)
    if slip.is_on_site:
        raise InvalidMove(_("It was repaired at the customer's: there is nothing to send."))
    require(gates.releasing(release_facts(slip)))
    require_state(slip, MOVES["release"].sources)
    if not shipment.strip():
        raise InvalidInput("shipment", _("Please say how it goes back: carrier and number, or handed over to whom."))
    now = timezone.now()
    slip.released_at, slip.released_by, slip.shipment = now, person_of(by), shipment
    enter(slip, MOVES["release"])
    slip = finish(slip, "release", by=by, at=now)
    notices.released(slip)
    return slip


@transaction.atomic
def record_delivery(slip: ReturnSlip, *, by: Actor, happened_at: datetime | None = None) -> ReturnSlip:
    """The customer has the goods, or accepts what was repaired on site: the return ends, and the callback is due
    (SLA-23, A-54).
    """
    slip, since = _handed_over(slip)
    now = timezone.now()
    slip.delivered_at = moment(happened_at, now=now, not_before=since)
    return _delivered(slip, by=by, at=now)


@transaction.atomic
def assume_delivery(slip: ReturnSlip) -> ReturnSlip:
    """Nobody confirmed it within the days of transport: it counts as received then (A-54); what was repaired on site
    counts as accepted so many days after quality passed it, so that no case waits for ever for a word.
    """
    slip, since = _handed_over(slip)
    slip.delivered_at = since + timedelta(days=slip.policy.transport_days)
    slip.delivery_assumed = True
    now = timezone.now()
    if slip.delivered_at > now:
        raise InvalidMove(_("The days of transport have not passed yet."))
    return _delivered(slip, by=ASSUMED, at=now)


def _handed_over(slip: ReturnSlip) -> tuple[ReturnSlip, datetime]:
    """The locked slip, and since when the customer has the goods; refused where they lie here."""
    slip = lock(slip, "deliver")
    if not slip.is_on_site:
        require_state(slip, {State.RELEASED})
    since = slip.handed_over_at
    assert since is not None  # noqa: S101 - the table of moves
    return slip, since


def _delivered(slip: ReturnSlip, *, by: Actor, at: datetime) -> ReturnSlip:
    enter(slip, MOVES["deliver"])
    refused = slip.refused_at is not None
    end(slip, Outcome.REFUSED if refused else Outcome.REPAIRED, by=by, at=at)
    if not refused:
        assert slip.delivered_at is not None  # noqa: S101 - set by the callers
        clocks.start_clock(slip, ReturnClock.Kind.CALLBACK, at=slip.delivered_at)
    slip = finish(slip, "deliver", by=by, at=at)
    notices.turn_came(slip)
    return slip


@transaction.atomic
def decline_repair(slip: ReturnSlip, *, by: Actor, reason: str) -> ReturnSlip:
    """The customer does not accept what was repaired on site: it is repaired on, and its limit goes on (RET-24)."""
    if not reason.strip():
        raise InvalidInput("reason", _("Please write what the customer is not satisfied with."))
    slip = lock(slip, "decline_repair")
    if not slip.is_on_site:
        raise InvalidMove(_("It was repaired in the house: release and send it."))
    now = timezone.now()
    order = RepairOrder.objects.select_for_update().get(slip=slip)
    order.finished_at, order.finished_by = None, None
    order.save(update_fields=["finished_at", "finished_by"])
    slip.passed_at = None
    clocks.resume(slip, ReturnClock.Kind.REPAIR)
    enter(slip, MOVES["decline_repair"])
    slip = finish(slip, "decline_repair", by=by, at=now, extra=Extra({}, {"reason": (None, reason)}))
    notices.turn_came(slip)
    return slip


@transaction.atomic
def cancel_return(slip: ReturnSlip, *, by: Actor, reason: str) -> ReturnSlip:
    """The customer takes the wish back before any goods came, or before the repairer comes to the customer."""
    if not reason.strip():
        raise InvalidInput("reason", _("Please say who took it back, and when."))
    slip = lock(slip, "cancel")
    if not slip.is_on_site:
        require_state(slip, UNDECIDED - HERE)
    now = timezone.now()
    slip.end_note = reason
    enter(slip, MOVES["cancel"])
    end(slip, Outcome.CANCELLED, by=by, at=now)
    clocks.stop_all(slip, at=now)
    slip = finish(slip, "cancel", by=by, at=now)
    notices.visit_off(slip, by=by, at=now)
    return slip


@dataclass(frozen=True)
class Callback:
    """What the customer said, or that nobody was reached; marks from 1 to 5 for a repair (F47)."""

    satisfaction: str
    note: str = ""
    response: int | None = None
    effect: int | None = None
    attitude: int | None = None


@transaction.atomic
def call_back(slip: ReturnSlip, said: Callback, *, by: Actor) -> ReturnSlip:
    """Ask the customer after the return and write the answer down (RET-11, SLA-23).

    Whoever repaired it does not ask about it. Not reached ends the task, too: the note says how often it was tried.
    """
    if said.satisfaction not in Satisfaction.values:
        raise InvalidInput("satisfaction", _("Please choose one of the offered values."))
    if said.satisfaction != Satisfaction.SATISFIED and not said.note.strip():
        raise InvalidInput("note", _("Please write what the customer said, or how often nobody was reached."))
    slip = lock(slip)
    if slip.turn != "callback_desk":
        raise InvalidMove(_("No callback is owed here."))
    person = person_of(by)
    order = RepairOrder.objects.select_for_update().filter(slip=slip).first()
    if order is not None and person.pk in {order.repairer_id, order.finished_by_id}:
        raise InvalidMove(_("Whoever repaired it does not ask the customer about it. Please ask a colleague."))
    now = timezone.now()
    slip.satisfaction, slip.satisfaction_note = said.satisfaction, said.note
    slip.called_back_at, slip.called_back_by = now, person
    if order is not None:
        order.response, order.effect, order.attitude = said.response, said.effect, said.attitude
        order.save(update_fields=["response", "effect", "attitude"])
    clocks.meet(slip, ReturnClock.Kind.CALLBACK, happened_at=now, now=now)
    marks = {name: (None, getattr(said, name)) for name in ("response", "effect", "attitude") if getattr(said, name)}
    return finish(slip, "call_back", by=by, at=now, extra=Extra(marks))
