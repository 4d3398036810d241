"""Why something may not happen yet: pure ``facts -> list[Reason]``.

The page shows the list before the click; the action raises ``Blocked`` with the same list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.exceptions import Reason
from cases.lifecycle import FULL_OUTCOMES, Outcome, close_allowed_from

#: Kinds of approval that the closing gate asks for; ``:round`` is appended.
WAIVER = "measure_waiver"
EXPLAINED = "close_unsatisfied"


def acknowledging(*, has_category: bool, has_priority: bool, missing_fields: Sequence[str]) -> list[Reason]:
    """Acknowledge = ours, complete enough, kind, category, urgency and priority set (CLS-06)."""
    reasons = []
    if not has_category:
        reasons.append(Reason("no_category", _("The category is not set.")))
    if not has_priority:
        reasons.append(Reason("no_priority", _("The priority is not set.")))
    if missing_fields:
        reasons.append(Reason("missing_fields", _("Required fields are empty; ask the customer for completion.")))
    return reasons


def dispatching(*, has_priority: bool, verification_owed: bool) -> list[Reason]:
    """Without priority nothing is dispatched (CLS-06); a complaint is verified first (INT-19)."""
    reasons = []
    if not has_priority:
        reasons.append(Reason("no_priority", _("The priority is not set.")))
    if verification_owed:
        reasons.append(Reason("not_verified", _("Whether it is genuine has not been verified.")))
    return reasons


def answering(*, open_helpers: Sequence[str]) -> list[Reason]:
    """The lead cannot finish while a co-handling task is open (RTE-14)."""
    return [
        Reason("helper_open", _("%(name)s has not answered its co-handling task.") % {"name": name})
        for name in open_helpers
    ]


@dataclass(frozen=True)
class ReplyFacts:
    """What the gate of a final reply looks at."""

    unanswered: tuple[str, ...] = ()
    approvals_open: tuple[str, ...] = ()


def replying(facts: ReplyFacts) -> list[Reason]:
    """A final reply waits for every assignment (SLA-07) and for the decision it promises (RES-05)."""
    reasons = [
        Reason("assignment_open", _("%(name)s has not answered its assignment.") % {"name": name})
        for name in facts.unanswered
    ]
    reasons += [
        Reason("decision_open", _("The decision on “%(name)s” is still open.") % {"name": name})
        for name in facts.approvals_open
    ]
    return reasons


@dataclass(frozen=True)
class ClosingFacts:
    """What the closing gate looks at; plain values of one case in its current round.

    ``items`` are the gate items of the kind (RES-11). Without any contact, reply and opinion are
    met by the hub's recorded "not possible: no contact given".
    """

    items: frozenset[str]
    state: str
    kind: str
    outcome: str
    has_contact: bool = True
    verification_owed: bool = False
    facts: bool = False
    responsible: bool = False
    cause: bool = False
    open_assignments: tuple[str, ...] = ()
    open_visits: int = 0
    final_reply: bool = False
    measures: int = 0
    unsettled_measures: int = 0
    measures_or_waiver: bool = False
    waiver_granted: bool = False
    opinion_asked: bool = False
    satisfied: bool | None = None
    tries: int = 0
    tries_needed: int = 3
    explained_approved: bool = False
    holds: tuple[str, ...] = ()
    open_escalation: bool = False
    breaches_without_reason: int = 0
    quarantined_files: int = 0


def closing(facts: ClosingFacts, *, summary: bool = True) -> list[Reason]:
    """Everything that is missing before the case may be closed as settled, explained or unanswered.

    Hard gates 3, 4 and 9: CAP-05, RES-01, RES-07, RES-11. ``summary`` is whether one is at hand.
    """
    if facts.outcome not in FULL_OUTCOMES:
        return []
    reasons = [
        *_handling(facts),
        *_measures(facts),
        *_answering(facts),
        *_opinion(facts),
        *_leftovers(facts),
    ]
    if "summary" in facts.items and not summary:
        reasons.append(Reason("no_summary", _("The summary (course, cause, decision, lesson) is not written.")))
    return reasons


def _handling(facts: ClosingFacts) -> list[Reason]:
    reasons = []
    if facts.verification_owed:
        reasons.append(Reason("not_verified", _("Whether it is genuine has not been verified.")))
    if "facts" in facts.items and not facts.facts:
        reasons.append(Reason("no_facts", _("The established facts are not recorded.")))
    if "responsible" in facts.items and not facts.responsible:
        reasons.append(Reason("no_responsible", _("The responsible unit or person is not identified.")))
    if "cause" in facts.items and not facts.cause:
        reasons.append(Reason("no_cause", _("The cause is not recorded.")))
    if "assignments" in facts.items:
        reasons += [
            Reason("assignment_open", _("%(name)s has not answered its assignment.") % {"name": name})
            for name in facts.open_assignments
        ]
    return reasons


def _measures(facts: ClosingFacts) -> list[Reason]:
    if "measures" not in facts.items:
        return []
    reasons = []
    if facts.unsettled_measures:
        reasons.append(
            Reason(
                "measure_unverified",
                ngettext(
                    "%(n)d measure is not done and verified.",
                    "%(n)d measures are not done and verified.",
                    facts.unsettled_measures,
                )
                % {"n": facts.unsettled_measures},
            )
        )
    if facts.measures_or_waiver and not facts.measures and not facts.waiver_granted:
        reasons.append(
            Reason(
                "no_measure",
                _("There is no measure, nor a reason for none that the management representative approved."),
            )
        )
    return reasons


def _answering(facts: ClosingFacts) -> list[Reason]:
    if facts.final_reply:
        return []
    if not facts.has_contact:
        return [Reason("no_reply", _("Nobody can be answered: record the reply as “not possible: no contact given”."))]
    return [Reason("no_reply", _("The customer has not been given a final reply."))]


def _opinion(facts: ClosingFacts) -> list[Reason]:
    reasons = []
    if (not close_allowed_from(facts.outcome, facts.state, kind=facts.kind) and facts.final_reply) or (
        "opinion" in facts.items and not facts.opinion_asked
    ):
        reasons.append(Reason("opinion_not_asked", _("The customer's opinion has not been asked.")))
    if "opinion" in facts.items and facts.has_contact:
        reasons += _opinion_of_outcome(facts)
    if facts.outcome == Outcome.UNSATISFIED_EXPLAINED and not facts.explained_approved:
        reasons.append(
            Reason("not_approved", _("Closing as “unsatisfied, explained” needs an approval with its reason."))
        )
    return reasons


def _opinion_of_outcome(facts: ClosingFacts) -> list[Reason]:
    if facts.outcome == Outcome.SETTLED and facts.satisfied is not True:
        if facts.satisfied is False:
            text = _("The customer is not satisfied: reply again, escalate, reopen, or close as explained.")
        else:
            text = _("The customer has not answered yet.")
        return [Reason("not_satisfied", text)]
    if facts.outcome == Outcome.UNSATISFIED_EXPLAINED and facts.satisfied is not False:
        return [Reason("not_unsatisfied", _("The customer has not said “not solved”: choose the outcome that fits."))]
    if facts.outcome == Outcome.NO_ANSWER and facts.tries < facts.tries_needed:
        text = _("The customer was asked %(n)d of %(of)d times.") % {"n": facts.tries, "of": facts.tries_needed}
        return [Reason("too_few_tries", text)]
    if facts.outcome == Outcome.NO_ANSWER and facts.satisfied is not None:
        return [Reason("answered", _("The customer has answered: choose the outcome that fits the answer."))]
    return []


def _leftovers(facts: ClosingFacts) -> list[Reason]:
    reasons = [Reason("hold", _("Still open: %(name)s.") % {"name": name}) for name in facts.holds]
    if facts.open_visits:
        reasons.append(Reason("visit_open", _("A planned visit has been neither recorded nor cancelled.")))
    if facts.open_escalation:
        reasons.append(Reason("escalation_open", _("The demand for a higher level has not been answered.")))
    if facts.breaches_without_reason:
        reasons.append(
            Reason(
                "breach_without_reason",
                ngettext(
                    "%(n)d missed limit has no reason yet.",
                    "%(n)d missed limits have no reason yet.",
                    facts.breaches_without_reason,
                )
                % {"n": facts.breaches_without_reason},
            )
        )
    if "documents" in facts.items and facts.quarantined_files:
        reasons.append(Reason("files_unchecked", _("Files are still being checked.")))
    return reasons
