"""What is to be done now with a case, and whether it is this reader's turn. Pure: asks the row only."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cases.lifecycle import ENDED, SHORT_KINDS, WITH_DEPARTMENT, State
from cases.models import Case
from cases.readers import QUALITY_READS
from organization.models import Role
from organization.models.units import Function
from organization.queries import Identity

#: Roles that follow cases and move none.
ONLY_READ = frozenset({Role.AUDITOR, Role.ADMINISTRATOR})


@dataclass(frozen=True)
class NextStep:
    """``text`` for the column 现在该做; ``mine`` when the reader is the one to do it."""

    text: str
    mine: bool = False


def next_step(case: Case, who: Identity) -> NextStep:
    """The next thing to do; in the reader's own verbs when it is his or hers, else who is waited for."""
    if case.state in ENDED:
        return NextStep(_("Archived") if case.state == State.ARCHIVED else pgettext("outcome", "Closed"))
    if case.state in {State.DISPATCHED, *WITH_DEPARTMENT}:
        return _with_department(case, who)
    hub = works_for_hub(who)
    mine, others = _hub_step(case)
    return NextStep(mine, mine=True) if hub else NextStep(others)


def works_for_hub(who: Identity) -> bool:
    """Whether the person, own or as deputy, does the hub's work."""
    return any(Function.HUB in person.functions and person.role not in ONLY_READ for person in who.acting)


def _hub_step(case: Case) -> tuple[str, str]:
    """What the hub does now, and how everybody else calls it."""
    steps = {
        State.REGISTERED: (pgettext("move", "Acknowledge"), _("Waits for the hub to acknowledge")),
        State.INCOMPLETE: (_("Obtain what is missing"), _("Waits for the customer's completion")),
        State.ACKNOWLEDGED: (_to_dispatch(case), _("Waits for the hub to dispatch")),
        State.REPLIED: (_after_reply(case), _("Waits for the customer's opinion")),
        State.AWAITING_OPINION: (_("Record the opinion"), _("Waits for the customer's opinion")),
    }
    return steps[State(case.state)]


def _to_dispatch(case: Case) -> str:
    if case.kind.code in SHORT_KINDS:
        return _("Answer the customer")
    if case.kind.code in QUALITY_READS and case.verified_at is None:
        return _("Verify and dispatch")
    return pgettext("move", "Dispatch")


def _after_reply(case: Case) -> str:
    return pgettext("move", "Close") if case.kind.code in {*SHORT_KINDS, "suggestion"} else _("Ask for the opinion")


def _with_department(case: Case, who: Identity) -> NextStep:
    department = str(case.lead_department or "")
    mine = any(person.is_in(case.lead_department_id) for person in who.acting if person.role not in ONLY_READ)
    if case.state == State.DISPATCHED:
        if mine:
            return NextStep(_("Receive or return"), mine=True)
        return NextStep(_("Waits for %(name)s to receive it") % {"name": department})
    if case.owner_department_id is None:  # the lead has answered: the case is the hub's again
        if works_for_hub(who):
            return NextStep(_("Answer the customer"), mine=True)
        return NextStep(_("Waits for the hub's answer"))
    if any(case.owner_id == person.user_id for person in who.acting):
        return NextStep(_handling(case), mine=True)
    if mine:
        return NextStep(_("%(name)s is handling it") % {"name": case.owner})
    return NextStep(_("Waits for %(name)s to handle it") % {"name": department})


def _handling(case: Case) -> str:
    if case.visit_needed and case.arrived_at is None:
        return _("Visit the customer")
    if case.state == State.ACTING:
        return _("Finish the measures and answer")
    return _("Find the cause, then answer")
