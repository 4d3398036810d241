"""Who may read a case, and who must not: both stored on the row as principals."""

from __future__ import annotations

from collections.abc import Iterable

from cases.lifecycle import ENDED, Outcome
from cases.models import Assignment, Case, Recusal
from customers.models import Customer
from organization.models.units import DEPARTMENT_PRINCIPAL_BASE, HEADS_PRINCIPAL_BASE, RESTRICTED_PRINCIPAL, Function

#: Kinds that quality and the management representative read from acknowledgement on.
QUALITY_READS = frozenset({"complaint", "dissatisfaction", "adverse_event"})


def of_case(case: Case) -> tuple[list[int], list[int]]:
    """Readers and barred of a case, from its assignments and open recusals; of an ended one from its customer too.

    Two queries, three for an ended case of a customer.
    """
    barred = barred_of(Recusal.objects.filter(case=case, lifted_at__isnull=True).values_list("user_id", flat=True))
    restricted = Customer.objects.exclude(restricted_at=None)
    of_restricted = RESTRICTED_PRINCIPAL in case.barred or (
        case.customer_id is not None and restricted.filter(pk=case.customer_id).exists()
    )
    if case.state in ENDED and of_restricted:
        barred = [RESTRICTED_PRINCIPAL, *barred]
    return readers_of(case, Assignment.objects.filter(case=case).reading()), barred


def readers_of(case: Case, assignments: Iterable[Assignment]) -> list[int]:
    """Principals that may read: the first-asked person, departments with an assignment and who holds it, quality.

    Hub, managers and auditors read all and are not listed. After a return the department is
    gone from the list: what remains visible to it is number, date and reason (its own assignment).
    """
    found: set[int] = set()
    if case.first_asked_id:
        found.add(-case.first_asked_id)
    own_only = case.policy.department_reads_own_only
    for assignment in assignments:
        # Work may be passed to somebody of a department below, who must then be able to read it.
        found |= {-pk for pk in (assignment.holder_id, assignment.passed_to_id) if pk}
        # "Only their own" is said of colleagues; the head must be able to follow it and to pass it on (RTE-13).
        base = HEADS_PRINCIPAL_BASE if own_only and assignment.holder_id else DEPARTMENT_PRINCIPAL_BASE
        found.add(base + assignment.department_id)
    # Imported history was taken on elsewhere.
    acknowledged = case.acknowledged_at is not None or case.outcome == Outcome.IMPORTED
    if acknowledged and case.kind.code in QUALITY_READS:
        found |= {Function.NUMBERS[Function.QUALITY], Function.NUMBERS[Function.MANAGEMENT_REPRESENTATIVE]}
    return sorted(found)


def barred_of(user_ids: Iterable[int]) -> list[int]:
    """Principals of the recused: the accused and those named as conflicted (RTE-18)."""
    return sorted(-pk for pk in user_ids)
