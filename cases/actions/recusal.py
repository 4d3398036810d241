"""Taking every duty on a case from those who must not take part (RTE-18, RTE-19, A-27)."""

from __future__ import annotations

from cases.models import Assignment, Case
from cases.queries.people import barred_ids, hub_person, people_of


def replace_barred(case: Case) -> None:
    """Take every duty on the case from those who are barred now: assignments in hand, and the case itself; unsaved."""
    barred = barred_ids(case)
    for assignment in Assignment.objects.filter(case=case, round=case.round, state="received").select_related(
        "department"
    ):
        if assignment.passed_to_id in barred:
            assignment.passed_to = None
        if assignment.holder_id in barred:
            successors = people_of(assignment.department, exclude=barred)
            assignment.holder = successors[0] if successors else hub_person(exclude=barred)
            if assignment.is_lead and case.owner_id in barred:
                case.owner = assignment.holder
        assignment.save(update_fields=["passed_to", "holder"])
    if case.owner_id in barred:
        case.owner = hub_person(exclude=barred)
