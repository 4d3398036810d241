"""Facts for the closing gate, in a constant number of queries."""

from __future__ import annotations

from cases.gates import EXPLAINED, WAIVER, ClosingFacts
from cases.lifecycle import Outcome
from cases.models import Assignment, Case, Escalation, Hold, Investigation, Measure
from cases.models.reply import Way
from regulations import approvals


def closing_facts(case: Case) -> ClosingFacts:
    """What the gate looks at, of the current round; the outcome proposed is the one that fits the opinion."""
    rule = case.policy.rule(case.kind.code)
    investigation = Investigation.objects.filter(case=case, round=case.round).first()
    states = list(Measure.objects.filter(case=case, round=case.round).values_list("state", flat=True))
    kept = [state for state in states if state != Measure.State.CANCELLED]
    opinion = case.opinions.filter(round=case.round).order_by("-pk").first()
    requests = list(case.opinion_requests.filter(round=case.round).values_list("way", flat=True))
    replies = case.replies.filter(round=case.round, final=True)
    return ClosingFacts(
        items=frozenset(rule.gate),
        state=case.state,
        kind=case.kind.code,
        outcome=proposed_outcome(opinion.satisfied if opinion else None),
        has_contact=case.has_contact,
        facts=investigation is not None,
        responsible=bool(investigation and (investigation.responsible_department_id or investigation.responsible_text)),
        cause=bool(investigation and investigation.cause),
        open_assignments=tuple(
            str(a.department)
            for a in Assignment.objects.filter(case=case, round=case.round).unanswered().select_related("department")
        ),
        final_reply=replies.exists(),
        measures=len(kept),
        unsettled_measures=sum(state != Measure.State.VERIFIED for state in kept),
        measures_or_waiver=rule.measures_or_waiver,
        waiver_granted=approvals.granted(case.thread, f"{WAIVER}:{case.round}"),
        opinion_asked=bool(requests) or opinion is not None,
        satisfied=opinion.satisfied if opinion else None,
        tries=sum(way != Way.NOT_POSSIBLE for way in requests),
        tries_needed=case.policy.no_answer_tries,
        explained_approved=approvals.granted(case.thread, f"{EXPLAINED}:{case.round}"),
        holds=tuple(Hold.objects.filter(case=case, released_at__isnull=True).values_list("label", flat=True)),
        open_escalation=Escalation.objects.filter(case=case, answered_at__isnull=True).exists(),
        breaches_without_reason=case.clocks.filter(
            round=case.round, breached_at__isnull=False, breach_reason="", met_recorded_late=False
        ).count(),
        quarantined_files=case.files.filter(file__state__in=["received", "quarantined"]).count(),
    )


def proposed_outcome(satisfied: bool | None) -> str:
    """The outcome that the customer's answer suggests."""
    if satisfied is None:
        return Outcome.SETTLED
    return Outcome.SETTLED if satisfied else Outcome.UNSATISFIED_EXPLAINED
