"""In whose place an act succeeds, where having the permission is not all that it takes (ORG-15).

A deputy acts in his or her own right, or in that of somebody else. The page that offers an act and the request that
carries it out ask here, so that they never differ.
"""

from __future__ import annotations

from collections.abc import Callable

from cases.models import Assignment, Escalation, Measure
from cases.ranks import rank_of_identity
from organization.queries import Identity
from regulations.models import Approval

#: Whether the act succeeds in the place of this person.
Fits = Callable[[Identity], bool]


def taking(assignment: Assignment) -> Fits:
    """Only who was given the work takes it (RTE-13)."""
    return lambda person: person.user_id == assignment.passed_to_id


def answering(escalation: Escalation) -> Fits:
    """Only somebody senior to the last decision answers (RTE-23)."""
    return lambda person: rank_of_identity(person) > escalation.above_rank


def deciding(approval: Approval, who: Identity) -> Fits:
    """Nobody approves his or her own request, nor does a deputy."""
    return lambda person: approval.asked_by_id not in {who.user_id, person.user_id}


def withdrawing(approval: Approval) -> Fits:
    """Only whoever asked takes the request back, or somebody in that place."""
    return lambda person: person.user_id == approval.asked_by_id


def verifying(measure: Measure, who: Identity) -> Fits:
    """Neither the implementer verifies, nor somebody in the implementer's place (CAP-03)."""
    return lambda person: measure.implementers.isdisjoint({who.user_id, person.user_id})
