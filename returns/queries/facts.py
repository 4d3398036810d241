"""The plain facts that gates and sums look at, of one return."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from returns.gates import DecisionFacts, ReleaseFacts
from returns.lifecycle import Handling
from returns.models import Inspection, ReturnSlip, SlipLine
from returns.windows import Dates, Sum, warranty_of, windows_of


@dataclass(frozen=True)
class LineSums:
    """The windows and the warranty of one line, with every step of the sum."""

    line: SlipLine
    windows: list[Sum]
    warranty: Sum

    @property
    def in_warranty(self) -> bool:
        """Whether manufacture, assembly and material are ours to mend (RET-18, RET-19)."""
        return bool(self.warranty.holds) and not self.line.excluded


def sums_of(slip: ReturnSlip, lines: list[SlipLine]) -> list[LineSums]:
    """The sums of each line, as of the day the return was asked for; asks the database nothing."""
    asked_on, policy = timezone.localdate(slip.registered_at), slip.policy
    found = []
    for line in lines:
        dates = Dates(asked_on, line.purchased_on, line.received_on, line.accepted_on)
        windows = windows_of(policy.windows, dates, reason=slip.reason, unused=slip.unused)
        warranty = warranty_of(dates, label=_("Warranty"), months=policy.warranty_months, ends=line.warranty_ends_on)
        found.append(LineSums(line, windows, warranty))
    return found


def outside_every_window(slip: ReturnSlip) -> bool:
    """Whether recorded dates show that some line came too late for every window that is for it (SLA-24, SLA-25).

    A window whose date is not recorded says nothing.
    """
    for sums in sums_of(slip, list(slip.lines.all())):
        known = [window.holds for window in sums.windows if window.holds is not None]
        if known and not any(known):
            return True
    return False


def is_free(slip: ReturnSlip) -> bool:
    """Whether the repair costs the customer nothing: every line within its warranty (RET-19)."""
    return all(sums.in_warranty for sums in sums_of(slip, list(slip.lines.all())))


def decision_facts(slip: ReturnSlip) -> DecisionFacts:
    """What stands in the way of a decision; two queries."""
    lines = SlipLine.objects.filter(slip=slip).select_related("product")
    waits = Inspection.objects.filter(slip=slip, purpose=Inspection.Purpose.CLAIM, at=None).exists()
    return DecisionFacts(tuple(str(line) for line in lines if line.is_unexplained), waits)


def within_reach(slip: ReturnSlip) -> bool:
    """Whether a repairer can get at the goods: counted in the house, or visited where they stand (RET-23)."""
    return slip.received_at is not None or slip.is_on_site


def was_looked_at(slip: ReturnSlip) -> bool:
    """Whether somebody of the house had the goods before his eyes, so that who is liable can be said (INV-11)."""
    return slip.received_at is not None or slip.passed_at is not None


def release_facts(slip: ReturnSlip) -> ReleaseFacts:
    """What stands in the way of sending it."""
    repaired = slip.refused_at is None and slip.is_repair and slip.handling in {"", Handling.REPAIR}
    return ReleaseFacts(slip.state, repaired, slip.passed_at is not None)
