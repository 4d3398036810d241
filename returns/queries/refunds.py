"""What finance may pay, and what it was refused (RET-09)."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from organization.queries import Identity
from regulations.models import Approval
from returns.gates import RefundFacts
from returns.lifecycle import Handling, State
from returns.models import Refund, RefundRefusal, ReturnSlip

#: The kind of the general manager's approval, where a profile asks for it (A-22).
APPROVAL = "refund"
REFUSALS_SHOWN = 50


def refund_facts(slip: ReturnSlip, *, paid: bool | None = None) -> RefundFacts:
    """The facts of the refund gate, of a locked row or one that is only shown; ``paid`` None looks."""
    gate = slip.policy.manager_gate
    newest = newest_approval(slip) if gate else None
    return RefundFacts(
        confirmed=slip.confirmed_at is not None,
        handling=slip.handling,
        approved_amount=slip.refund_amount,
        paid=Refund.objects.filter(slip=slip).exists() if paid is None else paid,
        manager_asked=gate,
        manager_granted=newest is not None and bool(newest.granted),
    )


def newest_approval(slip: ReturnSlip) -> Approval | None:
    """The last question put to the general manager about this refund."""
    return Approval.objects.filter(thread=slip.thread, kind=APPROVAL).order_by("-pk").first()


def approval_waits(slip: ReturnSlip) -> bool:
    """Whether the general manager has to decide first."""
    if not slip.policy.manager_gate or slip.pk is None:
        return False
    newest = newest_approval(slip)
    return newest is not None and newest.is_open


def to_pay(who: Identity) -> QuerySet[ReturnSlip]:
    """Confirmed slips that wait for finance, the oldest first."""
    rows = ReturnSlip.objects.visible_to(who).filter(state=State.CONFIRMED, handling=Handling.REFUND)
    return rows.filter(turn="finance").order_by("turn_since", "id")


def refusals(who: Identity) -> QuerySet[RefundRefusal]:
    """What the gate refused, the newest first; of a slip that this person may not read only its number is told."""
    return RefundRefusal.objects.select_related("slip", "by").order_by("-id")[:REFUSALS_SHOWN]


_L = pgettext_lazy
#: What the codes of ``gates.refunding`` are called where a refusal is listed.
_REASONS: dict[str, Promise] = {
    "not_confirmed": _L("refund refused", "slip not confirmed"),
    "not_refund": _L("refund refused", "another handling was confirmed"),
    "paid": _L("refund refused", "paid already"),
    "no_approval": _L("refund refused", "not approved by the general manager"),
    "other_amount": _L("refund refused", "another amount than confirmed"),
}


def reason_words(code: str) -> str:
    """A reason of a refusal in words."""
    return str(_REASONS.get(code, code))
