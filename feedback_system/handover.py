"""Handing over everything that somebody leaves behind: work on cases, the duty, personal functions."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actor import Actor
from cases import rights
from cases.actions import handover as cases_handover
from cases.actions.handover import Refusal, Report
from cases.queries.handover import assignments_of, counted, work_of
from organization.actions.organisation import Facts, update_organisation
from organization.actions.people import Person, Place, update_user
from organization.models import Department, Function, User
from organization.queries import organisation
from regulations.models import Approval

#: So many open decisions are looked at; more would be a fault of another sort.
MOST_DECISIONS = 500


@dataclass(frozen=True)
class Preview:
    """What would change hands: how many duties of each sort, and what goes beside the cases."""

    counts: dict[str, int]
    is_on_duty: bool = False
    functions: list[Function] = field(default_factory=list)
    decisions: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to hand over."""
        return not (self.counts or self.is_on_duty or self.functions)


def preview_person(giver: User, *, by: Actor) -> Preview:
    """What a person has in hand."""
    functions = list(giver.functions.all())
    return Preview(
        counts=counted(work_of(giver, barred=by.id or 0)),
        is_on_duty=organisation().duty_person_id == giver.pk,
        functions=functions,
        decisions=_decisions({function.code for function in functions}),
    )


def _decisions(functions: set[str]) -> int:
    """Open decisions that only holders of these functions give."""
    if not functions:
        return 0
    mine = {name for name, grants in rights.PERMISSIONS.items() if any(grant.functions & functions for grant in grants)}
    rows = Approval.objects.filter(decided_at__isnull=True).prefetch_related("decisions")[:MOST_DECISIONS]
    return sum(str(row.steps[len(row.decisions.all())]) in mine for row in rows)


def preview_department(giver: Department, *, by: Actor) -> Preview:
    """What stands on a department's desk."""
    count = len(assignments_of(giver, barred=by.id or 0))
    return Preview(counts={"held": count} if count else {})


def hand_over_person(giver: User, taker: User, *, by: Actor, with_functions: bool) -> Report:
    """Cases first, each by itself; then the duty and, if wished, the personal functions."""
    report = cases_handover.hand_over(giver, taker, by=by)
    with transaction.atomic():
        if organisation().duty_person_id == giver.pk:
            _hand_over_duty(taker, by=by)
            report.moved["duty"] += 1
        if with_functions:
            report.moved["functions"] += _hand_over_functions(giver, taker, by=by)
    return report


def _hand_over_duty(taker: User, *, by: Actor) -> None:
    ours = organisation()
    facts = Facts(ours.name, ours.short_name, ours.hotline, ours.hotline_hours, duty_person=taker)
    update_organisation(facts, by=by)


def _hand_over_functions(giver: User, taker: User, *, by: Actor) -> int:
    codes = set(giver.functions.values_list("code", flat=True))
    for user, functions in ((taker, codes | set(taker.functions.values_list("code", flat=True))), (giver, set())):
        person = Person(user.username, user.name, user.role, user.email, user.phone, user.must_use_second_factor)
        rows = user.memberships.select_related("department").order_by("-is_main", "pk")
        update_user(user, person, by=by, places=[Place(r.department, r.is_head) for r in rows], functions=functions)
    return len(codes)


def hand_over_department(giver: Department, taker: Department, *, by: Actor) -> Report:
    """Every assignment that owes an answer."""
    return cases_handover.hand_over_department(giver, taker, by=by)


def words(what: str) -> str:
    """What a sort of work is called."""
    return {
        "owned": _("cases owned"),
        "hub": _("cases that come back to the person in the hub"),
        "held": _("assignments that owe an answer"),
        "passed": _("assignments passed on and not taken yet"),
        "measure": _("measures to be done"),
        "visit": _("visits to be made"),
        "duty": _("person on duty"),
        "functions": _("personal functions"),
    }[what]


__all__ = [
    "Preview",
    "Refusal",
    "Report",
    "hand_over_department",
    "hand_over_person",
    "preview_department",
    "preview_person",
    "words",
]
