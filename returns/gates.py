"""Why something may not happen yet: pure ``facts -> list[Reason]``.

The page shows the list before the click; the action raises ``Blocked`` with the same list.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from audit.exceptions import Reason


@dataclass(frozen=True)
class DecisionFacts:
    """What is looked at before the reason is confirmed, the repair scheduled or the return refused."""

    unexplained: tuple[str, ...] = ()
    inspection_open: bool = False


def deciding(facts: DecisionFacts) -> list[Reason]:
    """A difference is explained and a re-inspection attached before anything is decided (RET-03, RET-06)."""
    reasons = [
        Reason("difference", _("The difference in quantity of “%(name)s” is not explained.") % {"name": name})
        for name in facts.unexplained
    ]
    if facts.inspection_open:
        reasons.append(Reason("inspection_open", _("The re-inspection that was asked for has no result yet.")))
    return reasons


def scheduling(facts: DecisionFacts, *, handling: str, within_reach: bool) -> list[Reason]:
    """A repair is scheduled once it was decided and the repairer reaches the goods: they are here, or the repairer goes
    to them (RET-21 to RET-23).
    """
    reasons = deciding(facts)
    if handling != "repair":
        reasons.append(Reason("not_repair", _("That it is repaired has not been decided.")))
    if not within_reach:
        reasons.append(Reason("not_counted", _("The goods have not been received and counted.")))
    return reasons


@dataclass(frozen=True)
class RefundFacts:
    """What the refund gate looks at: one return as it stands."""

    confirmed: bool
    handling: str
    approved_amount: Decimal | None = None
    paid: bool = False
    manager_asked: bool = False
    manager_granted: bool = False


def refunding(facts: RefundFacts, *, amount: Decimal | None = None) -> list[Reason]:
    """Everything against paying money out (hard gate 1, RET-09); ``amount`` is what somebody wants to pay, if known."""
    if not facts.confirmed:
        return [Reason("not_confirmed", _("The return acceptance slip is not confirmed: nothing may be refunded."))]
    if facts.handling != "refund":
        return [Reason("not_refund", _("The confirmed handling is not a refund."))]
    reasons = []
    if facts.paid:
        reasons.append(Reason("paid", _("This slip was refunded already."), "forbidden"))
    if facts.manager_asked and not facts.manager_granted:
        reasons.append(Reason("no_approval", _("The general manager has not approved this refund.")))
    if amount is not None and facts.approved_amount is not None and amount != facts.approved_amount:
        text = _("Confirmed are %(sum)s yuan, not %(given)s.") % {
            "sum": f"{facts.approved_amount:,.2f}",
            "given": f"{amount:,.2f}",
        }
        reasons.append(Reason("other_amount", text))
    return reasons


@dataclass(frozen=True)
class ReleaseFacts:
    """What the release gate looks at."""

    state: str
    repaired: bool
    passed: bool


def releasing(facts: ReleaseFacts) -> list[Reason]:
    """No repaired unit leaves before quality's re-inspection passed (hard gate 2, RET-24)."""
    if not facts.repaired:
        return []
    if facts.state in {"scheduled", "repairing"}:
        return [Reason("not_repaired", _("The repair is not done, so nothing could be re-inspected."))]
    if not facts.passed:
        return [Reason("not_passed", _("Quality has not passed the re-inspection: the goods may not leave."))]
    return []
