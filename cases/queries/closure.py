"""Facts for the gates of reply and closing, in a constant number of queries, and what they mean in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from cases import gates
from cases.gates import EXPLAINED, WAIVER, ClosingFacts, ReplyFacts
from cases.lifecycle import Outcome
from cases.models import (
    Assignment,
    Case,
    CaseClock,
    CaseFile,
    Escalation,
    Hold,
    Investigation,
    Measure,
    Opinion,
    OpinionRequest,
    Reply,
    Visit,
)
from cases.models.reply import Way
from notifications.models import Message
from regulations.models import Approval

#: Only these end a complaint by themselves (CAP-05): a correction repairs, it does not prevent.
PREVENTING = frozenset({Measure.Type.CORRECTIVE, Measure.Type.PREVENTIVE})
_UNCHECKED = frozenset({"received", "quarantined"})


@dataclass(frozen=True)
class ClosingRows:
    """The rows of a case that its gates look at; of all rounds, in the order they were made."""

    assignments: Sequence[Assignment]
    investigations: Sequence[Investigation]
    visits: Sequence[Visit]
    measures: Sequence[Measure]
    replies: Sequence[Reply]
    requests: Sequence[OpinionRequest]
    opinions: Sequence[Opinion]
    escalations: Sequence[Escalation]
    approvals: Sequence[Approval]
    holds: Sequence[Hold]
    clocks: Sequence[CaseClock]
    files: Sequence[CaseFile]
    messages: Sequence[Message]


def closing_rows(case: Case) -> ClosingRows:
    """Read what the closing gate looks at."""
    here = {"case": case, "round": case.round}
    return ClosingRows(
        assignments=list(Assignment.objects.filter(**here).select_related("department")),
        investigations=list(Investigation.objects.filter(**here)),
        visits=list(Visit.objects.filter(**here)),
        measures=list(Measure.objects.filter(**here)),
        replies=list(Reply.objects.filter(**here)),
        requests=list(OpinionRequest.objects.filter(**here)),
        opinions=list(Opinion.objects.filter(**here)),
        escalations=list(Escalation.objects.filter(case=case)),
        approvals=list(Approval.objects.filter(thread=case.thread).order_by("pk")),
        holds=list(Hold.objects.filter(case=case, released_at__isnull=True)),
        clocks=list(CaseClock.objects.filter(**here)),
        files=list(CaseFile.objects.filter(case=case, file__state__in=_UNCHECKED).select_related("file")),
        messages=list(Message.objects.filter(thread=case.thread, kind="opinion_asked").defer("body", "context")),
    )


def closing_facts(case: Case) -> ClosingFacts:
    """What the gate looks at, of the current round; the outcome proposed is the one that fits the opinion."""
    return closing_facts_of(case, closing_rows(case))


def closing_facts_of(case: Case, rows: ClosingRows) -> ClosingFacts:
    """The same from rows that were read already; asks the database nothing."""
    rule = case.policy.rule(case.kind.code)
    n = case.round
    investigation = max((i for i in rows.investigations if i.round == n), key=lambda i: i.pk, default=None)
    opinion = max((o for o in rows.opinions if o.round == n), key=lambda o: o.pk, default=None)
    requests = [r for r in rows.requests if r.round == n]
    kept = [m for m in rows.measures if m.round == n and m.state != Measure.State.CANCELLED]
    satisfied = opinion.satisfied if opinion else None
    tries = counted_tries(case, requests, rows.messages)
    needed = case.policy.no_answer_tries
    return ClosingFacts(
        items=frozenset(rule.gate),
        state=case.state,
        kind=case.kind.code,
        outcome=proposed_outcome(satisfied, has_contact=case.has_contact, tried=tries >= needed),
        has_contact=case.has_contact,
        verification_owed=rule.verify_before_dispatch and case.verified_at is None,
        facts=investigation is not None,
        responsible=bool(investigation and (investigation.responsible_department_id or investigation.responsible_text)),
        cause=bool(investigation and investigation.cause),
        open_assignments=open_assignments(case, rows.assignments),
        open_visits=sum(v.round == n and not v.arrived_at and not v.cancelled_at for v in rows.visits),
        final_reply=any(r.final and r.round == n for r in rows.replies),
        measures=sum(measure.type in PREVENTING for measure in kept),
        unsettled_measures=sum(measure.state != Measure.State.VERIFIED for measure in kept),
        measures_or_waiver=rule.measures_or_waiver,
        waiver_granted=granted(rows.approvals, f"{WAIVER}:{n}"),
        opinion_asked=bool(requests) or opinion is not None,
        satisfied=satisfied,
        tries=tries,
        tries_needed=needed,
        explained_approved=granted(rows.approvals, f"{EXPLAINED}:{n}"),
        holds=tuple(hold.label for hold in rows.holds),
        open_escalation=any(escalation.answered_at is None for escalation in rows.escalations),
        breaches_without_reason=sum(c.round == n and owes_reason(c) for c in rows.clocks),
        quarantined_files=sum(row.file.state in _UNCHECKED for row in rows.files),
    )


#: Ways that go through the outbox: the customer was asked only when the message went out.
_WRITTEN = frozenset({Way.EMAIL, Way.SMS, Way.LINK})


def counted_tries(case: Case, requests: Sequence[OpinionRequest], messages: Sequence[Message]) -> int:
    """How often the customer was really asked (A-26): what went out, and not several times in a row.

    Attempts closer together than the profile's days count as one.
    """
    gone = {message.dedupe_key for message in messages if message.sent_at or message.telephoned_at}
    apart = timedelta(days=case.policy.no_answer_days_between)
    days: list[date] = []
    for request in sorted(requests, key=lambda request: request.at):
        day = timezone.localdate(request.at)
        reached = request.way not in _WRITTEN or opinion_key(case, request) in gone
        if request.way != Way.NOT_POSSIBLE and reached and (not days or day - days[-1] >= apart):
            days.append(day)
    return len(days)


def opinion_key(case: Case, request: OpinionRequest) -> str:
    """The key of the message that asks for an opinion."""
    return f"{case.thread}:opinion:{request.pk}:customer"


def open_assignments(case: Case, assignments: Sequence[Assignment]) -> tuple[str, ...]:
    """Names of the departments that still owe an answer in this round."""
    return tuple(str(a.department) for a in assignments if a.round == case.round and a.is_unanswered)


def owes_reason(clock: CaseClock) -> bool:
    """Whether the limit was missed and nobody has said why (SLA-04)."""
    return clock.breached_at is not None and not clock.breach_reason and not clock.met_recorded_late


def granted(approvals: Sequence[Approval], kind: str) -> bool:
    """Whether the newest decided approval of that kind was granted; one that was withdrawn decides nothing."""
    decided = [a for a in approvals if a.kind == kind and a.decided_at is not None and not a.is_withdrawn]
    return bool(decided and decided[-1].granted)


def proposed_outcome(satisfied: bool | None, *, has_contact: bool = True, tried: bool = False) -> str:
    """The outcome that the customer's answer suggests; none after all attempts is "no answer"."""
    if satisfied is None and has_contact and tried:
        return Outcome.NO_ANSWER
    return Outcome.UNSATISFIED_EXPLAINED if satisfied is False else Outcome.SETTLED


def reply_facts(case: Case) -> ReplyFacts:
    """What the gate of a final reply looks at (two queries)."""
    assignments = list(Assignment.objects.filter(case=case, round=case.round).select_related("department"))
    return reply_facts_of(case, assignments, list(Approval.objects.filter(thread=case.thread)))


def reply_facts_of(case: Case, assignments: Sequence[Assignment], approvals: Sequence[Approval]) -> ReplyFacts:
    """The same from rows that were read already."""
    return ReplyFacts(
        unanswered=open_assignments(case, assignments),
        approvals_open=tuple(approval.reason[:40] for approval in approvals if _is_promised(case, approval)),
    )


def _is_promised(case: Case, approval: Approval) -> bool:
    """Whether an answer would promise what is not decided yet (RES-05).

    How the round is to be closed is no part of the answer, and other rounds had answers of their own.
    """
    name, _sep, n = approval.kind.partition(":")
    return approval.is_open and name != EXPLAINED and n in {"", str(case.round)}


@dataclass(frozen=True)
class Item:
    """One line of what closing still lacks, or already has."""

    text: str
    ok: bool


def _kept(facts: ClosingFacts) -> list[tuple[str, frozenset[str], str]]:
    """Gate item, the codes of the reasons that speak against it, and the words for when none does."""
    return [
        ("facts", frozenset({"no_facts"}), _("The facts are established")),
        ("responsible", frozenset({"no_responsible"}), _("The responsible unit is identified")),
        ("cause", frozenset({"no_cause"}), _("The cause is recorded")),
        ("assignments", frozenset({"assignment_open"}), _("All departments have answered")),
        (
            "measures",
            frozenset({"measure_unverified", "no_measure"}),
            _("The measures are done and verified") if facts.measures else _("Closing without measures is approved"),
        ),
        ("reply", frozenset({"no_reply"}), _("The customer has the final reply")),
        ("opinion", frozenset({"opinion_not_asked", "no_reply"}), _("The customer's opinion was asked")),
    ]


def checklist(facts: ClosingFacts) -> list[Item]:
    """What is settled and what is missing, item by item; the summary is written in the act of closing itself."""
    reasons = gates.closing(facts)
    missing = {reason.code for reason in reasons}
    done = [Item(text, ok=True) for item, codes, text in _kept(facts) if item in facts.items and not codes & missing]
    return [*done, *(Item(str(reason), ok=False) for reason in reasons)]
