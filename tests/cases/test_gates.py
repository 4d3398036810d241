"""The gates, pure: whatever else is there, what is missing keeps the case open."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import gates
from cases.gates import ClosingFacts, ReplyFacts
from cases.lifecycle import FULL_OUTCOMES, SHORT_OUTCOMES, State

COMPLAINT = frozenset(
    {"facts", "responsible", "cause", "measures", "assignments", "reply", "opinion", "summary", "documents", "holds"}
)
#: A complaint that was handled to its end.
DONE = ClosingFacts(
    items=COMPLAINT,
    state=State.AWAITING_OPINION,
    kind="complaint",
    outcome="settled",
    facts=True,
    responsible=True,
    cause=True,
    final_reply=True,
    measures=1,
    measures_or_waiver=True,
    opinion_asked=True,
    satisfied=True,
)
anything = st.builds(
    ClosingFacts,
    items=st.frozensets(st.sampled_from(sorted(COMPLAINT))),
    state=st.sampled_from(sorted(State)),
    kind=st.sampled_from(["complaint", "enquiry", "praise", "service_request"]),
    outcome=st.sampled_from(sorted(FULL_OUTCOMES)),
    has_contact=st.booleans(),
    facts=st.booleans(),
    responsible=st.booleans(),
    cause=st.booleans(),
    final_reply=st.booleans(),
    measures=st.integers(0, 2),
    unsettled_measures=st.integers(0, 2),
    measures_or_waiver=st.booleans(),
    waiver_granted=st.booleans(),
    opinion_asked=st.booleans(),
    satisfied=st.sampled_from([None, True, False]),
    tries=st.integers(0, 4),
    explained_approved=st.booleans(),
)


def codes(facts: ClosingFacts, *, summary: bool = True) -> set[str]:
    return {reason.code for reason in gates.closing(facts, summary=summary)}


def test_a_complaint_handled_to_its_end_has_an_empty_gate() -> None:
    assert codes(DONE) == set()


@pytest.mark.gate(4)
@pytest.mark.req("RES-01")
@given(anything)
def test_nothing_closes_without_a_reply(facts: ClosingFacts) -> None:
    assert codes(replace(facts, final_reply=False))


@pytest.mark.gate(4)
@pytest.mark.req("RES-07")
@given(anything)
def test_what_owes_the_question_does_not_close_before_it_was_asked(facts: ClosingFacts) -> None:
    assert codes(replace(facts, items=facts.items | {"opinion"}, opinion_asked=False))


@pytest.mark.gate(3)
@pytest.mark.req("CAP-05")
@given(anything)
def test_no_complaint_closes_without_measure_or_approved_waiver(facts: ClosingFacts) -> None:
    bare = replace(facts, items=facts.items | {"measures"}, measures_or_waiver=True, measures=0, waiver_granted=False)
    assert "no_measure" in codes(bare)


@pytest.mark.gate(3)
@given(anything)
def test_no_complaint_closes_while_a_measure_is_not_verified(facts: ClosingFacts) -> None:
    assert "measure_unverified" in codes(replace(facts, items=facts.items | {"measures"}, unsettled_measures=1))


@pytest.mark.req("RES-11")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"facts": False}, "no_facts"),
        ({"responsible": False}, "no_responsible"),
        ({"cause": False}, "no_cause"),
        ({"open_assignments": ("生产部",)}, "assignment_open"),
        ({"open_visits": 1}, "visit_open"),
        ({"final_reply": False}, "no_reply"),
        ({"measures": 0}, "no_measure"),
        ({"unsettled_measures": 1}, "measure_unverified"),
        ({"opinion_asked": False}, "opinion_not_asked"),
        ({"satisfied": False}, "not_satisfied"),
        ({"satisfied": None}, "not_satisfied"),
        ({"holds": ("退货",)}, "hold"),
        ({"open_escalation": True}, "escalation_open"),
        ({"breaches_without_reason": 1}, "breach_without_reason"),
        ({"quarantined_files": 1}, "files_unchecked"),
        ({"state": State.REPLIED}, "opinion_not_asked"),
    ],
)
def test_each_missing_item_is_named_and_alone(change: dict[str, object], code: str) -> None:
    assert codes(replace(DONE, **change)) == {code}  # type: ignore[arg-type]


@pytest.mark.req("RES-12")
def test_a_complaint_owes_its_summary() -> None:
    assert codes(DONE, summary=False) == {"no_summary"}
    assert codes(replace(DONE, items=frozenset({"reply"})), summary=False) == set()


@pytest.mark.req("RES-08", "A-26")
def test_each_outcome_fits_what_the_customer_said() -> None:
    explained = replace(DONE, outcome="unsatisfied_explained", satisfied=False)
    assert codes(explained) == {"not_approved"}
    assert codes(replace(explained, explained_approved=True)) == set()
    assert codes(replace(explained, explained_approved=True, satisfied=True)) == {"not_unsatisfied"}
    unanswered = replace(DONE, outcome="no_answer", satisfied=None, tries=3, tries_needed=3)
    assert codes(unanswered) == set()
    assert codes(replace(unanswered, tries=2)) == {"too_few_tries"}
    assert codes(replace(unanswered, satisfied=True)) == {"answered"}


def test_without_any_contact_nobody_has_to_answer() -> None:
    assert codes(replace(DONE, has_contact=False, satisfied=None)) == set()


@pytest.mark.req("INT-20", "INT-21")
def test_an_enquiry_closes_from_replied_without_an_opinion() -> None:
    enquiry = ClosingFacts(
        items=frozenset({"reply", "holds"}), state=State.REPLIED, kind="enquiry", outcome="settled", final_reply=True
    )
    assert codes(enquiry) == set()
    assert codes(replace(enquiry, kind="service_request")) == {"opinion_not_asked"}


def test_short_outcomes_do_not_ask_the_gate() -> None:
    for outcome in SHORT_OUTCOMES:
        assert codes(replace(DONE, outcome=outcome, facts=False, final_reply=False)) == set()


@pytest.mark.req("SLA-07", "RES-05")
@pytest.mark.gate(8)
def test_a_reply_waits_for_assignments_and_for_the_decision_it_promises() -> None:
    assert gates.replying(ReplyFacts()) == []
    found = gates.replying(ReplyFacts(unanswered=("生产部",), approvals_open=("换新机",)))
    assert [reason.code for reason in found] == ["assignment_open", "decision_open"]


@pytest.mark.req("CLS-06", "INT-19")
def test_nothing_is_dispatched_without_priority_nor_a_complaint_before_it_is_verified() -> None:
    found = gates.dispatching(has_priority=False, verification_owed=True)
    assert [reason.code for reason in found] == ["no_priority", "not_verified"]
    assert gates.dispatching(has_priority=True, verification_owed=False) == []


@pytest.mark.req("RTE-14")
def test_the_lead_waits_for_each_helper_by_name() -> None:
    assert [str(r) for r in gates.answering(open_helpers=["质管部", "技术部"])] == [
        "质管部的协办任务尚未答复。",
        "技术部的协办任务尚未答复。",
    ]
