"""Giving the repairs that somebody has in hand to another."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.exceptions import InvalidInput
from cases.actions.handover import Refusal
from cases.actions.moves import Extra
from organization.models import User
from returns.actions.moves import finish, lock
from returns.actions.repair import check_repairer
from returns.lifecycle import State
from returns.models import RepairOrder, ReturnSlip

REPAIRS = "repairs"
#: A repair is in its repairer's hands from the schedule until he or she says that it is done.
_IN_HAND = (State.SCHEDULED, State.REPAIRING)


@dataclass(frozen=True)
class Moved:
    """How many repairs changed hands, and which stayed and why."""

    counts: dict[str, int] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)


def in_hand(giver: User, *, barred: int) -> dict[str, int]:
    """How many repairs somebody has to do; those of cases in which the asker must not take part are not counted."""
    count = _orders(giver, barred=barred).count()
    return {REPAIRS: count} if count else {}


def _orders(giver: User, *, barred: int) -> QuerySet[RepairOrder]:
    rows = RepairOrder.objects.filter(repairer=giver, finished_at=None, slip__state__in=_IN_HAND)
    return rows.exclude(slip__case__barred__contains=[-barred])


@transaction.atomic
def hand_over(giver: User, taker: User, *, by: Actor) -> Moved:
    """Repairs go to ``taker``, who must be of a department that repairs and not barred by the case; else they stay."""
    slips = list(_orders(giver, barred=by.id or 0).order_by("slip").values_list("slip", flat=True))
    refused, count = [], 0
    for pk in slips:
        slip = lock(ReturnSlip(pk=pk))
        if why := _against(slip, taker):
            refused.append(Refusal(slip.number, why))
        else:
            count += _give(slip, giver, taker, by=by)
    return Moved({REPAIRS: count} if count else {}, refused)


def _against(slip: ReturnSlip, taker: User) -> str:
    """Why it cannot go there; "" when it can."""
    if slip.case is not None and -taker.pk in slip.case.barred:
        return _("%(name)s must not take part in this case.") % {"name": taker.name}
    try:
        check_repairer(taker)
    except InvalidInput as refusal:
        return str(refusal.message)
    return ""


def _give(slip: ReturnSlip, giver: User, taker: User, *, by: Actor) -> int:
    """Under the slip's lock: somebody may have finished or planned it anew meanwhile."""
    order = RepairOrder.objects.select_for_update().get(slip=slip)
    if order.repairer_id != giver.pk or order.finished_at is not None or slip.state not in _IN_HAND:
        return 0
    order.repairer = taker
    order.save(update_fields=["repairer"])
    slip.readers = sorted({*slip.readers, -taker.pk})
    finish(slip, "hand_over", by=by, at=timezone.now(), extra=Extra({"repairer": (giver.pk, taker.pk)}))
    return 1
