"""Money goes out: one payment a slip, only behind the gate; what the gate refuses is written down (RET-09)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from audit.actor import Actor
from audit.exceptions import Blocked, InvalidInput, InvalidMove, Reason
from cases.actions.moves import Extra, require
from organization.models import User
from returns import gates, notices
from returns.actions import clocks
from returns.actions.deciding import end
from returns.actions.moves import enter, finish, lock, person_of
from returns.lifecycle import MOVES, Outcome, State
from returns.models import Refund, RefundRefusal, ReturnClock, ReturnSlip
from returns.queries.refunds import refund_facts

Via = RefundRefusal.Via


@dataclass(frozen=True)
class Payment:
    """What finance paid, and where that is written."""

    amount: Decimal
    way: str
    reference: str
    paid_on: date


def pay_refund(slip: ReturnSlip, payment: Payment, *, by: Actor, via: str = Via.PAGE) -> Refund:
    """Record the payment of a confirmed return; it ends with it (hard gate 1).

    Raises ``Blocked`` with everything against it, after writing the refusal down: without a confirmed slip finance
    must refuse, whichever way it is tried.
    """
    check_payment(payment)
    try:
        return _pay(slip, payment, by=by)
    except Blocked as refusal:
        _refused(slip, refusal.reasons, payment.amount, by=by, via=via)
        raise


def require_payable(slip: ReturnSlip, *, by: Actor, via: str = Via.PAGE) -> None:
    """Ask the gate before anybody types an amount; what it refuses is written down as when paying (RET-09)."""
    if reasons := gates.refunding(refund_facts(slip)):
        _refused(slip, reasons, None, by=by, via=via)
        raise Blocked(reasons)


@transaction.atomic
def _pay(slip: ReturnSlip, payment: Payment, *, by: Actor) -> Refund:
    slip = lock(slip)
    require(gates.refunding(refund_facts(slip), amount=payment.amount))
    if slip.state not in MOVES["pay"].sources:
        raise InvalidMove(
            _("This is not possible while the return is “%(state)s”. Reload the page to see what can be done now.")
            % {"state": slip.get_state_display()}
        )
    now = timezone.now()
    row = Refund.objects.create(slip=slip, by=person_of(by), at=now, **vars(payment))
    enter(slip, MOVES["pay"])
    end(slip, Outcome.REFUNDED, by=by, at=now)
    clocks.start_clock(slip, ReturnClock.Kind.CALLBACK, at=now)
    extra = Extra(
        {"amount": (None, str(payment.amount)), "way": (None, payment.way), "paid_on": (None, str(payment.paid_on))},
        {"reference": (None, payment.reference)},
    )
    slip = finish(slip, "pay", by=by, at=now, extra=extra)
    notices.refunded(slip)
    notices.turn_came(slip)
    return row


def check_payment(payment: Payment) -> None:
    """Raise ``InvalidInput`` for what no payment can be."""
    if payment.amount <= 0:
        raise InvalidInput("amount", _("Please enter an amount above zero."))
    if payment.way not in Refund.Way.values:
        raise InvalidInput("way", _("Please choose one of the offered values."))
    if not payment.reference.strip():
        raise InvalidInput("reference", _("Please enter the number of the voucher."))
    if payment.paid_on > timezone.localdate():
        raise InvalidInput("paid_on", _("This day lies in the future. Record it when it was paid."))


@transaction.atomic(durable=True)
def _refused(slip: ReturnSlip, reasons: list[Reason], amount: Decimal | None, *, by: Actor, via: str) -> None:
    """In a transaction of its own: what was refused is rolled back, that it was refused is not."""
    now = timezone.now()
    codes = [reason.code for reason in reasons]
    user = User.objects.filter(pk=by.id).first() if by.id else None
    RefundRefusal.objects.create(slip=slip, via=via, amount=amount, reasons=codes, by=user, at=now)
    record(
        slip.thread, "refuse_refund", by=by, at=now,
        changes={"via": (None, str(via)), "reasons": (None, codes), "amount": (None, str(amount) if amount else None)},
    )  # fmt: skip


def amend_refund(row: Refund, payment: Payment, *, by: Actor, reason: str) -> Refund:
    """Correct what was recorded of a payment; the gate is asked again, the old values stay in the history (RET-09).

    Raises ``Blocked`` (written down as a refusal) where the corrected amount is not the confirmed one.
    """
    check_payment(payment)
    if not reason.strip():
        raise InvalidInput("reason", _("Please say what was wrong."))
    try:
        return _amend(row, payment, by=by, reason=reason)
    except Blocked as refusal:
        _refused(row.slip, refusal.reasons, payment.amount, by=by, via=Via.AMENDMENT)
        raise


@transaction.atomic
def _amend(row: Refund, payment: Payment, *, by: Actor, reason: str) -> Refund:
    slip = lock(row.slip, sources={State.ENDED})
    row = Refund.objects.select_for_update().get(pk=row.pk)
    facts = refund_facts(slip, paid=False)
    require(gates.refunding(facts, amount=payment.amount))
    before = {name: getattr(row, name) for name in vars(payment)}
    for name, value in vars(payment).items():
        setattr(row, name, value)
    row.save()
    changed = {name: (old, getattr(row, name)) for name, old in before.items() if old != getattr(row, name)}
    sealed = {"reference": changed.pop("reference")} if "reference" in changed else {}
    facts_changed = {name: (str(old), str(new)) for name, (old, new) in changed.items()}
    finish(
        slip, "amend_refund", by=by, at=timezone.now(), extra=Extra(facts_changed, sealed | {"reason": (None, reason)})
    )
    return row
